"""The security log, and limits on attempts."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import pytest
from fastjango.auth import authenticate, throttles
from fastjango.auth.events import log_event, mask
from fastjango.auth.models import User
from fastjango.auth.throttles import (
    MemoryStore,
    Rate,
    ThrottledError,
    client_address,
    memory,
    parse_rate,
)
from fastjango.cache import cache
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured


class Request:
    """As much of a request as is looked at."""

    method, path = "POST", "/login/"

    def __init__(self, address: str = "192.0.2.1") -> None:
        self.META = {"REMOTE_ADDR": address}
        self.scope = {"fastjango.request_id": "id-1"}


@pytest.fixture(autouse=True)
def clean() -> None:
    cache.clear()
    memory.clear()


def test_events_are_records_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    user = User(pk=7)
    with caplog.at_level(logging.INFO, "fastjango.security.auth"):
        log_event("login", Request(), user, token="abc", note="two\nlines", count=3, odd="x" * 300)
        log_event("own_event")
    first, second = caplog.records
    assert first.security_event == {
        "event": "login", "address": "192.0.2.1", "method": "POST", "path": "/login/",
        "request_id": "id-1", "user_id": "7",
        "token": "********************", "note": "two\\nlines", "count": 3, "odd": "x" * 200 + "…",
    }  # fmt: skip
    assert "abc" not in first.getMessage()
    assert first.levelno == logging.INFO
    assert second.levelno == logging.WARNING
    assert mask("password", "x") == mask("api_key", 1) == "********************"


def test_logins_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "fastjango.security.auth"):
        authenticate(Request(), username="nobody", password="secret")
    (record,) = caplog.records
    assert record.security_event["event"] == "login_failed"
    assert record.security_event["username"] == "nobody"
    assert "secret" not in str(record.security_event)


def test_nothing_is_made_for_a_log_that_is_off() -> None:
    logger = logging.getLogger("fastjango.security.auth")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        log_event("login", object())
    finally:
        logger.setLevel(before)


@pytest.fixture(params=["sync", "async"])
def call(request: pytest.FixtureRequest) -> Callable[..., Any]:
    def run(name: str, *args: Any, **kwargs: Any) -> Any:
        if request.param == "sync":
            return getattr(throttles, name)(*args, **kwargs)
        return asyncio.run(getattr(throttles, f"a{name}")(*args, **kwargs))

    return run


@pytest.mark.parametrize("alias", ["default", None])
def test_limits(
    call: Callable[..., Any], alias: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    rates = {"login:account": "2/h", "login:address": None}
    with override_settings(AUTH_RATE_LIMITS=rates, AUTH_THROTTLE_CACHE=alias):
        for _ in range(2):
            assert not call("limits_reached", login__account="ada")
            call("hit", Request(), login__account="ADA", login__address="x")
        assert call("limits_reached", login__account="ada")
        with pytest.raises(ThrottledError, match=r"Too many attempts\. Try again in \d+ sec") as e:
            call("hit", Request(), login__account="ada")
        assert e.value.scope == "login:account"
        assert 0 < e.value.wait <= 3600
        assert caplog.records[-1].security_event["event"] == "lockout"
        call("hit", Request(), login__account="bob")
        call("forget", login__account="ada")
        call("hit", Request(), login__account="ada")
        call("hit", Request(), login__address="")
        assert not call("limits_reached", login__address="x")


def test_rates() -> None:
    assert parse_rate("10/m") == Rate(10, 60)
    assert parse_rate(" 5/15 m") == Rate(5, 900)
    assert parse_rate("1/2d") == Rate(1, 172_800)
    for wrong in ("10", "0/m", "x/m", "10/w"):
        with pytest.raises(ImproperlyConfigured, match="Write how often and in what time"):
            parse_rate(wrong)
    for rate in throttles.DEFAULT_RATES.values():
        assert parse_rate(rate).number > 0


def test_addresses() -> None:
    assert client_address(Request("192.0.2.9")) == "192.0.2.9"
    one, two = Request("2001:db8:1:2::1"), Request("2001:db8:1:2:ffff::9")
    assert client_address(one) == client_address(two) == "2001:db8:1:2::/64"
    assert client_address(Request("::ffff:192.0.2.9")) == "192.0.2.9"
    assert client_address(Request("::ffff:198.51.100.7")) == "198.51.100.7"
    assert client_address(Request("unix")) == "unix"
    assert client_address(object()) == ""


def test_counters_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    store = MemoryStore()
    assert store.add("a", 0, 60)
    assert not store.add("a", 0, 60)
    assert store.incr("a") == 1
    assert store.get("a") == 1
    assert store.add("b", 5, -1)
    assert store.get("b") == 0
    with pytest.raises(ValueError, match="Key 'c' not found"):
        store.incr("c")
    monkeypatch.setattr(MemoryStore, "LARGEST", 2)
    store.add("d", 0, 60)
    store.add("e", 0, 60)
    assert len(store._counters) <= 2
