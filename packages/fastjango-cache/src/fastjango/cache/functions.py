"""Functions whose results are kept: `cached`, with tags, one computation at a time, early renewal.

A result is kept with the marks that its tags had before it was computed. To invalidate a tag is to
give it a new mark: one write, however many results have the tag, on every backend, and a result
that is being computed meanwhile is not taken for a fresh one.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from datetime import time as day_time
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeVar, cast

from fastjango.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from fastjango.cache.handler import DEFAULT_CACHE_ALIAS, caches
from fastjango.values.decorators import iscoroutinefunction

__all__ = ["ainvalidate_tags", "cached", "invalidate_tags"]

F = TypeVar("F", bound=Callable[..., Any])

LOCK_SECONDS = 30
"""Seconds that others wait for the one that computes; after that they compute themselves."""

_PAUSE = 0.05  # seconds between two looks
_LONGEST = 80  # characters; two of them, with prefixes, fit the 250 of memcached
_PLAIN = (str, bytes, int, float, bool, type(None), Decimal, date, day_time, timedelta, uuid.UUID)


def _short(text: str) -> str:
    """Return a text as every backend takes it for a key."""
    if len(text) <= _LONGEST and text.isascii() and text.isprintable() and " " not in text:
        return text
    return sha256(text.encode()).hexdigest()


def _tag_key(tag: str) -> str:
    return f"cached.tag.{_short(tag)}"


def _mark() -> str:
    return uuid.uuid4().hex


def _described(value: Any, function: str) -> str:
    """Return an argument as text that is the same for equal arguments in every process."""
    if isinstance(value, _PLAIN):
        return f"{type(value).__name__}:{value!r}"
    if isinstance(value, (list, tuple)):
        items = cast("Iterable[Any]", value)
        return f"[{','.join(_described(item, function) for item in items)}]"
    if isinstance(value, dict):
        pairs = cast("Mapping[Any, Any]", value).items()
        found = sorted(f"{_described(k, function)}={_described(v, function)}" for k, v in pairs)
        return f"{{{','.join(found)}}}"
    raise TypeError(
        f"cached() cannot make a key of the argument {value!r} of {function}(): it has no text "
        "that is the same in every process. Give `key=` a text with the names of arguments in "
        "braces, or a function of them."
    )


class _Kept:
    """What both edges know of one function."""

    def __init__(
        self,
        function: Callable[..., Any],
        timeout: Any,
        key: Any,
        tags: Iterable[str],
        alias: str,
        early: float,
    ) -> None:
        self.function, self.key, self.tags, self.alias = function, key, tuple(tags), alias
        self.timeout, self.early = timeout, early
        self.name = f"{function.__module__}.{function.__qualname__}"
        self.signature = inspect.signature(function)

    @property
    def cache(self) -> BaseCache:
        return caches[self.alias]

    def keys(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[str, list[str]]:
        """Return the key of a call, and those of its tags."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        named = bound.arguments
        if self.key is None:
            text = _described(named, self.name)
            key = f"cached.{_short(self.name)}.{sha256(text.encode()).hexdigest()}"
        else:
            made = self.key(*args, **kwargs) if callable(self.key) else self.key.format(**named)
            key = f"cached.{_short(self.name)}.{_short(str(made))}"
        return key, [_tag_key(tag.format(**named)) for tag in self.tags]

    def judge(self, key: str, tags: list[str], found: dict[str, Any]) -> tuple[bool, Any, bool]:
        """Return whether a result is valid, the result, and whether it should be renewed."""
        entry = found.get(key)
        if entry is None:
            return False, None, False
        result, marks, renew_at = entry
        current = {tag: found.get(tag) for tag in tags}
        if marks != current or None in current.values():
            return False, None, False
        return True, result, renew_at is not None and time.time() >= renew_at

    def entry(self, result: Any, marks: dict[str, str]) -> tuple[Any, dict[str, str], float | None]:
        """Return what is stored of a result."""
        timeout: float | None = (
            self.cache.default_timeout if self.timeout is DEFAULT_TIMEOUT else self.timeout
        )
        if not self.early or timeout is None:
            return result, marks, None
        return result, marks, time.time() + timeout - self.early


