"""Lookups of relation fields: right sides may be model instances."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastjango.orm.query.expressions import ColPairs
from fastjango.orm.query.fieldtypes import fields
from fastjango.orm.query.lookups.builtin import (
    Exact,
    GreaterThan,
    GreaterThanOrEqual,
    In,
    IsNull,
    LessThan,
    LessThanOrEqual,
)
from fastjango.orm.query.lookups.tuples import TupleIn, tuple_lookups

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = [
    "RelatedExact",
    "RelatedGreaterThan",
    "RelatedGreaterThanOrEqual",
    "RelatedIn",
    "RelatedIsNull",
    "RelatedLessThan",
    "RelatedLessThanOrEqual",
    "get_normalized_value",
]


def _unnest(targets: Any) -> Iterator[Any]:
    for field in targets:
        if isinstance(field, fields.CompositePrimaryKey):
            yield from field.fields
        else:
            yield field


def _is_instance_of_model(value: Any) -> bool:
    return hasattr(value, "_meta") and hasattr(value, "_is_pk_set")


def get_normalized_value(value: Any, lhs: Any) -> tuple[Any, ...]:
    """Return the column values that a relation to `value` has.

    Args:
        value: A model instance, a tuple of values, or one value.
        lhs: The relation's column.

    Raises:
        ValueError: The instance has no primary key yet.
    """
    if not _is_instance_of_model(value) or isinstance(value, type):
        return value if isinstance(value, tuple) else (value,)
    if not value._is_pk_set():
        raise ValueError("Model instances passed to related filters must be saved.")
    values: list[Any] = []
    for source in _unnest(lhs.output_field.path_infos[-1].target_fields):
        while not isinstance(value, source.model) and source.remote_field:
            source = source.remote_field.model._meta.get_field(source.remote_field.field_name)
        try:
            values.append(getattr(value, source.attname))
        except AttributeError:
            # The instance is of a child whose key is the relation to the source's model.
            pk = value.pk
            return pk if isinstance(pk, tuple) else (pk,)
    return tuple(values)


class RelatedIn(In):
    """Related to one of a list, or of what a subquery selects."""

    def get_prep_lookup(self) -> Any:
        """Replace instances by their keys; let a subquery select the right column."""
        from fastjango.orm.query.sql import Query

        rhs: Any = self.rhs
        if isinstance(self.lhs, ColPairs):
            if (
                isinstance(self.rhs, Query)
                and not self.rhs.has_select_fields
                and self.lhs.output_field.related_model is self.rhs.model
            ):
                self.rhs.set_values([field.name for field in self.lhs.sources])
        elif self.rhs_is_direct_value():
            keys = [get_normalized_value(value, self.lhs)[0] for value in self.rhs]
            if hasattr(self.lhs.output_field, "path_infos"):
                target = self.lhs.output_field.path_infos[-1].target_fields[-1]
                keys = [target.get_prep_value(key) for key in keys]
            self.rhs = keys
        elif not getattr(self.rhs, "has_select_fields", True) and not getattr(
            self.lhs.field.target_field, "primary_key", False
        ):
            own_key = (
                getattr(self.lhs.output_field, "primary_key", False)
                and self.lhs.output_field.model == rhs.model
            )
            name = self.lhs.field.name if own_key else self.lhs.field.target_field.name
            rhs.set_values([name])
        return super().get_prep_lookup()

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare several columns as row values."""
        if not isinstance(self.lhs, ColPairs):
            return super().as_sql(compiler, connection)
        rhs = self.rhs
        if self.rhs_is_direct_value():
            rhs = [get_normalized_value(value, self.lhs) for value in rhs]
        compiled: tuple[str, Sequence[Any]] = compiler.compile(TupleIn(self.lhs, rhs))
        return compiled


class RelatedLookupMixin:
    """Replaces an instance on the right side by its key."""

    def get_prep_lookup(self: Any) -> Any:
        """Take the key and prepare it with the field that the relation points to."""
        if not isinstance(self.lhs, ColPairs) and not hasattr(self.rhs, "resolve_expression"):
            self.rhs = get_normalized_value(self.rhs, self.lhs)[0]
            if self.prepare_rhs and hasattr(self.lhs.output_field, "path_infos"):
                target = self.lhs.output_field.path_infos[-1].target_fields[-1]
                self.rhs = target.get_prep_value(self.rhs)
        return super().get_prep_lookup()  # type: ignore[misc]  # a mixin of Lookup

    def as_sql(self: Any, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Compare several columns as row values."""
        compiled: tuple[str, Sequence[Any]]
        if isinstance(self.lhs, ColPairs):
            if not self.rhs_is_direct_value():
                raise ValueError(f"'{self.lookup_name}' doesn't support multi-column subqueries.")
            self.rhs = get_normalized_value(self.rhs, self.lhs)
            compiled = compiler.compile(tuple_lookups[self.lookup_name](self.lhs, self.rhs))
        else:
            compiled = super().as_sql(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        return compiled


class RelatedExact(RelatedLookupMixin, Exact):
    """Related to."""


class RelatedLessThan(RelatedLookupMixin, LessThan):
    """Related to something with a smaller key."""


class RelatedGreaterThan(RelatedLookupMixin, GreaterThan):
    """Related to something with a greater key."""


class RelatedGreaterThanOrEqual(RelatedLookupMixin, GreaterThanOrEqual):
    """Related to something with a greater or equal key."""


class RelatedLessThanOrEqual(RelatedLookupMixin, LessThanOrEqual):
    """Related to something with a smaller or equal key."""


class RelatedIsNull(RelatedLookupMixin, IsNull):
    """Related to nothing, or to something."""


RELATION_LOOKUPS: Final = (
    RelatedIn,
    RelatedExact,
    RelatedLessThan,
    RelatedGreaterThan,
    RelatedGreaterThanOrEqual,
    RelatedLessThanOrEqual,
    RelatedIsNull,
)
"""What relations are asked by, and nothing else."""
