"""`XFrameOptionsMiddleware`: who may show the site's pages in a frame."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.core import settings
from fastjango.http.views.decorators.wrapping import MARKS_KEY

from .exchange import Exchange
from .layer import Layer
from .mixin import MiddlewareMixin

__all__ = ["XFrameOptionsLayer", "XFrameOptionsMiddleware"]


def _value() -> str:
    return str(getattr(settings, "X_FRAME_OPTIONS", "DENY")).upper()


class XFrameOptionsLayer(Layer):
    """The middleware as a layer of the chain."""

    def __init__(self) -> None:
        self._value = _value().encode("latin-1")

    def process_response(self, exchange: Exchange) -> None:
        marks = exchange.scope.get(MARKS_KEY)
        if marks is not None and marks.get("xframe_options_exempt"):
            return
        exchange.setdefault_header(b"x-frame-options", self._value)


class XFrameOptionsMiddleware(MiddlewareMixin):
    """Sends `X-Frame-Options` unless a response has it or is exempt.

    Source: https://docs.djangoproject.com/en/6.1/ref/clickjacking/
    """

    blocking = False
    layer: ClassVar[type[Layer]] = XFrameOptionsLayer

    def process_response(self, request: Any, response: Any) -> Any:
        """Set the header where it is missing and the response is not exempt."""
        if response.get("X-Frame-Options") is not None:
            return response
        if getattr(response, "xframe_options_exempt", False):
            return response
        response.headers["X-Frame-Options"] = self.get_xframe_options_value(request, response)
        return response

    def get_xframe_options_value(self, request: Any, response: Any) -> str:
        """The header's value; override it to decide by request."""
        return _value()