def _synchronous(kept: _Kept) -> Callable[..., Any]:
    def compute(key: str, tags: list[str], args: Any, kwargs: Any) -> Any:
        cache = kept.cache
        marks = {tag: cache.get_or_set(tag, _mark, None) for tag in tags}
        result = kept.function(*args, **kwargs)
        cache.set(key, kept.entry(result, marks), kept.timeout)
        return result

    @functools.wraps(kept.function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        key, tags = kept.keys(args, kwargs)
        cache, lock = kept.cache, f"{key}.lock"
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            valid, result, old = kept.judge(key, tags, cache.get_many([key, *tags]))
            if valid and not old:
                return result
            if cache.add(lock, 1, LOCK_SECONDS):
                try:
                    return compute(key, tags, args, kwargs)
                finally:
                    cache.delete(lock)
            if valid:
                return result  # somebody else renews it
            if time.monotonic() >= deadline:
                return compute(key, tags, args, kwargs)
            time.sleep(_PAUSE)

    def forget(*args: Any, **kwargs: Any) -> bool:
        return kept.cache.delete(kept.keys(args, kwargs)[0])

    cast("Any", wrapper).forget = forget
    return wrapper


def _asynchronous(kept: _Kept) -> Callable[..., Any]:
    async def compute(key: str, tags: list[str], args: Any, kwargs: Any) -> Any:
        cache = kept.cache
        marks = {tag: await cache.aget_or_set(tag, _mark, None) for tag in tags}
        result = await kept.function(*args, **kwargs)
        await cache.aset(key, kept.entry(result, marks), kept.timeout)
        return result

    @functools.wraps(kept.function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        key, tags = kept.keys(args, kwargs)
        cache, lock = kept.cache, f"{key}.lock"
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            valid, result, old = kept.judge(key, tags, await cache.aget_many([key, *tags]))
            if valid and not old:
                return result
            if await cache.aadd(lock, 1, LOCK_SECONDS):
                try:
                    return await compute(key, tags, args, kwargs)
                finally:
                    await cache.adelete(lock)
            if valid:
                return result
            if time.monotonic() >= deadline:
                return await compute(key, tags, args, kwargs)
            await asyncio.sleep(_PAUSE)

    async def forget(*args: Any, **kwargs: Any) -> bool:
        return await kept.cache.adelete(kept.keys(args, kwargs)[0])

    cast("Any", wrapper).forget = forget
    return wrapper


def cached(
    timeout: Any = DEFAULT_TIMEOUT,
    *,
    key: str | Callable[..., str] | None = None,
    tags: Iterable[str] = (),
    alias: str = DEFAULT_CACHE_ALIAS,
    early: float = 0,
) -> Callable[[F], F]:
    """Keep the results of a function or coroutine function.

    Of several callers at once, in all processes that share the cache, one computes; the others
    wait for its result. The decorated function has `forget(...)`, with the arguments of a call,
    which is a coroutine function around one.

    Args:
        timeout: Seconds that a result is kept; those of the cache by default, `None` for ever.
        key: What tells calls apart: a text with names of arguments in braces, or a function of
            them; by default all arguments, which have to be plain values then.
        tags: What `invalidate_tags` forgets results by, with names of arguments in braces.
        alias: The cache.
        early: Seconds before the end when one caller renews the result, while the others still
            get the old one.

    Raises:
        TypeError: When called: an argument is no plain value, and there is no `key`.
    """

    def decorate(function: F) -> F:
        kept = _Kept(function, timeout, key, tags, alias, early)
        made = _asynchronous(kept) if iscoroutinefunction(function) else _synchronous(kept)
        return cast("F", made)

    return decorate


def invalidate_tags(*tags: str, alias: str = DEFAULT_CACHE_ALIAS) -> None:
    """Forget all results that have one of the tags, those being computed included."""
    caches[alias].set_many({_tag_key(tag): _mark() for tag in tags}, None)


async def ainvalidate_tags(*tags: str, alias: str = DEFAULT_CACHE_ALIAS) -> None:
    """Asynchronous twin of `invalidate_tags`."""
    await caches[alias].aset_many({_tag_key(tag): _mark() for tag in tags}, None)
