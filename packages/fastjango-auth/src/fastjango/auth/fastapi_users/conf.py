"""Settings of the adapter for fastapi-users."""

from __future__ import annotations

from fastjango.core.conf import PluginSettings

__all__ = ["FastAPIUsersSettings"]


class FastAPIUsersSettings(PluginSettings):
    """Tokens of the database strategy.

    Attributes:
        FASTAPI_USERS_TOKEN_LIFETIME: Seconds after which `cleartokens` removes a token: at least
            the longest `lifetime_seconds` of your strategies, which the tables do not know. `None`
            keeps all.
    """

    FASTAPI_USERS_TOKEN_LIFETIME: int | None = None
