"""Addresses that end in a format, such as `/users.json`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fastjango.http.urls import include, path, re_path, register_converter
from fastjango.http.urls.converters import get_converters
from fastjango.http.urls.patterns import RoutePattern
from fastjango.http.urls.resolvers import URLPattern, URLResolver
from fastjango.rest.settings import api_settings

__all__ = ["format_suffix_patterns"]


def format_suffix_patterns(
    urlpatterns: Iterable[Any],
    suffix_required: bool = False,
    allowed: Sequence[str] | None = None,
) -> list[Any]:
    """Return patterns with a twin each that takes a format suffix.

    Args:
        urlpatterns: The patterns.
        suffix_required: Whether the suffix has to be there.
        allowed: The formats; any if `None`.
    """
    keyword = api_settings.FORMAT_SUFFIX_KWARG
    formats = f"({'|'.join(allowed)})" if allowed and len(allowed) > 1 else "".join(allowed or ())
    regex = rf"\.(?P<{keyword}>{formats or '[a-z0-9]+'})/?$"
    route = f"<{_converter(allowed)}:{keyword}>"
    return _applied(urlpatterns, regex, route, suffix_required)


def _converter(allowed: Sequence[str] | None) -> str:
    """Return the name of the converter for suffixes, registering it on first use."""
    name = "rest_format_suffix" + "".join(f"_{one}" for one in allowed or ())
    if name not in get_converters():
        choices = "|".join(allowed) if allowed else "[a-z0-9]+"

        class FormatSuffixConverter:
            regex = rf"\.(?:{choices})/?"

            def to_python(self, value: str) -> str:
                return value.strip("./")

            def to_url(self, value: str) -> str:
                return f".{value}"

        register_converter(FormatSuffixConverter, name)
    return name


def _applied(entries: Iterable[Any], regex: str, route: str, required: bool) -> list[Any]:
    found: list[Any] = []
    for entry in entries:
        if isinstance(entry, URLResolver):
            inner = _applied(entry.url_patterns, regex, route, required)
            included = include((inner, entry.app_name), entry.namespace) if entry.app_name else (
                include(inner)
            )  # fmt: skip
            make: Any = path if isinstance(entry.pattern, RoutePattern) else re_path
            found.append(make(str(entry.pattern), included, kwargs=entry.default_kwargs))
        elif isinstance(entry, URLPattern):
            if not required:
                found.append(entry)
            found.append(_suffixed(entry, regex, route))
        else:
            found.append(entry)
    return found


def _suffixed(entry: URLPattern, regex: str, route: str) -> Any:
    text = str(entry.pattern)
    if isinstance(entry.pattern, RoutePattern):
        made = path(text.rstrip("/") + route, entry.callback, entry.default_args, entry.name)
    else:
        made = re_path(
            text.rstrip("$").rstrip("/") + regex, entry.callback, entry.default_args, entry.name
        )
    made.rest_format_suffix = True  # type: ignore[attr-defined]  # pyright: ignore
    return made
