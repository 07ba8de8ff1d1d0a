"""Lists: queries that fetch what the serializer shows, and JSON in one pass."""

from __future__ import annotations

from typing import Any

from fastjango.rest._steps import Steps
from fastjango.rest.response import Response

__all__ = ["answer", "planned"]


def planned(view: Any, queryset: Any) -> Any:
    """Return a queryset that fetches what the view's serializer shows, relations included.

    A queryset that says itself what it fetches, and anything that is no queryset, is left alone.
    """
    if not getattr(view, "plans_queries", True) or not hasattr(queryset, "query"):
        return queryset
    from fastjango.rest import compile as compiled

    return compiled.plan_queryset(queryset, view.get_serializer())


def plans_itself(view: Any, request: Any) -> bool:
    """Whether the list is written by code that decides itself what to fetch."""
    return view.paginator is None and _is_plain(request)


def _is_plain(request: Any) -> bool:
    renderer = getattr(request, "accepted_renderer", None)
    return renderer is not None and bool(renderer.writes_plain_json(request.accepted_media_type))


class _Source:
    """A list that is written as JSON at once, or built as values when somebody looks."""

    def __init__(self, view: Any, serializer: Any, written: bytes, paged: bool) -> None:
        self.view, self.serializer, self.written, self.paged = view, serializer, written, paged

    def data(self) -> Any:
        data = self.serializer.data
        return self.view.get_paginated_response(data).data if self.paged else data

    def to_json(self) -> bytes:
        if not self.paged:
            return self.written
        content: bytes = self.view.paginator.wrap_json(self.written)
        return content


def answer(view: Any, request: Any, serializer: Any, paged: bool) -> Steps:
    """Return the response for a list, compiled if the client takes plain JSON."""
    if _is_plain(request) and (not paged or _wraps_json(view)):
        written = yield serializer.to_json, serializer.ato_json, ()
        if written is not None:
            return Response.from_source(_Source(view, serializer, written, paged))
        if not paged:
            serializer.instance = planned(view, serializer.instance)

    async def twin() -> Any:
        return await serializer.adata

    data = yield (lambda: serializer.data), twin, ()
    return view.get_paginated_response(data) if paged else Response(data)


def _wraps_json(view: Any) -> bool:
    """Whether nobody has changed what a page looks like."""
    from fastjango.rest.generics import GenericAPIView

    kind: Any = type(view)  # pyright: ignore[reportUnknownVariableType]  # of any type
    if kind.get_paginated_response is not GenericAPIView.get_paginated_response:
        return False
    paginator: Any = type(view.paginator)  # pyright: ignore[reportUnknownVariableType]  # of any type
    for base in paginator.__mro__:
        if "get_paginated_response" in base.__dict__:
            return "wrap_json" in base.__dict__
    return False
