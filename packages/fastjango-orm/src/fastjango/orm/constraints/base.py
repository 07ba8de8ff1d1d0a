"""`BaseConstraint`: what constraints have in common."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportAttributeAccessIssue=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# pyright: reportUnnecessaryIsInstance=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from fastjango.core import checks
from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.constants import LOOKUP_SEP

__all__ = ["BaseConstraint"]


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
        from fastjango.orm.saving import in_thread

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
        from fastjango.orm.fields.composite import CompositePrimaryKey

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
        module = type(self).__module__
        if module.startswith("fastjango.orm.constraints."):
            module = "fastjango.orm.models"
        path = f"{module}.{type(self).__name__}"
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
