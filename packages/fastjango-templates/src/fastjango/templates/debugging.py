"""What error pages show of a template: its file, the line that failed, and the variables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import jinja2
from fastjango.templates.undefined import UndefinedVariableError, suggest
from jinja2.debug import get_template_locals

__all__ = ["CONTEXT_LINES", "explain", "syntax_error_info"]

CONTEXT_LINES = 10  # lines of the template before and after the one that failed

_UNKNOWN = re.compile(r"No (filter|test) named '([^']+)'")


def template_info(name: str | None, source: str | None, line: int, message: str) -> dict[str, Any]:
    """Return what Django's template API calls `template_debug`.

    Args:
        name: The template's file, or its name.
        source: Its source, if it is known.
        line: The number of the line, from 1.
        message: What went wrong there.
    """
    lines = list(enumerate((source or "").splitlines(), start=1))
    during = lines[line - 1][1] if 0 < line <= len(lines) else ""
    top, bottom = max(0, line - CONTEXT_LINES - 1), min(len(lines), line + CONTEXT_LINES)
    return {
        "name": name,
        "message": message,
        "source_lines": lines[top:bottom],
        "line": line,
        "before": "",
        "during": during,
        "after": "",
        "total": len(lines),
        "top": top,
        "bottom": bottom,
    }


def _read(filename: str | None) -> str | None:
    if filename is None:
        return None
    try:
        return Path(filename).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None


def syntax_error_info(error: jinja2.TemplateSyntaxError) -> dict[str, Any]:
    """Return `template_debug` for an error of Jinja2's compiler."""
    source = error.source if error.source is not None else _read(error.filename)
    name = error.filename or error.name
    return template_info(name, source, error.lineno, error.message or "")


def syntax_error_text(error: jinja2.TemplateSyntaxError, environment: jinja2.Environment) -> str:
    """Return the message of an error of Jinja2's compiler, with what is probably meant."""
    message = error.message or ""
    unknown = _UNKNOWN.search(message)
    if unknown:
        known = environment.filters if unknown[1] == "filter" else environment.tests
        message += suggest(unknown[2], known)
    elif "got ':'" in message:
        message += " Jinja2 puts the arguments of filters into brackets: name(argument)."
    return message


def explain(error: BaseException, environment: jinja2.Environment) -> None:
    """Give an exception of a rendering its `template_debug`, and unknown names a suggestion.

    Called before Jinja2 rewrites the traceback. The innermost template counts. With the source
    goes `context`: the variables at that place.
    """
    frame = _innermost(error.__traceback__)
    if frame is None:
        return
    template, line, variables = frame
    if isinstance(error, UndefinedVariableError) and error.is_variable:
        error.suggest_from([*variables, *environment.globals])
    if getattr(error, "template_debug", None) is not None:
        return
    source = _source_of(template, environment)
    info = template_info(template.filename or template.name, source, line, str(error))
    info["context"] = variables
    try:
        cast("Any", error).template_debug = info
    except AttributeError:  # an exception with slots
        return


def _source_of(template: Any, environment: jinja2.Environment) -> str | None:
    if template.source is not None:
        found: str = template.source
        return found
    if template.name is not None and environment.loader is not None:
        try:
            return environment.loader.get_source(environment, template.name)[0]
        except (jinja2.TemplateNotFound, UnicodeDecodeError):
            return _read(template.filename)
    return _read(template.filename)


def _innermost(tb: TracebackType | None) -> tuple[Any, int, Mapping[str, Any]] | None:
    """Return the last template in a traceback, the line in it, and its variables."""
    found: tuple[Any, int, TracebackType] | None = None
    while tb is not None:
        template = tb.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            found = (template, template.get_corresponding_lineno(tb.tb_lineno), tb)
        tb = tb.tb_next
    if found is None:
        return None
    template, line, place = found
    return template, line, get_template_locals(place.tb_frame.f_locals)
