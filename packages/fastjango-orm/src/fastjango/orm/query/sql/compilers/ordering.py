"""ORDER BY and DISTINCT ON."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.exceptions import DatabaseError
from fastjango.orm.query.constants import SORTING_ALIAS
from fastjango.orm.query.expressions import F, OrderBy, RawSQL, Ref, Value
from fastjango.orm.query.functions.comparison import Cast
from fastjango.orm.query.functions.math import Random
from fastjango.orm.query.sql.query import get_order_dir
from fastjango.values.hashable import make_hashable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["OrderingMixin", "PositionRef", "without_direction"]

_DIRECTION = re.compile(r"^(.*)\s(?:ASC|DESC).*", re.MULTILINE | re.DOTALL)


def without_direction(sql: str) -> str:
    """Return an ORDER BY term without its direction."""
    match = _DIRECTION.search(sql)
    assert match is not None
    return match[1]


class PositionRef(Ref):
    """A reference to something selected, by its place in the SELECT list."""

    def __init__(self, ordinal: int, refs: Any, source: Any) -> None:
        self.ordinal = ordinal
        super().__init__(refs, source)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the number."""
        return str(self.ordinal), ()


def _typed(expression: Any) -> Any:
    """Give a constant a type: databases read a bare number in ORDER BY as a position."""
    return (
        Cast(expression, expression.output_field) if isinstance(expression, Value) else expression
    )


