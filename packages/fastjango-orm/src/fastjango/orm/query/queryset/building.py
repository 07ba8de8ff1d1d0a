"""Operations that return a changed queryset and ask nothing of the database."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, cast, overload

from fastjango.core import timezone
from fastjango.core.conf import settings
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.query.expressions import F
from fastjango.orm.query.fieldtypes import fields as field_classes
from fastjango.orm.query.functions.datetime import Trunc
from fastjango.orm.query.iterables import (
    FlatValuesListIterable,
    NamedValuesListIterable,
    ValuesIterable,
    ValuesListIterable,
)
from fastjango.orm.query.operations import (
    annotations_key,
    annotations_static,
    apply_annotations,
    apply_defer,
    apply_distinct,
    apply_expression_order,
    apply_only,
    apply_order,
    apply_related,
    apply_reverse,
    apply_values,
    order_key,
    order_static,
)
from fastjango.orm.query.prefetch import Prefetch
from fastjango.orm.query.q import Q
from fastjango.orm.query.queryset.combining import Combining
from typing_extensions import TypeVar

if TYPE_CHECKING:
    import datetime
    from collections.abc import Mapping, Sequence

    from fastjango.orm.fetch_modes import FetchMode
    from fastjango.orm.query.queryset import QuerySet
    from fastjango.orm.query.raw import RawQuerySet

__all__ = ["Building"]

_Model = TypeVar("_Model", default=Any)
_Row = TypeVar("_Row", default=_Model)

_DATE_KINDS = ("year", "month", "week", "day")
_DATETIME_KINDS = (*_DATE_KINDS, "hour", "minute", "second")


class Building(Combining[_Model, _Row], Generic[_Model, _Row]):
    """The part of a queryset that describes what to read."""

    # -- rows --------------------------------------------------------------------------

    def all(self) -> Self:
        """Return a copy."""
        return self._chain()

    def none(self) -> Self:
        """Return a queryset without rows; it never asks the database."""
        clone = self._chain()
        clone.query.set_empty()
        return clone

    def filter(self, *args: Any, **kwargs: Any) -> Self:
        """Keep the rows that fulfil all conditions.

        Args:
            *args: Q objects and conditional expressions.
            **kwargs: Lookups.

        Raises:
            FieldError: A lookup names a field, transform or lookup that does not exist.
        """
        if self._shape is None:
            self._not_support_combined_queries("filter")
        return self._filter_or_exclude(False, args, kwargs)

    def exclude(self, *args: Any, **kwargs: Any) -> Self:
        """Drop the rows that fulfil all conditions.

        Over a relation to many, rows are dropped that have any related row fulfilling them.
        """
        self._not_support_combined_queries("exclude")
        return self._filter_or_exclude(True, args, kwargs)

    def complex_filter(self, filter_obj: Q | Mapping[str, Any]) -> Self:
        """Keep the rows that fulfil a Q object or a dictionary of lookups."""
        if isinstance(filter_obj, Q):
            clone = self._chain()
            clone.query.add_q(filter_obj)
            return clone
        return self._filter_or_exclude(False, args=(), kwargs=dict(filter_obj))

    def distinct(self, *field_names: str) -> Self:
        """Drop duplicate rows, or (on PostgreSQL) keep the first per combination of fields."""
        self._not_support_combined_queries("distinct")
        if not field_names and self._shape is not None and not self._shape.sliced:
            planned = self._planned_step(("distinct",), apply_distinct, None)
            if planned is not None:
                return planned
        if self.query.is_sliced:
            raise TypeError("Cannot create distinct fields once a slice has been taken.")
        clone = self._chain()
        clone.query.add_distinct_fields(*field_names)
        return clone

    # -- order -------------------------------------------------------------------------

    def order_by(self, *field_names: Any) -> Self:
        """Sort by fields (`-name` downwards, `?` at random) and expressions; forget other orders.

        Raises:
            FieldError: A name is no field.
        """
        if self._shape is not None and not self._shape.sliced and _are_names(field_names):
            planned = self._planned_step(("order_by", *field_names), apply_order, field_names)
            if planned is not None:
                return planned
        elif self._shape is not None and not self._shape.sliced:
            found = order_key(field_names)
            if found is not None:
                planned = self._planned_operation(
                    found, apply_expression_order, lambda: order_static(field_names)
                )
                if planned is not None:
                    return planned
        if self.query.is_sliced:
            raise TypeError("Cannot reorder a query once a slice has been taken.")
        clone = self._chain()
        clone.query.clear_ordering(force=True, clear_default=False)
        clone.query.add_ordering(*field_names)
        return clone

    def reverse(self) -> Self:
        """Turn the ordering round."""
        if self._shape is not None and not self._shape.sliced:
            planned = self._planned_step(("reverse",), apply_reverse, None)
            if planned is not None:
                return planned
        if self.query.is_sliced:
            raise TypeError("Cannot reverse a query once a slice has been taken.")
        clone = self._chain()
        clone.query.standard_ordering = not clone.query.standard_ordering
        return clone

    # -- computed values ---------------------------------------------------------------

    def annotate(self, *args: Any, **kwargs: Any) -> Self:
        """Compute expressions for each row and set them on the results."""
        self._not_support_combined_queries("annotate")
        return self._annotate(args, kwargs, select=True)

    def alias(self, *args: Any, **kwargs: Any) -> Self:
        """Compute expressions for later operations, without selecting them."""
        self._not_support_combined_queries("alias")
        return self._annotate(args, kwargs, select=False)

    def _named_annotations(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        self._validate_values_are_expressions((*args, *kwargs.values()), method_name="annotate")
        annotations: dict[str, Any] = {}
        for arg in args:
            try:
                name = arg.default_alias
            except (AttributeError, TypeError):
                raise TypeError("Complex annotations require an alias") from None
            if name in kwargs:
                raise ValueError(
                    f"The named annotation '{name}' conflicts with the "
                    "default name for another annotation."
                )
            annotations[name] = arg
        annotations.update(kwargs)
        return annotations

    def _annotate(self, args: tuple[Any, ...], kwargs: dict[str, Any], select: bool = True) -> Self:
        annotations = self._named_annotations(args, kwargs)
        selected = self._fields
        if self._shape is not None and not self._shape.sliced:
            found = annotations_key((selected, select), annotations)
            if found is not None:
                planned = self._planned_operation(
                    found,
                    apply_annotations,
                    lambda: (selected, select, annotations_static(annotations)),
                )
                if planned is not None:
                    return planned
        clone = self._chain()
        apply_annotations(clone.query, (selected, select, annotations), ())
        return clone

    # -- what is selected --------------------------------------------------------------

    def _values(self, *fields: str, **expressions: Any) -> Self:
        if not expressions and self._shape is not None and _are_names(fields):
            planned = self._planned_step(("values", *fields), apply_values, fields)
            if planned is not None:
                planned._fields = fields
                return planned
        clone = self._chain()
        if expressions:
            clone = clone.annotate(**expressions)
        clone._fields = fields
        clone.query.set_values(fields)
        return clone

    def values(self, *fields: str, **expressions: Any) -> QuerySet[_Model, dict[str, Any]]:
        """Return dictionaries instead of instances.

        Args:
            *fields: Names of fields, related fields and annotations; all fields if absent.
            **expressions: Further values.
        """
        clone: Any = self._values(*fields, *expressions, **expressions)
        clone._iterable_class = ValuesIterable
        return cast("QuerySet[_Model, dict[str, Any]]", clone)

    @overload
    def values_list(
        self, *fields: Any, flat: Literal[False] = False, named: Literal[False] = False
    ) -> QuerySet[_Model, tuple[Any, ...]]: ...
    @overload
    def values_list(
        self, *fields: Any, flat: Literal[True], named: bool = False
    ) -> QuerySet[_Model, Any]: ...
    @overload
    def values_list(
        self, *fields: Any, flat: bool = False, named: bool = False
    ) -> QuerySet[_Model, Any]: ...
    def values_list(self, *fields: Any, flat: bool = False, named: bool = False) -> Any:
        """Return tuples instead of instances.

        Args:
            *fields: Names and expressions; all fields if absent.
            flat: Return the one field's values themselves.
            named: Return named tuples.
        """
        if flat and named:
            raise TypeError("'flat' and 'named' can't be used together.")
        if flat and len(fields) > 1:
            raise TypeError(
                "'flat' is not valid when values_list is called with more than one field."
            )
        if flat and not fields:
            warnings.warn(
                "Calling values_list() with no field name and flat=True "
                "is deprecated. Pass an explicit field name instead, like 'pk'.",
                DeprecationWarning,
                stacklevel=2,
            )
            fields = (self.model._meta.concrete_fields[0].attname,)
        names, expressions = _unique_names(fields)
        clone: Any = self._values(*names, **expressions)
        if named:
            clone._iterable_class = NamedValuesListIterable
        else:
            clone._iterable_class = FlatValuesListIterable if flat else ValuesListIterable
        return clone

    def dates(
        self, field_name: str, kind: str, order: str = "ASC"
    ) -> QuerySet[_Model, datetime.date]:
        """Return the distinct dates of a field, cut down to year, month, week or day."""
        if kind not in _DATE_KINDS:
            raise ValueError("'kind' must be one of 'year', 'month', 'week', or 'day'.")
        return self._periods(field_name, order, "datefield", kind, field_classes.DateField(), None)  # type: ignore[no-any-return]  # operands are dynamic

    def datetimes(
        self,
        field_name: str,
        kind: str,
        order: str = "ASC",
        tzinfo: datetime.tzinfo | None = None,
    ) -> QuerySet[_Model, datetime.datetime]:
        """Return the distinct moments of a field, cut down to a period in a time zone."""
        if kind not in _DATETIME_KINDS:
            raise ValueError(
                "'kind' must be one of 'year', 'month', 'week', 'day', "
                "'hour', 'minute', or 'second'."
            )
        zone = (tzinfo or timezone.get_current_timezone()) if settings.USE_TZ else None
        return self._periods(  # type: ignore[no-any-return]  # operands are dynamic
            field_name, order, "datetimefield", kind, field_classes.DateTimeField(), zone
        )

    def _periods(
        self, field_name: str, order: str, alias: str, kind: str, output_field: Any, zone: Any
    ) -> Any:
        if order not in ("ASC", "DESC"):
            raise ValueError("'order' must be either 'ASC' or 'DESC'.")
        truncated = Trunc(field_name, kind, output_field=output_field, tzinfo=zone)
        return (
            self.annotate(**{alias: truncated}, plain_field=F(field_name))
            .values_list(alias, flat=True)
            .distinct()
            .filter(plain_field__isnull=False)
            .order_by(f"-{alias}" if order == "DESC" else alias)
        )

    def extra(
        self,
        select: Mapping[str, str] | None = None,
        where: Sequence[str] | None = None,
        params: Sequence[Any] | None = None,
        tables: Sequence[str] | None = None,
        order_by: Sequence[str] | None = None,
        select_params: Sequence[Any] | None = None,
    ) -> Self:
        """Add SQL of one's own. The texts are not checked: never build them from user input."""
        self._not_support_combined_queries("extra")
        if self.query.is_sliced:
            raise TypeError("Cannot change a query once a slice has been taken.")
        clone = self._chain()
        clone.query.add_extra(select, select_params, where, params, tables, order_by)
        return clone

    def defer(self, *fields: str | None) -> Self:
        """Do not load these fields until they are read; `None` loads all again."""
        self._not_support_combined_queries("defer")
        if self._fields is not None:
            raise TypeError("Cannot call defer() after .values() or .values_list()")
        if fields and _are_names(fields):
            planned = self._planned_step(("defer", *fields), apply_defer, fields)
            if planned is not None:
                return planned
        clone = self._chain()
        if fields == (None,):
            clone.query.clear_deferred_loading()
        else:
            clone.query.add_deferred_loading(fields)
        return clone

    def only(self, *fields: str | None) -> Self:
        """Load these fields only (and the key)."""
        self._not_support_combined_queries("only")
        if self._fields is not None:
            raise TypeError("Cannot call only() after .values() or .values_list()")
        if fields == (None,):
            raise TypeError("Cannot pass None as an argument to only().")
        if fields and _are_names(fields):
            planned = self._planned_step(("only", *fields), apply_only, fields)
            if planned is not None:
                return planned
        for field in cast("tuple[str, ...]", fields):
            if field.split(LOOKUP_SEP, 1)[0] in self.query._filtered_relations:
                raise ValueError("only() is not supported with FilteredRelation.")
        clone = self._chain()
        clone.query.add_immediate_loading(fields)
        return clone

    # -- relations ---------------------------------------------------------------------

    def select_related(self, *fields: str | None) -> Self:
        """Load single-valued relations with the same query.

        Args:
            *fields: Relations; none at all follows every one that cannot be NULL, and `None`
                forgets those named before.
        """
        self._not_support_combined_queries("select_related")
        if self._fields is not None:
            raise TypeError("Cannot call select_related() after .values() or .values_list()")
        if fields and _are_names(fields):
            planned = self._planned_step(("related", *fields), apply_related, fields)
            if planned is not None:
                return planned
        clone = self._chain()
        if fields == (None,):
            clone.query.select_related = False
        elif fields:
            clone.query.add_select_related(fields)
        else:
            clone.query.select_related = True
        return clone

    def prefetch_related(self, *lookups: Any) -> Self:
        """Load relations with one further query each.

        Args:
            *lookups: Paths and `Prefetch` objects; `None` forgets those named before.
        """
        self._not_support_combined_queries("prefetch_related")
        clone = self._chain()
        if lookups == (None,):
            clone._prefetch_related_lookups = ()
            return clone
        for lookup in lookups:
            path = lookup.prefetch_to if isinstance(lookup, Prefetch) else lookup
            # A planned query has no filtered relations.
            if (
                self._shape is None
                and path.split(LOOKUP_SEP, 1)[0] in self.query._filtered_relations
            ):
                raise ValueError("prefetch_related() is not supported with FilteredRelation.")
        clone._prefetch_related_lookups = clone._prefetch_related_lookups + lookups
        return clone

    def fetch_mode(self, fetch_mode: FetchMode) -> Self:
        """Choose what happens when something unloaded is read from the results."""
        clone = self._chain()
        clone._fetch_mode = fetch_mode
        return clone

    # -- database ----------------------------------------------------------------------

    def using(self, alias: str | None) -> Self:
        """Choose the database."""
        clone = self._chain()
        clone._db = alias
        return clone

    def select_for_update(
        self,
        nowait: bool = False,
        skip_locked: bool = False,
        of: Sequence[str] = (),
        no_key: bool = False,
    ) -> Self:
        """Lock the rows until the end of the transaction.

        Args:
            nowait: Fail at once if a row is locked.
            skip_locked: Leave locked rows out.
            of: Relations whose rows are locked; `"self"` is the model.
            no_key: Let others insert rows that refer to these.
        """
        if nowait and skip_locked:
            raise ValueError("The nowait option cannot be used with skip_locked.")
        clone = self._chain()
        clone._for_write = True
        query = clone.query
        query.select_for_update = True
        query.select_for_update_nowait = nowait
        query.select_for_update_skip_locked = skip_locked
        query.select_for_update_of = of
        query.select_for_no_key_update = no_key
        return clone

    def raw(
        self,
        raw_query: str,
        params: Any = (),
        translations: Mapping[str, str] | None = None,
        using: str | None = None,
    ) -> RawQuerySet:
        """Return instances from SQL of one's own.

        Args:
            raw_query: The SELECT; it must give the primary key.
            params: Parameters for `%s`, or a mapping for `%(name)s`.
            translations: Fields by the names of columns.
            using: The database alias.
        """
        from fastjango.orm.query.raw import RawQuerySet

        result: Any = RawQuerySet(
            raw_query,
            model=self.model,
            params=params,
            translations=translations,
            using=self.db if using is None else using,
            fetch_mode=self._fetch_mode,
        )
        result._prefetch_related_lookups = self._prefetch_related_lookups
        return cast("RawQuerySet", result)


def _are_names(values: tuple[Any, ...]) -> bool:
    for value in values:  # noqa: SIM110 - a generator costs more than the comparisons
        if type(value) is not str:
            return False
    return True


def _unique_names(fields: tuple[Any, ...]) -> tuple[list[str], dict[str, Any]]:
    """Give expressions and repeated names names of their own."""
    taken = {field: False for field in fields if not hasattr(field, "resolve_expression")}
    names: list[str] = []
    expressions: dict[str, Any] = {}
    counter = 1
    for field in fields:
        expression: Any = None
        name = field
        if hasattr(field, "resolve_expression"):
            name = getattr(field, "default_alias", field.__class__.__name__.lower())
            expression = field
            repeated = True
        else:
            repeated = taken[name]
            if repeated:
                expression = F(name)
        if repeated:
            prefix = name
            while (name := f"{prefix}{counter}") in taken:
                counter += 1
        if expression is not None:
            expressions[name] = expression
        taken[name] = True
        names.append(name)
    return names, expressions
