"""Logging of responses: 4xx as warnings, 5xx as errors, each response once."""

from __future__ import annotations

import logging
from http.client import responses
from typing import Any

__all__ = ["log_error_answer", "log_message", "log_response", "request_logger"]

request_logger: logging.Logger = logging.getLogger("fastjango.request")


def log_message(
    logger: logging.Logger,
    message: str,
    *args: Any,
    level: str | None = None,
    status_code: int | None = None,
    request: Any = None,
    exception: BaseException | None = None,
    **extra: Any,
) -> None:
    """Log a message about a request.

    Args:
        logger: Where to.
        message: The text, with `%s` for each of `args`.
        args: Values; texts are escaped, so that a path cannot forge lines of the log.
        level: The name of a logging method; by `status_code` if it is `None`.
        status_code: Status of the response.
        request: The request, handed to handlers as `record.request`.
        exception: The cause, whose traceback is logged.
        extra: More attributes of the record.
    """
    extra["request"] = request
    request_id = getattr(request, "scope", {}).get("fastjango.request_id")
    if request_id is not None:
        extra["request_id"] = request_id
    if status_code is not None:
        extra["status_code"] = status_code
        if level is None and status_code >= 400:
            level = "error" if status_code >= 500 else "warning"
    escaped = tuple(
        value.encode("unicode_escape").decode("ascii") if isinstance(value, str) else value
        for value in args
    )
    getattr(logger, level or "info")(message, *escaped, extra=extra, exc_info=exception)


def log_response(
    message: str,
    *args: Any,
    response: Any = None,
    request: Any = None,
    logger: logging.Logger = request_logger,
    level: str | None = None,
    exception: BaseException | None = None,
) -> None:
    """Log a response by its status, unless that response has been logged before.

    The arguments are those of `log_message()`; `response` gives the status.
    """
    if getattr(response, "_has_been_logged", False):
        return
    log_message(
        logger,
        message,
        *args,
        level=level,
        status_code=response.status_code,
        request=request,
        exception=exception,
    )
    response._has_been_logged = True


def log_error_answer(request: Any, response: Any) -> None:
    """Log an error that a view or a middleware answered with by itself."""
    phrase = getattr(response, "reason_phrase", None) or responses.get(response.status_code, "")
    log_response("%s: %s", phrase, request.path, response=response, request=request)
