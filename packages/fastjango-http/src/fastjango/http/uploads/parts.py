"""Splitting a multipart body into its parts, with the limits of their headers.

The scanning itself is python-multipart's; it pushes what it finds, and `Parser` lets it be pulled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Any

from fastjango.http.exceptions import MultiPartParserError
from fastjango.values.http import parse_header_parameters
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser as _PushParser

__all__ = ["FIELD", "FILE", "MAX_TOTAL_HEADER_SIZE", "RAW", "Headers", "LazyStream", "Parser"]

RAW = "raw"
FILE = "file"
FIELD = "field"
MAX_TOTAL_HEADER_SIZE = 1024  # bytes, all headers of one part
_JOINED_CHUNK = 16 * 1024  # bytes

Headers = dict[str, tuple[str, dict[str, str]]]
"""Headers of a part by lower-case name: value and parameters."""


class LazyStream:
    """A stream of bytes made of chunks that arrive one by one; what was read can be put back.

    Args:
        producer: Yields the chunks.
        length: Bytes that `read()` returns at most if it is not told; `None` means all there are.
    """

    def __init__(self, producer: Iterator[bytes], length: int | None = None) -> None:
        self._producer = producer
        self._leftover = b""
        self._remaining = length
        self.length = length
        self.position: int = 0
        # Whether the part a stream belongs to ended with a boundary, not with the body.
        self.is_complete = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        """Return the next chunk, whatever its size."""
        if self._leftover:
            chunk, self._leftover = self._leftover, b""
        else:
            chunk = next(self._producer)
        self.position += len(chunk)
        return chunk

    def tell(self) -> int:
        """Return how many bytes have been read."""
        return self.position

    def read(self, size: int | None = None) -> bytes:
        """Return exactly `size` bytes if there are as many, all that is left by default."""
        wanted = self._remaining if size is None else size
        if wanted is None:
            return b"".join(self)
        pieces: list[bytes] = []
        while wanted > 0:
            chunk = next(self, b"")
            if not chunk:
                break
            pieces.append(chunk[:wanted])
            self.unget(chunk[wanted:])
            wanted -= len(pieces[-1])
        return b"".join(pieces)

    def unget(self, data: bytes) -> None:
        """Put bytes back, so that they are read next."""
        if data:
            self.position -= len(data)
            self._leftover = data + self._leftover

    def close(self) -> None:
        """Take nothing more from the producer; what was put back can still be read."""
        self._producer = iter(())


class Parser:
    """Splits a body into parts: kind (`FIELD`, `FILE` or `RAW`), headers and content.

    Args:
        stream: The body.
        boundary: The boundary, without its two hyphens.
    """

    def __init__(self, stream: Any, boundary: bytes) -> None:
        self._stream = stream
        self._events: deque[bytes | Headers | None] = deque()
        self._headers: Headers = {}
        self._header_size = 0
        self._name = self._value = b""
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._on_part_begin,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": lambda: self._events.append(self._headers),
            "on_part_data": self._on_part_data,
            "on_part_end": lambda: self._events.append(None),
        }
        try:
            self._parser = _PushParser(boundary, callbacks)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]  # a plain dict of them
        except FormParserError as error:
            raise MultiPartParserError(f"Invalid boundary in multipart: {error}") from error

    def __iter__(self) -> Iterator[tuple[str, Headers, LazyStream]]:
        while self._fill():
            headers = self._events.popleft()
            # Anything else is the rest of a part whose content nobody wanted.
            if isinstance(headers, dict):
                stream = LazyStream(iter(()))
                stream._producer = self._content(stream)  # pyright: ignore[reportPrivateUsage]  # same module
                yield _kind(headers), headers, stream

    def _content(self, stream: LazyStream) -> Iterator[bytes]:
        """Yield the content of the part that has just begun."""
        while self._fill():
            event = self._events.popleft()
            if not isinstance(event, bytes):
                stream.is_complete = True
                return
            yield event

    def _fill(self) -> bool:
        """Have at least one event at hand: headers, content, or `None` for the end of a part."""
        while not self._events:
            chunk = next(self._stream, b"")
            if not chunk:
                return False
            try:
                self._parser.write(chunk)
            except FormParserError as error:
                raise MultiPartParserError(f"Invalid multipart body: {error}") from error
        return True

    def _on_part_begin(self) -> None:
        self._headers = {}
        self._header_size = 0

    def _on_part_data(self, data: bytes, start: int, end: int) -> None:
        events, chunk = self._events, data[start:end]
        # A body chunk that looks like a boundary comes in pieces; they are joined again.
        last = events[-1] if events else None
        if isinstance(last, bytes) and len(chunk) + len(last) < _JOINED_CHUNK:
            events[-1] = last + chunk
        else:
            events.append(chunk)

    def _count(self, size: int) -> None:
        self._header_size += size
        if self._header_size > MAX_TOTAL_HEADER_SIZE:
            raise MultiPartParserError("Request max total header size exceeded.")

    def _on_header_field(self, chunk: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._name += chunk[start:end]

    def _on_header_value(self, chunk: bytes, start: int, end: int) -> None:
        self._count(end - start)
        self._value += chunk[start:end]

    def _on_header_end(self) -> None:
        self._count(4)  # colon, space and line break
        try:
            name = self._name.decode().lower().strip()
            self._headers[name] = parse_header_parameters(self._value.decode().lstrip(" "))
        except (ValueError, LookupError):
            # A header nobody can read is as good as none.
            pass
        self._name = self._value = b""


def _kind(headers: Headers) -> str:
    disposition = headers.get("content-disposition")
    if disposition is None:
        return RAW
    return FILE if disposition[1].get("filename") else FIELD
