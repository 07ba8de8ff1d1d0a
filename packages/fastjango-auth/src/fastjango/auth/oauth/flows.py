"""To a provider and back, and what the answer means for accounts of this site."""

from __future__ import annotations

import re
import secrets
import time
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from authlib.oauth2.rfc7636 import (  # type: ignore[import-untyped]  # no stubs
    create_s256_code_challenge,  # pyright: ignore[reportUnknownVariableType]  # the same
)
from fastjango.auth._edges import Step, Steps, arun, call, pair, run
from fastjango.auth.accounts.logins import LoginResult, after_first_factor
from fastjango.auth.authentication import configured_backends, get_user_model
from fastjango.auth.events import log_event
from fastjango.auth.oauth.client import endpoint, exchange, identify
from fastjango.auth.oauth.exceptions import (
    LinkRefusedError,
    OAuthCancelledError,
    OAuthError,
    ProviderError,
)
from fastjango.auth.oauth.models import OAuthAccount
from fastjango.auth.oauth.providers import Identity, Provider
from fastjango.auth.throttles import ahit, client_address, hit
from fastjango.core import apps, settings, timezone
from fastjango.core.crypto import constant_time_compare
from fastjango.core.translation import gettext as _
from fastjango.orm import IntegrityError

__all__ = ["Outcome", "abegin", "afinish", "aunlink", "begin", "finish", "unlink"]

