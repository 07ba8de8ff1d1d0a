"""The app of the adapter for fastapi-users."""

from __future__ import annotations

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["FastAPIUsersConfig"]


class FastAPIUsersConfig(AppConfig):
    """Tables of fastapi-users, beside the users of this site."""

    name = "fastjango.auth.fastapi_users"
    label = "auth_fastapi_users"
    verbose_name = _("fastapi-users")
    requires = ("auth", "accounts")
    settings_class = "fastjango.auth.fastapi_users.conf.FastAPIUsersSettings"
    default_auto_field = "fastjango.orm.models.BigAutoField"  # pyright: ignore[reportAssignmentType]  # a name will do

    def ready(self) -> None:
        """Let `cleartokens` remove old tokens."""
        from fastjango.auth.fastapi_users.models import expired_tokens
        from fastjango.auth.hooks import expired_rows

        if expired_tokens not in expired_rows:
            expired_rows.register(expired_tokens)
