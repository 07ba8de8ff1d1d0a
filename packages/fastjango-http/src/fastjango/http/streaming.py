"""Responses that are produced while they are sent: iterators and files."""

from __future__ import annotations

import io
import mimetypes
import os
import re
import warnings
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

from fastjango.http.aio import run_coroutine, run_in_thread, step_in_thread
from fastjango.http.response import CHUNK_SIZE, HttpResponseBase
from fastjango.values.http import content_disposition_header
from starlette.types import Scope, Send

__all__ = ["FileResponse", "StreamingHttpResponse"]

StreamingContent = Iterable[Any] | AsyncIterable[Any]
_COMPRESSED_TYPES = {
    "br": "application/x-brotli",
    "bzip2": "application/x-bzip",
    "compress": "application/x-compress",
    "gzip": "application/gzip",
    "xz": "application/x-xz",
}
_RANGE = re.compile(r"bytes=(?P<first>\d{0,19})-(?P<last>\d{0,19})")


class StreamingHttpResponse(HttpResponseBase):
    """A response whose content comes from an iterator, which is used once.

    Args:
        streaming_content: A sync or async iterable of texts or bytes. Sync ones are advanced in a
            thread when served.
        args: What `HttpResponseBase` takes.
        kwargs: The same by name.
    """

    streaming = True
    is_async: bool

    def __init__(self, streaming_content: StreamingContent = (), *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.streaming_content = streaming_content

    def __repr__(self) -> str:
        return (
            f"<{self.__class__.__qualname__} status_code={self.status_code:d}"
            f"{self._content_type_for_repr}>"
        )

    @property
    def content(self) -> bytes:
        """Not there: the content is never held as a whole.

        Raises:
            AttributeError: Always.
        """
        raise AttributeError(
            f"This {self.__class__.__name__} instance has no `content` attribute. Use "
            "`streaming_content` instead."
        )

    @property
    def text(self) -> str:
        """Not there: the content is never held as a whole.

        Raises:
            AttributeError: Always.
        """
        raise AttributeError(f"This {self.__class__.__name__} instance has no `text` attribute.")

    @property
    def streaming_content(self) -> Any:
        """The content as an iterator of bytes, an async one if `is_async`."""
        iterator = self._iterator
        if not self.is_async:
            return map(self.make_bytes, cast("Iterator[Any]", iterator))

        async def encoded() -> AsyncIterator[bytes]:
            async for part in cast("AsyncIterator[Any]", iterator):
                yield self.make_bytes(part)

        return encoded()

    @streaming_content.setter
    def streaming_content(self, value: Any) -> None:
        self._set_streaming_content(value)

    def _set_streaming_content(self, value: Any) -> None:
        self._iterator: Iterator[Any] | AsyncIterator[Any]
        try:
            self._iterator = iter(value)
            self.is_async = False
        except TypeError:
            self._iterator = aiter(value)
            self.is_async = True
        if hasattr(value, "close"):
            self._resource_closers.append(value.close)

    def __iter__(self) -> Iterator[bytes]:
        if not self.is_async:
            return iter(self.streaming_content)
        warnings.warn(
            "StreamingHttpResponse must consume asynchronous iterators in order to serve them "
            "synchronously. Use a synchronous iterator instead.",
            Warning,
            stacklevel=2,
        )
        return iter(run_coroutine(self._consume))

    async def _consume(self) -> list[bytes]:
        return [part async for part in self.streaming_content]

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.is_async:
            async for part in self.streaming_content:
                yield part
            return
        warnings.warn(
            "StreamingHttpResponse must consume synchronous iterators in order to serve them "
            "asynchronously. Use an asynchronous iterator instead.",
            Warning,
            stacklevel=2,
        )
        for part in await run_in_thread(list, self.streaming_content):
            yield part

    def getvalue(self) -> bytes:
        """Return the whole content, which uses it up."""
        return b"".join(self.streaming_content)

    async def _parts(self) -> AsyncIterator[bytes]:
        """Yield the content for sending; a sync iterator takes one step at a time in a thread."""
        if self.is_async:
            async with aclosing(self.streaming_content) as content:
                async for part in content:
                    yield part
            return
        content = self.streaming_content
        while True:
            part = await step_in_thread(next, content, None)
            if part is None:
                return
            yield part

    async def _send(self, scope: Scope, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        if scope.get("method") != "HEAD":
            async with aclosing(cast("Any", self._parts())) as parts:
                async for part in parts:
                    for start in range(0, len(part), CHUNK_SIZE):
                        chunk = part[start : start + CHUNK_SIZE]
                        await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


class FileResponse(StreamingHttpResponse):
    """A file, streamed; type, length and disposition are found out from it.

    Served over ASGI it answers a single byte range of a seekable file with 206 (RFC 9110, 14).

    Args:
        args: A file object open for binary reading (or any iterable), then what
            `HttpResponseBase` takes.
        as_attachment: Whether the client shall offer to save it.
        filename: Its name for the client; that of the file object by default.
        kwargs: What `HttpResponseBase` takes.
    """

    status_code: int
    block_size: int = 4096  # bytes read at a time; raised when served

    def __init__(
        self, *args: Any, as_attachment: bool = False, filename: Any = "", **kwargs: Any
    ) -> None:
        self.as_attachment = as_attachment
        self.filename = filename
        self._no_explicit_content_type = kwargs.get("content_type") is None
        super().__init__(*args, **kwargs)

    def _set_streaming_content(self, value: Any) -> None:
        self.file_to_stream: Any = None
        if not hasattr(value, "read"):
            super()._set_streaming_content(value)
            return
        self.file_to_stream = value
        if hasattr(value, "close"):
            self._resource_closers.append(value.close)
        self.set_headers(value)
        super()._set_streaming_content(iter(lambda: value.read(self.block_size), b""))

    def set_headers(self, filelike: Any) -> None:
        """Set Content-Length, Content-Type and Content-Disposition by looking at the file."""
        name = getattr(filelike, "name", "")
        name = name if isinstance(name, str) else ""
        length = self._measure(filelike, name)
        if length is not None:
            self.headers["Content-Length"] = length
        filename = os.path.basename(self.filename or name)  # noqa: PTH119 - a name, not a path
        if self._no_explicit_content_type:
            self.headers["Content-Type"] = _guess_type(filename)
        disposition = content_disposition_header(self.as_attachment, filename)
        if disposition:
            self.headers["Content-Disposition"] = disposition

    def _measure(self, filelike: Any, name: str) -> int | None:
        """Return the bytes from the current position to the end, if there is a way to tell."""
        seekable = _is_seekable(filelike)
        if hasattr(filelike, "tell"):
            if seekable:
                start: int = filelike.tell()
                filelike.seek(0, io.SEEK_END)
                length: int = filelike.tell() - start
                filelike.seek(start)
                return length
            if hasattr(filelike, "getbuffer"):
                return int(filelike.getbuffer().nbytes - filelike.tell())
            if Path(name).is_file():
                return int(Path(name).stat().st_size - filelike.tell())
            return None
        if seekable:
            length = sum(iter(lambda: len(filelike.read(self.block_size)), 0))
            filelike.seek(-length, io.SEEK_END)
            return length
        return None

    async def _send(self, scope: Scope, send: Send) -> None:
        self.block_size = max(self.block_size, CHUNK_SIZE)
        if self.file_to_stream is not None and not self.is_async:
            await self._apply_range(scope)
        await super()._send(scope, send)

    async def _apply_range(self, scope: Scope) -> None:
        """Narrow the answer to the range the client asked for."""
        length = self.headers.get("Content-Length")
        ranges = [value for name, value in scope.get("headers", ()) if name == b"range"]
        if self.status_code != 200 or length is None or not _is_seekable(self.file_to_stream):
            return
        self.headers.setdefault("Accept-Ranges", "bytes")
        if scope.get("method") != "GET" or len(ranges) != 1 or not self._range_is_current(scope):
            return
        span = _parse_range(ranges[0].decode("latin-1"), int(length))
        if span is None:
            return
        first, last = span
        if first > last:
            self.status_code = 416
            self.headers["Content-Range"] = f"bytes */{length}"
            self.headers["Content-Length"] = "0"
            self._iterator = iter(())
            return
        self.status_code = 206
        self.headers["Content-Range"] = f"bytes {first}-{last}/{length}"
        self.headers["Content-Length"] = last - first + 1
        file = self.file_to_stream
        await run_in_thread(file.seek, first, io.SEEK_CUR)
        self._iterator = _read_exactly(file, last - first + 1, self.block_size)

    def _range_is_current(self, scope: Scope) -> bool:
        """Whether If-Range, if sent, still names this version of the file."""
        for name, value in scope.get("headers", ()):
            if name == b"if-range":
                condition = value.decode("latin-1").strip()
                if condition.startswith("W/"):
                    return False
                return condition in (self.get("ETag"), self.get("Last-Modified"))
        return True


def _is_seekable(filelike: Any) -> bool:
    return hasattr(filelike, "seek") and (
        not hasattr(filelike, "seekable") or bool(filelike.seekable())
    )


def _guess_type(filename: str) -> str:
    if not filename:
        return "application/octet-stream"
    content_type, encoding = mimetypes.guess_type(filename)
    # Not sent as Content-Encoding, or browsers would unpack what was asked for packed.
    if encoding is not None:
        content_type = _COMPRESSED_TYPES.get(encoding, content_type)
    return content_type or "application/octet-stream"


def _parse_range(header: str, length: int) -> tuple[int, int] | None:
    """Return first and last byte; `None` to send all, first > last if nothing satisfies it."""
    found = _RANGE.fullmatch(header.strip())
    if found is None or not (found["first"] or found["last"]):
        return None
    if not found["first"]:
        suffix = int(found["last"])
        return (max(0, length - suffix), length - 1) if suffix else (1, 0)
    first = int(found["first"])
    last = min(int(found["last"]), length - 1) if found["last"] else length - 1
    if found["last"] and int(found["last"]) < first:
        return None
    return (first, last) if first < length else (1, 0)


def _read_exactly(file: Any, size: int, block_size: int) -> Iterator[bytes]:
    while size > 0:
        chunk: bytes = file.read(min(block_size, size))
        if not chunk:
            return
        size -= len(chunk)
        yield chunk
