"""Writing the path of a view: its patterns filled in with arguments, and checked against them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from fastjango.http.urls.converters import Converter
from fastjango.values.http import RFC3986_SUBDELIMS, escape_leading_slashes

__all__ = ["Possibility", "no_match_message", "written_path"]

Possibility = tuple[list[tuple[str, list[str]]], str, dict[str, Any], dict[str, Converter]]
"""One way to write a view's URL: texts with placeholders and their parameters, the expression the
result has to match, default arguments, converters."""

_SAFE_IN_PATH = RFC3986_SUBDELIMS + "/~:@"


def written_path(
    possibilities: Iterable[Possibility],
    prefix: str,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> str | None:
    """Return the first path that the arguments fit, `None` if they fit none.

    Args:
        possibilities: The ways to write the view's path.
        prefix: What the path begins with.
        args: Positional arguments of the view.
        kwargs: Named arguments of the view.
    """
    for templates, pattern, defaults, converters in possibilities:
        for template, params in templates:
            values = _candidate_values(params, defaults, args, kwargs)
            if values is None:
                continue
            texts = _to_texts(values, converters)
            if texts is None:
                continue
            # The pattern is checked against the decoded URL; quoting comes after.
            candidate = (prefix.replace("%", "%%") + template) % texts
            if re.search(f"^{re.escape(prefix)}{pattern}", candidate):
                return escape_leading_slashes(quote(candidate, safe=_SAFE_IN_PATH))
    return None


def _candidate_values(
    params: list[str], defaults: dict[str, Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> dict[str, Any] | None:
    """Return the values to fill in, or `None` if the arguments do not fit the parameters."""
    if args:
        return dict(zip(params, args, strict=True)) if len(args) == len(params) else None
    if set(kwargs).symmetric_difference(params).difference(defaults):
        return None
    for key, value in defaults.items():
        if key not in params and kwargs.get(key, value) != value:
            return None
    return kwargs


def _to_texts(values: dict[str, Any], converters: dict[str, Converter]) -> dict[str, str] | None:
    """Convert each value by its converter; `None` means a converter refused one."""
    texts: dict[str, str] = {}
    for key, value in values.items():
        converter = converters.get(key)
        if converter is None:
            texts[key] = str(value)
            continue
        try:
            texts[key] = converter.to_url(value)
        except ValueError:
            return None
    return texts


def no_match_message(
    lookup_view: Any, patterns: list[str], args: Iterable[Any], kwargs: dict[str, Any]
) -> str:
    """Return what to say of a view that cannot be written with these arguments."""
    module = getattr(lookup_view, "__module__", None)
    name = getattr(lookup_view, "__name__", None)
    # Callables read badly in messages, so they are named.
    view = lookup_view if module is None or name is None else f"{module}.{name}"
    if not patterns:
        return (
            f"Reverse for '{view}' not found. '{view}' is not a valid view function or "
            "pattern name."
        )
    if args:
        given = f"arguments '{args}'"
    elif kwargs:
        given = f"keyword arguments '{kwargs}'"
    else:
        given = "no arguments"
    return (
        f"Reverse for '{view}' with {given} not found. {len(patterns)} pattern(s) tried: {patterns}"
    )
