"""The developer's pages: an exception with its frames, and a path that matched nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from types import ModuleType, TracebackType
from typing import Any, cast

from fastjango.core import settings
from fastjango.http.errors.markup import WHY, page, row
from fastjango.http.errors.reporter import get_exception_reporter_class, view_name
from fastjango.http.response import HttpResponse, HttpResponseNotFound
from fastjango.http.urlconfs import get_default_urlconf
from fastjango.http.views.decorators.csp import csp_override, csp_report_only_override
from fastjango.values.html import escape

__all__ = ["default_urlconf", "is_developer", "technical_404_response", "technical_500_response"]


def is_developer(request: Any) -> bool:
    """Whether to show details: `DEBUG` is on and the client is on this machine or internal.

    Internal are the addresses in `INTERNAL_IPS`. A connection without an address, as over a
    local socket, is on this machine.
    """
    if not settings.DEBUG:
        return False
    address = request.META.get("REMOTE_ADDR")
    if not address or address in settings.INTERNAL_IPS:
        return True
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address in ("testclient", "localhost")
    # A socket for both versions of IP writes 127.0.0.1 as ::ffff:127.0.0.1.
    found = getattr(found, "ipv4_mapped", None) or found
    return found.is_loopback or str(found) in settings.INTERNAL_IPS


@csp_override({})
@csp_report_only_override({})
def technical_500_response(
    request: Any,
    exc_type: type[BaseException] | None,
    exc_value: Any,
    tb: TracebackType | None,
    status_code: int = 500,
) -> HttpResponse:
    """Answer with all that is known about an exception, as HTML or text by what is accepted.

    Args:
        request: The request.
        exc_type: The exception's class.
        exc_value: The exception.
        tb: Its traceback.
        status_code: The status of the answer.
    """
    reporter = get_exception_reporter_class(request)(request, exc_type, exc_value, tb)
    if request.get_preferred_type(["text/html", "text/plain"]) == "text/html":
        html = reporter.get_traceback_html()
        return HttpResponse(html, status=status_code, content_type="text/html; charset=utf-8")
    text = reporter.get_traceback_text()
    return HttpResponse(text, status=status_code, content_type="text/plain; charset=utf-8")


@csp_override({})
@csp_report_only_override({})
def technical_404_response(request: Any, exception: Exception) -> HttpResponse:
    """Answer a path that led nowhere with the patterns that were tried.

    Args:
        request: The request.
        exception: The `Http404`; a `Resolver404` knows the patterns.
    """
    argument = exception.args[0] if exception.args else None
    details = cast("dict[str, Any]", argument) if isinstance(argument, dict) else {}
    path = str(details.get("path", request.path_info[1:]))
    tried: Any = details.get("tried")
    if "tried" in details and _is_untouched(path, tried):
        return default_urlconf(request)
    urlconf: Any = getattr(request, "urlconf", None) or get_default_urlconf()
    if isinstance(urlconf, ModuleType):
        urlconf = urlconf.__name__
    reason = "" if details else str(exception)
    summary = "<h1>Page not found <small>(404)</small></h1>"
    if reason:
        summary += f'<pre class="exception_value">{escape(reason)}</pre>'
    rows = row("Request Method", request.method) + row("Request URL", request.get_full_path())
    # A path that matched nothing was answered by no view.
    caller = view_name(request)
    if caller:
        rows += row("Raised by", caller)
    current = f"The current path, <code>{escape(path)}</code>," if path else "The empty path"
    info = ""
    if tried:
        items = "".join(f"<li><code>{_pattern(entry)}</code></li>" for entry in tried)
        info = (
            f"<p>Using the URLconf defined in <code>{escape(_short(urlconf))}</code>, these URL "
            f"patterns were tried, in this order:</p><ol>{items}</ol>"
            f"<p>{current} didn’t match any of these.</p>"  # noqa: RUF001
        )
    elif not details:
        info = f"<p>{current} matched the last one.</p>"
    title = f"Page not found (404) at {request.path}"
    return HttpResponseNotFound(page(title, f"{summary}<table>{rows}</table>", info, WHY))


def _is_untouched(path: str, tried: Any) -> bool:
    """Whether the URLconf is as a new project has it: without patterns, or only with the admin."""
    if not tried:
        return True
    if path or len(tried) != 1 or len(tried[0]) != 1:
        return False
    only = tried[0][0]
    names = {getattr(only, "app_name", None), getattr(only, "namespace", None)}
    return names == {"admin"}


@csp_override({})
@csp_report_only_override({})
def default_urlconf(request: Any) -> HttpResponse:
    """Answer for a site whose URLconf is empty: it works, and here is what to do next."""
    title = "The install worked successfully! Congratulations!"
    body = (
        "<p>The URLconf has no patterns yet. Add some to the module that "
        f"<code>ROOT_URLCONF</code> names: <code>{escape(_short(get_default_urlconf()))}</code>."
        "</p><p>You are seeing this page because <code>DEBUG</code> is on.</p>"
    )
    return HttpResponse(page(title, f"<h1>{title}</h1>", body))


def _short(value: Any) -> str:
    return value if isinstance(value, str) else type(value).__name__


def _pattern(tried: Iterable[Any]) -> str:
    """Return the patterns from the root down to the one that did not match, as HTML."""
    chain = list(tried)
    text = escape(" ".join(str(entry.pattern) for entry in chain))
    last = chain[-1] if chain else None
    for kind in ("name", "namespace"):
        value = getattr(last, kind, None)
        if value:
            return f"{text} [{kind}='{escape(value)}']"
    return text
