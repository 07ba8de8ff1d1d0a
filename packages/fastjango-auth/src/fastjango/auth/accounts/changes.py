"""Changing and resetting passwords, changing the address, deleting the account."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

from fastjango.auth._edges import Step, Steps, arun, call, pair, run
from fastjango.auth._texts import is_unstorable
from fastjango.auth.accounts._addresses import taken_steps
from fastjango.auth.accounts.background import abegin, begin
from fastjango.auth.accounts.messages import Place, link, place_of, send
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.accounts.signups import check_new_email
from fastjango.auth.authentication import get_user_model
from fastjango.auth.events import log_event
from fastjango.auth.logins import (
    alogout,
    aupdate_session_auth_hash,
    logout,
    update_session_auth_hash,
)
from fastjango.auth.password_validation import avalidate_password, validate_password
from fastjango.auth.reauthentication import areauthenticate, reauthenticate
from fastjango.auth.throttles import ahit, client_address, hit
from fastjango.auth.tokens import default_token_generator
from fastjango.core import apps, settings, signing, timezone
from fastjango.core.exceptions import NON_FIELD_ERRORS, ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.orm import IntegrityError
from fastjango.values.encoding import force_bytes
from fastjango.values.http import urlsafe_base64_decode, urlsafe_base64_encode

__all__ = [
    "achange_password", "aconfirm_email_change", "adelete_account", "arequest_email_change",
    "arequest_reset", "areset_password", "change_password", "confirm_email_change",
    "delete_account", "request_email_change", "request_reset", "reset_password",
]  # fmt: skip

OPAQUE_TOKENS: Final = (
    ("fastjango.auth.authtoken", "Token"),
    ("fastjango.auth.fastapi_users", "AccessToken"),
)
WRONG = _("The password is not right.")
LOG_IN_AGAIN = _("Your account has no password. Log in again first, by the site that you use.")
CHANGE_SALT = "fastjango.auth.accounts.change_email"


def _hit(request: Any, **limits: str) -> Step:
    return pair(lambda: hit(request, **limits), lambda: ahit(request, **limits))


def _address(user: Any) -> str:
    return getattr(user, user.get_email_field_name(), None) or ""


def _not_proved(user: Any, field: str, text: Any) -> ValidationError:
    """Say what is wrong: the password, or that the login was too long ago where there is none."""
    if user.has_usable_password():
        return ValidationError({field: ValidationError(text, code="password_incorrect")})
    return ValidationError({NON_FIELD_ERRORS: ValidationError(LOG_IN_AGAIN, code="login_too_old")})


# --- passwords ------------------------------------------------------------------------------


def _end_tokens_steps(user: Any) -> Steps[None]:
    """Delete opaque tokens; sessions and web tokens carry a hash of the password and end by it."""
    for app, name in OPAQUE_TOKENS:
        if apps.is_installed(app):
            rows = getattr(import_module(f"{app}.models"), name).objects.filter(user=user)
            yield call(rows, "delete")


@sensitive_variables("old", "new")
def _change_steps(request: Any, user: Any, old: str, new: str) -> Steps[None]:
    if not (yield pair(reauthenticate, areauthenticate, request, user, old)):
        text = _("Your old password was entered incorrectly. Please enter it again.")
        raise _not_proved(user, "old_password", text)
    try:
        yield pair(validate_password, avalidate_password, new, user)
    except ValidationError as error:
        raise ValidationError({"new_password": error}) from error
    yield call(user, "set_password", new)
    yield call(user, "save", update_fields=["password"])
    yield from _end_tokens_steps(user)
    yield pair(update_session_auth_hash, aupdate_session_auth_hash, request, user)
    log_event("password_changed", request, user)
    if _address(user):
        plan = send(_address(user), "password_changed", place_of(request), user=user)
        yield pair(begin, abegin, plan)


@sensitive_variables("old", "new")
def change_password(request: Any, user: Any, old: str, new: str) -> None:
    """Change the password of who is logged in; all other sessions and tokens end.

    Raises:
        ValidationError: The old one is wrong, or the new one too weak; by field.
        ThrottledError: There were too many attempts.
    """
    run(_change_steps(request, user, old, new))


@sensitive_variables("old", "new")
async def achange_password(request: Any, user: Any, old: str, new: str) -> None:
    """Do what `change_password()` does."""
    await arun(_change_steps(request, user, old, new))


def _reset_mail_steps(place: Place, email: str) -> Steps[None]:
    model = get_user_model()
    field = model.get_email_field_name()
    owners = model._default_manager.filter(**{f"{field}__iexact": email, "is_active": True})
    for user in (yield pair(list, _rows, owners)):
        # A look-alike address in another script is not the owner's.
        if _address(user).casefold() != email.casefold() or not user.has_usable_password():
            continue
        uid = urlsafe_base64_encode(force_bytes(user.pk))
        url = link(place, "reset", uid=uid, token=default_token_generator.make_token(user))
        yield from send(_address(user), "reset", place, user=user, link=url)


async def _rows(owners: Any) -> list[Any]:
    return [user async for user in owners]


def _request_reset_steps(request: Any, email: str) -> Steps[None]:
    email = check_new_email(email)
    yield _hit(request, mail__address=client_address(request), mail__account=email)
    log_event("password_reset_requested", request)
    yield pair(begin, abegin, _reset_mail_steps(place_of(request), email))


def request_reset(request: Any, email: str) -> None:
    """Mail a link to set a new password, if there is an account of this address.

    Raises:
        ValidationError: It is no address.
        ThrottledError: There were too many, of addresses without an account too.
    """
    run(_request_reset_steps(request, email))


async def arequest_reset(request: Any, email: str) -> None:
    """Do what `request_reset()` does."""
    await arun(_request_reset_steps(request, email))


@sensitive_variables("new")
def _reset_steps(request: Any, uid: str, token: str, new: str) -> Steps[Any]:
    yield _hit(request, confirm__address=client_address(request))
    model = get_user_model()
    try:
        text = urlsafe_base64_decode(uid).decode()
        pk = model._meta.pk.to_python(text)
    except (TypeError, ValueError, OverflowError, ValidationError):
        return None
    if is_unstorable(text):
        return None
    user = yield call(model._default_manager.filter(pk=pk, is_active=True), "first")
    if not default_token_generator.check_token(user, token):
        return None
    try:
        yield pair(validate_password, avalidate_password, new, user)
    except ValidationError as error:
        raise ValidationError({"new_password": error}) from error
    yield call(user, "set_password", new)
    yield call(user, "save", update_fields=["password"])
    yield from _end_tokens_steps(user)
    log_event("password_reset", request, user)
    return user


@sensitive_variables("new")
def reset_password(request: Any, uid: str, token: str, new: str) -> Any:
    """Set a new password by the link of a message; all sessions and tokens end.

    Returns:
        The user, `None` if the link is not good.

    Raises:
        ValidationError: The password is too weak; by field.
        ThrottledError: There were too many attempts.
    """
    return run(_reset_steps(request, uid, token, new))


@sensitive_variables("new")
async def areset_password(request: Any, uid: str, token: str, new: str) -> Any:
    """Do what `reset_password()` does."""
    return await arun(_reset_steps(request, uid, token, new))


# --- the address ----------------------------------------------------------------------------


def _email_mail_steps(place: Place, user: Any, email: str) -> Steps[None]:
    if (yield from taken_steps(email, user)):
        url = link(place, "login")
        yield from send(email, "account_exists", place, username="", link=url)
        return
    token = signing.dumps([str(user.pk), _address(user), email], salt=CHANGE_SALT)
    url = link(place, "change_email", token=token)
    yield from send(email, "change_email", place, user=user, link=url)
    if _address(user):
        yield from send(_address(user), "change_email_notice", place, user=user, email=email)


def _request_email_steps(request: Any, user: Any, password: str, email: str) -> Steps[None]:
    email = check_new_email(email)
    if not (yield pair(reauthenticate, areauthenticate, request, user, password)):
        raise _not_proved(user, "password", WRONG)
    yield _hit(request, mail__address=client_address(request), mail__account=email)
    yield pair(begin, abegin, _email_mail_steps(place_of(request), user, email))


@sensitive_variables("password")
def request_email_change(request: Any, user: Any, password: str, email: str) -> None:
    """Mail a link to a new address; the old one is told.

    Raises:
        ValidationError: The password is wrong, or it is no address.
        ThrottledError: There were too many attempts.
    """
    run(_request_email_steps(request, user, password, email))


@sensitive_variables("password")
async def arequest_email_change(request: Any, user: Any, password: str, email: str) -> None:
    """Do what `request_email_change()` does."""
    await arun(_request_email_steps(request, user, password, email))


def _confirm_email_steps(request: Any, token: str) -> Steps[Any]:
    yield _hit(request, confirm__address=client_address(request))
    try:
        pk, old, new = signing.loads(
            token, salt=CHANGE_SALT, max_age=settings.ACCOUNTS_LINK_LIFETIME
        )
    except (signing.BadSignature, ValueError, TypeError):
        return None
    model = get_user_model()
    user = yield call(model._default_manager.filter(pk=pk, is_active=True), "first")
    # The link is good once: the address that it leads away from has to be the present one.
    if user is None or _address(user) != old or (yield from taken_steps(new, user)):
        return None
    values = {"email": new.lower(), "verified": timezone.now(), "pending": False}
    try:
        yield call(AccountEmail.objects, "update_or_create", user=user, defaults=values)
    except IntegrityError:  # somebody was quicker
        return None
    field = model.get_email_field_name()
    setattr(user, field, new)
    yield call(user, "save", update_fields=[field])
    log_event("email_changed", request, user)
    return user


def confirm_email_change(request: Any, token: str) -> Any:
    """Change the address by the link of a message.

    Returns:
        The user, `None` if the link is not good.

    Raises:
        ThrottledError: There were too many attempts.
    """
    return run(_confirm_email_steps(request, token))


async def aconfirm_email_change(request: Any, token: str) -> Any:
    """Do what `confirm_email_change()` does."""
    return await arun(_confirm_email_steps(request, token))


# --- deletion -------------------------------------------------------------------------------


@sensitive_variables("password")
def _delete_steps(request: Any, user: Any, password: str) -> Steps[None]:
    if not (yield pair(reauthenticate, areauthenticate, request, user, password)):
        raise _not_proved(user, "password", WRONG)
    address, pk = _address(user), user.pk
    log_event("account_deleted", request, user)
    yield pair(logout, alogout, request)
    yield call(get_user_model()._default_manager.filter(pk=pk), "delete")
    if address:
        plan = send(address, "account_deleted", place_of(request), user=user)
        yield pair(begin, abegin, plan)


@sensitive_variables("password")
def delete_account(request: Any, user: Any, password: str) -> None:
    """Delete the account of who is logged in, with what the database deletes along with it.

    Raises:
        ValidationError: The password is wrong.
        ThrottledError: There were too many attempts.
    """
    run(_delete_steps(request, user, password))


@sensitive_variables("password")
async def adelete_account(request: Any, user: Any, password: str) -> None:
    """Do what `delete_account()` does."""
    await arun(_delete_steps(request, user, password))
