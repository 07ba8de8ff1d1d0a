"""The cache in a table: made by its command, used on both edges."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastjango.cache import cache, caches
from fastjango.cache.orm.backend import DatabaseCache, entry_model
from fastjango.core import timezone
from fastjango.core.conf import override_settings
from fastjango.core.management import call_command
from fastjango.core.management.base import CommandError
from fastjango.orm import connection, transaction
from fastjango.orm.exceptions import DatabaseError
from fastjango.orm.schema import delete_model

TABLE = "cache_values"


class Router:
    """Keeps the table out of every database."""

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return False if app_label == "django_cache" else None


@pytest.fixture(autouse=True)
def _table() -> Iterator[None]:
    call_command("createcachetable", verbosity=0)
    yield
    if TABLE in connection.introspection.table_names():
        delete_model(entry_model(TABLE))


def said(**options: Any) -> str:
    stream = io.StringIO()
    call_command("createcachetable", stdout=stream, **options)
    return stream.getvalue()


def test_the_command_makes_the_tables_that_are_not_there() -> None:
    assert said() == "Cache table 'cache_values' already exists.\n"
    delete_model(entry_model(TABLE))
    dry = said(dry_run=True)
    assert "CREATE TABLE" in dry
    assert "cache_values_expires" in dry
    assert TABLE not in connection.introspection.table_names()
    assert said(verbosity=2) == "Cache table 'cache_values' created.\n"
    stream = io.StringIO()
    call_command("createcachetable", "another", verbosity=2, stdout=stream)
    assert stream.getvalue() == "Cache table 'another' created.\n"
    delete_model(entry_model("another"))
    with override_settings(DATABASE_ROUTERS=[Router()]):
        assert said() == ""


def test_the_command_works_within_a_transaction() -> None:
    delete_model(entry_model(TABLE))
    with transaction.atomic():
        said()
        cache.set("a", 1)
        assert cache.get("a") == 1


def test_the_table_is_djangos() -> None:
    found = connection.introspection.get_table_description(connection.cursor(), TABLE)
    assert [column.name for column in found] == ["cache_key", "value", "expires"]


def test_a_table_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: Any, **kwargs: Any) -> Any:
        raise DatabaseError("no room")

    monkeypatch.setattr("fastjango.orm.backends.sqlite3.base.DatabaseWrapper.cursor", fail)
    monkeypatch.setattr(connection.introspection, "table_names", list)
    wanted = r"'more' could not be created\.\nThe error was: no room"
    with pytest.raises(CommandError, match=wanted):
        call_command("createcachetable", "more")


def test_values() -> None:
    assert isinstance(caches["default"], DatabaseCache)
    cache.set("a", {"x": [1]})
    cache.set("a", {"x": [2]})
    assert cache.get("a") == {"x": [2]}
    assert cache.get("b", 5) == 5
    assert cache.add("b", 1)
    assert not cache.add("b", 2)
    assert cache.replace("b", 3)
    assert not cache.replace("c", 3)
    assert cache.touch("b", None)
    assert not cache.touch("c")
    assert cache.has_key("b")
    assert "c" not in cache
    assert cache.incr("b", 2) == 5
    assert cache.decr("b") == 4
    with pytest.raises(ValueError, match="not found"):
        cache.incr("c")
    assert cache.get_many(["a", "b", "c"]) == {"a": {"x": [2]}, "b": 4}
    assert cache.get_many([]) == {}
    assert cache.delete("a")
    assert not cache.delete("a")
    cache.delete_many(["b", "c"])
    cache.delete_many([])
    assert cache.get("b") is None
    cache.set("d", 1)
    cache.clear()
    assert cache.get("d") is None


def test_values_async() -> None:
    async def check() -> None:
        await cache.aset("a", {"x": [1]})
        await cache.aset("a", {"x": [2]})
        assert await cache.aget("a") == {"x": [2]}
        assert await cache.aadd("b", 1)
        assert not await cache.aadd("b", 2)
        assert await cache.areplace("b", 3)
        assert not await cache.areplace("c", 3)
        assert await cache.atouch("b", None)
        assert not await cache.atouch("c")
        assert await cache.ahas_key("b")
        assert await cache.aincr("b", 2) == 5
        with pytest.raises(ValueError, match="not found"):
            await cache.aincr("c")
        assert await cache.aget_many(["a", "b", "c"]) == {"a": {"x": [2]}, "b": 5}
        assert await cache.aget_many([]) == {}
        assert await cache.adelete("a")
        await cache.adelete_many(["b"])
        await cache.adelete_many([])
        assert await cache.aget("b") is None
        await cache.aset("d", 1)
        await cache.aclear()
        assert await cache.aget("d") is None

    asyncio.run(check())


def age(key: str) -> None:
    """Let a value have ended."""
    ended = timezone.now() - timedelta(seconds=10)
    rows = entry_model(TABLE).objects.filter(cache_key=cache.make_key(key))
    assert rows.update(expires=ended) == 1


def test_what_has_ended_is_gone_and_makes_room() -> None:
    rows = entry_model(TABLE).objects
    cache.set("a", 1)
    age("a")
    assert not cache.has_key("a")
    assert not cache.touch("a")
    assert not cache.replace("a", 2)
    assert cache.get("a") is None
    assert rows.count() == 0
    cache.set("a", 1)
    age("a")
    assert cache.add("a", 2)
    age("a")

    async def check() -> None:
        assert await cache.aget("a") is None
        await cache.aset("a", 1)

    asyncio.run(check())
    age("a")
    assert asyncio.run(cache.aadd("a", 3))
    cache.set("b", 1, timeout=0)
    assert cache.get("b") is None


@pytest.mark.parametrize("frequency", [3, 0])
def test_a_full_table_makes_room(frequency: int) -> None:
    small = DatabaseCache(TABLE, {"OPTIONS": {"MAX_ENTRIES": 6, "CULL_FREQUENCY": frequency}})
    rows = entry_model(TABLE).objects
    for number in range(7):
        small.set(f"k{number}", number)
    assert rows.count() == 7
    small.set("more", 1)
    assert rows.count() == (6 if frequency else 1)
    small.clear()

    async def check() -> None:
        for number in range(7):
            await small.aset(f"k{number}", number)
        await small.aset("more", 1)

    asyncio.run(check())
    assert rows.count() == (6 if frequency else 1)


def test_ended_values_go_first() -> None:
    small = DatabaseCache(TABLE, {"OPTIONS": {"MAX_ENTRIES": 6}})
    for number in range(7):
        small.set(f"k{number}", number)
    age("k3")
    small.set("more", 1)
    assert sorted(small.get_many([f"k{n}" for n in range(7)])) == [
        "k0",
        "k1",
        "k2",
        "k4",
        "k5",
        "k6",
    ]
    age("k4")

    async def check() -> None:
        await small.aset("again", 1)

    asyncio.run(check())
    assert small.get("k0") == 0


def test_a_lost_race_leaves_the_callers_transaction_usable() -> None:
    with transaction.atomic():
        cache.add("a", 1)
        assert not cache.add("a", 2)
        assert cache.get("a") == 1


def test_a_sum_that_somebody_else_changed_is_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cache.set("n", 1)
    loads, calls = DatabaseCache._loads, []

    def disturbed(self: Any, text: str) -> Any:
        if not calls:
            calls.append(1)
            cache.set("n", 10)
        return loads(self, text)

    monkeypatch.setattr(DatabaseCache, "_loads", disturbed)
    assert cache.incr("n") == 11


def test_json_in_place_of_pickles() -> None:
    options = {"serializer": "fastjango.cache.serializers.JSONSerializer"}
    plain = DatabaseCache(TABLE, {"OPTIONS": options})
    plain.set("a", [1])
    assert plain.get("a") == [1]
    with pytest.raises(TypeError):
        plain.set("b", object())


def test_the_last_day_with_and_without_time_zones() -> None:
    cache.set("a", 1, timeout=None)
    assert cache.get("a") == 1
    with override_settings(USE_TZ=False):
        cache.set("b", 1, timeout=None)
        assert cache.get("b") == 1
