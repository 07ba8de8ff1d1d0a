"""List the site's routes: method, path, name, view, guards."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from fastjango.core.management import BaseCommand, CommandParser
from fastjango.http.urls.overview import RouteInfo, list_routes


class Command(BaseCommand):
    """Prints one line for each route, in the order they are tried."""

    help = "Lists the routes of the site in the order they are tried."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        parser.add_argument("--json", action="store_true", help="Print JSON instead of a table.")
        parser.add_argument("--name", help="Only routes whose name contains this text.")
        parser.add_argument("--path", help="Only routes whose path contains this text.")
        parser.add_argument(
            "--unguarded", action="store_true", help="Only routes that nothing guards."
        )

    def handle(self, *args: Any, **options: Any) -> str:
        """Return the list."""
        from fastjango.http.asgi import get_asgi_application

        infos = [
            info
            for info in list_routes(get_asgi_application().router.routes)
            if (options["name"] or "") in info.name
            and (options["path"] or "") in info.path
            and not (options["unguarded"] and info.guards)
        ]
        if options["json"]:
            return json.dumps([asdict(info) for info in infos], indent=2)
        return _table(infos) if infos else "No routes."


def _table(infos: Sequence[RouteInfo]) -> str:
    """Return aligned columns under a heading."""
    rows = [("METHODS", "PATH", "NAME", "VIEW", "GUARDS")]
    for info in infos:
        guards = ", ".join(info.guards) or "-"
        rows.append((",".join(info.methods), info.path, info.name or "-", info.view, guards))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
