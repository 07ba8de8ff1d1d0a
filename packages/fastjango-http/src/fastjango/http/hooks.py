"""Hooks that the web layer offers to other plugins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.core.hooks import Hook

__all__ = ["view_guards"]


def _view_guards(view: Callable[..., Any]) -> list[str]:
    """Name what stands between a client and a view.

    Args:
        view: The view, as its route holds it.

    Returns:
        Short names such as `login` or `permission blog.add_post`; none for an open view.
    """
    return []


view_guards: Hook[[Callable[..., Any]], list[str]] = Hook(_view_guards)
