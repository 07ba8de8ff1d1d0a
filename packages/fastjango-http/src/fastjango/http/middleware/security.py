"""`SecurityMiddleware`: redirects to https and sends the headers that protect a site's visitors."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.http.response import HttpResponsePermanentRedirect
from starlette.responses import Response

from .exchange import Exchange
from .layer import Layer
from .mixin import MiddlewareMixin

__all__ = ["SecurityLayer", "SecurityMiddleware"]


def _referrer_policy(value: Any) -> str:
    """The header for `SECURE_REFERRER_POLICY`, a text with commas or a list."""
    parts = value.split(",") if isinstance(value, str) else value
    return ",".join(part.strip() for part in parts)


def _hsts() -> str | None:
    if not settings.SECURE_HSTS_SECONDS:
        return None
    header = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        header += "; includeSubDomains"
    if settings.SECURE_HSTS_PRELOAD:
        header += "; preload"
    return header


class SecurityLayer(Layer):
    """The middleware as a layer of the chain; settings are read when the chain is built."""

    def __init__(self) -> None:
        self._redirect = bool(settings.SECURE_SSL_REDIRECT)
        self._ssl_host: str | None = settings.SECURE_SSL_HOST
        patterns: list[str] = settings.SECURE_REDIRECT_EXEMPT
        self._exempt = [re.compile(pattern) for pattern in patterns]
        hsts = _hsts()
        self._hsts = hsts.encode("latin-1") if hsts else None
        headers: list[tuple[bytes, str | None]] = [
            (
                b"x-content-type-options",
                "nosniff" if settings.SECURE_CONTENT_TYPE_NOSNIFF else None,
            ),
            (
                b"referrer-policy",
                _referrer_policy(settings.SECURE_REFERRER_POLICY)
                if settings.SECURE_REFERRER_POLICY
                else None,
            ),
            (b"cross-origin-opener-policy", settings.SECURE_CROSS_ORIGIN_OPENER_POLICY or None),
        ]
        self._headers = [(name, value.encode("latin-1")) for name, value in headers if value]
        self._names = frozenset(name for name, _ in self._headers)
        if not self._redirect:
            # A hook that is not defined costs nothing.
            self.process_request = super().process_request  # type: ignore[method-assign, assignment]

    def process_request(self, exchange: Exchange) -> Response | None:
        request = exchange.request
        if request.is_secure():
            return None
        path = request.path.lstrip("/")
        if any(pattern.search(path) for pattern in self._exempt):
            return None
        host = self._ssl_host or request.get_host()
        return HttpResponsePermanentRedirect(f"https://{host}{request.get_full_path()}")

    def process_response(self, exchange: Exchange) -> None:
        headers = exchange.headers
        for name, _ in headers:
            if name in self._names:
                for one, value in self._headers:
                    exchange.setdefault_header(one, value)
                break
        else:
            headers.extend(self._headers)
        if self._hsts is not None and exchange.request.is_secure():
            exchange.setdefault_header(b"strict-transport-security", self._hsts)


class SecurityMiddleware(MiddlewareMixin):
    """Security headers by the `SECURE_*` settings, and the redirect to https.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.middleware.security
    """

    blocking = False
    layer: ClassVar[type[Layer]] = SecurityLayer

    def __init__(self, get_response: Callable[[Any], Any]) -> None:
        super().__init__(get_response)
        self.sts_seconds: int = settings.SECURE_HSTS_SECONDS
        self.sts_include_subdomains: bool = settings.SECURE_HSTS_INCLUDE_SUBDOMAINS
        self.sts_preload: bool = settings.SECURE_HSTS_PRELOAD
        self.content_type_nosniff: bool = settings.SECURE_CONTENT_TYPE_NOSNIFF
        self.redirect: bool = settings.SECURE_SSL_REDIRECT
        self.redirect_host: str | None = settings.SECURE_SSL_HOST
        exempt: list[str] = settings.SECURE_REDIRECT_EXEMPT
        self.redirect_exempt: list[re.Pattern[str]] = [re.compile(item) for item in exempt]
        self.referrer_policy: Any = settings.SECURE_REFERRER_POLICY
        self.cross_origin_opener_policy: str | None = settings.SECURE_CROSS_ORIGIN_OPENER_POLICY

    def process_request(self, request: Any) -> Any:
        """Redirect to https, if `SECURE_SSL_REDIRECT` says so."""
        path = request.path.lstrip("/")
        if (
            self.redirect
            and not request.is_secure()
            and not any(pattern.search(path) for pattern in self.redirect_exempt)
        ):
            host = self.redirect_host or request.get_host()
            return HttpResponsePermanentRedirect(f"https://{host}{request.get_full_path()}")
        return None

    def process_response(self, request: Any, response: Any) -> Any:
        """Add the headers that the response does not have."""
        hsts = _hsts()
        if hsts and request.is_secure() and "Strict-Transport-Security" not in response:
            response.headers["Strict-Transport-Security"] = hsts
        if self.content_type_nosniff:
            response.headers.setdefault("X-Content-Type-Options", "nosniff")
        if self.referrer_policy:
            response.headers.setdefault("Referrer-Policy", _referrer_policy(self.referrer_policy))
        if self.cross_origin_opener_policy:
            response.headers.setdefault(
                "Cross-Origin-Opener-Policy", self.cross_origin_opener_policy
            )
        return response
