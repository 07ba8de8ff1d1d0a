"""`createsuperuser`: make a user who may do everything."""

# Users are of any model.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import getpass
import os
import sys
from typing import Any

from fastjango.auth._texts import is_password, is_unstorable
from fastjango.auth.authentication import get_user_model
from fastjango.auth.management import get_default_username
from fastjango.auth.password_validation import validate_password
from fastjango.core.exceptions import FieldDoesNotExist, ValidationError
from fastjango.core.functional import cached_property
from fastjango.core.management import BaseCommand, CommandError
from fastjango.orm import DEFAULT_DB_ALIAS, connections
from fastjango.values.text import capfirst

__all__ = ["Command", "NotRunningInTTYException"]

PASSWORD_FIELD = "password"

#: Prefixes of the environment variables that `--no-input` reads, the first one that is set.
PREFIXES = ("FASTJANGO_SUPERUSER_", "DJANGO_SUPERUSER_")


class NotRunningInTTYException(Exception):
    """There is nobody to ask."""


def _environment(name: str) -> str | None:
    """Return what the environment says of a field, `None` if nothing."""
    values = (os.environ.get(prefix + name.upper()) for prefix in PREFIXES)
    return next((value for value in values if value is not None), None)


def _split(value: str) -> list[str]:
    return [part.strip() for part in value.split(",")]


