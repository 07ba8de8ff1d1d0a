"""A command and a check that the app config offers."""

from typing import Any

from fastjango.core import settings
from fastjango.core.checks import CheckMessage, Warning
from fastjango.core.management import BaseCommand


class Command(BaseCommand):
    """Prints the slogans."""

    help = "Prints the slogans."

    def handle(self, *args: Any, **options: Any) -> str:
        """Ask the hook."""
        from acme_plugin.hooks import collect_slogans

        return "\n".join(collect_slogans.call("Anvil"))


def check_limit(**kwargs: Any) -> list[CheckMessage]:
    """Warn about high limits."""
    if settings.ACME_LIMIT <= 100:
        return []
    return [Warning("ACME_LIMIT is high.", hint="Set it to 100 or less.", id="acme.W001")]


def context(request: Any) -> dict[str, Any]:
    """Return what templates get."""
    return {"acme_limit": settings.ACME_LIMIT}
