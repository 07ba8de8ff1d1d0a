"""Serve the site in production."""

from __future__ import annotations

import os
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.http.serving.address import parse_address
from fastjango.http.serving.options import SITE, Deadlines, ServeOptions


class Command(BaseCommand):
    """Runs uvicorn with uvloop and httptools, or granian, until a signal to stop."""

    help = "Serves the site with worker processes, deadlines and a bounded graceful shutdown."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument(
            "addrport", nargs="?", default="127.0.0.1:8000", help="Port, or address:port."
        )
        parser.add_argument("--app", help="module:attribute to serve in place of the site.")
        parser.add_argument(
            "--factory", action="store_true", help="Call --app to get the application."
        )
        parser.add_argument(
            "--workers", type=int, default=1, help="Worker processes; 0 means one for each CPU."
        )
        parser.add_argument(
            "--grace", type=float, default=30.0, help="Seconds to finish requests in flight."
        )
        parser.add_argument("--uds", help="Path of a Unix socket to listen on.")
        parser.add_argument("--proxies", help="Proxies whose X-Forwarded headers count.")
        parser.add_argument("--access-log", action="store_true", help="Log every request.")
        parser.add_argument("--engine", choices=("uvicorn", "granian"), default="uvicorn")
        for name, default in (("head", 10.0), ("body", 20.0), ("write", 30.0)):
            parser.add_argument(
                f"--{name}-timeout",
                type=float,
                default=default,
                help=f"Seconds a client may take ({name}); 0 for no limit.",
            )

    def handle(self, *args: Any, **options: Any) -> None:
        """Serve until told to stop."""
        from fastjango.http.serving.run import serve

        host, port, _ = parse_address(options["addrport"])
        made = ServeOptions(
            app=options["app"] or SITE,
            factory=options["factory"] or not options["app"],
            host=host,
            port=port,
            uds=options["uds"],
            workers=options["workers"] or os.cpu_count() or 1,
            grace=options["grace"],
            access_log=options["access_log"],
            proxies=options["proxies"],
            engine=options["engine"],
            deadlines=Deadlines(
                head=options["head_timeout"],
                body=options["body_timeout"],
                write=options["write_timeout"],
            ),
        )
        try:
            status = serve(made)
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if status:
            raise CommandError("The site could not start; the log says why.", returncode=status)
