"""Entries of the middleware chain: what may stand in `MIDDLEWARE`, and in which order it runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.imports import import_string
from starlette.middleware import Middleware

from .layer import Layer

__all__ = ["Kind", "MiddlewareEntry", "kind_of", "load_entry", "order_entries"]


class Kind(Enum):
    """The three kinds of middleware."""

    LAYER = "layer"
    DJANGO = "django"
    ASGI = "asgi"


@dataclass(frozen=True, slots=True)
class MiddlewareEntry:
    """Middleware that a plugin contributes, with its place relative to others.

    Attributes:
        middleware: A dotted path, a class or a factory.
        before: Dotted paths of middleware that has to come after this one, as far as it is there.
        after: Dotted paths of middleware that has to come before this one, as far as it is there.
    """

    middleware: Any
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """The dotted path that others name it by."""
        return entry_path(self.middleware)


def entry_path(entry: object) -> str:
    """Return the dotted path of an entry."""
    if isinstance(entry, str):
        return entry
    if isinstance(entry, Middleware):
        entry = entry.cls
    made: object = entry if hasattr(entry, "__qualname__") else type(entry)
    return f"{getattr(made, '__module__', '')}.{getattr(made, '__qualname__', made)}"


def load_entry(entry: Any) -> Any:
    """Return the class, factory or instance behind an entry.

    Raises:
        ImproperlyConfigured: The dotted path leads nowhere.
    """
    if not isinstance(entry, str):
        return _as_layer(entry)
    try:
        return _as_layer(import_string(entry))
    except ImportError as error:
        raise ImproperlyConfigured(
            f"MIDDLEWARE names {entry!r}, which cannot be imported: {error}"
        ) from error


def _as_layer(entry: Any) -> Any:
    """Return the layer that stands for a Django-style class, if the class itself names one.

    A subclass may have changed what the class does, so it does not inherit the layer.
    """
    return vars(entry).get("layer", entry) if inspect.isclass(entry) else entry


def kind_of(middleware: Any) -> Kind:
    """Return which kind a loaded entry is.

    The last two are told apart by the name of the first parameter, which Django's factories call
    `get_response`, by what Django's decorators and `MiddlewareMixin` set, and by how many arguments
    instances of a class take: one request, or the three of ASGI.
    """
    if isinstance(middleware, Layer) or (
        inspect.isclass(middleware) and issubclass(middleware, Layer)
    ):
        return Kind.LAYER
    if isinstance(middleware, Middleware):
        return Kind.ASGI
    is_django = (
        _first_parameter(middleware) == "get_response"
        or hasattr(middleware, "sync_capable")
        or _takes_requests(middleware)
    )
    return Kind.DJANGO if is_django else Kind.ASGI


def _takes_requests(middleware: Any) -> bool:
    """Whether a class makes what is called with one request."""
    call = inspect.getattr_static(middleware, "__call__", None)
    if not inspect.isclass(middleware) or not inspect.isfunction(call):
        return False
    taken = list(inspect.signature(call).parameters.values())
    return len(taken) == 2 and taken[1].kind is taken[1].POSITIONAL_OR_KEYWORD


def _first_parameter(middleware: Callable[..., Any]) -> str | None:
    try:
        names: Sequence[str] = list(inspect.signature(middleware).parameters)
    except (TypeError, ValueError):
        return None
    return names[0] if names else None


def order_entries(configured: Iterable[Any], contributed: Iterable[Any] = ()) -> list[Any]:
    """Merge what plugins contribute into the configured list.

    The configured order is kept. A contribution that is in the list already is dropped; one that
    has to come before others goes right before the first of them, any other goes innermost.

    Raises:
        ImproperlyConfigured: The constraints contradict each other.
    """
    ordered = list(configured)
    present = {entry_path(entry) for entry in ordered}
    waiting: dict[str, MiddlewareEntry] = {}
    for entry in contributed:
        made = entry if isinstance(entry, MiddlewareEntry) else MiddlewareEntry(entry)
        if made.path not in present:
            waiting.setdefault(made.path, made)
    if not waiting:
        return ordered
    return _sorted(ordered, waiting)


def _sorted(ordered: list[Any], waiting: Mapping[str, MiddlewareEntry]) -> list[Any]:
    paths = [entry_path(entry) for entry in ordered]
    known: dict[str, Any] = {
        **dict(zip(paths, ordered, strict=True)),
        **{path: entry.middleware for path, entry in waiting.items()},
    }
    inner_first = {path: number for number, path in enumerate([*paths, *waiting])}
    graph: dict[str, set[str]] = {path: set() for path in known}
    for outer, inner in pairwise(paths):
        graph[inner].add(outer)
    for path, entry in waiting.items():
        graph[path].update(name for name in entry.after if name in known)
        for name in entry.before:
            if name in known:
                graph[name].add(path)
    try:
        order = [path for path in TopologicalSorter(graph).static_order() if path in waiting]
    except CycleError as error:
        cycle = " -> ".join(repr(name) for name in error.args[1])
        raise ImproperlyConfigured(
            f"The order of the middleware contradicts itself: {cycle}. Change MIDDLEWARE, or the "
            "before/after constraints that the plugins state."
        ) from error
    for path in sorted(order, key=lambda path: (order.index(path), inner_first[path])):
        # As close as it can be to what it has to precede, else innermost.
        after_it = [paths.index(inner) for inner in paths if path in graph[inner]]
        paths.insert(min(after_it, default=len(paths)), path)
    return [known[path] for path in paths]
