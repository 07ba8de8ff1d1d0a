"""`drf_create_token`: make the token of a user."""

from __future__ import annotations

from typing import Any

from fastjango.auth import get_user_model
from fastjango.auth.authtoken.models import Token
from fastjango.core.management import BaseCommand, CommandError

__all__ = ["Command"]


class Command(BaseCommand):
    """Prints the token of a user, made if there is none."""

    help = "Create DRF Token for a given user"

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument("username", type=str, help="Login name of the user.")
        parser.add_argument(
            "-r",
            "--reset",
            action="store_true",
            dest="reset_token",
            default=False,
            help="Delete the user's token and make a new one.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the token."""
        username, model = options["username"], get_user_model()
        try:
            user = model._default_manager.get_by_natural_key(username)
        except model.DoesNotExist:
            raise CommandError(f"Cannot create the Token: user {username} does not exist") from None
        if options["reset_token"]:
            Token.objects.filter(user=user).delete()
        token, _made = Token.objects.get_or_create(user=user)
        self.stdout.write(f"Generated token {token.key} for user {username}")
