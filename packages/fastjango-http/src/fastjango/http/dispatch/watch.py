"""Route lists that tell when they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.routing import BaseRoute

__all__ = ["Epoch", "WatchedRoutes"]


class Epoch:
    """Says whether an index still describes the routes it was built from."""

    __slots__ = ("stale",)

    def __init__(self) -> None:
        self.stale: bool = True


class WatchedRoutes(list[BaseRoute]):
    """A list of routes that marks its epochs stale on every change.

    FastAPI counts only the changes made through some of its methods; `mount()`, `host()` and
    direct edits of the list go uncounted, so the list itself has to notice.
    """

    __slots__ = ("_epochs",)
    _epochs: list[Epoch]

    def watch(self, epoch: Epoch) -> None:
        """Mark `epoch` stale from now on whenever this list changes."""
        epochs = self._watching()
        if not any(known is epoch for known in epochs):
            epochs.append(epoch)

    def changed(self) -> None:
        """Mark every watching epoch stale."""
        for epoch in self._watching():
            epoch.stale = True

    def _watching(self) -> list[Epoch]:
        try:
            return self._epochs
        except AttributeError:
            self._epochs = []
            return self._epochs

    def __reduce_ex__(self, protocol: Any) -> tuple[Any, ...]:
        """Copy and pickle as the plain routes; watchers stay with the original."""
        return (WatchedRoutes, (list(self),))


def _noticed(name: str) -> Callable[..., Any]:
    original: Callable[..., Any] = getattr(list, name)

    def change(self: WatchedRoutes, *args: Any, **options: Any) -> Any:
        try:
            return original(self, *args, **options)
        finally:
            self.changed()

    change.__name__ = name
    change.__qualname__ = f"WatchedRoutes.{name}"
    change.__doc__ = original.__doc__
    return change


for _name in (
    "append",
    "extend",
    "insert",
    "remove",
    "pop",
    "clear",
    "sort",
    "reverse",
    "__setitem__",
    "__delitem__",
    "__iadd__",
    "__imul__",
):
    setattr(WatchedRoutes, _name, _noticed(_name))
