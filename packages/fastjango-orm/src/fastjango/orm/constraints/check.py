"""`CheckConstraint`: a condition that the database checks for every row."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# pyright: reportUnnecessaryIsInstance=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Collection, Generator
from typing import Any

from fastjango.core import checks
from fastjango.core.exceptions import ValidationError
from fastjango.core.twins import Step, afollow, follow, twin
from fastjango.orm.fields.field_checks import SILENCE, lacks
from fastjango.orm.query.q import Q

from .base import BaseConstraint

__all__ = ["CheckConstraint"]


class CheckConstraint(BaseConstraint):
    """A condition that every row must satisfy.

    Args:
        condition: `Q` or boolean expression over the row's own columns.
    """

    def __init__(
        self,
        *,
        condition: Any,
        name: str,
        violation_error_code: str | None = None,
        violation_error_message: Any = None,
    ) -> None:
        if not getattr(condition, "conditional", False):
            raise TypeError("CheckConstraint.condition must be a Q instance or boolean expression.")
        self.condition = condition
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message,
        )

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Look for mistakes: names, joins, what the database cannot do."""
        from fastjango.orm.query.expressions import RawSQL

        feature = "supports_table_check_constraints"
        if lacks(connection, feature, model):
            return [
                checks.Warning(
                    f"{connection.display_name} does not support check constraints.",
                    hint=f"A constraint won't be created. {SILENCE}",
                    obj=model,
                    id="models.W027",
                )
            ]
        errors: list[Any] = []
        references: set[Any] = set()
        if isinstance(self.condition, Q):
            references.update(model._get_expr_references(self.condition))
        if any(isinstance(part, RawSQL) for part in self.condition.flatten()):
            errors.append(
                checks.Warning(
                    f"Check constraint {self.name!r} contains RawSQL() expression and won't be "
                    "validated during the model full_clean().",
                    hint=SILENCE,
                    obj=model,
                    id="models.W045",
                )
            )
        return errors + self._check_references(model, references)

    def validate(
        self,
        model: Any,
        instance: Any,
        exclude: Collection[str] | None = None,
        using: str = "default",
    ) -> None:
        """Ask the database whether an instance satisfies the condition.

        Raises:
            ValidationError: It does not.

        Side effects: one query, unless a field of the condition is excluded.
        """
        follow(self._plan(model, instance, exclude, using))

    async def avalidate(
        self,
        model: Any,
        instance: Any,
        exclude: Collection[str] | None = None,
        using: str = "default",
    ) -> None:
        """Asynchronous twin of `validate`."""
        await afollow(self._plan(model, instance, exclude, using))

    def _plan(
        self, model: Any, instance: Any, exclude: Collection[str] | None, using: str
    ) -> Generator[Step, Any, None]:
        from fastjango.orm import connections
        from fastjango.orm.fields import BooleanField
        from fastjango.orm.query.functions import Coalesce

        against = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
        if exclude and self._expression_refs_exclude(model, self.condition, exclude):
            return
        condition: Any = self.condition
        if connections[using].features.supports_comparing_boolean_expr:
            # In the database a condition that is neither true nor false passes.
            condition = Coalesce(condition, True, output_field=BooleanField())
        if not (yield twin(Q(condition), "check", against, using=using)):
            raise ValidationError(
                self.get_violation_error_message(), code=self.violation_error_code
            )

    def __repr__(self) -> str:
        return (
            f"<{type(self).__qualname__}: condition={self.condition} name={self.name!r}"
            f"{self._violation_repr()}>"
        )

    def _compared(self) -> tuple[Any, ...]:
        return (*super()._compared(), self.condition)

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Import path, positional and keyword arguments, for a migration."""
        path, args, kwargs = super().deconstruct()
        kwargs["condition"] = self.condition
        return path, args, kwargs
