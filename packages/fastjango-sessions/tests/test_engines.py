"""The interface of a session, with every engine that needs no other distribution's server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import pytest
from fastjango.core import apps, signing, timezone
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from fastjango.core.management import call_command
from fastjango.core.management.base import CommandError
from fastjango.orm import connection, transaction
from fastjango.orm.schema import create_model, delete_model
from fastjango.sessions import checks
from fastjango.sessions.backends import db, file, signed_cookies
from fastjango.sessions.backends.base import CreateError, SessionBase, UpdateError
from fastjango.sessions.exceptions import SessionsNotListable
from fastjango.sessions.management import (
    aend_sessions,
    asessions_of,
    end_sessions,
    sessions_of,
)
from fastjango.sessions.models import Session


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    create_model(Session)
    yield
    delete_model(Session)


@pytest.fixture(params=["db", "signed_cookies", "file"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[type[SessionBase]]:
    """The class of each engine."""
    module = import_module(f"fastjango.sessions.backends.{request.param}")
    engine: type[SessionBase] = module.SessionStore
    with override_settings(SESSION_FILE_PATH=str(tmp_path)):
        yield engine


@pytest.fixture(params=["db", "file"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[type[SessionBase]]:
    """The class of each engine that keeps sessions on the server."""
    module = import_module(f"fastjango.sessions.backends.{request.param}")
    engine: type[SessionBase] = module.SessionStore
    with override_settings(SESSION_FILE_PATH=str(tmp_path)):
        yield engine


def test_a_new_session_is_empty_and_untouched(store: Any) -> None:
    session = store()
    assert not session.modified
    assert not session.accessed
    assert not session
    assert session.get("a", 1) == 1
    assert session.accessed


def test_values_in_and_out(store: Any) -> None:
    session = store()
    session["a"] = 1
    assert session.modified
    assert session.setdefault("a", 5) == 1
    assert session.setdefault("b", 5) == 5
    session.update({"c": 3})
    assert "c" in session
    assert session.has_key("c")
    assert session.pop("c") == 3
    assert session.pop("c", None) is None
    with pytest.raises(KeyError):
        session.pop("c")
    assert dict(session.items()) == {"a": 1, "b": 5}
    assert sorted(session.keys()) == ["a", "b"]
    assert sorted(session.values()) == [1, 5]
    del session["a"]
    assert session["b"] == 5
    session.save()
    again = store(session.session_key)
    assert not again.accessed
    assert again["b"] == 5
    assert again.accessed


def test_values_in_and_out_async(store: Any) -> None:
    async def check() -> None:
        session = store()
        await session.aset("a", 1)
        assert await session.asetdefault("a", 5) == 1
        await session.aupdate({"c": 3})
        assert await session.ahas_key("c")
        assert await session.apop("c") == 3
        assert await session.apop("c", 7) == 7
        assert dict(await session.aitems()) == {"a": 1}
        assert list(await session.akeys()) == ["a"]
        assert list(await session.avalues()) == [1]
        await session.aset_test_cookie()
        assert await session.atest_cookie_worked()
        await session.adelete_test_cookie()
        assert not await session.atest_cookie_worked()
        await session.asave()
        again = store(session.session_key)
        await again.apreload()
        assert not again.accessed
        assert again["a"] == 1
        await again.aflush()
        assert again.session_key is None
        assert not again

    asyncio.run(check())


def test_the_test_cookie(store: Any) -> None:
    session = store()
    session.set_test_cookie()
    assert session.test_cookie_worked()
    session.delete_test_cookie()
    assert not session.test_cookie_worked()


def test_expiry_by_seconds_time_and_settings(store: Any) -> None:
    session = store()
    now = timezone.now()
    assert session.get_expiry_age() == 1209600
    session.set_expiry(10)
    assert session.get_expiry_age() == 10
    assert session.get_expiry_date(modification=now) == now + timedelta(seconds=10)
    session.set_expiry(timedelta(hours=1))
    assert session.get_expiry_age() in (3599, 3600)
    session.set_expiry(now + timedelta(hours=2))
    assert session.get_expiry_age(modification=now) == 7200
    assert session.get_expiry_date() == now + timedelta(hours=2)
    assert session.get_expiry_date(expiry=now) == now
    assert session.get_expiry_age(expiry=now + timedelta(seconds=5), modification=now) == 5
    assert not session.get_expire_at_browser_close()
    session.set_expiry(0)
    assert session.get_expire_at_browser_close()
    assert session.get_expiry_age() == 1209600
    session.set_expiry(None)
    session.set_expiry(None)
    with override_settings(SESSION_EXPIRE_AT_BROWSER_CLOSE=True):
        assert session.get_expire_at_browser_close()


def test_expiry_async(store: Any) -> None:
    async def check() -> None:
        session = store()
        await session.aset_expiry(10)
        assert await session.aget_expiry_age() == 10
        assert not await session.aget_expire_at_browser_close()
        when = datetime(2030, 1, 1, tzinfo=timezone.get_default_timezone())
        await session.aset_expiry(when)
        assert await session.aget_expiry_date() == when
        assert await session.aget_expiry_age(expiry=5) == 5
        assert await session.aget_expiry_date(expiry=when) == when
        await session.aset_expiry(None)
        assert await session.aget_expiry_age() == 1209600

    asyncio.run(check())


def test_cycling_gives_another_key_and_the_same_content(store: Any) -> None:
    session = store()
    session["a"] = 1
    session.save()
    old = session.session_key
    if store is signed_cookies.SessionStore:
        session["b"] = 1
    session.cycle_key()
    session.save()
    assert session.session_key != old
    assert session["a"] == 1
    assert not session.exists(old)
    assert store(session.session_key)["a"] == 1


def test_cycling_async(store: Any) -> None:
    async def check() -> None:
        session = store()
        await session.aset("a", 1)
        await session.asave()
        old = session.session_key
        await session.aset("b", 1)
        await session.acycle_key()
        await session.asave()
        assert session.session_key != old
        assert not await session.aexists(old)
        assert await store(session.session_key).aget("a") == 1

    asyncio.run(check())


def test_a_deleted_session_cannot_be_saved(shared: Any) -> None:
    session = shared()
    session["a"] = 1
    session.save()
    other = shared(session.session_key)
    assert other["a"] == 1
    session.flush()
    other["a"] = 2
    with pytest.raises(UpdateError):
        other.save()
    assert not other.exists(other.session_key)

    async def check() -> None:
        with pytest.raises(UpdateError):
            await other.asave()

    asyncio.run(check())


def test_a_taken_key_is_not_taken_over(shared: Any) -> None:
    session = shared()
    session.save()
    other = shared(session.session_key)
    with pytest.raises(CreateError):
        other.save(must_create=True)

    async def check() -> None:
        with pytest.raises(CreateError):
            await shared(session.session_key).asave(must_create=True)

    asyncio.run(check())


def test_creating_tries_again_when_a_key_is_taken(
    shared: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = shared()
    first.save()
    fresh = iter([first.session_key, "q" * 32, first.session_key, "r" * 32])

    async def afresh(self: Any) -> str:
        return next(fresh)

    monkeypatch.setattr(shared, "_get_new_session_key", lambda self: next(fresh))
    monkeypatch.setattr(shared, "_aget_new_session_key", afresh)
    second = shared()
    second.create()
    assert second.session_key == "q" * 32
    third = shared()
    asyncio.run(third.acreate())
    assert third.session_key == "r" * 32


def test_unknown_and_impossible_keys_begin_anew(store: Any) -> None:
    session = store("x" * 32)
    assert session.load() == {}
    assert store("short").session_key is None
    assert store("long-enough\x00").session_key is None
    assert store(None).session_key is None
    if store is not signed_cookies.SessionStore:
        assert session.session_key is None
        again = store("y" * 32)
        assert asyncio.run(again.aload()) == {}
        assert again.session_key is None


def test_changed_content_is_refused(store: Any, caplog: pytest.LogCaptureFixture) -> None:
    session = store()
    encoded = session.encode({"a": 1})
    assert session.decode(encoded) == {"a": 1}
    assert session.decode(encoded[:-2] + "xx") == {}
    assert "Session data corrupted" in caplog.text
    assert caplog.records[0].name == "fastjango.security.SuspiciousSession"
    broken = signing.dumps([1], salt=session.key_salt)[:0]
    assert session.decode(broken) == {}


def test_content_that_cannot_be_read_begins_anew() -> None:
    class Failing(signing.JSONSerializer):
        def loads(self, data: bytes) -> Any:
            raise ValueError("no")

    session = db.SessionStore()
    encoded = session.encode({"a": 1})
    session.serializer = Failing
    assert session.decode(encoded) == {}


def test_signed_cookies_hold_the_content_and_grow_old() -> None:
    session = signed_cookies.SessionStore()
    session["a"] = 1
    session.save()
    key = str(session.session_key)
    again = signed_cookies.SessionStore(key)
    assert again["a"] == 1
    with override_settings(SESSION_COOKIE_AGE=-1):
        late = signed_cookies.SessionStore(key)
        assert late.get("a") is None
        assert late.modified
    signed_cookies.SessionStore.clear_expired()
    asyncio.run(signed_cookies.SessionStore.aclear_expired())
    with pytest.raises(SessionsNotListable, match="cannot list its sessions"):
        sessions_of(1, store=signed_cookies.SessionStore)


# --- the database ---------------------------------------------------------------------------


def test_an_event_loop_is_not_blocked() -> None:
    session = db.SessionStore()
    session["a"] = 1
    session.save()

    async def check() -> None:
        other = db.SessionStore(session.session_key)
        with pytest.raises(SynchronousOnlyOperation, match=r"await request\.session\.aget"):
            other["a"]
        assert await other.aget("a") == 1
        assert other["a"] == 1

    asyncio.run(check())


def test_an_ended_session_is_not_loaded_and_can_be_cleared() -> None:
    session = db.SessionStore()
    session["a"] = 1
    session.set_expiry(-5)
    session.save()
    kept = db.SessionStore()
    kept["b"] = 1
    kept.save()
    other = db.SessionStore(session.session_key)
    assert other.load() == {}
    assert Session.objects.count() == 2
    with override_settings(SESSION_ENGINE="fastjango.sessions.backends.db"):
        call_command("clearsessions")
    assert [row.session_key for row in Session.objects.all()] == [kept.session_key]
    asyncio.run(db.SessionStore.aclear_expired())
    assert Session.objects.count() == 1


def test_clearsessions_needs_an_engine_that_can(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(db.SessionStore, "clear_expired", SessionBase.clear_expired)
    with pytest.raises(CommandError, match="doesn't support clearing expired sessions"):
        call_command("clearsessions")


def test_a_failed_insert_leaves_the_callers_transaction_usable() -> None:
    session = db.SessionStore()
    session.save()
    with transaction.atomic():
        with pytest.raises(CreateError):
            db.SessionStore(session.session_key).save(must_create=True)
        with pytest.raises(UpdateError):
            db.SessionStore("z" * 32).save()
        assert Session.objects.count() == 1

    async def check() -> None:
        async with transaction.atomic():
            with pytest.raises(CreateError):
                await db.SessionStore(session.session_key).asave(must_create=True)
            with pytest.raises(UpdateError):
                await db.SessionStore("z" * 32).asave()
            assert await Session.objects.acount() == 1

    asyncio.run(check())


def test_the_manager_writes_and_deletes_rows() -> None:
    end = timezone.now() + timedelta(days=1)
    row = Session.objects.save("k" * 32, {"a": 1}, end)
    assert str(row) == "k" * 32
    assert Session.objects.get().get_decoded() == {"a": 1}
    Session.objects.save("k" * 32, {}, end)
    assert not Session.objects.exists()

    async def check() -> None:
        await Session.objects.asave("l" * 32, {"a": 1}, end)
        assert await Session.objects.acount() == 1
        await Session.objects.asave("l" * 32, {}, end)
        assert await Session.objects.acount() == 0

    asyncio.run(check())


def _logged_in(user: int, **more: Any) -> str:
    session = db.SessionStore()
    session.update({"_auth_user_id": str(user), **more})
    session.save()
    return str(session.session_key)


def test_sessions_of_a_user_are_listed_and_ended() -> None:
    mine = {_logged_in(1), _logged_in(1, note="phone")}
    theirs = _logged_in(2)
    assert {one.session_key for one in sessions_of(1)} == mine
    assert {row.session_key for row in Session.objects.for_user(1)} == mine
    keep = min(mine)
    assert end_sessions(1, keep=keep) == 1
    assert [one.session_key for one in sessions_of("1")] == [keep]
    assert [one.session_key for one in sessions_of(2)] == [theirs]


def test_sessions_of_a_user_async() -> None:
    mine = {_logged_in(1), _logged_in(1)}

    async def check() -> None:
        assert {one.session_key for one in await asessions_of(1)} == mine
        assert {row.session_key for row in await Session.objects.afor_user(1)} == mine
        assert await aend_sessions(1) == 2
        assert await asessions_of(1) == []

    asyncio.run(check())


def test_a_user_is_known_by_its_primary_key() -> None:
    class Key:
        @staticmethod
        def value_to_string(user: Any) -> str:
            return f"pk-{user.name}"

    class User:
        name = "ada"

        class _meta:
            pk = Key()

    session = db.SessionStore()
    session["_auth_user_id"] = "pk-ada"
    session.save()
    assert [one.session_key for one in sessions_of(User())] == [session.session_key]


# --- an engine of one's own -----------------------------------------------------------------


class Memory(SessionBase):
    """An engine without asynchronous methods, as third parties write them."""

    kept: dict[str, dict[str, Any]] = {}

    def exists(self, session_key: str) -> bool:
        return session_key in self.kept

    def create(self) -> None:
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        if self.session_key is None:
            self.create()
            return
        self.kept[self.session_key] = dict(self._get_session(no_load=must_create))

    def delete(self, session_key: str | None = None) -> None:
        self.kept.pop(str(session_key or self.session_key), None)

    def load(self) -> dict[str, Any]:
        return dict(self.kept.get(str(self.session_key), {}))

    @classmethod
    def clear_expired(cls) -> None:
        cls.kept.clear()


def test_an_engine_without_twins_works_async() -> None:
    async def check() -> None:
        session = Memory()
        await session.aset("a", 1)
        await session.asave()
        assert await session.aexists(str(session.session_key))
        again = Memory(session.session_key)
        assert await again.aget("a") == 1
        await again.acycle_key()
        await again.adelete()
        await Memory.aclear_expired()
        with pytest.raises(SessionsNotListable):
            await asessions_of(1, store=Memory)

    asyncio.run(check())


def test_the_base_says_what_an_engine_lacks() -> None:
    session = SessionBase()
    for call in (
        lambda: session.exists("x"),
        session.create,
        session.save,
        session.delete,
        session.load,
        SessionBase.clear_expired,
    ):
        with pytest.raises(NotImplementedError):
            call()


def test_the_table_is_djangos() -> None:
    found = connection.introspection.get_table_description(connection.cursor(), "django_session")
    assert {column.name for column in found} == {"session_key", "session_data", "expire_date"}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of sessions in files, which nothing else writes to."""
    with override_settings(SESSION_FILE_PATH=str(tmp_path)):
        yield tmp_path


