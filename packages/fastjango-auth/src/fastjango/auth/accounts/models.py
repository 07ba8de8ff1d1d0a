"""What is known of the email address of an account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from fastjango.auth.authentication import get_user_model
from fastjango.core import settings
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm import models

__all__ = ["AccountEmail", "stale_sign_ups"]


class AccountEmail(models.Model):
    """The address of an account, which no other account may have, and whether it was confirmed."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="account_email",
        verbose_name=_("user"),
    )
    # in lower case, so that the index finds addresses that are written in another way
    email = models.CharField(_("email address"), max_length=254, unique=True)
    verified = models.DateTimeField(_("verified"), null=True, blank=True)
    # A sign-up that waits for its confirmation; an account that was disabled later is another
    # thing, which no link undoes.
    pending = models.BooleanField(_("waits for confirmation"), default=False)
    created = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("account email")
        verbose_name_plural = _("account emails")

    def __str__(self) -> str:
        return str(self.email)


def stale_sign_ups(now: datetime) -> Iterable[Any]:
    """Return the accounts of sign-ups whose link is no longer good."""
    oldest = now - timedelta(seconds=settings.ACCOUNTS_LINK_LIFETIME)
    rows = AccountEmail.objects.filter(pending=True, created__lt=oldest)
    yield get_user_model()._default_manager.filter(account_email__in=rows, is_active=False)
