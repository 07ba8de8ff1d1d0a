"""The app of opaque tokens."""

from __future__ import annotations

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["AuthTokenConfig"]


class AuthTokenConfig(AppConfig):
    """Opaque tokens, on the table of Django REST framework."""

    name = "fastjango.auth.authtoken"
    label = "authtoken"
    verbose_name = _("Auth Token")
    requires = ("auth",)
    default_auto_field = "fastjango.orm.models.AutoField"  # pyright: ignore[reportAssignmentType]  # a name will do

    def ready(self) -> None:
        """Let dependencies accept the tokens."""
        from fastjango.auth import schemes
        from fastjango.auth.authtoken.scheme import TokenScheme

        schemes.register(TokenScheme())
