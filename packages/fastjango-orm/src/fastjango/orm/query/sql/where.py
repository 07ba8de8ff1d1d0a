"""The tree behind WHERE, HAVING and window filters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.core.functional import cached_property
from fastjango.orm.query.constants import AND, OR, XOR
from fastjango.orm.query.fieldtypes import FixedField
from fastjango.values.tree import Node

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["AND", "OR", "XOR", "ExtraWhere", "NothingNode", "WhereNode"]


class WhereNode(Node):
    """Conditions joined by AND, OR or XOR, possibly negated."""

    default = AND
    resolved = False
    conditional = True
    output_field = FixedField("BooleanField")

    def split_having_qualify(
        self, negated: bool = False, must_group_by: bool = False
    ) -> tuple[WhereNode | None, WhereNode | None, WhereNode | None]:
        """Split into what WHERE, HAVING and a filter over window functions must hold.

        Args:
            negated: Whether a node above negates this one.
            must_group_by: Whether the query groups.

        Returns:
            The three nodes, `None` for an empty one.
        """
        if not self.contains_aggregate and not self.contains_over_clause:
            return self, None, None
        in_negated = negated ^ self.negated
        connected = (
            (in_negated and self.connector == AND)
            or (not in_negated and self.connector == OR)
            or self.connector == XOR
        )
        if connected and self.contains_aggregate and not self.contains_over_clause:
            return None, self, None
        where: list[Any] = []
        having: list[Any] = []
        qualify: list[Any] = []
        for child in self.children:
            if hasattr(child, "split_having_qualify"):
                parts = child.split_having_qualify(in_negated, must_group_by)
                for part, target in zip(parts, (where, having, qualify), strict=True):
                    if part is not None:
                        target.append(part)
            elif child.contains_over_clause:
                qualify.append(child)
            elif child.contains_aggregate:
                having.append(child)
            else:
                where.append(child)
        if connected and qualify:
            if where and must_group_by:
                raise NotImplementedError(
                    "Heterogeneous disjunctive predicates against window functions are "
                    "not implemented when performing conditional aggregation."
                )
            return None, None, self
        return self._subset(where), self._subset(having), self._subset(qualify)

    def _subset(self, children: list[Any]) -> WhereNode | None:
        return self.create(children, self.connector, self.negated) if children else None

    def _xor_replacement(self) -> WhereNode:
        """Return the same condition without XOR: true for an odd number of true children."""
        from fastjango.orm.query.expressions import Case, When
        from fastjango.orm.query.functions.math import Mod
        from fastjango.orm.query.lookups.builtin import Exact

        counted: list[Any] = [Case(When(child, then=1), default=0) for child in self.children]
        total: Any = counted[0]
        for term in counted[1:]:
            total += term
        if len(self.children) > 2:
            total = Mod(total, 2)
        either = self.__class__(self.children, OR)
        return self.__class__([either, Exact(1, total)], AND, self.negated)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the condition.

        Raises:
            EmptyResultSet: Nothing can fulfil it.
            FullResultSet: Everything fulfils it.
        """
        if self.connector == XOR and not connection.features.supports_logical_xor:
            return self._xor_replacement().as_sql(compiler, connection)
        count = len(self.children)
        full_needed, empty_needed = (count, 1) if self.connector == AND else (1, count)
        parts: list[str] = []
        all_params: list[Any] = []
        for child in self.children:
            try:
                sql, params = compiler.compile(child)
            except EmptyResultSet:
                empty_needed -= 1
            except FullResultSet:
                full_needed -= 1
            else:
                if sql:
                    parts.append(sql)
                    all_params.extend(params)
                else:
                    full_needed -= 1
            if empty_needed == 0:
                raise FullResultSet if self.negated else EmptyResultSet
            if full_needed == 0:
                raise EmptyResultSet if self.negated else FullResultSet
        if not parts:
            raise FullResultSet
        text = f" {self.connector} ".join(parts)
        if self.negated:
            text = f"NOT ({text})"
        elif len(parts) > 1 or self.resolved:
            text = f"({text})"
        return text, all_params

    def get_group_by_cols(self) -> list[Any]:
        """Return what the children group by."""
        return [column for child in self.children for column in child.get_group_by_cols()]

    def get_source_expressions(self) -> list[Any]:
        """Return the children."""
        return self.children[:]

    def set_source_expressions(self, children: Sequence[Any]) -> None:
        """Replace the children."""
        assert len(children) == len(self.children)
        self.children = list(children)

    def relabel_aliases(self, change_map: Mapping[str | None, str]) -> None:
        """Rename table aliases, in place."""
        if not change_map:
            return
        for position, child in enumerate(self.children):
            if hasattr(child, "relabel_aliases"):
                child.relabel_aliases(change_map)
            elif hasattr(child, "relabeled_clone"):
                self.children[position] = child.relabeled_clone(change_map)

    def clone(self) -> WhereNode:
        """Return a copy whose inner nodes are copies too."""
        return self.create(
            [child.clone() if hasattr(child, "clone") else child for child in self.children],
            self.connector,
            self.negated,
        )

    def copy(self) -> WhereNode:
        """Return a copy whose inner nodes are copies too."""
        return self.clone()

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> WhereNode:
        """Return a copy with table aliases renamed."""
        clone = self.clone()
        clone.relabel_aliases(change_map)
        return clone

    def replace_expressions(self, replacements: Mapping[Any, Any]) -> Any:
        """Return a copy in which equal parts are replaced."""
        if not replacements:
            return self
        if replacement := replacements.get(self):
            return replacement
        return self.create(
            [child.replace_expressions(replacements) for child in self.children],
            self.connector,
            self.negated,
        )

    def get_refs(self) -> set[str]:
        """Return the annotation names that the children refer to."""
        refs: set[str] = set()
        for child in self.children:
            refs |= child.get_refs()
        return refs

    @classmethod
    def _any(cls, node: Any, name: str) -> bool:
        if isinstance(node, Node):
            return any(cls._any(child, name) for child in node.children)
        return bool(getattr(node, name))

    @cached_property
    def contains_aggregate(self) -> bool:
        """Whether any condition holds an aggregate."""
        return self._any(self, "contains_aggregate")

    @cached_property
    def contains_over_clause(self) -> bool:
        """Whether any condition holds a window expression."""
        return self._any(self, "contains_over_clause")

    @cached_property
    def contains_column_references(self) -> bool:
        """Whether any condition reads a column."""
        return self._any(self, "contains_column_references")

    @cached_property
    def contains_subquery(self) -> bool:
        """Whether any condition holds a subquery."""
        return any(
            getattr(leaf, "subquery", False) or getattr(leaf, "contains_subquery", False)
            for leaf in self.leaves()
        )

    @property
    def is_summary(self) -> bool:
        """Whether any condition belongs to the end of `aggregate()`."""
        return any(child.is_summary for child in self.children)

    def resolve_expression(self, *args: Any, **kwargs: Any) -> WhereNode:
        """Resolve both sides of every condition, in a copy."""
        clone = self.clone()
        _resolve_sides(clone, args, kwargs)
        clone.resolved = True
        return clone

    @property
    def _output_field_or_none(self) -> Any:
        return self.output_field

    def select_format(
        self, compiler: Any, sql: str, params: Sequence[Any]
    ) -> tuple[str, Sequence[Any]]:
        """Wrap in CASE where a SELECT list takes no condition."""
        if not compiler.connection.features.supports_boolean_expr_in_select_clause:
            sql = f"CASE WHEN {sql} THEN 1 ELSE 0 END"
        return sql, params

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        """Return the converters of a boolean."""
        converters: list[Callable[..., Any]] = self.output_field.get_db_converters(connection)
        return converters

    def get_lookup(self, lookup: str) -> Any:
        """Return a boolean's lookup of that name."""
        return self.output_field.get_lookup(lookup)

    def leaves(self) -> Iterator[Any]:
        """Yield the conditions of all levels."""
        for child in self.children:
            if isinstance(child, WhereNode):
                yield from child.leaves()
            else:
                yield child


