"""`AbstractBaseUser`: a user with a password, and nothing else that a site may want otherwise."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from fastjango.auth import password_validation
from fastjango.auth.hashers import (
    acheck_password,
    amake_password,
    check_password,
    is_password_usable,
    make_password,
)
from fastjango.core import settings
from fastjango.core.crypto import salted_hmac
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import calls_twin, overrides_without_twin
from fastjango.http.aio import run_in_thread
from fastjango.orm import models

__all__ = ["AbstractBaseUser", "BaseUserManager"]

UserT = TypeVar("UserT", bound=Any)

# Sessions are shared with Django, so the salt is Django's.
SESSION_HASH_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"


class BaseUserManager(models.Manager[UserT]):
    """What managers of users have in common."""

    @classmethod
    def normalize_email(cls, email: str | None) -> str:
        """Return an address with its domain in lower case; `""` for none."""
        email = email or ""
        name, at, domain = email.strip().rpartition("@")
        return f"{name}@{domain.lower()}" if at else email

    def get_by_natural_key(self, username: Any) -> UserT:
        """Return the user of this name.

        Raises:
            DoesNotExist: There is none.
        """
        return self.get(**{self.model.USERNAME_FIELD: username})

    async def aget_by_natural_key(self, username: Any) -> UserT:
        """Do what `get_by_natural_key` does."""
        return await self.aget(**{self.model.USERNAME_FIELD: username})


class AbstractBaseUser(models.Model):
    """The part of a user that logging in needs.

    A subclass names the field of the login name in `USERNAME_FIELD`, and in `REQUIRED_FIELDS`
    those that `createsuperuser` asks for besides.
    """

    password = models.CharField(_("password"), max_length=128)
    last_login = models.DateTimeField(_("last login"), blank=True, null=True)

    is_active: Any = True

    if TYPE_CHECKING:
        USERNAME_FIELD: ClassVar[str]
        EMAIL_FIELD: ClassVar[str]

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    # The password as it was typed, until the validators are told of the change.
    _password: str | None = None

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return str(self.get_username())

    def save(self, **kwargs: Any) -> None:
        """Write the user; the validators hear of a new password."""
        super().save(**kwargs)
        if self._password is not None:
            password_validation.password_changed(self._password, self)
            self._password = None

    async def asave(self, **kwargs: Any) -> None:
        """Do what `save` does; the validators are told in a worker thread, as they may wait."""
        await super().asave(**kwargs)
        if self._password is not None:
            await password_validation.apassword_changed(self._password, self)
            self._password = None

    def get_username(self) -> Any:
        """Return the login name."""
        return getattr(self, self.USERNAME_FIELD)

    def clean(self) -> None:
        """Bring the login name into its normal form."""
        setattr(self, self.USERNAME_FIELD, self.normalize_username(self.get_username()))

    def natural_key(self) -> tuple[Any, ...]:
        """Return the login name, which fixtures use instead of the id."""
        return (self.get_username(),)

    @property
    def is_anonymous(self) -> bool:
        """`False`: this is somebody."""
        return False

    @property
    def is_authenticated(self) -> bool:
        """`True`: this is somebody."""
        return True

    def set_password(self, raw_password: str | None) -> None:
        """Take a new password; save the user afterwards.

        Args:
            raw_password: The password; `None` makes it unusable.

        Raises:
            SynchronousOnlyOperation: An event loop is running in this thread.
        """
        self.password = make_password(raw_password)
        self._password = raw_password

    @calls_twin
    async def aset_password(self, raw_password: str | None) -> None:
        """Do what `set_password` does in a worker thread, also where that alone is overridden."""
        if overrides_without_twin(type(self), "set_password"):
            await run_in_thread(self.set_password, raw_password)
            return
        self.password = await amake_password(raw_password)
        self._password = raw_password

    def check_password(self, raw_password: str | None) -> bool:
        """Tell whether this is the password.

        Side effects: a password of an old format or cost is stored anew if it matches.

        Raises:
            SynchronousOnlyOperation: An event loop is running in this thread.
        """

        def setter(raw_password: str) -> None:
            self.set_password(raw_password)
            # Another way of storing it is no change of the password.
            self._password = None
            self.save(update_fields=["password"])

        return check_password(raw_password, self.password, setter)

    @calls_twin
    async def acheck_password(self, raw_password: str | None) -> bool:
        """Do what `check_password` does in a worker thread, also where that alone is overridden."""
        if overrides_without_twin(type(self), "check_password"):
            return await run_in_thread(self.check_password, raw_password)

        async def setter(raw_password: str) -> None:
            await self.aset_password(raw_password)
            self._password = None
            await self.asave(update_fields=["password"])

        return await acheck_password(raw_password, self.password, setter)

    def set_unusable_password(self) -> None:
        """Take a password that nothing matches; save the user afterwards."""
        self.password = make_password(None)

    def has_usable_password(self) -> bool:
        """Tell whether there is a password that could match."""
        return is_password_usable(self.password)

    def get_session_auth_hash(self) -> str:
        """Return what a session remembers of the password, so that changing it ends the session."""
        return self._get_session_auth_hash()

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        """Return the same under each of `SECRET_KEY_FALLBACKS`."""
        for secret in settings.SECRET_KEY_FALLBACKS:
            yield self._get_session_auth_hash(secret=secret)

    def _get_session_auth_hash(self, secret: str | bytes | None = None) -> str:
        return salted_hmac(
            SESSION_HASH_SALT, self.password, secret=secret, algorithm="sha256"
        ).hexdigest()

    @classmethod
    def get_email_field_name(cls) -> str:
        """Return the name of the field with the address."""
        return getattr(cls, "EMAIL_FIELD", "email")

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        """Return a login name in the form NFKC, so that what looks alike is alike."""
        return unicodedata.normalize("NFKC", username) if isinstance(username, str) else username
