"""The body of a request: as bytes, as a file, and as a form with fields and files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from io import BytesIO
from itertools import chain
from typing import Any, cast

from fastjango.core import settings
from fastjango.core.aio import is_loop_running
from fastjango.core.exceptions import (
    BadRequest,
    RequestAborted,
    RequestDataTooBig,
    SynchronousOnlyOperation,
)
from fastjango.http.aio import run_on_loop
from fastjango.http.bodies import NoBody, PendingBody, RequestBody, read_body
from fastjango.http.exceptions import (
    MultiPartParserError,
    RawPostDataException,
    UnreadablePostError,
)
from fastjango.http.multipart import MultiPartParser, TooManyFilesSent
from fastjango.http.querydict import QueryDict
from fastjango.http.uploads.handlers import FileUploadHandler, load_handler
from fastjango.values.datastructures import ImmutableList, MultiValueDict
from starlette.requests import Request

__all__ = ["BodyRequest"]


class BodyRequest(Request):
    """The part of `HttpRequest` that reads bodies and forms.

    The body is buffered once by `aload()`; everything else works on the buffer.
    """

    _encoding: str | None = None
    _upload_handlers: Sequence[FileUploadHandler] = ()
    _multipart_parser_class: type[MultiPartParser] = MultiPartParser
    _stream: Any = None
    _body: Any
    _read_started = False
    META: Any
    content_type: Any
    encoding: Any

    def _header(self, name: str, meta_key: str) -> str:
        """Return a header, `""` if it was not sent, from META if that has been read already."""
        if "META" in self.__dict__:
            return str(self.META.get(meta_key) or "")
        return str(self.headers.get(name, ""))

    def _initialize_handlers(self) -> None:
        self._upload_handlers = [
            load_handler(handler, self) for handler in settings.FILE_UPLOAD_HANDLERS
        ]

    @property
    def upload_handlers(self) -> Any:
        """The handlers that receive files; a list that may be changed before the form is read.

        Raises:
            AttributeError: Assigned after the form has been read.
        """
        if not self._upload_handlers:
            self._initialize_handlers()
        return self._upload_handlers

    @upload_handlers.setter
    def upload_handlers(self, upload_handlers: Sequence[FileUploadHandler]) -> None:
        if "_files" in self.__dict__:
            raise AttributeError(
                "You cannot set the upload handlers after the upload has been processed."
            )
        self._upload_handlers = upload_handlers

    @property
    def multipart_parser_class(self) -> type[MultiPartParser]:
        """The class that reads multipart forms.

        Raises:
            RuntimeError: Assigned after the form has been read.
        """
        return self._multipart_parser_class

    @multipart_parser_class.setter
    def multipart_parser_class(self, multipart_parser_class: type[MultiPartParser]) -> None:
        if "_files" in self.__dict__:
            raise RuntimeError(
                "You cannot set the multipart parser class after the upload has been processed."
            )
        self._multipart_parser_class = multipart_parser_class

    def parse_file_upload(
        self,
        META: Mapping[str, Any],  # noqa: N803 - Django's name
        post_data: Any,
    ) -> tuple[QueryDict, MultiValueDict[str, Any]]:
        """Read a multipart body.

        Args:
            META: The request's META.
            post_data: A file-like object with the body.

        Returns:
            POST and FILES.
        """
        self.upload_handlers = ImmutableList(
            self.upload_handlers,
            warning="You cannot alter upload handlers after the upload has been processed.",
        )
        parser = self.multipart_parser_class(META, post_data, self.upload_handlers, self.encoding)
        return parser.parse()

    # --- the body -----------------------------------------------------------------------

    async def aload(self) -> None:
        """Read the body off the wire, so that `body`, `POST` and `FILES` can be used.

        Views in Django style find this done. A body above `FILE_UPLOAD_MAX_MEMORY_SIZE` is kept
        in a temporary file.

        Raises:
            RequestAborted: The client went away.
        """
        if self._stream is None and "_body" not in self.__dict__:
            self._stream = await read_body(self._receive, settings.FILE_UPLOAD_MAX_MEMORY_SIZE)

    def mark_empty(self) -> None:
        """Take note that this request has no body, so that nobody waits for one."""
        if self._stream is None and "_body" not in self.__dict__:
            self._stream = BytesIO()

    async def _abody(self) -> bytes:
        try:
            await self.aload()
        except RequestAborted as error:
            raise UnreadablePostError("The client disconnected.") from error
        return self._read_body()

    def _loaded_stream(self) -> Any:
        """Return the body as a file; from a worker thread it is read first if need be."""
        if self._stream is None:
            if is_loop_running():
                raise SynchronousOnlyOperation(
                    "The body of this request has not been read yet. Call "
                    "`await request.aload()` before reading it in synchronous code."
                )
            run_on_loop(self.aload)
        return self._stream

    @property
    def body(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # bytes that can be called as well
        """The raw body as bytes; it can also be called and awaited, as Starlette's is.

        Raises:
            RawPostDataException: The stream has been read in another way.
            RequestDataTooBig: The body exceeds `DATA_UPLOAD_MAX_MEMORY_SIZE`.
            UnreadablePostError: The transport failed.
        """
        if "_body" in self.__dict__:
            body = self.__dict__["_body"]
            if not isinstance(body, RequestBody):
                body = self.__dict__["_body"] = RequestBody(body)
            return body
        if self._read_started:
            raise RawPostDataException(
                "You cannot access body after reading from request's data stream"
            )
        if self._stream is None and is_loop_running():
            return PendingBody(self._abody)
        return self._read_body()

    def _read_body(self) -> bytes:
        if "_body" not in self.__dict__:
            stream = self._loaded_stream()
            # A list of lengths or nonsense counts as 0; the stream's size is looked at anyway.
            try:
                claimed = int(self._header("content-length", "CONTENT_LENGTH") or 0)
            except ValueError:
                claimed = 0
            self._check_data_too_big(claimed)
            if stream.seekable():
                self._check_data_too_big(stream.seek(0, 2))
                stream.seek(0)
            try:
                data = self.read()
            finally:
                stream.close()
            self._body = RequestBody(data)
            self._stream = BytesIO(self._body)
        return cast("bytes", self._body)

    @staticmethod
    def _check_data_too_big(length: int) -> None:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if limit is not None and length > limit:
            raise RequestDataTooBig("Request body exceeded settings.DATA_UPLOAD_MAX_MEMORY_SIZE.")

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body piece by piece, off the wire if it has not been read yet."""
        if "_body" in self.__dict__ or self._stream is None:
            async for chunk in super().stream():
                yield chunk
            return
        self._read_started = True
        while chunk := self._stream.read(64 * 1024):
            yield chunk
        yield b""

    @property
    def POST(self) -> QueryDict:  # noqa: N802 - Django's name
        """The fields of a form sent by POST; empty for anything else."""
        if "_post" not in self.__dict__:
            self._load_post_and_files()
        return cast("QueryDict", self.__dict__["_post"])

    @POST.setter
    def POST(self, post: QueryDict) -> None:  # noqa: N802 - Django's name
        self.__dict__["_post"] = post

    @property
    def FILES(self) -> MultiValueDict[str, Any]:  # noqa: N802 - Django's name
        """The files of a multipart form sent by POST."""
        if "_files" not in self.__dict__:
            self._load_post_and_files()
        return cast("MultiValueDict[str, Any]", self.__dict__["_files"])

    @FILES.setter
    def FILES(self, files: MultiValueDict[str, Any]) -> None:  # noqa: N802 - Django's name
        self.__dict__["_files"] = files

    def _mark_post_parse_error(self) -> None:
        """Leave POST and FILES empty, so that nobody parses the broken form again."""
        self._set_form(QueryDict(), MultiValueDict())

    def _set_form(self, post: QueryDict, files: MultiValueDict[str, Any]) -> None:
        self.__dict__["_post"], self.__dict__["_files"] = post, files

    def _load_post_and_files(self) -> None:
        if self.method != "POST":
            self._set_form(QueryDict(encoding=self._encoding), MultiValueDict())
            return
        if self._read_started and "_body" not in self.__dict__:
            self._mark_post_parse_error()
            return
        if self.content_type == "multipart/form-data":
            self._load_multipart()
        elif self.content_type == "application/x-www-form-urlencoded":
            # RFC 1866 gives this type no charset, so it is UTF-8.
            if self._encoding is not None and self._encoding.lower() != "utf-8":
                raise BadRequest(
                    "HTTP requests with the 'application/x-www-form-urlencoded' content type must "
                    "be UTF-8 encoded."
                )
            self._set_form(QueryDict(self._read_body(), encoding="utf-8"), MultiValueDict())
        else:
            self._set_form(QueryDict(encoding=self._encoding), MultiValueDict())

    def _load_multipart(self) -> None:
        data: Any = BytesIO(self._body) if "_body" in self.__dict__ else self
        if data is self:
            self._loaded_stream()
        try:
            self._set_form(*self.parse_file_upload(self.META, data))
        except (MultiPartParserError, TooManyFilesSent):
            # The error page may look at POST.
            self._mark_post_parse_error()
            raise

    def close(self) -> Any:  # synchronous in Django; the result can be awaited
        """Close the uploaded files and the stream; awaiting the result closes Starlette's form."""
        if "_files" in self.__dict__:
            for file in chain.from_iterable(files for _, files in self.FILES.lists()):
                file.close()
        if self._stream is not None and "_body" not in self.__dict__:
            self._stream.close()
        return NoBody(super().close if self._form is not None else None)

    # --- the body as a file -------------------------------------------------------------

    def read(self, *args: Any, **kwargs: Any) -> bytes:
        """Read from the body.

        Raises:
            UnreadablePostError: The transport failed.
        """
        stream = self._loaded_stream()
        self._read_started = True
        try:
            data: bytes = stream.read(*args, **kwargs)
        except OSError as error:
            raise UnreadablePostError(*error.args) from error
        return data

    def readline(self, *args: Any, **kwargs: Any) -> bytes:
        """Read one line of the body.

        Raises:
            UnreadablePostError: The transport failed.
        """
        stream = self._loaded_stream()
        self._read_started = True
        try:
            line: bytes = stream.readline(*args, **kwargs)
        except OSError as error:
            raise UnreadablePostError(*error.args) from error
        return line

    def __iter__(self) -> Iterator[Any]:
        """Yield the lines of the body."""
        return iter(self.readline, b"")

    def readlines(self) -> list[bytes]:
        """Return the lines of the body."""
        return list(iter(self.readline, b""))
