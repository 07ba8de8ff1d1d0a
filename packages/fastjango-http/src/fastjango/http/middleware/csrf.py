"""`CsrfViewMiddleware`: refuses requests that another site may have forged.

Two walls, one behind the other:

1. What the browser itself says of a request: `Sec-Fetch-Site` and `Origin`. It holds for every
   request that may change something: path operations, mounted applications, WebSockets. Programs
   that are no browser send neither header and pass.
2. Django's token, for views in Django's style: a form has to carry what only a page of the site
   knows. Path operations of APIs need none; nor do requests with a bearer token, which no other
   site can make a browser send.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from fastapi.routing import APIRoute
from fastjango.core import settings
from fastjango.core.exceptions import DisallowedHost, ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.core.imports import import_string
from fastjango.http.cache_control import patch_vary_headers
from fastjango.http.csrf import (
    CSRF_ALLOWED_CHARS,
    CSRF_SECRET_LENGTH,
    CSRF_SESSION_KEY,
    CSRF_TOKEN_LENGTH,
    LOADER_KEY,
    InvalidTokenFormat,
    add_new_secret,
    check_format,
    get_token,
    load_secret,
    matches,
    rotate_token,
    unmask_token,
)
from fastjango.http.exceptions import UnreadablePostError
from fastjango.http.log import log_response
from fastjango.values.http import is_same_domain

from .exchange import Exchange
from .layer import Layer
from .mixin import MiddlewareMixin

__all__ = [
    "CSRF_ALLOWED_CHARS",
    "CSRF_SECRET_LENGTH",
    "CSRF_SESSION_KEY",
    "CSRF_TOKEN_LENGTH",
    "REASON_BAD_ORIGIN",
    "REASON_BAD_REFERER",
    "REASON_CROSS_SITE",
    "REASON_CSRF_TOKEN_MISSING",
    "REASON_INSECURE_REFERER",
    "REASON_MALFORMED_REFERER",
    "REASON_NO_CSRF_COOKIE",
    "REASON_NO_REFERER",
    "CsrfLayer",
    "CsrfViewMiddleware",
    "EnsureCsrfCookie",
    "EnsureCsrfToken",
    "RejectRequest",
    "get_token",
    "rotate_token",
]

logger: logging.Logger = logging.getLogger("fastjango.security.csrf")

REASON_BAD_ORIGIN = "Origin checking failed - %s does not match any trusted origins."
REASON_CROSS_SITE = "The browser says that another site made the request (Sec-Fetch-Site: %s)."
REASON_NO_REFERER = "Referer checking failed - no Referer."
REASON_BAD_REFERER = "Referer checking failed - %s does not match any trusted origins."
REASON_NO_CSRF_COOKIE = "CSRF cookie not set."
REASON_CSRF_TOKEN_MISSING = "CSRF token missing."
REASON_MALFORMED_REFERER = "Referer checking failed - Referer is malformed."
REASON_INSECURE_REFERER = "Referer checking failed - Referer is insecure while host is secure."

#: Methods that change nothing (RFC 9110, section 9.2.1).
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

#: Schemes of the Authorization header that a browser adds by itself.
_AMBIENT_SCHEMES = frozenset({"basic", "digest", "negotiate", "ntlm"})


class RejectRequest(Exception):
    """A request is refused.

    Attributes:
        reason: Why.
    """

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


def _failure_view() -> Callable[..., Any]:
    view: Callable[..., Any] = import_string(settings.CSRF_FAILURE_VIEW)
    return view


def _trusted() -> list[str]:
    origins: list[str] = settings.CSRF_TRUSTED_ORIGINS
    return origins


class _Checks:
    """The checks, for both forms of the middleware."""

    @cached_property
    def csrf_trusted_origins_hosts(self) -> list[str]:
        """Hosts of `CSRF_TRUSTED_ORIGINS`, for the check of the Referer."""
        return [urlsplit(origin).netloc.lstrip("*") for origin in _trusted()]

    @cached_property
    def allowed_origins_exact(self) -> set[str]:
        """Trusted origins without a wildcard."""
        return {origin for origin in _trusted() if "*" not in origin}

    @cached_property
    def allowed_origin_subdomains(self) -> dict[str, list[str]]:
        """Domains below which every origin is trusted, by scheme."""
        allowed: dict[str, list[str]] = defaultdict(list)
        for origin in _trusted():
            if "*" in origin:
                parsed = urlsplit(origin)
                allowed[parsed.scheme].append(parsed.netloc.lstrip("*"))
        return dict(allowed)

    # -- what the browser says --------------------------------------------------------------

    def is_trusted(self, origin: str) -> bool:
        """Whether `CSRF_TRUSTED_ORIGINS` covers an origin."""
        if origin in self.allowed_origins_exact:
            return True
        try:
            parsed = urlsplit(origin)
        except ValueError:
            return False
        return any(
            is_same_domain(parsed.netloc, host)
            for host in self.allowed_origin_subdomains.get(parsed.scheme, ())
        )

    def refusal(self, site: str | None, origin: str | None, host: str | None) -> str | None:
        """Why what the browser says forbids a request, or `None`.

        Args:
            site: The header `Sec-Fetch-Site`.
            origin: The header `Origin`.
            host: The host that the request is for, with its port.
        """
        if site is not None:
            if site in ("same-origin", "none"):
                return None
            if origin is not None and self.is_trusted(origin):
                return None
            return REASON_CROSS_SITE % site
        if origin is None or self.is_trusted(origin):
            return None
        try:
            netloc = urlsplit(origin).netloc
        except ValueError:
            netloc = ""
        if host and netloc and netloc.lower() == host.lower():
            return None
        return REASON_BAD_ORIGIN % origin

    # -- the token ----------------------------------------------------------------------------

    def _origin_verified(self, request: Any) -> bool:
        request_origin = request.META["HTTP_ORIGIN"]
        try:
            good_host = request.get_host()
        except DisallowedHost:
            pass
        else:
            scheme = "https" if request.is_secure() else "http"
            if request_origin == f"{scheme}://{good_host}":
                return True
        return self.is_trusted(request_origin)

    def _check_referer(self, request: Any) -> None:
        referer_text: str | None = request.META.get("HTTP_REFERER")
        if referer_text is None:
            raise RejectRequest(REASON_NO_REFERER)
        try:
            referer = urlsplit(referer_text)
        except ValueError:
            raise RejectRequest(REASON_MALFORMED_REFERER) from None
        if "" in (referer.scheme, referer.netloc):
            raise RejectRequest(REASON_MALFORMED_REFERER)
        if referer.scheme != "https":
            raise RejectRequest(REASON_INSECURE_REFERER)
        if any(is_same_domain(referer.netloc, host) for host in self.csrf_trusted_origins_hosts):
            return
        good_referer = (
            settings.SESSION_COOKIE_DOMAIN
            if settings.CSRF_USE_SESSIONS
            else settings.CSRF_COOKIE_DOMAIN
        )
        if good_referer is None:
            try:
                good_referer = request.get_host()
            except DisallowedHost:
                raise RejectRequest(REASON_BAD_REFERER % referer.geturl()) from None
        else:
            port = request.get_port()
            if port not in ("443", "80"):
                good_referer = f"{good_referer}:{port}"
        if not is_same_domain(referer.netloc, good_referer):
            raise RejectRequest(REASON_BAD_REFERER % referer.geturl())

    def _get_secret(self, request: Any) -> str | None:
        """The secret of the session or the cookie.

        Raises:
            InvalidTokenFormat: The cookie holds something else.
        """
        if settings.CSRF_USE_SESSIONS:
            try:
                secret = request.session.get(CSRF_SESSION_KEY)
            except AttributeError:
                raise ImproperlyConfigured(
                    "CSRF_USE_SESSIONS is enabled, but request.session is not set."
                    " SessionMiddleware must appear before CsrfViewMiddleware in MIDDLEWARE."
                ) from None
        else:
            secret = request.COOKIES.get(settings.CSRF_COOKIE_NAME)
            if secret is not None:
                check_format(secret)
        if secret is None:
            return None
        # Django once stored the masked token; such cookies are still valid.
        return unmask_token(secret) if len(secret) == CSRF_TOKEN_LENGTH else str(secret)

    def load(self, request: Any) -> None:
        """Put the secret of a request where `get_token` finds it; replace a broken one."""
        try:
            secret = self._get_secret(request)
        except InvalidTokenFormat:
            add_new_secret(request)
        else:
            if secret is not None:
                request.META["CSRF_COOKIE"] = secret

    def _bad_token_message(self, reason: str, token_source: str) -> str:
        source = token_source
        if source != "POST":
            # Say the header's name as a client would write it.
            header = settings.CSRF_HEADER_NAME.removeprefix("HTTP_").replace("_", "-").title()
            source = f"the {header!r} HTTP header"
        return f"CSRF token from {source} {reason}."

    def _check_token(self, request: Any) -> None:
        try:
            secret = self._get_secret(request)
        except InvalidTokenFormat as error:
            raise RejectRequest(f"CSRF cookie {error.reason}.") from None
        if secret is None:
            raise RejectRequest(REASON_NO_CSRF_COOKIE)
        token = ""
        if request.method == "POST":
            try:
                token = request.POST.get("csrfmiddlewaretoken", "")
            except UnreadablePostError:
                # The connection broke while the body was read: there is no token in it.
                token = ""
        source = "POST"
        if token == "":
            try:
                token = request.META[settings.CSRF_HEADER_NAME]
            except KeyError:
                raise RejectRequest(REASON_CSRF_TOKEN_MISSING) from None
            source = settings.CSRF_HEADER_NAME
        try:
            check_format(token)
        except InvalidTokenFormat as error:
            raise RejectRequest(self._bad_token_message(error.reason, source)) from None
        if not matches(token, secret):
            raise RejectRequest(self._bad_token_message("incorrect", source))

    def _check_browser(self, request: Any) -> None:
        site = request.META.get("HTTP_SEC_FETCH_SITE")
        origin = request.META.get("HTTP_ORIGIN")
        if site is not None:
            reason = self.refusal(site, origin, None)
            if reason:
                raise RejectRequest(reason)
        if origin is not None:
            if not self._origin_verified(request):
                raise RejectRequest(REASON_BAD_ORIGIN % origin)
        elif request.is_secure() and site is None:
            self._check_referer(request)

    def _reject(self, request: Any, reason: str) -> Any:
        response = _failure_view()(request, reason=reason)
        log_response(
            "Forbidden (%s): %s",
            reason,
            request.path,
            response=response,
            request=request,
            logger=logger,
        )
        return response

    def _set_csrf_cookie(self, request: Any, response: Any) -> None:
        if settings.CSRF_USE_SESSIONS:
            if request.session.get(CSRF_SESSION_KEY) != request.META["CSRF_COOKIE"]:
                request.session[CSRF_SESSION_KEY] = request.META["CSRF_COOKIE"]
            return
        response.set_cookie(
            settings.CSRF_COOKIE_NAME,
            request.META["CSRF_COOKIE"],
            max_age=settings.CSRF_COOKIE_AGE,
            domain=settings.CSRF_COOKIE_DOMAIN,
            path=settings.CSRF_COOKIE_PATH,
            secure=settings.CSRF_COOKIE_SECURE,
            httponly=settings.CSRF_COOKIE_HTTPONLY,
            samesite=settings.CSRF_COOKIE_SAMESITE,
        )
        patch_vary_headers(response, ("Cookie",))


class CsrfLayer(_Checks, Layer):
    """The middleware as a layer of the chain."""

    def __init__(self) -> None:
        # The secret is read when somebody needs it.
        self.offers: Mapping[str, object] = {LOADER_KEY: self.load}

    def process_view(self, exchange: Exchange, view: Any, path_params: Mapping[str, Any]) -> Any:
        scope = exchange.scope
        if scope["method"] in SAFE_METHODS or getattr(view, "csrf_exempt", False):
            return None
        known = scope.get("fastjango.request")
        if getattr(known, "_dont_enforce_csrf_checks", False) or getattr(
            known, "csrf_processing_done", False
        ):
            return None
        reason = self.refusal(
            exchange.header(b"sec-fetch-site"),
            exchange.header(b"origin"),
            self._host(exchange),
        )
        if reason is not None:
            return self._reject(exchange.request, reason)
        if _is_api(scope, view) or _has_token_of_its_own(exchange):
            return None
        request: Any = exchange.request
        load_secret(request)
        try:
            self._check_browser(request)
            self._check_token(request)
        except RejectRequest as error:
            return self._reject(request, error.reason)
        request.csrf_processing_done = True
        return None

    @staticmethod
    def _host(exchange: Exchange) -> str | None:
        if settings.USE_X_FORWARDED_HOST:
            forwarded = exchange.header(b"x-forwarded-host")
            if forwarded:
                return forwarded
        return exchange.header(b"host")

    def websocket(self, exchange: Exchange) -> int | None:
        reason = self.refusal(
            exchange.header(b"sec-fetch-site"),
            exchange.header(b"origin"),
            self._host(exchange),
        )
        if reason is None:
            return None
        logger.warning(
            "WebSocket refused (%s): %s",
            reason,
            exchange.scope["path"],
            extra={"status_code": 403},
        )
        return 403

    def process_response(self, exchange: Exchange) -> None:
        request = exchange.scope.get("fastjango.request")
        if request is None or not getattr(request, "_csrf_touched", False):
            return
        if request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
            from fastjango.http.response import HttpResponse

            carrier = HttpResponse()
            self._set_csrf_cookie(request, carrier)
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
            for name, value in carrier.raw_headers:
                if name.lower() == b"set-cookie":
                    exchange.add_header(b"set-cookie", value)
            if not settings.CSRF_USE_SESSIONS:
                exchange.add_vary("Cookie")


def _is_api(scope: Mapping[str, Any], view: Any) -> bool:
    """Whether a request goes to a path operation, or to an application that is mounted."""
    return view is None or isinstance(scope.get("route"), APIRoute)


def _has_token_of_its_own(exchange: Exchange) -> bool:
    """Whether the Authorization header has something that no browser sends by itself."""
    header = exchange.header(b"authorization")
    if not header:
        return False
    scheme, _, value = header.strip().partition(" ")
    return bool(value) and scheme.lower() not in _AMBIENT_SCHEMES


class CsrfViewMiddleware(_Checks, MiddlewareMixin):
    """Refuses requests that another site may have forged; see the module.

    Source: https://docs.djangoproject.com/en/6.1/ref/csrf/
    """

    blocking = False
    layer: ClassVar[type[Layer]] = CsrfLayer

    def _accept(self, request: Any) -> None:
        # Two middlewares, or the middleware and the decorator, check once.
        request.csrf_processing_done = True

    def process_request(self, request: Any) -> None:
        """Read the secret."""
        self.load(request)

    def process_view(
        self, request: Any, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> Any:
        """Refuse the request, or return `None`."""
        if getattr(request, "csrf_processing_done", False):
            return None
        if getattr(callback, "csrf_exempt", False):
            return None
        if request.method in SAFE_METHODS:
            return self._accept(request)
        if getattr(request, "_dont_enforce_csrf_checks", False):
            return self._accept(request)
        try:
            self._check_browser(request)
            self._check_token(request)
        except RejectRequest as error:
            return self._reject(request, error.reason)
        return self._accept(request)

    def process_response(self, request: Any, response: Any) -> Any:
        """Store a secret that is new."""
        if request.META.get("CSRF_COOKIE_NEEDS_UPDATE"):
            self._set_csrf_cookie(request, response)
            # Both the middleware and a decorator may come by here.
            request.META["CSRF_COOKIE_NEEDS_UPDATE"] = False
        return response


class EnsureCsrfToken(CsrfViewMiddleware):
    """Gives a view a token and refuses nothing."""

    def _reject(self, request: Any, reason: str) -> Any:
        return None


class EnsureCsrfCookie(CsrfViewMiddleware):
    """Lets a view send the cookie although its page has no form."""

    def _reject(self, request: Any, reason: str) -> Any:
        return None

    def process_view(
        self, request: Any, callback: Any, callback_args: Any, callback_kwargs: Any
    ) -> Any:
        result = super().process_view(request, callback, callback_args, callback_kwargs)
        get_token(request)
        return result
