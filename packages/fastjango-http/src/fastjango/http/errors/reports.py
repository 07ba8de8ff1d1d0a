"""An exception as a page and as plain text, from what `ExceptionReporter` has gathered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from fastjango.http.errors.markup import WHY, page, row, table
from fastjango.http.errors.reporter import said, shown, written
from fastjango.values.html import escape

__all__ = ["render_html", "render_text"]

_NO_MESSAGE = "No exception message supplied"
_NO_REQUEST = "Request data not supplied"
_DIRECT = "The above exception ({}) was the direct cause of the following exception:"
_MEANWHILE = "During handling of the above exception ({}), another exception occurred:"


def _headline(data: dict[str, Any]) -> str:
    request = data["request"]
    where = f" at {request.path_info}" if request is not None else ""
    return f"{data['exception_type']}{where}"


def _message(data: dict[str, Any]) -> str:
    """Return what the exception says, its notes below."""
    parts = [data["exception_value"] or _NO_MESSAGE, data["exception_notes"]]
    return "\n".join(part for part in parts if part)


def _with_causes(frames: Iterable[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield frames, each with the sentence that leads to it from the frame before, mostly `""`."""
    last: Any = None
    for frame in frames:
        cause = frame["exc_cause"]
        sentence = ""
        if cause is not last and cause is not None:
            sentence = (_DIRECT if frame["exc_cause_explicit"] else _MEANWHILE).format(said(cause))
        last = cause
        yield sentence, frame


# --- HTML ---------------------------------------------------------------------------------------


def render_html(data: dict[str, Any]) -> str:
    """Return a report as a page; `data` is what `ExceptionReporter.get_traceback_data()` gives."""
    title = _headline(data)
    summary = f'<h1>{escape(title)}</h1><pre class="exception_value">{escape(_message(data))}</pre>'
    sections = ["".join(_summary(data))]
    if data["unicode_hint"]:
        sections.append(
            "<h2>Unicode error hint</h2><p>The string that could not be encoded/decoded was: "
            f"<strong>{escape(data['unicode_hint'])}</strong></p>"
        )
    if data["template_info"] is not None:
        sections.append(_template(data["template_info"]))
    if data["frames"]:
        text = "\n".join([*_text_frames(data, escape), *_text_exception(data, escape)])
        sections += [
            "<h2>Traceback <small>(oldest call first)</small></h2>",
            '<ul class="traceback">',
            *_frames(data["frames"]),
            "</ul>",
            f'<details><summary>As text</summary><textarea rows="25" readonly>{text}</textarea>'
            "</details>",
        ]
    if data["queries"]:
        queries = enumerate(data["queries"], 1)
        sections.append(table("Queries", queries, nothing=""))
    sections.append("<h2>Request information</h2>")
    sections += _request_html(data)
    given = _shown(sorted(data["settings"].items()))
    sections.append(table("Settings", given, nothing="None."))
    return page(title, summary, "\n".join(sections), "" if data["is_email"] else WHY)


def _summary(data: dict[str, Any]) -> Iterator[str]:
    yield "<table>"
    if data["request"] is not None:
        yield row("Request Method", data["request"].method)
        yield row("Request URL", data["request_insecure_uri"])
    if data["has_exception"]:
        yield row("Exception Type", data["exception_type"])
        yield row("Exception Value", _message(data))
    last = data["lastframe"]
    if last is not None and last["tb"] is not None:
        yield (
            '<tr><th scope="row">Exception Location:</th><td><span class="fname">'
            f"{escape(last['filename'])}</span>, line {last['lineno']}, in "
            f"{escape(last['function'])}</td></tr>"
        )
    if data["request"] is not None:
        yield row("Raised during", data["raising_view_name"])
    yield row("FastJango Version", data["fastjango_version"])
    yield row("Python Version", data["sys_version_info"])
    yield row("Python Executable", data["sys_executable"])
    yield row("Server time", data["server_time"])
    yield "</table>"


def _request_html(data: dict[str, Any]) -> Iterator[str]:
    if data["request"] is None:
        yield f"<p>{_NO_REQUEST}</p>"
        return
    yield f'<h3 id="user-info">USER</h3><p>{escape(data["user_str"])}</p>'
    yield table("GET", _shown(data["request_GET_items"]), nothing="No GET data")
    yield table("POST", _shown(data["filtered_POST_items"]), nothing="No POST data")
    yield table("FILES", _shown(data["request_FILES_items"]), nothing="No FILES data")
    yield table("COOKIES", _shown(data["request_COOKIES_items"]), nothing="No cookie data")
    yield table("META", _shown(sorted(data["request_meta"].items())), nothing="No META data")


