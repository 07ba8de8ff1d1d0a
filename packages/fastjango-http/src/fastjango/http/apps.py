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
    settings_class: Any = "fastjango.http.conf.HttpSettings"

    def checks(self) -> Iterable[Any]:
        """Return the system checks of URLconfs, middleware and security settings."""
        from fastjango.http.middleware import checks as middleware_checks
        from fastjango.http.urls import checks as url_checks

        return (*url_checks.ALL, *middleware_checks.ALL)
