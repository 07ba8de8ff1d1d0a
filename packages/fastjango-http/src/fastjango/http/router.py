"""`Router`: FastAPI's `APIRouter`, with FastJango's way of finding routes."""

from __future__ import annotations

from fastapi.routing import APIRouter

__all__ = ["Router"]


class Router(APIRouter):
    """An `APIRouter`; everything FastAPI documents works on it."""

    @classmethod
    def adopt(cls, router: APIRouter) -> None:
        """Turn a plain `APIRouter` into this class, in place.

        FastAPI's constructor names its router class itself, so the application converts the
        finished object. A subclass of somebody else's stays what it is.
        """
        if type(router) is not APIRouter:
            return
        captured = router.middleware_stack
        plain_app = router.app
        router.__class__ = cls
        if captured == plain_app:
            # The constructor had bound the old class's `app`.
            router.middleware_stack = router.app
