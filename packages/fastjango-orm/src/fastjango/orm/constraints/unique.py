"""`UniqueConstraint`: values that no two rows may share."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportAttributeAccessIssue=false
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# pyright: reportUnnecessaryIsInstance=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Collection, Generator, Iterator, Sequence
from enum import Enum
from typing import Any

from fastjango.core import checks
from fastjango.core.exceptions import ValidationError
from fastjango.core.twins import Step, afollow, follow, twin
from fastjango.orm.fields.field_checks import SILENCE, lacks
from fastjango.orm.query.expressions import F
from fastjango.orm.query.q import Q

from .base import BaseConstraint

__all__ = ["Deferrable", "UniqueConstraint"]


class Deferrable(Enum):
    """When the database checks a unique constraint that may wait."""

    DEFERRED = "deferred"
    IMMEDIATE = "immediate"

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}.{self._name_}"


def _mistakes(
    expressions: Any,
    fields: Any,
    name: Any,
    condition: Any,
    deferrable: Any,
    include: Any,
    opclasses: Any,
    nulls_distinct: Any,
) -> Iterator[Exception]:
    """Errors for what cannot stand together, or is of the wrong type."""
    me = "UniqueConstraint"
    if not name:
        yield ValueError("A unique constraint must be named.")
    if not expressions and not fields:
        yield ValueError(
            "At least one field or expression is required to define a unique constraint."
        )
    if expressions and fields:
        yield ValueError(f"{me}.fields and expressions are mutually exclusive.")
    if not (condition is None or isinstance(condition, Q)):
        yield ValueError(f"{me}.condition must be a Q instance.")
    for used, words in (
        (condition, "conditions"),
        (include, "include fields"),
        (opclasses, "opclasses"),
        (expressions, "expressions"),
    ):
        if used and deferrable:
            yield ValueError(f"{me} with {words} cannot be deferred.")
    if expressions and opclasses:
        yield ValueError(f"{me}.opclasses cannot be used with expressions.")
    if not (deferrable is None or isinstance(deferrable, Deferrable)):
        yield TypeError(f"{me}.deferrable must be a Deferrable instance.")
    if not (include is None or isinstance(include, (list, tuple))):
        yield TypeError(f"{me}.include must be a list or tuple.")
    if not isinstance(opclasses, (list, tuple)):
        yield TypeError(f"{me}.opclasses must be a list or tuple.")
    if not (nulls_distinct is None or isinstance(nulls_distinct, bool)):
        yield TypeError(f"{me}.nulls_distinct must be a bool.")
    if opclasses and len(fields) != len(opclasses):
        yield ValueError(f"{me}.fields and {me}.opclasses must have the same number of elements.")


class UniqueConstraint(BaseConstraint):
    """Values that no two rows may share.

    Args:
        expressions: What must be unique, instead of `fields`.
        fields: Names of fields that must be unique together.
        condition: `Q` that tells among which rows.
        deferrable: Check at the end of the transaction, or let it be asked for.
        include: Names of fields stored in the index besides.
        opclasses: PostgreSQL operator classes, one for each field.
        nulls_distinct: Whether `NULL` differs from `NULL`; the database decides by default.
    """

    def __init__(
        self,
        *expressions: Any,
        fields: Sequence[str] = (),
        name: str,
        condition: Any = None,
        deferrable: Deferrable | None = None,
        include: Sequence[str] | None = None,
        opclasses: Sequence[str] = (),
        nulls_distinct: bool | None = None,
        violation_error_code: str | None = None,
        violation_error_message: Any = None,
    ) -> None:
        for mistake in _mistakes(
            expressions, fields, name, condition, deferrable, include, opclasses, nulls_distinct
        ):
            raise mistake
        self.fields = tuple(fields)
        self.condition = condition
        self.deferrable = deferrable
        self.include = tuple(include or ())
        self.opclasses = opclasses
        self.nulls_distinct = nulls_distinct
        self.expressions = tuple(
            F(expression) if isinstance(expression, str) else expression
            for expression in expressions
        )
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=violation_error_message,
        )

    @property
    def contains_expressions(self) -> bool:
        """Whether it is over expressions instead of fields."""
        return bool(self.expressions)

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Look for mistakes: fields, joins, what the database cannot do."""
        errors = model._check_local_fields({*self.fields, *self.include}, "constraints")
        for feature, used, words, id in (
            (
                "supports_partial_indexes",
                self.condition is not None,
                "unique constraints with conditions",
                "models.W036",
            ),
            (
                "supports_deferrable_unique_constraints",
                self.deferrable is not None,
                "deferrable unique constraints",
                "models.W038",
            ),
            (
                "supports_covering_indexes",
                bool(self.include),
                "unique constraints with non-key columns",
                "models.W039",
            ),
            (
                "supports_expression_indexes",
                self.contains_expressions,
                "unique constraints on expressions",
                "models.W044",
            ),
            (
                "supports_nulls_distinct_unique_constraints",
                self.nulls_distinct is not None,
                "UniqueConstraint.nulls_distinct",
                "models.W047",
            ),
        ):
            if used and lacks(connection, feature, model):
                errors.append(
                    checks.Warning(
                        f"{connection.display_name} does not support {words}.",
                        hint=f"A constraint won't be created. {SILENCE}",
                        obj=model,
                        id=id,
                    )
                )
        return errors + self._check_references(model, self._references(model, connection))

    def _references(self, model: Any, connection: Any) -> set[Any]:
        """Names in condition and expressions, unless the database was to have what it lacks."""
        required = model._meta.required_db_features
        references: set[Any] = set()
        for feature, expressions in (
            ("supports_partial_indexes", [self.condition] if self.condition else []),
            ("supports_expression_indexes", self.expressions),
        ):
            if getattr(connection.features, feature) or feature not in required:
                for expression in expressions:
                    references.update(model._get_expr_references(expression))
        return references

    # Validation

    def validate(
        self,
        model: Any,
        instance: Any,
        exclude: Collection[str] | None = None,
        using: str = "default",
    ) -> None:
        """Look for another row with the same values.

        Raises:
            ValidationError: There is one.

        Side effects: one query, unless a field is excluded or `NULL`.
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
        from fastjango.orm.query.expressions import Exists

        rows = model._default_manager.using(using)
        if self.fields:
            rows = self._same_fields(rows, model, instance, exclude)
        else:
            rows = self._same_expressions(rows, model, instance, exclude)
        if rows is None:
            return
        if not instance._state.adding and instance._is_pk_set(model._meta):
            rows = rows.exclude(pk=instance._get_pk_val(model._meta))
        if self.condition:
            if exclude and self._expression_refs_exclude(model, self.condition, exclude):
                return
            against = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
            condition: Any = self.condition & Exists(rows.filter(self.condition))
            if (yield twin(condition, "check", against, using=using)):
                raise ValidationError(
                    self.get_violation_error_message(), code=self.violation_error_code
                )
            return
        if not (yield twin(rows, "exists")):
            return
        if self.fields and not self._has_own_message():
            error = instance.unique_error_message(model, self.fields)
            raise ValidationError(error, code=error.code)
        raise ValidationError(self.get_violation_error_message(), code=self.violation_error_code)

    def _same_fields(
        self, rows: Any, model: Any, instance: Any, exclude: Collection[str] | None
    ) -> Any:
        """Rows with the instance's values, `None` if there can be no conflict."""
        from fastjango.orm.query.lookups import Exact, IsNull

        condition: dict[str, Any] = {}
        generated: list[str] = []
        for name in self.fields:
            if exclude and name in exclude:
                return None
            field = model._meta.get_field(name)
            if field.generated:
                if exclude and self._expression_refs_exclude(model, field.expression, exclude):
                    return None
                generated.append(field.name)
                continue
            value = getattr(instance, field.attname)
            if value is None and self.nulls_distinct is not False:
                # NULL is never equal to NULL.
                return None
            condition[field.name] = value
        terms: list[Any] = []
        if generated:
            values = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
            for name in generated:
                if self.nulls_distinct is False:
                    here: Any = F(name)
                    both_null: Any = Q(IsNull(here, True), IsNull(values[name], True))
                    terms.append(Q(Exact(here, values[name])) | both_null)
                else:
                    condition[name] = values[name]
        return rows.filter(*terms, **condition)

    def _same_expressions(
        self, rows: Any, model: Any, instance: Any, exclude: Collection[str] | None
    ) -> Any:
        """Rows for which the expressions are as for the instance, `None` if a field is excluded."""
        from fastjango.orm.query.lookups import Exact, IsNull

        if exclude and any(
            self._expression_refs_exclude(model, expression, exclude)
            for expression in self.expressions
        ):
            return None
        values = instance._get_field_expression_map(meta=model._meta, exclude=exclude)
        replacements: Any = {F(name): value for name, value in values.items()}
        terms: list[Any] = []
        for expression in self.expressions:
            if hasattr(expression, "get_expression_for_validation"):
                expression = expression.get_expression_for_validation()
            mine = expression.replace_expressions(replacements)
            term: Any = Exact(expression, mine)
            if self.nulls_distinct is False:
                both_null: Any = Q(IsNull(expression, True), IsNull(mine, True))
                term = Q(term) | both_null
            terms.append(term)
        return rows.filter(*terms)

    def __repr__(self) -> str:
        parts = [
            f" {label}={text}"
            for label, text, shown in (
                ("fields", repr(self.fields), self.fields),
                ("expressions", repr(self.expressions), self.expressions),
                ("name", repr(self.name), True),
                ("condition", str(self.condition), self.condition is not None),
                ("deferrable", repr(self.deferrable), self.deferrable is not None),
                ("include", repr(self.include), self.include),
                ("opclasses", repr(self.opclasses), self.opclasses),
                ("nulls_distinct", repr(self.nulls_distinct), self.nulls_distinct is not None),
            )
            if shown
        ]
        return f"<{type(self).__qualname__}:{''.join(parts)}{self._violation_repr()}>"

    def _compared(self) -> tuple[Any, ...]:
        return (
            *super()._compared(),
            self.fields,
            self.condition,
            self.deferrable,
            self.include,
            self.opclasses,
            self.expressions,
            self.nulls_distinct,
        )

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Import path, positional and keyword arguments, for a migration."""
        path, _args, kwargs = super().deconstruct()
        for option in ("fields", "condition", "deferrable", "include", "opclasses"):
            if getattr(self, option):
                kwargs[option] = getattr(self, option)
        if self.nulls_distinct is not None:
            kwargs["nulls_distinct"] = self.nulls_distinct
        return path, self.expressions, kwargs
