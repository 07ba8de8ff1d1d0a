"""The app of account flows."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from fastjango.core import AppConfig
from fastjango.core.translation import gettext_lazy as _

__all__ = ["AccountsConfig"]


class AccountsConfig(AppConfig):
    """Sign-up, verification, login, passwords, email addresses and deletion."""

    name = "fastjango.auth.accounts"
    label = "accounts"
    verbose_name = _("Accounts")
    requires = ("auth",)
    settings_class = "fastjango.auth.accounts.conf.AccountsSettings"
    default_auto_field = "fastjango.orm.models.BigAutoField"  # pyright: ignore[reportAssignmentType]  # a name will do

    def ready(self) -> None:
        """Let `cleartokens` remove sign-ups that nobody confirmed."""
        from fastjango.auth.accounts.models import stale_sign_ups
        from fastjango.auth.hooks import expired_rows

        if stale_sign_ups not in expired_rows:
            expired_rows.register(stale_sign_ups)

    def lifespan(self, app: Any) -> AbstractAsyncContextManager[Any]:
        """Let work that goes on after a response come to its end before the site stops."""
        return _finished()


@asynccontextmanager
async def _finished() -> AsyncGenerator[None]:
    yield
    from fastjango.auth.accounts.background import asettle

    await asettle()
