"""What generated endpoints call when the straight line bends: rare, and shared by all of them."""

from __future__ import annotations

import email.message
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl

from fastapi.exceptions import (
    EndpointContext,
    RequestValidationError,
    ResponseValidationError,
)
from fastapi.utils import is_body_allowed_for_status_code
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from .encode import load_json
from .mirror import (
    UNDEFINED,
    extract_endpoint_context,
    get_missing_field_error,
    relocate_errors,
)

__all__ = [
    "BODY_REQUEST",
    "add_errors",
    "add_missing",
    "all_headers",
    "cookies_of",
    "empty_response",
    "first_header",
    "json_body",
    "make_reply",
    "query_pairs",
    "read_body",
    "read_body_of",
    "request_invalid",
    "request_of",
    "response_invalid",
]

# Scope key: the body that was read, or the Request that read it, for exception handlers to read.
BODY_REQUEST = "fastjango.body_request"

_HEADER = b"content-type"


def query_pairs(query: bytes) -> list[tuple[str, str]]:
    """Parse a query string as Starlette's `QueryParams` does."""
    text = query.decode("latin-1")
    if "%" in text or "+" in text:
        return parse_qsl(text, keep_blank_values=True)
    pairs: list[tuple[str, str]] = []
    for piece in text.split("&"):
        if piece:
            name, _, value = piece.partition("=")
            pairs.append((name, value))
    return pairs


def first_header(scope: Scope, name: bytes) -> str | None:
    """Return the first header of that lower-case name."""
    for key, value in scope["headers"]:
        if key == name:
            text: str = value.decode("latin-1")
            return text
    return None


def all_headers(scope: Scope, name: bytes) -> list[str]:
    """Return every header of that lower-case name, in order."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def cookies_of(scope: Scope) -> dict[str, str]:
    """Parse the cookies as Starlette's `Request.cookies` does."""
    cookies: dict[str, str] = {}
    for header in all_headers(scope, b"cookie"):
        cookies.update(cookie_parser(header))
    return cookies


def add_errors(
    errors: list[Any] | None, error: ValidationError, loc: tuple[str | int, ...]
) -> list[Any]:
    """Append what a validator reported, with its place in the request in front."""
    found = relocate_errors(errors=error.errors(include_url=False), loc_prefix=loc)
    if errors is None:
        return list(found)
    errors.extend(found)
    return errors


def add_missing(errors: list[Any] | None, loc: tuple[str | int, ...]) -> list[Any]:
    """Append the error of a required value that the request does not have."""
    missing = get_missing_field_error(loc)
    if errors is None:
        return [missing]
    errors.append(missing)
    return errors


async def read_body(scope: Scope, receive: Receive, send: Send) -> bytes:
    """Read the whole request body.

    Raises:
        HTTPException: 400, the client went away or the server could not read on.
    """
    try:
        message = await receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            body: bytes = message.get("body", b"")
            scope[BODY_REQUEST] = body
            return body
        request = Request(scope, _again(message, receive), send)
        scope[BODY_REQUEST] = request
        return await request.body()
    except HTTPException:
        raise
    except Exception as error:
        raise _unreadable() from error


async def read_body_of(request: Request) -> bytes:
    """Read the whole body through a request that the endpoint gets as well.

    Raises:
        HTTPException: 400, the client went away or the server could not read on.
    """
    try:
        return await request.body()
    except HTTPException:
        raise
    except Exception as error:
        raise _unreadable() from error


def _again(message: Message, receive: Receive) -> Receive:
    """Return a `receive` that hands out `message` first."""
    first: list[Message] = [message]

    async def replayed() -> Message:
        if first:
            return first.pop()
        return await receive()

    return replayed


def _unreadable() -> HTTPException:
    return HTTPException(status_code=400, detail="There was an error parsing the body")


def json_body(scope: Scope, body: bytes, *, strict: bool, call: object, path: str | None) -> Any:
    """Turn the bytes of a body into what FastAPI validates.

    Args:
        strict: Whether a body without a content type is no JSON.
        call: The endpoint, for the error's context.
        path: The endpoint's path, for the error's context.

    Returns:
        The parsed value, or the bytes themselves when the content type is not JSON.
    """
    content_type = first_header(scope, _HEADER)
    if not _is_json(content_type) if content_type else strict:
        return body
    try:
        return load_json(body)
    except json.JSONDecodeError as error:
        raise RequestValidationError(
            [
                {
                    "type": "json_invalid",
                    "loc": ("body", error.pos),
                    "msg": "JSON decode error",
                    "input": {},
                    "ctx": {"error": error.msg},
                }
            ],
            body=error.doc,
            endpoint_ctx=_context(scope, call, path),
        ) from error
    except Exception as error:
        raise _unreadable() from error


@lru_cache(maxsize=256)
def _is_json(content_type: str) -> bool:
    if content_type == "application/json":
        return True
    message = email.message.Message()
    message["content-type"] = content_type
    if message.get_content_maintype() != "application":
        return False
    subtype = message.get_content_subtype()
    return subtype == "json" or subtype.endswith("+json")


def _context(scope: Scope, call: object, path: str | None) -> EndpointContext:
    context: EndpointContext = extract_endpoint_context(call)
    if path:
        mount: str = scope.get("root_path", "").rstrip("/")
        context["path"] = f"{scope['method']} {mount}{path}"
    return context


def request_invalid(
    scope: Scope, errors: list[Any], body: Any, call: object, path: str | None
) -> RequestValidationError:
    """Return the error for a request whose values do not validate."""
    return RequestValidationError(
        errors,
        body=None if body is UNDEFINED else body,
        endpoint_ctx=_context(scope, call, path),
    )


def response_invalid(
    scope: Scope, error: ValidationError, value: object, call: object, path: str | None
) -> ResponseValidationError:
    """Return the error for an answer that is not what the route promises."""
    found = relocate_errors(errors=error.errors(include_url=False), loc_prefix=("response",))
    return ResponseValidationError(
        errors=found, body=value, endpoint_ctx=_context(scope, call, path)
    )


def empty_response() -> Response:
    """Return the response object that endpoints may ask for to set headers and a status."""
    response = Response()
    del response.headers["content-length"]
    response.status_code = None  # type: ignore[assignment] # pyright: ignore[reportAttributeAccessIssue]  # FastAPI's mark for "not set"
    return response


def make_reply(
    make: Callable[..., Response],
    content: object,
    arguments: Mapping[str, Any],
    extra: Response | None,
) -> Response:
    """Build a response of a given class, as FastAPI does for every status and class."""
    response = make(content, **arguments)
    if not is_body_allowed_for_status_code(response.status_code):
        response.body = b""
    if extra is not None:
        response.headers.raw.extend(extra.headers.raw)
    return response


def request_of(scope: Scope, receive: Receive, send: Send) -> Request:
    """Return the request that an exception handler sees, with the body that was read."""
    read: Request | bytes | None = scope.get(BODY_REQUEST)
    if isinstance(read, Request):
        return read
    request = Request(scope, receive, send)
    if read is not None:
        request._body = read  # pyright: ignore[reportPrivateUsage]
        request._stream_consumed = True  # pyright: ignore[reportPrivateUsage]
    return request
