"""Errors of the migration framework, each naming the files at fault and the way out."""

from __future__ import annotations

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.management import CommandError

__all__ = [
    "AmbiguityError",
    "AppliedMigrationEditedError",
    "BadMigrationError",
    "BadMigrationModuleError",
    "CircularDependencyError",
    "DatabaseAheadError",
    "DestructiveMigrationError",
    "InconsistentMigrationHistory",
    "InvalidBasesError",
    "InvalidMigrationPlan",
    "IrreversibleError",
    "MigrationError",
    "MigrationLockTimeout",
    "MigrationSchemaMissing",
    "NodeNotFoundError",
]


class MigrationError(CommandError):
    """Root of every error that the migration framework raises.

    Whatever command meets one prints its text and ends with 1; code that calls a command can tell
    one from another.
    """


class AmbiguityError(MigrationError):
    """More than one migration matches a name prefix.

    Attributes:
        names: Those that match, with commas between them.
    """

    def __init__(self, message: str, names: str = "") -> None:
        self.names = names
        super().__init__(message)


class BadMigrationError(MigrationError):
    """A migration file cannot be used: it holds no `Migration` class, or its content is wrong."""


class CircularDependencyError(MigrationError):
    """Migrations depend on each other in a circle."""


class InconsistentMigrationHistory(MigrationError):
    """A migration is recorded as applied before one that it depends on."""


class InvalidBasesError(MigrationError, ValueError):
    """A historical model names a base that no migration defines."""


class InvalidMigrationPlan(MigrationError, ValueError):
    """A plan mixes forwards and backwards migrations."""


class IrreversibleError(MigrationError, RuntimeError):
    """A migration that cannot be undone was asked to be."""


class MigrationSchemaMissing(MigrationError):
    """The table of applied migrations cannot be created."""


class MigrationLockTimeout(MigrationError):
    """Another process holds the migration lock for longer than the allowed wait."""


class DestructiveMigrationError(MigrationError):
    """A migration would destroy rows or columns, and that was not allowed."""


class AppliedMigrationEditedError(MigrationError):
    """The file of an applied migration no longer says what was applied."""


class DatabaseAheadError(MigrationError):
    """The database holds migrations that the code does not have."""


class NodeNotFoundError(MigrationError, LookupError):
    """A migration names a dependency that does not exist.

    Attributes:
        message: What is missing and who asked for it.
        node: The missing `(app label, migration name)`.
        origin: The migration that named it, or `None`.
    """

    def __init__(self, message: str, node: tuple[str, str], origin: object = None) -> None:
        self.message = message
        self.node = node
        self.origin = origin
        super().__init__(message)

    def __str__(self) -> str:
        return self.message

    def __repr__(self) -> str:
        return f"NodeNotFoundError({self.node!r})"


# Kept beside the others so that `except ImproperlyConfigured` also sees a broken module setting.
class BadMigrationModuleError(ImproperlyConfigured, BadMigrationError):
    """`MIGRATION_MODULES` names a module that cannot be imported."""
