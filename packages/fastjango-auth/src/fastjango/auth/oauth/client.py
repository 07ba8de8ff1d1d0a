"""Talking to providers: discovery, keys, codes, id tokens, descriptions of users.

Nothing is asked before a user wants to log in, so that the site starts whether providers answer or
not. What they say of themselves is kept for `OAUTH_CACHE_SECONDS`.
"""

# What providers answer is JSON of any shape.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

import logging
import time
from typing import Any, Final
from urllib.parse import urlencode

import httpx2
import jwt as pyjwt
from authlib.oidc.core import CodeIDToken, UserInfo  # type: ignore[import-untyped]  # no stubs
from fastjango.auth._edges import Step, Steps, pair
from fastjango.auth._texts import is_unstorable
from fastjango.auth.oauth.exceptions import ProviderError
from fastjango.auth.oauth.providers import Identity, Provider, is_safe
from fastjango.core import settings
from fastjango.core.translation import gettext as _

__all__ = ["clear_caches", "endpoint", "exchange", "identify"]

logger = logging.getLogger("fastjango.auth.oauth")

LARGEST: Final = 2**20  # bytes of an answer
# The algorithms of RFC 7518 that need the provider's private key; never "none" nor a shared secret.
ALGORITHMS: Final = (
    "ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
)  # fmt: skip
LEEWAY: Final = 60  # seconds by which the provider's clock may differ

_cached: dict[str, tuple[float, Any]] = {}


def clear_caches() -> None:
    """Forget what providers said of themselves."""
    _cached.clear()


def _failure(provider: Provider, what: str, cause: Exception | None = None) -> ProviderError:
    logger.warning("Login by %s failed: %s", provider.name, what, exc_info=cause)
    text = _("%(provider)s does not answer as it should. Try again later.")
    return ProviderError(text % {"provider": provider.title})


def _options() -> dict[str, Any]:
    return {"timeout": settings.OAUTH_TIMEOUT, "follow_redirects": False}


def _send(method: str, url: str, **kwargs: Any) -> tuple[int, bytes]:
    with (
        httpx2.Client(**_options()) as client,
        client.stream(method, url, **kwargs) as response,
    ):
        body = b""
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST:
                raise ValueError("the answer is too large")
        return response.status_code, body


async def _asend(method: str, url: str, **kwargs: Any) -> tuple[int, bytes]:
    async with (
        httpx2.AsyncClient(**_options()) as client,
        client.stream(method, url, **kwargs) as response,
    ):
        body = b""
        async for chunk in response.aiter_bytes():
            body += chunk
            if len(body) > LARGEST:
                raise ValueError("the answer is too large")
        return response.status_code, body


def _request(method: str, url: str, **kwargs: Any) -> Step:
    headers = {"Accept": "application/json", **kwargs.pop("headers", {})}
    kwargs["headers"] = headers
    return pair(lambda: _send(method, url, **kwargs), lambda: _asend(method, url, **kwargs))


def _json_steps(provider: Provider, method: str, url: str, **kwargs: Any) -> Steps[Any]:
    """Return the JSON that a provider answers with."""
    import json

    if not is_safe(url):
        raise _failure(provider, f"{url!r} is no https:// URL")
    try:
        status, body = yield _request(method, url, **kwargs)
        answer = json.loads(body)
    except (httpx2.HTTPError, OSError, ValueError) as error:
        raise _failure(provider, f"{method} {url.partition('?')[0]}: {error}", error) from error
    if status != 200:
        code = answer.get("error") if isinstance(answer, dict) else None
        raise _failure(provider, f"{method} {url.partition('?')[0]}: {status} {code or ''}")
    return answer


def _cached_steps(provider: Provider, url: str, *, fresh: bool = False) -> Steps[Any]:
    known = _cached.get(url)
    if known is not None and not fresh and known[0] > time.monotonic():
        return known[1]
    answer = yield from _json_steps(provider, "GET", url)
    _cached[url] = (time.monotonic() + settings.OAUTH_CACHE_SECONDS, answer)
    return answer


def _metadata_steps(provider: Provider) -> Steps[dict[str, Any]]:
    """What an OpenID provider says of itself.

    Source: https://openid.net/specs/openid-connect-discovery-1_0.html
    """
    if provider.issuer is None:
        return {}
    url = f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration"
    found = yield from _cached_steps(provider, url)
    issuer = found.get("issuer") if isinstance(found, dict) else None
    # Microsoft names the tenant of the user, who is not known yet.
    if issuer != provider.issuer and "{tenantid}" not in str(issuer):
        raise _failure(provider, f"its discovery names the issuer {issuer!r}")
    metadata: dict[str, Any] = found
    return metadata


def endpoint(provider: Provider, name: str) -> Steps[str]:
    """Return the URL of an endpoint, from the settings or by discovery."""
    given: str = getattr(provider, name)
    if given:
        return given
    metadata = yield from _metadata_steps(provider)
    url = metadata.get(name)
    if not isinstance(url, str) or not is_safe(url):
        raise _failure(provider, f"its discovery names no usable {name}")
    return url


