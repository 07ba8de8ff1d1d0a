"""What happens to rows that refer to a deleted one: the rules for `on_delete`."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Relations and their models are known at run time only.
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .exceptions import IntegrityError

__all__ = [
    "CASCADE",
    "DB_CASCADE",
    "DB_SET_DEFAULT",
    "DB_SET_NULL",
    "DO_NOTHING",
    "PROTECT",
    "RESTRICT",
    "SET",
    "SET_DEFAULT",
    "SET_NULL",
    "SKIP_COLLECTION",
    "DatabaseOnDelete",
    "ProtectedError",
    "RestrictedError",
]


class ProtectedError(IntegrityError):
    """A row cannot be deleted because others refer to it through `PROTECT`.

    Attributes:
        protected_objects: Those others.
    """

    def __init__(self, msg: str, protected_objects: Any) -> None:
        self.protected_objects = protected_objects
        super().__init__(msg, protected_objects)


class RestrictedError(IntegrityError):
    """A row cannot be deleted because others, which stay, refer to it through `RESTRICT`.

    Attributes:
        restricted_objects: Those others.
    """

    def __init__(self, msg: str, restricted_objects: Any) -> None:
        self.restricted_objects = restricted_objects
        super().__init__(msg, restricted_objects)


def CASCADE(collector: Any, field: Any, sub_objs: Any, using: str) -> None:  # noqa: N802
    """Delete the rows that refer to a deleted row."""
    from fastjango.orm import connections

    collector.collect(
        sub_objs,
        source=field.remote_field.model,
        source_attr=field.name,
        nullable=field.null,
        fail_on_restricted=False,
    )
    if field.null and not connections[using].features.can_defer_constraint_checks:
        collector.add_field_update(field, None, sub_objs)


def PROTECT(collector: Any, field: Any, sub_objs: Any, using: str) -> None:  # noqa: N802
    """Refuse to delete a row that others refer to."""
    raise ProtectedError(
        f"Cannot delete some instances of model '{field.remote_field.model.__name__}' because they "
        "are referenced through a protected foreign key: "
        f"'{sub_objs[0].__class__.__name__}.{field.name}'",
        sub_objs,
    )


def RESTRICT(collector: Any, field: Any, sub_objs: Any, using: str) -> None:  # noqa: N802
    """Refuse to delete a row that others refer to, unless those are deleted as well."""
    collector.add_restricted_objects(field, sub_objs)
    collector.add_dependency(field.remote_field.model, field.model)


def SET(value: Any) -> Any:  # noqa: N802
    """Make references to a deleted row refer to `value` (or what it returns if called)."""

    def set_on_delete(collector: Any, field: Any, sub_objs: Any, using: str) -> None:
        collector.add_field_update(field, value() if callable(value) else value, sub_objs)

    handler: Any = set_on_delete
    if not callable(value):
        handler.lazy_sub_objs = True
    handler.deconstruct = lambda: ("fastjango.orm.models.SET", (value,), {})
    return handler


def SET_NULL(collector: Any, field: Any, sub_objs: Any, using: str) -> None:  # noqa: N802
    """Make references to a deleted row refer to nothing."""
    collector.add_field_update(field, None, sub_objs)


def SET_DEFAULT(collector: Any, field: Any, sub_objs: Any, using: str) -> None:  # noqa: N802
    """Make references to a deleted row refer to the field's default."""
    collector.add_field_update(field, field.get_default(), sub_objs)


def DO_NOTHING(collector: Any, field: Any, sub_objs: Any, using: str) -> None:  # noqa: N802
    """Leave references to a deleted row to the database."""


# The rows themselves need not be fetched.
SET_NULL.lazy_sub_objs = True  # type: ignore[attr-defined]  # a mark on the function


class DatabaseOnDelete:
    """A rule that the database carries out.

    Args:
        operation: What follows `ON DELETE`.
        name: Name under which the rule is known.
        forced_collector: Rule in Python that does the same, for code that must see the rows.
    """

    def __init__(
        self, operation: str, name: str, forced_collector: Callable[..., Any] | None = None
    ) -> None:
        self.operation = operation
        self.forced_collector = forced_collector
        self.__name__ = name

    def __call__(self, collector: Any, field: Any, sub_objs: Any, using: str) -> None:
        """Nothing: the database acts."""

    def on_delete_sql(self, schema_editor: Any) -> str:
        """The `ON DELETE` clause for a foreign key."""
        return schema_editor.connection.ops.fk_on_delete_sql(self.operation)

    def __str__(self) -> str:
        return self.__name__

    __repr__ = __str__


DB_CASCADE = DatabaseOnDelete("CASCADE", "DB_CASCADE", CASCADE)
DB_SET_DEFAULT = DatabaseOnDelete("SET DEFAULT", "DB_SET_DEFAULT")
DB_SET_NULL = DatabaseOnDelete("SET NULL", "DB_SET_NULL")

#: Rules for which nothing is collected.
SKIP_COLLECTION: frozenset[Any] = frozenset([DO_NOTHING, DB_CASCADE, DB_SET_DEFAULT, DB_SET_NULL])
