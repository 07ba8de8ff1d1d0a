"""The table of tokens."""

# `Meta` holds options; that of a subclass is no override.
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

import secrets
from typing import Any

from fastjango.core import settings
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm import models

__all__ = ["Token", "TokenProxy"]


class Token(models.Model):
    """The token of a user."""

    key = models.CharField(_("Key"), max_length=40, primary_key=True)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        related_name="auth_token",
        on_delete=models.CASCADE,
        verbose_name=_("User"),
    )
    created = models.DateTimeField(_("Created"), auto_now_add=True)

    class Meta:
        verbose_name = _("Token")
        verbose_name_plural = _("Tokens")

    def __str__(self) -> str:
        return str(self.key)

    def _prepare(self, kwargs: dict[str, Any]) -> dict[str, Any]:
        if not self.key:
            self.key = self.generate_key()
            if self._state.adding:  # never onto the token of somebody else
                kwargs["force_insert"] = True
        return kwargs

    def save(self, **kwargs: Any) -> None:
        """Save the token, with a new key if it has none."""
        super().save(**self._prepare(kwargs))

    async def asave(self, **kwargs: Any) -> None:
        """Do what `save()` does."""
        await super().asave(**self._prepare(kwargs))

    @classmethod
    def generate_key(cls) -> str:
        """Return 160 random bits as 40 digits."""
        return secrets.token_hex(20)


class TokenProxy(Token):
    """The same under another name, as Django REST framework's migrations have it."""

    class Meta:
        proxy = True
        verbose_name = _("Token")
        verbose_name_plural = _("Tokens")
