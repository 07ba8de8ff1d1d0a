"""From exceptions to error responses, by the URLconf's `handler400` and its like."""

from __future__ import annotations

import logging
from collections.abc import Callable
from http.client import responses as reason_phrases
from typing import Any

from fastapi import Request
from fastjango.core import settings
from fastjango.core.exceptions import (
    BadRequest,
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
    TooManyFilesSent,
)
from fastjango.http.aio import run_in_thread
from fastjango.http.exceptions import Http404, MultiPartParserError
from fastjango.http.invocation import is_async_view, renders_late
from fastjango.http.log import log_message, log_response, request_logger
from fastjango.http.request import HttpRequest
from fastjango.http.response import HttpResponse
from fastjango.http.urls.context import get_urlconf
from fastjango.http.urls.resolvers import get_resolver
from fastjango.signals import got_request_exception
from starlette.responses import Response

__all__ = [
    "KNOWN_ERRORS",
    "default_exception_handlers",
    "is_known_error",
    "response_for_exception",
    "server_error_response",
]

KNOWN_ERRORS: tuple[type[Exception], ...] = (
    Http404,
    PermissionDenied,
    MultiPartParserError,
    BadRequest,
    SuspiciousOperation,
)
"""Exceptions that say what is wrong with the request; all others are faults of the site."""


def is_known_error(error: BaseException) -> bool:
    """Whether an exception stands for a 4xx response."""
    return isinstance(error, KNOWN_ERRORS)


def _status_of(error: Exception) -> int:
    if isinstance(error, Http404):
        return 404
    return 403 if isinstance(error, PermissionDenied) else 400


def fault_status(error: BaseException) -> int:
    """Return the status that an error which nobody handled asks for by `http_status`, else 500.

    A database that cannot be reached asks for 503: the same request may succeed later.
    """
    status: object = getattr(error, "http_status", 500)
    return status if isinstance(status, int) and 500 <= status <= 599 else 500


async def response_for_exception(request: HttpRequest, error: Exception) -> Any:
    """Return the response for an exception: a 4xx page for known ones, the 500 page for others.

    The pages come from `handler400`, `handler403`, `handler404` and `handler500` of the URLconf.
    Known errors are logged as warnings, suspicious operations to `fastjango.security.<class>`,
    anything else as an error with its traceback, after `got_request_exception`.

    Args:
        request: The request.
        error: The exception, with its traceback.
    """
    if not is_known_error(error):
        return await server_error_response(request, error)
    if isinstance(error, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        # An error page that looks at POST would raise the same again.
        request._mark_post_parse_error()  # pyright: ignore[reportPrivateUsage]  # same package
    status = _status_of(error)
    response = await _known_response(request, status, error)
    _log(request, error, response)
    return response


def _log(request: HttpRequest, error: Exception, response: Any) -> None:
    args: tuple[str, ...]
    if isinstance(error, PermissionDenied):
        message, args = "Forbidden (Permission denied): %s", (request.path,)
    elif isinstance(error, MultiPartParserError):
        message, args = "Bad request (Unable to parse request body): %s", (request.path,)
    elif isinstance(error, BadRequest):
        message, args = "%s: %s", (str(error), request.path)
    elif isinstance(error, SuspiciousOperation):
        log_response(
            "%s",
            str(error),
            exception=error,
            request=request,
            response=response,
            level="error",
            logger=logging.getLogger(f"fastjango.security.{error.__class__.__name__}"),
        )
        return
    else:
        log_response("%s: %s", "Not Found", request.path, response=response, request=request)
        return
    log_response(message, *args, response=response, request=request, exception=error)


async def _known_response(request: HttpRequest, status: int, error: Exception) -> Any:
    """Return details for developers, JSON for clients that prefer it, else the handler's page."""
    from fastjango.http.errors.answers import error_response, prefers_json
    from fastjango.http.errors.pages import (
        is_developer,
        technical_404_response,
        technical_500_response,
    )

    as_json = prefers_json(request)
    if not as_json and is_developer(request):
        if status == 404:
            return technical_404_response(request, error)
        if status == 400 and not isinstance(error, MultiPartParserError):
            trace = error.__traceback__
            return technical_500_response(request, type(error), error, trace, status_code=400)
    if as_json:
        return error_response(request, status, default_json=True)
    return await _call_handler(request, status, error)


async def _call_handler(request: HttpRequest, status: int, error: Exception) -> Any:
    """Call the URLconf's handler of a status; if that fails too, answer 500."""
    try:
        handler = get_resolver(get_urlconf()).resolve_error_handler(status)
        return await _call(handler, request, exception=error)
    except Exception as failure:
        return await server_error_response(request, failure)


async def server_error_response(request: HttpRequest, error: Exception) -> Any:
    """Return the 500 page for an exception, after telling signals and log about it.

    An error may ask for another status (`fault_status`): a `handler500` of the URLconf writes that
    page too, otherwise it is a short one that names the status.
    """
    from fastjango.http.errors.answers import error_response, prefers_json
    from fastjango.http.errors.pages import is_developer, technical_500_response
    from fastjango.http.views.defaults import server_error

    await got_request_exception.asend(sender=None, request=request)
    if settings.DEBUG_PROPAGATE_EXCEPTIONS:
        raise error
    status = fault_status(error)
    try:
        if prefers_json(request):
            response: Any = error_response(request, status, default_json=True)
            _log_server_error(request, error, response)
            return response
        if is_developer(request):
            trace = error.__traceback__
            response = technical_500_response(request, type(error), error, trace, status)
            _log_server_error(request, error, response)
            return response
        handler = get_resolver(get_urlconf()).resolve_error_handler(500)
        if status == 500 or handler is not server_error:
            response = await _call(handler, request)
        else:
            response = error_response(request, status)
        if status != 500:
            response.status_code = status
    except Exception as failure:
        log_message(
            request_logger,
            "The page for this error cannot be made: %s",
            request.path,
            level="error",
            request=request,
            exception=failure,
        )
        phrase = reason_phrases.get(status, "Internal Server Error")
        response = HttpResponse(phrase, status=status, content_type="text/plain")
    _log_server_error(request, error, response)
    return response


def _log_server_error(request: HttpRequest, error: Exception, response: Any) -> None:
    log_response(
        "%s: %s",
        response.reason_phrase,
        request.path,
        response=response,
        request=request,
        exception=error,
    )


async def _call(handler: Callable[..., Any], request: HttpRequest, **kwargs: Any) -> Any:
    if is_async_view(handler):
        response = await handler(request, **kwargs)
    else:
        response = await run_in_thread(handler, request, **kwargs)
    if renders_late(response) and not getattr(response, "is_rendered", False):
        response = await run_in_thread(response.render)
    return response


async def _handle(request: Request, error: Exception) -> Response:
    django_request = HttpRequest.from_scope(
        request.scope,
        request.receive,
        request._send,  # pyright: ignore[reportPrivateUsage]  # Starlette offers no other way
    )
    response: Response = await response_for_exception(django_request, error)
    return response


def default_exception_handlers() -> dict[type[Exception], Callable[..., Any]]:
    """Return exception handlers that let FastAPI views raise Django's errors."""
    return dict.fromkeys(KNOWN_ERRORS, _handle)
