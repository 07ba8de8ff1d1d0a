"""Settings of logins by other sites."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings

__all__ = ["OAuthSettings"]


class OAuthSettings(PluginSettings):
    """Providers, and what a first login does.

    Attributes:
        OAUTH_PROVIDERS: By name (which is in the URLs): `type` (`oidc`, `discord`, `facebook`,
            `github`, `google`, `microsoft`), `client_id`, `client_secret`; for `oidc` the
            `issuer`; optional `scopes`, `title`, and `tenant` for Microsoft.
        OAUTH_SIGNUP: Whether a first login makes an account.
        OAUTH_LINK_VERIFIED_EMAIL: Whether a first login enters the account of the same address,
            where both sides have verified it.
        OAUTH_TIMEOUT: Seconds to wait for a provider at most.
        OAUTH_CACHE_SECONDS: Seconds for which a provider's description and keys are kept.
    """

    OAUTH_PROVIDERS: dict[str, dict[str, Any]] = {}
    OAUTH_SIGNUP: bool = True
    OAUTH_LINK_VERIFIED_EMAIL: bool = True
    OAUTH_TIMEOUT: float = 10.0  # seconds
    OAUTH_CACHE_SECONDS: int = 3600
