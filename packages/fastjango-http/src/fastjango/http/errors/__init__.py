"""Error responses: pages and JSON for clients, and details for developers."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastjango.http.errors.answers import error_response, prefers_json, safe_json
    from fastjango.http.errors.filters import (
        CallableSettingWrapper,
        SafeExceptionReporterFilter,
        get_default_exception_reporter_filter,
        get_exception_reporter_filter,
    )
    from fastjango.http.errors.handlers import install
    from fastjango.http.errors.pages import (
        default_urlconf,
        technical_404_response,
        technical_500_response,
    )
    from fastjango.http.errors.reporter import (
        ExceptionCycleWarning,
        ExceptionReporter,
        get_exception_reporter_class,
    )

_HOMES = {
    "CallableSettingWrapper": "filters",
    "ExceptionCycleWarning": "reporter",
    "ExceptionReporter": "reporter",
    "SafeExceptionReporterFilter": "filters",
    "default_urlconf": "pages",
    "error_response": "answers",
    "get_default_exception_reporter_filter": "filters",
    "get_exception_reporter_class": "reporter",
    "get_exception_reporter_filter": "filters",
    "install": "handlers",
    "prefers_json": "answers",
    "safe_json": "answers",
    "technical_404_response": "pages",
    "technical_500_response": "pages",
}

__all__ = [
    "CallableSettingWrapper",
    "ExceptionCycleWarning",
    "ExceptionReporter",
    "SafeExceptionReporterFilter",
    "default_urlconf",
    "error_response",
    "get_default_exception_reporter_filter",
    "get_exception_reporter_class",
    "get_exception_reporter_filter",
    "install",
    "prefers_json",
    "safe_json",
    "technical_404_response",
    "technical_500_response",
]


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
