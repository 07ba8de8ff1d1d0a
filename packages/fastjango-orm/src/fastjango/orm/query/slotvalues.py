"""Constants of expressions whose value is not fixed: `Value` for plans."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fastjango.orm.query.expressions.values import Value, field_of_type
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.slots import OutOfPlan, Param, Unplannable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastjango.orm.query.slots import Slot

__all__ = ["SlotValue", "is_plain_field"]

_FIELDS: Final = "fastjango.orm.fields"
_LARGEST: Final = 2**63 - 1


def is_plain_field(field: Any) -> bool:
    """Whether a field of ours prepares values by what they are, without SQL of its own."""
    return (
        type(field).__module__.startswith(_FIELDS)
        and not isinstance(field, (fields.JSONField, fields.FileField, fields.GeneratedField))
        and getattr(field, "get_placeholder_sql", None) is None
        and all(
            getattr(getattr(type(field), name), "__module__", "").startswith(_FIELDS)
            for name in ("get_prep_value", "get_db_prep_value", "get_db_prep_save")
        )
    )


def _same_kind(sample: Any, prepare: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return a binder that leaves the plan where the driver would be told another type."""
    kind = type(sample)
    naive = isinstance(sample, datetime.datetime) and sample.tzinfo is None

    def bind(value: Any) -> Any:
        bound = prepare(value)
        if type(bound) is not kind:
            raise OutOfPlan
        if kind is int:
            if not -_LARGEST <= bound <= _LARGEST:
                raise OutOfPlan
        elif kind is datetime.datetime and (bound.tzinfo is None) is not naive:
            raise OutOfPlan
        return bound

    return bind


def _placeholder(slot: Any, lookup: Any, connection: Any) -> Any:
    raise Unplannable  # a constant is no lookup's right side


class SlotValue(Value):
    """A constant that the values of a queryset give.

    Args:
        slot: Where the value comes from.
        output_field: The field that prepares it; inferred from the sample's type if absent.
        plain: Whether it is stored as it is, without a cast.
    """

    def __init__(self, slot: Slot, output_field: Any = None, plain: bool = False) -> None:
        super().__init__(None, output_field=output_field)
        self.slot = slot
        self.plain = plain
        slot.binder = _placeholder

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.slot.index})"

    @property
    def value(self) -> Any:
        """Unknown: SQL that depends on it cannot be planned."""
        raise Unplannable

    @value.setter
    def value(self, value: Any) -> None:
        pass

    @property
    def empty_result_set_value(self) -> Any:
        """Unknown, as the value is."""
        raise Unplannable

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return a placeholder."""
        field = self._output_field_or_none
        sample = self.slot.sample
        prepare: Callable[[Any], Any] = _as_it_is
        if field is not None:
            if not is_plain_field(field):
                raise Unplannable
            method = field.get_db_prep_save if self.for_save else field.get_db_prep_value
            prepare = partial(method, connection=connection)
        prepared = prepare(sample)
        if prepared is None or hasattr(prepared, "as_sql"):
            raise Unplannable
        return "%s", (Param(self.slot, _same_kind(prepared, prepare), prepared),)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast decimals: SQLite binds them as text."""
        sql, params = self.as_sql(compiler, connection)
        field = self._output_field_or_none
        if not self.plain and field is not None and field.get_internal_type() == "DecimalField":
            kind = "REAL" if isinstance(self.slot.sample, Decimal) else "NUMERIC"
            sql = f"(CAST({sql} AS {kind}))"
        return sql, params

    def _resolve_output_field(self) -> Any:
        return field_of_type(self.slot.sample)


def _as_it_is(value: Any) -> Any:
    return value
