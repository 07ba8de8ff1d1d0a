"""The plugin that the entry point names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig

__all__ = ["MailConfig"]


class MailConfig(AppConfig):
    """Email with Django's interface, sent from sync and async code."""

    name = "fastjango.mail"
    label = "mail"
    verbose_name = "Mail"
    settings_class = "fastjango.mail.conf.MailSettings"

    def checks(self) -> Iterable[Any]:
        """Return the checks of the mailers."""
        from fastjango.mail.checks import ALL

        return ALL

    def ready(self) -> None:
        """Mail errors to the admins."""
        from fastjango.core import settings

        if settings.LOGGING_CONFIG and settings.ADMINS:
            from fastjango.mail.log import install_handler

            install_handler()
