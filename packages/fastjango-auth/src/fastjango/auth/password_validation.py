"""What a new password has to fulfil."""

from __future__ import annotations

import asyncio
import gzip
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

from fastjango.auth.conf import LONGEST_LIMIT, SHORTEST_LIMIT
from fastjango.core import settings
from fastjango.core.exceptions import (
    FieldDoesNotExist,
    ImproperlyConfigured,
    ValidationError,
)
from fastjango.core.functional import lazy
from fastjango.core.imports import import_string
from fastjango.core.translation import gettext as _
from fastjango.core.translation import ngettext
from fastjango.http.aio import run_in_thread
from fastjango.http.views.decorators.debug import sensitive_variables
from fastjango.signals import receiver, setting_changed
from fastjango.values.encoding import has_surrogates
from fastjango.values.html import format_html, format_html_join

__all__ = [
    "CommonPasswordValidator",
    "MinimumLengthValidator",
    "NumericPasswordValidator",
    "UserAttributeSimilarityValidator",
    "apassword_changed",
    "avalidate_password",
    "exceeds_maximum_length_ratio",
    "get_default_password_validators",
    "get_password_validators",
    "password_changed",
    "password_validators_help_text_html",
    "password_validators_help_texts",
    "validate_password",
]

DJANGO_VALIDATORS = "django.contrib.auth.password_validation."


@cache
def get_default_password_validators() -> list[Any]:
    """Return the validators of `AUTH_PASSWORD_VALIDATORS`."""
    return get_password_validators(settings.AUTH_PASSWORD_VALIDATORS)


@receiver(setting_changed, inline=True)
def _forget_validators(*, setting: str, **kwargs: Any) -> None:
    if setting == "AUTH_PASSWORD_VALIDATORS":
        get_default_password_validators.cache_clear()


