"""Responses: Django's classes, usable as ASGI applications and returned from any view."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from fastjango.core.exceptions import DisallowedRedirect
from fastjango.core.functional import cached_property
from fastjango.http._response_base import CAPTURE_KEY as CAPTURE_KEY
from fastjango.http._response_base import HttpResponseBase
from fastjango.http._response_headers import ResponseHeaders
from fastjango.http.exceptions import BadHeaderError, Http404
from fastjango.values.encoding import iri_to_uri
from fastjango.values.http import MAX_URL_REDIRECT_LENGTH
from fastjango.values.json import DjangoJSONEncoder
from starlette.types import Scope, Send

__all__ = [
    "BadHeaderError",
    "Http404",
    "HttpResponse",
    "HttpResponseBadRequest",
    "HttpResponseBase",
    "HttpResponseForbidden",
    "HttpResponseGone",
    "HttpResponseNotAllowed",
    "HttpResponseNotFound",
    "HttpResponseNotModified",
    "HttpResponsePermanentRedirect",
    "HttpResponseRedirect",
    "HttpResponseRedirectBase",
    "HttpResponseServerError",
    "JsonResponse",
    "ResponseHeaders",
]

CHUNK_SIZE = 2**16  # bytes of a body per ASGI message
_BODILESS = frozenset({204, 304})


class HttpResponse(HttpResponseBase):
    """A response whose content is held in memory.

    Args:
        content: Text, bytes, or an iterable of them, which is read at once.
        args: What `HttpResponseBase` takes: `content_type`, `status`, `reason`, `charset`,
            `headers`.
        kwargs: The same by name.
    """

    def __init__(self, content: Any = b"", *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.content = content

    def serialize(self) -> bytes:
        """Return headers and content as they look on the wire, without cookies."""
        return self.serialize_headers() + b"\r\n\r\n" + self.content

    __bytes__ = serialize

    @property
    def content(self) -> bytes:
        """The content; assigning an iterable reads and closes it."""
        return b"".join(self._container)

    @content.setter
    def content(self, value: Any) -> None:
        self._set_content(value)

    def _set_content(self, value: Any) -> None:
        if hasattr(value, "__iter__") and not isinstance(
            value, (bytes, memoryview, bytearray, str)
        ):
            content = b"".join(self.make_bytes(chunk) for chunk in value)
            close = getattr(value, "close", None)
            if close is not None:
                try:
                    close()
                except Exception:
                    pass
        else:
            content = self.make_bytes(value)
        self._container: list[bytes] = [content]
        self.__dict__.pop("text", None)

    @property
    def body(self) -> bytes:  # type: ignore[override]  # an attribute in Starlette
        """The content, under Starlette's name."""
        return self.content

    @cached_property
    def text(self) -> str:
        """The content as text."""
        return self.content.decode(self.charset or "utf-8")

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._container)

    def write(self, content: Any) -> Any:
        """Append content."""
        self._container.append(self.make_bytes(content))
        self.__dict__.pop("text", None)

    def tell(self) -> int:
        """Return the length of the content in bytes."""
        return len(self.content)

    def getvalue(self) -> bytes:
        """Return the content."""
        return self.content

    def writable(self) -> bool:
        """Return `True`."""
        return True

    def writelines(self, lines: Iterable[Any]) -> None:
        """Append several pieces of content."""
        for line in lines:
            self.write(line)

    async def _send(self, scope: Scope, send: Send) -> None:
        body = self.content
        headers = self.raw_headers
        status = self.status_code
        if (
            not (status < 200 or status in _BODILESS)
            and "content-length" not in self.headers
            and "transfer-encoding" not in self.headers
        ):
            headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        for start in range(CHUNK_SIZE, len(body), CHUNK_SIZE):
            chunk = body[start - CHUNK_SIZE : start]
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        last = (len(body) - 1) // CHUNK_SIZE * CHUNK_SIZE if body else 0
        await send({"type": "http.response.body", "body": body[last:] if last else body})


