"""`HttpRequest`: Django's request on Starlette's."""

from __future__ import annotations

import codecs
from collections.abc import (
    AsyncGenerator,
    ItemsView,
    Iterator,
    KeysView,
    Mapping,
    Sequence,
    ValuesView,
)
from io import BytesIO
from itertools import chain
from typing import IO, TYPE_CHECKING, Any, cast
from urllib.parse import urljoin, urlsplit

from anyio import from_thread
from fastjango.core import settings
from fastjango.core.aio import is_loop_running
from fastjango.core.exceptions import (
    BadRequest,
    DisallowedHost,
    ImproperlyConfigured,
    RequestAborted,
    RequestDataTooBig,
    SynchronousOnlyOperation,
)
from fastjango.core.functional import cached_property
from fastjango.http.bodies import LimitedStream, NoBody, PendingBody, RequestBody, read_body
from fastjango.http.cookies import parse_cookie
from fastjango.http.exceptions import (
    MultiPartParserError,
    RawPostDataException,
    UnreadablePostError,
)
from fastjango.http.headers import HttpHeaders, meta_from_scope
from fastjango.http.hosts import split_domain_port, validate_host
from fastjango.http.multipart import MultiPartParser, TooManyFilesSent
from fastjango.http.negotiation import MediaType, best_match, parse_accept
from fastjango.http.querydict import QueryDict
from fastjango.http.uploads.handlers import FileUploadHandler, load_handler
from fastjango.values.datastructures import ImmutableList, MultiValueDict
from fastjango.values.encoding import escape_uri_path, iri_to_uri
from fastjango.values.http import parse_header_parameters
from starlette.requests import Request, empty_receive, empty_send
from starlette.types import Receive, Scope, Send

if TYPE_CHECKING:
    # urls imports this module
    from fastjango.http.urls.match import ResolverMatch

__all__ = [
    "ASGIRequest",
    "HttpHeaders",
    "HttpRequest",
    "MediaType",
    "QueryDict",
    "RawPostDataException",
    "UnreadablePostError",
    "WSGIRequest",
    "split_domain_port",
    "validate_host",
]

RAISE_ERROR = object()
REQUEST_KEY = "fastjango.request"
MATCH_KEY = "fastjango.match"


