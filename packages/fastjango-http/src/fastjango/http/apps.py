"""The web layer as a plugin."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig

__all__ = ["HttpConfig"]


class HttpConfig(AppConfig):
    """URLs, requests, responses, views and the application class."""

    name = "fastjango.http"
    label = "http"
    verbose_name = "HTTP"
    settings_class = "fastjango.http.conf.HttpSettings"

    def checks(self) -> Iterable[Any]:
        """Return the system checks of URLconfs."""
        from fastjango.http.urls import checks

        return checks.ALL
