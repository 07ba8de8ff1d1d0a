"""`FastJango`: a FastAPI application that also takes Django-style `urlpatterns`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any, Unpack, cast

from fastapi import FastAPI
from fastapi._body_limit import AppBodyLimitMiddleware
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry._asgi import ExceptionTelemetryMiddleware
from fastjango.core.conf import settings, settings_module
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.signals import request_started
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, ExceptionHandler, Receive, Scope, Send

from .dispatch.core import FusedErrors, FusedExceptions
from .dispatch.pristine import compilation_allowed
from .dispatch.telemetry import Telemetry
from .invocation import watch_requests
from .lifespan import LifespanChain
from .options import FastAPIOptions
from .router import Router
from .urlconfs import UrlPatterns, announce, serve_from

__all__ = ["FastJango"]

STARTED_KEY = "fastjango.request_started"
"""Key of the ASGI scope of a request of which `request_started` was sent."""


class FastJango(FastAPI):
    """A FastAPI application; everything FastAPI documents works on it.

    Args:
        urlpatterns: Django-style patterns (`path`, `re_path`, `include`), routers or routes, tried
            in the given order after the routes passed as `routes`.
        django_middleware: Entries as in the `MIDDLEWARE` setting, outermost first: layers, ASGI
            middleware, Django-style factories, or dotted paths of them. They run inside of what
            `middleware` and `add_middleware()` add.
        options: Every keyword argument of FastAPI's application class.
    """

    def __init__(
        self,
        *,
        urlpatterns: Iterable[object] | None = None,
        django_middleware: Iterable[object] = (),
        **options: Unpack[FastAPIOptions],
    ) -> None:
        super().__init__(**options)
        Router.adopt(self.router)
        self.lifespan_chain: LifespanChain = LifespanChain(())
        self.router.lifespan_context = self.lifespan_chain.around(self.router.lifespan_context)
        self._has_lifespans = False
        self._telemetry_watch = Telemetry(cast("dict[str, Any]", self._telemetry))
        self.django_middleware: list[object] = list(django_middleware)
        self.contributed_middleware: list[object] = []
        self.urlpatterns: list[object] = UrlPatterns()
        if urlpatterns is not None:
            self.add_urlpatterns(urlpatterns)

    def add_urlpatterns(self, urlpatterns: Iterable[object]) -> list[BaseRoute]:
        """Append the routes of Django-style patterns to this application's router.

        Args:
            urlpatterns: What `path`, `re_path` and `include` return; a router or a route counts
                as a pattern too.

        Returns:
            The new routes, in order.
        """
        from .urls import build_routes
        from .urls.resolvers import forget_resolver

        _configure_defaults()
        patterns = list(urlpatterns)
        routes = build_routes(patterns, self.router)
        if patterns and isinstance(self.urlpatterns, UrlPatterns):
            if self.urlpatterns:
                forget_resolver(self.urlpatterns)
            announce(self.urlpatterns)
        self.urlpatterns.extend(patterns)
        self.router.routes.extend(routes)
        self.router._mark_routes_changed()  # pyright: ignore[reportPrivateUsage]  # FastAPI caches the schema by it
        return routes

    def add_lifespans(
        self, contributions: Iterable[Callable[[Any], AbstractAsyncContextManager[Any]]]
    ) -> None:
        """Wrap the life of this application in further context managers.

        They are entered in order before the application's own lifespan and left in reverse after
        it; once, also under a test client and when the application is mounted in another one.

        Args:
            contributions: Functions that take the application and return a context manager.
        """
        self.lifespan_chain.contributions.extend(contributions)
        self._has_lifespans = bool(self.lifespan_chain)

    def build_middleware_stack(self) -> ASGIApp:
        """Build the middleware once, fused where nothing in this process forbids it."""
        router = self.router
        chain = bool(self.django_middleware or self.contributed_middleware)
        if not isinstance(router, Router):
            if chain:
                raise ImproperlyConfigured(
                    f"The application's router is a {type(router).__name__}; middleware as in "
                    "MIDDLEWARE needs a fastjango.http.Router. Include that router in the "
                    "application's own instead of replacing it."
                )
            return super().build_middleware_stack()
        if not chain and not compilation_allowed():
            return super().build_middleware_stack()
        on_error: ExceptionHandler | None = None
        handlers: dict[Any, ExceptionHandler] = {}
        for key, value in self.exception_handlers.items():
            handler = cast("ExceptionHandler", value)
            if key in (500, Exception):
                on_error = handler
            else:
                handlers[key] = handler
        core = FusedExceptions(
            AsyncExitStackMiddleware(router), handlers, self.debug, router=router
        )
        app: ASGIApp = core
        if chain:
            from .middleware.chain import compile_chain

            app = compile_chain(core, self.django_middleware, self.contributed_middleware)
        direct = app is core and not self.user_middleware
        for cls, args, kwargs in reversed(self.user_middleware):
            app = cls(app, *args, **kwargs)
        first = app
        limited = AppBodyLimitMiddleware(first, max_body_size=self.max_body_size)
        unlimited = self.max_body_size is None
        stack = FusedErrors(
            ExceptionTelemetryMiddleware(limited),
            on_error,
            self.debug,
            core=core if unlimited and direct else None,
            first=first if unlimited else None,
        )
        watched: ASGIApp = watch_requests(stack)
        return watched

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI scope."""
        stack = self.middleware_stack
        if self._has_lifespans and scope["type"] != "lifespan":
            await self.lifespan_chain.ensure(self)
        patterns = self.urlpatterns
        if patterns and type(patterns) is UrlPatterns and not settings.ROOT_URLCONF:
            serve_from(patterns)
        if request_started.receivers and scope["type"] == "http" and STARTED_KEY not in scope:
            # An application that is mounted in another one answers no request of its own.
            scope[STARTED_KEY] = True
            await request_started.asend(sender=type(self), scope=scope)
        if (
            scope["type"] == "http"
            and type(stack) is FusedErrors
            and "fastapi.telemetry" not in scope
            and self._telemetry_watch.is_off()
        ):
            if self.root_path:
                scope["root_path"] = self.root_path
            scope["app"] = self
            await stack(scope, receive, send)
            return
        await super().__call__(scope, receive, send)


def _configure_defaults() -> None:
    """Let an application in a single file run on the default settings.

    Settings that are configured, or named by `FASTJANGO_SETTINGS_MODULE`, are left alone.
    """
    if not settings.configured and not settings_module():
        settings.configure()