def exchange(provider: Provider, code: str, verifier: str, redirect_uri: str) -> Steps[Any]:
    """Exchange a code for tokens, with the secret of PKCE (RFC 7636)."""
    url = yield from endpoint(provider, "token_endpoint")
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": redirect_uri,
        "code_verifier": verifier,
        "client_id": provider.client_id,
    }
    metadata = yield from _metadata_steps(provider)
    methods = metadata.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    kwargs: dict[str, Any] = {"data": form}
    if provider.is_oidc and "client_secret_basic" in methods:
        # RFC 6749, section 2.3.1: both are form-encoded first
        pair_ = (_encoded(provider.client_id), _encoded(provider.client_secret))
        kwargs["auth"] = httpx2.BasicAuth(*pair_)
    else:
        form["client_secret"] = provider.client_secret
    tokens = yield from _json_steps(provider, "POST", url, **kwargs)
    # GitHub answers 200 to errors too.
    if not isinstance(tokens, dict) or not isinstance(tokens.get("access_token"), str):
        raise _failure(provider, "its token endpoint gave no access token")
    return tokens


def _encoded(text: str) -> str:
    return urlencode({"": text})[1:]


def _key_steps(provider: Provider, token: str) -> Steps[Any]:
    """The provider's key that signed an id token; a new one is looked for once."""
    metadata = yield from _metadata_steps(provider)
    header = pyjwt.get_unverified_header(token)
    for fresh in (False, True):
        keys = yield from _cached_steps(provider, str(metadata.get("jwks_uri")), fresh=fresh)
        found = [
            key
            for key in keys.get("keys", [])
            if key.get("use", "sig") == "sig"
            and key.get("kty") != "oct"
            and ("kid" not in header or key.get("kid") == header["kid"])
        ]
        if len(found) == 1:
            return pyjwt.PyJWK(found[0], algorithm=header.get("alg"))
    raise pyjwt.InvalidKeyError("no key of the provider fits")


def _id_token_steps(provider: Provider, tokens: Any, nonce: str) -> Steps[dict[str, Any]]:
    """Verify an id token: signature, issuer, audience, times, nonce, and that it belongs to the
    access token.

    Source: https://openid.net/specs/openid-connect-core-1_0.html, section 3.1.3.7
    """
    token = tokens.get("id_token")
    if not isinstance(token, str):
        raise _failure(provider, "its token endpoint gave no id token")
    metadata = yield from _metadata_steps(provider)
    try:
        header = pyjwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise pyjwt.InvalidAlgorithmError(f"algorithm {header.get('alg')!r}")
        key = yield from _key_steps(provider, token)
        options: Any = {"require": ["iss", "aud", "sub", "exp", "iat"]}
        claims: dict[str, Any] = pyjwt.decode(
            token,
            key.key,
            algorithms=[header["alg"]],
            audience=provider.client_id,
            leeway=LEEWAY,
            options=options,
        )
        issuer = str(metadata["issuer"]).replace("{tenantid}", str(claims.get("tid", "")))
        known = CodeIDToken(
            claims,
            header,
            options={
                "iss": {"essential": True, "value": issuer},
                "nonce": {"essential": True, "value": nonce},
            },
            params={
                "nonce": nonce,
                "client_id": provider.client_id,
                "access_token": tokens["access_token"],
            },
        )
        known.validate(leeway=LEEWAY)
    except ProviderError:
        raise
    except Exception as error:  # of two libraries, and of claims of any type
        raise _failure(provider, f"its id token is not valid: {error}", error) from error
    return claims


def identify(provider: Provider, tokens: Any, nonce: str) -> Steps[Identity]:
    """Return who the tokens are of.

    Raises:
        ProviderError: The provider does not say, or not in a way that can be believed.
    """
    claims: dict[str, Any] = {}
    if provider.is_oidc:
        claims = yield from _id_token_steps(provider, tokens, nonce)
    if not provider.is_oidc or "email" not in claims:
        claims = yield from _userinfo_steps(provider, tokens, claims)
    try:
        identity = provider.identity(claims)
    except (KeyError, TypeError, AttributeError) as error:
        raise _failure(provider, "it does not say who the user is", error) from error
    if not identity.subject or len(identity.subject) > 255:
        raise _failure(provider, "it does not say who the user is")
    if is_unstorable(identity.subject) or is_unstorable(identity.email):
        raise _failure(provider, "it says who the user is in characters that nothing can store")
    return identity


def _userinfo_steps(
    provider: Provider, tokens: Any, claims: dict[str, Any]
) -> Steps[dict[str, Any]]:
    metadata = yield from _metadata_steps(provider)
    if provider.is_oidc and not (provider.userinfo_endpoint or metadata.get("userinfo_endpoint")):
        return claims
    url = yield from endpoint(provider, "userinfo_endpoint")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    told = yield from _json_steps(provider, "GET", url, headers=headers)
    if not isinstance(told, dict):
        raise _failure(provider, "it describes no user")
    info: dict[str, Any] = dict(UserInfo(told))
    # Section 5.3.2: a description of somebody else is not to be used.
    if provider.is_oidc and info.get("sub") != claims["sub"]:
        raise _failure(provider, "its userinfo is of somebody else")
    if provider.emails_endpoint:
        info["emails"] = yield from _json_steps(
            provider, "GET", provider.emails_endpoint, headers=headers
        )
    return {**info, **claims}
