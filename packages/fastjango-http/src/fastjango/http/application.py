"""`FastJango`: a FastAPI application that also takes Django-style `urlpatterns`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from fastapi import FastAPI
from starlette.routing import BaseRoute

from .options import FastAPIOptions
from .router import Router

__all__ = ["FastJango"]


class FastJango(FastAPI):
    """A FastAPI application; everything FastAPI documents works on it.

    Args:
        urlpatterns: Django-style patterns (`path`, `re_path`, `include`), routers or routes, tried
            in the given order after the routes passed as `routes`.
        options: Every keyword argument of FastAPI's application class.
    """

    def __init__(
        self,
        *,
        urlpatterns: Iterable[object] | None = None,
        **options: Unpack[FastAPIOptions],
    ) -> None:
        super().__init__(**options)
        Router.adopt(self.router)
        self.urlpatterns: list[object] = []
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

        patterns = list(urlpatterns)
        routes = build_routes(patterns)
        self.urlpatterns.extend(patterns)
        self.router.routes.extend(routes)
        mark_changed = getattr(self.router, "_mark_routes_changed", None)
        if mark_changed is not None:
            mark_changed()
        return routes
