"""The app of logins by other sites."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["OAuthConfig"]


class OAuthConfig(AppConfig):
    """Logins by OAuth2 and OpenID Connect."""

    name = "fastjango.auth.oauth"
    label = "auth_oauth"
    verbose_name = _("Logins by other sites")
    requires = ("auth",)
    settings_class = "fastjango.auth.oauth.conf.OAuthSettings"
    default_auto_field = "fastjango.orm.models.BigAutoField"  # pyright: ignore[reportAssignmentType]  # a name will do

    def checks(self) -> Iterable[Any]:
        """Return the check of the providers; it asks none of them."""
        from fastjango.auth.oauth.providers import check_providers

        return (check_providers,)
