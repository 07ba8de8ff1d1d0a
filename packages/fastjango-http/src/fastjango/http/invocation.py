"""Calling a view in Django style: hooks of middleware around it, on the loop or in a thread."""

from __future__ import annotations

import asyncio
import functools
import inspect
import sys
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from types import FunctionType
from typing import Any, Protocol

from fastjango.core.imports import import_string
from fastjango.http.aio import run_in_thread
from fastjango.http.hooks import debug_queries
from fastjango.http.request import HttpRequest
from fastjango.http.response import HttpResponseBase
from fastjango.values.decorators import iscoroutinefunction
from starlette.responses import Response

__all__ = [
    "HOOKS_KEY",
    "ViewHooks",
    "call_view",
    "closing_databases",
    "is_async_view",
    "renders_late",
    "wrap_view",
]

HOOKS_KEY = "fastjango.view_hooks"
"""Key of the ASGI scope under which middleware leaves its `ViewHooks`."""


class ViewHooks(Protocol):
    """What Django-style middleware does around the view itself."""

    async def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        """Return a response in place of the view's, or `None`."""
        ...

    async def process_exception(self, request: HttpRequest, exception: Exception) -> Any:
        """Return a response for an exception the view raised, or `None` to let it pass."""
        ...

    async def process_template_response(self, request: HttpRequest, response: Any) -> Any:
        """Return the response to render, the given one or another."""
        ...


def is_async_view(view: Any) -> bool:
    """Whether calling a view gives something to await."""
    if iscoroutinefunction(view):
        return True
    if inspect.isroutine(view) or inspect.isclass(view):
        return False
    return iscoroutinefunction(getattr(view, "__call__", None))  # noqa: B004 - the method itself


def wrap_view(view: Callable[..., Any]) -> Callable[..., Any]:
    """Return a view as the database layer wants it called: `ATOMIC_REQUESTS`.

    While nothing has used that layer, or no database asks for it, that is the view itself.
    """
    if "fastjango.orm.engine.handler" not in sys.modules:
        return view
    wrapped: Callable[..., Any] = import_string("fastjango.orm.http.make_view_atomic")(view)
    return wrapped


def watch_requests(app: Any) -> Any:
    """Return an ASGI application as the database layer wants it served: its N+1 guard around it.

    While nothing has used that layer, or neither `DEBUG` nor a test is on, that is `app` itself.
    Side effects: the guard answers the hook `debug_queries`.
    """
    if "fastjango.orm.engine.handler" not in sys.modules:
        return app
    debug_queries.register(import_string("fastjango.orm.nplusone.request_queries"))
    return import_string("fastjango.orm.http.watch_requests")(app)


@asynccontextmanager
async def closing_databases() -> AsyncGenerator[None]:
    """Close the database connections of the running event loop and its threads in the end."""
    try:
        yield
    finally:
        if "fastjango.orm.engine.handler" in sys.modules:
            await import_string("fastjango.orm.http.close_databases")()


async def call_view(
    request: HttpRequest,
    view: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
    *,
    is_async: bool | None = None,
    hooks: ViewHooks | None = None,
) -> Any:
    """Call a view and return its finished response.

    A synchronous view runs in a worker thread, an asynchronous one right here.

    Args:
        request: The request, its body loaded.
        view: The view.
        args: Positional arguments from the URL.
        kwargs: Keyword arguments from the URL and the pattern.
        is_async: What `is_async_view()` said, if somebody asked before.
        hooks: Middleware to call around the view.

    Raises:
        ValueError: The view returned nothing, or a coroutine nobody awaited.
    """
    arguments = dict(kwargs)
    if hooks is not None:
        response = await hooks.process_view(request, view, args, arguments)
        if response is not None:
            return response
    if is_async is None:
        is_async = is_async_view(view)
    view = wrap_view(view)
    try:
        if is_async:
            response = await view(request, *args, **arguments)
        else:
            response = await run_in_thread(view, request, *args, **arguments)
    except Exception as error:
        response = await _handled(hooks, request, error)
        if response is None:
            raise
    if not isinstance(response, Response):
        check_response(response, view)
    if renders_late(response) and not getattr(response, "is_rendered", False):
        response = await _render(request, response, hooks)
    return response


def renders_late(response: Any) -> bool:
    """Whether a response has a `render()` of its own, as template responses do.

    The method of that name in Starlette's responses encodes content, and is another thing.
    """
    return _class_renders_late(response.__class__)


@functools.cache
def _class_renders_late(response_class: Any) -> bool:
    if issubclass(response_class, Response) and not issubclass(response_class, HttpResponseBase):
        return False
    for base in response_class.__mro__:
        if "render" in vars(base):
            return base is not HttpResponseBase
    return False


async def _handled(hooks: ViewHooks | None, request: HttpRequest, error: Exception) -> Any:
    return None if hooks is None else await hooks.process_exception(request, error)


async def _render(request: HttpRequest, response: Any, hooks: ViewHooks | None) -> Any:
    """Render a response that waited for middleware to see it."""
    if hooks is not None:
        response = await hooks.process_template_response(request, response)
    try:
        if getattr(response, "wants_async", False):
            return await response.arender()
        if iscoroutinefunction(response.render):
            return await response.render()
        if getattr(response, "renders_on_loop", False):
            # It says of itself that rendering waits for nothing.
            return response.render()
        return await run_in_thread(response.render)
    except Exception as error:
        handled = await _handled(hooks, request, error)
        if handled is None:
            raise
        return handled


def check_response(response: Any, callback: Any, name: str | None = None) -> None:
    """Complain about a view (or middleware) that returned no response.

    Args:
        response: What it returned.
        callback: The view.
        name: How to name it, made from the view if `None`.

    Raises:
        ValueError: It returned `None`, a coroutine, or something that is no response.
    """
    if name is None:
        if isinstance(callback, FunctionType):
            name = f"The view {callback.__module__}.{callback.__name__}"
        else:
            name = f"The view {callback.__module__}.{type(callback).__name__}.__call__"
    if response is None:
        raise ValueError(f"{name} didn't return an HttpResponse object. It returned None instead.")
    if asyncio.iscoroutine(response):
        response.close()
        raise ValueError(
            f"{name} didn't return an HttpResponse object. It returned an unawaited coroutine "
            "instead. You may need to add an 'await' into your view."
        )
    if not callable(response):
        raise ValueError(
            f"{name} didn't return an HttpResponse object. It returned a "
            f"{type(response).__name__} instead. Views that return data are written in FastAPI "
            "style, without a first parameter called 'request'."
        )
