"""``psql``, the command-line program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from fastjango.orm.backends.base.client import BaseDatabaseClient, ignoring_interrupts

__all__ = ["DatabaseClient"]

_ENVIRONMENT = {
    "service": "PGSERVICE",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "passfile": "PGPASSFILE",
}


class DatabaseClient(BaseDatabaseClient):
    """Starts ``psql``; the password goes by the environment."""

    executable_name: ClassVar[str] = "psql"

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Sequence[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the command line and the environment."""
        options = settings_dict["OPTIONS"]
        name = settings_dict.get("NAME")
        if not name and not options.get("service"):
            name = "postgres"
        args = [cls.executable_name]
        for flag, key in (("-U", "USER"), ("-h", "HOST"), ("-p", "PORT")):
            if settings_dict.get(key):
                args += [flag, str(settings_dict[key])]
        args += parameters
        if name:
            args.append(name)
        env = {
            variable: str(options[key])
            for key, variable in _ENVIRONMENT.items()
            if options.get(key)
        }
        if settings_dict.get("PASSWORD"):
            env["PGPASSWORD"] = str(settings_dict["PASSWORD"])
        return args, env or None

    def runshell(self, parameters: Sequence[str]) -> None:
        """Run ``psql``; Control-C goes to it and stops a query."""
        with ignoring_interrupts():
            super().runshell(parameters)
