"""System checks that MySQL and MariaDB add: of fields, and of the server's modes."""

from __future__ import annotations

from typing import Any

from fastjango.core import checks
from fastjango.orm.fields.field_checks import SILENCE

__all__ = ["DatabaseValidation"]

#: Characters of a `varchar` that may be unique whatever the row format is.
UNIQUE_LENGTH = 255

#: Modes of which one is enough for the server to refuse values that do not fit their column.
STRICT_MODES = frozenset(("STRICT_TRANS_TABLES", "STRICT_ALL_TABLES"))


class DatabaseValidation:
    """What fields may not be here, and what the server should be told.

    Args:
        connection: Wrapper of the database; it need not be connected.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    def check(self, **kwargs: Any) -> list[Any]:
        """Warn of sessions whose values are cut to fit instead of being refused.

        Source: https://docs.djangoproject.com/en/6.1/ref/checks/

        Side effects: one query, unless the server is known.
        """
        if self.connection.sql_mode & STRICT_MODES:
            return []
        name = self.connection.display_name
        return [
            checks.Warning(
                f"{name} Strict Mode is not set for database connection '{self.connection.alias}'",
                hint=(
                    f"Without it {name} cuts values that do not fit their column, and says so in "
                    "a warning at most. Set it for the server, or for this connection by "
                    "OPTIONS['init_command']. See: "
                    "https://docs.djangoproject.com/en/6.1/ref/databases/#mysql-sql-mode"
                ),
                id="mysql.W002",
            )
        ]

    def check_field(self, field: Any, **kwargs: Any) -> list[Any]:
        """Warn of an index, or of a unique text, that the database cannot have.

        Source: https://docs.djangoproject.com/en/6.1/ref/checks/
        """
        features = self.connection.features
        required = field.model._meta.required_db_features
        if field.remote_field or not all(getattr(features, name, False) for name in required):
            return []
        kind = field.db_type(self.connection)
        if kind is None:
            return []
        name = self.connection.display_name
        warnings: list[Any] = []
        length = field.max_length
        is_long = length is None or int(length) > UNIQUE_LENGTH
        if field.unique and kind.startswith("varchar") and is_long:
            warnings.append(
                checks.Warning(
                    f"{name} may not allow unique CharFields to have a max_length > "
                    f"{UNIQUE_LENGTH}.",
                    hint=(
                        "See: https://docs.djangoproject.com/en/6.1/ref/databases/"
                        "#mysql-character-fields"
                    ),
                    obj=field,
                    id="mysql.W003",
                )
            )
        if field.db_index and kind.lower() in self.connection._limited_data_types:
            warnings.append(
                checks.Warning(
                    f"{name} does not support a database index on {kind} columns.",
                    hint=f"An index won't be created. {SILENCE}",
                    obj=field,
                    id="fields.W162",
                )
            )
        return warnings
