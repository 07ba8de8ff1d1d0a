"""Hooks that the web layer offers to other plugins."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.core.hooks import Hook

__all__ = ["debug_queries", "page_cache", "view_guards"]


def _view_guards(view: Callable[..., Any]) -> list[str]:
    """Name what stands between a client and a view.

    Args:
        view: The view, as its route holds it.

    Returns:
        Short names such as `login` or `permission blog.add_post`; none for an open view.
    """
    return []


view_guards: Hook[[Callable[..., Any]], list[str]] = Hook(_view_guards)


def _page_cache(
    timeout: float | None, cache: str | None, key_prefix: str | None
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make the decorator behind `cache_page()`; the cache distribution implements it.

    Args:
        timeout: Seconds a page is kept; `None` means for ever.
        cache: Alias of the cache; the default one if `None`.
        key_prefix: What the keys begin with.

    Returns:
        A decorator of views.
    """
    raise NotImplementedError


page_cache: Hook[
    [float | None, str | None, str | None], Callable[[Callable[..., Any]], Callable[..., Any]]
] = Hook(_page_cache)


def _debug_queries() -> list[str]:
    """Return the SQL that ran during this request, for the developer's error page.

    Returns:
        One text for each statement, with its time if that is known.
    """
    return []


debug_queries: Hook[[], list[str]] = Hook(_debug_queries, late=True)
