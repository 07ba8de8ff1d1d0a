"""Which accounts of other sites belong to which account of this one."""

from __future__ import annotations

from fastjango.core import settings
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm import models

__all__ = ["OAuthAccount"]


class OAuthAccount(models.Model):
    """An account at a provider. No token of the provider is kept."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="oauth_accounts",
        verbose_name=_("user"),
    )
    provider = models.CharField(_("provider"), max_length=50)
    subject = models.CharField(_("subject"), max_length=255)
    email = models.CharField(_("email address"), max_length=254, blank=True)
    created = models.DateTimeField(_("created"), auto_now_add=True)
    used = models.DateTimeField(_("last used"), null=True, blank=True)

    class Meta:
        verbose_name = _("account at another site")
        verbose_name_plural = _("accounts at other sites")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "subject"], name="auth_oauth_provider_subject"
            )
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.email or self.subject}"
