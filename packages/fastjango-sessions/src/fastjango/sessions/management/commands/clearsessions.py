"""`clearsessions`: remove sessions that have ended."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fastjango.core import settings
from fastjango.core.management import BaseCommand, CommandError

__all__ = ["Command"]


class Command(BaseCommand):
    """Removes sessions that have ended from the store; run it daily."""

    help = "Removes expired sessions from the store, where the session engine supports it."

    def handle(self, **options: Any) -> None:
        """Remove them."""
        engine = import_module(settings.SESSION_ENGINE)
        try:
            engine.SessionStore.clear_expired()
        except NotImplementedError as error:
            raise CommandError(
                f"Session engine '{settings.SESSION_ENGINE}' doesn't support clearing expired "
                "sessions."
            ) from error
