"""The one place where a name given by a caller may become part of a statement.

Values travel as bound parameters. Names cannot, so each kind of name has a pattern and
a length here, and every path from a public call to SQL text passes through one of these
functions (or through `connection.ops.quote_name` for names of the schema).
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "MAX_ALIAS_LENGTH",
    "MAX_NAME_LENGTH",
    "check_alias",
    "check_collation",
    "check_connector",
    "check_explain_option",
    "check_function_name",
    "check_lookup_path",
    "nearest",
]

MAX_NAME_LENGTH = 255
"""Most characters of a function, option or collation name."""

MAX_ALIAS_LENGTH = 1000
"""Most characters of a column alias; far above what any database keeps."""

MAX_LOOKUP_LENGTH = 10_000
"""Most characters of one lookup path."""

_FORBIDDEN_IN_ALIAS = re.compile(r"['`\"\]\[;\s\x00-\x1F\x7F-\x9F]|#|--|/\*|\*/")
_EXPLAIN_OPTION = re.compile(r"[\w-]+", re.ASCII)
_COLLATION = re.compile(r"[\w.@-]+", re.ASCII)
_FUNCTION = re.compile(r"[A-Za-z_][\w$]*(?:\.[A-Za-z_][\w$]*)*(?: [A-Z]+)*", re.ASCII)


def check_alias(alias: str) -> None:
    """Refuse a column alias that could end its quoting or start a comment.

    Args:
        alias: The keyword of `annotate()`, `values()`, `aggregate()` or a FilteredRelation.

    Raises:
        TypeError: It is no text, but an expression without a name.
        ValueError: The alias has a forbidden character or is too long.
    """
    if not isinstance(alias, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # of callers without types
        raise TypeError(
            f"A field or an annotation is named by a string, not by {alias!r}. Give an expression "
            "a name: values(number=F('other'))."
        )
    if _FORBIDDEN_IN_ALIAS.search(alias):
        raise ValueError(
            "Column aliases cannot contain whitespace characters, hashes, "
            "control characters, quotation marks, semicolons, or SQL comments."
        )
    if "%" in alias:
        raise ValueError("Column aliases cannot contain percent signs.")
    if len(alias) > MAX_ALIAS_LENGTH:
        raise ValueError(
            f"Column aliases cannot be longer than {MAX_ALIAS_LENGTH} characters "
            f"(got {len(alias)}). Choose a shorter name."
        )


def check_explain_option(name: str) -> None:
    """Refuse an option name of `explain()` that is more than one plain word.

    Raises:
        ValueError: The name has other characters than letters, digits, `_` and `-`.
    """
    if not _EXPLAIN_OPTION.fullmatch(name) or "--" in name or len(name) > MAX_NAME_LENGTH:
        raise ValueError(f"Invalid option name: {name!r}.")


def check_collation(name: object) -> str:
    """Return the collation's name if it is a plain identifier.

    Raises:
        ValueError: It is empty, too long, or has other characters.
    """
    if (
        not isinstance(name, str)
        or not _COLLATION.fullmatch(name)
        or "--" in name
        or len(name) > MAX_NAME_LENGTH
    ):
        raise ValueError(f"Invalid collation name: {name!r}.")
    return name


def check_function_name(name: str) -> None:
    """Refuse a function name that is not one (possibly qualified) identifier.

    Raises:
        ValueError: The name would end the function call or start another statement.
    """
    if len(name) > MAX_NAME_LENGTH or (name and not _FUNCTION.fullmatch(name)):
        raise ValueError(
            f"Invalid function name: {name!r}. A function's name consists of letters, digits, "
            "underscores and dots; write the rest as a template on a Func subclass."
        )


def check_connector(connector: object, allowed: Iterable[str]) -> None:
    """Refuse a Q connector that is not one of AND, OR, XOR.

    Raises:
        ValueError: The connector is something else.
    """
    choices = list(allowed)
    if connector not in choices:
        names = ", ".join(repr(choice) for choice in choices)
        raise ValueError(f"connector must be one of {names}, or None.")


def check_lookup_path(path: str) -> None:
    """Refuse a lookup path of absurd length before it is split.

    Raises:
        ValueError: The path is longer than any model could need.
    """
    if len(path) > MAX_LOOKUP_LENGTH:
        raise ValueError(
            f"A lookup of {len(path)} characters is too long; at most {MAX_LOOKUP_LENGTH} are read."
        )


def nearest(name: str, choices: Iterable[str]) -> str:
    """Return ` Did you mean 'x'?` for the closest choice, or an empty string."""
    found = get_close_matches(name, list(choices), n=1)
    return f" Did you mean {found[0]!r}?" if found else ""
