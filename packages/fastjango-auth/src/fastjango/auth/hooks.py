"""What `fastjango.auth` asks other plugins."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final, NamedTuple

from fastjango.core.hooks import Hook

__all__ = ["SecondFactor", "afactors_of", "expired_rows", "factors_of", "second_factors"]


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

    Asked at every login by a password: by pages, which lead to the step and whose session is not
    logged in before the step's page calls `complete_second_factor()`; and by what gives tokens for
    a password, which refuses. There the request may be `None`.
    """
    raise NotImplementedError


second_factors: Final = Hook(_second_factors)
second_factors.name = f"{__name__}.second_factors"


def factors_of(request: Any, user: Any) -> list[SecondFactor]:
    """Return the second steps of a user, empty where the password is enough."""
    answers = second_factors.call(request=request, user=user)
    return [factor for answer in answers for factor in answer]


async def afactors_of(request: Any, user: Any) -> list[SecondFactor]:
    """Do what `factors_of()` does."""
    answers = await second_factors.acall(request=request, user=user)
    return [factor for answer in answers for factor in answer]
