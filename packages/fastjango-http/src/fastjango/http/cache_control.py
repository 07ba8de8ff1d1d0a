"""Headers that steer caches: Cache-Control, Vary, ETag, and conditional answers (RFC 9110, 9111).

The functions take any response with `headers`: Django's classes here, Starlette's and FastAPI's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from hashlib import md5
from typing import Any

from fastjango.core import settings
from fastjango.http.log import log_response
from fastjango.http.response import HttpResponse, HttpResponseNotModified
from fastjango.values.http import (
    http_date,
    parse_etags,
    parse_http_date_safe,
    quote_etag,
    split_header_value,
)

__all__ = [
    "add_never_cache_headers",
    "get_conditional_response",
    "get_max_age",
    "has_vary_header",
    "patch_cache_control",
    "patch_response_headers",
    "patch_vary_headers",
    "set_response_etag",
]

# What a 304 repeats of the full answer (RFC 9110, 15.4.5), and Last-Modified.
_KEPT_ON_304 = (
    "Cache-Control",
    "Content-Location",
    "Date",
    "ETag",
    "Expires",
    "Last-Modified",
    "Vary",
)


def _parse_directives(header: str) -> dict[str, Any]:
    """Return the directives of a Cache-Control header; `no-cache` has a set of values."""
    directives: dict[str, Any] = {}
    for field in split_header_value(header):
        name, separator, text = field.partition("=")
        name = name.strip().lower() if separator else name.lower()
        value: Any = text if separator else True
        if name == "no-cache":
            directives.setdefault(name, set()).add(value)
        else:
            directives[name] = value
    return directives


def _write_directive(name: str, value: Any) -> str:
    return name if value is True else f"{name}={value}"


def patch_cache_control(response: Any, **kwargs: Any) -> None:
    """Add directives to the Cache-Control header.

    Underscores in names become hyphens. `True` writes the name alone, anything else its text. Of
    two `max_age` the smaller counts, `private` and `public` replace each other.

    Args:
        response: The response to change.
        kwargs: The directives.
    """
    directives = _parse_directives(response.headers.get("Cache-Control") or "")
    if "max-age" in directives and "max_age" in kwargs:
        try:
            kwargs["max_age"] = min(int(directives["max-age"]), kwargs["max_age"])
        except ValueError:
            # Somebody else's nonsense is replaced.
            pass
    if "private" in directives and "public" in kwargs:
        del directives["private"]
    elif "public" in directives and "private" in kwargs:
        del directives["public"]
    for key, value in kwargs.items():
        name = key.replace("_", "-")
        if name == "no-cache":
            directives.setdefault(name, set()).add(value)
        else:
            directives[name] = value
    written: list[str] = []
    for name, value in directives.items():
        if isinstance(value, set):
            # The bare directive says more than any list of fields.
            found: set[Any] = value  # pyright: ignore[reportUnknownVariableType]  # of anything
            values: set[Any] = {True} if True in found else found
            written.extend(_write_directive(name, item) for item in sorted(values, key=str))
        else:
            written.append(_write_directive(name, value))
    response.headers["Cache-Control"] = ", ".join(written)


def get_max_age(response: Any) -> int | None:
    """Return `max-age` in seconds, `None` if the header does not say or is nonsense."""
    header = response.headers.get("Cache-Control")
    if not header:
        return None
    try:
        return int(_parse_directives(header)["max-age"])
    except (ValueError, TypeError, KeyError):
        return None


def set_response_etag(response: Any) -> Any:
    """Set a strong ETag computed from the content; streams and empty responses get none."""
    if not getattr(response, "streaming", False):
        content = response.content if hasattr(response, "content") else response.body
        if content:
            digest = md5(content, usedforsecurity=False).hexdigest()
            response.headers["ETag"] = quote_etag(digest)
    return response


def _precondition_failed(request: Any) -> HttpResponse:
    response = HttpResponse(status=412)
    log_response("Precondition Failed: %s", request.path, response=response, request=request)
    return response


def _not_modified(response: Any = None) -> HttpResponseNotModified:
    answer = HttpResponseNotModified()
    if response is not None:
        for header in _KEPT_ON_304:
            if header in response.headers:
                answer.headers[header] = response.headers[header]
        # Cookies are passed on whether the content has changed or not.
        if getattr(response, "cookies", None):
            answer.__dict__["cookies"] = response.cookies
    return answer


def get_conditional_response(
    request: Any,
    etag: str | None = None,
    last_modified: int | None = None,
    response: Any = None,
) -> Any:
    """Evaluate the preconditions of a request in the order of RFC 9110, 13.2.2.

    Args:
        request: The request.
        etag: The quoted ETag of what there is.
        last_modified: When it was last changed, in seconds since the epoch.
        response: The full answer, if there is one already.

    Returns:
        A 304 or 412 response, else `response`.
    """
    if response is not None and not 200 <= response.status_code < 300:
        return response
    meta = request.META
    if_match = parse_etags(meta.get("HTTP_IF_MATCH", ""))
    if_unmodified_since = parse_http_date_safe(meta.get("HTTP_IF_UNMODIFIED_SINCE") or "")
    if_none_match = parse_etags(meta.get("HTTP_IF_NONE_MATCH", ""))
    if_modified_since = parse_http_date_safe(meta.get("HTTP_IF_MODIFIED_SINCE") or "")
    if if_match:
        if not _if_match_passes(etag, if_match):
            return _precondition_failed(request)
    elif if_unmodified_since and not (last_modified and last_modified <= if_unmodified_since):
        return _precondition_failed(request)
    is_read = request.method in ("GET", "HEAD")
    if if_none_match:
        if not _if_none_match_passes(etag, if_none_match):
            return _not_modified(response) if is_read else _precondition_failed(request)
    elif if_modified_since and is_read and last_modified and last_modified <= if_modified_since:
        return _not_modified(response)
    return response


def _if_match_passes(etag: str | None, candidates: list[str]) -> bool:
    """Compare strongly (RFC 9110, 13.1.1); `*` matches whatever exists."""
    if not etag:
        return False
    if candidates == ["*"]:
        return True
    return not etag.startswith("W/") and etag in candidates


def _if_none_match_passes(etag: str | None, candidates: list[str]) -> bool:
    """Compare weakly (RFC 9110, 13.1.2); `*` matches whatever exists."""
    if not etag:
        return True
    if candidates == ["*"]:
        return False
    return etag.removeprefix("W/") not in {item.removeprefix("W/") for item in candidates}


def patch_response_headers(response: Any, cache_timeout: float | None = None) -> None:
    """Set Expires, unless it is set, and `max-age`.

    Args:
        response: The response to change.
        cache_timeout: Seconds; `CACHE_MIDDLEWARE_SECONDS` by default, negative means none.
    """
    if cache_timeout is None:
        cache_timeout = settings.CACHE_MIDDLEWARE_SECONDS
    timeout = max(0, cache_timeout or 0)
    if "Expires" not in response.headers:
        response.headers["Expires"] = http_date(time.time() + timeout)
    patch_cache_control(response, max_age=timeout)


def add_never_cache_headers(response: Any) -> None:
    """Tell every cache to keep its hands off the response."""
    patch_response_headers(response, cache_timeout=-1)
    patch_cache_control(response, no_cache=True, no_store=True, must_revalidate=True, private=True)


def patch_vary_headers(response: Any, newheaders: Iterable[str]) -> None:
    """Add names to the Vary header, in order; a `*` among them replaces all.

    Args:
        response: The response to change.
        newheaders: Names of request headers the content depends on.
    """
    present = list(split_header_value(response.headers.get("Vary") or ""))
    known = {header.lower() for header in present}
    added = [header.strip() for header in newheaders]
    headers = [
        *(header for header in present if header),
        *(header for header in added if header.lower() not in known),
    ]
    response.headers["Vary"] = "*" if "*" in headers else ", ".join(headers)


def has_vary_header(response: Any, header_query: str) -> bool:
    """Whether the Vary header names a header."""
    vary = response.headers.get("Vary")
    if not vary:
        return False
    return header_query.lower().strip() in {name.lower() for name in split_header_value(vary)}
