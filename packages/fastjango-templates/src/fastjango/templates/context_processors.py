"""Context processors: functions of the request that give every template variables."""

from __future__ import annotations

from typing import Any

from fastjango.core import settings
from fastjango.core.functional import SimpleLazyObject, lazy
from fastjango.core.timezone import get_current_timezone_name
from fastjango.core.translation import get_language, get_language_bidi
from fastjango.http.csrf import get_token
from fastjango.http.hooks import debug_queries
from fastjango.http.middleware.csp import get_nonce
from fastjango.templates.functions import get_media_prefix, get_static_prefix

__all__ = ["csp", "csrf", "debug", "i18n", "media", "request", "static", "tz"]

Variables = dict[str, Any]


def csrf(request: Any) -> Variables:
    """Give `csrf_token`; it is made when the template uses it."""
    return {"csrf_token": SimpleLazyObject(lambda: get_token(request))}


def _queries() -> list[Any]:
    return [query for found in debug_queries.call() for query in found]


_lazy_queries = lazy(_queries, list)


def debug(request: Any) -> Variables:
    """Give `debug` and `sql_queries` to clients in `INTERNAL_IPS` while `DEBUG` is on."""
    if not settings.DEBUG or request.META.get("REMOTE_ADDR") not in settings.INTERNAL_IPS:
        return {}
    return {"debug": True, "sql_queries": _lazy_queries()}


def i18n(request: Any) -> Variables:
    """Give `LANGUAGES`, `LANGUAGE_CODE` and `LANGUAGE_BIDI`."""
    return {
        "LANGUAGES": getattr(settings, "LANGUAGES", []),
        "LANGUAGE_CODE": get_language(),
        "LANGUAGE_BIDI": get_language_bidi(),
    }


def tz(request: Any) -> Variables:
    """Give `TIME_ZONE`, the name of the current time zone."""
    return {"TIME_ZONE": get_current_timezone_name()}


def static(request: Any) -> Variables:
    """Give `STATIC_URL`, below the path where the site is mounted."""
    return {"STATIC_URL": get_static_prefix() if settings.STATIC_URL is not None else None}


def media(request: Any) -> Variables:
    """Give `MEDIA_URL`, below the path where the site is mounted."""
    return {"MEDIA_URL": get_media_prefix()}


def request(request: Any) -> Variables:
    """Give `request`."""
    return {"request": request}


def csp(request: Any) -> Variables:
    """Give `csp_nonce`, for the `nonce` attribute of scripts and styles."""
    return {"csp_nonce": get_nonce(request)}
