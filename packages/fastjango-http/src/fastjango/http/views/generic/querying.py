"""What generic views share: a GET that waits in either way, and what they ask of querysets."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

from fastjango.core.twins import Step, afollow, follow
from fastjango.http.aio import run_in_thread
from fastjango.http.views.base import View

__all__ = ["PlannedView", "fetched", "first", "has_rows", "is_filled"]


class PlannedView(View):
    """A view whose GET is one plan, followed natively by `get()` and `aget()`."""

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer with what the view shows."""
        if self.view_is_async:
            return self.aget(request, *args, **kwargs)
        return follow(self._get_plan())

    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Do what `get()` does, with the asynchronous methods."""
        return await afollow(self._get_plan())

    def _get_plan(self) -> Generator[Step, Any, Any]:
        raise NotImplementedError("Subclasses say what their GET does.")


async def _afetch(objects: Any) -> Any:
    """Return the objects with every row there, so that iterating waits no more."""
    if not hasattr(objects, "__aiter__"):
        # Whatever is lazy and knows no other way must not block the loop.
        if isinstance(objects, list | tuple):
            return cast("Any", objects)
        return await run_in_thread(_fetch, objects)
    rows = [row async for row in objects]
    # A queryset keeps its rows, and knows its model besides.
    return objects if getattr(objects, "_result_cache", None) is not None else rows


def _fetch(objects: Any) -> Any:
    bool(objects)
    return objects


def fetched(objects: Any) -> Step:
    """Have the rows there; where waiting is no harm they come when they are used."""
    return Step(lambda: objects, lambda: _afetch(objects))


def is_filled(objects: Any) -> Step:
    """Tell whether there are any, with all rows kept."""

    async def afilled() -> bool:
        return bool(await _afetch(objects))

    return Step(lambda: bool(objects), afilled)


def has_rows(queryset: Any) -> Step:
    """Tell whether there are any, by the cheap question `exists()`."""

    async def aexists() -> bool:
        if hasattr(queryset, "aexists"):
            return bool(await queryset.aexists())
        return bool(await run_in_thread(queryset.exists))

    return Step(queryset.exists, aexists)


def first(queryset: Any) -> Step:
    """Return the first row, or `None`."""

    def find() -> Any:
        return next(iter(queryset[:1]), None)

    async def afind() -> Any:
        return next(iter(await _afetch(queryset[:1])), None)

    return Step(find, afind)
