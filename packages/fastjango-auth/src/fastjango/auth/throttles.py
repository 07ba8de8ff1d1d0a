"""Limits on how often something may be tried: by account, and by the client's address.

Counters are kept in the cache that `AUTH_THROTTLE_CACHE` names where `fastjango.cache` is
installed, else in the memory of the process. A cache that all processes share makes the limits
hold for the whole site.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import threading
import time
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

from fastjango.auth._edges import Steps, arun, call, run
from fastjango.auth.events import log_event
from fastjango.auth.exceptions import AuthError
from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured

__all__ = [
    "DEFAULT_RATES", "MemoryStore", "Rate", "ThrottledError", "aforget", "ahit", "alimits_reached",
    "client_address", "forget", "hit", "limits_reached", "parse_rate",
]  # fmt: skip

DEFAULT_RATES: Final[dict[str, str]] = {
    # a name typed wrongly, and one address trying many names
    "login:account": "10/10m",
    "login:address": "100/10m",
    # new accounts; a class of 20 people behind one address may sign up in one lesson
    "signup:address": "30/h",
    "signup:account": "5/h",
    # messages to one mailbox, and pages that send them
    "mail:account": "5/h",
    "mail:address": "60/h",
    "reauthenticate:account": "10/10m",
    # links and tokens that are guessed
    "confirm:address": "60/h",
    "token:address": "300/10m",
}
"""How often each may be done: `number/time`, time in s, m, h or d (see `AUTH_RATE_LIMITS`)."""

_RATE: Final = re.compile(r"(\d+)/(\d*)([smhd])")
_SECONDS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class ThrottledError(AuthError):
    """Something was tried too often.

    Attributes:
        wait: Seconds after which it may be tried again.
    """

    def __init__(self, scope: str, wait: int) -> None:
        self.scope, self.wait = scope, wait
        super().__init__(f"Too many attempts. Try again in {wait} seconds.")


class Rate(NamedTuple):
    """How often, and in how many seconds."""

    number: int
    seconds: int


def parse_rate(text: str) -> Rate:
    """Return the rate that a text such as `10/m` or `5/15m` means.

    Raises:
        ImproperlyConfigured: It means none.
    """
    match = _RATE.fullmatch(text.replace(" ", ""))
    if match is None or int(match[1]) < 1:
        raise ImproperlyConfigured(
            f"AUTH_RATE_LIMITS has the rate {text!r}. Write how often and in what time, such as "
            "'10/m', '5/15m' or '100/h'."
        )
    return Rate(int(match[1]), int(match[2] or 1) * _SECONDS[match[3]])


class MemoryStore:
    """Counters of one process, with the methods of a cache that are needed here."""

    LARGEST = 100_000  # counters; the oldest make room

    def __init__(self) -> None:
        self._counters: dict[str, tuple[int, float]] = {}
        self._lock = threading.Lock()

    def add(self, key: str, value: int, timeout: float) -> bool:
        """Begin a counter unless there is one."""
        now = time.monotonic()
        with self._lock:
            known = self._counters.get(key)
            if known is not None and known[1] > now:
                return False
            if len(self._counters) >= self.LARGEST:
                self._counters = {k: v for k, v in self._counters.items() if v[1] > now}
            while len(self._counters) >= self.LARGEST:
                del self._counters[next(iter(self._counters))]
            self._counters[key] = (value, now + timeout)
            return True

    def incr(self, key: str) -> int:
        """Count one more.

        Raises:
            ValueError: There is no such counter.
        """
        with self._lock:
            known = self._counters.get(key)
            if known is None:
                raise ValueError(f"Key '{key}' not found")
            self._counters[key] = (known[0] + 1, known[1])
            return known[0] + 1

    def get(self, key: str, default: int = 0) -> int:
        """Return what was counted."""
        known = self._counters.get(key)
        return known[0] if known is not None and known[1] > time.monotonic() else default

    def delete(self, key: str) -> None:
        """Forget a counter."""
        with self._lock:
            self._counters.pop(key, None)

    def clear(self) -> None:
        """Forget all counters."""
        with self._lock:
            self._counters.clear()

    async def aadd(self, key: str, value: int, timeout: float) -> bool:
        """Do what `add()` does."""
        return self.add(key, value, timeout)

    async def aincr(self, key: str) -> int:
        """Do what `incr()` does."""
        return self.incr(key)

    async def aget(self, key: str, default: int = 0) -> int:
        """Do what `get()` does."""
        return self.get(key, default)

    async def adelete(self, key: str) -> None:
        """Do what `delete()` does."""
        self.delete(key)


memory: Final = MemoryStore()


def _store() -> Any:
    alias = settings.AUTH_THROTTLE_CACHE
    if alias is None or find_spec("fastjango.cache") is None:
        return memory
    from fastjango.cache import caches

    return caches[alias]


def client_address(request: Any) -> str:
    """Return whom to count for: the client's address, of IPv6 the network of one customer (/64)."""
    meta: Any = getattr(request, "META", None) or {}
    client: Any = getattr(request, "client", None)
    text = meta.get("REMOTE_ADDR") or (client.host if client else "") or ""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is None:
            return str(ipaddress.ip_network((address, 64), strict=False))
        # A socket of both protocols writes IPv4 addresses so; their network is all of IPv4.
        address = address.ipv4_mapped
    return str(address)


