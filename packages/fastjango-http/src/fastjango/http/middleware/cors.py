"""`CorsMiddleware`: which other origins' scripts may use the site's answers (Fetch standard)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured
from starlette.responses import Response

from .exchange import Exchange
from .layer import Layer

__all__ = ["CorsMiddleware"]


#: The default of CORS_URLS_REGEX; it need not be tried.
_EVERYTHING = "^.*$"


class CorsMiddleware(Layer):
    """Cross-origin resource sharing by the `CORS_*` settings; without them it allows nothing.

    Raises:
        ImproperlyConfigured: All origins are allowed together with credentials, or an origin is no
            `scheme://host`.
    """

    def __init__(self) -> None:
        self._all = bool(settings.CORS_ALLOW_ALL_ORIGINS)
        self._credentials = bool(settings.CORS_ALLOW_CREDENTIALS)
        if self._all and self._credentials:
            raise ImproperlyConfigured(
                "CORS_ALLOW_ALL_ORIGINS and CORS_ALLOW_CREDENTIALS together would let every site"
                " act as its visitors. List the origins in CORS_ALLOWED_ORIGINS."
            )
        self._origins = {self._checked(origin) for origin in settings.CORS_ALLOWED_ORIGINS}
        self._patterns = [re.compile(item) for item in settings.CORS_ALLOWED_ORIGIN_REGEXES]
        self._methods = ", ".join(settings.CORS_ALLOW_METHODS).encode()
        self._headers = ", ".join(settings.CORS_ALLOW_HEADERS).encode()
        self._exposed = ", ".join(settings.CORS_EXPOSE_HEADERS).encode()
        self._max_age = b"%d" % settings.CORS_PREFLIGHT_MAX_AGE
        urls: str = settings.CORS_URLS_REGEX
        self._urls = None if urls == _EVERYTHING else re.compile(urls)

    @staticmethod
    def _checked(origin: str) -> str:
        parts = urlsplit(origin)
        if origin != "null" and (not parts.scheme or not parts.netloc or parts.path.strip("/")):
            raise ImproperlyConfigured(
                f"CORS_ALLOWED_ORIGINS has {origin!r}, which is no origin. Write it like"
                " 'https://example.com'."
            )
        return origin.rstrip("/")

    def _allows(self, origin: str) -> bool:
        return (
            self._all
            or origin in self._origins
            or any(pattern.fullmatch(origin) for pattern in self._patterns)
        )

    def _covers(self, exchange: Exchange) -> bool:
        return self._urls is None or self._urls.match(exchange.scope["path"]) is not None

    def process_request(self, exchange: Exchange) -> Response | None:
        if exchange.scope["method"] != "OPTIONS":
            return None
        if exchange.header(b"access-control-request-method") is None:
            return None
        if not self._covers(exchange):
            return None
        # The response hook adds the headers.
        return Response(status_code=200, headers={"content-length": "0"})

    def process_response(self, exchange: Exchange) -> None:
        if self._urls is not None and not self._covers(exchange):
            return
        if not self._all:
            exchange.add_vary("Origin")
        origin = exchange.header(b"origin")
        if origin is None or not self._allows(origin):
            return
        allowed = b"*" if self._all else origin.encode("latin-1")
        exchange.set_header(b"access-control-allow-origin", allowed)
        if self._credentials:
            exchange.set_header(b"access-control-allow-credentials", b"true")
        if self._exposed:
            exchange.set_header(b"access-control-expose-headers", self._exposed)
        if exchange.scope["method"] == "OPTIONS" and exchange.header(
            b"access-control-request-method"
        ):
            exchange.set_header(b"access-control-allow-methods", self._methods)
            exchange.set_header(b"access-control-allow-headers", self._headers)
            exchange.set_header(b"access-control-max-age", self._max_age)
