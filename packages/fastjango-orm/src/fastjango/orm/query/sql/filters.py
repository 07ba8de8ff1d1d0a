"""Conditions: from `filter(name__lookup=value)` to where nodes."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from fastjango.core.exceptions import FieldError
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.constants import AND, INNER, LOUTER, OR
from fastjango.orm.query.expressions import (
    Col,
    ColPairs,
    Exists,
    F,
    OuterRef,
    ResolvedOuterRef,
)
from fastjango.orm.query.filtered import rename_prefix
from fastjango.orm.query.lookups.base import Lookup
from fastjango.orm.query.names import check_alias
from fastjango.orm.query.paths import check_rel_lookup_compatibility
from fastjango.orm.query.q import Q, referenced_paths
from fastjango.orm.query.slots import Slot
from fastjango.orm.query.sql.joins import JoinPromoter, MultiJoin
from fastjango.orm.query.sql.where import NothingNode, WhereNode

__all__ = ["FilterMixin"]


def _accepts_missing(condition: Any, negated: bool) -> bool:
    """Whether rows without a partner can fulfil the condition: its joins stay outer then."""
    is_null = condition.lookup_name == "isnull"
    if negated:
        return condition.rhs is not None and (not is_null or condition.rhs is False)
    return is_null and condition.rhs is True


class FilterMixin:
    """The part of a query that builds its WHERE clause."""

    def resolve_lookup_value(
        self: Any, value: Any, can_reuse: Any, allow_joins: bool, summarize: bool = False
    ) -> Any:
        """Resolve the expressions within a lookup's value."""
        if hasattr(value, "resolve_expression"):
            return value.resolve_expression(
                self, reuse=can_reuse, allow_joins=allow_joins, summarize=summarize
            )
        if isinstance(value, (list, tuple)):
            members = [
                self.resolve_lookup_value(member, can_reuse, allow_joins, summarize)
                for member in value
            ]
            kind: Any = type(value)
            return kind(*members) if hasattr(kind, "_make") else kind(members)
        return value

    def check_query_object_type(self: Any, value: Any, opts: Any, field: Any) -> None:
        """Refuse an instance of a model that the relation does not lead to."""
        if hasattr(value, "_meta") and not check_rel_lookup_compatibility(
            value._meta.model, opts, field
        ):
            raise ValueError(f'Cannot query "{value}": Must be "{opts.object_name}" instance.')

    def check_related_objects(self: Any, field: Any, value: Any, opts: Any) -> None:
        """Refuse instances and querysets of a model that the relation does not lead to."""
        from fastjango.orm.query.sql.query import Query

        if not field.is_relation:
            return
        if type(value) is Slot:
            value = value.sample
        if (
            isinstance(value, Query)
            and not value.has_select_fields
            and not check_rel_lookup_compatibility(value.model, opts, field)
        ):
            raise ValueError(
                f'Cannot use QuerySet for "{value.model._meta.object_name}": '
                f'Use a QuerySet for "{opts.object_name}".'
            )
        if hasattr(value, "_meta"):
            self.check_query_object_type(value, opts, field)
        elif hasattr(value, "__iter__"):
            members: Any = value
            for member in members:
                self.check_query_object_type(member, opts, field)

    def check_filterable(self: Any, expression: Any) -> None:
        """Refuse expressions that a WHERE clause cannot hold."""
        if hasattr(expression, "resolve_expression") and not getattr(
            expression, "filterable", True
        ):
            raise NotSupportedError(
                f"{expression.__class__.__name__} is disallowed in the filter clause."
            )
        if hasattr(expression, "get_source_expressions"):
            for part in expression.get_source_expressions():
                self.check_filterable(part)

    def build_lookup(self: Any, lookups: Any, lhs: Any, rhs: Any) -> Any:
        """Build the lookup that `lookups` names, with transforms before it."""
        *transforms, name = lookups or ["exact"]
        for transform in transforms:
            lhs = self.try_transform(lhs, transform, lookups)
        lookup_class = lhs.get_lookup(name)
        if not lookup_class:
            # The last name may be a transform too; then the value must be equal.
            lhs = self.try_transform(lhs, name)
            name = "exact"
            lookup_class = lhs.get_lookup(name)
            if not lookup_class:
                raise FieldError(
                    f"{lhs.output_field.__class__.__name__} has no 'exact' lookup; name a lookup."
                )
        lookup = lookup_class(lhs, rhs)
        if lookup.rhs is None and not lookup.can_use_none_as_rhs:
            if name not in ("exact", "iexact"):
                raise ValueError("Cannot use None as a query value")
            return lhs.get_lookup("isnull")(lhs, True)
        return lookup

    def build_filter(
        self: Any,
        filter_expr: Any,
        branch_negated: bool = False,
        current_negated: bool = False,
        can_reuse: Any = None,
        allow_joins: bool = True,
        split_subq: bool = True,
        check_filterable: bool = True,
        summarize: bool = False,
        update_join_types: bool = True,
    ) -> tuple[Any, Any]:
        """Build the node of one condition, without adding it to the query.

        Args:
            filter_expr: A Q, a conditional expression or a `(lookup, value)` pair.
            branch_negated: Whether anything above negates the condition.
            current_negated: Whether the condition as it stands is negated.
            can_reuse: Aliases of multi-valued joins that may be used again.
            allow_joins: Whether names may travel over relations.
            split_subq: Whether a negated multi-valued condition becomes a subquery.
            check_filterable: Whether to refuse what WHERE cannot hold.
            summarize: Whether this belongs to the end of `aggregate()`.
            update_join_types: Whether joins may become INNER.

        Returns:
            The node, and the aliases of joins that it needs to be INNER.
        """
        if isinstance(filter_expr, dict):
            raise FieldError("Cannot parse keyword query as dict")
        if isinstance(filter_expr, Q):
            nested: tuple[Any, Any] = self._add_q(
                filter_expr,
                branch_negated=branch_negated,
                current_negated=current_negated,
                used_aliases=can_reuse,
                allow_joins=allow_joins,
                split_subq=split_subq,
                check_filterable=check_filterable,
                summarize=summarize,
                update_join_types=update_join_types,
            )
            return nested
        if hasattr(filter_expr, "resolve_expression"):
            return self._build_conditional(filter_expr, allow_joins, can_reuse, summarize), []
        compared: tuple[Any, Any] = self._build_comparison(
            filter_expr,
            current_negated,
            can_reuse,
            allow_joins,
            # Below a negation a row of many that does not match must not save the one it is of.
            allow_many=not branch_negated or not split_subq,
            check_filterable=check_filterable,
            summarize=summarize,
        )
        return compared

    def _build_comparison(
        self: Any,
        filter_expr: tuple[str, Any],
        current_negated: bool,
        can_reuse: Any,
        allow_joins: bool,
        allow_many: bool,
        check_filterable: bool,
        summarize: bool,
    ) -> tuple[Any, Any]:
        """Build the node of a `(lookup, value)` pair; see `build_filter`.

        Args:
            allow_many: Whether the path may travel over multi-valued relations.
        """
        arg, value = filter_expr
        if not arg:
            raise FieldError(f"Cannot parse keyword query {arg!r}")
        lookups, parts, annotation = self.solve_lookup_type(arg, summarize)
        if check_filterable:
            self.check_filterable(annotation)
        if not allow_joins and len(parts) > 1:
            raise FieldError("Joined field references are not permitted in this query")
        value, used = self._resolved_value(value, can_reuse, allow_joins, summarize)
        if check_filterable:
            self.check_filterable(value)
        if annotation:
            condition = self.build_lookup(lookups, annotation, value)
            return WhereNode([condition], connector=AND), []
        try:
            info = self.setup_joins(
                parts,
                self.get_meta(),
                self.get_initial_alias(),
                can_reuse=can_reuse,
                allow_many=allow_many,
            )
            if isinstance(value, Iterator):
                value = list(value)
            self.check_related_objects(info.final_field, value, info.opts)
            # split_exclude() needs to know the joins of the path alone.
            self._lookup_joins = info.joins
        except MultiJoin as error:
            split: tuple[Any, Any] = self.split_exclude(
                filter_expr, can_reuse, error.names_with_path
            )
            return split
        used.update(info.joins)
        return self._compare_column(info, lookups, value, current_negated, can_reuse, used)  # type: ignore[no-any-return]  # operands are dynamic

    def _compare_column(
        self: Any,
        info: Any,
        lookups: Any,
        value: Any,
        current_negated: bool,
        can_reuse: Any,
        used: set[str],
    ) -> tuple[WhereNode, Any]:
        """Build the node that compares the column to which a path has led.

        Args:
            info: Where the path has led.
            lookups: The transforms and the lookup.
            value: The resolved right side.
            current_negated: Whether the condition as it stands is negated.
            can_reuse: Takes the aliases of the joins that are needed.
            used: The aliases of joins that stay INNER if rows need a partner.
        """
        targets, alias, joins = self.trim_joins(info.targets, info.joins, info.path)
        if can_reuse is not None:
            can_reuse.update(joins)
        if info.final_field.is_relation and len(targets) > 1:
            column: Any = ColPairs(alias, targets, info.targets, info.final_field)
        else:
            column = self._get_col(targets[0], info.final_field, alias)
        condition = self.build_lookup(lookups, column, value)
        clause = WhereNode([condition], connector=AND)
        if not _accepts_missing(condition, current_negated):
            return clause, used
        if current_negated and condition.lookup_name != "isnull":
            self._handle_negated_null(clause, condition, targets, info, alias, joins, value)
        return clause, ()

    def _resolved_value(
        self: Any, value: Any, can_reuse: Any, allow_joins: bool, summarize: bool
    ) -> tuple[Any, set[str]]:
        """Resolve the right side; gives the aliases that it uses too."""
        before = self.alias_refcount.copy()
        value = self.resolve_lookup_value(value, can_reuse, allow_joins, summarize)
        used = {alias for alias, n in self.alias_refcount.items() if n > before.get(alias, 0)}
        return value, used

    def _build_conditional(
        self: Any, expression: Any, allow_joins: bool, can_reuse: Any, summarize: bool
    ) -> WhereNode:
        if not getattr(expression, "conditional", False):
            raise TypeError("Cannot filter against a non-conditional expression.")
        condition = expression.resolve_expression(
            self, allow_joins=allow_joins, reuse=can_reuse, summarize=summarize
        )
        if not isinstance(condition, Lookup):
            condition = self.build_lookup(["exact"], condition, True)
        return WhereNode([condition], connector=AND)

    def _handle_negated_null(
        self: Any,
        clause: WhereNode,
        condition: Any,
        targets: Any,
        info: Any,
        alias: str,
        joins: list[str],
        value: Any,
    ) -> None:
        """Make NULL unequal to everything: NOT (col = x) alone would drop rows with NULL."""
        if self.is_nullable(targets[0]) or self.alias_map[joins[-1]].join_type == LOUTER:
            is_null = targets[0].get_lookup("isnull")
            column = self._get_col(targets[0], info.targets[0], alias)
            members = condition.rhs
            if (
                condition.lookup_name == "in"
                and isinstance(members, Iterable)
                and not isinstance(members, (str, bytes))
                and any(member is None for member in members)
            ):
                clause.add(is_null(column, True), OR)
            else:
                clause.add(is_null(column, False), AND)
        if isinstance(value, Col) and self.is_nullable(value.target):
            clause.add(value.target.get_lookup("isnull")(value, False), AND)

    def add_filter(self: Any, filter_lhs: str, filter_rhs: Any) -> None:
        """Add one lookup."""
        self.add_q(Q((filter_lhs, filter_rhs)))

    def add_q(self: Any, q_object: Q, reuse_all: bool = False) -> None:
        """Add a condition.

        Args:
            q_object: The condition.
            reuse_all: Whether every existing join may be used again.
        """
        # The new condition is joined with AND: what was INNER stays so.
        inner = {alias for alias, entry in self.alias_map.items() if entry.join_type == INNER}
        reusable = set(self.alias_map) if reuse_all else self.used_aliases
        clause, _ = self._add_q(q_object, reusable)
        if clause:
            self.where.add(clause, AND)
        self.demote_joins(inner)

    def build_where(self: Any, filter_expr: Any) -> Any:
        """Build a node over this table's columns only, for constraints and indexes."""
        return self.build_filter(filter_expr, allow_joins=False)[0]

    def clear_where(self: Any) -> None:
        """Remove all conditions."""
        self.where = WhereNode()

    def _add_q(
        self: Any,
        q_object: Q,
        used_aliases: Any,
        branch_negated: bool = False,
        current_negated: bool = False,
        allow_joins: bool = True,
        split_subq: bool = True,
        check_filterable: bool = True,
        summarize: bool = False,
        update_join_types: bool = True,
    ) -> tuple[WhereNode, Any]:
        connector = q_object.connector
        current_negated ^= q_object.negated
        branch_negated = branch_negated or q_object.negated
        clause = WhereNode(connector=connector, negated=q_object.negated)
        promoter = JoinPromoter(connector, len(q_object.children), current_negated)
        for child in q_object.children:
            child_clause, needed = self.build_filter(
                child,
                can_reuse=used_aliases,
                branch_negated=branch_negated,
                current_negated=current_negated,
                allow_joins=allow_joins,
                split_subq=split_subq,
                check_filterable=check_filterable,
                summarize=summarize,
                update_join_types=update_join_types,
            )
            promoter.add_votes(needed)
            if child_clause:
                clause.add(child_clause, connector)
        return clause, promoter.update_join_types(self) if update_join_types else []

    def add_filtered_relation(self: Any, filtered_relation: Any, alias: str) -> None:
        """Add a filtered relation under a name."""
        if "." in alias:
            raise ValueError(
                f"FilteredRelation doesn't support aliases with periods (got {alias!r})."
            )
        check_alias(alias)
        relation = filtered_relation.clone()
        relation.alias = filtered_relation.alias = alias
        name = relation.relation_name
        lookups, relation_parts, _ = self.solve_lookup_type(name)
        if lookups:
            raise ValueError(
                f"FilteredRelation's relation_name cannot contain lookups (got {name!r})."
            )
        for path in referenced_paths(relation.condition):
            path_lookups, parts, _ = self.solve_lookup_type(path)
            before_field = parts[: -1 if path_lookups else -2]
            for known, part in zip(relation_parts, before_field, strict=False):
                if known != part:
                    raise ValueError(
                        "FilteredRelation's condition doesn't support "
                        f"relations outside the {name!r} (got {path!r})."
                    )
            if len(parts) > len(relation_parts) + 1:
                raise ValueError(
                    "FilteredRelation's condition doesn't support nested "
                    f"relations deeper than the relation_name (got {path!r} for {name!r})."
                )
        relation.condition = rename_prefix(name, alias, relation.condition)
        self._filtered_relations[alias] = relation

    def split_exclude(
        self: Any, filter_expr: Any, can_reuse: Any, names_with_path: list[Any]
    ) -> tuple[Any, Any]:
        """Exclude over a multi-valued relation: NOT EXISTS (a related row that matches)."""
        query = self.__class__(self.model)
        query._filtered_relations = self._filtered_relations
        path, value = filter_expr
        if isinstance(value, OuterRef):
            value = OuterRef(value)  # type: ignore[arg-type]  # one level further out
        elif isinstance(value, F):
            value = OuterRef(value.name)
        query.add_filter(path, value)
        query.clear_ordering(force=True)
        prefix, contains_outer = query.trim_start(names_with_path)
        column = query.select[0]
        exact = column.target.get_lookup("exact")
        if column.alias in can_reuse:
            # The outer query's own filters on the relation must hold for the same row.
            pk = column.target.model._meta.pk
            alias = column.alias
            query.bump_prefix(self)
            query.where.add(exact(pk.get_col(query.select[0].alias), pk.get_col(alias)), AND)
            query.external_aliases[alias] = True
        else:
            query.where.add(exact(column, ResolvedOuterRef(prefix)), AND)
        condition, needed = self.build_filter(Exists(query))
        if contains_outer:
            or_null, _ = self.build_filter(
                (f"{prefix}__isnull", True),
                current_negated=True,
                branch_negated=True,
                can_reuse=can_reuse,
            )
            condition.add(or_null, OR)
        return condition, needed

    def trim_start(self: Any, names_with_path: list[Any]) -> tuple[str, bool]:
        """Drop the first joins of a subquery up to the multi-valued one.

        Returns:
            The path from the outer query to where the subquery now starts, and whether an
            outer join was dropped.
        """
        all_paths = [hop for _, hops in names_with_path for hop in hops]
        contains_outer = False
        tables = [
            alias
            for alias in self.alias_map
            if alias in self._lookup_joins or alias == self.base_table
        ]
        trimmed = 0
        hop = all_paths[0]
        for trimmed, hop in enumerate(all_paths):
            if hop.m2m:
                break
            if self.alias_map[tables[trimmed + 1]].join_type == LOUTER:
                contains_outer = True
            self.unref_alias(tables[trimmed])
        join_field = hop.join_field.field
        prefix: list[str] = []
        left = trimmed
        for name, hops in names_with_path:
            if left - len(hops) < 0:
                break
            prefix.append(name)
            left -= len(hops)
        prefix.append(join_field.foreign_related_fields[0].name)
        first = self.alias_map[tables[trimmed + 1]]
        if first.join_type != LOUTER and not first.filtered_relation:
            select_fields = [pair[0] for pair in join_field.related_fields]
            select_alias = tables[trimmed + 1]
            self.unref_alias(tables[trimmed])
            restriction = join_field.get_extra_restriction(None, tables[trimmed + 1])
            if restriction:
                self.where.add(restriction, AND)
        else:
            select_fields = [pair[1] for pair in join_field.related_fields]
            select_alias = tables[trimmed]
        # FROM must not start with a JOIN.
        for alias, entry in self.alias_map.items():
            if self.alias_refcount[alias] > 0:
                self.alias_map[alias] = self.base_table_class(entry.table_name, alias)
                break
        self.set_select([field.get_col(select_alias) for field in select_fields])
        return LOOKUP_SEP.join(prefix), contains_outer

    def set_empty(self: Any) -> None:
        """Make the query match nothing."""
        self.where.add(NothingNode(), AND)
        for query in self.combined_queries:
            query.set_empty()

    def is_empty(self: Any) -> bool:
        """Whether the query was made to match nothing."""
        return any(isinstance(child, NothingNode) for child in self.where.children)
