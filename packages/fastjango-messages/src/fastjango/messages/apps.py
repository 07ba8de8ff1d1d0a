"""The plugin that the entry point names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["MessagesConfig"]


class MessagesConfig(AppConfig):
    """One-time messages to the user of a site, with Django's interface."""

    name = "fastjango.messages"
    label = "messages"
    verbose_name = _("Messages")
    settings_class = "fastjango.messages.conf.MessagesSettings"

    def context_processors(self) -> Iterable[Any]:
        """Give templates the messages."""
        return ("fastjango.messages.context_processors.messages",)
