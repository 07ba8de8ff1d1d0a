"""Tokens of fastapi-users' database strategy, and its accounts at providers."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fastjango.core import settings, timezone
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm import models

__all__ = ["AccessToken", "ProviderAccount", "expired_tokens"]


class AccessToken(models.Model):
    """A token. The table has its digest only: who reads the table cannot log in."""

    digest = models.CharField(_("digest"), max_length=64, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("access token")
        verbose_name_plural = _("access tokens")

    def __str__(self) -> str:
        return f"{self.digest[:8]}…"


class ProviderAccount(models.Model):
    """An account at a provider, with the provider's tokens, as fastapi-users keeps it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", verbose_name=_("user")
    )
    oauth_name = models.CharField(_("provider"), max_length=100)
    access_token = models.TextField(_("access token"))
    expires_at = models.BigIntegerField(_("expires"), null=True, blank=True)
    refresh_token = models.TextField(_("refresh token"), null=True, blank=True)
    account_id = models.CharField(_("subject"), max_length=255)
    account_email = models.CharField(_("email address"), max_length=254)

    class Meta:
        verbose_name = _("account at a provider")
        verbose_name_plural = _("accounts at providers")
        constraints = [
            models.UniqueConstraint(
                fields=["oauth_name", "account_id"], name="auth_fastapi_users_provider_account"
            )
        ]

    def __str__(self) -> str:
        return f"{self.oauth_name} {self.account_email}"


def expired_tokens(now: datetime) -> Iterable[Any]:
    """Return the tokens older than `FASTAPI_USERS_TOKEN_LIFETIME`."""
    lifetime = settings.FASTAPI_USERS_TOKEN_LIFETIME
    if lifetime is not None:
        yield AccessToken.objects.filter(created_at__lt=now - timedelta(seconds=lifetime))
