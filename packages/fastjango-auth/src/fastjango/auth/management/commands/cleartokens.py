"""`cleartokens`: remove tokens and logins that have ended, and sign-ups that nobody confirmed."""

from __future__ import annotations

from typing import Any

from fastjango.auth.hooks import expired_rows
from fastjango.core import timezone
from fastjango.core.management import BaseCommand

__all__ = ["Command"]


class Command(BaseCommand):
    """Removes what has expired of every installed app that has such rows; run it daily."""

    help = "Removes logins by token that have ended, and sign-ups that were never confirmed."

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Say what would be removed, and remove nothing.",
        )

    def handle(self, **options: Any) -> None:
        """Remove them, or count them."""
        verb = "would be removed" if options["dry_run"] else "removed"
        for rows in (one for answer in expired_rows.call(timezone.now()) for one in answer):
            number = rows.count()
            if not options["dry_run"]:
                rows.delete()
            if options["verbosity"]:
                self.stdout.write(f"{rows.model._meta.label}: {number} {verb}")
