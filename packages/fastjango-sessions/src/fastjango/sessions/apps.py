"""The plugin that the entry point names."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from typing import Any

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["SessionsConfig"]

_ENGINES_WITH_TABLE = (".db", ".cached_db")


class SessionsConfig(AppConfig):
    """Sessions with Django's interface, engines and stored format."""

    name = "fastjango.sessions"
    label = "sessions"
    verbose_name = _("Sessions")
    settings_class = "fastjango.sessions.conf.SessionsSettings"

    def import_models(self) -> None:
        """Import the model where there is an ORM, and either it or the engine is in use.

        With sessions in cookies, files or the cache a site needs no database at all.
        """
        self.models = self.apps.all_models[self.label]
        if self._wants_table() and find_spec("fastjango.orm") is not None:
            super().import_models()

    def _wants_table(self) -> bool:
        if self.apps.is_installed("fastjango.orm"):
            return True
        from fastjango.core import settings

        return str(settings.SESSION_ENGINE).endswith(_ENGINES_WITH_TABLE)

    def checks(self) -> Iterable[Any]:
        """Return the checks of the session cookie."""
        from fastjango.sessions import checks

        return checks.ALL
