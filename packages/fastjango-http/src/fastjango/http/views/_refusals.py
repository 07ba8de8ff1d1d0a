"""The answer to a method that a view does not take."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.http.log import log_response
from fastjango.http.response import HttpResponseNotAllowed

__all__ = ["method_not_allowed"]


def method_not_allowed(request: Any, allowed: Iterable[str]) -> HttpResponseNotAllowed:
    """Return 405 with the methods that are allowed, and log it."""
    response = HttpResponseNotAllowed(allowed)
    log_response(
        "Method Not Allowed (%s): %s",
        request.method,
        request.path,
        response=response,
        request=request,
    )
    return response
