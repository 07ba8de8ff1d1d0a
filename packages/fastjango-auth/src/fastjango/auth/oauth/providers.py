"""Providers: what is known of each without asking it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from fastjango.core import settings
from fastjango.core.checks import CheckMessage, Error, Tags
from fastjango.core.exceptions import ImproperlyConfigured

__all__ = ["Identity", "Provider", "check_providers", "get_provider", "get_providers"]

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who somebody is at a provider.

    Attributes:
        subject: The provider's unchanging name of them.
        email: Their address, an empty text if it is not told.
        email_verified: Whether the provider says that the address is theirs.
        username: A name they like to be called.
    """

    subject: str
    email: str = ""
    email_verified: bool = False
    username: str = ""


def _oidc_identity(claims: dict[str, Any]) -> Identity:
    email = claims.get("email") or ""
    name = claims.get("preferred_username") or claims.get("nickname") or claims.get("name") or ""
    # Some providers write the claim as a text.
    verified = claims.get("email_verified") in (True, "true")
    return Identity(str(claims["sub"]), str(email), bool(email) and verified, str(name))


def _microsoft_identity(claims: dict[str, Any]) -> Identity:
    # Whoever administers a tenant chooses the addresses in it; this claim says that the domain's
    # owner was verified.
    verified = claims.get("xms_edov") in (True, "true", "1", 1)
    return _oidc_identity({**claims, "email_verified": verified})


def _github_identity(claims: dict[str, Any]) -> Identity:
    emails = [each for each in claims.get("emails") or () if each.get("primary")]
    email: dict[str, Any] = emails[0] if emails else {}
    verified = email.get("verified") is True
    return Identity(
        str(claims["id"]), str(email.get("email") or ""), verified, str(claims.get("login") or "")
    )


def _facebook_identity(claims: dict[str, Any]) -> Identity:
    # Facebook does not say whether an address was verified.
    return Identity(
        str(claims["id"]), str(claims.get("email") or ""), False, str(claims.get("name") or "")
    )


def _discord_identity(claims: dict[str, Any]) -> Identity:
    email = str(claims.get("email") or "")
    verified = bool(email) and claims.get("verified") is True
    return Identity(str(claims["id"]), email, verified, str(claims.get("username") or ""))


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider and the site's registration there.

    Attributes:
        name: Its name in settings and URLs.
        title: Its name for people.
        issuer: Who signs its id tokens; `None` for plain OAuth2.
        identity: Makes an `Identity` of what the provider tells.
        authorization_endpoint: Where users are sent; by discovery if empty.
        token_endpoint: Where codes are exchanged; by discovery if empty.
        userinfo_endpoint: Where the user is described; by discovery if empty.
        emails_endpoint: Where GitHub lists addresses.
    """

    name: str
    title: str
    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    identity: Callable[[dict[str, Any]], Identity] = field(repr=False)
    issuer: str | None = None
    authorization_endpoint: str = ""
    token_endpoint: str = ""
    userinfo_endpoint: str = ""
    emails_endpoint: str = ""

    @property
    def is_oidc(self) -> bool:
        """Whether it speaks OpenID Connect."""
        return self.issuer is not None


_OIDC_SCOPES: Final = ("openid", "email", "profile")
_PRESETS: Final[dict[str, dict[str, Any]]] = {
    "oidc": {"scopes": _OIDC_SCOPES, "identity": _oidc_identity},
    "google": {
        "title": "Google",
        "issuer": "https://accounts.google.com",
        "scopes": _OIDC_SCOPES,
        "identity": _oidc_identity,
    },
    "microsoft": {
        "title": "Microsoft",
        "scopes": _OIDC_SCOPES,
        "identity": _microsoft_identity,
    },
    "github": {
        "title": "GitHub",
        "scopes": ("read:user", "user:email"),
        "identity": _github_identity,
        "authorization_endpoint": "https://github.com/login/oauth/authorize",
        "token_endpoint": "https://github.com/login/oauth/access_token",
        "userinfo_endpoint": "https://api.github.com/user",
        "emails_endpoint": "https://api.github.com/user/emails",
    },
    "facebook": {
        "title": "Facebook",
        "scopes": ("email", "public_profile"),
        "identity": _facebook_identity,
        "authorization_endpoint": "https://www.facebook.com/v23.0/dialog/oauth",
        "token_endpoint": "https://graph.facebook.com/v23.0/oauth/access_token",
        "userinfo_endpoint": "https://graph.facebook.com/v23.0/me?fields=id,name,email",
    },
    "discord": {
        "title": "Discord",
        "scopes": ("identify", "email"),
        "identity": _discord_identity,
        "authorization_endpoint": "https://discord.com/oauth2/authorize",
        "token_endpoint": "https://discord.com/api/oauth2/token",
        "userinfo_endpoint": "https://discord.com/api/users/@me",
    },
}
_OPTIONS: Final = frozenset(
    {"type", "client_id", "client_secret", "issuer", "scopes", "tenant", "title",
     "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "emails_endpoint"}
)  # fmt: skip


def is_safe(url: str) -> bool:
    """Tell whether secrets may be sent to a URL: by HTTPS, or to this machine."""
    parts = urlsplit(url)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _provider(name: str, entry: dict[str, Any]) -> Provider:
    where = f"OAUTH_PROVIDERS[{name!r}]"
    if unknown := sorted(set(entry) - _OPTIONS):
        raise ImproperlyConfigured(f"{where} has the unknown option {unknown[0]!r}.")
    kind = entry.get("type", "oidc")
    if kind not in _PRESETS:
        raise ImproperlyConfigured(
            f"{where} has the unknown type {kind!r}. Choose one of: {', '.join(sorted(_PRESETS))}."
        )
    for option in ("client_id", "client_secret"):
        if not entry.get(option):
            raise ImproperlyConfigured(f"{where} needs a {option!r}.")
    preset = dict(_PRESETS[kind])
    if kind == "microsoft":
        tenant = entry.get("tenant", "common")
        preset["issuer"] = f"https://login.microsoftonline.com/{tenant}/v2.0"
    given = {option: entry[option] for option in entry if option not in ("type", "tenant")}
    values: dict[str, Any] = {"title": name, **preset, **given}
    values["scopes"] = tuple(values["scopes"])
    if kind == "oidc" and not values.get("issuer"):
        raise ImproperlyConfigured(f"{where} needs an 'issuer', the URL of the provider.")
    for option in ("issuer", "authorization_endpoint", "token_endpoint", "userinfo_endpoint"):
        if values.get(option) and not is_safe(values[option]):
            raise ImproperlyConfigured(f"The {option!r} of {where} has to begin with https://.")
    return Provider(name=name, **values)


def get_providers() -> dict[str, Provider]:
    """Return the providers of the settings by name.

    Raises:
        ImproperlyConfigured: One is described wrongly.
    """
    return {name: _provider(name, entry) for name, entry in settings.OAUTH_PROVIDERS.items()}


def get_provider(name: str) -> Provider | None:
    """Return a provider, `None` if the settings have none of this name."""
    entry = settings.OAUTH_PROVIDERS.get(name)
    return None if entry is None else _provider(name, entry)


def check_providers(**kwargs: Any) -> list[CheckMessage]:
    """Refuse providers that are described wrongly (auth_oauth.E001)."""
    try:
        get_providers()
    except ImproperlyConfigured as error:
        return [Error(str(error), id="auth_oauth.E001")]
    return []


check_providers.tags = (Tags.security,)  # type: ignore[attr-defined]  # pyright: ignore[reportFunctionMemberAccess]  # a mark