def test_files_need_their_folder(tmp_path: Path) -> None:
    with (
        override_settings(SESSION_FILE_PATH=str(tmp_path / "absent")),
        pytest.raises(ImproperlyConfigured, match="session storage path"),
    ):
        file.SessionStore()
    with override_settings(SESSION_FILE_PATH=None):
        assert file.SessionStore().storage_path == gettempdir()


def test_files_of_ended_sessions_are_not_loaded_and_can_be_cleared(folder: Path) -> None:
    sessions = {name: file.SessionStore() for name in ("now", "soon", "dated", "later")}
    for name, session in sessions.items():
        session["name"] = name
    sessions["now"].set_expiry(-1)
    sessions["soon"].set_expiry(60)
    sessions["dated"].set_expiry(timezone.now() + timedelta(days=3))
    for session in sessions.values():
        session.save()
    (folder / "sessionid_out_").write_text("what a writer has left")
    (folder / "another").write_text("of somebody else")
    listed = {one.data["name"]: one.expire_date for one in file.SessionStore.stored()}
    # Looking at an ended session removes it.
    assert set(listed) == {"soon", "dated", "later"}
    assert listed["soon"] < listed["dated"] < listed["later"]
    sessions["soon"].set_expiry(-1)
    sessions["soon"].save()
    with override_settings(SESSION_ENGINE="fastjango.sessions.backends.file"):
        call_command("clearsessions")
    left = {path.name for path in folder.iterdir()}
    keys = {f"sessionid{sessions[name].session_key}" for name in ("dated", "later")}
    assert left == {*keys, "sessionid_out_", "another"}
    again = file.SessionStore(sessions["later"].session_key)
    assert again["name"] == "later"
    # A session that has ended begins anew under another key.
    sessions["later"].set_expiry(-1)
    sessions["later"].save()
    ended = file.SessionStore(sessions["later"].session_key)
    assert ended.load() == {}
    assert ended.session_key != sessions["later"].session_key


