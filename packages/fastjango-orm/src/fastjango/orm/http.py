"""What the web layer alone asks of the database layer.

`ATOMIC_REQUESTS`, the N+1 guard, a collector that leaves the process's own objects alone, and the
end of connections.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from fastjango.core.conf import settings
from fastjango.orm.collector import freeze_after_full_collection
from fastjango.orm.engine.atomic import atomic
from fastjango.orm.engine.handler import close_connections_of_threads, connections

__all__ = ["close_databases", "make_view_atomic", "watch_requests"]

F = TypeVar("F", bound=Callable[..., Any])


def make_view_atomic(view: F) -> F:
    """Run a view in a transaction on each database whose `ATOMIC_REQUESTS` is on.

    A coroutine function is awaited inside the transactions. What `non_atomic_requests` marks is
    left out; without such a database the view itself is returned.
    """
    aliases = [alias for alias, entry in connections.settings.items() if entry["ATOMIC_REQUESTS"]]
    if not aliases:
        return view
    free: set[str] = getattr(view, "_non_atomic_requests", set())
    for alias in aliases:
        if alias not in free:
            view = atomic(using=alias)(view)
    return view


async def close_databases() -> None:
    """Close the connections of an application that ends: this loop's pools, its threads' own."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        return  # another event loop library, which has neither
    await connections.aclose_all()
    close_connections_of_threads(loop)


def watch_requests(app: Any) -> Any:
    """Put the N+1 guard around an ASGI application while `DEBUG` is on or tests run.

    Asked once, when the application makes its middleware. Without the guard the process serves
    for long, and `ORM_FREEZE_OBJECTS` is heeded.
    """
    from fastjango.orm.nplusone import NPlusOneMiddleware, is_watched

    if is_watched():
        return NPlusOneMiddleware(app)
    if settings.configured and settings.ORM_FREEZE_OBJECTS:
        freeze_after_full_collection()
    return app
