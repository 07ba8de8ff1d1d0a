"""`ContentSecurityPolicyMiddleware`: which sources the site's pages may load from."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.http.csp import CSP, LazyNonce, build_policy
from fastjango.http.views.decorators.wrapping import MARKS_KEY

from .exchange import Exchange
from .layer import Layer
from .mixin import MiddlewareMixin

__all__ = ["ContentSecurityPolicyLayer", "ContentSecurityPolicyMiddleware", "get_nonce"]

NONCE_KEY = "fastjango.csp_nonce"
"""Key of the ASGI scope under which the nonce of a request is kept."""

_HEADERS = (
    (CSP.HEADER_ENFORCE, "_csp_config", "SECURE_CSP"),
    (CSP.HEADER_REPORT_ONLY, "_csp_ro_config", "SECURE_CSP_REPORT_ONLY"),
)


def get_nonce(request: Any) -> Any:
    """The request's nonce, or `None` when the middleware is not in use.

    Looking at it puts it into the policy.
    """
    return getattr(request, "_csp_nonce", None)


def _skips(status: int) -> bool:
    """Debug pages bring scripts and styles of their own."""
    return bool(settings.DEBUG) and status in (404, 500)


class ContentSecurityPolicyLayer(Layer):
    """The middleware as a layer of the chain."""

    def process_request(self, exchange: Exchange) -> None:
        nonce = LazyNonce()
        exchange.scope[NONCE_KEY] = nonce
        exchange.request._csp_nonce = nonce  # type: ignore[attr-defined]  # Django's name for it

    def process_response(self, exchange: Exchange) -> None:
        if _skips(exchange.status):
            return
        marks: dict[str, Any] = exchange.scope.get(MARKS_KEY) or {}
        nonce = exchange.scope.get(NONCE_KEY)
        for header, mark, setting in _HEADERS:
            config = marks.get(mark)
            if config is None:
                config = getattr(settings, setting)
            if not config:
                continue
            policy = build_policy(config, str(nonce) if nonce else None)
            if policy:
                exchange.setdefault_header(header.lower().encode(), policy.encode("latin-1"))


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Sends `SECURE_CSP` and `SECURE_CSP_REPORT_ONLY`, with the nonce of the request.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.middleware.csp
    """

    blocking = False
    layer: ClassVar[type[Layer]] = ContentSecurityPolicyLayer

    def process_request(self, request: Any) -> None:
        """Give the request a nonce, made when it is looked at."""
        request._csp_nonce = LazyNonce()

    def process_response(self, request: Any, response: Any) -> Any:
        """Set the headers that the response does not have."""
        if _skips(response.status_code):
            return response
        nonce = get_nonce(request)
        for header, mark, setting in _HEADERS:
            if header in response:
                continue
            config = getattr(response, mark, None)
            if config is None:
                config = getattr(settings, setting)
            if not config:
                continue
            policy = build_policy(config, nonce)
            if policy:
                response.headers[str(header)] = policy
        return response
