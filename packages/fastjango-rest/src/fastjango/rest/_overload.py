"""Forms of the browsable API that mean another method, or hold a body as text."""

from __future__ import annotations

from typing import Any

from fastjango.core.exceptions import SuspiciousOperation
from fastjango.http.exceptions import MultiPartParserError
from fastjango.rest.exceptions import APIException, ParseError, PermissionDenied
from fastjango.rest.mediatypes import is_form_media_type

__all__ = ["overload"]

METHODS = frozenset({"POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def overload(view: Any, http_request: Any) -> APIException | None:
    """Give a request the method and body that a form of the browsable API stands for.

    Only for views that have the browsable API, and only with a valid CSRF token: other sites can
    send forms as well.

    Returns:
        What to refuse the request with, or `None`.
    """
    if not is_form_media_type(http_request.headers.get("Content-Type")):
        return None
    if not any(getattr(kind, "format", None) == "api" for kind in view.renderer_classes):
        return None
    try:
        form = http_request.POST
    except (SuspiciousOperation, MultiPartParserError) as error:
        return ParseError(str(error))
    method = form.get("_method", "POST").upper()
    if "_method" not in form and "_content" not in form:
        return None
    if method not in METHODS:
        return ParseError(f"Forms cannot stand for {method!r}.")
    from fastjango.rest.authentication import CSRFCheck

    check = CSRFCheck()
    http_request.csrf_processing_done = False
    check.process_request(http_request)
    reason = check.process_view(http_request, None, (), {})
    if reason:
        return PermissionDenied(f"CSRF Failed: {reason}")
    http_request.method = method
    if "_content" in form:
        content = form["_content"].encode("utf-8", "replace")
        http_request._overloaded_body = (form.get("_content_type", "application/json"), content)
    else:
        clean = form.copy()
        for name in ("_method", "csrfmiddlewaretoken"):
            clean.pop(name, None)
        http_request.POST = clean
        http_request._overloaded_form = True
    return None