def _shown(items: Iterable[tuple[Any, Any]]) -> Iterator[tuple[Any, str]]:
    return ((name, shown(value)) for name, value in items)


def _template(info: dict[str, Any]) -> str:
    """Return the lines of a template around the one that failed, and its variables."""
    lines = "".join(
        f"<pre{mark}>{number:5d}  {escape(line)}</pre>"
        for number, line in info["source_lines"]
        for mark in [' class="line"' if number == info["line"] else ""]
    )
    variables = table("", info["context"], nothing="No variables")
    return (
        f'<h2>Template</h2><div class="frame"><code>{escape(str(info["name"]))}</code>, line '
        f"{info['line']}: <b>{escape(str(info['message']))}</b>\n{lines}"
        f"<details><summary>Variables</summary>{variables}</details></div>"
    )


def _frames(frames: Iterable[dict[str, Any]]) -> Iterator[str]:
    for number, (sentence, frame) in enumerate(_with_causes(frames)):
        if sentence:
            yield f"<li><h3>{escape(sentence)}</h3></li>"
        if frame["tb"] is None:
            nothing = "Traceback: None" if number else "None"
            yield f'<li class="frame {frame["type"]}">{nothing}</li>'
            continue
        marks = f"\n{frame['marks']}" if frame["marks"] else ""
        variables = table("", frame["vars"], nothing="No variables")
        yield (
            f'<li class="frame {frame["type"]}"><code class="fname">{escape(frame["filename"])}'
            f"</code>, line {frame['lineno']}, in {escape(frame['function'])}\n"
            f'<div class="context" id="c{frame["id"]}">{_lines(frame["pre_context"])}'
            f'<div class="line"><pre>{escape(frame["context_line"])}{marks}</pre></div>'
            f"{_lines(frame['post_context'])}</div>"
            f"<details><summary>Local vars</summary>{variables}</details></li>"
        )


def _lines(lines: list[str]) -> str:
    return f"<pre>{escape(chr(10).join(lines))}</pre>" if lines else ""


# --- text ---------------------------------------------------------------------------------------


def render_text(data: dict[str, Any]) -> str:
    """Return a report as plain text, with the frames but without their variables."""
    request = data["request"]
    lines = [_headline(data), _message(data), ""]
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
        *_text_frames(data),
        *_text_exception(data),
        "",
        "Request information:",
    ]
    if request is None:
        lines.append(_NO_REQUEST)
    else:
        lines.append(f"USER: {data['user_str']}")
        lines += _listed("GET", data["request_GET_items"])
        lines += _listed("POST", data["filtered_POST_items"])
        lines += _listed("FILES", data["request_FILES_items"])
        lines += _listed("COOKIES", data["request_COOKIES_items"])
        lines += _listed("META", sorted(data["request_meta"].items()))
    lines += _listed("Settings", sorted(data["settings"].items()))
    return "\n".join(lines) + "\n"


def _text_frames(data: dict[str, Any], quote: Callable[[str], str] = str) -> Iterator[str]:
    """Yield the lines of the traceback, as Python writes them; what is not ours is quoted."""
    if not data["frames"]:
        return
    yield "Traceback (most recent call last):"
    for number, (sentence, frame) in enumerate(_with_causes(data["frames"])):
        if sentence:
            yield from ["", quote(sentence)]
        if frame["tb"] is None:
            yield "  Traceback: None" if number else "  None"
            continue
        line: str = frame["context_line"]
        where = f'"{quote(frame["filename"])}", line {frame["lineno"]}'
        yield f"  File {where}, in {quote(frame['function'])}"
        yield f"    {quote(line.strip())}"
        if frame["marks"]:
            yield f"    {frame['marks'][len(line) - len(line.lstrip()) :]}"


def _text_exception(data: dict[str, Any], quote: Callable[[str], str] = str) -> Iterator[str]:
    if data["has_exception"]:
        yield from ["", f"Exception Type: {quote(_headline(data))}"]
        yield f"Exception Value: {quote(_message(data))}"


def _listed(title: str, items: Iterable[tuple[Any, Any]]) -> list[str]:
    rows = [f"{name} = {written(value)}" for name, value in items]
    return ["", f"{title}:", *(rows or [f"No {title} data"])]
