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
    """Restarts the server when a file of the project changes; not for production."""

    help = "Starts a web server for development."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "addrport", nargs="?", default="8000", help="Port, or address:port; 8000 by default."
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
        """Serve until interrupted."""
        from fastjango.http.serving.run import serve

        if not settings.DEBUG and not settings.ALLOWED_HOSTS:
            raise CommandError("You must set settings.ALLOWED_HOSTS if DEBUG is False.")
        host, port, ipv6 = parse_address(options["addrport"], ipv6=options["use_ipv6"])
        self.check_migrations()
        shown = f"[{host}]" if ipv6 and ":" in host else host
        self.stdout.write(
            f"{datetime.now():%B %d, %Y - %X}\n"
            f"Settings {settings.SETTINGS_MODULE!r}\n"
            f"Development server at http://{shown}:{port}/ - not for production: use 'serve'.\n"
            "Quit with CONTROL-C."
        )
        status = serve(
            ServeOptions(
                host=host,
                port=port,
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
