"""Results that are kept: by arguments, by tags, computed once at a time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.cache import cache, functions
from fastjango.cache.functions import _short, ainvalidate_tags, cached, invalidate_tags


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def test_a_result_is_kept_by_its_arguments() -> None:
    calls: list[Any] = []

    @cached(60)
    def add(a: int, b: Any = 1) -> Any:
        calls.append((a, b))
        return None if b is None else a

    assert add(1) == add(1, 1) == add(a=1, b=1) == 1
    assert add(2) == 2
    assert add(1, None) is None
    assert add(1, None) is None
    assert add(1, [1, {"x": (2,)}]) == add(1, [1, {"x": (2,)}])
    assert add(1, "1") == 1
    assert calls == [(1, 1), (2, 1), (1, None), (1, [1, {"x": (2,)}]), (1, "1")]
    assert add.forget(1) is True  # type: ignore[attr-defined]
    assert add.forget(1) is False  # type: ignore[attr-defined]
    add(1)
    assert calls[-1] == (1, 1)
    with pytest.raises(TypeError, match=r"cannot make a key of the argument .*Give `key=`"):
        add(object())  # type: ignore[arg-type]


def test_keys_of_ones_own() -> None:
    calls: list[Any] = []

    class User:
        pk = 5

    @cached(60, key="{user.pk}")
    def by_text(user: Any) -> int:
        calls.append(user)
        return len(calls)

    @cached(60, key=lambda user: str(user.pk))
    def by_function(user: Any) -> int:
        calls.append(user)
        return len(calls)

    assert by_text(User()) == by_text(User()) == 1
    assert by_function(User()) == by_function(User()) == 2


def test_tags_forget_many_results_at_once() -> None:
    calls: list[Any] = []

    @cached(60, tags=["articles", "author:{author}"])
    def articles(author: int, page: int) -> int:
        calls.append((author, page))
        return len(calls)

    assert articles(1, 1) == articles(1, 1) == 1
    assert articles(1, 2) == 2
    assert articles(2, 1) == 3
    invalidate_tags("author:1")
    assert articles(2, 1) == 3
    assert articles(1, 1) == 4
    assert articles(1, 2) == 5
    invalidate_tags("articles", "other")
    assert articles(2, 1) == 6
    cache.delete(functions._tag_key("articles"))  # as if the cache had dropped it
    assert articles(2, 1) == 7
    assert articles(2, 1) == 7


def test_a_result_that_is_invalidated_while_it_is_computed_is_not_fresh() -> None:
    calls: list[int] = []

    @cached(60, tags=["t"])
    def slow() -> int:
        calls.append(1)
        if len(calls) == 1:
            invalidate_tags("t")
        return len(calls)

    assert slow() == 1
    assert slow() == 2
    assert slow() == 2


def test_async_functions() -> None:
    calls: list[int] = []

    @cached(60, tags=["t:{n}"])
    async def double(n: int) -> int:
        calls.append(n)
        await asyncio.sleep(0.01)
        return n * 2

    async def check() -> None:
        assert await asyncio.gather(*(double(2) for _ in range(20))) == [4] * 20
        assert calls == [2]
        await ainvalidate_tags("t:2")
        assert await double(2) == 4
        assert calls == [2, 2]
        assert await double.forget(2)  # type: ignore[attr-defined]
        await double(2)
        assert calls == [2, 2, 2]

    asyncio.run(check())


def test_one_computes_and_the_others_wait() -> None:
    calls: list[int] = []

    @cached(60)
    def slow() -> int:
        calls.append(1)
        time.sleep(0.1)
        return len(calls)

    results: list[int] = []
    threads = [threading.Thread(target=lambda: results.append(slow())) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [1] * 5


def test_a_failure_is_not_kept_and_lets_the_next_one_try() -> None:
    calls: list[int] = []

    @cached(60)
    def shaky() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise ValueError("first")
        return len(calls)

    with pytest.raises(ValueError, match="first"):
        shaky()
    assert shaky() == 2


def test_whoever_waited_long_enough_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(functions, "LOCK_SECONDS", 0.1)

    @cached(60, key="x")
    def stuck() -> int:
        return 1

    @cached(60, key="x")
    async def astuck() -> int:
        return 1

    for function in (stuck, astuck):
        name = _short(f"{function.__module__}.{function.__qualname__}")
        cache.add(f"cached.{name}.x.lock", 1, 60)
    assert stuck() == 1
    assert asyncio.run(astuck()) == 1


def test_a_result_is_renewed_by_one_before_it_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    @cached(10, key="x", early=5)
    def number() -> int:
        calls.append(1)
        return len(calls)

    @cached(10, key="x", early=5)
    async def anumber() -> int:
        calls.append(1)
        return len(calls)

    assert number() == number() == 1
    assert asyncio.run(anumber()) == 2
    now = time.time()
    monkeypatch.setattr("fastjango.cache.functions.time.time", lambda: now + 6)
    lock = f"cached.{_short(f'{number.__module__}.{number.__qualname__}')}.x.lock"
    cache.add(lock, 1)
    assert number() == 1  # somebody else renews it
    cache.delete(lock)
    assert number() == 3
    lock = f"cached.{_short(f'{anumber.__module__}.{anumber.__qualname__}')}.x.lock"
    cache.add(lock, 1)
    assert asyncio.run(anumber()) == 2
    cache.delete(lock)
    assert asyncio.run(anumber()) == 4


def test_for_ever_and_as_long_as_the_cache_says() -> None:
    calls: list[int] = []

    @cached(None, early=5)
    def always() -> int:
        calls.append(1)
        return len(calls)

    @cached()
    def default() -> int:
        calls.append(1)
        return len(calls)

    assert always() == always() == 1
    assert default() == default() == 2


def test_keys_fit_every_backend() -> None:
    @cached(60, key="{text}", tags=["tag:{text}"])
    def echo(text: str) -> str:
        return text

    for text in ("with space", "x" * 500, "\n", "žluť"):
        assert echo(text) == echo(text) == text
    assert len(_short("x" * 500)) == 64
