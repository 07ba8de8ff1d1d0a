"""fastapi-users' databases, on the models of this site."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi_users.authentication.strategy.db import AccessTokenDatabase
from fastapi_users.db import BaseUserDatabase
from fastapi_users.exceptions import UserAlreadyExists
from fastjango.auth._edges import arun
from fastjango.auth._texts import is_unstorable
from fastjango.auth.accounts._addresses import taken_steps
from fastjango.auth.accounts.models import AccountEmail
from fastjango.auth.authentication import get_user_model
from fastjango.auth.fastapi_users.models import AccessToken, ProviderAccount
from fastjango.core import timezone
from fastjango.orm import IntegrityError
from fastjango.orm.transaction import atomic

__all__ = ["Account", "TokenDatabase", "TokenRecord", "UserDatabase"]


class Account:
    """A user of this site with the attributes that fastapi-users expects.

    Everything else is the user's: `account.username`, `account.get_full_name()`.

    Args:
        user: The user.
        is_verified: Whether their address was confirmed.
        oauth_accounts: Their accounts at providers.
    """

    def __init__(self, user: Any, is_verified: bool, oauth_accounts: list[Any]) -> None:
        self.user, self.is_verified, self.oauth_accounts = user, is_verified, oauth_accounts

    def __getattr__(self, name: str) -> Any:
        return getattr(self.user, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Account) and self.user == other.user

    def __hash__(self) -> int:
        return hash(self.user)

    @property
    def id(self) -> Any:
        """The user's primary key."""
        return self.user.pk

    @property
    def email(self) -> str:
        """The user's address."""
        return str(getattr(self.user, self.user.get_email_field_name()) or "")

    @property
    def hashed_password(self) -> str:
        """The stored password, in Django's format."""
        return str(self.user.password)


