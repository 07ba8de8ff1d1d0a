"""Runs an `async def` of a migration inside the migration's own transaction."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .editor import BaseSchemaEditor
    from .state_apps import StateApps

__all__ = ["run_async_code"]


def run_async_code(code: Callable[..., Any], apps: StateApps, editor: BaseSchemaEditor) -> None:
    """Run `await code(apps, schema_editor)` on an event loop of its own.

    The asynchronous calls of the ORM use the connection that the migration runs on, so that they
    see its changes and are undone with them. Blocking calls of the ORM raise inside the function,
    as on any event loop.
    """
    from fastjango.orm.engine.handler import connections

    alias = editor.connection.alias
    before = connections.shared.get(alias)
    connections.shared[alias] = editor.connection
    try:
        asyncio.run(code(apps, editor))
    finally:
        if before is None:
            del connections.shared[alias]
        else:
            connections.shared[alias] = before
