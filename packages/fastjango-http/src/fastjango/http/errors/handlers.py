"""`install()`: the error responses of a configured site."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastjango.http.errors.answers import error_response
from fastjango.http.errors.pages import is_developer
from fastjango.http.exceptions import Resolver404
from fastjango.http.request import HttpRequest
from fastjango.http.responder import (
    default_exception_handlers,
    response_for_exception,
    server_error_response,
)
from fastjango.http.urlconfs import get_default_urlconf
from fastjango.http.urls import resolve
from pydantic_core import PydanticSerializationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

__all__ = ["install"]


def install(app: FastAPI) -> None:
    """Make an application answer every error by what the client accepts.

    A path without a route gets the URLconf's `handler404`, other HTTP errors and failed validation
    are JSON for path operations and clients that ask for it and a page else, anything unknown is
    the 500 page, or the developer's page on this machine while `DEBUG` is on.

    Args:
        app: The application; its own handlers for these exceptions are replaced.
    """
    for error, handler in default_exception_handlers().items():
        app.add_exception_handler(error, handler)
    app.add_exception_handler(HTTPException, handle_http_exception)
    app.add_exception_handler(RequestValidationError, handle_validation_error)
    app.add_exception_handler(PydanticSerializationError, handle_encoding_error)
    app.add_exception_handler(UnicodeEncodeError, handle_encoding_error)
    app.add_exception_handler(Exception, handle_unknown_error)
    # The page for developers is ours; Starlette's would be shown to anybody.
    app.debug = False


def _django_request(request: Request) -> HttpRequest:
    return HttpRequest.from_scope(
        request.scope,
        request.receive,
        request._send,  # pyright: ignore[reportPrivateUsage]  # Starlette offers no other way
    )


async def handle_http_exception(request: Request, error: Exception) -> Response:
    """Answer an `HTTPException`; one for a path without a route is the URLconf's 404."""
    assert isinstance(error, HTTPException)
    django_request = _django_request(request)
    if error.status_code == 404 and "endpoint" not in request.scope:
        missing = _not_resolved(django_request)
        response: Response = await response_for_exception(django_request, missing)
        return response
    if error.status_code < 200 or error.status_code in (204, 205, 304):
        return Response(status_code=error.status_code, headers=error.headers)
    return error_response(
        django_request,
        error.status_code,
        error.detail,
        headers=error.headers,
        default_json=True,
    )


def _not_resolved(request: HttpRequest) -> Resolver404:
    """Return the exception for a path without a route, for developers with the patterns tried."""
    details: dict[str, Any] = {"path": request.path_info.removeprefix("/")}
    if is_developer(request) and get_default_urlconf() is not None:
        try:
            resolve(request.path_info)
        except Resolver404 as error:
            return error
    return Resolver404(details)


async def handle_validation_error(request: Request, error: Exception) -> Response:
    """Answer failed validation with 422 and what is wrong, whatever bytes were sent."""
    assert isinstance(error, RequestValidationError)
    details: list[Any] = [
        {key: value for key, value in found.items() if key != "url"} for found in error.errors()
    ]
    return error_response(_django_request(request), 422, details, default_json=True)


async def handle_encoding_error(request: Request, error: Exception) -> Response:
    """Answer 400 if an answer cannot be encoded because the client sent lone surrogates.

    JSON can spell them, Unicode text cannot hold them. Any other failure to encode is the site's.
    """
    if "surrogates not allowed" not in str(error) or request.method in ("GET", "HEAD"):
        raise error
    detail = "The request holds lone surrogates, which are no characters."
    return error_response(_django_request(request), 400, detail, default_json=True)


async def handle_unknown_error(request: Request, error: Exception) -> Response:
    """Answer an exception nobody handled with the 500 page."""
    response: Response = await server_error_response(_django_request(request), error)
    return response
