"""What is known of a database server, learnt once per process from its first connection."""

from __future__ import annotations

import threading
from typing import Any

__all__ = ["forget_servers", "known_server", "remember_server"]

_known: dict[tuple[str, ...], dict[str, Any]] = {}
_lock = threading.Lock()

_SESSION_OPTIONS = ("init_command", "sql_mode")
"""Keys of ``OPTIONS`` by which two sessions on one server differ in what they say of it."""


def _key(vendor: str, entry: dict[str, Any]) -> tuple[str, ...]:
    options: dict[str, Any] = entry.get("OPTIONS") or {}
    session = (str(options.get(name, "")) for name in _SESSION_OPTIONS)
    return vendor, str(entry["HOST"]), str(entry["PORT"]), *session


def known_server(vendor: str, entry: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is known of the server of a `DATABASES` entry; None before it was asked."""
    return _known.get(_key(vendor, entry))


def remember_server(vendor: str, entry: dict[str, Any], facts: dict[str, Any]) -> None:
    """Keep what a connection has just told."""
    with _lock:
        _known[_key(vendor, entry)] = facts


def forget_servers() -> None:
    """Ask again, for tests that upgrade a server under the process."""
    with _lock:
        _known.clear()
