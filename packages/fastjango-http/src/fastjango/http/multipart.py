"""Reading `multipart/form-data` into fields and uploaded files.

The parsing itself is python-multipart's; this module adds Django's limits and upload handlers.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from fastjango.core import settings
from fastjango.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from fastjango.http.exceptions import InputStreamExhausted, MultiPartParserError
from fastjango.http.querydict import QueryDict
from fastjango.http.uploads.handlers import (
    FileUploadHandler,
    SkipFile,
    StopFutureHandlers,
    StopUpload,
)
from fastjango.values.datastructures import MultiValueDict
from fastjango.values.encoding import force_str
from fastjango.values.http import parse_header_parameters
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser as _PushParser

__all__ = [
    "FIELD",
    "FILE",
    "MAX_TOTAL_HEADER_SIZE",
    "RAW",
    "InputStreamExhausted",
    "LazyStream",
    "MultiPartParser",
    "MultiPartParserError",
    "Parser",
    "TooManyFilesSent",
]

RAW = "raw"
FILE = "file"
FIELD = "field"
MAX_TOTAL_HEADER_SIZE = 1024  # bytes, all headers of one part
_EXHAUST_CHUNK = 64 * 1024  # bytes
_JOINED_CHUNK = 16 * 1024  # bytes

Headers = dict[str, tuple[str, dict[str, str]]]
"""Headers of a part by lower-case name: value and parameters."""


class MultiPartParser:
    """Parses one multipart body.

    Args:
        META: `request.META`, for Content-Type and Content-Length.
        input_data: A file-like object with the body.
        upload_handlers: Who receives the files, in order.
        encoding: Character set of names and values, `DEFAULT_CHARSET` by default.

    Raises:
        MultiPartParserError: The content type or its boundary is unusable.
    """

    boundary_re: re.Pattern[str] = re.compile(r"[ -~]{0,200}[!-~]")

    def __init__(
        self,
        META: Mapping[str, Any],  # noqa: N803 - Django's name
        input_data: Any,
        upload_handlers: Sequence[FileUploadHandler],
        encoding: str | None = None,
    ) -> None:
        content_type: str = META.get("CONTENT_TYPE", "")
        if not content_type.startswith("multipart/"):
            raise MultiPartParserError(f"Invalid Content-Type: {content_type}")
        if not content_type.isascii():
            raise MultiPartParserError(
                f"Invalid non-ASCII Content-Type in multipart: {content_type}"
            )
        try:
            boundary = parse_header_parameters(content_type)[1].get("boundary")
        except ValueError as error:
            raise MultiPartParserError(f"Invalid Content-Type: {content_type[:200]}") from error
        if not boundary or not self.boundary_re.fullmatch(boundary):
            raise MultiPartParserError(f"Invalid boundary in multipart: {boundary}")
        try:
            content_length = int(META.get("CONTENT_LENGTH", 0))
        except (ValueError, TypeError):
            content_length = 0
        if content_length < 0:
            raise MultiPartParserError(f"Invalid content length: {content_length!r}")
        self._boundary = boundary.encode("ascii")
        self._input_data = input_data
        sizes = [handler.chunk_size for handler in upload_handlers if handler.chunk_size]
        # Below 2^31 for 32-bit interfaces, and divisible by 4.
        self._chunk_size = min([2**31 - 4, *sizes])
        self._meta = META
        self._encoding: str = encoding or settings.DEFAULT_CHARSET
        self._content_length = content_length
        self._upload_handlers = upload_handlers

    def parse(self) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        """Read the body.

        Returns:
            The fields and the files.

        Raises:
            MultiPartParserError: The body is malformed.
            TooManyFieldsSent: More fields than `DATA_UPLOAD_MAX_NUMBER_FIELDS`.
            TooManyFilesSent: More files than `DATA_UPLOAD_MAX_NUMBER_FILES`.
            RequestDataTooBig: Fields larger than `DATA_UPLOAD_MAX_MEMORY_SIZE` together.
        """
        if self._content_length == 0 and not self._has_data():
            return QueryDict(encoding=self._encoding), MultiValueDict()
        for handler in self._upload_handlers:
            result = handler.handle_raw_input(
                self._input_data, self._meta, self._content_length, self._boundary, self._encoding
            )
            if result is not None:
                return result[0], result[1]
        self._post = QueryDict(mutable=True, encoding=self._encoding)
        self._files: MultiValueDict[str, Any] = MultiValueDict()
        try:
            self._read()
        except Exception:
            # Without this the files would stay open until the parser is collected.
            for _, files in self._files.lists():
                for file in files:
                    file.close()
            self._close_files()
            raise
        # The first handler with a true result ends the round.
        any(handler.upload_complete() for handler in self._upload_handlers)
        self._post._mutable = False  # pyright: ignore[reportPrivateUsage]  # same package
        return self._post, self._files

    def _has_data(self) -> bool:
        """Whether a body without a usable length has content: chunked transfer has none."""
        stream = getattr(self._input_data, "_stream", self._input_data)
        try:
            size: int = stream.seek(0, 2)
            stream.seek(0)
        except (OSError, AttributeError, ValueError):
            return False
        return size > 0 and "CONTENT_LENGTH" not in self._meta

    def _read(self) -> None:
        form = _Form(self._upload_handlers, self._encoding, self._post)
        stream = LazyStream(self._chunks())
        try:
            for item_type, headers, field_stream in Parser(stream, self._boundary):
                if form.finished_file is not None:
                    self.handle_file_complete(form.finished_file, form.counters)
                    form.finished_file = None
                form.count(item_type)
                name = headers.get("content-disposition", ("", {}))[1].get("name")
                if name is None:
                    continue
                name = name.strip()
                if item_type == FIELD:
                    form.read_field(name, headers, field_stream)
                elif item_type == FILE:
                    claimed = headers["content-disposition"][1]["filename"]
                    file_name = self.sanitize_file_name(claimed)
                    if file_name:
                        self._read_file(form, name, file_name, headers, field_stream)
            if form.finished_file is not None:
                self.handle_file_complete(form.finished_file, form.counters)
        except StopUpload as stop:
            self._close_files()
            if stop.connection_reset:
                return
        else:
            if form.file_is_open:
                for handler in self._upload_handlers:
                    handler.upload_interrupted()
        self._exhaust()

    def _read_file(
        self, form: _Form, name: str, file_name: str, headers: Headers, stream: LazyStream
    ) -> None:
        try:
            form.read_file(name, file_name, headers, stream)
        except SkipFile:
            form.file_is_open = False
            self._close_files()

    def _chunks(self) -> Iterator[bytes]:
        while True:
            try:
                data: bytes = self._input_data.read(self._chunk_size)
            except InputStreamExhausted:
                return
            if not data:
                return
            yield data

    def _exhaust(self) -> None:
        try:
            while self._input_data.read(_EXHAUST_CHUNK):
                pass
        except InputStreamExhausted:
            pass

    def handle_file_complete(self, old_field_name: str, counters: Sequence[int]) -> None:
        """Ask the handlers for the finished file; the first to return one decides.

        Args:
            old_field_name: The field the file came in.
            counters: Bytes each handler has received.
        """
        for handler, size in zip(self._upload_handlers, counters, strict=True):
            file = handler.file_complete(size)
            if file:
                self._files.appendlist(
                    force_str(old_field_name, self._encoding, errors="replace"), file
                )
                break

    def sanitize_file_name(self, file_name: str) -> str | None:
        """Return the last part of a claimed file name, or `None` if nothing usable is left.

        Separators of every system and unprintable characters are removed; the result is still
        a text the client chose.
        """
        name = html.unescape(file_name).rsplit("/", 1)[-1].rsplit("\\", 1)[-1]
        name = "".join(character for character in name if character.isprintable())
        return None if name in {"", ".", ".."} else name

    IE_sanitize = sanitize_file_name

    def _close_files(self) -> None:
        for handler in self._upload_handlers:
            file = getattr(handler, "file", None)
            if file is not None:
                file.close()


class _Form:
    """Takes in the parts of one form: counts them, and hands files to the upload handlers."""

    def __init__(
        self, handlers: Sequence[FileUploadHandler], encoding: str, post: QueryDict
    ) -> None:
        self.handlers, self.encoding, self.post = handlers, encoding, post
        self.max_memory: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self.max_fields: int | None = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        self.max_files: int | None = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        self.fields_seen = self.files_seen = self.field_bytes = 0
        self.counters = [0] * len(handlers)
        self.file_is_open = False
        # Field of a file that has been received and not been asked for.
        self.finished_file: str | None = None

    def count(self, item_type: str) -> None:
        """Count a part.

        Raises:
            TooManyFieldsSent: There are too many fields.
            TooManyFilesSent: There are too many files.
        """
        if item_type == FILE:
            self.files_seen += 1
            if self.max_files is not None and self.files_seen > self.max_files:
                raise TooManyFilesSent(
                    "The number of files exceeded settings.DATA_UPLOAD_MAX_NUMBER_FILES."
                )
            return
        self.fields_seen += 1
        if self.max_fields is not None and self.fields_seen > self.max_fields:
            raise TooManyFieldsSent(
                "The number of GET/POST parameters exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS."
            )

    def read_field(self, name: str, headers: Headers, stream: LazyStream) -> None:
        """Add a field to POST.

        Raises:
            RequestDataTooBig: All fields together are too large.
        """
        # As in a URL-encoded form, the name and its two separators count.
        self.field_bytes += len(name) + 2
        pieces: list[bytes] = []
        for chunk in stream:
            self.field_bytes += len(chunk)
            if self.max_memory is not None and self.field_bytes > self.max_memory:
                break
            pieces.append(chunk)
        if self.max_memory is not None and self.field_bytes > self.max_memory:
            raise RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")
        data = b"".join(pieces)
        if _is_base64(headers):
            try:
                data = base64.b64decode(data, validate=True)
            except binascii.Error:
                pass
        self.post.appendlist(name, force_str(data, self.encoding, errors="replace"))

    def read_file(self, name: str, file_name: str, headers: Headers, stream: LazyStream) -> None:
        """Hand a file to the upload handlers.

        Raises:
            SkipFile: A handler does not want it.
            MultiPartParserError: Its base64 is broken.
        """
        content_type, extra = headers.get("content-type", ("", {}))
        self.counters = [0] * len(self.handlers)
        self.file_is_open = True
        for handler in self.handlers:
            try:
                handler.new_file(
                    name,
                    file_name,
                    content_type.strip(),
                    _claimed_length(headers),
                    extra.get("charset"),
                    {key: value.encode() for key, value in extra.items()},
                )
            except StopFutureHandlers:
                break
        for data in _decode_base64(stream) if _is_base64(headers) else stream:
            self._receive(data)
        if stream.is_complete:
            self.file_is_open = False
            self.finished_file = name

    def _receive(self, data: bytes) -> None:
        chunk: bytes | None = data
        for index, handler in enumerate(self.handlers):
            if chunk is None:
                break
            size = len(chunk)
            chunk = handler.receive_data_chunk(chunk, self.counters[index])
            self.counters[index] += size


def _is_base64(headers: Headers) -> bool:
    return headers.get("content-transfer-encoding", ("", {}))[0].strip() == "base64"


def _claimed_length(headers: Headers) -> int | None:
    try:
        return int(headers["content-length"][0])
    except (KeyError, ValueError):
        return None


def _decode_base64(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decode groups of four characters; what is left over waits for the next piece."""
    rest = b""
    for chunk in chunks:
        stripped = rest + b"".join(chunk.split())
        aligned = len(stripped) // 4 * 4
        rest = stripped[aligned:]
        if not aligned:
            continue
        try:
            yield base64.b64decode(stripped[:aligned], validate=True)
        except binascii.Error as error:
            raise MultiPartParserError("Could not decode base64 data.") from error
    if rest:
        raise MultiPartParserError("Could not decode base64 data.")


class LazyStream:
    """A stream of bytes made of chunks that arrive one by one; what was read can be put back.

    Args:
        producer: Yields the chunks.
        length: Bytes after which the stream ends; `None` means with the producer.
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
