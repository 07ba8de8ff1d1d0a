"""The one place where a name becomes SQL.

Values are always parameters. Names cannot be, so every name passes `check_name` before it is
quoted: a NUL byte, a control character or an absurd length is refused whatever the database
would make of it.
"""

from __future__ import annotations

import re
from hashlib import md5

from fastjango.orm.exceptions import ProgrammingError

__all__ = ["check_name", "names_digest", "quote", "split_identifier", "truncate_name"]

MAX_NAME_LENGTH = 255
"""Characters; longer than any supported database's limit."""

_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f]")


def check_name(name: str) -> str:
    """Return `name` when it may be used as an identifier.

    Raises:
        ProgrammingError: It is empty, too long, or holds control characters.
    """
    if not name or len(name) > MAX_NAME_LENGTH or _FORBIDDEN.search(name):
        raise ProgrammingError(
            f"{name[:80]!r} cannot be a table, column or index name: a name has 1 to "
            f"{MAX_NAME_LENGTH} characters and no control characters."
        )
    return name


def quote(name: str, mark: str) -> str:
    """Quote an identifier, doubling the quote marks inside it.

    A name already enclosed in marks is returned as it is, as Django does, when the marks inside
    are balanced pairs or separate a namespace (``"schema"."table"``).

    Args:
        name: The bare or quoted identifier.
        mark: The quote character of the database.
    """
    check_name(name)
    if len(name) > 1 and name[0] == mark and name[-1] == mark:
        inner = name[1:-1].replace(f"{mark}.{mark}", "").replace(mark * 2, "")
        if mark not in inner:
            return name
    return f"{mark}{name.replace(mark, mark * 2)}{mark}"


def split_identifier(identifier: str) -> tuple[str, str]:
    """Split ``namespace"."name`` into its two parts; the namespace may be empty."""
    namespace, separator, name = identifier.partition('"."')
    if not separator:
        namespace, name = "", identifier
    return namespace.strip('"'), name.strip('"')


def names_digest(*args: str, length: int) -> str:
    """Return the first `length` hexadecimal digits of the MD5 of the joined names."""
    digest = md5(usedforsecurity=False)
    for arg in args:
        digest.update(arg.encode())
    return digest.hexdigest()[:length]


def truncate_name(identifier: str, length: int | None = None, hash_len: int = 4) -> str:
    """Shorten an identifier to `length` characters, ending in a digest of the whole.

    Args:
        identifier: May carry a namespace (``SCHEMA"."TABLE``), which is kept.
        length: The limit; None for none.
        hash_len: Digits of the digest.
    """
    namespace, name = split_identifier(identifier)
    if length is None or len(name) <= length:
        return identifier
    prefix = f'{namespace}"."' if namespace else ""
    return f"{prefix}{name[: length - hash_len]}{names_digest(name, length=hash_len)}"
