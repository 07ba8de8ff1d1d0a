"""Signals of the engine."""

from __future__ import annotations

from fastjango.signals import Signal

__all__ = ["connection_created"]

connection_created = Signal()
"""Sent with `connection` after a synchronous connection was opened."""