SESSION_KEY: Final = "_oauth"
LIFETIME: Final = 600  # seconds from the site to the provider and back
MOST: Final = 5  # logins that one browser may have under way


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        login: What came of the login; of linking, the user.
        next: Where the user wanted to go.
        linked: Whether an account was linked to a user who was logged in.
    """

    login: LoginResult
    next: str
    linked: bool = False


def _set(session: Any, value: Any) -> Step:
    return pair(
        lambda: session.__setitem__(SESSION_KEY, value), lambda: session.aset(SESSION_KEY, value)
    )


def _begin_steps(
    request: Any, provider: Provider, redirect_uri: str, next: str, link_user: Any
) -> Steps[str]:
    url = yield from endpoint(provider, "authorization_endpoint")
    state, nonce = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    verifier = secrets.token_urlsafe(64)
    now = time.time()
    kept: dict[str, Any] = (yield call(request.session, "get", SESSION_KEY)) or {}
    alive = {k: v for k, v in kept.items() if now - v["time"] < LIFETIME}
    newest = sorted(alive.items(), key=lambda item: item[1]["time"])[-(MOST - 1) :]
    entry = {
        "provider": provider.name,
        "nonce": nonce,
        "verifier": verifier,
        "redirect_uri": redirect_uri,
        "next": next,
        "link": None if link_user is None else str(link_user.pk),
        "time": now,
    }
    yield _set(request.session, {**dict(newest), state: entry})
    query: dict[str, str] = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": redirect_uri,
        "scope": " ".join(provider.scopes),
        "state": state,
        "code_challenge": create_s256_code_challenge(verifier),
        "code_challenge_method": "S256",
    }
    if provider.is_oidc:
        query["nonce"] = nonce
    return f"{url}{'&' if '?' in url else '?'}{urlencode(query)}"


def begin(
    request: Any, provider: Provider, redirect_uri: str, next: str = "", link_user: Any = None
) -> str:
    """Return the URL at the provider to which the user is sent.

    Args:
        request: The request; its session keeps what the way back is checked by.
        provider: The provider.
        redirect_uri: The URL here to which the provider sends the user back.
        next: Where the user wants to go afterwards; a safe URL.
        link_user: Who wants to link an account; `None` for a login.

    Raises:
        ProviderError: The provider does not say where.
    """
    return run(_begin_steps(request, provider, redirect_uri, next, link_user))


async def abegin(
    request: Any, provider: Provider, redirect_uri: str, next: str = "", link_user: Any = None
) -> str:
    """Do what `begin()` does."""
    return await arun(_begin_steps(request, provider, redirect_uri, next, link_user))


def _entry_steps(request: Any, provider: Provider, answer: Any) -> Steps[dict[str, Any]]:
    """What was kept for this answer; it is good once, and is checked before anything is sent."""
    kept: dict[str, Any] = (yield call(request.session, "get", SESSION_KEY)) or {}
    given = str(answer.get("state", ""))
    state = next((known for known in kept if constant_time_compare(known, given)), None)
    if state is None:
        raise OAuthError(_("This login was not begun in this browser, or was used already."))
    entry: dict[str, Any] = kept[state]
    yield _set(request.session, {k: v for k, v in kept.items() if k != state})
    if entry["provider"] != provider.name or time.time() - entry["time"] >= LIFETIME:
        raise OAuthError(_("This login took too long. Begin again."))
    # RFC 9207: the answer of another provider is not mixed up with this one's
    if answer.get("iss") and provider.issuer and answer["iss"] != provider.issuer:
        raise OAuthError(_("The answer came from another provider."))
    return entry


def _finish_steps(request: Any, provider: Provider, answer: Any) -> Steps[Outcome]:
    address = client_address(request)
    yield pair(
        lambda: hit(request, login__address=address), lambda: ahit(request, login__address=address)
    )
    entry = yield from _entry_steps(request, provider, answer)
    if answer.get("error"):
        if answer["error"] in ("access_denied", "user_cancelled_login", "login_required"):
            raise OAuthCancelledError(_("The login was cancelled."))
        log_event("oauth_failed", request, provider=provider.name, reason=answer["error"])
        text = _("%(provider)s refused the login.")
        raise ProviderError(text % {"provider": provider.title})
    if not answer.get("code"):
        raise ProviderError(_("The answer holds no code."))
    tokens = yield from exchange(
        provider, str(answer["code"]), entry["verifier"], entry["redirect_uri"]
    )
    identity = yield from identify(provider, tokens, entry["nonce"])
    if entry["link"] is not None:
        user = yield from _link_steps(request, provider, identity, entry["link"])
        return Outcome(LoginResult(user, []), entry["next"], linked=True)
    user = yield from _user_steps(request, provider, identity)
    paths = [path for _backend, path in configured_backends()]
    own = [path for path in paths if path.endswith(".ModelBackend")]
    login = yield from after_first_factor(request, user, (own or paths)[0])
    return Outcome(login, entry["next"])


def finish(request: Any, provider: Provider, answer: Any) -> Outcome:
    """Log in, or link, by what the provider's answer says.

    Args:
        request: The request that came back.
        provider: The provider.
        answer: The parameters of the URL.

    Raises:
        OAuthCancelledError: The user said no.
        ProviderError: The provider refused, or cannot be believed.
        LinkRefusedError: No account here can be entered with it.
        OAuthError: It is not the answer to what this browser began.
        ThrottledError: There were too many attempts.
    """
    return run(_finish_steps(request, provider, answer))


async def afinish(request: Any, provider: Provider, answer: Any) -> Outcome:
    """Do what `finish()` does."""
    return await arun(_finish_steps(request, provider, answer))


# --- accounts -------------------------------------------------------------------------------


def _known_steps(provider: Provider, identity: Identity) -> Steps[Any]:
    rows = OAuthAccount.objects.select_related("user")
    found = rows.filter(provider=provider.name, subject=identity.subject)
    return (yield call(found, "first"))


def _add_steps(request: Any, user: Any, provider: Provider, identity: Identity) -> Steps[None]:
    row = OAuthAccount(
        user=user,
        provider=provider.name,
        subject=identity.subject,
        email=identity.email[:254],
        used=timezone.now(),
    )
    try:
        yield call(row, "save")
    except IntegrityError as error:  # somebody was quicker
        text = _("This account at %(provider)s is in use already.")
        raise LinkRefusedError(text % {"provider": provider.title}) from error
    log_event("oauth_linked", request, user, provider=provider.name)


def _link_steps(request: Any, provider: Provider, identity: Identity, pk: str) -> Steps[Any]:
    user = yield pair(lambda: request.user, request.auser)
    if not user.is_authenticated or str(user.pk) != pk:
        raise LinkRefusedError(_("Log in first."))
    known = yield from _known_steps(provider, identity)
    if known is None:
        yield from _add_steps(request, user, provider, identity)
    elif known.user_id != user.pk:
        text = _("This account at %(provider)s is linked to another account.")
        raise LinkRefusedError(text % {"provider": provider.title})
    return user


def _user_steps(request: Any, provider: Provider, identity: Identity) -> Steps[Any]:
    known = yield from _known_steps(provider, identity)
    if known is not None:
        if not known.user.is_active:
            raise LinkRefusedError(_("This account is inactive."))
        rows = OAuthAccount.objects.filter(pk=known.pk)
        yield call(rows, "update", used=timezone.now(), email=identity.email[:254])
        return known.user
    yield from _make_room_steps(identity)
    owner = yield from _owner_steps(identity)
    if owner is not None:
        if not (yield from _may_enter_steps(identity, owner)):
            log_event("oauth_failed", request, provider=provider.name, reason="email in use")
            text = _("Log in another way, then link %(provider)s to your account.")
            raise LinkRefusedError(text % {"provider": provider.title})
        yield from _add_steps(request, owner, provider, identity)
        return owner
    if not settings.OAUTH_SIGNUP:
        raise LinkRefusedError(_("Signing up is closed."))
    user = yield from _create_steps(identity)
    yield from _add_steps(request, user, provider, identity)
    log_event("signup", request, user, provider=provider.name)
    return user


def _make_room_steps(identity: Identity) -> Steps[None]:
    """Remove a sign-up that waits for this address: here is who has it."""
    if not (settings.OAUTH_SIGNUP and identity.email and identity.email_verified):
        return
    if not apps.is_installed("fastjango.auth.accounts"):
        return
    from fastjango.auth.accounts.models import AccountEmail

    waiting = AccountEmail.objects.filter(pending=True, email=identity.email.lower())
    users = get_user_model()._default_manager.filter(is_active=False)
    yield call(users.filter(account_email__in=waiting), "delete")


def _owner_steps(identity: Identity) -> Steps[Any]:
    """The account of the address here, whether anybody has verified it or not."""
    if not identity.email:
        return None
    model = get_user_model()
    wanted = {f"{model.get_email_field_name()}__iexact": identity.email}
    return (yield call(model._default_manager.filter(**wanted), "first"))


def _may_enter_steps(identity: Identity, owner: Any) -> Steps[bool]:
    """Tell whether an address alone opens an account: both sides must have verified it.

    Otherwise somebody could wait in an account made with the address of another, or enter an
    account by an address that the provider did not look at.
    """
    if not (settings.OAUTH_LINK_VERIFIED_EMAIL and identity.email_verified and owner.is_active):
        return False
    ours: str = getattr(owner, owner.get_email_field_name()) or ""
    if not _is_same(identity.email, ours) or not apps.is_installed("fastjango.auth.accounts"):
        return False
    from fastjango.auth.accounts.models import AccountEmail

    rows = AccountEmail.objects.filter(user=owner, verified__isnull=False, pending=False)
    return bool((yield call(rows.filter(email=identity.email.lower()), "exists")))


def _is_same(theirs: str, ours: str) -> bool:
    """Tell whether two addresses are one; a database may take `ä` for `a`, and others own that."""
    if theirs.isascii() and ours.isascii():
        return theirs.lower() == ours.lower()
    return theirs == ours


def _create_steps(identity: Identity) -> Steps[Any]:
    model = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    wish = identity.username or identity.email.partition("@")[0]
    base = re.sub(r"[^\w.+-]+", "", model.normalize_username(wish)) or "user"
    base = base[: (field.max_length or 150) - 9]
    if base.casefold() in getattr(settings, "ACCOUNTS_RESERVED_NAMES", []):
        base = f"{base}-{secrets.token_hex(4)}"
    email = identity.email if identity.email_verified else ""
    name = base
    for _attempt in range(5):
        user = model(**{model.USERNAME_FIELD: name})
        setattr(user, model.get_email_field_name(), email)
        user.set_unusable_password()
        named = {f"{model.USERNAME_FIELD}__iexact": name}
        if not (yield call(model._default_manager.filter(**named), "exists")):
            try:
                yield call(user, "save")
            except IntegrityError:  # somebody was quicker
                pass
            else:
                yield from _note_email_steps(user, email)
                return user
        name = f"{base}-{secrets.token_hex(4)}"
    raise OAuthError(_("No free name was found. Try again."))


def _note_email_steps(user: Any, email: str) -> Steps[None]:
    if not email or not apps.is_installed("fastjango.auth.accounts"):
        return
    from fastjango.auth.accounts.models import AccountEmail

    row = AccountEmail(user=user, email=email.lower(), verified=timezone.now())
    try:
        yield call(row, "save")
    except IntegrityError as error:
        yield call(user, "delete")
        raise LinkRefusedError(_("Another account waits for this address.")) from error


def _unlink_steps(request: Any, user: Any, pk: Any) -> Steps[None]:
    rows = OAuthAccount.objects.filter(user=user)
    row = yield call(rows.filter(pk=pk), "first")
    if row is None:
        raise OAuthError(_("There is no such link."))
    if not user.has_usable_password() and (yield call(rows, "count")) < 2:
        raise LinkRefusedError(_("Set a password first, or you could not log in again."))
    yield call(row, "delete")
    log_event("oauth_unlinked", request, user, provider=row.provider)


def unlink(request: Any, user: Any, pk: Any) -> None:
    """Take an account at a provider from a user.

    Raises:
        LinkRefusedError: It is the only way to log in.
        OAuthError: The user has no such link.
    """
    run(_unlink_steps(request, user, pk))


async def aunlink(request: Any, user: Any, pk: Any) -> None:
    """Do what `unlink()` does."""
    await arun(_unlink_steps(request, user, pk))
