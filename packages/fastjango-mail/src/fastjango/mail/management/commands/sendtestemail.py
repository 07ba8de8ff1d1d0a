"""`sendtestemail`: see whether mail arrives."""

from __future__ import annotations

import socket
from typing import Any

from fastjango.core import timezone
from fastjango.core.management import BaseCommand
from fastjango.mail import mail_admins, mail_managers, send_mail

__all__ = ["Command"]


class Command(BaseCommand):
    """Sends a message to addresses, the managers or the admins."""

    help = "Sends a test email to the email addresses specified as arguments."
    missing_args_message = (
        "You must specify some email recipients, or pass the --managers or --admin options."
    )

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument("email", nargs="*", help="Addresses to send a message to.")
        parser.add_argument(
            "--managers", action="store_true", help="Send a message to settings.MANAGERS."
        )
        parser.add_argument(
            "--admins", action="store_true", help="Send a message to settings.ADMINS."
        )
        parser.add_argument(
            "--using", default=None, help="The name in MAILERS to send with, 'default' if none."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Send the messages."""
        using = options["using"]
        subject = f"Test email from {socket.gethostname()} on {timezone.now()}"
        send_mail(
            subject, "If you're reading this, it was successful.", None, options["email"],
            using=using,
        )  # fmt: skip
        if options["managers"]:
            text = "This email was sent to the site managers."
            mail_managers(subject, text, using=using)
        if options["admins"]:
            mail_admins(subject, "This email was sent to the site admins.", using=using)
