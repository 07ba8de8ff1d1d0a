"""Decorators that replace the Content-Security-Policy for one view."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from fastjango.http.views.decorators.wrapping import mark_response, wrap_view

__all__ = ["csp_override", "csp_report_only_override"]

F = TypeVar("F", bound=Callable[..., Any])


def _override(name: str, config: Mapping[str, Any]) -> Callable[[F], F]:
    if not isinstance(config, dict):
        raise TypeError("CSP config should be a mapping.")

    def decorator(view: F) -> F:
        return wrap_view(
            view, after=lambda request, response: mark_response(request, response, name, config)
        )

    return decorator


def csp_override(config: Mapping[str, Any]) -> Callable[[F], F]:
    """Replace the policy a view's responses are sent with; an empty one sends none.

    Args:
        config: The policy, as `SECURE_CSP` takes it.

    Raises:
        TypeError: It is no dict.
    """
    return _override("_csp_config", config)


def csp_report_only_override(config: Mapping[str, Any]) -> Callable[[F], F]:
    """Replace the report-only policy of a view's responses; an empty one sends none.

    Args:
        config: The policy, as `SECURE_CSP_REPORT_ONLY` takes it.

    Raises:
        TypeError: It is no dict.
    """
    return _override("_csp_ro_config", config)
