"""How often somebody may ask: rates such as `10/min` by user, address or part of the API.

The times of recent requests are kept in the cache `default` of `fastjango.cache`, if that is
installed and enabled, else in the memory of the process. With several processes use a cache they
share: Redis, Memcached, or the database by its `DatabaseCache`. Requests at the very same moment
may be counted once, as caches have no lock; limits of money belong into the database.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any, ClassVar

from fastjango.core import apps
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.rest._calls import FromSettings
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.settings import api_settings

__all__ = ["AnonRateThrottle", "BaseThrottle", "MemoryStore", "ScopedRateThrottle",
           "SimpleRateThrottle", "UserRateThrottle"]  # fmt: skip

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
MAX_KEYS = 100_000  # entries a process keeps in memory


class BaseThrottle:
    """Base of throttles; override `allow_request()` or its twin `aallow_request()`."""

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether a request may go on."""
        raise NotImplementedError(f"{type(self).__name__} must define allow_request().")

    def get_ident(self, request: Any) -> str:
        """Return the address of the client, behind `NUM_PROXIES` proxies.

        With `NUM_PROXIES` unset, all of `X-Forwarded-For` counts, which clients can make up;
        0 ignores it.
        """
        remote = str(request.META.get("REMOTE_ADDR") or "")
        forwarded = request.headers.get("X-Forwarded-For")
        proxies: int | None = api_settings.NUM_PROXIES
        if proxies is None:
            return "".join(forwarded.split()) if forwarded else remote
        if proxies == 0 or not forwarded:
            return remote
        addresses = forwarded.split(",")
        return str(addresses[-min(proxies, len(addresses))].strip())

    def wait(self) -> float | None:
        """Return the seconds until the next request is welcome, or `None`."""
        return None


class MemoryStore:
    """What a process remembers without a cache: at most 100,000 keys."""

    def __init__(self) -> None:
        self._values: dict[str, tuple[float, Any]] = {}
        self._lock = Lock()

    def get(self, key: str, default: Any = None) -> Any:
        """Return the value of a key that has not expired."""
        with self._lock:
            expires, value = self._values.get(key, (0.0, default))
        return value if expires > time.monotonic() else default

    async def aget(self, key: str, default: Any = None) -> Any:
        """Return the value of a key that has not expired."""
        return self.get(key, default)

    def set(self, key: str, value: Any, timeout: float) -> None:
        """Keep a value for some seconds."""
        now = time.monotonic()
        with self._lock:
            self._values[key] = (now + timeout, value)
            if len(self._values) > MAX_KEYS:
                self._values = {k: v for k, v in self._values.items() if v[0] > now}

    async def aset(self, key: str, value: Any, timeout: float) -> None:
        """Keep a value for some seconds."""
        self.set(key, value, timeout)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._values.clear()


_memory = MemoryStore()


class _DefaultStore:
    """The cache if there is one, else the memory of the process."""

    def __get__(self, instance: object, owner: type) -> Any:
        if find_spec("fastjango.cache") is not None and apps.is_installed("fastjango.cache"):
            return import_module("fastjango.cache").cache
        return _memory


