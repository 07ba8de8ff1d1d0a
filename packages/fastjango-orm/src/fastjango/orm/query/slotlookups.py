"""How the built-in lookups prepare and bind the values of plans.

Only lookups, fields and left sides that are known to behave are planned; everything else,
such as a lookup class of the user's own, is compiled each time.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.orm.backends.base.operations import BaseDatabaseOperations
from fastjango.orm.query.expressions import Col, ColPairs
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.lookups import builtin, related
from fastjango.orm.query.lookups.builtin.comparisons import integer_range
from fastjango.orm.query.slots import OutOfPlan, Param, Slot, Unplannable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["attach"]

_FIELDS = "fastjango.orm.fields"
_QUERY = "fastjango.orm.query."


def _built_in(function: Any) -> bool:
    return getattr(function, "__module__", "").startswith(_FIELDS)


def _field_of(lookup: Any) -> Any:
    """Return the field that prepares the values, if it is one of the built-in kinds."""
    lhs = lookup.lhs
    if type(lhs) is ColPairs:
        raise Unplannable  # one slot is one column
    if type(lhs) is not Col:
        if not type(lhs).__module__.startswith(_QUERY):
            raise Unplannable
        if hasattr(lhs, "get_bilateral_transforms") and lhs.get_bilateral_transforms():
            raise Unplannable
    output_field = lhs.output_field
    field = getattr(output_field, "target_field", None) or output_field
    if not type(field).__module__.startswith(_FIELDS) or isinstance(
        field, (fields.JSONField, fields.FileField, fields.GeneratedField)
    ):
        raise Unplannable
    if not _built_in(type(field).get_prep_value) or not _built_in(type(field).get_db_prep_value):
        raise Unplannable
    return field


def _preparer(field: Any, sample: Any) -> Callable[[Any], Any] | None:
    """Return how a value is prepared, `None` if it stays as it is."""
    kind = type(sample)
    if kind is int and isinstance(field, fields.IntegerField):
        return None
    if kind is str and isinstance(field, (fields.CharField, fields.TextField)):
        return None
    prepare: Callable[[Any], Any] = field.get_prep_value
    return prepare


def _db_preparer(field: Any, connection: Any) -> Callable[[Any], Any] | None:
    """Return how a prepared value is bound, `None` if it stays as it is."""
    own = type(field).get_db_prep_value
    if (
        own is fields.Field.get_db_prep_value
        or own is fields.AutoField.get_db_prep_value
        or (own is fields.IntegerField.get_db_prep_value and _keeps_integers(connection))
    ):
        return None
    prepare = field.get_db_prep_value
    return lambda value: prepare(value, connection, prepared=True)


def _keeps_integers(connection: Any) -> bool:
    """Whether integers go to the driver as they are."""
    adapt = type(connection.ops).adapt_integerfield_value
    return adapt is BaseDatabaseOperations.adapt_integerfield_value


def _checked(low: int | None, high: int | None, then: Callable[[Any], Any] | None) -> Any:
    """Return a binder that leaves the plan for integers the column cannot hold."""

    def bind(value: Any) -> Any:
        if (low is not None and value < low) or (high is not None and value > high):
            raise OutOfPlan
        return value if then is None else then(value)

    return bind


def _bind_one(slot: Slot, lookup: Any, connection: Any) -> tuple[str, Sequence[Param]]:
    field = _field_of(lookup)
    bind = _db_preparer(field, connection)
    if isinstance(lookup, builtin.IntegerFieldOverflow):
        operand: Any = lookup
        internal_type = operand.lhs.output_field.get_internal_type()
        low, high = connection.ops.integer_field_range(internal_type)
        if low is not None or high is not None:
            bind = _checked(low, high, bind)
    prepared = slot.prepare(slot.sample)
    return "%s", [Param(slot, bind, prepared if bind is None else bind(prepared))]


def _bind_pattern(slot: Slot, lookup: Any, connection: Any) -> tuple[str, Sequence[Param]]:
    escape = connection.ops.prep_for_like_query
    if isinstance(lookup, builtin.IExact):
        bind: Callable[[Any], Any] = connection.ops.prep_for_iexact_query
    elif connection.features.pattern_lookup_needs_param_pattern:
        pattern = lookup.param_pattern

        def bind_pattern(value: Any) -> Any:
            return pattern % escape(value)

        bind = bind_pattern
    else:
        bind = escape
    return "%s", [Param(slot, bind, bind(slot.sample))]


def _bind_list(slot: Slot, lookup: Any, connection: Any) -> tuple[str, Sequence[Param]]:
    field = _field_of(lookup)
    one = _db_preparer(field, connection)
    size = slot.size
    limit = connection.ops.max_in_list_size()
    if limit and size > limit:
        raise Unplannable
    low, high = integer_range(lookup.lhs, connection)

    def bind(values: Any) -> list[Any]:
        members = list(dict.fromkeys(values))
        # Integers that the column cannot hold leave the plan.
        if (low is not None and min(members) < low) or (high is not None and max(members) > high):
            raise OutOfPlan
        # Padding repeats a member, so that lists of similar length share a plan.
        members.extend(members[-1:] * (size - len(members)))
        return members if one is None else [one(member) for member in members]

    placeholders = ", ".join(["%s"] * size)
    return f"({placeholders})", [Param(slot, bind, bind(slot.prepare(slot.sample)), many=True)]


def _bind_range(slot: Slot, lookup: Any, connection: Any) -> tuple[Any, Sequence[Param]]:
    one = _db_preparer(_field_of(lookup), connection)

    def bind(values: Any) -> list[Any]:
        return list(values) if one is None else [one(value) for value in values]

    return ("%s", "%s"), [Param(slot, bind, bind(slot.prepare(slot.sample)), many=True)]


_COMPARISONS = (
    builtin.Exact,
    builtin.GreaterThan,
    builtin.GreaterThanOrEqual,
    builtin.LessThan,
    builtin.LessThanOrEqual,
    builtin.IntegerFieldExact,
    builtin.IntegerGreaterThan,
    builtin.IntegerGreaterThanOrEqual,
    builtin.IntegerLessThan,
    builtin.IntegerLessThanOrEqual,
)
_RELATED = (
    related.RelatedExact,
    related.RelatedGreaterThan,
    related.RelatedGreaterThanOrEqual,
    related.RelatedLessThan,
    related.RelatedLessThanOrEqual,
)
_PATTERNS = (
    builtin.IExact,
    builtin.Contains,
    builtin.IContains,
    builtin.StartsWith,
    builtin.IStartsWith,
    builtin.EndsWith,
    builtin.IEndsWith,
)


def _prepare_list(prepare: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    if prepare is None:
        return tuple
    one = prepare
    return lambda values: tuple(one(value) for value in values)


def _related_value(lookup: Any, prepare: Callable[[Any], Any] | None) -> Callable[[Any], Any]:
    lhs = lookup.lhs

    def key(value: Any) -> Any:
        found = related.get_normalized_value(value, lhs)[0]
        if found is None:
            raise OutOfPlan
        return found if prepare is None else prepare(found)

    return key


def attach(slot: Slot, lookup: Any) -> None:
    """Set how a slot prepares and binds its values for a lookup.

    Raises:
        Unplannable: The lookup is not one of those known here.
    """
    kind = type(lookup)
    field = _field_of(lookup)
    sample = slot.sample
    is_list = slot.size > 0
    is_instance = hasattr(sample, "_meta")
    if kind in _PATTERNS and not is_list and not is_instance:
        slot.binder = _bind_pattern
        return
    if kind in _COMPARISONS and not is_list and not is_instance:
        if type(sample) is float and isinstance(field, fields.IntegerField):
            raise Unplannable  # rounding depends on the lookup
        slot.prepare = _preparer(field, sample) or slot.prepare
        slot.binder = _bind_one
        return
    if kind in _RELATED and not is_list:
        if is_instance:
            slot.prepare = _related_value(lookup, field.get_prep_value)
        else:
            slot.prepare = _preparer(field, sample) or slot.prepare
        slot.binder = _bind_one
        return
    if kind in (builtin.In, related.RelatedIn) and is_list:
        first = next(iter(sample))
        if hasattr(first, "_meta"):
            if kind is builtin.In:
                raise Unplannable
            slot.prepare = _prepare_list(_related_value(lookup, field.get_prep_value))
        else:
            slot.prepare = _prepare_list(_preparer(field, first))
        slot.binder = _bind_list
        return
    if kind is builtin.Range and is_list and len(sample) == 2:
        slot.prepare = _prepare_list(_preparer(field, next(iter(sample))))
        slot.binder = _bind_range
        return
    raise Unplannable
