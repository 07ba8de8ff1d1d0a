"""`ConditionalGetMiddleware`: answers 304 where the client has the page already."""

from __future__ import annotations

import hashlib
from typing import Any, ClassVar

from fastjango.http.cache_control import get_conditional_response, set_response_etag
from fastjango.http.response import HttpResponse
from fastjango.values.http import parse_http_date_safe

from .exchange import Exchange
from .layer import Layer
from .mixin import MiddlewareMixin

__all__ = ["ConditionalGetLayer", "ConditionalGetMiddleware"]


class ConditionalGetLayer(Layer):
    """The middleware as a layer of the chain."""

    def process_response(self, exchange: Exchange) -> None:
        if exchange.scope["method"] != "GET" or not 200 <= exchange.status < 300:
            return
        etag = exchange.get_header(b"etag")
        body = exchange.body
        if etag is None and body is not None:
            control = exchange.get_header(b"cache-control") or b""
            if b"no-store" not in control.lower():
                digest = hashlib.md5(body, usedforsecurity=False).hexdigest()
                etag = f'"{digest}"'.encode()
                exchange.set_header(b"etag", etag)
        modified = exchange.get_header(b"last-modified")
        if etag is None and modified is None:
            return
        if exchange.header(b"if-none-match") is None and (
            exchange.header(b"if-modified-since") is None
        ):
            return
        if body is None:
            return  # a stream has begun: its validators are for the next request
        plain = HttpResponse(body)
        answer: Any = get_conditional_response(
            exchange.request,
            etag=etag.decode("latin-1") if etag else None,
            last_modified=parse_http_date_safe(modified.decode("latin-1")) if modified else None,
            response=plain,
        )
        if answer is not plain:
            exchange.status = answer.status_code
            exchange.body = b""
            for name in (b"content-length", b"content-type"):
                exchange.remove_header(name)


class ConditionalGetMiddleware(MiddlewareMixin):
    """Handles conditional GET requests; adds an ETag where there is none.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.middleware.http
    """

    blocking = False
    layer: ClassVar[type[Layer]] = ConditionalGetLayer

    def process_response(self, request: Any, response: Any) -> Any:
        """Answer 304 or 412 if the request's conditions say so."""
        if request.method != "GET":
            return response
        if self.needs_etag(response) and not response.has_header("ETag"):
            set_response_etag(response)
        etag = response.get("ETag")
        last_modified = response.get("Last-Modified")
        last_modified = last_modified and parse_http_date_safe(last_modified)
        if etag or last_modified:
            return get_conditional_response(
                request, etag=etag, last_modified=last_modified, response=response
            )
        return response

    def needs_etag(self, response: Any) -> bool:
        """Whether a response may be stored at all."""
        control = response.get("Cache-Control", "")
        # A directive may be qualified: its name counts.
        names = (part.partition("=")[0].strip().lower() for part in control.split(","))
        return "no-store" not in names
