"""Requests made by hand, to call views with."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import json
from collections.abc import Mapping
from http.cookies import SimpleCookie
from io import BytesIO
from typing import Any, Final
from urllib.parse import SplitResult, unquote_to_bytes, urlsplit

from fastjango.core.conf import settings
from fastjango.http.bodies import LimitedStream
from fastjango.http.headers import HttpHeaders
from fastjango.http.request import ASGIRequest, WSGIRequest
from fastjango.testing.multipart import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from fastjango.testing.payload import FakePayload
from fastjango.values.encoding import force_bytes
from fastjango.values.http import urlencode
from fastjango.values.json import DjangoJSONEncoder
from fastjango.values.regex_helper import lazy_re_compile

__all__ = ["AsyncRequestFactory", "RequestFactory"]

CONTENT_TYPE_RE: Final = lazy_re_compile(r".*; charset=([\w-]+);?")
# https://datatracker.ietf.org/doc/html/rfc6838#section-4.2.8
JSON_CONTENT_TYPE_RE: Final = lazy_re_compile(r"^application\/(.+\+)?json")
OCTET_STREAM: Final = "application/octet-stream"

Headers = Mapping[str, Any] | None
Query = Mapping[str, Any] | None


class RequestFactory:
    """Makes requests without sending them anywhere: `view(factory.get("/"))`.

    Args:
        json_encoder: Encodes data for JSON content types.
        headers: Headers of every request.
        query_params: Query parameters of every request that has none of its own.
        defaults: Entries of every request's environment (`REMOTE_ADDR="203.0.113.7"`).
    """

    def __init__(
        self,
        *,
        json_encoder: type[json.JSONEncoder] = DjangoJSONEncoder,
        headers: Headers = None,
        query_params: Query = None,
        **defaults: Any,
    ) -> None:
        self.json_encoder = json_encoder
        self.defaults: dict[str, Any] = defaults
        self.cookies: SimpleCookie = SimpleCookie()
        self.errors: BytesIO = BytesIO()
        if headers:
            self.defaults.update(HttpHeaders.to_wsgi_names(headers))
        if query_params:
            self.defaults["QUERY_STRING"] = urlencode(query_params, doseq=True)

    def _cookie_header(self) -> str:
        return "; ".join(
            sorted(f"{morsel.key}={morsel.coded_value}" for morsel in self.cookies.values())
        )

    def _base_environ(self, **request: Any) -> dict[str, Any]:
        return {
            "HTTP_COOKIE": self._cookie_header(),
            "PATH_INFO": "/",
            "REMOTE_ADDR": "127.0.0.1",
            "REQUEST_METHOD": "GET",
            "SCRIPT_NAME": "",
            "SERVER_NAME": "testserver",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": FakePayload(b""),
            "wsgi.errors": self.errors,
            "wsgi.multiprocess": True,
            "wsgi.multithread": False,
            "wsgi.run_once": False,
            **self.defaults,
            **request,
        }

    def request(self, **request: Any) -> Any:
        """Make a request from entries of a WSGI environment."""
        return WSGIRequest(self._base_environ(**request))

    def _encode_data(self, data: Any, content_type: str) -> Any:
        if content_type is MULTIPART_CONTENT:
            return encode_multipart(BOUNDARY, data)
        match = CONTENT_TYPE_RE.match(content_type)
        return force_bytes(data, encoding=match[1] if match else settings.DEFAULT_CHARSET)

    def _encode_json(self, data: Any, content_type: str) -> Any:
        is_data = isinstance(data, (dict, list, tuple))
        if is_data and JSON_CONTENT_TYPE_RE.match(content_type):
            return json.dumps(data, cls=self.json_encoder)
        return data

    def _get_path(self, parsed: SplitResult) -> str:
        return unquote_to_bytes(parsed.path).decode("iso-8859-1")  # as WSGI has it

    def _query_request(
        self, method: str, path: Any, data: Any, query_params: Query, **options: Any
    ) -> Any:
        if query_params and data:
            raise ValueError("query_params and data arguments are mutually exclusive.")
        return self.generic(method, path, query_params=data or query_params or {}, **options)

    def _body_request(
        self, method: str, path: Any, data: Any, content_type: str, *args: Any, **options: Any
    ) -> Any:
        data = self._encode_json(data, content_type)
        return self.generic(method, path, data, content_type, *args, **options)

    def get(
        self,
        path: Any,
        data: Any = None,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a GET request; `data` are its query parameters."""
        return self._query_request(
            "GET", path, data, query_params, secure=secure, headers=headers, **extra
        )

    def head(
        self,
        path: Any,
        data: Any = None,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a HEAD request; `data` are its query parameters."""
        return self._query_request(
            "HEAD", path, data, query_params, secure=secure, headers=headers, **extra
        )

    def post(
        self,
        path: Any,
        data: Any = None,
        content_type: str = MULTIPART_CONTENT,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a POST request: a multipart form unless the content type says otherwise."""
        data = self._encode_json({} if data is None else data, content_type)
        return self.generic(
            "POST",
            path,
            self._encode_data(data, content_type),
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def trace(
        self,
        path: Any,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a TRACE request."""
        return self.generic(
            "TRACE", path, secure=secure, headers=headers, query_params=query_params, **extra
        )

    def options(
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make an OPTIONS request."""
        return self.generic(
            "OPTIONS",
            path,
            data,
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def put(
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a PUT request; `data` is encoded if the content type is JSON."""
        return self._body_request(
            "PUT",
            path,
            data,
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def patch(
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a PATCH request; `data` is encoded if the content type is JSON."""
        return self._body_request(
            "PATCH",
            path,
            data,
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def delete(
        self,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a DELETE request; `data` is encoded if the content type is JSON."""
        return self._body_request(
            "DELETE",
            path,
            data,
            content_type,
            secure=secure,
            headers=headers,
            query_params=query_params,
            **extra,
        )

    def generic(
        self,
        method: str,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a request with any method.

        Args:
            method: The method, in upper case.
            path: Path and query of a URL; may be lazy.
            data: The body.
            content_type: Its type; sent only with a body.
            secure: Whether it comes over HTTPS.
            headers: Headers by name.
            query_params: Query parameters; they win over those of the path.
            extra: Entries of the environment.
        """
        parsed = urlsplit(str(path))
        body: bytes = force_bytes(data, settings.DEFAULT_CHARSET)
        environ: dict[str, Any] = {
            "PATH_INFO": self._get_path(parsed),
            "REQUEST_METHOD": method,
            "SERVER_PORT": "443" if secure else "80",
            "wsgi.url_scheme": "https" if secure else "http",
        }
        if body:
            environ["CONTENT_LENGTH"] = str(len(body))
            environ["CONTENT_TYPE"] = content_type
            environ["wsgi.input"] = FakePayload(body)
        if headers:
            extra.update(HttpHeaders.to_wsgi_names(headers))
        if query_params:
            extra["QUERY_STRING"] = urlencode(query_params, doseq=True)
        environ.update(extra)
        if not environ.get("QUERY_STRING"):
            query = parsed.query.encode().decode("iso-8859-1")  # as WSGI has it
            environ["QUERY_STRING"] = query or self.defaults.get("QUERY_STRING", "")
        return self.request(**environ)


class AsyncRequestFactory(RequestFactory):
    """Makes requests as an ASGI server does; extra arguments are headers.

    The methods are not async: only making the request is done here.
    """

    def _base_scope(self, **request: Any) -> dict[str, Any]:
        scope: dict[str, Any] = {
            "asgi": {"version": "3.0"},
            "type": "http",
            "http_version": "1.1",
            "client": ["127.0.0.1", 0],
            "server": ("testserver", "80"),
            "scheme": "http",
            "method": "GET",
            "headers": [],
            **self.defaults,
            **request,
        }
        scope["headers"].append((b"cookie", self._cookie_header().encode("ascii")))
        if isinstance(scope.get("query_string"), str):
            scope["query_string"] = scope["query_string"].encode("utf-8", "replace")
        return scope

    def request(self, **request: Any) -> Any:
        """Make a request from entries of an ASGI scope."""
        body = request.pop("_body_file", None) or FakePayload("")
        # Reading beyond the end is allowed here, as it is on a server.
        stream: Any = LimitedStream(body, len(body))
        return ASGIRequest(self._base_scope(**request), stream)

    def _get_path(self, parsed: SplitResult) -> str:
        return unquote_to_bytes(parsed.path).decode(errors="replace")

    def generic(
        self,
        method: str,
        path: Any,
        data: Any = "",
        content_type: str = OCTET_STREAM,
        secure: bool = False,
        *,
        headers: Headers = None,
        query_params: Query = None,
        **extra: Any,
    ) -> Any:
        """Make a request with any method; see `RequestFactory.generic`.

        Args:
            extra: Headers by upper-case names with underscores.
        """
        parsed = urlsplit(str(path))
        body: bytes = force_bytes(data, settings.DEFAULT_CHARSET)
        scope: dict[str, Any] = {
            "method": method,
            "path": self._get_path(parsed),
            "server": ("127.0.0.1", "443" if secure else "80"),
            "scheme": "https" if secure else "http",
            "headers": [(b"host", b"testserver")],
        }
        extra = {**self.defaults, **extra}
        if body:
            scope["headers"] += [
                (b"content-length", str(len(body)).encode("ascii")),
                (b"content-type", content_type.encode("ascii")),
            ]
            scope["_body_file"] = FakePayload(body)
        query_string = extra.pop("QUERY_STRING", None)
        if query_params:
            query_string = urlencode(query_params, doseq=True)
        scope["query_string"] = query_string or parsed.query
        if headers:
            extra.update(HttpHeaders.to_asgi_names(headers))
        given = [
            (self._header_name(name), str(value).encode("latin-1")) for name, value in extra.items()
        ]
        if any(name == b"host" for name, _ in given):
            scope["headers"] = scope["headers"][1:]
        scope["headers"] += given
        return self.request(**scope)

    @staticmethod
    def _header_name(name: str) -> bytes:
        return name.removeprefix("HTTP_").lower().replace("_", "-").encode("ascii")
