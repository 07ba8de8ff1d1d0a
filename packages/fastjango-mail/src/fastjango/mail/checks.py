"""Checks of the mailers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastjango.core.checks import CheckMessage, Error, Tags, register
from fastjango.core.checks import Warning as CheckWarning
from fastjango.mail.mailers import DEFAULT_MAILER_ALIAS, mailers

__all__ = ["ALL", "check_mailers_default_alias", "check_mailers_production_backend"]

_FOR_DEVELOPMENT: Final = frozenset(
    f"fastjango.mail.backends.{name}.EmailBackend"
    for name in ("console", "dummy", "filebased", "locmem")
)


@register(Tags.mail)
def check_mailers_default_alias(**kwargs: Any) -> list[CheckMessage]:
    """Warn of `MAILERS` without a default (mail.W001)."""
    if not mailers.is_configured or DEFAULT_MAILER_ALIAS in mailers:
        return []
    also = ", or pass 'using' when sending email." if mailers.settings else "."
    return [
        CheckWarning(
            f"Your MAILERS setting has no '{DEFAULT_MAILER_ALIAS}' entry. Sending email without "
            "a valid mailer will fail.",
            hint=f"Add a '{DEFAULT_MAILER_ALIAS}' entry to MAILERS{also}",
            id="mail.W001",
        )
    ]


@register(Tags.mail, deploy=True)
def check_mailers_production_backend(**kwargs: Any) -> list[CheckMessage]:
    """Refuse a default mailer that sends nothing (mail.E001)."""
    backend = mailers.settings.get(DEFAULT_MAILER_ALIAS, {}).get("BACKEND")
    if backend not in _FOR_DEVELOPMENT:
        return []
    return [
        Error(
            "Your MAILERS setting uses a development-only email backend in the "
            f"'{DEFAULT_MAILER_ALIAS}' entry ({backend}).",
            hint=(
                "Use a production-ready email backend, such as the SMTP backend, otherwise email "
                "will not be sent."
            ),
            id="mail.E001",
        )
    ]


ALL: Final[tuple[Callable[..., Any], ...]] = (
    check_mailers_default_alias,
    check_mailers_production_backend,
)
