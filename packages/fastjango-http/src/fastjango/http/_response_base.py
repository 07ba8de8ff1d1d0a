"""What all responses share."""

from __future__ import annotations

import datetime
import re
import time
from collections.abc import Callable, ItemsView, Iterable, Mapping
from http.client import responses as reason_phrases
from http.cookies import SimpleCookie
from typing import Any, NoReturn, cast

from fastjango.core import settings
from fastjango.core.functional import cached_property
from fastjango.core.timezone import is_naive, make_aware
from fastjango.http._response_headers import ResponseHeaders
from fastjango.http.aio import run_in_thread
from fastjango.http.exceptions import BadHeaderError
from fastjango.signals import request_finished
from fastjango.values.http import http_date
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

_CHARSET = re.compile(r";\s*charset=(?P<charset>[^\s;]+)", re.IGNORECASE)
_CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f]")
CAPTURE_KEY = "fastjango.capture"
"""Key of the ASGI scope under which a test client leaves a function that gets the response."""


class _Hidden:
    """Takes an inherited method away: reading it fails as if it had never been there."""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type | None = None) -> NoReturn:
        raise AttributeError(f"{owner.__name__ if owner else instance!r} has no {self.name!r}")


class HttpResponseBase(Response):
    """What all responses share: status, headers and cookies; `response["Name"]` is a header.

    Args:
        content_type: The Content-Type header, `text/html` in `DEFAULT_CHARSET` by default.
        status: The status code, 100 to 599.
        reason: The reason phrase, the usual one for the status by default.
        charset: Character set of texts, that of the content type by default.
        headers: Headers to begin with.

    Raises:
        TypeError: The status is no number.
        ValueError: The status is out of range, or the content type is given twice.
        BadHeaderError: A header or the reason cannot be sent.
    """

    status_code: int = 200
    streaming: bool = False
    background: Any = None
    # A property in Starlette; here every response sets its own.
    headers: Any = None
    # Starlette's Response renders in its constructor; here only template responses have `render`.
    render: Any = _Hidden()

    def __init__(
        self,
        content_type: str | None = None,
        status: Any = None,
        reason: str | None = None,
        charset: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        self.headers = ResponseHeaders(headers)
        self._charset = charset
        if headers is None or "Content-Type" not in self.headers:
            if content_type is None:
                content_type = f"text/html; charset={self.charset}"
            self.headers["Content-Type"] = content_type
        elif content_type:
            raise ValueError(
                "'headers' must not contain 'Content-Type' when the 'content_type' parameter is "
                "provided."
            )
        self._resource_closers: list[Callable[[], Any]] = []
        # Who sent the response; the sender of request_finished.
        self._handler_class: Any = None
        self.closed: bool = False
        if status is not None:
            self.status_code = self._check_status(status)
        self.reason_phrase = reason

    @staticmethod
    def _check_status(status: Any) -> int:
        try:
            code = int(status)
        except (ValueError, TypeError):
            raise TypeError("HTTP status code must be an integer.") from None
        if not 100 <= code <= 599:
            raise ValueError("HTTP status code must be an integer from 100 to 599.")
        return code

    @cached_property
    def cookies(self) -> SimpleCookie:
        """The cookies to set, by name."""
        return SimpleCookie()

    @property
    def reason_phrase(self) -> str:
        """The text after the status; HTTP/2 and later do not send it."""
        if self._reason_phrase is not None:
            return self._reason_phrase
        return reason_phrases.get(self.status_code, "Unknown Status Code")

    @reason_phrase.setter
    def reason_phrase(self, value: str | None) -> None:
        if value and _CONTROL_CHARACTERS.search(value):
            raise BadHeaderError("reason_phrase can't contain control characters.")
        self._reason_phrase: str | None = value

    @property
    def charset(self) -> str:  # an attribute in Starlette
        """The character set texts are encoded in."""
        if self._charset is not None:
            return self._charset
        # While the default content type is being made there is none to look at.
        content_type = self.headers.get("Content-Type")
        if content_type and (found := _CHARSET.search(content_type)):
            # Not stored: the content type may still change.
            return found["charset"].replace('"', "")
        return str(settings.DEFAULT_CHARSET)

    @charset.setter
    def charset(self, value: str | None) -> None:
        self._charset = value

    def serialize_headers(self) -> bytes:
        """Return the headers as they look on the wire in HTTP/1.1, without cookies."""
        return b"\r\n".join(
            key.encode("ascii") + b": " + value.encode("latin-1") for key, value in self.items()
        )

    __bytes__ = serialize_headers

    @property
    def _content_type_for_repr(self) -> str:
        content_type = self.headers.get("Content-Type")
        return "" if content_type is None else f', "{content_type}"'

    def __repr__(self) -> str:
        return (
            f"<{self.__class__.__name__} status_code={self.status_code:d}"
            f"{self._content_type_for_repr}>"
        )

    # --- headers ------------------------------------------------------------------------

    def __setitem__(self, header: str, value: Any) -> None:
        self.headers[header] = value

    def __delitem__(self, header: str) -> None:
        del self.headers[header]

    def __getitem__(self, header: str) -> str:
        value: str = self.headers[header]
        return value

    def has_header(self, header: str) -> bool:
        """Whether a header is set; its case does not matter."""
        return header in self.headers

    __contains__ = has_header

    def items(self) -> ItemsView[str, str]:
        """Return the headers with their values; cookies are not among them."""
        headers: ResponseHeaders = self.headers
        return headers.items()

    def get(self, header: str, alternate: Any = None) -> Any:
        """Return a header's value, or `alternate`."""
        return self.headers.get(header, alternate)

    def setdefault(self, key: str, value: Any) -> None:
        """Set a header unless it is there."""
        self.headers.setdefault(key, value)

    # --- cookies ------------------------------------------------------------------------

    def set_cookie(  # type: ignore[override]  # Django's defaults: samesite is not set unless asked
        self,
        key: str,
        value: str = "",
        max_age: float | datetime.timedelta | None = None,
        expires: datetime.datetime | str | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: Any = None,
    ) -> None:
        """Set a cookie.

        Args:
            key: Its name.
            value: Its value.
            max_age: Lifetime in seconds or as a timedelta; until the browser closes if `None`.
            expires: Its end, as a text in the right format or a datetime (naive means UTC).
            path: The path it is sent to.
            domain: The domain it is sent to; the host alone if `None`.
            secure: Whether it is sent over HTTPS only.
            httponly: Whether scripts are kept from it.
            samesite: `"Lax"`, `"Strict"` or `"None"`.

        Raises:
            ValueError: `expires` as a datetime came with `max_age`, or `samesite` is unknown.
        """
        self.cookies[key] = value
        cookie = self.cookies[key]
        if isinstance(expires, datetime.datetime):
            if max_age is not None:
                raise ValueError("'expires' and 'max_age' can't be used together.")
            max_age = _seconds_until(expires)
            expires = None
        elif expires is not None:
            cookie["expires"] = expires
        else:
            cookie["expires"] = ""
        if max_age is not None:
            if isinstance(max_age, datetime.timedelta):
                max_age = max_age.total_seconds()
            cookie["max-age"] = int(max_age)
            if not expires:
                # Some clients know `expires` only.
                cookie["expires"] = http_date(time.time() + max_age)
        if path is not None:
            cookie["path"] = path
        if domain is not None:
            cookie["domain"] = domain
        if secure:
            cookie["secure"] = True
        if httponly:
            cookie["httponly"] = True
        if samesite:
            if samesite.lower() not in ("lax", "none", "strict"):
                raise ValueError('samesite must be "lax", "none", or "strict".')
            cookie["samesite"] = samesite

    def set_signed_cookie(self, key: str, value: Any, salt: str = "", **kwargs: Any) -> None:
        """Set a cookie that `request.get_signed_cookie()` accepts only as it was signed.

        Args:
            key: The cookie's name.
            value: Its value.
            salt: Keeps cookies of different purposes apart.
            kwargs: What `set_cookie()` takes.
        """
        from fastjango.core import signing

        signer = signing.get_cookie_signer(salt=signing.cookie_signer_salt(key, salt))
        self.set_cookie(key, signer.sign(value), **kwargs)

    def delete_cookie(  # type: ignore[override]  # Django's signature
        self,
        key: str,
        path: str = "/",
        domain: str | None = None,
        samesite: Any = None,
    ) -> None:
        """Tell the client to forget a cookie; path and domain have to be those it was set with."""
        # Browsers ignore an insecure Set-Cookie for these names and for SameSite=None.
        secure = key.startswith(("__Secure-", "__Host-")) or bool(
            samesite and samesite.lower() == "none"
        )
        self.set_cookie(
            key,
            max_age=0,
            path=path,
            domain=domain,
            secure=secure,
            expires="Thu, 01 Jan 1970 00:00:00 GMT",
            samesite=samesite,
        )

    # --- content ------------------------------------------------------------------------

    def make_bytes(self, value: Any) -> bytes:
        """Return a piece of content as bytes in the response's character set."""
        if isinstance(value, (bytes, memoryview, bytearray)):
            return bytes(cast("bytes", value))
        return bytes(str(value).encode(self.charset))

    def close(self) -> None:
        """Release what the response holds and send `request_finished`."""
        self._close_resources()
        self.closed = True
        request_finished.send(sender=self._handler_class)

    def write(self, content: Any) -> Any:
        """Append content.

        Raises:
            OSError: This kind of response cannot be written to.
        """
        raise OSError(f"This {self.__class__.__name__} instance is not writable")

    def flush(self) -> None:
        """Do nothing; there for code that expects a file."""

    def tell(self) -> int:
        """Return the number of bytes written.

        Raises:
            OSError: This kind of response does not know.
        """
        raise OSError(f"This {self.__class__.__name__} instance cannot tell its position")

    def readable(self) -> bool:
        """Return `False`."""
        return False

    def seekable(self) -> bool:
        """Return `False`."""
        return False

    def writable(self) -> bool:
        """Whether content can be appended."""
        return False

    def writelines(self, lines: Iterable[Any]) -> None:
        """Append several pieces of content.

        Raises:
            OSError: This kind of response cannot be written to.
        """
        raise OSError(f"This {self.__class__.__name__} instance is not writable")

    # --- ASGI ---------------------------------------------------------------------------

    @property
    def raw_headers(self) -> list[tuple[bytes, bytes]]:  # type: ignore[override]
        """Headers and cookies as an ASGI message has them."""
        raw = [
            (key.lower().encode("ascii"), value.encode("latin-1"))
            for key, value in self.headers.items()
        ]
        if "cookies" in self.__dict__:
            raw.extend(
                (b"set-cookie", morsel.OutputString().encode("latin-1"))
                for morsel in self.cookies.values()
            )
        return raw

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response, run its background task, and close it."""
        if scope["type"] == "websocket":
            send = self._wrap_websocket_denial_send(send)
        capture = scope.get(CAPTURE_KEY)
        if capture is not None:
            capture(self)
        try:
            await self._send(scope, send)
        finally:
            await self.aclose()
        if self.background is not None:
            await self.background()

    async def _send(self, scope: Scope, send: Send) -> None:
        raise NotImplementedError(f"{self.__class__.__name__} has no content to send.")

    async def aclose(self) -> None:
        """Close the response: in a thread if something has to be closed, else right here."""
        if self._resource_closers:
            await run_in_thread(self._close_resources)
        self.closed = True
        if request_finished.receivers:
            await request_finished.asend(sender=self._handler_class)

    def _close_resources(self) -> None:
        for closer in self._resource_closers:
            try:
                closer()
            except Exception:
                pass
        self._resource_closers.clear()


def _seconds_until(moment: datetime.datetime) -> int:
    """Return the seconds until a moment, never fewer than none."""
    if is_naive(moment):
        moment = make_aware(moment, datetime.UTC)
    delta = moment - datetime.datetime.now(tz=datetime.UTC)
    # The part of a second lost on the way to a date.
    delta += datetime.timedelta(seconds=1)
    return max(0, delta.days * 86400 + delta.seconds)
