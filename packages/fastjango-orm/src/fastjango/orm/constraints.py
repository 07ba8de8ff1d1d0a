"""What `Meta.constraints` holds."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# pyright: reportUnnecessaryIsInstance=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Collection, Generator, Iterable, Sequence
from enum import Enum
from typing import Any

from fastjango.core import checks
from fastjango.core.exceptions import FieldDoesNotExist, ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.twins import Step, afollow, follow, twin

from .constants import LOOKUP_SEP
from .expression_sql import condition_sql, index_expressions
from .query.expressions import F
from .query.q import Q

__all__ = ["BaseConstraint", "CheckConstraint", "Deferrable", "UniqueConstraint"]

_SILENCE = "Silence this warning if you don't care about it."


class BaseConstraint:
    """What constraints have in common.

    Args:
        name: Name in the database.
        violation_error_code: Code of the validation error.
        violation_error_message: Message of the validation error; may contain `%(name)s`.
    """

    default_violation_error_message: Any = _("Constraint “%(name)s” is violated.")
    violation_error_code: str | None = None
    violation_error_message: Any = None
    #: Options whose change leaves the database as it is.
    non_db_attrs = ("violation_error_code", "violation_error_message")

    def __init__(
        self,
        *,
        name: str,
        violation_error_code: str | None = None,
        violation_error_message: Any = None,
    ) -> None:
        self.name = name
        if violation_error_code is not None:
            self.violation_error_code = violation_error_code
        self.violation_error_message = (
            self.default_violation_error_message
            if violation_error_message is None
            else violation_error_message
        )

    @property
    def contains_expressions(self) -> bool:
        """Whether it is over expressions instead of fields."""
        return False

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Part of a `CREATE TABLE`, or nothing."""
        raise NotImplementedError("This method must be implemented by a subclass.")

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Statement that adds the constraint."""
        raise NotImplementedError("This method must be implemented by a subclass.")

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Statement that removes the constraint."""
        raise NotImplementedError("This method must be implemented by a subclass.")

    def validate(
        self,
        model: Any,
        instance: Any,
        exclude: Collection[str] | None = None,
        using: str = "default",
    ) -> None:
        """Ask the database whether an instance would satisfy the constraint.

        Raises:
            ValidationError: It would not.
        """
        raise NotImplementedError("This method must be implemented by a subclass.")

    async def avalidate(
        self,
        model: Any,
        instance: Any,
        exclude: Collection[str] | None = None,
        using: str = "default",
    ) -> None:
        """Asynchronous twin of `validate`.

        Constraints of other kinds, which have `validate` alone, call that in a worker thread.
        """
        from .saving import in_thread

        await in_thread(self.validate, model, instance, exclude=exclude, using=using)

    @classmethod
    def _expression_refs_exclude(
        cls, model: Any, expression: Any, exclude: Collection[str]
    ) -> bool:
        """Whether an expression uses one of the excluded fields."""
        for name, *_lookups in model._get_expr_references(expression):
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
            if name in exclude or field.name in exclude:
                return True
            if field.generated and cls._expression_refs_exclude(model, field.expression, exclude):
                return True
        return False

    def get_violation_error_message(self) -> Any:
        """The message with the name filled in."""
        return self.violation_error_message % {"name": self.name}

    def check(self, model: Any, connection: Any) -> list[Any]:
        """Look for mistakes."""
        return []

    def _check_references(self, model: Any, references: Iterable[Sequence[str]]) -> list[Any]:
        from .fields.composite import CompositePrimaryKey

        opts = model._meta
        errors: list[Any] = []
        names: set[str] = set()
        for name, *lookups in references:
            if name != "pk" or isinstance(opts.pk, CompositePrimaryKey):
                names.add(name)
            if not lookups:
                continue
            try:
                field = opts.pk if name == "pk" else opts.get_field(name)
            except FieldDoesNotExist:
                continue
            if not field.is_relation or field.many_to_many or field.one_to_many:
                continue
            if (
                hasattr(field, "get_transform")
                and field.get_transform(lookups[0]) is None
                and field.get_lookup(lookups[0]) is None
            ):
                errors.append(
                    checks.Error(
                        "'constraints' refers to the joined field "
                        f"'{LOOKUP_SEP.join([name, *lookups])}'.",
                        obj=model,
                        id="models.E041",
                    )
                )
        errors.extend(model._check_local_fields(names, "constraints"))
        return errors

    def _has_own_message(self) -> bool:
        message = self.violation_error_message
        return message is not None and message != self.default_violation_error_message

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Import path, positional and keyword arguments, for a migration."""
        path = f"{type(self).__module__}.{type(self).__name__}"
        path = path.replace("fastjango.orm.constraints", "fastjango.orm.models")
        kwargs: dict[str, Any] = {"name": self.name}
        if self._has_own_message():
            kwargs["violation_error_message"] = self.violation_error_message
        if self.violation_error_code is not None:
            kwargs["violation_error_code"] = self.violation_error_code
        return path, (), kwargs

    def clone(self) -> Any:
        """A copy."""
        _path, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs)

    def _violation_repr(self) -> str:
        code = self.violation_error_code
        text = "" if code is None else f" violation_error_code={code!r}"
        if self._has_own_message():
            text += f" violation_error_message={self.violation_error_message!r}"
        return text

    def _compared(self) -> tuple[Any, ...]:
        """What makes two constraints of a class equal."""
        return (self.name, self.violation_error_code, self.violation_error_message)

    def __eq__(self, other: object) -> bool:
        if type(self) is BaseConstraint or not isinstance(other, type(self)):
            return NotImplemented
        return self._compared() == other._compared()

    __hash__ = object.__hash__


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
        from .query.expressions import RawSQL

        feature = "supports_table_check_constraints"
        supported = getattr(connection.features, feature)
        if not supported and feature not in model._meta.required_db_features:
            return [
                checks.Warning(
                    f"{connection.display_name} does not support check constraints.",
                    hint=f"A constraint won't be created. {_SILENCE}",
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
                    hint=_SILENCE,
                    obj=model,
                    id="models.W045",
                )
            )
        return errors + self._check_references(model, references)

    def _get_check_sql(self, model: Any, schema_editor: Any) -> Any:
        return condition_sql(model, self.condition, schema_editor)

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Part of a `CREATE TABLE`."""
        return schema_editor._check_sql(self.name, self._get_check_sql(model, schema_editor))

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Statement that adds the constraint."""
        check = self._get_check_sql(model, schema_editor)
        return schema_editor._create_check_sql(model, self.name, check)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Statement that removes the constraint."""
        return schema_editor._delete_check_sql(model, self.name)

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

        from .fields import BooleanField
        from .query.functions import Coalesce

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


