"""`MessageMiddleware`: gives requests a storage of messages, and keeps what is in it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.http.aio import run_in_thread
from fastjango.http.middleware.exchange import Exchange
from fastjango.http.middleware.layer import Layer
from fastjango.http.middleware.mixin import MiddlewareMixin
from fastjango.http.response import HttpResponse
from fastjango.messages.api import SCOPE_KEY
from fastjango.messages.storage import default_storage

__all__ = ["MessageLayer", "MessageMiddleware"]


def _complain(unstored: Sequence[Any] | None) -> None:
    if unstored and settings.DEBUG:
        raise ValueError("Not all temporary messages could be stored.")


class MessageLayer(Layer):
    """The middleware as a layer of the chain: nothing is made for requests without messages."""

    def process_request(self, exchange: Exchange) -> None:
        exchange.scope[SCOPE_KEY] = None

    async def process_response(self, exchange: Exchange) -> None:
        storage = exchange.scope.get(SCOPE_KEY)
        if storage is None:
            return
        carrier = HttpResponse()
        unstored = await storage.aupdate(carrier)
        for name, value in carrier.raw_headers:
            if name.lower() == b"set-cookie":
                exchange.add_header(b"set-cookie", value)
        _complain(unstored)


class MessageMiddleware(MiddlewareMixin):
    """Gives requests a storage of messages, and keeps what was not shown for the next one.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.contrib.messages.middleware
    """

    layer: ClassVar[type[Layer]] = MessageLayer

    def process_request(self, request: Any) -> None:
        """Give the request a storage."""
        storage = request._messages = default_storage(request)
        if isinstance(scope := getattr(request, "scope", None), dict):
            scope[SCOPE_KEY] = storage  # for path operations, which get another request object

    def process_response(self, request: Any, response: Any) -> Any:
        """Keep what was not shown.

        Raises:
            ValueError: With `DEBUG`, not everything could be kept.
        """
        # Something further out may have put another request in its place.
        if hasattr(request, "_messages"):
            _complain(request._messages.update(response))
        return response

    async def aprocess_response(self, request: Any, response: Any) -> Any:
        """Asynchronous twin of `process_response`."""
        if hasattr(request, "_messages"):
            _complain(await request._messages.aupdate(response))
        return response

    async def __acall__(self, request: Any) -> Any:
        self.process_request(request)
        response = await self.get_response(request)
        if type(self).process_response is not MessageMiddleware.process_response:
            # A subclass knows the synchronous hook only.
            return await run_in_thread(self.process_response, request, response)
        return await self.aprocess_response(request, response)
