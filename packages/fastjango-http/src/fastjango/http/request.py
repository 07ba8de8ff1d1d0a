"""`HttpRequest`: Django's request on Starlette's."""

from __future__ import annotations

import codecs
import re
from collections.abc import ItemsView, KeysView, Mapping, Sequence, ValuesView
from io import BytesIO
from typing import IO, TYPE_CHECKING, Any, cast

from fastjango.core import settings
from fastjango.core.exceptions import BadRequest
from fastjango.http.additions import AddedByMiddleware
from fastjango.http.attributes import lazy_attribute
from fastjango.http.bodies import LimitedStream
from fastjango.http.cookies import parse_cookie
from fastjango.http.exceptions import RawPostDataException, UnreadablePostError
from fastjango.http.forms import BodyRequest
from fastjango.http.headers import HttpHeaders, meta_from_scope
from fastjango.http.hosts import split_domain_port, validate_host
from fastjango.http.negotiation import MediaType, best_match, parse_accept
from fastjango.http.origin import OriginMixin
from fastjango.http.querydict import QueryDict
from fastjango.values.datastructures import MultiValueDict
from fastjango.values.encoding import known_charset, repercent_broken_unicode
from fastjango.values.http import parse_header_parameters
from starlette.requests import empty_receive, empty_send
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
    "get_script_name",
    "get_script_prefix",
    "split_domain_port",
    "validate_host",
]

RAISE_ERROR = object()
# Codecs of Python that fail whatever errors= says, or make surrogates, which nothing can store.
_NO_CHARSETS = frozenset(
    {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
)
REQUEST_KEY = "fastjango.request"
MATCH_KEY = "fastjango.match"


class HttpRequest(OriginMixin, AddedByMiddleware, BodyRequest):
    """One request, with the attributes of Django's and the methods of Starlette's.

    Everything is parsed when it is touched. Without arguments it is an empty request to fill in,
    as tests do.

    Args:
        scope: The ASGI scope.
        receive: The channel the body comes through.
        send: The channel answers go through.
    """

    urlconf: Any

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
        return cast("KeysView[str]", self.scope.keys())

    def values(self) -> ValuesView[Any]:
        """Return the values of the ASGI scope."""
        return cast("ValuesView[Any]", self.scope.values())

    def items(self) -> ItemsView[str, Any]:
        """Return the items of the ASGI scope."""
        return cast("ItemsView[str, Any]", self.scope.items())

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
    def path(self) -> Any:
        """The decoded path, the script prefix included."""
        path = self.__dict__.get("_path")
        return self.scope["path"] if path is None else path

    @path.setter
    def path(self, value: Any) -> None:
        self.__dict__["_path"] = value

    @lazy_attribute
    def script_name(self) -> str:
        """The path under which the site is served, without a slash at the end."""
        return get_script_prefix(self.scope)

    @lazy_attribute
    def path_info(self) -> str:
        """The decoded path below the script prefix; what URLconfs match."""
        script_name = self.script_name.rstrip("/")
        path: str = self.path
        if script_name and (path == script_name or path.startswith(script_name + "/")):
            return path[len(script_name) :]
        return path

    @lazy_attribute
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

    @lazy_attribute
    def GET(self) -> QueryDict:  # noqa: N802 - Django's name
        """The parsed query string."""
        return QueryDict(self._query_string(), encoding=self.encoding)

    def _query_string(self) -> str | bytes:
        if "META" in self.__dict__:
            query: str = self.META.get("QUERY_STRING", "")
            return query.encode("latin-1", "replace") if query.isascii() else query
        raw: bytes = self.scope.get("query_string", b"")
        return raw

    @lazy_attribute
    def COOKIES(self) -> dict[str, str]:  # noqa: N802 - Django's name
        """The cookies by name."""
        header = self._header("cookie", "HTTP_COOKIE")
        return parse_cookie(header.encode("latin-1", "replace").decode(errors="replace"))

    # --- the URL's match ----------------------------------------------------------------

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
        charset = known_charset(params.get("charset", ""))
        if charset and "_encoding" not in self.__dict__:
            found = codecs.lookup(charset)
            if not getattr(found, "_is_text_encoding", True) or found.name in _NO_CHARSETS:
                # Codecs such as bz2 make no text of bytes.
                return
            self.encoding = charset

    @lazy_attribute
    def content_type(self) -> str | None:
        """The media type of the body without parameters, in lower case; `""` if none was sent.

        Raises:
            BadRequest: The header cannot be parsed.
        """
        self._parse_content_type(self._header("content-type", "CONTENT_TYPE"))
        return cast("str | None", self.__dict__["content_type"])

    @lazy_attribute
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

    @lazy_attribute
    def accepted_types(self) -> list[MediaType]:
        """The media ranges the client accepts, the preferred ones first."""
        return parse_accept(str(self.headers.get("Accept", "*/*")))

    @lazy_attribute
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

    # --- cookies ------------------------------------------------------------------------

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
        script_name = get_script_name(environ)
        # An empty path is the root of the site.
        path_info = _wsgi_path(environ) or "/"
        path = f"{script_name.rstrip('/')}/{path_info.replace('/', '', 1)}"
        super().__init__(
            {
                "type": "http",
                "method": environ["REQUEST_METHOD"].upper(),
                "path": path,
                "root_path": script_name,
                "scheme": environ.get("wsgi.url_scheme"),
                "query_string": str(environ.get("QUERY_STRING", "")).encode("latin-1"),
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


def _wsgi_bytes(environ: Mapping[str, Any], key: str, default: str = "") -> bytes:
    """Return the bytes behind a WSGI value, which is a text of latin-1."""
    return str(environ.get(key, default)).encode("latin-1")


def _wsgi_path(environ: Mapping[str, Any]) -> str:
    return repercent_broken_unicode(_wsgi_bytes(environ, "PATH_INFO", "/")).decode()


def get_script_name(environ: Mapping[str, Any]) -> str:
    """Return the script name of a WSGI environment, as the client sees it.

    `FORCE_SCRIPT_NAME` decides if it is set; `SCRIPT_URL` and `REDIRECT_URL`, which a rewriting
    Apache sets, come before `SCRIPT_NAME`.
    """
    if settings.FORCE_SCRIPT_NAME is not None:
        return str(settings.FORCE_SCRIPT_NAME)
    script_url = _wsgi_bytes(environ, "SCRIPT_URL") or _wsgi_bytes(environ, "REDIRECT_URL")
    if script_url:
        # Servers squash slashes in PATH_INFO and not in these.
        script_url = re.sub(rb"/+", b"/", script_url)
        name = script_url.removesuffix(_wsgi_bytes(environ, "PATH_INFO"))
    else:
        name = _wsgi_bytes(environ, "SCRIPT_NAME")
    return name.decode(errors="replace")


def get_script_prefix(scope: Mapping[str, Any]) -> str:
    """Return the script prefix of an ASGI scope: `FORCE_SCRIPT_NAME`, else its `root_path`."""
    forced: str | None = settings.FORCE_SCRIPT_NAME
    return forced or scope.get("root_path", "") or ""
