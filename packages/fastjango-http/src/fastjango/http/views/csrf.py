"""The page for a request that may be forged."""

from __future__ import annotations

from typing import Any

from fastjango.core import settings
from fastjango.http.rendering import get_renderer
from fastjango.http.response import HttpResponseForbidden, JsonResponse
from fastjango.values.html import format_html

__all__ = ["CSRF_FAILURE_TEMPLATE_NAME", "csrf_failure"]

#: The project's own page, if it has one.
CSRF_FAILURE_TEMPLATE_NAME = "403_csrf.html"

_HINTS = {
    "cookie": (
        "Your browser sent no CSRF cookie. Allow cookies of this site, reload the page with the"
        " form, and send it again."
    ),
    "referer": (
        "Your browser hides which page the form was on. Allow the Referer header for this site"
        " (at least for requests to the site itself), and send the form again."
    ),
    "": "Go back, reload the page with the form, and send it again.",
}

_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="robots" content="noindex,nofollow">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark"><title>403 Forbidden</title></head>
<body><main><h1>Forbidden <small>(403)</small></h1>
<p>CSRF verification failed. Request aborted.</p><p>{}</p>{}</main></body></html>"""

_DEBUG = """<h2>Reason given for failure</h2><pre>{}</pre>
<p>In general this happens when a form has no token, or comes from another site. Check that:</p><ul>
<li>the form has a token: <code>{{{{ csrf_token() }}}}</code> in the template, or
<code>get_token(request)</code> of <code>fastjango.http.csrf</code>;</li>
<li>a script sends the token in the header <code>X-CSRFToken</code>;</li>
<li>another origin that may post here is listed in <code>CSRF_TRUSTED_ORIGINS</code>;</li>
<li>a view that is called by programs without cookies is marked <code>@csrf_exempt</code> or
checks an <code>Authorization</code> header itself.</li></ul>
<p>This part is shown because DEBUG is on.</p>"""


def csrf_failure(
    request: Any, reason: str = "", template_name: str = CSRF_FAILURE_TEMPLATE_NAME
) -> Any:
    """Answer 403, as a page or as JSON by what the client accepts.

    Args:
        reason: Why the request was refused; shown when `DEBUG` is on.
        template_name: The page, rendered with `reason`; without a template `403_csrf.html` there
            is a built-in one.

    Raises:
        TemplateDoesNotExist: Another template was asked for and does not exist.

    Source: https://docs.djangoproject.com/en/6.1/ref/settings/#csrf-failure-view
    """
    lowered = reason.lower()
    kind = next((name for name in ("cookie", "referer") if name in lowered), "")
    hint = _HINTS[kind]
    wants_json = not request.accepts("text/html") and request.accepts("application/json")
    if wants_json:
        detail = (
            f"CSRF verification failed: {reason}"
            if settings.DEBUG
            else ("CSRF verification failed.")
        )
        return JsonResponse({"detail": detail, "hint": hint}, status=403)
    page = _own_page(request, reason, template_name)
    if page is not None:
        return HttpResponseForbidden(page)
    debug = format_html(_DEBUG, reason) if settings.DEBUG else ""
    return HttpResponseForbidden(format_html(_PAGE, hint, debug))


def _own_page(request: Any, reason: str, template_name: str) -> str | None:
    """The project's page, `None` if it has none."""
    renderer = get_renderer()
    if renderer is None:
        return None
    try:
        return renderer.render_to_string(template_name, {"reason": reason}, request)
    except renderer.not_found:
        if template_name == CSRF_FAILURE_TEMPLATE_NAME:
            return None
        raise
