"""The interface of a cache, with every backend, on both edges."""

from __future__ import annotations

import asyncio
import os
import threading
import time
import warnings
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastjango.cache import CacheKeyWarning, InvalidCacheKey
from fastjango.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from fastjango.cache.backends.dummy import DummyCache
from fastjango.cache.backends.filebased import FileBasedCache
from fastjango.cache.backends.locmem import LocMemCache
from fastjango.cache.backends.memcached import MemcachedCache
from fastjango.cache.backends.redis import RedisCache
from fastjango.core.exceptions import SynchronousOnlyOperation

BACKENDS = [
    "locmem",
    "file",
    pytest.param("redis", marks=pytest.mark.redis),
    pytest.param("memcached", marks=pytest.mark.memcached),
    "own",
]


class Own(BaseCache):
    """A backend as third parties write them: the least there is, and no twins."""

    def __init__(self, params: dict[str, Any], kept: dict[str, Any]) -> None:
        super().__init__(params)
        self.kept = kept

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        value, end = self.kept.get(self.make_and_validate_key(key, version), (default, None))
        return default if end is not None and end <= time.time() else value

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        name = self.make_and_validate_key(key, version)
        self.kept[name] = (value, self.get_backend_timeout(timeout))

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        if self.has_key(key, version):
            return False
        self.set(key, value, timeout, version)
        return True

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        return self.replace(key, self.get(key, version=version), timeout, version)

    def delete(self, key: Any, version: Any = None) -> bool:
        return self.kept.pop(self.make_and_validate_key(key, version), None) is not None

    def clear(self) -> None:
        self.kept.clear()


Make = Callable[..., BaseCache]


def own_database(url: str) -> str:
    """The URL of a database that no other worker of the run clears."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    return f"{url.rpartition('/')[0]}/{1 + int(worker) % 15}"


def clear(cache: BaseCache) -> None:
    """Clear a cache that is the test's own."""
    if isinstance(cache, MemcachedCache):
        cache.delete_many(["a", "b"])
    else:
        cache.clear()


@pytest.fixture(params=BACKENDS)
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Make]:
    """Makes a cache of each backend, empty."""
    kind = request.param
    prefix = f"test-{time.time_ns()}"

    def build(**params: Any) -> BaseCache:
        params = {"KEY_PREFIX": prefix, **params}
        if kind == "locmem":
            return LocMemCache(prefix, params)
        if kind == "file":
            return FileBasedCache(tmp_path / "values", params)
        if kind == "redis":
            return RedisCache(own_database(request.getfixturevalue("redis_url")), params)
        if kind == "memcached":
            url = request.getfixturevalue("memcached_url")
            return MemcachedCache(url.removeprefix("memcached://"), params)
        return Own(params, kept)

    kept: dict[str, Any] = {}
    yield build
    if kind != "memcached":  # what is cleared there would be everybody's
        build().clear()


@pytest.fixture
def cache(make: Make) -> BaseCache:
    """A cache of each backend."""
    return make()


def run(function: Callable[[], Any], *caches: BaseCache) -> None:
    """Run a coroutine function, and close the connections of its loop."""

    async def main() -> None:
        try:
            await function()
        finally:
            for one in caches:
                await one.aclose()

    asyncio.run(main())


