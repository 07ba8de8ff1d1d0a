"""fastapi-users' manager with the passwords of this site, hashed in worker threads."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncGenerator
from typing import Any

from fastapi import Depends, HTTPException, Request
from fastapi.security import OAuth2PasswordRequestForm
from fastapi_users import BaseUserManager, IntegerIDMixin, InvalidPasswordException, exceptions
from fastapi_users.jwt import (
    decode_jwt,
    generate_jwt,  # pyright: ignore[reportUnknownVariableType]  # takes a bare dict
)
from fastjango.auth.events import log_event
from fastjango.auth.fastapi_users.database import Account, TokenDatabase, UserDatabase
from fastjango.auth.fastapi_users.models import AccessToken
from fastjango.auth.hashers import check_password, make_password
from fastjango.auth.hooks import afactors_of
from fastjango.auth.password_validation import avalidate_password
from fastjango.auth.throttles import ThrottledError, aforget, ahit, client_address
from fastjango.core import settings
from fastjango.core.crypto import constant_time_compare, salted_hmac
from fastjango.core.exceptions import ValidationError
from jwt import PyJWTError

__all__ = [
    "PasswordHelper", "UserManager", "get_token_database", "get_user_database",
    "get_user_manager",
]  # fmt: skip


class PasswordHelper:
    """Reads and writes passwords in Django's formats; it hashes where it is called."""

    def verify_and_update(
        self, plain_password: str, hashed_password: str
    ) -> tuple[bool, str | None]:
        """Tell whether a password is right, and how to store it from now on, if in a new way."""
        renewed: list[str] = []

        def setter(password: str) -> None:
            renewed.append(make_password(password))

        right = check_password(plain_password, hashed_password, setter)
        return bool(right), renewed[0] if renewed else None

    def hash(self, password: str) -> str:
        """Return the password as it is stored."""
        return make_password(password)

    def generate(self) -> str:
        """Return a random password."""
        return secrets.token_urlsafe()


def _fingerprint(user: Account) -> str:
    return salted_hmac(
        "fastjango.auth.fastapi_users", user.hashed_password, algorithm="sha256"
    ).hexdigest()


async def _count(request: Request | None, **limits: str) -> None:
    try:
        await ahit(request, **limits)
    except ThrottledError as error:
        headers = {"Retry-After": str(error.wait)}
        raise HTTPException(429, str(error), headers=headers) from error


async def _may_mail(user: Account, request: Request | None) -> bool:
    """Count a message; too many are not refused, which would tell that there is an account."""
    try:
        await ahit(request, mail__account=user.email)
    except ThrottledError:
        return False
    return True


