"""`HostMiddleware`: refuses requests for hosts that are not this site's."""

from __future__ import annotations

import logging

from fastjango.core.exceptions import DisallowedHost
from fastjango.http.response import HttpResponseBadRequest
from starlette.responses import Response

from .exchange import Exchange
from .layer import Layer

__all__ = ["HostMiddleware"]

logger: logging.Logger = logging.getLogger("fastjango.security.DisallowedHost")


class HostMiddleware(Layer):
    """Checks the `Host` header of every request against `ALLOWED_HOSTS`, whoever answers it.

    Django checks it only where `request.get_host()` is called; a FastAPI view calls nothing.
    """

    def process_request(self, exchange: Exchange) -> Response | None:
        try:
            exchange.request.get_host()
        except DisallowedHost as error:
            logger.error("%s", error, extra={"status_code": 400, "request": exchange.request})
            return HttpResponseBadRequest(b"Bad Request (400)", content_type="text/plain")
        return None

    def websocket(self, exchange: Exchange) -> int | None:
        from fastjango.http.request import HttpRequest

        scope = {**exchange.scope, "type": "http", "method": "GET"}
        try:
            HttpRequest.from_scope(scope, exchange.receive, exchange.send).get_host()
        except DisallowedHost as error:
            logger.error("%s", error, extra={"status_code": 400})
            return 400
        return None
