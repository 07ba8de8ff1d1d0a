"""Aggregation over a whole query, existence, explanation, and merging two queries."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from fastjango.orm.query.aggregates import Count
from fastjango.orm.query.constants import AND, INNER, OR, SINGLE
from fastjango.orm.query.expressions import Ref, Value
from fastjango.orm.query.names import check_alias, check_explain_option
from fastjango.orm.query.sql.joins import JoinPromoter

if TYPE_CHECKING:
    from fastjango.orm.engine.statement import Steps

__all__ = ["AggregationMixin", "ExplainInfo"]


class ExplainInfo(NamedTuple):
    """What `explain()` was asked for."""

    format: str | None
    options: dict[str, Any]


class AggregationMixin:
    """The part of a query that answers about all rows at once."""

    def _resolve_aggregates(
        self: Any, aggregate_exprs: dict[str, Any]
    ) -> tuple[dict[str, Any], bool, bool]:
        """Resolve the aggregates, each able to refer to those before it.

        Returns:
            The aggregates, and whether any refers to a subquery or to a window expression.
        """
        refs_subquery = refs_window = False
        replacements: dict[Any, Any] = {}
        mask = self.annotation_select_mask
        for alias, expression in aggregate_exprs.items():
            check_alias(alias)
            aggregate = expression.resolve_expression(
                self, allow_joins=True, reuse=None, summarize=True
            )
            if not aggregate.contains_aggregate:
                raise TypeError(f"{alias} is not an aggregate expression")
            self.append_annotation_mask([alias])
            referred = [self.annotations[ref] for ref in aggregate.get_refs()]
            refs_subquery |= any(getattr(ref, "contains_subquery", False) for ref in referred)
            refs_subquery |= any(getattr(ref, "subquery", False) for ref in referred)
            refs_window |= any(getattr(ref, "contains_over_clause", True) for ref in referred)
            aggregate = aggregate.replace_expressions(replacements)
            self.annotations[alias] = aggregate
            replacements[Ref(alias, aggregate)] = aggregate
        aggregates = {alias: self.annotations.pop(alias) for alias in aggregate_exprs}
        self.set_annotation_mask(mask)
        return aggregates, refs_subquery, refs_window

    def _aggregate_over_subquery(
        self: Any, aggregates: dict[str, Any], grouped: Any, qualify: Any, set_returning: set[str]
    ) -> Any:
        """Return a query that aggregates over this one as a derived table."""
        from fastjango.orm.query.sql.subqueries import AggregateQuery

        inner = self.clone()
        inner.subquery = True
        outer = AggregateQuery(self.model, inner)
        inner.select_for_update = False
        inner.select_related = False
        inner.set_annotation_mask(self.annotation_select)
        if inner.orderby_issubset_groupby:
            inner.clear_ordering(force=False)
        if not inner.distinct:
            if inner.default_cols and grouped:
                inner.group_by = (self.model._meta.pk.get_col(inner.get_initial_alias()),)
            inner.default_cols = False
            if not qualify and not self.combinator:
                mask: dict[str, None] = {}
                if isinstance(self.group_by, tuple):
                    for expr in self.group_by:
                        mask.update(dict.fromkeys(expr.get_refs()))
                for aggregate in aggregates.values():
                    mask.update(dict.fromkeys(aggregate.get_refs()))
                for alias, annotation in self.annotation_select.items():
                    if annotation.get_group_by_cols():
                        mask[alias] = None
                mask.update(dict.fromkeys(set_returning))
                inner.set_annotation_mask(mask)
        references: dict[Any, Any] = {}
        for alias, aggregate in aggregates.items():
            replacements: dict[Any, Any] = {}
            for column in self._gen_cols([aggregate], resolve_refs=False):
                reference = references.get(column)
                if reference is None:
                    name = f"__col{len(references) + 1}"
                    reference = references[column] = Ref(name, column)
                    inner.add_annotation(column, name)
                replacements[column] = reference
            outer.annotations[alias] = aggregate.replace_expressions(replacements)
        if not inner.select and not inner.default_cols and not inner.annotation_select_mask:
            # A derived table needs a column.
            inner.select = (self.model._meta.pk.get_col(inner.get_initial_alias()),)
        return outer

    def _aggregate_directly(self: Any, aggregates: dict[str, Any]) -> Any:
        self.select = ()
        self.selected = None
        self.default_cols = False
        self.extra = dict[str, Any]()
        if self.annotations:
            inlined = {Ref(alias, expr): expr for alias, expr in self.annotations.items()}
            self.annotations = {
                alias: aggregate.replace_expressions(inlined)
                for alias, aggregate in aggregates.items()
            }
        else:
            self.annotations = aggregates
        self.set_annotation_mask(aggregates)
        return self

    def aggregation_query(self: Any, aggregate_exprs: dict[str, Any]) -> Any:
        """Return the query that computes the aggregates; it may be this object, changed."""
        aggregates, refs_subquery, refs_window = self._resolve_aggregates(aggregate_exprs)
        _, having, qualify = self.where.split_having_qualify()
        grouped = having or any(
            getattr(expr, "contains_aggregate", True) for expr in self.annotations.values()
        )
        set_returning = {
            alias
            for alias, expr in self.annotation_select.items()
            if getattr(expr, "set_returning", False)
        }
        if (
            isinstance(self.group_by, tuple)
            or self.is_sliced
            or grouped
            or refs_subquery
            or refs_window
            or qualify
            or self.distinct
            or self.combinator
            or set_returning
        ):
            outer = self._aggregate_over_subquery(aggregates, grouped, qualify, set_returning)
        else:
            outer = self._aggregate_directly(aggregates)
        outer.clear_ordering(force=True)
        outer.clear_limits()
        outer.select_for_update = False
        outer.select_related = False
        return outer

    def get_aggregation_steps(
        self: Any, using: str, aggregate_exprs: dict[str, Any]
    ) -> Steps[dict[str, Any]]:
        """Compute aggregates over all rows.

        Args:
            using: The database alias.
            aggregate_exprs: Aggregates by name.

        Returns:
            Their values by name.
        """
        if not aggregate_exprs:
            return {}
        outer = self.aggregation_query(aggregate_exprs)
        selected = outer.annotation_select
        constants = [expr.empty_result_set_value for expr in selected.values()]
        elide_empty = not any(constant is NotImplemented for constant in constants)
        compiler = outer.get_compiler(using, elide_empty=elide_empty)
        row = yield from compiler.execute_steps(SINGLE)
        if row is None:
            values: Any = constants
        else:
            expressions = list(selected.values())
            values = compiler.convert_rows([row], expressions)[0]
        return dict(zip(selected, values, strict=False))

    def get_count_steps(self: Any, using: str) -> Steps[int]:
        """Count the rows."""
        clone = self.clone()
        result = yield from clone.get_aggregation_steps(using, {"__count": Count("*")})
        count: int = result["__count"]
        return count

    def has_filters(self: Any) -> Any:
        """Return the conditions."""
        return self.where

    def exists(self: Any, limit: bool = True) -> Any:
        """Return a query that selects a constant for each row of this one."""
        query = self.clone()
        if not (query.distinct and query.is_sliced):
            if query.group_by is True:
                query.add_fields(
                    (field.attname for field in self.model._meta.concrete_fields), False
                )
                query.set_group_by(allow_aliases=False)
            query.clear_select_clause()
        if query.combined_queries and query.combinator == "union":
            query.combined_queries = tuple(
                combined.exists(limit=False) for combined in query.combined_queries
            )
        query.clear_ordering(force=True)
        if limit:
            query.set_limits(high=1)
        query.add_annotation(Value(1), "a")
        return query

    def has_results_steps(self: Any, using: str) -> Steps[bool]:
        """Tell whether there is any row."""
        row = yield from self.exists().get_compiler(using=using).execute_steps(SINGLE)
        return bool(row)

    def explain_steps(
        self: Any, using: str, format: str | None = None, **options: Any
    ) -> Steps[str]:
        """Ask the database how it would run the query.

        Args:
            using: The database alias.
            format: The output format, one the database knows.
            **options: The database's own options.

        Raises:
            ValueError: An option's name is not one plain word, or the database has none such.
        """
        query = self.clone()
        for name in options:
            check_explain_option(name)
        query.explain_info = ExplainInfo(format, options)
        compiler = query.get_compiler(using=using)
        lines = yield from compiler.explain_steps()
        return "\n".join(lines)

    def combine(self: Any, rhs: Any, connector: str) -> None:
        """Merge another query's conditions into this one.

        Args:
            rhs: The other query; it stays as it is.
            connector: AND, OR or XOR.
        """
        if self.model != rhs.model:
            raise TypeError("Cannot combine queries on two different base models.")
        if self.is_sliced:
            raise TypeError("Cannot combine queries once a slice has been taken.")
        if self.distinct != rhs.distinct:
            raise TypeError("Cannot combine a unique query with a non-unique query.")
        if self.distinct_fields != rhs.distinct_fields:
            raise TypeError("Cannot combine queries with different distinct fields.")
        initial = self.get_initial_alias()
        rhs = rhs.clone()
        # Equal prefixes could rename T4 to T5 and then T5 to T6.
        rhs.bump_prefix(self, exclude={initial})
        change_map = self._merge_joins(rhs, connector)
        self.subq_aliases |= rhs.subq_aliases
        where = rhs.where.clone()
        where.relabel_aliases(change_map)
        self.where.add(where, connector)
        if rhs.select:
            self.set_select([column.relabeled_clone(change_map) for column in rhs.select])
        else:
            self.select = ()
        if connector == OR and self.extra and rhs.extra:
            raise ValueError(
                "When merging querysets using 'or', you cannot have "
                "extra(select=...) on both sides."
            )
        self.extra.update(rhs.extra)
        mask: set[str] = set()
        for side in (self, rhs):
            if side.extra_select_mask is not None:
                mask.update(side.extra_select_mask)
        if mask:
            self.set_extra_mask(mask)
        self.extra_tables += rhs.extra_tables
        self.order_by = rhs.order_by or self.order_by
        self.extra_order_by = rhs.extra_order_by or self.extra_order_by

    def _merge_joins(self: Any, rhs: Any, connector: str) -> dict[str, str]:
        """Add the other query's joins.

        One related row need not fulfil both sides of an AND, so multi-valued joins are made
        anew; for OR the existing ones serve.

        Returns:
            New aliases by old ones.
        """
        change_map: dict[str, str] = {}
        reuse: set[str] = set() if connector == AND else set(self.alias_map)
        promoter = JoinPromoter(connector, 2, False)
        promoter.add_votes(
            alias for alias, entry in self.alias_map.items() if entry.join_type == INNER
        )
        votes: set[str] = set()
        for alias in list(rhs.alias_map)[1:]:
            join = rhs.alias_map[alias].relabeled_clone(change_map)
            new = self.join(join, reuse=reuse)
            if join.join_type == INNER:
                votes.add(new)
            # Two joins of the other query stay two.
            reuse.discard(new)
            if alias != new:
                change_map[alias] = new
            if not rhs.alias_refcount[alias]:
                self.unref_alias(new)
        promoter.add_votes(votes)
        promoter.update_join_types(self)
        return change_map
