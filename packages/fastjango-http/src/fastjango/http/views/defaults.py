"""The error views of last resort: 400, 403, 404 and 500.

Each renders the project's template of that name if there is one, and a plain page else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from fastjango.http.rendering import get_renderer, tell_plain_page
from fastjango.http.response import (
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseForbidden,
    HttpResponseNotFound,
    HttpResponseServerError,
)

__all__ = [
    "ERROR_400_TEMPLATE_NAME",
    "ERROR_403_TEMPLATE_NAME",
    "ERROR_404_TEMPLATE_NAME",
    "ERROR_500_TEMPLATE_NAME",
    "ERROR_PAGE_TEMPLATE",
    "bad_request",
    "page_not_found",
    "permission_denied",
    "server_error",
]

ERROR_400_TEMPLATE_NAME = "400.html"
ERROR_403_TEMPLATE_NAME = "403.html"
ERROR_404_TEMPLATE_NAME = "404.html"
ERROR_500_TEMPLATE_NAME = "500.html"
ERROR_PAGE_TEMPLATE = """
<!doctype html>
<html lang="en">
<head>
  <title>%(title)s</title>
</head>
<body>
  <h1>%(title)s</h1><p>%(details)s</p>
</body>
</html>
"""


def _answer(
    response_class: type[HttpResponse],
    names: tuple[str, str],
    page: tuple[str, str],
    request: Any,
    context: Mapping[str, Any] | None,
) -> HttpResponse:
    """Render a template, or the plain page if it is the default one and missing.

    Args:
        response_class: The class of the response.
        names: The template's name, and the name of the default one.
        page: Title and details of the plain page.
        request: The request for context processors, if the page may use it.
        context: Variables of the template.
    """
    template_name, default_name = names
    renderer = get_renderer()
    if renderer is not None:
        try:
            return response_class(
                renderer.render_to_string(template_name, context, request=request)
            )
        except renderer.not_found:
            if template_name != default_name:
                raise
    title, details = page
    if default_name == ERROR_404_TEMPLATE_NAME:
        tell_plain_page(context)
    return response_class(ERROR_PAGE_TEMPLATE % {"title": title, "details": details})


def page_not_found(
    request: Any, exception: Exception, template_name: str = ERROR_404_TEMPLATE_NAME
) -> HttpResponse:
    """Answer 404.

    The template gets `request_path`, quoted, and `exception`: the message, if it is one, else the
    name of the exception's class.
    """
    message = exception.args[0] if getattr(exception, "args", ()) else None
    context = {
        "request_path": quote(request.path),
        "exception": message if isinstance(message, str) else exception.__class__.__name__,
    }
    page = ("Not Found", "The requested resource was not found on this server.")
    names = (template_name, ERROR_404_TEMPLATE_NAME)
    return _answer(HttpResponseNotFound, names, page, request, context)


def server_error(request: Any, template_name: str = ERROR_500_TEMPLATE_NAME) -> HttpResponse:
    """Answer 500; the template gets nothing, as anything may be broken."""
    names = (template_name, ERROR_500_TEMPLATE_NAME)
    return _answer(HttpResponseServerError, names, ("Server Error (500)", ""), None, None)


def bad_request(
    request: Any, exception: Exception, template_name: str = ERROR_400_TEMPLATE_NAME
) -> HttpResponse:
    """Answer 400; the exception is kept from the template, as it may disclose something."""
    names = (template_name, ERROR_400_TEMPLATE_NAME)
    return _answer(HttpResponseBadRequest, names, ("Bad Request (400)", ""), request, None)


def permission_denied(
    request: Any, exception: Exception, template_name: str = ERROR_403_TEMPLATE_NAME
) -> HttpResponse:
    """Answer 403; the template gets `exception`, the message of the refusal."""
    names = (template_name, ERROR_403_TEMPLATE_NAME)
    context = {"exception": str(exception)}
    return _answer(HttpResponseForbidden, names, ("403 Forbidden", ""), request, context)