class UserManager(IntegerIDMixin, BaseUserManager[Any, int]):
    """A manager to derive from: override the `on_after_…` hooks as with fastapi-users' own.

    Its secrets come from `SECRET_KEY`. It checks passwords by `AUTH_PASSWORD_VALIDATORS`, counts
    attempts, and hashes in worker threads.
    """

    def __init__(self, user_db: UserDatabase, password_helper: Any = None) -> None:
        super().__init__(user_db, password_helper or PasswordHelper())
        secret = salted_hmac("fastjango.auth.fastapi_users", "tokens", algorithm="sha256")
        self.reset_password_token_secret = self.verification_token_secret = secret.hexdigest()
        self.reset_password_token_lifetime_seconds = settings.PASSWORD_RESET_TIMEOUT

    async def validate_password(self, password: str, user: Any) -> None:
        """Ask the password validators of this site.

        Raises:
            InvalidPasswordException: One of them refuses.
        """
        try:
            await avalidate_password(password, user.user if isinstance(user, Account) else None)
        except ValidationError as error:
            raise InvalidPasswordException(" ".join(error.messages)) from error

    async def authenticate(self, credentials: OAuth2PasswordRequestForm) -> Any:
        """Return the account of an address and a password, `None` if there is none.

        Nobody is returned either who needs a second step: fastapi-users has none.

        Raises:
            HTTPException: There were too many attempts (429).
        """
        limit = {"login__account": credentials.username}
        await _count(None, **limit)
        user = await self._by_password(credentials)
        if user is None:
            return None
        if await afactors_of(None, user.user):
            log_event("token_refused", None, user.user, reason="second step")
            return None
        await aforget(**limit)
        log_event("login", None, user.user)
        return user

    async def _by_password(self, credentials: OAuth2PasswordRequestForm) -> Any:
        user = await self.user_db.get_by_email(credentials.username)
        if user is None:
            await asyncio.to_thread(self.password_helper.hash, credentials.password)
            log_event("login_failed", None, username=credentials.username)
            return None
        right, renewed = await asyncio.to_thread(
            self.password_helper.verify_and_update, credentials.password, user.hashed_password
        )
        if not right:
            log_event("login_failed", None, username=credentials.username)
            return None
        if renewed is not None:
            await self.user_db.update(user, {"hashed_password": renewed})
        return user

    async def create(
        self, user_create: Any, safe: bool = False, request: Request | None = None
    ) -> Any:
        """Make a user.

        Raises:
            UserAlreadyExists: There is one of this address.
            InvalidPasswordException: The password is too weak.
            HTTPException: There were too many (429).
        """
        if request is not None:
            await _count(request, signup__address=client_address(request))
        await self.validate_password(user_create.password, user_create)
        if await self.user_db.get_by_email(user_create.email) is not None:
            raise exceptions.UserAlreadyExists
        values = (
            user_create.create_update_dict() if safe else user_create.create_update_dict_superuser()
        )
        password = values.pop("password")
        values["hashed_password"] = await asyncio.to_thread(self.password_helper.hash, password)
        created = await self.user_db.create(values)
        await self.on_after_register(created, request)
        return created

    async def _update(self, user: Any, update_dict: dict[str, Any]) -> Any:
        values = dict(update_dict)
        password = values.pop("password", None)
        if password is not None:
            await self.validate_password(password, user)
            hashed = await asyncio.to_thread(self.password_helper.hash, password)
            values["hashed_password"] = hashed
        return await super()._update(user, values)

    async def forgot_password(self, user: Any, request: Request | None = None) -> None:
        """Make a token for a new password, and tell `on_after_forgot_password()`.

        Raises:
            UserInactive: The account is disabled, or there were too many messages to it.
        """
        if not user.is_active or not await _may_mail(user, request):
            raise exceptions.UserInactive
        data = {
            "sub": str(user.id),
            "password_fgpt": _fingerprint(user),
            "aud": self.reset_password_token_audience,
        }
        lifetime = self.reset_password_token_lifetime_seconds
        token = generate_jwt(data, self.reset_password_token_secret, lifetime)
        await self.on_after_forgot_password(user, token, request)

    async def request_verify(self, user: Any, request: Request | None = None) -> None:
        """Make a token that confirms the address, and tell `on_after_request_verify()`.

        Raises:
            UserInactive: The account is disabled, or there were too many messages to it.
            UserAlreadyVerified: The address is confirmed.
        """
        if not await _may_mail(user, request):
            raise exceptions.UserInactive
        await super().request_verify(user, request)

    async def reset_password(
        self, token: str, password: str, request: Request | None = None
    ) -> Any:
        """Set a new password by a token; it is good once, and the user's access tokens end.

        Raises:
            InvalidResetPasswordToken: The token is not good.
            UserInactive: The account is disabled.
            InvalidPasswordException: The password is too weak.
        """
        try:
            data = decode_jwt(
                token, self.reset_password_token_secret, [self.reset_password_token_audience]
            )
            user = await self.get(self.parse_id(data["sub"]))
            fingerprint = data["password_fgpt"]
        except (PyJWTError, KeyError, exceptions.InvalidID, exceptions.UserNotExists) as error:
            raise exceptions.InvalidResetPasswordToken from error
        if not constant_time_compare(fingerprint, _fingerprint(user)):
            raise exceptions.InvalidResetPasswordToken
        if not user.is_active:
            raise exceptions.UserInactive
        updated = await self._update(user, {"password": password})
        await AccessToken.objects.filter(user_id=updated.id).adelete()
        log_event("password_reset", request, updated.user)
        await self.on_after_reset_password(updated, request)
        return updated


async def get_user_database() -> AsyncGenerator[UserDatabase]:
    """A dependency: the database of users."""
    yield UserDatabase()


async def get_token_database() -> AsyncGenerator[TokenDatabase]:
    """A dependency: the database of tokens, for `DatabaseStrategy`."""
    yield TokenDatabase()


async def get_user_manager(
    user_db: UserDatabase = Depends(get_user_database),  # noqa: B008 - FastAPI's form
) -> AsyncGenerator[UserManager]:
    """A dependency: the manager, for `FastAPIUsers`."""
    yield UserManager(user_db)