class Thing:
    """Something only a pickle can hold."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Thing) and other.name == self.name

    __hash__ = None  # type: ignore[assignment]


VALUES = ["text", "žluť", b"bytes", 5, True, 1.5, None, [1, {"a": (2,)}], Thing("x")]


def test_values_come_back_as_they_were(cache: BaseCache) -> None:
    for number, value in enumerate(VALUES):
        cache.set(f"v{number}", value)
        found = cache.get(f"v{number}", "missing")
        assert found == value
        assert type(found) is type(value)
    assert cache.get("other") is None
    assert cache.get("other", 1) == 1


def test_values_come_back_async(cache: BaseCache) -> None:
    async def check() -> None:
        for number, value in enumerate(VALUES):
            await cache.aset(f"v{number}", value)
            found = await cache.aget(f"v{number}", "missing")
            assert found == value
            assert type(found) is type(value)
        assert await cache.aget("other", 1) == 1

    run(check, cache)


def test_adding_replacing_touching_deleting(cache: BaseCache) -> None:
    assert cache.add("a", 1)
    assert not cache.add("a", 2)
    assert cache.get("a") == 1
    assert cache.replace("a", 3)
    assert cache.get("a") == 3
    assert not cache.replace("b", 3)
    assert "b" not in cache
    assert cache.touch("a")
    assert cache.touch("a", 100)
    assert cache.touch("a", None)
    assert not cache.touch("b")
    assert cache.has_key("a")
    assert "a" in cache
    assert cache.delete("a")
    assert not cache.delete("a")
    assert not cache.has_key("a")


def test_adding_replacing_touching_deleting_async(cache: BaseCache) -> None:
    async def check() -> None:
        assert await cache.aadd("a", 1)
        assert not await cache.aadd("a", 2)
        assert await cache.areplace("a", 3)
        assert await cache.aget("a") == 3
        assert not await cache.areplace("b", 3)
        assert await cache.atouch("a", 100)
        assert await cache.atouch("a", None)
        assert not await cache.atouch("b")
        assert await cache.ahas_key("a")
        assert await cache.adelete("a")
        assert not await cache.adelete("a")
        assert not await cache.ahas_key("a")

    run(check, cache)


def test_no_time_at_all_keeps_nothing(cache: BaseCache) -> None:
    cache.set("a", 1)
    cache.set("a", 2, timeout=0)
    assert cache.get("a") is None
    cache.set("b", 1, timeout=-5)
    assert cache.get("b") is None
    cache.add("c", 1, timeout=0)
    assert cache.get("c") is None
    cache.set("d", 1)
    cache.replace("d", 1, timeout=0)
    assert cache.get("d") is None

    async def check() -> None:
        await cache.aset("a", 2, timeout=0)
        await cache.aadd("c", 1, timeout=0)
        await cache.aset("d", 1)
        await cache.areplace("d", 1, timeout=0)
        assert await cache.aget_many(["a", "c", "d"]) == {}

    run(check, cache)


def test_for_ever_and_for_very_long(cache: BaseCache) -> None:
    cache.set("a", 1, timeout=None)
    cache.set("b", 1, timeout=60 * 60 * 24 * 40)
    assert cache.get_many(["a", "b"]) == {"a": 1, "b": 1}


def test_a_value_ends(make: Make) -> None:
    cache = make(TIMEOUT=1)
    cache.set("a", 1)
    cache.set("b", 1, timeout=100)
    deadline = time.time() + 5
    while cache.get("a") is not None and time.time() < deadline:
        time.sleep(0.1)
    assert cache.get("a") is None
    assert not cache.has_key("a")
    assert cache.add("a", 2)
    assert cache.get("b") == 1


def test_several_at_once(cache: BaseCache) -> None:
    assert cache.set_many({"a": 1, "b": [2]}) == []
    assert cache.set_many({}) == []
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": [2]}
    assert cache.get_many([]) == {}
    assert cache.get_many(iter(["a"])) == {"a": 1}
    cache.set_many({"f": 1}, timeout=None)
    cache.delete_many(["a", "c", "f"])
    cache.delete_many([])
    assert cache.get_many(["a", "b", "f"]) == {"b": [2]}
    clear(cache)
    assert cache.get("b") is None


def test_several_at_once_async(cache: BaseCache) -> None:
    async def check() -> None:
        assert await cache.aset_many({"a": 1, "b": [2]}) == []
        assert await cache.aset_many({}) == []
        assert await cache.aget_many(["a", "b", "c"]) == {"a": 1, "b": [2]}
        assert await cache.aget_many([]) == {}
        await cache.adelete_many(["a", "c"])
        await cache.adelete_many([])
        assert await cache.aget_many(["a", "b"]) == {"b": [2]}
        if not isinstance(cache, MemcachedCache):
            await cache.aclear()
            assert await cache.aget("b") is None

    run(check, cache)


def test_counting(cache: BaseCache) -> None:
    cache.set("n", 40)
    assert cache.incr("n") == 41
    assert cache.incr("n", 10) == 51
    assert cache.decr("n") == 50
    assert cache.incr("n", -10) == 40
    assert cache.get("n") == 40
    for call in (cache.incr, cache.decr):
        with pytest.raises(ValueError, match="not found"):
            call("missing")

    async def check() -> None:
        assert await cache.aincr("n") == 41
        assert await cache.adecr("n", 2) == 39
        assert await cache.aget("n") == 39
        with pytest.raises(ValueError, match="not found"):
            await cache.aincr("missing")

    run(check, cache)


def test_get_or_set(cache: BaseCache) -> None:
    assert cache.get_or_set("a", 1) == 1
    assert cache.get_or_set("a", 2) == 1
    assert cache.get_or_set("b", lambda: "made") == "made"
    assert cache.get_or_set("none", None) is None

    async def later() -> str:
        return "awaited"

    async def check() -> None:
        assert await cache.aget_or_set("a", 5) == 1
        assert await cache.aget_or_set("c", lambda: "made") == "made"
        assert await cache.aget_or_set("d", later) == "awaited"

    run(check, cache)


def test_versions(make: Make) -> None:
    one, two = make(), make(VERSION=2)
    one.set("a", 1)
    assert two.get("a") is None
    assert two.get("a", version=1) == 1
    assert one.incr_version("a") == 2
    assert two.get("a") == 1
    assert one.get("a") is None
    assert two.decr_version("a") == 1
    assert one.get("a") == 1
    with pytest.raises(ValueError, match="not found"):
        one.incr_version("missing")

    async def check() -> None:
        assert await one.aincr_version("a") == 2
        assert await two.adecr_version("a") == 1
        assert await one.aget("a") == 1
        with pytest.raises(ValueError, match="not found"):
            await one.aincr_version("missing")

    run(check, one, two)


def test_prefixes_and_key_functions(make: Make) -> None:
    one, two = make(KEY_PREFIX="one"), make(KEY_PREFIX="two")
    one.set("a", 1)
    assert two.get("a") is None
    odd = make(KEY_FUNCTION=lambda key, prefix, version: f"{key}-{prefix}-{version}")
    assert odd.make_key("a", 3).startswith("a-test-")
    by_path = make(KEY_FUNCTION="fastjango.cache.backends.base.default_key_func")
    assert by_path.make_key("a", 3).endswith(":3:a")


@pytest.mark.parametrize("bad", ["with space", "with\ttab", "x" * 300])
def test_keys_that_not_every_backend_takes(cache: BaseCache, bad: str) -> None:
    if isinstance(cache, MemcachedCache):
        with pytest.raises(InvalidCacheKey, match="will cause errors if used with memcached"):
            cache.set(bad, 1)
        return
    with pytest.warns(CacheKeyWarning, match="will cause errors if used with memcached"):
        cache.set(bad, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", CacheKeyWarning)
        assert cache.get(bad) == 1


def test_a_copy_comes_out(cache: BaseCache) -> None:
    if isinstance(cache, Own):
        return  # it hands out what it was given
    value = [1, [2]]
    cache.set("a", value)
    value.append(3)
    found = cache.get("a")
    found[1].append(4)
    assert cache.get("a") == [1, [2]]


def test_json_in_place_of_pickles(make: Make) -> None:
    cache = make(OPTIONS={"serializer": "fastjango.cache.serializers.JSONSerializer"})
    cache.set("a", {"x": [1, None]})
    assert cache.get("a") == {"x": [1, None]}
    if isinstance(cache, Own):
        return  # it serializes nothing
    with pytest.raises(TypeError, match="not JSON serializable"):
        cache.set("b", Thing("x"))


def test_one_of_many_adds(cache: BaseCache) -> None:
    async def check() -> None:
        answers = await asyncio.gather(*(cache.aadd("once", number) for number in range(20)))
        assert answers.count(True) == 1
        assert await cache.aget("once") == answers.index(True)

    run(check, cache)


def test_an_event_loop_is_not_blocked(cache: BaseCache) -> None:
    if isinstance(cache, (LocMemCache, Own)):
        return  # nothing waits, or nobody knows

    async def check() -> None:
        with pytest.raises(SynchronousOnlyOperation, match="would block the event loop"):
            cache.get("a")

    run(check, cache)


# --- each by itself -------------------------------------------------------------------------


def test_dummy_keeps_nothing() -> None:
    cache = DummyCache("", {})
    assert cache.add("a", 1)
    cache.set("a", 1)
    assert cache.get("a", 5) == 5
    assert not cache.touch("a")
    assert not cache.delete("a")
    assert not cache.has_key("a")
    assert cache.get_or_set("a", 3) == 3
    cache.clear()
    with pytest.warns(CacheKeyWarning):
        cache.set("a b", 1)
    with pytest.raises(ValueError, match="not found"):
        cache.incr("a")


@pytest.mark.parametrize(("frequency", "left"), [(3, 14), (0, 1)])
def test_memory_makes_room(frequency: int, left: int) -> None:
    options = {"MAX_ENTRIES": 20, "CULL_FREQUENCY": frequency}
    cache = LocMemCache(f"room-{frequency}", {"OPTIONS": options})
    for number in range(20):
        cache.set(f"k{number}", number)
    cache.get("k0")  # used last, so kept
    cache.set("more", 1)
    assert len(cache._cache) == left + (1 if frequency else 0)
    assert ("k0" in cache) is bool(frequency)
    assert "more" in cache


@pytest.mark.parametrize("frequency", [2, 0])
def test_a_folder_makes_room(tmp_path: Path, frequency: int) -> None:
    options = {"MAX_ENTRIES": 10, "CULL_FREQUENCY": frequency}
    cache = FileBasedCache(tmp_path, {"OPTIONS": options})
    for number in range(10):
        cache.set(f"k{number}", number)
    cache.set("more", 1)
    assert len(list(tmp_path.glob("*.djcache"))) == (6 if frequency else 1)


def test_a_folder_is_made_for_its_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    cache = FileBasedCache(folder, {})
    assert folder.stat().st_mode & 0o777 == 0o700
    assert folder.parent.stat().st_mode & 0o777 == 0o700
    folder.rmdir()
    cache.set("a", 1)
    assert cache.get("a") == 1
    (file,) = folder.iterdir()
    file.write_bytes(b"")
    assert cache.get("a") is None
    assert not cache._delete("/elsewhere/file")


def test_a_value_that_cannot_be_written_leaves_no_file(tmp_path: Path) -> None:
    cache = FileBasedCache(tmp_path, {})
    with pytest.raises((AttributeError, TypeError)):
        cache.set("a", lambda: None)
    assert list(tmp_path.iterdir()) == []


def rewrites(cache: FileBasedCache) -> list[Callable[[], object]]:
    return [
        lambda: cache.touch("a", None),
        lambda: cache.touch("a", 1000),
        lambda: cache.replace("a", "new"),
        lambda: cache.set("a", "new"),
    ]


@pytest.mark.parametrize("number", range(4))
def test_rewriting_cut_short_leaves_the_old_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    cache = FileBasedCache(tmp_path, {})
    cache.set("a", "old" * 1000)
    write = cache._write_content

    def half(file: Any, timeout: Any, value: Any) -> None:
        write(file, timeout, value)
        file.flush()
        file.truncate(15)
        raise KeyboardInterrupt

    monkeypatch.setattr(cache, "_write_content", half)
    with pytest.raises(KeyboardInterrupt):
        rewrites(cache)[number]()
    assert cache.get("a") == "old" * 1000
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("number", range(4))
def test_who_reads_while_a_value_is_rewritten_finds_one_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    cache = FileBasedCache(tmp_path, {})
    cache.set("a", "old")
    seen: list[Any] = []
    write = cache._write_content

    def watched(file: Any, timeout: Any, value: Any) -> None:
        file.write(b"\x80\x05")
        file.flush()
        seen.append(cache.get("a"))
        file.seek(0)
        write(file, timeout, value)

    monkeypatch.setattr(cache, "_write_content", watched)
    rewrites(cache)[number]()
    assert seen == ["old"]
    assert cache.get("a") == ("new" if number > 1 else "old")


@pytest.mark.parametrize("change", ["set", "delete"])
def test_touching_never_brings_an_old_value_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    cache, other = FileBasedCache(tmp_path, {}), FileBasedCache(tmp_path, {})
    cache.set("a", "old")
    threads: list[threading.Thread] = []
    write = cache._write_content

    def overtaken(file: Any, timeout: Any, value: Any) -> None:
        # The value has been read; it is what the other one changes meanwhile.
        call: Any = (lambda: other.set("a", "new")) if change == "set" else other.delete
        threads.append(threading.Thread(target=call, args=("a",) if change == "delete" else ()))
        threads[0].start()
        threads[0].join(0.2)
        write(file, timeout, value)

    monkeypatch.setattr(cache, "_write_content", overtaken)
    assert cache.touch("a", 1000)
    threads[0].join()
    assert other.get("a") == ("new" if change == "set" else None)


def test_nonsense_in_the_settings_counts_as_nothing_said() -> None:
    params = {"TIMEOUT": "x", "OPTIONS": {"MAX_ENTRIES": "x", "CULL_FREQUENCY": "x"}}
    cache = LocMemCache("nonsense", params)
    assert (cache.default_timeout, cache._max_entries, cache._cull_frequency) == (300, 300, 3)
    assert LocMemCache("never", {"TIMEOUT": None}).get_backend_timeout() is None


def test_the_base_says_what_a_backend_lacks() -> None:
    cache = BaseCache({})
    for call in (
        lambda: cache.add("a", 1),
        lambda: cache.get("a"),
        lambda: cache.set("a", 1),
        lambda: cache.touch("a"),
        lambda: cache.delete("a"),
        cache.clear,
    ):
        with pytest.raises(NotImplementedError, match="subclasses of BaseCache must provide"):
            call()
    cache.close()


@pytest.mark.memcached
def test_memcached_drops_what_is_too_large(memcached_url: str) -> None:
    server = memcached_url.removeprefix("memcached://")
    cache = MemcachedCache([server], {"KEY_PREFIX": f"big-{time.time_ns()}"})
    cache.set("a", "small")
    cache.set("a", "x" * 3_000_000)
    assert cache.get("a") is None
    assert cache.set_many({"a": "x" * 3_000_000, "b": 1}) == ["a"]
    with pytest.raises(InvalidCacheKey, match="longer than 250 bytes"):
        cache.set("ž" * 200, 1)


@pytest.mark.memcached
def test_memcached_empties_every_server(
    memcached_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = memcached_url.removeprefix("memcached://")
    cache = MemcachedCache(f"{server};{server}", {})
    emptied: list[Any] = []

    async def flush_all(self: Any, address: Any) -> None:
        emptied.append(address.port)

    monkeypatch.setattr("emcache.client._Client.flush_all", flush_all)
    cache.clear()
    assert emptied == [int(server.partition(":")[2])] * 2


@pytest.mark.memcached
def test_memcached_reads_what_other_clients_write(memcached_url: str) -> None:
    server = memcached_url.removeprefix("memcached://")
    cache = MemcachedCache(server, {"KEY_PREFIX": f"flags-{time.time_ns()}"})

    async def write(key: str, data: bytes, flags: int) -> None:
        client = await cache._pool.get()
        await client.set(cache.make_key(key).encode(), data, flags=flags)

    async def check() -> None:
        await write("zipped", zlib.compress(b"text"), 16 | 8)
        await write("long", b"12345678901234567890", 4)
        assert await cache.aget("zipped") == "text"
        assert await cache.aget("long") == 12345678901234567890

    run(check, cache)


def test_memcached_addresses_and_a_server_that_is_away() -> None:
    cache = MemcachedCache(["unix:/nowhere/socket", "host"], {"OPTIONS": {"MAX_ENTRIES": 5}})
    unix, host = cache._pool.addresses
    assert unix.path == "/nowhere/socket"
    assert (host.address, host.port) == ("host", 11211)
    away = MemcachedCache("127.0.0.1:1", {"OPTIONS": {"timeout": 0.5}})
    for _ in range(2):
        with pytest.raises((OSError, TimeoutError, asyncio.TimeoutError)):
            away.get("a")


@pytest.mark.redis
def test_redis_reads_from_replicas(redis_url: str) -> None:
    prefix = f"replica-{time.time_ns()}"
    cache = RedisCache(f"{redis_url},{redis_url}", {"KEY_PREFIX": prefix})
    cache.set("a", 1)
    assert cache.get("a") == 1
    assert cache._cache._get_connection_pool_index(write=False) == 1
    assert cache._cache._get_connection_pool_index(write=True) == 0
    options = {
        "pool_class": "redis.BlockingConnectionPool",
        "parser_class": "redis._parsers._RESP2Parser",
        "db": 0,
    }
    own = RedisCache([redis_url], {"KEY_PREFIX": prefix, "OPTIONS": options})
    assert own.get("a") == 1
