"""The developer's pages: an exception with its frames, and a path that matched nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from types import ModuleType, TracebackType
from typing import Any, cast

from fastjango.core import settings
from fastjango.http.errors.reporter import get_exception_reporter_class, view_name
from fastjango.http.response import HttpResponse, HttpResponseNotFound
from fastjango.http.views.decorators.csp import csp_override, csp_report_only_override
from fastjango.values.html import escape

__all__ = ["default_urlconf", "is_developer", "technical_404_response", "technical_500_response"]

STYLE = """
:root{color-scheme:light dark;--paper:light-dark(#f6f6f4,#17181b);--ink:light-dark(#222,#e8e6e1)}
:root{--card:light-dark(#fff,#1f2125);--edge:light-dark(#ddd,#3a3d44);--soft:light-dark(#555,#aaa)}
:root{--mark:light-dark(#fff3c4,#4a3f12)}
body{font:14px/1.5 system-ui,sans-serif;margin:0;background:var(--paper);color:var(--ink)}
body{overflow-wrap:anywhere}
header{background:var(--mark);padding:1rem clamp(1rem,4vw,2rem);border-bottom:1px solid var(--edge)}
h1{font-size:1.3rem;margin:0}h2{font-size:1.1rem}main{padding:1rem clamp(1rem,4vw,2rem) 2rem}
pre{white-space:pre-wrap;margin:0}
.frame{background:var(--card);border:1px solid var(--edge);margin:.5rem 0;padding:.5rem}
.frame.fastjango{color:var(--soft)}.line{background:var(--mark);color:var(--ink);font-weight:bold}
table{border-collapse:collapse;width:100%;background:var(--card)}
th,td{border:1px solid var(--edge);padding:.2rem .5rem;text-align:left;vertical-align:top}
th{width:11rem;overflow-wrap:normal}
@media (width < 40rem){th{width:auto}}
"""


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
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return address in ("testclient", "localhost")


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
    path = details.get("path", request.path_info[1:])
    tried: Any = details.get("tried")
    if "tried" in details and not tried:
        return default_urlconf(request)
    urlconf: Any = getattr(request, "urlconf", None) or settings.ROOT_URLCONF
    if isinstance(urlconf, ModuleType):
        urlconf = urlconf.__name__
    caller = view_name(request)
    parts = [
        _row("Request Method", request.method),
        _row("Request URL", request.get_full_path()),
    ]
    if caller:
        parts.append(_row("Raised by", caller))
    body = f"<table>{''.join(parts)}</table>"
    if tried:
        items = "".join(f"<li><code>{escape(_pattern(entry))}</code></li>" for entry in tried)
        body += (
            f"<p>Using the URLconf defined in <code>{escape(_short(urlconf))}</code>, these URL "
            f"patterns were tried, in this order:</p><ol>{items}</ol><p>The current path, "
            f"<code>{escape(path)}</code>, did not match any of these.</p>"
        )
    elif not details:
        body += f"<p>The current path, <code>{escape(path)}</code>, matched the last one.</p>"
    reason = "" if details else str(exception)
    title = "Page not found (404)"
    heading = f"<h1>{title}</h1><pre>{escape(reason)}</pre>"
    return HttpResponseNotFound(_page(f"{title} at {request.path}", heading, body + _WHY))


@csp_override({})
@csp_report_only_override({})
def default_urlconf(request: Any) -> HttpResponse:
    """Answer for a site whose URLconf is empty: it works, and here is what to do next."""
    title = "The install worked successfully! Congratulations!"
    body = (
        "<p>The URLconf has no patterns yet. Add some to the module that "
        f"<code>ROOT_URLCONF</code> names: <code>{escape(_short(settings.ROOT_URLCONF))}</code>."
        "</p><p>You are seeing this page because <code>DEBUG</code> is on.</p>"
    )
    return HttpResponse(_page(title, f"<h1>{title}</h1>", body))


_WHY = (
    "<p>You are seeing this page because <code>DEBUG</code> is on and you are on this machine or "
    "in <code>INTERNAL_IPS</code>. Everybody else gets the site's own error page.</p>"
)


def _short(value: Any) -> str:
    return value if isinstance(value, str) else type(value).__name__


def _pattern(tried: Iterable[Any]) -> str:
    """Return the patterns from the root down to the one that did not match."""
    chain = list(tried)
    text = " ".join(str(entry.pattern) for entry in chain)
    name = getattr(chain[-1], "name", None) if chain else None
    return f"{text} [name='{name}']" if name else text


def _row(name: Any, value: Any) -> str:
    return f"<tr><th>{escape(str(name))}</th><td><pre>{escape(str(value))}</pre></td></tr>"


def _table(title: str, items: Iterable[tuple[Any, Any]]) -> str:
    rows = "".join(_row(name, value) for name, value in items)
    return f"<h2>{escape(title)}</h2>" + (f"<table>{rows}</table>" if rows else "<p>None.</p>")


def _page(title: str, heading: str, body: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="robots" content="NONE,NOARCHIVE">\n<title>{escape(title)}</title>\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<header>{heading}</header>\n<main>{body}</main>\n"
        "</body>\n</html>\n"
    )


def render_html(data: dict[str, Any]) -> str:
    """Return a report as a page; `data` is what `ExceptionReporter.get_traceback_data()` gives."""
    request = data["request"]
    where = f" at {request.path_info}" if request is not None else ""
    title = f"{data['exception_type']}{where}"
    heading = f"<h1>{escape(title)}</h1><pre>{escape(data['exception_value'])}</pre>"
    if data["exception_notes"]:
        heading += f"<pre>{escape(data['exception_notes'])}</pre>"
    sections = ["".join(_summary(data))]
    if data["template_info"] is not None:
        sections.append(_template(data["template_info"]))
    sections += ["<h2>Traceback</h2>", *_frames(data["frames"])]
    sections.append(_table("Queries", ((n, q) for n, q in enumerate(data["queries"], 1))))
    if request is not None:
        sections.append(_table("GET", data["request_GET_items"]))
        sections.append(_table("POST", data["filtered_POST_items"]))
        sections.append(_table("FILES", data["request_FILES_items"]))
        sections.append(_table("COOKIES", data["request_COOKIES_items"]))
        sections.append(_table("META", sorted(data["request_meta"].items())))
    else:
        sections.append("<h2>Request information</h2><p>Request data not supplied</p>")
    sections.append(_table("Settings", sorted(data["settings"].items())))
    if not data["is_email"]:
        sections.append(_WHY)
    return _page(title, heading, "\n".join(sections))


def _summary(data: dict[str, Any]) -> Iterator[str]:
    yield "<table>"
    if data["request"] is not None:
        yield _row("Request Method", data["request"].method)
        yield _row("Request URL", data["request_insecure_uri"])
        yield _row("User", data["user_str"])
        yield _row("Raised during", data["raising_view_name"])
    yield _row("FastJango Version", data["fastjango_version"])
    yield _row("Python Version", data["sys_version_info"])
    yield _row("Python Executable", data["sys_executable"])
    yield _row("Server time", data["server_time"])
    yield "</table>"


def _template(info: dict[str, Any]) -> str:
    """Return the lines of a template around the one that failed, and its variables."""
    lines = "".join(
        f"<pre{mark}>{number:5d}  {escape(line)}</pre>"
        for number, line in info["source_lines"]
        for mark in [' class="line"' if number == info["line"] else ""]
    )
    variables = "".join(_row(name, value) for name, value in info["context"])
    return (
        f'<h2>Template</h2><div class="frame"><code>{escape(str(info["name"]))}</code>, line '
        f"{info['line']}: <b>{escape(str(info['message']))}</b>\n{lines}"
        f"<details><summary>Variables</summary><table>{variables}</table></details></div>"
    )


def _frames(frames: Iterable[dict[str, Any]]) -> Iterator[str]:
    for frame in frames:
        if frame["tb"] is None:
            yield "<p>Traceback: None</p>"
            continue
        before = "\n".join(frame["pre_context"])
        after = "\n".join(frame["post_context"])
        variables = "".join(_row(name, value) for name, value in frame["vars"])
        yield (
            f'<div class="frame {frame["type"]}"><code>{escape(frame["filename"])}</code>, line '
            f"{frame['lineno']}, in <b>{escape(frame['function'])}</b>\n"
            f'<pre>{escape(before)}</pre><pre class="line">{escape(frame["context_line"])}</pre>'
            f"<pre>{escape(after)}</pre><details><summary>Local vars</summary>"
            f"<table>{variables}</table></details></div>"
        )


def render_text(data: dict[str, Any]) -> str:
    """Return a report as plain text, with the frames but without their variables."""
    request = data["request"]
    where = f" at {request.path_info}" if request is not None else ""
    lines = [f"{data['exception_type']}{where}", data["exception_value"], ""]
    if data["exception_notes"]:
        lines[2:2] = data["exception_notes"].splitlines()
    if request is not None:
        lines += [
            f"Request Method: {request.method}",
            f"Request URL: {data['request_insecure_uri']}",
            f"Raised during: {data['raising_view_name']}",
        ]
    info = data["template_info"]
    if info is not None:
        lines.append(f"Template: {info['name']}, line {info['line']}: {info['during'].strip()}")
    lines += [
        f"FastJango Version: {data['fastjango_version']}",
        f"Python Version: {data['sys_version_info']}",
        f"Server time: {data['server_time']}",
        "",
        "Traceback (most recent call last):",
    ]
    for frame in data["frames"]:
        if frame["tb"] is not None:
            lines.append(
                f'  File "{frame["filename"]}", line {frame["lineno"]}, in {frame["function"]}'
            )
            lines.append(f"    {frame['context_line'].strip()}")
    lines += ["", f"Exception Type: {data['exception_type']}{where}"]
    lines += [f"Exception Value: {data['exception_value']}", "", "Request information:"]
    if request is None:
        lines.append("Request data not supplied")
    else:
        lines.append(f"USER: {data['user_str']}")
        lines += _listed("GET", data["request_GET_items"])
        lines += _listed("POST", data["filtered_POST_items"])
        lines += _listed("FILES", data["request_FILES_items"])
        lines += _listed("COOKIES", data["request_COOKIES_items"])
        lines += _listed("META", sorted(data["request_meta"].items()))
    lines += _listed("Settings", sorted(data["settings"].items()))
    return "\n".join(lines) + "\n"


def _listed(title: str, items: Iterable[tuple[Any, Any]]) -> list[str]:
    rows = [f"{name} = {value!r}" for name, value in items]
    return ["", f"{title}:", *(rows or [f"No {title} data"])]
