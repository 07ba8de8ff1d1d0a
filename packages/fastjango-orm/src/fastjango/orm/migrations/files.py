"""Where migrations live on disk, as messages name it."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .migration import Migration

__all__ = ["file_of", "files_of", "shown_path"]


def shown_path(path: str) -> str:
    """A path relative to the working directory when it is below it."""
    try:
        return str(Path(path).relative_to(Path.cwd()))
    except (ValueError, FileNotFoundError):  # elsewhere, or the working directory is gone
        return path


def file_of(migration: Migration) -> str:
    """The file that a migration was read from, or `"app.name"` if it came from none."""
    module = sys.modules.get(type(migration).__module__)
    path = getattr(module, "__file__", None)
    # A plain `Migration` object was made by code, whose file says nothing of it.
    is_own = type(migration).__name__ == "Migration" and type(migration).__module__.endswith(
        f".{migration.name}"
    )
    return shown_path(path) if path and is_own else str(migration)


def files_of(migrations: Iterable[Migration]) -> str:
    """The files of several migrations, one a line, indented."""
    return "\n".join(f"  {file_of(migration)}" for migration in migrations)