class OrderingMixin:
    """The part of a compiler that writes ORDER BY."""

    def _ordering(self: Any) -> Any:
        query = self.query
        if query.extra_order_by:
            return query.extra_order_by
        if query.order_by or not query.default_ordering:
            return query.order_by
        meta = query.get_meta()
        if meta and meta.ordering:
            self._meta_ordering = meta.ordering
            return meta.ordering
        return []

    def _selected_positions(self: Any) -> dict[Any, Any]:
        """Return references by alias and by expression for everything selected."""
        distinct_fields = self.query.distinct_fields
        annotations = self.query.annotation_select
        first: dict[Any, Any] = {}
        selected: dict[Any, Any] = {}
        for ordinal, (expr, _, alias) in enumerate(self.select, start=1):
            reference = PositionRef(ordinal, alias, expr)
            position = reference
            # DISTINCT ON names an expression, which means the first place it stands at.
            if distinct_fields and not isinstance(expr, RawSQL):
                position = first.setdefault(expr, reference)
            if alias:
                selected[alias] = reference if alias in annotations else position
            selected[expr] = position
        return selected

    def _order_expression(self: Any, item: Any, selected: dict[Any, Any]) -> tuple[Any, bool]:
        item = _typed(item)
        if not isinstance(item, OrderBy):
            item = item.asc()
        if not self.query.standard_ordering:
            item = item.copy()
            item.reverse_ordering()
        reference = selected.get(item.expression)
        if reference is None and isinstance(item.expression, F):
            reference = selected.get(item.expression.name)
        if reference is not None:
            plain = item.nulls_first is None and item.nulls_last is None
            if plain or self.connection.features.supports_order_by_nulls_modifier:
                item = item.copy()
                item.expression = reference
            elif self.query.combinator:
                item = item.copy()
                item.expression = Ref(reference.refs, reference.source)
        return item, reference is not None

    def _order_annotation(self: Any, name: str, descending: bool) -> tuple[Any, bool] | None:
        annotations = self.query.annotations
        expression = annotations.get(name)
        transforms: list[str] = []
        reference = name
        if not expression:
            reference, *transforms = name.split(LOOKUP_SEP)
            expression = annotations.get(reference)
        if not expression:
            return None
        if self.query.combinator and self.select:
            if transforms:
                raise NotImplementedError(
                    "Ordering combined queries by transforms is not implemented."
                )
            # The other queries may define the annotation otherwise.
            expression = F(reference)
        for transform in transforms:
            expression = self.query.try_transform(expression, transform)
        return OrderBy(_typed(expression), descending=descending), False

    def _order_by_pairs(self: Any) -> Iterator[tuple[Any, bool]]:
        ordering = self._ordering()
        default = "ASC" if self.query.standard_ordering else "DESC"
        selected = self._selected_positions() if ordering and self.select else {}
        query = self.query
        for item in ordering:
            if hasattr(item, "resolve_expression"):
                yield self._order_expression(item, selected)
                continue
            if item == "?":
                yield OrderBy(Random()), False
                continue
            name, direction = get_order_dir(item, default)
            descending = direction == "DESC"
            if (reference := selected.get(name)) is not None:
                yield OrderBy(reference, descending=descending), True
            elif (annotated := self._order_annotation(name, descending)) is not None:
                yield annotated
            elif "." in item and item in query.extra_order_by:
                table, column = name.split(".", 1)
                raw = RawSQL(f"{self.quote_name(table)}.{column}", [])
                yield OrderBy(raw, descending=descending), False
            elif query.extra and name in query.extra:
                raw = RawSQL(*query.extra[name])
                if name in query.extra_select:
                    yield OrderBy(Ref(name, raw), descending=descending), True
                else:
                    yield OrderBy(raw, descending=descending), False
            elif query.combinator and self.select:
                yield OrderBy(F(name), descending=descending), False
            else:
                yield from self.find_ordering_name(item, query.get_meta(), default_order=default)

    def get_order_by(self: Any) -> list[tuple[Any, tuple[str, Any, bool]]]:
        """Return the terms as (expression, (SQL, parameters, whether selected))."""
        result: list[tuple[Any, tuple[str, Any, bool]]] = []
        seen: set[Any] = set()
        for expr, is_ref in self._order_by_pairs():
            resolved = expr.resolve_expression(self.query, allow_joins=True, reuse=None)
            if not is_ref and self.query.combinator and self.select:
                self._order_combined(resolved, expr)
            sql, params = self.compile(resolved)
            key = (without_direction(sql), make_hashable(params))
            if key not in seen:
                seen.add(key)
                result.append((resolved, (sql, params, is_ref)))
        return result

    def _order_combined(self: Any, resolved: Any, expr: Any) -> None:
        """Let a set operation sort by what its parts select."""
        source, given = resolved.expression, expr.expression
        for selected, _, alias in self.select:
            if source != selected:
                continue
            if (
                self.query.has_select_fields
                and alias in self.query.annotation_select
                and not (isinstance(given, F) and alias == given.name)
            ):
                continue
            resolved.set_source_expressions([Ref(alias or source.target.column, source)])
            return
        alias = f"{SORTING_ALIAS}{len(self.query.select) + 1}"
        for query in self.query.combined_queries:
            if query.has_select_fields:
                raise DatabaseError("ORDER BY term does not match any column in the result set.")
            query.add_annotation(given, alias)
        self.query.add_select_col(resolved, alias)
        resolved.set_source_expressions([Ref(alias, source)])

    def get_extra_select(self: Any, order_by: Any, select: Any) -> list[Any]:
        """Return what DISTINCT makes necessary to select in order to sort by it."""
        if not self.query.distinct or self.query.distinct_fields:
            return []
        selected = [entry for _, entry, _ in select]
        extra: list[Any] = []
        for expr, (sql, params, is_ref) in order_by:
            bare = without_direction(sql)
            if not is_ref and (bare, params) not in selected:
                extra.append((expr, (bare, params), None))
        return extra

    def get_distinct(self: Any) -> tuple[list[str], list[Any]]:
        """Return the columns of DISTINCT ON."""
        columns: list[str] = []
        all_params: list[Any] = []
        opts = self.query.get_meta()
        for name in self.query.distinct_fields:
            parts = name.split(LOOKUP_SEP)
            _, targets, alias, joins, path, _, transform = self._setup_joins(parts, opts, None)
            targets, alias, _ = self.query.trim_joins(targets, joins, path)
            for target in targets:
                if name in self.query.annotation_select:
                    columns.append(self.connection.ops.quote_name(name))
                else:
                    sql, params = self.compile(transform(target, alias))
                    columns.append(sql)
                    all_params.append(params)
        return columns, all_params

    def find_ordering_name(
        self: Any,
        name: str,
        opts: Any,
        alias: Any = None,
        default_order: str = "ASC",
        already_seen: set[Any] | None = None,
    ) -> list[tuple[Any, bool]]:
        """Return the terms that a path stands for; a relation sorts as its model does."""
        name, direction = get_order_dir(name, default_order)
        descending = direction == "DESC"
        pieces = name.split(LOOKUP_SEP)
        field, targets, alias, joins, path, opts, transform = self._setup_joins(pieces, opts, alias)
        if (
            field.is_relation
            and opts.ordering
            and getattr(field, "attname", None) != pieces[-1]
            and name != "pk"
            and not getattr(transform, "has_transforms", False)
        ):
            seen = already_seen or set()
            join_tuple = tuple(
                getattr(self.query.alias_map[join], "join_cols", None) for join in joins
            )
            if join_tuple in seen:
                raise FieldError("Infinite loop caused by ordering.")
            seen.add(join_tuple)
            results: list[tuple[Any, bool]] = []
            for item in opts.ordering:
                if hasattr(item, "resolve_expression"):
                    if not isinstance(item, OrderBy):
                        item = item.desc() if descending else item.asc()
                    results.append((item.prefix_references(f"{name}{LOOKUP_SEP}"), False))
                    continue
                results.extend(
                    (expr.prefix_references(f"{name}{LOOKUP_SEP}"), is_ref)
                    for expr, is_ref in self.find_ordering_name(item, opts, alias, direction, seen)
                )
            return results
        targets, alias, _ = self.query.trim_joins(targets, joins, path)
        return [
            (OrderBy(transform(target, alias), descending=descending), False) for target in targets
        ]

    def _setup_joins(self: Any, pieces: Sequence[str], opts: Any, alias: Any) -> Any:
        alias = alias or self.query.get_initial_alias()
        info = self.query.setup_joins(pieces, opts, alias)
        return (
            info.final_field,
            info.targets,
            info.joins[-1],
            info.joins,
            info.path,
            info.opts,
            info.transform_function,
        )
