"""The app of JSON Web Tokens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["JwtConfig"]


class JwtConfig(AppConfig):
    """JSON Web Tokens with rotation and revocation."""

    name = "fastjango.auth.jwt"
    label = "auth_jwt"
    verbose_name = _("JSON Web Tokens")
    requires = ("auth",)
    settings_class = "fastjango.auth.jwt.conf.JwtSettings"
    default_auto_field = "fastjango.orm.models.BigAutoField"  # pyright: ignore[reportAssignmentType]  # a name will do

    def ready(self) -> None:
        """Let dependencies accept the tokens, and `cleartokens` remove what has ended."""
        from fastjango.auth import schemes
        from fastjango.auth.hooks import expired_rows
        from fastjango.auth.jwt.models import ended_logins
        from fastjango.auth.jwt.scheme import JwtScheme

        schemes.register(JwtScheme())
        if ended_logins not in expired_rows:
            expired_rows.register(ended_logins)

    def checks(self) -> Iterable[Any]:
        """Return the check of the keys."""
        from fastjango.auth.jwt.keys import check_keys

        return (check_keys,)
