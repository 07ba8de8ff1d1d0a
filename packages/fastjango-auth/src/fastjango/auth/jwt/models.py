"""Logins by token: one row for each, whatever the number of tokens that came of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fastjango.core import settings
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm import models

__all__ = ["TokenLogin", "ended_logins"]


class TokenLogin(models.Model):
    """One login. All access and refresh tokens of it name it; only one refresh token is good.

    The row holds no token: who reads the table cannot log in.
    """

    id = models.CharField(_("id"), max_length=32, primary_key=True)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    current = models.CharField(_("current refresh token"), max_length=32)
    auth_hash = models.CharField(_("hash of the password"), max_length=64)
    scopes = models.TextField(_("scopes"), null=True, blank=True)
    created = models.DateTimeField(_("created"))
    refreshed = models.DateTimeField(_("refreshed"))
    expires = models.DateTimeField(_("expires"), db_index=True)
    revoked = models.DateTimeField(_("revoked"), null=True, blank=True)

    class Meta:
        verbose_name = _("login by token")
        verbose_name_plural = _("logins by token")

    def __str__(self) -> str:
        return str(self.id)


def ended_logins(now: datetime) -> Iterable[Any]:
    """Return the logins of which no token is good any more: ended, revoked, or left unused."""
    # An access token may outlive the refresh token that came with it.
    seconds = max(settings.JWT_REFRESH_LIFETIME, settings.JWT_ACCESS_LIFETIME)
    unused = now - timedelta(seconds=seconds + settings.JWT_LEEWAY)
    ended = models.Q(expires__lte=now) | models.Q(refreshed__lt=unused)
    yield TokenLogin.objects.filter(ended | models.Q(revoked__isnull=False))
