"""``sqlite3``, the command-line shell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fastjango.orm.backends.base.client import BaseDatabaseClient

__all__ = ["DatabaseClient"]


class DatabaseClient(BaseDatabaseClient):
    """Starts ``sqlite3`` on the database file."""

    executable_name: ClassVar[str] = "sqlite3"

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Sequence[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the command line."""
        return [cls.executable_name, str(settings_dict["NAME"]), *parameters], None