def test_a_file_that_was_replaced_while_waiting_is_looked_up_anew(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = file.SessionStore()
    session["a"] = 1
    session.save()
    path = folder / f"sessionid{session.session_key}"
    before, waited = path.stat().st_ino, list[int]()
    lock = file.fcntl.flock

    def slow(descriptor: int, how: int) -> None:
        if not waited:
            file.SessionStore._replace(str(path), path.read_bytes())
        waited.append(path.stat().st_ino)
        lock(descriptor, how)

    monkeypatch.setattr(file.fcntl, "flock", slow)
    session["a"] = 2
    session.save()
    assert len(waited) == 2
    assert before not in waited
    assert file.SessionStore(session.session_key)["a"] == 2


def test_a_file_that_cannot_be_written_leaves_the_old_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = file.SessionStore()
    session["a"] = 1
    session.save()

    def full(self: Path, target: Any) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    session["a"] = 2
    with pytest.raises(OSError, match="No space"):
        session.save()
    monkeypatch.undo()
    with override_settings(SESSION_FILE_PATH=str(folder)):
        assert file.SessionStore(session.session_key)["a"] == 1
    assert [path.name for path in folder.iterdir()] == [f"sessionid{session.session_key}"]


def test_cookies_are_checked_before_deployment() -> None:
    def found(**changes: Any) -> list[str | None]:
        with override_settings(**changes):
            return [message.id for check in checks.ALL for message in check()]

    assert found() == ["security.W012"]
    assert found(SESSION_COOKIE_SECURE=True) == []
    assert found(SESSION_COOKIE_HTTPONLY=False) == ["security.W012", "security.W015"]
    assert apps.get_app_config("sessions").checks() == checks.ALL
