"""The version of Django whose interface FastJango follows, under Django's names."""

from typing import Final

__all__ = [
    "VERSION", "get_complete_version", "get_docs_version", "get_git_changeset", "get_version",
]  # fmt: skip

VERSION: Final = (6, 1, 3, "final", 0)
"""What `django.VERSION` is under the import shim."""


Version = tuple[int, int, int, str, int]


def get_complete_version(version: Version | None = None) -> Version:
    """Return a version given, or that of Django.

    Raises:
        ValueError: It is none.
    """
    found = VERSION if version is None else version
    if len(found) != 5 or found[3] not in ("alpha", "beta", "rc", "final"):
        raise ValueError(f"{found!r} is no version of the form (6, 1, 3, 'final', 0).")
    return found


def get_version(version: Version | None = None) -> str:
    """Return a version in the form of PEP 440: `"6.1.3"`, `"6.2a1"`."""
    major, minor, patch, stage, number = get_complete_version(version)
    main = f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"
    letters = {"alpha": "a", "beta": "b", "rc": "rc"}
    return main if stage == "final" else f"{main}{letters[stage]}{number}"


def get_docs_version(version: Version | None = None) -> str:
    """Return the part of the address of Django's documentation that names the version."""
    major, minor, _patch, stage, _number = get_complete_version(version)
    return f"{major}.{minor}" if stage == "final" else "dev"


def get_git_changeset() -> None:
    """Return `None`: the interface that is followed is that of a release, not of a checkout."""
