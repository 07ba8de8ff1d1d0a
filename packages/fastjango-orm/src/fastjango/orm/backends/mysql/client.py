"""``mysql`` or ``mariadb``, the command-line program."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import Any, ClassVar

from fastjango.orm.backends.base.client import BaseDatabaseClient, ignoring_interrupts

__all__ = ["DatabaseClient"]


class DatabaseClient(BaseDatabaseClient):
    """Starts the client; the password goes by the environment."""

    executable_name: ClassVar[str] = "mysql"

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Sequence[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the command line and the environment."""
        options = settings_dict["OPTIONS"]

        def option(*names: str, setting: str) -> Any:
            for name in names:
                if name in options:
                    return options[name]
            return settings_dict[setting]

        host = option("host", setting="HOST")
        ssl = options.get("ssl", {})
        flags = {
            "defaults-file": options.get("read_default_file"),
            "user": option("user", setting="USER"),
            "socket" if host and "/" in host else "host": host,
            "port": option("port", setting="PORT"),
            "ssl-ca": ssl.get("ca"),
            "ssl-cert": ssl.get("cert"),
            "ssl-key": ssl.get("key"),
            "default-character-set": options.get("charset"),
        }
        args = [cls.executable_name]
        args += [f"--{flag}={value}" for flag, value in flags.items() if value]
        if database := option("database", "db", setting="NAME"):
            args.append(database)
        args += parameters
        password = option("password", "passwd", setting="PASSWORD")
        return args, {"MYSQL_PWD": str(password)} if password else None

    def runshell(self, parameters: Sequence[str]) -> None:
        """Run the client; Control-C goes to it."""
        if shutil.which(self.executable_name) is None and shutil.which("mariadb"):
            type(self).executable_name = "mariadb"
        with ignoring_interrupts():
            super().runshell(parameters)