class HttpRequest(Request):
    """One request, with the attributes of Django's and the methods of Starlette's.

    Everything is parsed when it is touched. Without arguments it is an empty request to fill in,
    as tests do.

    Args:
        scope: The ASGI scope.
        receive: The channel the body comes through.
        send: The channel answers go through.
    """

    _encoding: str | None = None
    _upload_handlers: Sequence[FileUploadHandler] = ()
    _multipart_parser_class: type[MultiPartParser] = MultiPartParser
    _stream: Any = None
    _read_started = False
    _post_parse_error = False
    urlconf: Any
    auser: Any

    def __init__(
        self,
        scope: Scope | None = None,
        receive: Receive = empty_receive,
        send: Send = empty_send,
    ) -> None:
        if scope is not None:
            super().__init__(scope, receive, send)
            return
        super().__init__({"type": "http", "headers": [], "path": "", "query_string": b""})
        self._stream = BytesIO()
        self.GET = QueryDict(mutable=True)
        self.POST = QueryDict(mutable=True)
        self.COOKIES = {}
        self.META = {}
        self._files: MultiValueDict[str, Any] = MultiValueDict()
        self.path = ""
        self.path_info = ""
        self.method = None
        self.content_type = None
        self.content_params = None

    @classmethod
    def from_scope(
        cls, scope: Scope, receive: Receive = empty_receive, send: Send = empty_send
    ) -> HttpRequest:
        """Return the request of a scope; middleware and view share one and the same object.

        The channels are those of the innermost caller, so that what wraps them takes effect.
        """
        request = scope.get(REQUEST_KEY)
        if isinstance(request, HttpRequest):
            request.scope = scope
            request._receive, request._send = receive, send
            return request
        request = scope[REQUEST_KEY] = cls(scope, receive, send)
        return request

    def __repr__(self) -> str:
        if self.method is None or not self.get_full_path():
            return f"<{self.__class__.__name__}>"
        return f"<{self.__class__.__name__}: {self.method} {self.get_full_path()!r}>"

    # --- a mapping of the scope, as in Starlette; iterating is reading lines, as in Django --

    def __bool__(self) -> bool:
        return True

    def __contains__(self, key: object) -> bool:
        return key in self.scope

    def keys(self) -> KeysView[str]:
        """Return the keys of the ASGI scope."""
        return self.scope.keys()

    def values(self) -> ValuesView[Any]:
        """Return the values of the ASGI scope."""
        return self.scope.values()

    def items(self) -> ItemsView[str, Any]:
        """Return the items of the ASGI scope."""
        return self.scope.items()

    # --- the request line ---------------------------------------------------------------

    @property
    def method(self) -> Any:
        """The method in upper case; `None` for an empty request."""
        if "_method" in self.__dict__:
            return self.__dict__["_method"]
        return self.scope["method"].upper()

    @method.setter
    def method(self, value: str | None) -> None:
        self.__dict__["_method"] = value

    @property
    def path(self) -> str:
        """The decoded path, the script prefix included."""
        path = self.__dict__.get("_path")
        return self.scope["path"] if path is None else path

    @path.setter
    def path(self, value: str) -> None:
        self.__dict__["_path"] = value

    @cached_property
    def script_name(self) -> str:
        """The path under which the site is served, without a slash at the end."""
        forced: str | None = settings.FORCE_SCRIPT_NAME
        name: str = forced or self.scope.get("root_path", "") or ""
        return name

    @cached_property
    def path_info(self) -> str:
        """The decoded path below the script prefix; what URLconfs match."""
        script_name = self.script_name.rstrip("/")
        path = self.path
        if script_name and (path == script_name or path.startswith(script_name + "/")):
            return path[len(script_name) :]
        return path

    @cached_property
    def META(self) -> dict[str, Any]:  # noqa: N802 - Django's name
        """Headers and connection data under the names of CGI."""
        return meta_from_scope(self.scope, self.script_name, self.path_info)

    @property
    def headers(self) -> HttpHeaders:
        """The headers, in any case, with hyphens or underscores."""
        headers = self.__dict__.get("headers")
        if headers is None:
            if "META" in self.__dict__:
                headers = HttpHeaders(self.META)
            else:
                headers = HttpHeaders.from_raw(self.scope["headers"])
            self.__dict__["headers"] = headers
        return cast("HttpHeaders", headers)

    @headers.setter
    def headers(self, value: HttpHeaders) -> None:
        self.__dict__["headers"] = value

    @headers.deleter
    def headers(self) -> None:
        self.__dict__.pop("headers", None)

    @cached_property
    def GET(self) -> QueryDict:  # noqa: N802 - Django's name
        """The parsed query string."""
        return QueryDict(self._query_string(), encoding=self.encoding)

    def _query_string(self) -> str | bytes:
        if "META" in self.__dict__:
            query: str = self.META.get("QUERY_STRING", "")
            return query.encode("latin-1", "replace") if query.isascii() else query
        raw: bytes = self.scope.get("query_string", b"")
        return raw

    @cached_property
    def COOKIES(self) -> dict[str, str]:  # noqa: N802 - Django's name
        """The cookies by name."""
        header = self._header("cookie", "HTTP_COOKIE")
        return parse_cookie(header.encode("latin-1", "replace").decode(errors="replace"))

    def _header(self, name: str, meta_key: str) -> str:
        if "META" in self.__dict__:
            return str(self.META.get(meta_key) or "")
        return str(self.headers.get(name, ""))

    # --- what middleware adds -----------------------------------------------------------

    @property
    def session(self) -> Any:
        """The session, once a session middleware has run.

        Raises:
            AttributeError: No session middleware is installed.
        """
        return self._added("session", "a session middleware")

    @session.setter
    def session(self, value: Any) -> None:
        self.scope["session"] = value

    @session.deleter
    def session(self) -> None:
        self._drop("session")

    @property
    def user(self) -> Any:
        """The user, once an authentication middleware has run.

        Raises:
            AttributeError: No authentication middleware is installed.
        """
        return self._added("user", "an authentication middleware")

    @user.setter
    def user(self, value: Any) -> None:
        self.scope["user"] = value

    @user.deleter
    def user(self) -> None:
        self._drop("user")

    @property
    def auth(self) -> Any:
        """What the authentication middleware says about the client's credentials.

        Raises:
            AttributeError: No authentication middleware is installed.
        """
        return self._added("auth", "an authentication middleware")

    @auth.setter
    def auth(self, value: Any) -> None:
        self.scope["auth"] = value

    def _added(self, key: str, source: str) -> Any:
        try:
            return self.scope[key]
        except KeyError:
            raise AttributeError(
                f"{self.__class__.__name__!r} object has no attribute {key!r}. It is there after "
                f"{source}; is one listed in MIDDLEWARE?"
            ) from None

    def _drop(self, key: str) -> None:
        if key not in self.scope:
            raise AttributeError(key)
        del self.scope[key]

    @property
    def resolver_match(self) -> ResolverMatch | None:
        """The match of the URL, once it has been resolved."""
        if "resolver_match" not in self.__dict__:
            build = self.scope.get(MATCH_KEY)
            if build is None:
                return None
            self.__dict__["resolver_match"] = build()
        return cast("ResolverMatch | None", self.__dict__["resolver_match"])

    @resolver_match.setter
    def resolver_match(self, value: ResolverMatch | None) -> None:
        self.__dict__["resolver_match"] = value

    # --- content type and encoding ------------------------------------------------------

    def _set_content_type_params(self, meta: Mapping[str, Any]) -> None:
        self._parse_content_type(str(meta.get("CONTENT_TYPE", "")))

    def _parse_content_type(self, header: str) -> None:
        try:
            content_type, params = parse_header_parameters(header)
        except ValueError as error:
            raise BadRequest("Invalid Content-Type header.") from error
        self.__dict__["content_type"] = content_type
        self.__dict__["content_params"] = params
        charset = params.get("charset")
        if charset and "_encoding" not in self.__dict__:
            try:
                codecs.lookup(charset)
            except (LookupError, ValueError):
                return
            self.encoding = charset

    @cached_property
    def content_type(self) -> str | None:
        """The media type of the body without parameters, in lower case; `""` if none was sent.

        Raises:
            BadRequest: The header cannot be parsed.
        """
        self._parse_content_type(self._header("content-type", "CONTENT_TYPE"))
        return cast("str | None", self.__dict__["content_type"])

    @cached_property
    def content_params(self) -> dict[str, str] | None:
        """The parameters of the content type."""
        self._parse_content_type(self._header("content-type", "CONTENT_TYPE"))
        return cast("dict[str, str] | None", self.__dict__["content_params"])

    @property
    def encoding(self) -> str | None:
        """The character set of GET and POST; `None` means `DEFAULT_CHARSET`."""
        if self._encoding is None and "content_type" not in self.__dict__:
            self._parse_content_type(self._header("content-type", "CONTENT_TYPE"))
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        # What has been decoded is decoded again on the next access.
        self._encoding = value
        self.__dict__.pop("GET", None)
        self.__dict__.pop("_post", None)

    # --- negotiation --------------------------------------------------------------------

    @cached_property
    def accepted_types(self) -> list[MediaType]:
        """The media ranges the client accepts, the preferred ones first."""
        return parse_accept(str(self.headers.get("Accept", "*/*")))

    @cached_property
    def accepted_types_by_precedence(self) -> list[MediaType]:
        """The accepted media ranges, the most specific ones first."""
        return sorted(
            self.accepted_types, key=lambda found: (found.specificity, found.quality), reverse=True
        )

    def accepted_type(self, media_type: str) -> MediaType | None:
        """Return the accepted range that fits a media type best, or `None`."""
        return best_match(self.accepted_types, media_type)

    def get_preferred_type(self, media_types: Sequence[str]) -> str | None:
        """Return which of the given types the client likes best, or `None` if it takes none."""
        if not media_types or not self.accepted_types:
            return None
        found = [
            (self.accepted_types.index(accepted), media_type)
            for media_type in media_types
            if (accepted := self.accepted_type(media_type)) is not None
        ]
        return min(found, key=lambda pair: pair[0])[1] if found else None

    def accepts(self, media_type: str) -> bool:
        """Whether the client takes a response of the given media type."""
        return self.accepted_type(media_type) is not None

    # --- host, scheme and URLs ----------------------------------------------------------

    def _get_raw_host(self) -> str:
        """Return the host as sent, unchecked."""
        meta = self.META
        if settings.USE_X_FORWARDED_HOST and "HTTP_X_FORWARDED_HOST" in meta:
            return str(meta["HTTP_X_FORWARDED_HOST"])
        if "HTTP_HOST" in meta:
            return str(meta["HTTP_HOST"])
        host = str(meta["SERVER_NAME"])
        port = self.get_port()
        return host if port == ("443" if self.is_secure() else "80") else f"{host}:{port}"

    def get_host(self) -> str:
        """Return the host, with its port if one was sent.

        Raises:
            DisallowedHost: The host is malformed or not covered by `ALLOWED_HOSTS`.
        """
        host = self._get_raw_host()
        allowed: Sequence[str] = settings.ALLOWED_HOSTS
        if settings.DEBUG and not allowed:
            allowed = (".localhost", "127.0.0.1", "[::1]")
        domain, _ = split_domain_port(host)
        if domain and validate_host(domain, allowed):
            return host
        message = f"Invalid HTTP_HOST header: {host!r}."
        if domain:
            message += f" You may need to add {domain!r} to ALLOWED_HOSTS."
        else:
            message += " The domain name provided is not valid according to RFC 1034/1035."
        raise DisallowedHost(message)

    def get_port(self) -> str:
        """Return the port as text, by `X-Forwarded-Port` if `USE_X_FORWARDED_PORT` is set."""
        if settings.USE_X_FORWARDED_PORT and "HTTP_X_FORWARDED_PORT" in self.META:
            return str(self.META["HTTP_X_FORWARDED_PORT"])
        return str(self.META["SERVER_PORT"])

    def get_full_path(self, force_append_slash: bool = False) -> str:
        """Return path and query string, quoted; with a slash appended to the path if asked."""
        return self._get_full_path(self.path, force_append_slash)

    def get_full_path_info(self, force_append_slash: bool = False) -> str:
        """Return the same as `get_full_path()` for the path below the script prefix."""
        return self._get_full_path(self.path_info, force_append_slash)

    def _get_full_path(self, path: str, force_append_slash: bool) -> str:
        slash = "/" if force_append_slash and not path.endswith("/") else ""
        query = str(self.META.get("QUERY_STRING", "") or "")
        # A query string has to be ASCII; whoever sent something else gets it encoded.
        query = f"?{iri_to_uri(query)}" if query else ""
        return f"{escape_uri_path(path)}{slash}{query}"

    def build_absolute_uri(self, location: Any = None) -> str:
        """Return an absolute URI.

        Args:
            location: A path, relative or absolute, or a URL; this request's full path by default.

        Raises:
            DisallowedHost: The request's host is needed and not allowed.
        """
        # With two slashes ahead, so that a path beginning with `//` is no host.
        location = f"//{self.get_full_path()}" if location is None else str(location)
        bits = urlsplit(location)
        if not (bits.scheme and bits.netloc):
            simple = (
                bits.path.startswith("/")
                and not bits.scheme
                and not bits.netloc
                and "/./" not in bits.path
                and "/../" not in bits.path
            )
            if simple:
                location = self._current_scheme_host + location.removeprefix("//")
            else:
                location = urljoin(self._current_scheme_host + self.path, location)
        return iri_to_uri(location)

    @cached_property
    def _current_scheme_host(self) -> str:
        return f"{self.scheme}://{self.get_host()}"

    def _get_scheme(self) -> str:
        """Return the scheme of the transport."""
        return self.scope.get("scheme") or "http"

    @property
    def scheme(self) -> str:
        """`http` or `https`; the header of `SECURE_PROXY_SSL_HEADER` decides if it is set.

        Raises:
            ImproperlyConfigured: The setting is no pair.
        """
        expected = settings.SECURE_PROXY_SSL_HEADER
        if expected:
            try:
                header, secure_value = expected
            except ValueError:
                raise ImproperlyConfigured(
                    "The SECURE_PROXY_SSL_HEADER setting must be a tuple containing two values."
                ) from None
            value = self.META.get(header)
            if value is not None:
                return "https" if value.split(",", 1)[0].strip() == secure_value else "http"
        return self._get_scheme()

    def is_secure(self) -> bool:
        """Whether the request came over HTTPS."""
        return self.scheme == "https"

    def get_signed_cookie(
        self,
        key: str,
        default: Any = RAISE_ERROR,
        salt: str = "",
        max_age: Any = None,
    ) -> Any:
        """Return the value of a signed cookie.

        Args:
            key: The cookie's name.
            default: What to return if the cookie is missing or its signature is wrong.
            salt: The salt it was signed with.
            max_age: Seconds (or a timedelta) after which it counts as expired.

        Raises:
            KeyError: There is no such cookie.
            BadSignature: The signature is wrong or too old.
        """
        from fastjango.core import signing

        try:
            value = self.COOKIES[key]
        except KeyError:
            if default is not RAISE_ERROR:
                return default
            raise
        try:
            return signing.unsign_cookie(value, cookie_name=key, salt=salt, max_age=max_age)
        except signing.BadSignature:
            if default is not RAISE_ERROR:
                return default
            raise

    # --- uploads ------------------------------------------------------------------------

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
            from_thread.run(self.aload)
        return self._stream

    @property
    def body(self) -> Any:
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
        return self._body

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

    def close(self) -> Any:  # type: ignore[override]  # synchronous in Django; the result can be awaited
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


