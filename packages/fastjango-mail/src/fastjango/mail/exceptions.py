"""Every error of this distribution, under one root class."""

from __future__ import annotations

from fastjango.core.exceptions import ImproperlyConfigured

__all__ = ["BadHeaderError", "InvalidMailer", "MailError", "MailerDoesNotExist"]

BadHeaderError = ValueError
"""A header holds a line break. Django 6.1's name for what Python's email package raises."""


class MailError(Exception):
    """The root of every error that fastjango.mail raises."""


class InvalidMailer(MailError, ImproperlyConfigured):
    """An entry of `MAILERS` cannot be used.

    Args:
        msg: What is wrong with it.
        alias: The entry's name.
    """

    def __init__(self, msg: str, *, alias: str | None = None) -> None:
        self.alias = alias
        super().__init__(msg if alias is None else f"MAILERS[{alias!r}]: {msg}")


class MailerDoesNotExist(InvalidMailer, KeyError):
    """`MAILERS` has no entry of this name."""

    def __init__(self, *, alias: str) -> None:
        super().__init__(f"The mailer '{alias}' is not configured.")
        self.alias = alias

    __str__ = Exception.__str__  # KeyError would show the text's repr
