"""Marks the engine's own use of a synchronous connection on a running loop.

A test shares its connection with the asynchronous edge, whose queries then block for a moment.
What blocks without this mark is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Generator
from contextlib import contextmanager

__all__ = ["bridged", "is_bridged"]


class _Bridge(threading.local):
    """Counts the blocks that this thread is in."""

    depth = 0


_bridge = _Bridge()


@contextmanager
def bridged() -> Generator[None, None, None]:
    """Let the asynchronous edge use a synchronous connection that a test shares with it."""
    _bridge.depth += 1
    try:
        yield
    finally:
        _bridge.depth -= 1


def is_bridged() -> bool:
    """Whether the engine itself is using a synchronous connection on a loop."""
    return _bridge.depth > 0
