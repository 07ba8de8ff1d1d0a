"""Texts that nothing can store or hash: clients may send them, and nobody has them."""

from __future__ import annotations

from fastjango.values.encoding import has_surrogates

__all__ = ["is_password", "is_unstorable"]


def is_unstorable(value: object) -> bool:
    """Tell whether a value is a text that nobody can have as a name or an address.

    Lone surrogates have no encoding, and PostgreSQL fails at the question for a NUL.
    """
    return isinstance(value, str) and ("\x00" in value or has_surrogates(value))


def is_password(value: object) -> bool:
    """Tell whether a value can be hashed, and so can be the password of somebody."""
    return isinstance(value, bytes) or (isinstance(value, str) and not has_surrogates(value))
