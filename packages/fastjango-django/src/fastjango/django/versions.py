"""The version of Django whose interface FastJango follows, under Django's names."""

from typing import Final

__all__ = ["VERSION", "get_docs_version", "get_version"]

VERSION: Final = (6, 1, 3, "final", 0)
"""What `django.VERSION` is under the import shim."""


def get_version(version: tuple[int, int, int, str, int] | None = None) -> str:
    """Return a version in the form of PEP 440: `"6.1.3"`, `"6.2a1"`."""
    major, minor, patch, stage, number = version or VERSION
    main = f"{major}.{minor}.{patch}" if patch else f"{major}.{minor}"
    letters = {"alpha": "a", "beta": "b", "rc": "rc"}
    return main if stage == "final" else f"{main}{letters[stage]}{number}"


def get_docs_version(version: tuple[int, int, int, str, int] | None = None) -> str:
    """Return the part of the address of Django's documentation that names the version."""
    major, minor, _patch, stage, _number = version or VERSION
    return f"{major}.{minor}" if stage == "final" else "dev"