def _rate(scope: str) -> Rate | None:
    text: str | None = {**DEFAULT_RATES, **settings.AUTH_RATE_LIMITS}.get(scope)
    return None if text is None else parse_rate(text)


def _key(scope: str, who: str, rate: Rate) -> tuple[str, int]:
    """Return the counter's name for the present window, and the seconds until the window ends."""
    window, since = divmod(int(time.time()), rate.seconds)
    counted = f"{scope}\0{who.casefold()}".encode(errors="surrogatepass")
    digest = hashlib.sha256(counted).hexdigest()[:32]
    return f"fastjango.auth.throttle.{digest}.{window}", rate.seconds - since


def _hit_steps(request: Any, limits: dict[str, str]) -> Steps[None]:
    for scope, who in limits.items():
        rate = _rate(scope)
        if rate is None or not who:
            continue
        store = _store()
        key, left = _key(scope, who, rate)
        yield call(store, "add", key, 0, left)
        try:
            count = yield call(store, "incr", key)
        except ValueError:  # the cache dropped it in between
            continue
        if count > rate.number:
            log_event("lockout", request, scope=scope, wait=left)
            raise ThrottledError(scope, left)


def hit(request: Any, **limits: str) -> None:
    """Count an attempt, and refuse it if there were too many.

    Args:
        request: The request, for the log.
        limits: By scope (with `__` for the colon), whom to count for.

    Raises:
        ThrottledError: There were too many. The attempt was counted.
    """
    run(_hit_steps(request, _scopes(limits)))


async def ahit(request: Any, **limits: str) -> None:
    """Do what `hit()` does."""
    await arun(_hit_steps(request, _scopes(limits)))


def _reached_steps(limits: dict[str, str]) -> Steps[bool]:
    for scope, who in limits.items():
        rate = _rate(scope)
        if rate is None or not who:
            continue
        key, _left = _key(scope, who, rate)
        if (yield call(_store(), "get", key, 0)) >= rate.number:
            return True
    return False


def limits_reached(**limits: str) -> bool:
    """Tell whether the next attempt would be refused; nothing is counted."""
    return run(_reached_steps(_scopes(limits)))


async def alimits_reached(**limits: str) -> bool:
    """Do what `limits_reached()` does."""
    return await arun(_reached_steps(_scopes(limits)))


def _forget_steps(limits: dict[str, str]) -> Steps[None]:
    for scope, who in limits.items():
        rate = _rate(scope)
        if rate is not None:
            yield call(_store(), "delete", _key(scope, who, rate)[0])


def forget(**limits: str) -> None:
    """Forget the attempts of somebody who succeeded."""
    run(_forget_steps(_scopes(limits)))


async def aforget(**limits: str) -> None:
    """Do what `forget()` does."""
    await arun(_forget_steps(_scopes(limits)))


def _scopes(limits: dict[str, str]) -> dict[str, str]:
    return {name.replace("__", ":"): who for name, who in limits.items()}