class UserDatabase(BaseUserDatabase[Any, Any]):
    """Finds and stores users of this site for fastapi-users."""

    async def _account(self, user: Any) -> Account | None:
        if user is None:
            return None
        rows = AccountEmail.objects.filter(user=user, verified__isnull=False)
        links = [link async for link in ProviderAccount.objects.filter(user=user).order_by("pk")]
        return Account(user, await rows.aexists(), links)

    async def get(self, id: Any) -> Account | None:
        """Return the account of a primary key."""
        return await self._account(await get_user_model()._default_manager.filter(pk=id).afirst())

    async def get_by_email(self, email: str) -> Account | None:
        """Return the account of an address, `None` also if several have it."""
        if is_unstorable(email):
            return None
        model = get_user_model()
        wanted = {f"{model.get_email_field_name()}__iexact": email}
        found = [user async for user in model._default_manager.filter(**wanted)[:2]]
        return await self._account(found[0]) if len(found) == 1 else None

    async def get_by_oauth_account(self, oauth: str, account_id: str) -> Account | None:
        """Return the account that an account at a provider is linked to."""
        rows = ProviderAccount.objects.select_related("user")
        link: Any = await rows.filter(oauth_name=oauth, account_id=account_id).afirst()
        return None if link is None else await self._account(link.user)

    async def _note(self, user: Any, email: str, verified: bool) -> None:
        values = {"email": email.lower(), "verified": timezone.now() if verified else None}
        await AccountEmail.objects.aupdate_or_create(user=user, defaults=values)

    async def _refuse_taken(self, email: str, user: Any = None) -> None:
        if await arun(taken_steps(email, user)):
            raise UserAlreadyExists

    async def create(self, create_dict: dict[str, Any]) -> Account:
        """Make a user; the login name is the address unless one is given.

        Raises:
            UserAlreadyExists: Somebody has the address or the name.
        """
        model = get_user_model()
        values = dict(create_dict)
        email, verified = str(values.pop("email")), bool(values.pop("is_verified", False))
        name = values.pop(model.USERNAME_FIELD, None) or email
        longest = model._meta.get_field(model.USERNAME_FIELD).max_length or 254
        if len(name) > longest:
            name = f"{name[: longest - 17]}-{secrets.token_hex(8)}"
        user = model(**{model.USERNAME_FIELD: name, model.get_email_field_name(): email})
        self._assign(user, values)
        await self._refuse_taken(email)
        try:
            async with atomic(using=user._state.db):
                await user.asave()
                await self._note(user, email, verified)
        except IntegrityError as error:
            raise UserAlreadyExists from error
        account = await self._account(user)
        assert account is not None  # a type checker's question
        return account

    def _assign(self, user: Any, values: dict[str, Any]) -> None:
        for name, value in values.items():
            if value is None and name in ("is_active", "is_superuser"):
                continue
            setattr(user, "password" if name == "hashed_password" else name, value)

    async def update(self, user: Account, update_dict: dict[str, Any]) -> Account:
        """Change a user.

        Raises:
            UserAlreadyExists: Somebody else has the new address.
        """
        values = dict(update_dict)
        email, verified = values.pop("email", None), values.pop("is_verified", None)
        if email is not None:
            await self._refuse_taken(email, user.user)
            setattr(user.user, user.user.get_email_field_name(), email)
        self._assign(user.user, values)
        is_verified = user.is_verified if verified is None else bool(verified)
        try:
            async with atomic(using=user.user._state.db):
                await user.user.asave()
                if email is not None or verified is not None:
                    await self._note(user.user, email or user.email, is_verified)
        except IntegrityError as error:
            raise UserAlreadyExists from error
        user.is_verified = is_verified
        return user

    async def delete(self, user: Account) -> None:
        """Delete a user."""
        await get_user_model()._default_manager.filter(pk=user.id).adelete()

    async def add_oauth_account(self, user: Account, create_dict: dict[str, Any]) -> Account:  # pyright: ignore[reportIncompatibleMethodOverride]  # one kind of account
        """Link an account at a provider."""
        link = await ProviderAccount.objects.acreate(user=user.user, **create_dict)
        user.oauth_accounts.append(link)
        return user

    async def update_oauth_account(  # pyright: ignore[reportIncompatibleMethodOverride]  # one kind of account
        self, user: Account, oauth_account: Any, update_dict: dict[str, Any]
    ) -> Account:
        """Change what is known of an account at a provider."""
        for name, value in update_dict.items():
            setattr(oauth_account, name, value)
        await oauth_account.asave()
        return user


@dataclass
class TokenRecord:
    """A token as fastapi-users sees it."""

    token: str
    user_id: Any
    created_at: datetime


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class TokenDatabase(AccessTokenDatabase[Any]):
    """Stores tokens of fastapi-users' database strategy, as digests."""

    async def get_by_token(self, token: str, max_age: datetime | None = None) -> Any:
        """Return a token that is not older than `max_age`."""
        rows = AccessToken.objects.filter(digest=_digest(token))
        if max_age is not None:
            rows = rows.filter(created_at__gte=max_age)
        row: Any = await rows.afirst()
        return None if row is None else TokenRecord(token, row.user_id, row.created_at)

    async def create(self, create_dict: dict[str, Any]) -> Any:
        """Store a token."""
        token = create_dict["token"]
        row: Any = await AccessToken.objects.acreate(
            digest=_digest(token), user_id=create_dict["user_id"]
        )
        return TokenRecord(token, row.user_id, row.created_at)

    async def update(self, access_token: Any, update_dict: dict[str, Any]) -> Any:
        """Change the time or the user of a token."""
        known = {
            name: update_dict[name] for name in ("user_id", "created_at") if name in update_dict
        }
        await AccessToken.objects.filter(digest=_digest(access_token.token)).aupdate(**known)
        for name, value in known.items():
            setattr(access_token, name, value)
        return access_token

    async def delete(self, access_token: Any) -> None:
        """Forget a token."""
        await AccessToken.objects.filter(digest=_digest(access_token.token)).adelete()