def _resolve_sides(node: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
    for child in getattr(node, "children", ()):
        _resolve_sides(child, args, kwargs)
    for side in ("lhs", "rhs"):
        value = getattr(node, side, None)
        if value is not None and hasattr(value, "resolve_expression"):
            setattr(node, side, value.resolve_expression(*args, **kwargs))


class NothingNode:
    """A condition that nothing fulfils: `none()`."""

    contains_aggregate = False
    contains_over_clause = False
    contains_column_references = False
    is_summary = False

    def as_sql(self, compiler: Any = None, connection: Any = None) -> NoReturn:
        """Say so."""
        raise EmptyResultSet

    def get_group_by_cols(self) -> list[Any]:
        """Return nothing."""
        return []

    def get_refs(self) -> set[str]:
        """Return nothing."""
        return set()

    def replace_expressions(self, replacements: Mapping[Any, Any]) -> NothingNode:
        """Return this object."""
        return self


class ExtraWhere:
    """Conditions written as SQL by `extra(where=…)`."""

    contains_aggregate = False
    contains_over_clause = False
    contains_column_references = True
    is_summary = False

    def __init__(self, sqls: Sequence[str] | None, params: Sequence[Any] | None) -> None:
        self.sqls = sqls
        self.params = params

    def as_sql(self, compiler: Any = None, connection: Any = None) -> tuple[str, Sequence[Any]]:
        """Return the texts joined with AND."""
        params = list(self.params or ())
        if params:
            params = [connection.ops.adapt_unknown_value(value) for value in params]
        return " AND ".join(f"({sql})" for sql in self.sqls or ()), params

    def get_group_by_cols(self) -> list[Any]:
        """Return nothing: the text is not looked into."""
        return []

    def get_refs(self) -> set[str]:
        """Return nothing: the text is not looked into."""
        return set()

    def replace_expressions(self, replacements: Mapping[Any, Any]) -> ExtraWhere:
        """Return this object."""
        return self
