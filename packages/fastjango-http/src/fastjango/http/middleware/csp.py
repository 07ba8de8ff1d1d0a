"""`ContentSecurityPolicyMiddleware`: which sources the site's pages may load from."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from types import MappingProxyType
from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.http.csp import CSP, LazyNonce, build_policy
from fastjango.http.views.decorators.wrapping import MARKS_KEY

from .exchange import Exchange
from .layer import Layer, offer_of
from .mixin import MiddlewareMixin

__all__ = ["ContentSecurityPolicyLayer", "ContentSecurityPolicyMiddleware", "get_nonce"]

NONCE_KEY = "fastjango.csp_nonce"
"""Key of the ASGI scope: the nonce of a request. Also the name of the offer to make one."""

_HEADERS = (
    (CSP.HEADER_ENFORCE, "_csp_config", "SECURE_CSP"),
    (CSP.HEADER_REPORT_ONLY, "_csp_ro_config", "SECURE_CSP_REPORT_ONLY"),
)
_RAW_NAMES = {header: header.lower().encode() for header, _, _ in _HEADERS}


def get_nonce(request: Any) -> Any:
    """The request's nonce, or `None` when the middleware is not in use.

    Looking at it puts it into the policy.
    """
    nonce = getattr(request, "_csp_nonce", None)
    if nonce is None:
        # The layer only says in the scope that it is there: most requests need no nonce.
        scope = getattr(request, "scope", {})
        nonce = scope.get(NONCE_KEY)
        if nonce is None:
            make = offer_of(scope, NONCE_KEY)
            if make is not None:
                nonce = scope[NONCE_KEY] = make()
    return nonce


#: With DEBUG, the pages of these statuses bring scripts and styles of their own.
_DEBUG_PAGES = frozenset({404, 500})


class ContentSecurityPolicyLayer(Layer):
    """The middleware as a layer of the chain."""

    offers: Mapping[str, object] = MappingProxyType({NONCE_KEY: LazyNonce})

    def __init__(self) -> None:
        # Policies as they are written without a nonce, by the mapping they were written from.
        self._written: dict[str, tuple[object, bytes]] = {}

    def process_response(self, exchange: Exchange) -> None:
        if exchange.status in _DEBUG_PAGES and settings.DEBUG:
            return
        scope = exchange.scope
        marks: dict[str, Any] | None = scope.get(MARKS_KEY)
        nonce = scope.get(NONCE_KEY)
        for header, mark, setting in _HEADERS:
            config = marks.get(mark) if marks else None
            if config is None:
                config = getattr(settings, setting)
            if not config:
                continue
            policy = self._policy(setting, config, nonce)
            if policy:
                exchange.setdefault_header(_RAW_NAMES[header], policy)

    def _policy(self, setting: str, config: Any, nonce: object) -> bytes:
        if nonce:
            return build_policy(config, str(nonce)).encode("latin-1")
        known = self._written.get(setting)
        if known is not None and known[0] == config:
            return known[1]
        policy = build_policy(config).encode("latin-1")
        self._written[setting] = (deepcopy(config), policy)
        return policy


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
        if response.status_code in _DEBUG_PAGES and settings.DEBUG:
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
