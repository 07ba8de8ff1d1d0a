"""What can go wrong on the way to a provider and back."""

from __future__ import annotations

from fastjango.auth.exceptions import AuthError

__all__ = ["LinkRefusedError", "OAuthCancelledError", "OAuthError", "ProviderError"]


class OAuthError(AuthError):
    """A login by another site did not come about; the text may be shown to the user."""


class OAuthCancelledError(OAuthError):
    """The user, or the provider for them, said no."""


class ProviderError(OAuthError):
    """The provider does not answer, or not as it should; the cause is in the log."""


class LinkRefusedError(OAuthError):
    """The account at the provider cannot be used with an account here."""
