"""Which of the actions of `mixins` answers a method of a view."""

# pyright: reportUnknownVariableType=false
# Views are of any type.

from __future__ import annotations

import functools
from typing import Any

from fastjango.rest import mixins

__all__ = ["ABOUT_MANY", "ABOUT_ONE", "mixed_in_action"]

ABOUT_MANY = frozenset({"list", "create"})
ABOUT_ONE = frozenset({"retrieve", "update", "partial_update", "destroy"})
"""The actions that call `get_object()`, which asks for permission."""

_HOMES: dict[str, Any] = {
    "list": mixins.ListModelMixin,
    "create": mixins.CreateModelMixin,
    "retrieve": mixins.RetrieveModelMixin,
    "update": mixins.UpdateModelMixin,
    "partial_update": mixins.UpdateModelMixin,
    "destroy": mixins.DestroyModelMixin,
}


def mixed_in_action(view: Any, method: str) -> str | None:
    """Return the action that answers a method; `None` if a handler of the project does.

    Args:
        view: The view.
        method: The HTTP method, in lower case.
    """
    cls: Any = type(view)
    if method == "head" and not hasattr(cls, "head"):
        method = "get"
    handler: Any = getattr(view, method, None)
    action: str = getattr(handler, "rest_action", "")
    if not action:
        # A view set has bound the action itself.
        action = getattr(handler, "__name__", "")
        if getattr(handler, "__func__", None) is not getattr(cls, action, handler):
            return None
    elif getattr(getattr(cls, f"a{method}", None), "rest_action", None) != action:
        return None
    return action if _is_mixed_in(cls, action) else None


@functools.lru_cache(maxsize=4096)
def _is_mixed_in(cls: Any, action: str) -> bool:
    home = _HOMES.get(action)
    # A partial update is an update, of which the project may have its own.
    names = (action, "update") if action == "partial_update" else (action,)
    return home is not None and all(
        getattr(cls, found, None) is getattr(home, found)
        for name in names
        for found in (name, f"a{name}")
    )
