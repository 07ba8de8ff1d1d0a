"""Reading `multipart/form-data` into fields and uploaded files.

`fastjango.http.uploads.parts` splits the body; this module adds Django's limits and upload
handlers.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Iterator, Mapping, Sequence
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
from fastjango.http.uploads.parts import (
    FIELD,
    FILE,
    MAX_TOTAL_HEADER_SIZE,
    RAW,
    Headers,
    LazyStream,
    Parser,
)
from fastjango.values.datastructures import MultiValueDict
from fastjango.values.encoding import force_str
from fastjango.values.http import parse_header_parameters

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

_EXHAUST_CHUNK = 64 * 1024  # bytes


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
