"""`GZipMiddleware` and `CompressionMiddleware`: smaller responses."""

from __future__ import annotations

from typing import Any, ClassVar

from fastjango.http.cache_control import patch_vary_headers
from fastjango.values.text import acompress_sequence, compress_sequence

from .compression import available, choose, compress, stream
from .exchange import Exchange
from .layer import Layer
from .mixin import MiddlewareMixin

__all__ = ["CompressionLayer", "CompressionMiddleware", "GZipLayer", "GZipMiddleware"]

#: Shorter bodies are sent as they are, in bytes.
MINIMUM_SIZE = 200

_DONE_TYPES = (
    b"image/",
    b"video/",
    b"audio/",
    b"application/zip",
    b"application/gzip",
    b"font/woff",
)


class CompressionLayer(Layer):
    """Compresses with the best encoding that the client takes."""

    offered: ClassVar[list[str] | None] = None
    #: Media types that are sent as they are.
    skipped_types: ClassVar[tuple[bytes, ...]] = _DONE_TYPES

    def __init__(self) -> None:
        self._offered = self.offered or available()

    def process_response(self, exchange: Exchange) -> None:
        body = exchange.body
        if body is not None and len(body) < MINIMUM_SIZE:
            return
        if exchange.get_header(b"content-encoding") is not None or exchange.status in (204, 304):
            return
        kind = exchange.get_header(b"content-type") or b""
        # Server-sent events are small and must not wait.
        if kind.startswith((*self.skipped_types, b"text/event-stream")):
            return
        exchange.add_vary("Accept-Encoding")
        encoding = choose(exchange.header(b"accept-encoding") or "", self._offered)
        if encoding is None or exchange.get_header(b"content-range") is not None:
            return
        if body is None:
            exchange.remove_header(b"content-length")
            exchange.stream = stream(encoding)
        else:
            small = compress(encoding, body)
            if len(small) >= len(body):
                return
            exchange.set_header(b"content-length", b"%d" % len(small))
            exchange.body = small
        exchange.set_header(b"content-encoding", encoding.encode())
        etag = exchange.get_header(b"etag")
        if etag is not None and not etag.startswith(b"W/"):
            # Another encoding is another sequence of bytes (RFC 9110, section 8.8.1).
            exchange.set_header(b"etag", b"W/" + etag)


class GZipLayer(CompressionLayer):
    """Compresses with gzip alone."""

    offered: ClassVar[list[str] | None] = ["gzip"]
    skipped_types: ClassVar[tuple[bytes, ...]] = ()


class GZipMiddleware(MiddlewareMixin):
    """Compresses pages with gzip, with a random header against BREACH.

    Source: https://docs.djangoproject.com/en/6.1/ref/middleware/#module-django.middleware.gzip
    """

    blocking = False
    layer: ClassVar[type[Layer]] = GZipLayer
    max_random_bytes = 100

    def process_response(self, request: Any, response: Any) -> Any:
        """Compress a response that is long enough and not compressed yet."""
        if not response.streaming and len(response.content) < MINIMUM_SIZE:
            return response
        if response.has_header("Content-Encoding"):
            return response
        patch_vary_headers(response, ("Accept-Encoding",))
        accepted = request.META.get("HTTP_ACCEPT_ENCODING", "")
        if choose(accepted, ["gzip"]) is None:
            return response
        if response.streaming:
            self._compress_stream(response)
        else:
            small = compress("gzip", response.content, self.max_random_bytes)
            if len(small) >= len(response.content):
                return response
            response.content = small
            response.headers["Content-Length"] = str(len(response.content))
        etag = response.get("ETag")
        if etag and etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"
        response.headers["Content-Encoding"] = "gzip"
        return response

    def _compress_stream(self, response: Any) -> None:
        squeeze = acompress_sequence if response.is_async else compress_sequence
        response.streaming_content = squeeze(
            response.streaming_content, max_random_bytes=self.max_random_bytes
        )
        del response.headers["Content-Length"]


class CompressionMiddleware(GZipMiddleware):
    """Compresses with Zstandard, Brotli or gzip, whichever the client likes best.

    Around Django-style neighbours only gzip is used; in the chain of layers all three.
    """

    layer: ClassVar[type[Layer]] = CompressionLayer
