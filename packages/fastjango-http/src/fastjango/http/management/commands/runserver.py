"""Serve the site for development."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from fastjango.core import settings
from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.http.serving.address import parse_address
from fastjango.http.serving.options import Deadlines, ServeOptions


class Command(BaseCommand):
    """Restarts the server when a file of the project changes; not for production.

    A project's own command of that name may derive from it and say other defaults.

    Attributes:
        default_addr: The address of a port alone.
        default_addr_ipv6: The same with `--ipv6`.
        default_port: The port without an argument.
        addr: The address to listen on, once `handle()` has read it.
        port: The port, as text.
        use_ipv6: Whether the address is one of IPv6.
    """

    help = "Starts a web server for development."
    default_addr: str = "127.0.0.1"
    default_addr_ipv6: str = "::1"
    default_port: str = "8000"
    addr: str
    port: str
    use_ipv6: bool

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "addrport",
            nargs="?",
            help=f"Port, or address:port; {self.default_port} by default.",
        )
        parser.add_argument(
            "--ipv6", "-6", action="store_true", dest="use_ipv6", help="Use an IPv6 address."
        )
        parser.add_argument(
            "--noreload",
            action="store_false",
            dest="use_reloader",
            help="Do not restart when a file changes.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Read the address and serve until interrupted.

        Raises:
            CommandError: There is no such address, or the site does not start.
        """
        if not settings.DEBUG and not settings.ALLOWED_HOSTS:
            raise CommandError("You must set settings.ALLOWED_HOSTS if DEBUG is False.")
        host, port, self.use_ipv6 = parse_address(
            options["addrport"] or str(self.default_port),
            ipv6=options["use_ipv6"],
            host=self.default_addr,
            ipv6_host=self.default_addr_ipv6,
        )
        self.addr, self.port = host, str(port)
        self._raw_ipv6 = self.use_ipv6 and ":" in host
        self.run(**options)

    def run(self, **options: Any) -> None:
        """Serve at the address that was read, until interrupted.

        Args:
            options: Those of the command.

        Raises:
            CommandError: The site does not start.
        """
        from fastjango.http.serving.run import serve

        self.check_migrations()
        host = "0.0.0.0" if self.addr == "0" else self.addr
        address = f"http://{f'[{host}]' if self._raw_ipv6 else host}:{self.port}/"
        self.stdout.write(
            f"{datetime.now():%B %d, %Y - %X}\n"
            f"Settings {settings.SETTINGS_MODULE!r}\n"
            f"Development server at {address} - not for production: use 'serve'.\n"
            "Quit with CONTROL-C."
        )
        status = serve(
            ServeOptions(
                host=host,
                port=int(self.port),
                grace=2.0,
                access_log=True,
                reload=_watched() if options["use_reloader"] else (),
                deadlines=Deadlines(head=0, body=0, write=0),
            )
        )
        if status:
            raise CommandError("The site could not start; the log says why.", returncode=status)


def _watched() -> tuple[str, ...]:
    """Return the folders whose files restart the server: this one, and the project's.

    The latter is where the package with the settings lies; one that is installed is not watched.
    """
    folders = [Path.cwd()]
    module = sys.modules.get(str(settings.SETTINGS_MODULE))
    file = getattr(module, "__file__", None)
    if module is not None and file:
        project = Path(file).resolve().parents[module.__name__.count(".")]
        if "site-packages" not in project.parts and not project.is_relative_to(folders[0]):
            folders.append(project)
    return tuple(map(str, folders))
