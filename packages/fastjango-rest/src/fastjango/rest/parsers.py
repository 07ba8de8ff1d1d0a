"""Reading bodies: JSON, forms, multipart forms, raw files."""

from __future__ import annotations

import json
import math
import re
from typing import Any, ClassVar, NoReturn

from fastjango.core import settings
from fastjango.http.exceptions import MultiPartParserError
from fastjango.http.multipart import MultiPartParser as HttpMultiPartParser
from fastjango.http.querydict import QueryDict
from fastjango.rest._calls import FromSettings
from fastjango.rest.exceptions import ParseError
from fastjango.values.http import parse_header_parameters
from pydantic_core import from_json

__all__ = ["BaseParser", "DataAndFiles", "FileUploadParser", "FormParser", "JSONParser",
           "MultiPartParser"]  # fmt: skip

_UTF8 = frozenset({"utf-8", "utf8", "UTF-8"})


class DataAndFiles:
    """What a parser returns that found files as well.

    Args:
        data: The fields.
        files: The files by field.
    """

    def __init__(self, data: Any, files: Any) -> None:
        self.data: Any = data
        self.files: Any = files


class BaseParser:
    """Reads bodies of one media type.

    Attributes:
        media_type: The type, or a range of types.
        reads_bytes: Whether `parse_bytes()` may be called with the whole body instead of
            `parse()` with a file.
    """

    media_type: str | None = None

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the data of a body, or a `DataAndFiles`.

        Args:
            stream: The body as a file.
            media_type: The `Content-Type` header.
            parser_context: The view, its arguments, the request and the encoding.

        Raises:
            ParseError: The body is malformed.
        """
        raise NotImplementedError(f"{type(self).__name__} must define parse().")


def _encoding(parser_context: Any) -> str:
    """Return the encoding of a body.

    Only encodings of text are taken: others, such as bz2, could unfold a small body without end.

    Raises:
        ParseError: It is none.
    """
    context: dict[str, Any] = parser_context or {}
    encoding: str = context.get("encoding") or settings.DEFAULT_CHARSET
    if encoding not in _UTF8:
        try:
            "".encode(encoding)
        except (LookupError, UnicodeError, ValueError):
            raise ParseError(
                f'Unsupported charset "{encoding}" in request Content-Type header.'
            ) from None
    return encoding


# What may be a number beyond all floats; in a text it is none.
_HUGE = re.compile(rb"[0-9][eE]\+?[0-9]{3}|[0-9]{300}")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Out of range float values are not JSON compliant: {name[:40]!r}")


def _finite(digits: str) -> float:
    number = float(digits)
    return number if math.isfinite(number) else _refuse_constant(digits)


class JSONParser(BaseParser):
    """Reads JSON; `STRICT_JSON` refuses `NaN` and infinities."""

    media_type: str | None = "application/json"
    strict: FromSettings[bool] = FromSettings("STRICT_JSON")

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the value a body holds."""
        encoding = _encoding(parser_context)
        body: bytes = stream.read()
        strict = self.strict
        if encoding in _UTF8 and strict and not _HUGE.search(body):
            try:
                return from_json(body, allow_inf_nan=False)
            except ValueError:
                # The standard library tells what is wrong in the words clients know.
                pass
        try:
            text = body.decode(encoding)
            if not strict:
                return json.loads(text)
            return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)
        except RecursionError:
            raise ParseError("JSON parse error - nested too deeply.") from None
        except ValueError as error:
            raise ParseError(f"JSON parse error - {error}") from error


class FormParser(BaseParser):
    """Reads the fields of an HTML form."""

    media_type: str | None = "application/x-www-form-urlencoded"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the fields as a `QueryDict`."""
        encoding = _encoding(parser_context)
        try:
            return QueryDict(stream.read(), encoding=encoding)
        except UnicodeError as error:
            raise ParseError(f"Form parse error - {error}") from error


class MultiPartParser(BaseParser):
    """Reads the fields and files of a multipart form."""

    media_type: str | None = "multipart/form-data"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the fields and the files, which the upload handlers have taken."""
        request = parser_context["request"]
        encoding = _encoding(parser_context)
        meta = {**request.META, "CONTENT_TYPE": media_type}
        try:
            parser = HttpMultiPartParser(meta, stream, request.upload_handlers, encoding)
            return DataAndFiles(*parser.parse())
        except MultiPartParserError as error:
            raise ParseError(f"Multipart form parse error - {error}") from error


class FileUploadParser(BaseParser):
    """Takes the whole body as one file, named by the `Content-Disposition` header or the address.

    The file stands under `"file"` in `request.data`. It is bounded by `REQUEST_MAX_BODY_SIZE`.
    """

    media_type: str | None = "*/*"
    errors: ClassVar[dict[str, Any]] = {
        "unhandled": "FileUpload parse error - none of upload handlers can handle the stream",
        "no_filename": "Missing filename. Request should include a Content-Disposition header "
        "with a filename parameter.",
    }

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """Return the file.

        Raises:
            ParseError: It has no name, or no upload handler wants it.
        """
        request = parser_context["request"]
        filename = self.get_filename(stream, media_type, parser_context)
        if not filename:
            raise ParseError(self.errors["no_filename"])
        handlers = list(request.upload_handlers)
        try:
            length = int(request.headers.get("Content-Length") or 0)
        except ValueError:
            length = 0
        for handler in handlers:
            taken = handler.handle_raw_input(
                stream, request.META, length, None, parser_context["encoding"]
            )
            if taken is not None:
                return DataAndFiles({}, {"file": taken[1]})
        return DataAndFiles(
            {}, {"file": self._hand_over(stream, handlers, filename, media_type, length)}
        )

    def _hand_over(
        self, stream: Any, handlers: list[Any], filename: str, media_type: Any, length: int
    ) -> Any:
        """Give the body to the handlers piece by piece and return the file one of them made."""
        from fastjango.http.uploads.handlers import StopFutureHandlers

        active = handlers
        for index, handler in enumerate(handlers):
            try:
                handler.new_file("file", filename, media_type, length, None)
            except StopFutureHandlers:
                active = handlers[: index + 1]
                break
        size = min([2**31 - 4, *(handler.chunk_size for handler in active if handler.chunk_size)])
        counts = [0] * len(active)
        while chunk := stream.read(size):
            for index, handler in enumerate(active):
                length = len(chunk)
                chunk = handler.receive_data_chunk(chunk, counts[index])
                counts[index] += length
                if chunk is None:
                    break
        for index, handler in enumerate(active):
            file = handler.file_complete(counts[index])
            if file is not None:
                return file
        raise ParseError(self.errors["unhandled"])

    def get_filename(self, stream: Any, media_type: Any, parser_context: Any) -> str | None:
        """Return the name from a `filename` in the address, else from `Content-Disposition`."""
        kwargs: dict[str, Any] = parser_context.get("kwargs") or {}
        if "filename" in kwargs:
            name: str = kwargs["filename"]
            return name
        header = parser_context["request"].headers.get("Content-Disposition", "")
        try:
            _, params = parse_header_parameters(header)
        except ValueError:
            return None
        return params.get("filename*") or params.get("filename")
