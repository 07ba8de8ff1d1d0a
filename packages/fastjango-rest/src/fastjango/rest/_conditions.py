"""Conditional requests, and writes that collide with others."""

from __future__ import annotations

import hashlib
from typing import Any

from fastjango.orm.exceptions import DataError, IntegrityError
from fastjango.rest import exceptions
from fastjango.values.http import parse_etags

__all__ = ["check_unchanged", "raise_conflict"]

SAFE = frozenset({"GET", "HEAD"})


def raise_conflict(error: Exception, subject: Any) -> None:
    """Raise 409 for a write that the database refused because of another one; else return.

    Validators have looked for duplicates before: what comes here is a race, or an object that
    others still refer to.

    Raises:
        Conflict: It did.
        ValidationError: A column cannot hold a value.
    """
    if isinstance(error, (IntegrityError, DataError)):
        from fastjango.rest.validators import conflict_of

        model: Any = getattr(getattr(subject, "Meta", None), "model", None) or type(subject)  # pyright: ignore[reportUnknownVariableType]  # of any type
        known = conflict_of(error, model)
        raise (exceptions.Conflict() if known is None else known) from error


def etag_of(content: bytes) -> str:
    """Return the entity tag of some content."""
    return f'"{hashlib.blake2b(content, digest_size=16).hexdigest()}"'


def check_unchanged(view: Any, request: Any, instance: Any) -> None:
    """Refuse a change if the object is not what `If-Match` says it was.

    Looks at views with an `etag_for(instance)` only; `require_if_match = True` on the view makes
    the header mandatory.

    Raises:
        PreconditionFailed: The object has changed.
        PreconditionRequired: The header is missing and mandatory.
    """
    etag_for = getattr(view, "etag_for", None)
    if etag_for is None:
        return
    header: str | None = request.headers.get("If-Match")
    if header is None:
        if getattr(view, "require_if_match", False):
            raise exceptions.PreconditionRequired()
        return
    if header.strip() == "*":
        return
    current = etag_for(instance)
    if current is None or current not in parse_etags(header):
        raise exceptions.PreconditionFailed()
