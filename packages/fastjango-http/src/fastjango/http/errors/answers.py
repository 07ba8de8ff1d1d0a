"""What a client gets for an error: HTML or JSON, by what it accepts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from http.client import responses as reason_phrases
from typing import Any, cast
from uuid import UUID

from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from fastjango.core import settings
from fastjango.http.request import HttpRequest
from fastjango.http.response import HttpResponse, JsonResponse
from fastjango.http.urls.operations import InjectedRoute
from fastjango.values.html import escape

__all__ = ["error_response", "prefers_json", "safe_json"]

_VALUES = (Decimal, Enum, UUID, date, time, timedelta)
MAX_DEPTH = 50  # levels of a value that are worth sending back
PAGE = """<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <title>{title}</title>
</head>
<body>
  <h1>{title}</h1><p>{details}</p>
</body>
</html>
"""


def prefers_json(request: HttpRequest, default: bool | None = None) -> bool:
    """Whether a client shall get JSON rather than HTML.

    What it accepts decides; if it takes both alike, path operations answer in JSON and all other
    views in HTML.

    Args:
        request: The request.
        default: What to answer with if the client takes both alike.
    """
    if default is None:
        route = request.scope.get("route")
        default = isinstance(route, APIRoute) and not isinstance(route, InjectedRoute)
    json_types = ["application/json", "application/problem+json"]
    kinds = [*json_types, "text/html"] if default else ["text/html", *json_types]
    preferred = request.get_preferred_type(kinds)
    return default if preferred is None else preferred != "text/html"


def error_response(
    request: HttpRequest,
    status: int,
    detail: Any = None,
    *,
    headers: Mapping[str, str] | None = None,
    default_json: bool | None = None,
) -> HttpResponse:
    """Return the response for an error.

    Args:
        request: The request.
        status: The status code.
        detail: A text, or for JSON any value; the status's phrase by default.
        headers: More headers.
        default_json: What to answer with if the client takes HTML and JSON alike.
    """
    phrase = reason_phrases.get(status, "Error")
    if detail is None:
        detail = phrase
    response: HttpResponse
    if prefers_json(request, default_json):
        response = _json(status, phrase, safe_json(detail))
    else:
        text = detail if isinstance(detail, str) and detail != phrase else ""
        page = PAGE.format(title=escape(f"{phrase} ({status})"), details=escape(text))
        response = HttpResponse(page, status=status)
    for name, value in (headers or {}).items():
        response.headers[name] = value
    return response


def _json(status: int, phrase: str, detail: Any) -> HttpResponse:
    if not settings.ERROR_PROBLEM_JSON:
        return JsonResponse({"detail": detail}, status=status)
    problem = {"type": "about:blank", "title": phrase, "status": status, "detail": detail}
    return JsonResponse(problem, status=status, content_type="application/problem+json")


def safe_json(value: Any, depth: int = 0) -> Any:
    """Return a value that can be written as JSON and as UTF-8, whatever a client has sent.

    Bytes and lone surrogates are escaped, NaN and infinities become texts, and what is nested
    deeper than 50 levels is cut. Decimals, times and the like become what FastAPI makes of them,
    other objects their texts.

    Args:
        value: Any value.
        depth: How deep it is nested already.
    """
    if depth > MAX_DEPTH:
        return "..."
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, Mapping):
        pairs = cast("Mapping[Any, Any]", value)  # type: ignore[redundant-cast]  # pyright cannot tell
        return {safe_json(str(key)): safe_json(item, depth + 1) for key, item in pairs.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        items = cast("list[Any]", value)
        return [safe_json(item, depth + 1) for item in items]
    if isinstance(value, _VALUES):
        return safe_json(jsonable_encoder(value), depth + 1)
    return safe_json(str(value))