def get_password_validators(validator_config: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Make validators from entries with `NAME` and `OPTIONS`.

    Raises:
        ImproperlyConfigured: A class cannot be imported.
    """
    validators: list[Any] = []
    for entry in validator_config:
        name: str = entry["NAME"]
        if name.startswith(DJANGO_VALIDATORS):
            name = f"{__name__}.{name.removeprefix(DJANGO_VALIDATORS)}"
        try:
            validator = import_string(name)
        except ImportError:
            raise ImproperlyConfigured(
                f"The module in NAME could not be imported: {name}. Check your "
                "AUTH_PASSWORD_VALIDATORS setting."
            ) from None
        validators.append(validator(**entry.get("OPTIONS", {})))
    return validators


def _chosen(validators: Iterable[Any] | None) -> Iterable[Any]:
    return get_default_password_validators() if validators is None else validators


def _refusal(password: str) -> ValidationError | None:
    """Return what stands against a password before any validator is asked, `None` if nothing."""
    if has_surrogates(password):
        return ValidationError(
            _("Enter text without unpaired surrogate characters."), code="surrogates_not_allowed"
        )
    limit = min(max(settings.AUTH_PASSWORD_MAX_LENGTH, SHORTEST_LIMIT), LONGEST_LIMIT)
    if len(password) <= limit:
        return None
    return ValidationError(
        ngettext(
            "This password is too long. It must contain at most %(limit)d character.",
            "This password is too long. It must contain at most %(limit)d characters.",
            limit,
        )
        % {"limit": limit},
        code="password_too_long",
        params={"max_length": limit},
    )


def validate_password(
    password: str, user: Any = None, password_validators: Iterable[Any] | None = None
) -> None:
    """Refuse a password that some validator refuses.

    One that is longer than `AUTH_PASSWORD_MAX_LENGTH`, or that UTF-8 cannot hold, is refused
    without asking them.

    Args:
        user: Whom the password is for; some validators compare with it.
        password_validators: Those of `AUTH_PASSWORD_VALIDATORS` by default.

    Raises:
        ValidationError: Everything that is wrong with it.
    """
    refusal = _refusal(password)
    if refusal is not None:
        # The validators may take long over it.
        raise ValidationError([refusal])
    errors: list[Any] = []
    for validator in _chosen(password_validators):
        try:
            validator.validate(password, user)
        except ValidationError as error:
            errors.append(error)
    if errors:
        raise ValidationError(errors)


@sensitive_variables("password")
async def avalidate_password(
    password: str, user: Any = None, password_validators: Iterable[Any] | None = None
) -> None:
    """Do what `validate_password` does in a worker thread, as validators may wait."""
    await run_in_thread(validate_password, password, user, password_validators)


def password_changed(
    password: str, user: Any = None, password_validators: Iterable[Any] | None = None
) -> None:
    """Tell the validators that have a method `password_changed` that a password was changed."""
    for validator in _chosen(password_validators):
        told = getattr(validator, "password_changed", None)
        if told is not None:
            told(password, user)


@sensitive_variables("password")
async def apassword_changed(
    password: str, user: Any = None, password_validators: Iterable[Any] | None = None
) -> None:
    """Do what `password_changed` does in a worker thread, as validators may wait."""
    # Users are saved after the response as well, when nobody waits for what a request began.
    await asyncio.to_thread(password_changed, password, user, password_validators)


def password_validators_help_texts(
    password_validators: Iterable[Any] | None = None,
) -> list[str]:
    """Return what the validators want, one text each."""
    return [validator.get_help_text() for validator in _chosen(password_validators)]


def _help_text_html(password_validators: Iterable[Any] | None = None) -> str:
    texts = password_validators_help_texts(password_validators)
    items = format_html_join("", "<li>{}</li>", ((text,) for text in texts))
    return format_html("<ul>{}</ul>", items) if items else ""


#: The texts of `password_validators_help_texts` as a list in HTML, made when it is shown.
password_validators_help_text_html = lazy(_help_text_html, str)


class MinimumLengthValidator:
    """Refuses short passwords.

    Args:
        min_length: Characters that a password needs.
    """

    def __init__(self, min_length: int = 8) -> None:
        self.min_length = min_length

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse a password that is too short."""
        if len(password) < self.min_length:
            raise ValidationError(
                self.get_error_message(),
                code="password_too_short",
                params={"min_length": self.min_length},
            )

    def get_error_message(self) -> str:
        """Return what a refusal says."""
        return (
            ngettext(
                "This password is too short. It must contain at least %d character.",
                "This password is too short. It must contain at least %d characters.",
                self.min_length,
            )
            % self.min_length
        )

    def get_help_text(self) -> str:
        """Return what is wanted."""
        return ngettext(
            "Your password must contain at least %(min_length)d character.",
            "Your password must contain at least %(min_length)d characters.",
            self.min_length,
        ) % {"min_length": self.min_length}


def exceeds_maximum_length_ratio(password: str, max_similarity: float, value: str) -> bool:
    """Tell whether a password is so much longer than a value that the two cannot be similar.

    The ratio of two texts is at most twice the shorter length through the sum of both, so the
    costly comparison is spared where that alone stays below the limit.
    """
    length = len(password)
    return length >= 10 * len(value) and len(value) < max_similarity / 2 * length


class UserAttributeSimilarityValidator:
    """Refuses passwords that resemble what is known of the user.

    Args:
        user_attributes: Names of attributes to compare with, whole and word by word.
        max_similarity: Likeness from which on a password is refused, between 0.1 and 1.

    Raises:
        ValueError: `max_similarity` is below 0.1.
    """

    DEFAULT_USER_ATTRIBUTES = ("username", "first_name", "last_name", "email")

    def __init__(
        self,
        user_attributes: Iterable[str] = DEFAULT_USER_ATTRIBUTES,
        max_similarity: float = 0.7,
    ) -> None:
        self.user_attributes = user_attributes
        if max_similarity < 0.1:
            raise ValueError("max_similarity must be at least 0.1")
        self.max_similarity = max_similarity

    def _resembles(self, password: str, part: str) -> bool:
        if exceeds_maximum_length_ratio(password, self.max_similarity, part):
            return False
        return SequenceMatcher(a=password, b=part).quick_ratio() >= self.max_similarity

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse a password that resembles an attribute of the user."""
        if not user:
            return
        password = password.lower()
        for name in self.user_attributes:
            value = getattr(user, name, None)
            if not value or not isinstance(value, str):
                continue
            lowered = value.lower()
            if any(
                self._resembles(password, part) for part in (*re.split(r"\W+", lowered), lowered)
            ):
                raise ValidationError(
                    self.get_error_message(),
                    code="password_too_similar",
                    params={"verbose_name": self._verbose_name(user, name)},
                )

    @staticmethod
    def _verbose_name(user: Any, name: str) -> str:
        try:
            return str(user._meta.get_field(name).verbose_name)
        except FieldDoesNotExist:
            return name

    def get_error_message(self) -> str:
        """Return what a refusal says."""
        return _("The password is too similar to the %(verbose_name)s.")

    def get_help_text(self) -> str:
        """Return what is wanted."""
        return _("Your password can’t be too similar to your other personal information.")  # noqa: RUF001 - Django's text


@cache
def _known_passwords() -> frozenset[str]:
    from zxcvbn.frequency_lists import FREQUENCY_LISTS  # type: ignore[import-untyped]  # no stubs

    # The package keeps a word in one list only, so names that serve as passwords are in others.
    lists = ("passwords", "male_names", "female_names", "surnames")
    return frozenset(word for name in lists for word in FREQUENCY_LISTS[name])


class CommonPasswordValidator:
    """Refuses passwords that many people use.

    The list is that of the package zxcvbn (MIT): the 30,000 commonest of ten million leaked
    passwords, with the names that it keeps apart; 44,695 words in lower case.

    Args:
        password_list_path: A file with words in lower case, one a line, instead; it may be
            compressed by gzip.
    """

    def __init__(self, password_list_path: Any = None) -> None:
        self.passwords: Any = (
            _known_passwords() if password_list_path is None else _read_list(password_list_path)
        )

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse a password of the list."""
        if password.lower().strip() in self.passwords:
            raise ValidationError(self.get_error_message(), code="password_too_common")

    def get_error_message(self) -> str:
        """Return what a refusal says."""
        return _("This password is too common.")

    def get_help_text(self) -> str:
        """Return what is wanted."""
        return _("Your password can’t be a commonly used password.")  # noqa: RUF001 - Django's text


def _read_list(path: Any) -> frozenset[str]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return frozenset(line.strip() for line in lines)
    except gzip.BadGzipFile:
        with Path(path).open(encoding="utf-8") as lines:
            return frozenset(line.strip() for line in lines)


class NumericPasswordValidator:
    """Refuses passwords of digits alone."""

    def validate(self, password: str, user: Any = None) -> None:
        """Refuse a password of digits alone."""
        if password.isdigit():
            raise ValidationError(self.get_error_message(), code="password_entirely_numeric")

    def get_error_message(self) -> str:
        """Return what a refusal says."""
        return _("This password is entirely numeric.")

    def get_help_text(self) -> str:
        """Return what is wanted."""
        return _("Your password can’t be entirely numeric.")  # noqa: RUF001 - Django's text
