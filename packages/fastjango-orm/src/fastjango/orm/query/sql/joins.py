"""Entries of FROM: the base table, joins, and the decision between INNER and LEFT OUTER."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import FullResultSet
from fastjango.orm.query.constants import AND, INNER, LOUTER, OR

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["BaseTable", "Join", "JoinPromoter", "MultiJoin"]


class MultiJoin(Exception):  # a signal between two functions, not an error
    """A path reached a multi-valued relation where none is allowed."""

    def __init__(self, names_pos: int, path_with_names: list[Any]) -> None:
        super().__init__(names_pos, path_with_names)
        self.level = names_pos
        self.names_with_path = path_with_names


class Join:
    """A joined table.

    Args:
        table_name: The table.
        parent_alias: The alias it is joined to.
        table_alias: Its own alias, if known.
        join_type: `INNER` or `LOUTER`.
        join_field: The relation it follows.
        nullable: Whether the relation may lead nowhere.
        filtered_relation: More conditions of the ON clause.
    """

    def __init__(
        self,
        table_name: str,
        parent_alias: str,
        table_alias: str | None,
        join_type: str,
        join_field: Any,
        nullable: bool,
        filtered_relation: Any = None,
    ) -> None:
        self.table_name = table_name
        self.parent_alias = parent_alias
        self.table_alias = table_alias
        self.join_type = join_type
        self.join_fields = join_field.get_joining_fields()
        self.join_cols = tuple((left.column, right.column) for left, right in self.join_fields)
        self.join_field = join_field
        self.nullable = nullable
        self.filtered_relation = filtered_relation

    def _conditions(self, compiler: Any, connection: Any) -> tuple[list[str], list[Any]]:
        quote = compiler.quote_name
        left_alias, right_alias = quote(self.parent_alias), quote(self.table_alias)
        conditions = [
            f"{left_alias}.{quote(left)} = {right_alias}.{quote(right)}"
            for left, right in self.join_cols
        ]
        params: list[Any] = []
        restriction = self.join_field.get_extra_restriction(self.table_alias, self.parent_alias)
        if restriction:
            sql, extra_params = compiler.compile(restriction)
            conditions.append(f"({sql})")
            params.extend(extra_params)
        if self.filtered_relation:
            try:
                sql, extra_params = compiler.compile(self.filtered_relation)
            except FullResultSet:
                pass
            else:
                conditions.append(f"({sql})")
                params.extend(extra_params)
        return conditions, params

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the JOIN with its ON clause."""
        conditions, params = self._conditions(compiler, connection)
        if not conditions:
            declared = getattr(self.join_field, "field", self.join_field)
            raise ValueError(
                f"Join generated an empty ON clause. {declared.__class__} did not yield either "
                "joining columns or extra restrictions."
            )
        quote = compiler.quote_name
        alias = "" if self.table_alias == self.table_name else f" {quote(self.table_alias)}"
        on_clause = " AND ".join(conditions)
        return f"{self.join_type} {quote(self.table_name)}{alias} ON ({on_clause})", params

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> Join:
        """Return the same join with aliases renamed."""
        relation = self.filtered_relation
        if relation is not None:
            relation = relation.relabeled_clone(change_map)
        return self.__class__(
            self.table_name,
            change_map.get(self.parent_alias, self.parent_alias),
            change_map.get(self.table_alias, self.table_alias),
            self.join_type,
            self.join_field,
            self.nullable,
            filtered_relation=relation,
        )

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two joins the same."""
        return (
            self.__class__,
            self.table_name,
            self.parent_alias,
            self.join_field,
            self.filtered_relation,
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Join):
            return NotImplemented
        return self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity[:-1])

    def _with_type(self, join_type: str) -> Join:
        clone = self.relabeled_clone({})
        clone.join_type = join_type
        return clone

    def demote(self) -> Join:
        """Return the same join as INNER."""
        return self._with_type(INNER)

    def promote(self) -> Join:
        """Return the same join as LEFT OUTER."""
        return self._with_type(LOUTER)


class BaseTable:
    """The first table of FROM."""

    join_type = None
    parent_alias = None
    filtered_relation = None

    def __init__(self, table_name: str, alias: str | None) -> None:
        self.table_name = table_name
        self.table_alias = alias

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return table and alias."""
        quote = compiler.quote_name
        alias = "" if self.table_alias == self.table_name else f" {quote(self.table_alias)}"
        return f"{quote(self.table_name)}{alias}", []

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> BaseTable:
        """Return the same table with its alias renamed."""
        return self.__class__(self.table_name, change_map.get(self.table_alias, self.table_alias))

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two base tables the same."""
        return self.__class__, self.table_name, self.table_alias

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseTable):
            return NotImplemented
        return self.identity == other.identity

    def __hash__(self) -> int:
        return hash(self.identity)


class JoinPromoter:
    """Counts which joins the parts of a condition need, then sets their kinds.

    A join that every part of an OR needs, or any part of an AND, may be INNER: rows without
    a partner cannot fulfil the condition. A join that only some parts of an OR need must be
    LEFT OUTER, or it would remove rows that another part accepts.

    Args:
        connector: How the parts are joined.
        num_children: How many parts there are.
        negated: Whether the whole is negated, which exchanges AND and OR.
    """

    def __init__(self, connector: str, num_children: int, negated: bool) -> None:
        self.connector = connector
        self.negated = negated
        self.num_children = num_children
        if negated:
            self.effective_connector: str = OR if connector == AND else AND
        else:
            self.effective_connector = connector
        self.votes: Counter[str] = Counter()

    def __repr__(self) -> str:
        return (
            f"{self.__class__.__qualname__}(connector={self.connector!r}, "
            f"num_children={self.num_children!r}, negated={self.negated!r})"
        )

    def add_votes(self, votes: Iterable[str]) -> None:
        """Count one vote for each alias that a part needs."""
        self.votes.update(votes)

    def update_join_types(self, query: Any) -> set[str]:
        """Set the kinds of the joins.

        Returns:
            The aliases that may be INNER.
        """
        either = self.effective_connector == OR
        promote = {alias for alias, n in self.votes.items() if either and n < self.num_children}
        demote = {
            alias
            for alias, n in self.votes.items()
            if self.effective_connector == AND or (either and n == self.num_children)
        }
        query.promote_joins(promote)
        query.demote_joins(demote)
        return demote
