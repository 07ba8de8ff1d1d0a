"""Settings of the templates."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings

__all__ = ["TemplatesSettings"]


class TemplatesSettings(PluginSettings):
    """Which engines there are, and where static files come from during development."""

    TEMPLATES: list[dict[str, Any]] = [
        {"BACKEND": "fastjango.templates.backends.Jinja2", "APP_DIRS": True}
    ]
    STATICFILES_DIRS: list[Any] = []