class ASGIRequest(HttpRequest):
    """A request from an ASGI scope and a file with its body, as Django's class of that name."""

    def __init__(self, scope: Scope, body_file: IO[bytes]) -> None:
        super().__init__(scope)
        self._stream = body_file
        self._set_content_type_params(self.META)


class WSGIRequest(HttpRequest):
    """A request from a WSGI environment.

    FastJango serves ASGI; this class is for code and tests that hold an `environ`.
    """

    def __init__(self, environ: dict[str, Any]) -> None:
        script_name = _wsgi_text(environ, "SCRIPT_NAME", "")
        if settings.FORCE_SCRIPT_NAME is not None:
            script_name = str(settings.FORCE_SCRIPT_NAME)
        # An empty path is the root of the site.
        path_info = _wsgi_path(environ) or "/"
        path = f"{script_name.rstrip('/')}/{path_info.replace('/', '', 1)}"
        query = str(environ.get("QUERY_STRING", ""))
        super().__init__(
            {
                "type": "http",
                "method": environ["REQUEST_METHOD"].upper(),
                "path": path,
                "root_path": script_name,
                "scheme": environ.get("wsgi.url_scheme"),
                "query_string": query.encode("latin-1"),
                "headers": HttpHeaders(environ).raw,
            }
        )
        self.environ = environ
        self.path, self.path_info, self.script_name = path, path_info, script_name
        self.META = environ
        environ["PATH_INFO"], environ["SCRIPT_NAME"] = path_info, script_name
        self._set_content_type_params(environ)
        try:
            content_length = int(environ.get("CONTENT_LENGTH") or 0)
        except ValueError:
            content_length = 0
        self._stream = LimitedStream(environ["wsgi.input"], content_length)

    def _query_string(self) -> bytes:
        return str(self.environ.get("QUERY_STRING", "")).encode("latin-1")


def _wsgi_text(environ: Mapping[str, Any], key: str, default: str) -> str:
    """Return a WSGI value, which is bytes read as latin-1, as the UTF-8 text it is."""
    return str(environ.get(key, default)).encode("latin-1").decode(errors="replace")


def _wsgi_path(environ: Mapping[str, Any]) -> str:
    from fastjango.values.encoding import repercent_broken_unicode

    raw = str(environ.get("PATH_INFO", "/")).encode("latin-1")
    return repercent_broken_unicode(raw).decode()
