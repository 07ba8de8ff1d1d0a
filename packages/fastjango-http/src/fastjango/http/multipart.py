"""Reading `multipart/form-data` into fields and uploaded files.

The parsing itself is python-multipart's; this module adds Django's limits and upload handlers.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

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
from python_multipart.multipart import MultipartParser as _Parser

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

__all__ = [
    "InputStreamExhausted",
    "MultiPartParser",
    "MultiPartParserError",
    "TooManyFilesSent",
]

MAX_TOTAL_HEADER_SIZE = 1024  # bytes, all headers of one part
_EXHAUST_CHUNK = 64 * 1024  # bytes

_Header = tuple[str, dict[str, str]]


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

    boundary_re = re.compile(r"[ -~]{0,200}[!-~]")

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
        form = _Form(self)
        parser = _Parser(self._boundary, form.callbacks())
        try:
            while chunk := self._read_chunk():
                parser.write(chunk)
            if form.file_is_open:
                for handler in self._upload_handlers:
                    handler.upload_interrupted()
        except FormParserError as error:
            raise MultiPartParserError(f"Invalid multipart body: {error}") from error
        except StopUpload as stop:
            self._close_files()
            if stop.connection_reset:
                return
        self._exhaust()

    def _read_chunk(self) -> bytes:
        try:
            data: bytes = self._input_data.read(self._chunk_size)
        except InputStreamExhausted:
            return b""
        return data

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
    """Collects what the parser reports: one part at a time, its headers first."""

    def __init__(self, owner: MultiPartParser) -> None:
        self.owner = owner
        self.handlers = owner._upload_handlers  # pyright: ignore[reportPrivateUsage]
        self.encoding = owner._encoding  # pyright: ignore[reportPrivateUsage]
        self.post = owner._post  # pyright: ignore[reportPrivateUsage]
        self.max_memory: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        self.max_fields: int | None = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        self.max_files: int | None = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        self.fields_seen = 0
        self.files_seen = 0
        self.field_bytes = 0
        self.file_is_open = False
        self._begin_part()

    def callbacks(self) -> MultipartCallbacks:
        """Return the methods in the form the parser wants them."""
        return {
            "on_part_begin": self._begin_part,
            "on_header_field": self._on_header_field,
            "on_header_value": self._on_header_value,
            "on_header_end": self._on_header_end,
            "on_headers_finished": self._on_headers_finished,
            "on_part_data": self._on_data,
            "on_part_end": self._on_part_end,
        }

    # --- headers ------------------------------------------------------------------------

    def _begin_part(self) -> None:
        self.headers: dict[str, _Header] = {}
        self.header_size = 0
        self.name_bytes = b""
        self.value_bytes = b""
        self.receive: Callable[[bytes], None] | None = None
        self.finish: Callable[[], None] | None = None

    def _count_header(self, size: int) -> None:
        self.header_size += size
        if self.header_size > MAX_TOTAL_HEADER_SIZE:
            raise MultiPartParserError("Request max total header size exceeded.")

    def _on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self.name_bytes += data[start:end]

    def _on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self.value_bytes += data[start:end]

    def _on_header_end(self) -> None:
        self._count_header(4)  # colon, space, line break
        try:
            name = self.name_bytes.decode().lower().strip()
            self.headers[name] = parse_header_parameters(self.value_bytes.decode().lstrip(" "))
        except (ValueError, LookupError):
            # A header nobody can read is as good as none.
            pass
        self.name_bytes = self.value_bytes = b""

    def _on_headers_finished(self) -> None:
        parameters = self.headers.get("content-disposition", ("", {}))[1]
        name = parameters.get("name")
        transfer_encoding = self.headers.get("content-transfer-encoding", ("", {}))[0].strip()
        self.is_base64 = transfer_encoding == "base64"
        file_name = parameters.get("filename")
        if file_name:
            self._count_file()
        else:
            self._count_field()
        if name is None:
            return
        self.field_name = name.strip()
        if file_name:
            safe_name = self.owner.sanitize_file_name(file_name)
            if safe_name:
                self._open_file(safe_name)
        else:
            # Also for an empty file name: a file input nobody filled in is read as a field.
            self._open_field()

    def _count_file(self) -> None:
        self.files_seen += 1
        if self.max_files is not None and self.files_seen > self.max_files:
            raise TooManyFilesSent(
                "The number of files exceeded settings.DATA_UPLOAD_MAX_NUMBER_FILES."
            )

    def _count_field(self) -> None:
        self.fields_seen += 1
        if self.max_fields is not None and self.fields_seen > self.max_fields:
            raise TooManyFieldsSent(
                "The number of GET/POST parameters exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS."
            )

    # --- content ------------------------------------------------------------------------

    def _on_data(self, data: bytes, start: int, end: int) -> None:
        if self.receive is not None:
            self.receive(data[start:end])

    def _on_part_end(self) -> None:
        if self.finish is not None:
            self.finish()

    def _open_field(self) -> None:
        self.field_data = bytearray()
        # As in a URL-encoded form, the name and its two separators count.
        self._count_bytes(len(self.field_name) + 2)
        self.receive = self._receive_field
        self.finish = self._finish_field

    def _count_bytes(self, size: int) -> None:
        self.field_bytes += size
        if self.max_memory is not None and self.field_bytes > self.max_memory:
            raise RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")

    def _receive_field(self, data: bytes) -> None:
        self._count_bytes(len(data))
        self.field_data += data

    def _finish_field(self) -> None:
        data = bytes(self.field_data)
        if self.is_base64:
            try:
                data = base64.b64decode(data, validate=True)
            except binascii.Error:
                pass
        self.post.appendlist(self.field_name, force_str(data, self.encoding, errors="replace"))

    def _open_file(self, file_name: str) -> None:
        content_type, extra = self.headers.get("content-type", ("", {}))
        self.counters = [0] * len(self.handlers)
        self.base64_rest = b""
        self.file_is_open = True
        try:
            for handler in self.handlers:
                try:
                    handler.new_file(
                        self.field_name,
                        file_name,
                        content_type.strip(),
                        self._claimed_length(),
                        extra.get("charset"),
                        {key: value.encode() for key, value in extra.items()},
                    )
                except StopFutureHandlers:
                    break
        except SkipFile:
            self._skip_file()
            return
        self.receive = self._receive_file
        self.finish = self._finish_file

    def _claimed_length(self) -> int | None:
        try:
            return int(self.headers["content-length"][0])
        except (KeyError, ValueError):
            return None

    def _skip_file(self) -> None:
        self.owner._close_files()  # pyright: ignore[reportPrivateUsage]  # same module
        self.file_is_open = False
        self.receive = self.finish = None

    def _receive_file(self, data: bytes) -> None:
        if self.is_base64:
            data = self._decode_base64(data)
            if not data:
                return
        try:
            chunk: bytes | None = data
            for index, handler in enumerate(self.handlers):
                if chunk is None:
                    break
                size = len(chunk)
                chunk = handler.receive_data_chunk(chunk, self.counters[index])
                self.counters[index] += size
        except SkipFile:
            self._skip_file()

    def _decode_base64(self, data: bytes) -> bytes:
        """Decode groups of four characters; what is left over waits for the next piece."""
        stripped = self.base64_rest + b"".join(data.split())
        aligned = len(stripped) // 4 * 4
        self.base64_rest = stripped[aligned:]
        try:
            return base64.b64decode(stripped[:aligned], validate=True)
        except binascii.Error as error:
            raise MultiPartParserError("Could not decode base64 data.") from error

    def _finish_file(self) -> None:
        if self.base64_rest:
            raise MultiPartParserError("Could not decode base64 data.")
        self.file_is_open = False
        self.owner.handle_file_complete(self.field_name, self.counters)