class HttpResponseRedirectBase(HttpResponse):
    """A redirect.

    Args:
        redirect_to: Where to: a path or a URL.
        preserve_request: Whether the client shall repeat method and body (307 or 308).
        max_length: Characters the target may have; `None` lifts the limit.

    Raises:
        DisallowedRedirect: The target's scheme is not allowed, or it is too long.
    """

    allowed_schemes: Iterable[str] = ["http", "https", "ftp"]
    status_code: int
    status_code_preserve_request: int

    def __init__(
        self,
        redirect_to: Any,
        preserve_request: bool = False,
        *args: Any,
        max_length: int | None = MAX_URL_REDIRECT_LENGTH,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self["Location"] = iri_to_uri(redirect_to)
        if max_length is not None and len(self["Location"]) > max_length:
            raise DisallowedRedirect(f"Unsafe redirect exceeding {max_length} characters")
        try:
            scheme = urlsplit(str(redirect_to)).scheme
        except ValueError as error:
            raise DisallowedRedirect(f"Unsafe redirect to the malformed URL: {error}") from error
        if preserve_request:
            self.status_code = self.status_code_preserve_request
        if scheme and scheme not in self.allowed_schemes:
            raise DisallowedRedirect(f"Unsafe redirect to URL with protocol '{scheme}'")

    @property
    def url(self) -> str:
        """The target."""
        return self["Location"]

    def __repr__(self) -> str:
        return (
            f"<{self.__class__.__name__} status_code={self.status_code:d}"
            f'{self._content_type_for_repr}, url="{self.url}">'
        )


class HttpResponseRedirect(HttpResponseRedirectBase):
    """302 Found, or 307 with `preserve_request`."""

    status_code: int = 302
    status_code_preserve_request: int = 307


class HttpResponsePermanentRedirect(HttpResponseRedirectBase):
    """301 Moved Permanently, or 308 with `preserve_request`."""

    status_code: int = 301
    status_code_preserve_request: int = 308


class HttpResponseNotModified(HttpResponse):
    """304 Not Modified: no content and no content type."""

    status_code: int = 304

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self["content-type"]

    def _set_content(self, value: Any) -> None:
        if value:
            raise AttributeError("You cannot set content to a 304 (Not Modified) response")
        self._container = []


class HttpResponseBadRequest(HttpResponse):
    """400 Bad Request."""

    status_code: int = 400


class HttpResponseNotFound(HttpResponse):
    """404 Not Found."""

    status_code: int = 404


class HttpResponseForbidden(HttpResponse):
    """403 Forbidden."""

    status_code: int = 403


class HttpResponseNotAllowed(HttpResponse):
    """405 Method Not Allowed.

    Args:
        permitted_methods: The methods that are allowed.
    """

    status_code: int = 405

    def __init__(self, permitted_methods: Iterable[str], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self["Allow"] = ", ".join(permitted_methods)

    def __repr__(self) -> str:
        return (
            f"<{self.__class__.__name__} [{self['Allow']}] status_code={self.status_code:d}"
            f"{self._content_type_for_repr}>"
        )


class HttpResponseGone(HttpResponse):
    """410 Gone."""

    status_code: int = 410


class HttpResponseServerError(HttpResponse):
    """500 Internal Server Error."""

    status_code: int = 500


class JsonResponse(HttpResponse):
    """A response with a value written as JSON.

    Args:
        data: The value; a dict unless `safe` is false.
        encoder: The JSON encoder class.
        safe: Whether only dicts are taken, as arrays were dangerous before ECMAScript 5.
        json_dumps_params: Keyword arguments of `json.dumps()`.
        kwargs: What `HttpResponse` takes.

    Raises:
        TypeError: The value is no dict and `safe` is on, or it cannot be written as JSON.
    """

    def __init__(
        self,
        data: Any,
        encoder: type[json.JSONEncoder] = DjangoJSONEncoder,
        safe: bool = True,
        json_dumps_params: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        if safe and not isinstance(data, dict):
            raise TypeError(
                "In order to allow non-dict objects to be serialized set the safe parameter to "
                "False."
            )
        kwargs.setdefault("content_type", "application/json")
        text = json.dumps(data, cls=encoder, **(json_dumps_params or {}))
        super().__init__(content=text, **kwargs)
