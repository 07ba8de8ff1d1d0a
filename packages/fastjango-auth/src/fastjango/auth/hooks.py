"""What `fastjango.auth` asks other plugins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from fastjango.core.hooks import Hook

__all__ = ["SecondFactor", "expired_rows", "second_factors"]


class SecondFactor(NamedTuple):
    """A second step that a user has to take.

    Attributes:
        name: What clients of the JSON API know it by, `totp` say.
        url: The page that asks for it.
        title: Its name for people.
    """

    name: str
    url: str
    title: Any


def _expired_rows(now: datetime) -> Iterable[Any]:
    """Return querysets of the rows that are of no use to anybody from this moment on.

    Asked by the command `cleartokens`, which deletes them.
    """
    raise NotImplementedError


expired_rows: Final = Hook(_expired_rows)
expired_rows.name = f"{__name__}.expired_rows"


def _second_factors(request: Any, user: Any) -> list[SecondFactor]:
    """Return the second steps of which this user has to take one after the password.

    Asked at login and at re-authentication by `fastjango.auth.accounts`. The page of a step calls
    `complete_second_factor()` when it was taken.
    """
    raise NotImplementedError


second_factors: Final = Hook(_second_factors)
second_factors.name = f"{__name__}.second_factors"
