"""The command `testserver`: serve the site on a test database with the data of fixtures."""

from importlib import import_module
from typing import Any

import uvicorn
from fastjango.core.management import BaseCommand, CommandParser, call_command
from fastjango.http.serving.address import parse_address


class Command(BaseCommand):
    """Makes a test database, loads fixtures into it, and serves the site until it is stopped.

    The server runs in this process, so that databases in memory work as well.
    """

    help = "Runs a development server with data from the given fixture(s)."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare the arguments."""
        parser.add_argument(
            "args", metavar="fixture", nargs="*", help="Path(s) to fixtures to load."
        )
        parser.add_argument(
            "--noinput",
            "--no-input",
            action="store_false",
            dest="interactive",
            help="Do not prompt before an existing test database is replaced.",
        )
        parser.add_argument(
            "--addrport", default="8000", help="Port number or ipaddr:port to run the server on."
        )
        parser.add_argument(
            "--ipv6", "-6", action="store_true", dest="use_ipv6", help="Use an IPv6 address."
        )

    def handle(self, *fixture_labels: str, **options: Any) -> None:
        """Serve; the test database stays when the server is stopped."""
        from fastjango.http.asgi import get_asgi_application

        host, port, _ipv6 = parse_address(options["addrport"], ipv6=options["use_ipv6"])
        # Loaded by name: the rest of this distribution works without the ORM.
        connection = import_module("fastjango.orm").connection
        name = connection.creation.create_test_db(
            verbosity=options["verbosity"], autoclobber=not options["interactive"]
        )
        if fixture_labels:
            call_command("loaddata", *fixture_labels, verbosity=options["verbosity"])
        self.stdout.write(
            f"Test server at http://{host}:{port}/ on the database {name!r}, which is not deleted "
            "when the server stops. Quit with CONTROL-C."
        )
        uvicorn.run(get_asgi_application(), host=host, port=port, log_level="info")
