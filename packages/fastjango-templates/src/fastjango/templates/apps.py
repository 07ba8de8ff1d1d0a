"""The plugin that the entry point names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig

__all__ = ["TemplatesConfig"]


class TemplatesConfig(AppConfig):
    """Jinja2 templates with Django's settings, loaders, tags and filters."""

    name = "fastjango.templates"
    label = "templates"
    verbose_name = "Templates"
    settings_class = "fastjango.templates.conf.TemplatesSettings"

    def ready(self) -> None:
        """Let `render()`, the generic views and the error pages of the web layer use templates."""
        from fastjango.http.rendering import install_renderer
        from fastjango.templates.handler import engines
        from fastjango.templates.renderer import TemplateRenderer

        # One that was used before knows nothing of the apps.
        engines.reset()
        install_renderer(TemplateRenderer())

    def checks(self) -> Iterable[Any]:
        """Return the system checks: engines, and every template compiled."""
        from fastjango.templates.checks import ALL

        return ALL

    def routes(self) -> Iterable[Any]:
        """Return the pattern that serves each app's `static/` folder while `DEBUG` is on."""
        from fastjango.templates.staticfiles import staticfiles_urlpatterns

        return staticfiles_urlpatterns()
