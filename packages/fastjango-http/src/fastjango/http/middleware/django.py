"""`DjangoGroup`: neighbouring Django-style middlewares, as one ASGI application."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from typing import Any

from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured, MiddlewareNotUsed
from fastjango.http.aio import run_in_thread, run_on_loop
from fastjango.http.dispatch.core import FusedExceptions
from fastjango.http.invocation import check_response, is_async_view
from fastjango.http.log import log_error_answer
from fastjango.http.request import HttpRequest
from fastjango.http.responder import response_for_exception
from fastjango.http.urls import set_urlconf
from fastjango.http.urls.switching import switched_app
from starlette._utils import create_collapsing_task_group
from starlette.types import ASGIApp, Receive, Scope, Send

from .capture import DELIVER_KEY, Collector, Delivery, as_django_response, replayed
from .exchange import request_for

__all__ = ["DjangoGroup", "adapt_middleware", "log_not_used"]

logger: logging.Logger = logging.getLogger("fastjango.request")

_STACK_KEY = "fastjango.capture_stack"
AsyncHandler = Callable[[HttpRequest], Coroutine[Any, Any, Any]]


class DjangoGroup:
    """Runs middlewares that are factories of `get_response` around an ASGI application.

    Attributes:
        instances: The middlewares that are in use, outermost first.
    """

    def __init__(self, app: ASGIApp, factories: Sequence[Callable[..., Any]]) -> None:
        self.app = app
        # Right around the core, responses need not be taken apart into messages.
        self._core = app if isinstance(app, FusedExceptions) else None
        self.instances: list[Any] = []
        self._has_sync = False
        handler: AsyncHandler = _converting(self._inner)
        for factory in reversed(factories):
            adapted = adapt_middleware(factory, handler)
            if adapted is None:
                continue
            instance, handler = adapted
            self.instances.insert(0, instance)
            self._has_sync = self._has_sync or not is_async_view(instance)
        self._handler = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = request_for(scope, receive, send)
        async with AsyncExitStack() as stack:
            group = None
            if self._has_sync:
                # Around sync middleware the view runs in a task that came back from a thread.
                group = await stack.enter_async_context(create_collapsing_task_group())
            scope[_STACK_KEY] = (stack, group)
            try:
                response = await self._handler(request)
                if response.status_code >= 400:
                    log_error_answer(request, response)
                await response(scope, receive, send)
            finally:
                if "urlconf" in request.__dict__:
                    set_urlconf(None)
        request.close()

    async def _inner(self, request: HttpRequest) -> Any:
        """Answer through the application inside, which logs its own errors."""
        response = await self._answer(request)
        if response.status_code >= 400:
            response._has_been_logged = True
        return response

    async def _answer(self, request: HttpRequest) -> Any:
        scope = request.scope
        receive = replayed(scope, request.receive)
        delivery = Delivery(*scope[_STACK_KEY])
        own = switched_app(request)
        if own is not None:
            await delivery.capture(own, scope, receive)
            return delivery.response
        core = self._core
        if core is None or core.layers is not None:
            await delivery.capture(self.app, scope, receive)
            return delivery.response
        collector = Collector()
        outer = scope.get(DELIVER_KEY)
        scope[DELIVER_KEY] = delivery
        try:
            failure = await core.serve(scope, receive, collector)
        finally:
            if outer is None:
                scope.pop(DELIVER_KEY, None)
            else:
                scope[DELIVER_KEY] = outer
        if failure is not None:
            raise failure.error
        if delivery.response is not None:
            return as_django_response(delivery.response)
        return collector.response()


def adapt_middleware(
    factory: Callable[..., Any], handler: AsyncHandler
) -> tuple[Any, AsyncHandler] | None:
    """Build one middleware around `handler`.

    Returns:
        The instance and the handler around it, which never raises for what an error page can
        answer; `None` if the middleware is not to be used.

    Raises:
        ImproperlyConfigured: The factory returned nothing.
        RuntimeError: It can run neither way.
    """
    can_async = getattr(factory, "async_capable", False)
    can_sync = getattr(factory, "sync_capable", True)
    if not can_async and not can_sync:
        raise RuntimeError(
            f"Middleware {_name(factory)} must have at least one of "
            "sync_capable/async_capable set to True."
        )
    inner: Any = handler if can_async else _blocking(handler)
    if not can_async and settings.DEBUG:
        # It costs a hop to a thread and back.
        logger.debug("Asynchronous handler adapted for middleware %s.", _name(factory))
    try:
        instance = factory(inner)
    except MiddlewareNotUsed as reason:
        log_not_used(_name(factory), reason)
        return None
    if instance is None:
        raise ImproperlyConfigured(f"Middleware factory {_name(factory)} returned None.")
    if is_async_view(instance):
        return instance, _converting(_awaited(instance))
    return instance, _converting(_threaded(instance))


def log_not_used(name: str, reason: MiddlewareNotUsed) -> None:
    """Note, while `DEBUG` is on, that a middleware left the chain."""
    if not settings.DEBUG:
        return
    if str(reason):
        logger.debug("MiddlewareNotUsed(%r): %s", name, reason)
    else:
        logger.debug("MiddlewareNotUsed: %r", name)


def _name(factory: object) -> str:
    return f"{getattr(factory, '__module__', '')}.{getattr(factory, '__qualname__', factory)}"


def _blocking(handler: AsyncHandler) -> Callable[[HttpRequest], Any]:
    """Return `handler` for synchronous middleware, which runs in a worker thread."""

    def get_response(request: HttpRequest) -> Any:
        return run_on_loop(handler, request)

    return get_response


def _awaited(instance: Any) -> AsyncHandler:
    async def handler(request: HttpRequest) -> Any:
        response = await instance(request)
        if response is None:
            check_response(response, instance)
        return response

    return handler


def _threaded(instance: Any) -> AsyncHandler:
    async def handler(request: HttpRequest) -> Any:
        response = await run_in_thread(instance, request)
        if response is None:
            check_response(response, instance)
        return response

    return handler


def _converting(handler: AsyncHandler) -> AsyncHandler:
    """Return `handler` with exceptions turned into error responses."""

    async def converted(request: HttpRequest) -> Any:
        try:
            return await handler(request)
        except Exception as error:
            return await response_for_exception(request, error)

    return converted
