"""`changepassword`: give a user a new password."""

# Users are of any model.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import getpass
from typing import Any

from fastjango.auth._texts import is_unstorable
from fastjango.auth.authentication import get_user_model
from fastjango.auth.password_validation import validate_password
from fastjango.core.exceptions import ValidationError
from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import DEFAULT_DB_ALIAS, connections

__all__ = ["Command"]

MAX_TRIES = 3


class Command(BaseCommand):
    """Asks for the new password twice; it has to please the validators."""

    help = "Change a user's password for fastjango.auth."
    requires_migrations_checks = True
    requires_system_checks = []

    def _get_pass(self, prompt: str = "Password: ") -> str:
        password = getpass.getpass(prompt=prompt)
        if not password:
            raise CommandError("aborted")
        return password

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments."""
        parser.add_argument(
            "username",
            nargs="?",
            help="Whose password; that of your account's name by default.",
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help='The database with the user; "default" by default.',
        )

    def handle(self, *args: Any, **options: Any) -> str:
        """Change the password.

        Raises:
            CommandError: There is no such user, or no good password came in three tries.
        """
        model = get_user_model()
        username = options["username"] or getpass.getuser()
        if is_unstorable(username):
            raise CommandError(f"user {username!r} does not exist")
        users = model._default_manager.using(options["database"])
        try:
            user = users.get(**{model.USERNAME_FIELD: username})
        except model.DoesNotExist:
            raise CommandError(f"user '{username}' does not exist") from None
        self.stdout.write(f"Changing password for user '{user}'")
        for _attempt in range(MAX_TRIES):
            password = self._ask(user)
            if password is not None:
                user.set_password(password)
                user.save()
                return f"Password changed successfully for user '{user}'"
        raise CommandError(f"Aborting password change for user '{user}' after {MAX_TRIES} attempts")

    def _ask(self, user: Any) -> str | None:
        """Return a password that was typed alike twice and is good enough, else `None`."""
        password = self._get_pass()
        if password != self._get_pass("Password (again): "):
            self.stdout.write("Passwords do not match. Please try again.")
            return None
        try:
            validate_password(password, user)
        except ValidationError as error:
            self.stderr.write("\n".join(error.messages))
            return None
        return password
