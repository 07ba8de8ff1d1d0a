"""System checks of middleware and of the settings that protect a site."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from fastjango.core import settings
from fastjango.core.checks import CheckMessage, Error, Tags, register
from fastjango.core.checks import Warning as CheckWarning
from fastjango.core.imports import import_string

__all__ = ["ALL", "check_csp", "check_csrf", "check_deployment", "check_order"]

_SECURITY = "SecurityMiddleware"
_FRAMES = "XFrameOptionsMiddleware"
_CSRF = "CsrfViewMiddleware"

#: Values of the Referrer-Policy header (W3C Referrer Policy, section 3).
REFERRER_POLICIES = frozenset(
    {
        "no-referrer",
        "no-referrer-when-downgrade",
        "origin",
        "origin-when-cross-origin",
        "same-origin",
        "strict-origin",
        "strict-origin-when-cross-origin",
        "unsafe-url",
    }
)

#: Values of the Cross-Origin-Opener-Policy header (HTML standard).
OPENER_POLICIES = frozenset({"same-origin", "same-origin-allow-popups", "unsafe-none"})

#: Middleware, by the end of its path, that must stand after another where both are in use.
_ORDER = (
    ("CsrfViewMiddleware", "SessionMiddleware", "CSRF_USE_SESSIONS needs the session"),
    ("LocaleMiddleware", "SessionMiddleware", "the language may be in the session"),
    ("AuthenticationMiddleware", "SessionMiddleware", "the user is in the session"),
    ("MessageMiddleware", "SessionMiddleware", "messages may be in the session"),
    ("LoginRequiredMiddleware", "AuthenticationMiddleware", "it asks for the user"),
    ("ConditionalGetMiddleware", "GZipMiddleware", "the ETag must be of the compressed page"),
)


def _names() -> list[str]:
    return [entry.rpartition(".")[2] for entry in settings.MIDDLEWARE if isinstance(entry, str)]


def _uses(name: str) -> bool:
    return name in _names()


@register(Tags.security)
def check_order(**kwargs: Any) -> list[CheckMessage]:
    """Middleware stands where what it needs has been done before it."""
    names = _names()
    return [
        CheckWarning(
            f"MIDDLEWARE has {later!r} before {earlier!r}, but {reason}.",
            hint=f"Move {later!r} below {earlier!r} in MIDDLEWARE.",
            id="http.W010",
        )
        for later, earlier, reason in _ORDER
        if later in names and earlier in names and names.index(later) < names.index(earlier)
    ]


@register(Tags.security)
def check_csrf(**kwargs: Any) -> list[CheckMessage]:
    """Trusted origins have a scheme, and the failure view can be called."""
    return [*_origin_errors(), *_failure_view_errors()]


def _origin_errors() -> Iterable[CheckMessage]:
    for origin in settings.CSRF_TRUSTED_ORIGINS:
        if "://" not in origin:
            yield Error(
                "As of Django 4.0, the values in the CSRF_TRUSTED_ORIGINS setting must start with a"
                f" scheme (usually http:// or https://) but found {origin}. See the release notes"
                " for details.",
                id="4_0.E001",
            )


def _failure_view_errors() -> Iterable[CheckMessage]:
    path = settings.CSRF_FAILURE_VIEW
    try:
        view: Any = import_string(path)
    except ImportError:
        yield Error(
            f"The CSRF failure view '{path}' could not be imported.",
            id="security.E102",
        )
        return
    try:
        inspect.signature(view).bind(None, reason=None)
    except TypeError:
        yield Error(
            f"The CSRF failure view '{path}' does not take the correct number of arguments.",
            id="security.E101",
        )


@register(Tags.security)
def check_csp(**kwargs: Any) -> list[CheckMessage]:
    """The policies are mappings."""
    found: list[CheckMessage] = []
    for name in ("SECURE_CSP", "SECURE_CSP_REPORT_ONLY"):
        value: Any = getattr(settings, name, {})
        if value and not isinstance(value, Mapping):
            found.append(
                Error(
                    f"The Content Security Policy setting '{name}' must be a dictionary"
                    f" (got {value!r} instead).",
                    hint="Set it to a dict of directives, or to {} for none.",
                    id="security.E026",
                )
            )
    return found


def _missing_middleware() -> Iterable[CheckMessage]:
    if not _uses(_SECURITY):
        yield CheckWarning(
            f"You do not have 'fastjango.http.middleware.security.{_SECURITY}' in your MIDDLEWARE"
            " so the SECURE_HSTS_SECONDS, SECURE_CONTENT_TYPE_NOSNIFF, SECURE_REFERRER_POLICY,"
            " SECURE_CROSS_ORIGIN_OPENER_POLICY, and SECURE_SSL_REDIRECT settings will have no"
            " effect.",
            id="security.W001",
        )
    if not _uses(_FRAMES):
        yield CheckWarning(
            f"You do not have 'fastjango.http.middleware.clickjacking.{_FRAMES}' in your"
            " MIDDLEWARE, so your pages will not be served with an 'x-frame-options' header.",
            hint="Without it other sites can show your pages in a frame and steal clicks.",
            id="security.W002",
        )
    if not _uses(_CSRF):
        yield CheckWarning(
            f"You don't appear to be using FastJango's protection against forged requests"
            f" ('fastjango.http.middleware.csrf.{_CSRF}' is not in your MIDDLEWARE).",
            id="security.W003",
        )


def _header_settings() -> Iterable[CheckMessage]:
    if not settings.SECURE_HSTS_SECONDS:
        yield CheckWarning(
            "You have not set a value for the SECURE_HSTS_SECONDS setting.",
            hint="A site that is served over https only should set it; begin with a small number.",
            id="security.W004",
        )
    else:
        if not settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
            yield CheckWarning(
                "You have not set the SECURE_HSTS_INCLUDE_SUBDOMAINS setting to True.",
                hint="Set it if every subdomain is served over https.",
                id="security.W005",
            )
        if not settings.SECURE_HSTS_PRELOAD:
            yield CheckWarning(
                "You have not set the SECURE_HSTS_PRELOAD setting to True.",
                hint="Without it the site cannot be put on the browsers' preload list.",
                id="security.W021",
            )
    if not settings.SECURE_CONTENT_TYPE_NOSNIFF:
        yield CheckWarning(
            "Your SECURE_CONTENT_TYPE_NOSNIFF setting is not set to True.",
            hint="Browsers may take uploads for scripts.",
            id="security.W006",
        )
    if not settings.SECURE_SSL_REDIRECT:
        yield CheckWarning(
            "Your SECURE_SSL_REDIRECT setting is not set to True.",
            hint="Set it, or let the server before this one redirect to https.",
            id="security.W008",
        )


def _policies() -> Iterable[CheckMessage]:
    policy = settings.SECURE_REFERRER_POLICY
    if policy is None:
        yield CheckWarning(
            "You have not set the SECURE_REFERRER_POLICY setting.",
            hint="Without it your visitors' addresses leak to the sites that you link to.",
            id="security.W022",
        )
    else:
        parts = policy.split(",") if isinstance(policy, str) else policy
        if not {part.strip() for part in parts} <= REFERRER_POLICIES:
            yield Error(
                "You have set the SECURE_REFERRER_POLICY setting to an invalid value.",
                hint=f"Valid values are: {', '.join(sorted(REFERRER_POLICIES))}.",
                id="security.E023",
            )
    opener = settings.SECURE_CROSS_ORIGIN_OPENER_POLICY
    if opener is not None and opener not in OPENER_POLICIES:
        yield Error(
            "You have set the SECURE_CROSS_ORIGIN_OPENER_POLICY setting to an invalid value.",
            hint=f"Valid values are: {', '.join(sorted(OPENER_POLICIES))}.",
            id="security.E024",
        )


@register(Tags.security, deploy=True)
def check_deployment(**kwargs: Any) -> list[CheckMessage]:
    """What a site that is open to the world should have (`check --deploy`)."""
    found = [*_missing_middleware(), *_cookies_and_hosts()]
    if _uses(_SECURITY):
        found += [*_header_settings(), *_policies()]
    return found


def _cookies_and_hosts() -> Iterable[CheckMessage]:
    if _uses(_CSRF) and not settings.CSRF_USE_SESSIONS and not settings.CSRF_COOKIE_SECURE:
        yield CheckWarning(
            "You have 'fastjango.http.middleware.csrf.CsrfViewMiddleware' in your MIDDLEWARE, but"
            " you have not set CSRF_COOKIE_SECURE to True.",
            hint="Without it the cookie can be read on the way of a plain http request.",
            id="security.W016",
        )
    if _uses(_FRAMES) and str(settings.X_FRAME_OPTIONS).upper() != "DENY":
        yield CheckWarning(
            f"You have 'fastjango.http.middleware.clickjacking.{_FRAMES}' in your MIDDLEWARE, but"
            " X_FRAME_OPTIONS is not set to 'DENY'.",
            hint="Unless the site frames itself, set it to 'DENY'.",
            id="security.W019",
        )
    if not settings.ALLOWED_HOSTS:
        yield CheckWarning("ALLOWED_HOSTS must not be empty in deployment.", id="security.W020")


ALL = (check_order, check_csrf, check_csp, check_deployment)