class Command(BaseCommand):
    """Asks for name, required fields and password, or takes them from options and environment."""

    help = "Used to create a superuser."
    requires_migrations_checks = True
    stealth_options = ("stdin",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.UserModel = get_user_model()
        self.username_field = self.UserModel._meta.get_field(self.UserModel.USERNAME_FIELD)
        self.stdin: Any = sys.stdin

    def add_arguments(self, parser: Any) -> None:
        """Add the arguments.

        Raises:
            CommandError: A required field is a relation through a model of its own.
        """
        name = self.UserModel.USERNAME_FIELD
        parser.add_argument(f"--{name}", help="Specifies the login for the superuser.")
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help=(
                f"Ask for nothing. --{name} and the required fields come from options, or from "
                "environment variables such as FASTJANGO_SUPERUSER_PASSWORD; without a password "
                "the superuser cannot log in until one is set."
            ),
        )
        parser.add_argument(
            "--database",
            default=DEFAULT_DB_ALIAS,
            choices=tuple(connections),
            help='The database to use; "default" by default.',
        )
        for field_name in self.UserModel.REQUIRED_FIELDS:
            self._add_field(parser, field_name)

    def _add_field(self, parser: Any, field_name: str) -> None:
        field = self.UserModel._meta.get_field(field_name)
        text = f"Specifies the {field_name} for the superuser."
        if not field.many_to_many:
            parser.add_argument(f"--{field_name}", help=text)
            return
        through = field.remote_field.through
        if through and not through._meta.auto_created:
            raise CommandError(
                f"Required field '{field_name}' specifies a many-to-many relation through model, "
                "which is not supported."
            )
        parser.add_argument(
            f"--{field_name}", action="append", help=f"{text} Can be used multiple times."
        )

    def execute(self, *args: Any, **options: Any) -> Any:
        """Run the command; tests give another `stdin`."""
        self.stdin = options.get("stdin", sys.stdin)
        return super().execute(*args, **options)

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the superuser.

        Raises:
            CommandError: A value is missing or wrong.
        """
        try:
            if options["interactive"]:
                if hasattr(self.stdin, "isatty") and not self.stdin.isatty():
                    raise NotRunningInTTYException
                user_data = self._asked(options)
            else:
                user_data = self._given(options)
            manager = self.UserModel._default_manager.db_manager(options["database"])
            manager.create_superuser(**user_data)
            if options["verbosity"] >= 1:
                self.stdout.write("Superuser created successfully.")
        except KeyboardInterrupt:
            self.stderr.write("\nOperation cancelled.")
            sys.exit(1)
        except ValidationError as error:
            raise CommandError("; ".join(error.messages)) from error
        except NotRunningInTTYException:
            self.stdout.write(
                "Superuser creation skipped due to not running in a TTY. "
                "You can run `manage.py createsuperuser` in your project "
                "to create one manually."
            )

    # -- asking -----------------------------------------------------------------------------

    def _asked(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the values of the new user as somebody types them."""
        username = self._ask_username(options)
        name = self.UserModel.USERNAME_FIELD
        data: dict[str, Any] = self._password_default()
        # The validators of passwords look at a user made of this: relations need objects.
        shown: dict[str, Any] = {}
        data[name] = username
        remote = self.username_field.remote_field
        shown[name] = remote.model(username) if remote else username
        for field_name in self.UserModel.REQUIRED_FIELDS:
            field = self.UserModel._meta.get_field(field_name)
            data[field_name] = self._ask_field(field, options[field_name])
            if field.many_to_one:
                shown[field_name] = field.remote_field.model(data[field_name])
            elif not field.many_to_many:
                shown[field_name] = data[field_name]
        while PASSWORD_FIELD in data and data[PASSWORD_FIELD] is None:
            data[PASSWORD_FIELD] = self._ask_password(shown)
        return data

    def _ask_username(self, options: dict[str, Any]) -> Any:
        verbose_name, database = self.username_field.verbose_name, options["database"]
        username: Any = options[self.UserModel.USERNAME_FIELD]
        default = get_default_username(database=database)
        if username == "":
            raise CommandError(f"{capfirst(verbose_name)} cannot be blank.")
        if username:
            username = self._unless_wrong(username, verbose_name, database)
        while username is None:
            message = self._get_input_message(self.username_field, default)
            username = self.get_input_data(self.username_field, message, default)
            if username:
                username = self._unless_wrong(username, verbose_name, database)
        return username

    def _unless_wrong(self, username: Any, verbose_name: Any, database: str) -> Any:
        error = self._validate_username(username, verbose_name, database)
        if error:
            self.stderr.write(error)
            return None
        return username

    def _ask_field(self, field: Any, given: Any) -> Any:
        value = None if given is None else field.clean(given, None)
        while value is None:
            value = self.get_input_data(field, self._get_input_message(field))
            if field.many_to_many and value:
                if not value.strip():
                    value = None
                    self.stderr.write("Error: This field cannot be blank.")
                    continue
                value = _split(value)
        return value

    def _ask_password(self, shown: dict[str, Any]) -> str | None:
        password = getpass.getpass()
        if password != getpass.getpass("Password (again): "):
            self.stderr.write("Error: Your passwords didn't match.")
            return None
        if password.strip() == "":
            self.stderr.write("Error: Blank passwords aren't allowed.")
            return None
        try:
            validate_password(password, self.UserModel(**shown))
        except ValidationError as error:
            self.stderr.write("\n".join(error.messages))
            answer = input("Bypass password validation and create user anyway? [y/N]: ")
            if answer.lower() != "y":
                return None
        return password

    # -- options and environment ------------------------------------------------------------

    def _password_default(self) -> dict[str, Any]:
        """Return an unusable password for a model that has passwords."""
        try:
            self.UserModel._meta.get_field(PASSWORD_FIELD)
        except FieldDoesNotExist:
            return {}
        return {PASSWORD_FIELD: None}

    def _given(self, options: dict[str, Any]) -> dict[str, Any]:
        """Return the values of the new user as options and environment say them."""
        data = self._password_default()
        if PASSWORD_FIELD in data:
            password = data[PASSWORD_FIELD] = _environment(PASSWORD_FIELD)
            if not is_password(password or ""):
                raise CommandError("The password in the environment is no text in UTF-8.")
        name = self.UserModel.USERNAME_FIELD
        username = options[name]
        if username is None:
            username = _environment(name)
        if username is None:
            raise CommandError(f"You must use --{name} with --noinput.")
        error = self._validate_username(
            username, self.username_field.verbose_name, options["database"]
        )
        if error:
            raise CommandError(error)
        data[name] = username
        for field_name in self.UserModel.REQUIRED_FIELDS:
            self._take(data, field_name, options[field_name])
        return data

    def _take(self, data: dict[str, Any], field_name: str, option: Any) -> None:
        found = _environment(field_name)
        value = option or found
        field = self.UserModel._meta.get_field(field_name)
        if not value:
            if field.blank and "" in (option, found):
                return
            raise CommandError(f"You must use --{field_name} with --noinput.")
        cleaned = field.clean(value, None)
        if field.many_to_many and isinstance(cleaned, str):
            cleaned = _split(cleaned)
        data[field_name] = cleaned

    # -- what subclasses may change ---------------------------------------------------------

    def get_input_data(self, field: Any, message: str, default: Any = None) -> Any:
        """Ask for a value and return it cleaned, `None` if it is wrong; override it at will."""
        raw: Any = input(message)
        if default and raw == "":
            raw = default
        try:
            return field.clean(raw, None)
        except ValidationError as error:
            self.stderr.write(f"Error: {'; '.join(error.messages)}")
            return None

    def _get_input_message(self, field: Any, default: Any = None) -> str:
        offered = f" (leave blank to use '{default}')" if default else ""
        target = ""
        if field.remote_field:
            attribute = (
                field.m2m_target_field_name()
                if field.many_to_many
                else field.remote_field.field_name
            )
            target = f" ({field.remote_field.model._meta.object_name}.{attribute})"
        return f"{capfirst(field.verbose_name)}{offered}{target}: "

    @cached_property
    def username_is_unique(self) -> bool:
        """Whether no two users may have one name."""
        if self.username_field.unique:
            return True
        return any(
            tuple(constraint.fields) == (self.username_field.name,)
            for constraint in self.UserModel._meta.total_unique_constraints
        )

    def _validate_username(self, username: Any, verbose_name: Any, database: str) -> str | None:
        """Return what is wrong with a name, `None` if nothing."""
        if is_unstorable(username):
            return f"Error: The {verbose_name} {username!r} holds what nothing can store."
        manager = self.UserModel._default_manager
        if self.username_is_unique and hasattr(manager, "get_by_natural_key"):
            try:
                manager.db_manager(database).get_by_natural_key(username)
            except self.UserModel.DoesNotExist:
                pass
            else:
                return f"Error: That {verbose_name} is already taken."
        if not username:
            return f"{capfirst(verbose_name)} cannot be blank."
        try:
            self.username_field.clean(username, None)
        except ValidationError as error:
            return "; ".join(error.messages)
        return None