class SimpleRateThrottle(BaseThrottle):
    """Counts requests by the key that `get_cache_key()` makes.

    Attributes:
        cache: Where the times are kept; anything with `get`, `set` and their twins.
        rate: The rate, such as `"5/min"`; that of the scope if `None`.
        scope: The name under which `DEFAULT_THROTTLE_RATES` has the rate.
    """

    cache: Any = _DefaultStore()
    timer: Callable[[], float] = staticmethod(time.time)
    cache_format = "throttle_%(scope)s_%(ident)s"
    scope: str | None = None
    rate: str | None = None
    num_requests: int | None
    duration: int | None
    THROTTLE_RATES: ClassVar[Any] = FromSettings[Mapping[str, str | None]]("DEFAULT_THROTTLE_RATES")
    key: str | None = None
    history: list[float]
    now: float

    def __init__(self) -> None:
        if not self.rate:
            self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Return who is counted; `None` lets the request pass."""
        raise NotImplementedError(f"{type(self).__name__} must define get_cache_key().")

    def get_rate(self) -> str | None:
        """Return the rate of the scope.

        Raises:
            ImproperlyConfigured: There is no scope, or no rate for it.
        """
        if not self.scope:
            raise ImproperlyConfigured(
                f"You must set either `.scope` or `.rate` for '{type(self).__name__}' throttle"
            )
        try:
            rate: str | None = self.THROTTLE_RATES[self.scope]
        except KeyError:
            raise ImproperlyConfigured(
                f"No default throttle rate set for {self.scope!r} scope. Set "
                f"REST_FRAMEWORK['DEFAULT_THROTTLE_RATES'][{self.scope!r}] to a rate such as "
                "'100/day', or to None for no limit."
            ) from None
        return rate

    def parse_rate(self, rate: str | None) -> tuple[int | None, int | None]:
        """Return the number of requests and the seconds of a rate; `None` twice for no limit.

        Raises:
            ImproperlyConfigured: It is not `number/period`.
        """
        if rate is None:
            return None, None
        number, _, period = rate.partition("/")
        if not number.isdecimal() or period[:1] not in _SECONDS:
            raise ImproperlyConfigured(
                f"{rate!r} is no rate. Write a number and a period, such as '10/min': the period "
                "begins with s, m, h or d."
            )
        return int(number), _SECONDS[period[0]]

    def allow_request(self, request: Any, view: Any) -> bool:
        """Whether the request is within the rate; counts it if so."""
        return bool(run_steps(self._allowing(request, view)))

    async def aallow_request(self, request: Any, view: Any) -> bool:
        """Whether the request is within the rate; counts it if so."""
        return bool(await arun_steps(self._allowing(request, view)))

    def _allowing(self, request: Any, view: Any) -> Steps:
        if self.rate is None:
            return True
        self.key = self.get_cache_key(request, view)
        if self.key is None:
            return True
        assert self.num_requests is not None
        assert self.duration is not None
        store = self.cache
        self.history = list((yield store.get, store.aget, (self.key, [])))
        self.now = self.timer()
        while self.history and self.history[-1] <= self.now - self.duration:
            self.history.pop()
        if len(self.history) >= self.num_requests:
            return self.throttle_failure()
        self.history.insert(0, self.now)
        yield store.set, store.aset, (self.key, self.history, self.duration)
        return self.throttle_success()

    def throttle_success(self) -> bool:
        """Return the answer for a request within the rate."""
        return True

    def throttle_failure(self) -> bool:
        """Return the answer for a request beyond the rate."""
        return False

    def wait(self) -> float | None:
        """Return the seconds until the next request is welcome."""
        if self.duration is None or self.num_requests is None:
            return None
        remaining = float(self.duration)
        if self.history:
            remaining -= self.now - self.history[-1]
        available = self.num_requests - len(self.history) + 1
        return remaining / available if available > 0 else None

    def _key(self, ident: Any) -> str:
        text = str(ident)
        if len(text) > 100 or not text.isprintable() or " " in text:
            # Caches limit the length and the characters of keys.
            text = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return self.cache_format % {"scope": self.scope, "ident": text}

    def _user_or_address(self, request: Any) -> Any:
        user = request.user
        return user.pk if user and user.is_authenticated else self.get_ident(request)


class AnonRateThrottle(SimpleRateThrottle):
    """Counts those who are not authenticated, by address; scope `anon`."""

    scope: str | None = "anon"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Return the key of an address; `None` for users."""
        if request.user and request.user.is_authenticated:
            return None
        return self._key(self.get_ident(request))


class UserRateThrottle(SimpleRateThrottle):
    """Counts users, and others by address; scope `user`."""

    scope: str | None = "user"

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Return the key of a user or an address."""
        return self._key(self._user_or_address(request))


class ScopedRateThrottle(SimpleRateThrottle):
    """Counts requests to views with a `throttle_scope`, each scope by itself."""

    scope_attr = "throttle_scope"
    scope: str | None = None
    rate: str | None = None

    def __init__(self) -> None:
        # The rate is known once the view is.
        self.num_requests = None
        self.duration = None

    def _allowing(self, request: Any, view: Any) -> Steps:
        self.scope = getattr(view, self.scope_attr, None)
        if not self.scope:
            return True
        self.rate = self.get_rate()
        self.num_requests, self.duration = self.parse_rate(self.rate)
        return (yield from super()._allowing(request, view))

    def get_cache_key(self, request: Any, view: Any) -> str | None:
        """Return the key of a user or an address within the scope."""
        return self._key(self._user_or_address(request))
