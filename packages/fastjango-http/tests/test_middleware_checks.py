"""The checks of middleware and of security settings."""

from typing import Any

import pytest
from fastjango.http.apps import HttpConfig
from fastjango.http.middleware.checks import (
    check_csp,
    check_csrf,
    check_deployment,
    check_order,
)

SECURITY = "fastjango.http.middleware.security.SecurityMiddleware"
FRAMES = "fastjango.http.middleware.clickjacking.XFrameOptionsMiddleware"
CSRF = "fastjango.http.middleware.csrf.CsrfViewMiddleware"
SESSION = "fastjango.sessions.middleware.SessionMiddleware"


def ids(messages: Any) -> list[str]:
    return sorted(message.id for message in messages)


def test_a_bare_site_lacks_the_three_middlewares() -> None:
    assert ids(check_deployment()) == ["security.W001", "security.W002", "security.W003"]


def test_what_is_left_to_set_with_the_middlewares(configured: Any) -> None:
    configured(MIDDLEWARE=[SECURITY, CSRF, FRAMES])
    assert ids(check_deployment()) == ["security.W004", "security.W008", "security.W016"]
    configured(
        MIDDLEWARE=[SECURITY, CSRF, FRAMES],
        SECURE_HSTS_SECONDS=60,
        SECURE_SSL_REDIRECT=True,
        SECURE_CONTENT_TYPE_NOSNIFF=False,
        SECURE_REFERRER_POLICY=None,
        CSRF_COOKIE_SECURE=True,
        X_FRAME_OPTIONS="SAMEORIGIN",
        ALLOWED_HOSTS=[],
    )
    assert ids(check_deployment()) == [
        "security.W005",
        "security.W006",
        "security.W019",
        "security.W020",
        "security.W021",
        "security.W022",
    ]


def test_a_site_that_is_ready_has_nothing_left(configured: Any) -> None:
    configured(
        MIDDLEWARE=[SECURITY, CSRF, FRAMES],
        SECURE_HSTS_SECONDS=31_536_000,
        SECURE_HSTS_PRELOAD=True,
        SECURE_HSTS_INCLUDE_SUBDOMAINS=True,
        SECURE_SSL_REDIRECT=True,
        CSRF_COOKIE_SECURE=True,
    )
    assert check_deployment() == []


@pytest.mark.parametrize(
    ("name", "value", "id"),
    [
        ("SECURE_REFERRER_POLICY", "same-orign", "security.E023"),
        ("SECURE_CROSS_ORIGIN_OPENER_POLICY", "no", "security.E024"),
    ],
)
def test_invalid_policies(configured: Any, name: str, value: str, id: str) -> None:
    configured(MIDDLEWARE=[SECURITY], **{name: value})
    found = [message for message in check_deployment() if message.id == id]
    assert "same-origin" in (found[0].hint or "")


def test_csrf_settings(configured: Any) -> None:
    assert check_csrf() == []
    configured(CSRF_TRUSTED_ORIGINS=["example.com"], CSRF_FAILURE_VIEW="nowhere.view")
    assert ids(check_csrf()) == ["4_0.E001", "security.E102"]
    configured(CSRF_FAILURE_VIEW="builtins.id")
    assert ids(check_csrf()) == ["security.E101"]


def test_policies_are_mappings(configured: Any) -> None:
    assert check_csp() == []
    configured(SECURE_CSP_REPORT_ONLY=["default-src"])
    assert ids(check_csp()) == ["security.E026"]


def test_the_order_of_middleware(configured: Any) -> None:
    configured(MIDDLEWARE=[CSRF, SESSION])
    (message,) = check_order()
    assert message.id == "http.W010"
    assert message.hint == "Move 'CsrfViewMiddleware' below 'SessionMiddleware' in MIDDLEWARE."
    configured(MIDDLEWARE=[SESSION, CSRF])
    assert check_order() == []


def test_the_plugin_contributes_them() -> None:
    contributed = HttpConfig.checks(object.__new__(HttpConfig))
    assert {check_order, check_csrf, check_csp, check_deployment} <= set(contributed)
