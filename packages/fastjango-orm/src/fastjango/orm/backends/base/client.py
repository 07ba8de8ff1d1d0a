"""The interactive client of a database; `connection.client`."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["BaseDatabaseClient", "ignoring_interrupts"]


@contextmanager
def ignoring_interrupts() -> Generator[None, None, None]:
    """Leave Control-C to the program in the foreground."""
    before = signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class BaseDatabaseClient:
    """Starts the database's command-line program for ``dbshell``."""

    executable_name: ClassVar[str] = ""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    @classmethod
    def settings_to_cmd_args_env(
        cls, settings_dict: dict[str, Any], parameters: Sequence[str]
    ) -> tuple[list[str], dict[str, str] | None]:
        """Return the command line, and the environment it needs (None: nothing special)."""
        raise NotImplementedError(
            "subclasses of BaseDatabaseClient must provide a settings_to_cmd_args_env() method "
            "or override a runshell()."
        )

    def runshell(self, parameters: Sequence[str]) -> None:
        """Run the program in the foreground and wait for it.

        Raises:
            FileNotFoundError: The program is not installed.
            subprocess.CalledProcessError: It ended with an error.
        """
        args, env = self.settings_to_cmd_args_env(self.connection.settings_dict, parameters)
        subprocess.run(args, env={**os.environ, **env} if env else None, check=True)