class Deferrable(Enum):
    """When the database checks a unique constraint that may wait."""

    DEFERRED = "deferred"
    IMMEDIATE = "immediate"

    def __repr__(self) -> str:
        return f"{type(self).__qualname__}.{self._name_}"


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
        def sequence(value: object) -> bool:
            return isinstance(value, (list, tuple))

        me = "UniqueConstraint"
        for wrong, error, message in (
            (not name, ValueError, "A unique constraint must be named."),
            (
                not expressions and not fields,
                ValueError,
                "At least one field or expression is required to define a unique constraint.",
            ),
            (
                expressions and fields,
                ValueError,
                f"{me}.fields and expressions are mutually exclusive.",
            ),
            (
                not (condition is None or isinstance(condition, Q)),
                ValueError,
                f"{me}.condition must be a Q instance.",
            ),
            (condition and deferrable, ValueError, f"{me} with conditions cannot be deferred."),
            (include and deferrable, ValueError, f"{me} with include fields cannot be deferred."),
            (opclasses and deferrable, ValueError, f"{me} with opclasses cannot be deferred."),
            (expressions and deferrable, ValueError, f"{me} with expressions cannot be deferred."),
            (
                expressions and opclasses,
                ValueError,
                f"{me}.opclasses cannot be used with expressions.",
            ),
            (
                not (deferrable is None or isinstance(deferrable, Deferrable)),
                TypeError,
                f"{me}.deferrable must be a Deferrable instance.",
            ),
            (
                not (include is None or sequence(include)),
                TypeError,
                f"{me}.include must be a list or tuple.",
            ),
            (not sequence(opclasses), TypeError, f"{me}.opclasses must be a list or tuple."),
            (
                not (nulls_distinct is None or isinstance(nulls_distinct, bool)),
                TypeError,
                f"{me}.nulls_distinct must be a bool.",
            ),
            (
                opclasses and len(fields) != len(opclasses),
                ValueError,
                f"{me}.fields and {me}.opclasses must have the same number of elements.",
            ),
        ):
            if wrong:
                raise error(message)
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
        required = model._meta.required_db_features
        features = connection.features
        errors = model._check_local_fields({*self.fields, *self.include}, "constraints")
        name = connection.display_name
        for feature, used, text, id in (
            (
                "supports_partial_indexes",
                self.condition is not None,
                f"{name} does not support unique constraints with conditions.",
                "models.W036",
            ),
            (
                "supports_deferrable_unique_constraints",
                self.deferrable is not None,
                f"{name} does not support deferrable unique constraints.",
                "models.W038",
            ),
            (
                "supports_covering_indexes",
                bool(self.include),
                f"{name} does not support unique constraints with non-key columns.",
                "models.W039",
            ),
            (
                "supports_expression_indexes",
                self.contains_expressions,
                f"{name} does not support unique constraints on expressions.",
                "models.W044",
            ),
            (
                "supports_nulls_distinct_unique_constraints",
                self.nulls_distinct is not None,
                f"{name} does not support UniqueConstraint.nulls_distinct.",
                "models.W047",
            ),
        ):
            if used and not (getattr(features, feature) or feature in required):
                hint = f"A constraint won't be created. {_SILENCE}"
                errors.append(checks.Warning(text, hint=hint, obj=model, id=id))
        references: set[Any] = set()
        for feature, expressions in (
            ("supports_partial_indexes", [self.condition] if self.condition else []),
            ("supports_expression_indexes", self.expressions),
        ):
            if getattr(features, feature) or feature not in required:
                for expression in expressions:
                    references.update(model._get_expr_references(expression))
        return errors + self._check_references(model, references)

    def _sql_arguments(self, model: Any, schema_editor: Any) -> dict[str, Any]:
        opts = model._meta
        return {
            "condition": condition_sql(model, self.condition, schema_editor),
            "deferrable": self.deferrable,
            "include": [opts.get_field(name).column for name in self.include],
            "opclasses": self.opclasses,
            "expressions": index_expressions(model, self.expressions, schema_editor.connection),
            "nulls_distinct": self.nulls_distinct,
        }

    def constraint_sql(self, model: Any, schema_editor: Any) -> Any:
        """Part of a `CREATE TABLE`, nothing if it takes a statement of its own."""
        fields = [model._meta.get_field(name) for name in self.fields]
        arguments = self._sql_arguments(model, schema_editor)
        return schema_editor._unique_sql(model, fields, self.name, **arguments)

    def create_sql(self, model: Any, schema_editor: Any) -> Any:
        """Statement that adds the constraint."""
        fields = [model._meta.get_field(name) for name in self.fields]
        arguments = self._sql_arguments(model, schema_editor)
        return schema_editor._create_unique_sql(model, fields, self.name, **arguments)

    def remove_sql(self, model: Any, schema_editor: Any) -> Any:
        """Statement that removes the constraint."""
        arguments = self._sql_arguments(model, schema_editor)
        return schema_editor._delete_unique_sql(model, self.name, **arguments)

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
        from .query.expressions import Exists

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
        from .query.lookups import Exact, IsNull

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
        from .query.lookups import Exact, IsNull

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
