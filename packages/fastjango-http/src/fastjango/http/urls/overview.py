"""A list of all routes, for people: what `fastjango-admin routes` prints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from fastjango.http.hooks import view_guards
from fastjango.http.urls._chain_route import ChainRoute
from fastjango.http.urls.djangoroute import DjangoRoute
from fastjango.http.urls.match import ResolverMatch
from starlette.routing import BaseRoute, Mount

__all__ = ["RouteInfo", "list_routes"]

# Attributes that decorators leave on views, and what they are called in the list.
_MARKS = {
    "csrf_exempt": "csrf exempt",
    "login_required": "login",
    "should_append_slash": None,
}


@dataclass(frozen=True, slots=True)
class RouteInfo:
    """One route.

    Attributes:
        methods: Methods it answers, sorted; `ANY` for all, `WS` for a WebSocket, `ASGI` for an
            application of its own.
        path: Its path, with parameters.
        name: Its name with namespaces; `""` if it has none.
        view: The dotted path of the view.
        guards: What stands between a client and the view.
    """

    methods: tuple[str, ...]
    path: str
    name: str
    view: str
    guards: tuple[str, ...]


def list_routes(routes: Sequence[BaseRoute]) -> Iterator[RouteInfo]:
    """Yield all routes in the order they are tried, included ones one by one.

    Args:
        routes: The routes of an application.
    """
    for context in iter_route_contexts(routes):
        route: Any = context.original_route
        if isinstance(route, Mount):
            path = f"{context.path or ''}/*"
            yield RouteInfo(("ASGI",), path, route.name or "", _dotted(route.app), ())
            continue
        endpoint: Any = getattr(route, "view", None) or context.endpoint
        if endpoint is None:
            continue
        yield RouteInfo(
            _methods(route, context.methods, endpoint),
            _path(route) or context.path or "",
            _name(route, context.name),
            _dotted(endpoint),
            tuple(dict.fromkeys(_guards(route, context, endpoint))),
        )


def _path(route: Any) -> str | None:
    chain = getattr(route, "chain", None)
    return None if chain is None else "/" + chain.route


def _name(route: Any, plain: str | None) -> str:
    if isinstance(route, ChainRoute):
        url_name: str | None = getattr(route, "url_name", None)
        if url_name is None:
            return ""
        return ":".join([*(name for name in route.chain.namespaces if name), url_name])
    return plain or ""


def _methods(route: Any, methods: Iterable[str] | None, view: Any) -> tuple[str, ...]:
    if methods:
        return tuple(sorted(methods))
    if "WebSocket" in type(route).__name__:
        return ("WS",)
    if not isinstance(route, DjangoRoute):
        return ("ANY",) if hasattr(route, "get_route_handler") else ("ASGI",)
    allowed = getattr(view, "allowed_methods", None)
    view_class = getattr(view, "view_class", None)
    if allowed is None and view_class is not None:
        names: list[str] = view_class.http_method_names
        allowed = [name.upper() for name in names if hasattr(view_class, name)]
        if "GET" in allowed and "HEAD" not in allowed:
            allowed.append("HEAD")
    return tuple(sorted(allowed)) if allowed else ("ANY",)


def _guards(route: Any, context: Any, view: Callable[..., Any]) -> Iterator[str]:
    for found in view_guards.call(view):
        yield from found
    for mark, label in _MARKS.items():
        if label and getattr(view, mark, False):
            yield label
    dependant = getattr(context, "dependant", None)
    if isinstance(dependant, Dependant):
        yield from _dependencies(dependant)


def _dependencies(dependant: Dependant) -> Iterator[str]:
    """Yield the names of an operation's dependencies, the inner ones after their users."""
    for dependency in dependant.dependencies:
        call: Any = dependency.call
        if call is not None:
            yield getattr(call, "__name__", type(call).__name__)
        yield from _dependencies(dependency)


def _dotted(view: Any) -> str:
    if not callable(view):
        return type(view).__name__
    return ResolverMatch(view, (), {})._func_path  # pyright: ignore[reportPrivateUsage]  # same package
