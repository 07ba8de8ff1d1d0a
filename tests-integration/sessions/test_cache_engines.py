"""Sessions in a cache, and in the database with copies in a cache."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from fastjango.cache import caches
from fastjango.core.conf import override_settings
from fastjango.orm.schema import create_model, delete_model
from fastjango.sessions.backends import cache as cache_engine
from fastjango.sessions.backends import cached_db, db
from fastjango.sessions.backends.base import CreateError, UpdateError
from fastjango.sessions.exceptions import SessionsNotListable
from fastjango.sessions.management import end_sessions, sessions_of
from fastjango.sessions.models import Session


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    create_model(Session)
    with override_settings(SESSION_CACHE_ALIAS="memory"):
        caches["memory"].clear()
        yield
        caches["memory"].clear()
    delete_model(Session)


@pytest.fixture(params=["cache", "cached_db"])
def engine(request: pytest.FixtureRequest) -> Any:
    """The class of each engine."""
    return import_module(f"fastjango.sessions.backends.{request.param}").SessionStore


def test_saved_loaded_cycled_ended(engine: Any) -> None:
    session = engine()
    session["a"] = 1
    session.save()
    key = session.session_key
    assert engine(key)["a"] == 1
    assert session.exists(key)
    assert not session.exists("")
    session.cycle_key()
    assert session.session_key != key
    assert engine(session.session_key)["a"] == 1
    assert engine(key).load() == {}
    session.flush()
    assert not session.exists(key)
    assert engine().load() == {}
    engine().delete()


def test_saved_loaded_cycled_ended_async(engine: Any) -> None:
    async def check() -> None:
        session = engine()
        await session.aset("a", 1)
        await session.asave()
        key = session.session_key
        assert await engine(key).aget("a") == 1
        assert await session.aexists(key)
        assert not await session.aexists("")
        await session.acycle_key()
        assert session.session_key != key
        assert await engine(session.session_key).aget("a") == 1
        assert await engine(key).aload() == {}
        await session.aflush()
        assert not await session.aexists(key)
        await engine().adelete()

    asyncio.run(check())


def test_an_ended_session_does_not_come_back(engine: Any) -> None:
    session = engine()
    session["a"] = 1
    session.save()
    slow, later = engine(session.session_key), engine(session.session_key)
    assert slow["a"] == later["a"] == 1
    session.flush()
    slow["a"] = 2
    with pytest.raises(UpdateError):
        slow.save()

    async def check() -> None:
        await later.aset("a", 2)
        with pytest.raises(UpdateError):
            await later.asave()

    asyncio.run(check())
    assert not slow.exists(slow.session_key)


def test_a_taken_key_is_not_taken_over(engine: Any) -> None:
    session = engine()
    session.save()
    with pytest.raises(CreateError):
        engine(session.session_key).save(must_create=True)

    async def check() -> None:
        with pytest.raises(CreateError):
            await engine(session.session_key).asave(must_create=True)

    asyncio.run(check())


def test_a_key_that_the_cache_refuses_begins_anew(
    engine: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("no such key can be")

    async def arefuse(*args: Any, **kwargs: Any) -> Any:
        raise ValueError("no such key can be")

    monkeypatch.setattr(caches["memory"], "get", refuse)
    monkeypatch.setattr(caches["memory"], "aget", arefuse)
    assert engine("made up key").load() == {}
    assert asyncio.run(engine("made up key").aload()) == {}


# --- the cache alone ------------------------------------------------------------------------


def test_a_cache_that_is_away_logs_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OSError("connection refused")

    session = cache_engine.SessionStore("k" * 32)
    monkeypatch.setattr(caches["memory"], "get", away)
    with pytest.raises(OSError, match="connection refused"):
        session.load()
    assert session.session_key == "k" * 32


def test_a_cache_that_keeps_nothing_is_noticed() -> None:
    with override_settings(SESSION_CACHE_ALIAS="nothing"):
        session = cache_engine.SessionStore()
        session["a"] = 1
        session.save()  # the dummy cache says that it did
        assert cache_engine.SessionStore(session.session_key).load() == {}


def test_creating_gives_up_at_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache_engine, "_ATTEMPTS", 3)
    monkeypatch.setattr(caches["memory"], "add", lambda *args: False)

    async def aadd(*args: Any) -> bool:
        return False

    monkeypatch.setattr(caches["memory"], "aadd", aadd)
    with pytest.raises(RuntimeError, match="likely that the cache is unavailable"):
        cache_engine.SessionStore().create()
    with pytest.raises(RuntimeError, match="likely that the cache is unavailable"):
        asyncio.run(cache_engine.SessionStore().acreate())


def test_a_cache_cannot_list_its_sessions() -> None:
    with pytest.raises(SessionsNotListable, match="cannot list its sessions"):
        sessions_of(1, store=cache_engine.SessionStore)
    cache_engine.SessionStore.clear_expired()
    asyncio.run(cache_engine.SessionStore.aclear_expired())


# --- the database with copies ---------------------------------------------------------------


def test_a_copy_is_read_and_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    session = cached_db.SessionStore()
    session["a"] = 1
    session.save()
    key = session.session_key
    with monkeypatch.context() as patch:
        patch.setattr(db.SessionStore, "_get_session_from_db", lambda self: None)
        assert cached_db.SessionStore(key)["a"] == 1
    caches["memory"].clear()
    assert cached_db.SessionStore(key)["a"] == 1
    assert caches["memory"].get(cached_db.KEY_PREFIX + str(key)) == {"a": 1}
    caches["memory"].clear()

    async def check() -> None:
        assert await cached_db.SessionStore(key).aget("a") == 1

    asyncio.run(check())
    assert caches["memory"].get(cached_db.KEY_PREFIX + str(key)) == {"a": 1}


def test_no_copy_outlives_its_session(monkeypatch: pytest.MonkeyPatch) -> None:
    session = cached_db.SessionStore()
    session["a"] = 1
    session.save()
    key = session.session_key
    caches["memory"].clear()
    read, aread = db.SessionStore._get_session_from_db, db.SessionStore._aget_session_from_db

    def ended_meanwhile(self: Any) -> Any:
        row = read(self)
        cached_db.SessionStore(key).delete()
        return row

    async def aended_meanwhile(self: Any) -> Any:
        row = await aread(self)
        await cached_db.SessionStore(key).adelete()
        return row

    with monkeypatch.context() as patch:
        patch.setattr(cached_db.SessionStore, "_get_session_from_db", ended_meanwhile)
        assert cached_db.SessionStore(key)["a"] == 1
    assert cached_db.SessionStore(key).load() == {}

    async def check() -> None:
        nonlocal key
        later = cached_db.SessionStore()
        await later.aset("a", 1)
        await later.asave()
        key = later.session_key
        await caches["memory"].aclear()
        with monkeypatch.context() as patch:
            patch.setattr(cached_db.SessionStore, "_aget_session_from_db", aended_meanwhile)
            assert await cached_db.SessionStore(key).aget("a") == 1
        assert await cached_db.SessionStore(key).aload() == {}

    asyncio.run(check())


def test_a_cache_that_is_away_costs_the_copy_alone(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def away(*args: Any, **kwargs: Any) -> Any:
        raise OSError("connection refused")

    async def aaway(*args: Any, **kwargs: Any) -> Any:
        raise OSError("connection refused")

    monkeypatch.setattr(caches["memory"], "set", away)
    monkeypatch.setattr(caches["memory"], "aset", aaway)
    session = cached_db.SessionStore()
    session["a"] = 1
    with caplog.at_level(logging.ERROR, "fastjango.sessions"):
        session.save()
    assert "Error saving to cache" in caplog.text
    caplog.clear()

    async def check() -> None:
        later = cached_db.SessionStore()
        await later.aset("a", 1)
        await later.asave()
        assert "Error saving to cache" in caplog.text

    asyncio.run(check())
    assert Session.objects.count() == 2


def test_ending_a_users_sessions_ends_the_copies() -> None:
    session = cached_db.SessionStore()
    session["_auth_user_id"] = "1"
    session.save()
    assert end_sessions(1, store=cached_db.SessionStore) == 1
    assert cached_db.SessionStore(session.session_key).load() == {}
