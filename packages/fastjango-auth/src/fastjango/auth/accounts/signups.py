"""Signing up, and confirming the address.

The answer to a sign-up is the same whether name and address are free or not, and it is given
before anybody looks: what comes of it is said in a message to the address.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fastjango.auth._edges import Steps, arun, call, pair, run
from fastjango.auth.accounts._addresses import taken_steps
from fastjango.auth.accounts.background import abegin, begin
from fastjango.auth.accounts.messages import Place, link, place_of, send
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.authentication import get_user_model
from fastjango.auth.events import log_event
from fastjango.auth.password_validation import avalidate_password, validate_password
from fastjango.auth.throttles import ahit, client_address, hit
from fastjango.core import settings, signing, timezone
from fastjango.core.exceptions import PermissionDenied, ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.orm import IntegrityError
from fastjango.values.validators import validate_email

__all__ = [
    "asign_up",
    "averify_email",
    "check_new_email",
    "is_named_by_email",
    "sign_up",
    "verify_email",
]

VERIFY_SALT = "fastjango.auth.accounts.verify"
LONGEST_EMAIL = 254  # characters, RFC 5321


def check_new_email(email: str) -> str:
    """Return an address as it is stored.

    Raises:
        ValidationError: It is no address.
    """
    email = str(get_user_model()._default_manager.normalize_email(email.strip()))
    if len(email) > LONGEST_EMAIL:
        raise ValidationError(_("Enter a valid email address."), code="invalid")
    validate_email(email)
    return email


def is_named_by_email() -> bool:
    """Tell whether the address is what users log in by, and they have no other name."""
    model = get_user_model()
    return bool(model.get_email_field_name() == model.USERNAME_FIELD)


def _check_new_name(username: str) -> str:
    """Return a name as it is stored.

    Raises:
        ValidationError: Nobody may have it.
    """
    model = get_user_model()
    field = model._meta.get_field(model.USERNAME_FIELD)
    username = field.clean(model.normalize_username(username.strip()), None)
    if username.casefold() in settings.ACCOUNTS_RESERVED_NAMES or "@" in username:
        raise ValidationError(_("This name cannot be used."), code="reserved")
    return username


@sensitive_variables("password")
def _checked_steps(username: str, email: str, password: str) -> Steps[tuple[str, str]]:
    """Return name and address; nothing here depends on the accounts that there are."""
    model = get_user_model()
    errors: dict[str, Any] = {}
    has_name = not is_named_by_email()
    if has_name:
        try:
            username = _check_new_name(username)
        except ValidationError as error:
            errors["username"] = error
    try:
        email = check_new_email(email)
    except ValidationError as error:
        errors["email"] = error
    if not has_name:
        username = email
    known = {model.USERNAME_FIELD: username, model.get_email_field_name(): email}
    try:
        yield pair(validate_password, avalidate_password, password, model(**known))
    except ValidationError as error:
        errors["password"] = error
    if errors:
        raise ValidationError(errors)
    return username, email


def _free_steps(username: str, email: str) -> Steps[str | None]:
    """Tell what stands against an account: `account_exists`, `name_taken` or nothing.

    Sign-ups that were never confirmed make room: at once for the same address, else when their
    link is no longer good.
    """
    model = get_user_model()
    users = model._default_manager
    oldest = timezone.now() - timedelta(seconds=settings.ACCOUNTS_LINK_LIFETIME)
    waiting = AccountEmail.objects.filter(pending=True)
    # An account that staff has activated by hand is nobody's to remove.
    users_waiting = users.filter(is_active=False)
    same = users_waiting.filter(account_email__in=waiting.filter(email=email.lower()))
    yield call(same, "delete")
    name = {f"{model.USERNAME_FIELD}__iexact": username}
    stale = users_waiting.filter(account_email__in=waiting.filter(created__lt=oldest), **name)
    yield call(stale, "delete")
    if (yield from taken_steps(email)):
        return "account_exists"
    if (yield call(users.filter(**name), "exists")):
        return "name_taken"
    return None


@sensitive_variables("password")
def _create_steps(place: Place, username: str, email: str, password: str) -> Steps[None]:
    against = yield from _free_steps(username, email)
    model = get_user_model()
    user: Any = model(**{model.USERNAME_FIELD: username, model.get_email_field_name(): email})
    user.is_active = False
    if against is None:
        yield call(user, "set_password", password)
        try:
            yield call(user, "save")
        except IntegrityError:  # somebody was quicker
            against = "name_taken"
        else:
            row = AccountEmail(user=user, email=email.lower(), pending=True)
            try:
                yield call(row, "save")
            except IntegrityError:
                yield call(user, "delete")
                against = "account_exists"
    if against is not None:
        url = link(place, "login")
        yield from send(email, against, place, username=username, link=url)
        return
    log_event("signup", None, user)
    token = signing.dumps([str(user.pk), email], salt=VERIFY_SALT)
    url = link(place, "verify", token=token)
    yield from send(email, "verify", place, username=username, link=url)


@sensitive_variables("password")
def _sign_up_steps(request: Any, username: str, email: str, password: str) -> Steps[None]:
    if not settings.ACCOUNTS_SIGNUP_OPEN:
        raise PermissionDenied("Signing up is closed.")
    username, email = yield from _checked_steps(username, email, password)
    limits = {"signup__address": client_address(request), "signup__account": email}
    yield pair(lambda: hit(request, **limits), lambda: ahit(request, **limits))
    plan = _create_steps(place_of(request), username, email, password)
    yield pair(begin, abegin, plan)


@sensitive_variables("password")
def sign_up(request: Any, username: str, email: str, password: str) -> None:
    """Begin a sign-up. What comes of it is said in a message to the address.

    Args:
        request: The request, of which the client's address counts.
        username: The name; not looked at where the address is the user model's `USERNAME_FIELD`.
        email: The address.
        password: The password.

    Raises:
        ValidationError: A value cannot be used by anybody, by field.
        PermissionDenied: Signing up is closed.
        ThrottledError: There were too many.
    """
    run(_sign_up_steps(request, username, email, password))


@sensitive_variables("password")
async def asign_up(request: Any, username: str, email: str, password: str) -> None:
    """Do what `sign_up()` does."""
    await arun(_sign_up_steps(request, username, email, password))


def _verify_steps(request: Any, token: str) -> Steps[Any]:
    address = client_address(request)
    yield pair(
        lambda: hit(request, confirm__address=address),
        lambda: ahit(request, confirm__address=address),
    )
    try:
        pk, email = signing.loads(token, salt=VERIFY_SALT, max_age=settings.ACCOUNTS_LINK_LIFETIME)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    rows = AccountEmail.objects.select_related("user").filter(user_id=pk, email=email.lower())
    row = yield call(rows, "first")
    if row is None:
        return None
    if row.pending:
        changed = yield call(
            AccountEmail.objects.filter(pk=row.pk, pending=True),
            "update",
            pending=False,
            verified=timezone.now(),
        )
        if changed:
            row.user.is_active = True
            yield call(row.user, "save", update_fields=["is_active"])
            log_event("email_verified", request, row.user)
    elif not row.user.is_active:
        return None
    return row.user


def verify_email(request: Any, token: str) -> Any:
    """Confirm the address of a sign-up; doing it again is harmless.

    Returns:
        The user, `None` if the link is not good.

    Raises:
        ThrottledError: There were too many attempts.
    """
    return run(_verify_steps(request, token))


async def averify_email(request: Any, token: str) -> Any:
    """Do what `verify_email()` does."""
    return await arun(_verify_steps(request, token))
