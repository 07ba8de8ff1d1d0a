"""One SQL query as data: tables, conditions, columns, order."""

# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

import copy
from itertools import chain
from typing import TYPE_CHECKING, Any

from fastjango.core.functional import cached_property
from fastjango.orm.engine.handler import connections
from fastjango.orm.query.expressions import BaseExpression, ColPairs
from fastjango.orm.query.sql.aggregation import AggregationMixin
from fastjango.orm.query.sql.aliases import AliasMixin
from fastjango.orm.query.sql.filters import FilterMixin
from fastjango.orm.query.sql.joins import BaseTable, Join
from fastjango.orm.query.sql.resolution import ResolutionMixin
from fastjango.orm.query.sql.selection import SelectionMixin
from fastjango.orm.query.sql.where import WhereNode

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Query", "get_order_dir"]


_compilers: dict[str, Any] = {}


def get_order_dir(field: str, default: str = "ASC") -> tuple[str, str]:
    """Split `-name` into the name and its direction.

    Args:
        field: The name, with `-` for the opposite of the default direction.
        default: The direction without a sign.
    """
    if field[0] == "-":
        return field[1:], "DESC" if default == "ASC" else "ASC"
    return field, default


class Query(
    AliasMixin,
    ResolutionMixin,
    FilterMixin,
    SelectionMixin,
    AggregationMixin,
    BaseExpression,
):
    """A query over a model.

    Args:
        model: The model, `None` for a query without a table.
        alias_cols: Whether columns are written with their table.
    """

    alias_prefix = "T"
    empty_result_set_value = None
    subq_aliases: Any = frozenset(["T"])
    compiler = "SQLCompiler"
    base_table_class = BaseTable
    join_class = Join

    default_cols = True
    default_ordering = True
    standard_ordering = True
    filter_is_sticky = False
    subquery = False
    contains_subquery = False
    select: Any = ()
    # None: no grouping; a tuple: at least these; True: all fields of the model.
    group_by: Any = None
    order_by: tuple[Any, ...] = ()
    low_mark = 0
    high_mark: int | None = None
    distinct = False
    distinct_fields: tuple[str, ...] = ()
    select_for_update = False
    select_for_update_nowait = False
    select_for_update_skip_locked = False
    select_for_update_of: tuple[str, ...] = ()
    select_for_no_key_update = False
    select_related: Any = False
    max_depth = 5
    values_select: Any = ()
    selected: Any = None
    annotation_select_mask: Any = None
    _annotation_select_cache: Any = None
    combinator: str | None = None
    combinator_all = False
    combined_queries: tuple[Any, ...] = ()
    extra_select_mask: Any = None
    _extra_select_cache: Any = None
    extra_tables: tuple[str, ...] = ()
    extra_order_by: Any = ()
    deferred_loading: tuple[frozenset[str], bool] = (frozenset(), True)
    explain_info: Any = None
    _lookup_joins: Any = ()

    def __init__(self, model: Any, alias_cols: bool = True) -> None:
        self.model = model
        self.alias_refcount: dict[str, int] = {}
        self.alias_map: dict[str, Any] = {}
        self.alias_cols = alias_cols
        self.external_aliases: dict[str, bool] = {}
        self.table_map: dict[str, list[str]] = {}
        self.used_aliases: set[str] = set()
        self.where: Any = WhereNode()
        self.annotations: dict[str, Any] = {}
        self.extra: dict[str, Any] = {}
        self._filtered_relations: dict[str, Any] = {}

    @property
    def output_field(self) -> Any:
        """The type of the one thing that is selected; `None` if it is not one."""
        if len(self.select) == 1:
            selected = self.select[0]
            return getattr(selected, "target", None) or selected.field
        if len(self.annotation_select) == 1:
            return next(iter(self.annotation_select.values())).output_field
        return None

    @cached_property
    def base_table(self) -> Any:
        """The alias of the first table."""
        return next(iter(self.alias_map), None)

    def __str__(self) -> str:
        sql, params = self.sql_with_params()
        return sql % tuple(params)

    def sql_with_params(self) -> tuple[str, Sequence[Any]]:
        """Return the SELECT for the default database, with `%s` for each parameter."""
        compiled: tuple[str, Sequence[Any]] = self.get_compiler("default").as_sql()
        return compiled

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        result = self.clone()
        memo[id(self)] = result
        return result

    def get_compiler(
        self, using: str | None = None, connection: Any = None, elide_empty: bool = True
    ) -> Any:
        """Return a compiler of this query for a database.

        Args:
            using: The alias, or
            connection: the connection.
            elide_empty: Whether a query that cannot find anything is left out.
        """
        if using is None and connection is None:
            raise ValueError("Need either using or connection")
        if using:
            connection = connections[using]
        compiler = _compilers.get(self.compiler)
        if compiler is None:
            # Compilers are built on queries: their module is read at the first use.
            from fastjango.orm.query.sql.compilers import COMPILERS

            _compilers.update(COMPILERS)
            compiler = _compilers[self.compiler]
        return compiler(self, connection, using, elide_empty)

    def get_meta(self) -> Any:
        """Return the model's options."""
        return self.model._meta if self.model else None

    def clone(self) -> Any:
        """Return a copy that can be changed without changing this query."""
        clone = self.__class__.__new__(self.__class__)
        state = self.__dict__.copy()
        clone.__dict__ = state
        clone.alias_refcount = self.alias_refcount.copy()
        clone.alias_map = self.alias_map.copy()
        clone.external_aliases = self.external_aliases.copy()
        clone.table_map = self.table_map.copy()
        clone.where = self.where.clone()
        clone.annotations = self.annotations.copy()
        if self.combined_queries:
            clone.combined_queries = tuple(query.clone() for query in self.combined_queries)
        clone._annotation_select_cache = None
        clone.extra = self.extra.copy()
        clone._extra_select_cache = None
        if self.selected is not None:
            clone.selected = self.selected.copy()
        if self.select_related is not False:
            clone.select_related = copy.deepcopy(self.select_related)
        clone.used_aliases = self.used_aliases.copy()
        clone._filtered_relations = self._filtered_relations.copy()
        state.pop("base_table", None)
        return clone

    def chain(self, klass: Any = None) -> Any:
        """Return a copy for the next operation.

        Args:
            klass: The kind of query that the copy becomes.
        """
        clone = self.clone()
        if klass and clone.__class__ is not klass:
            clone.__class__ = klass
        if not clone.filter_is_sticky:
            clone.used_aliases = set()
        clone.filter_is_sticky = False
        if hasattr(clone, "_setup_query"):
            clone._setup_query()
        return clone

    def copy(self) -> Any:
        """Return a copy that can be changed without changing this query."""
        return self.clone()

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> Any:
        """Return a copy with table aliases renamed."""
        clone = self.clone()
        clone.change_aliases(change_map)
        return clone

    @property
    def fields_len(self) -> int:
        """How many columns the query selects."""
        if not self.has_select_fields or not self.select:
            return len(self.model._meta.pk_fields)
        return len(self.select) + sum(
            len(expr.targets) - 1 for expr in self.select if isinstance(expr, ColPairs)
        )

    def resolve_expression(self, query: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return a copy that is a subquery of `query`."""
        clone = self.clone()
        clone.bump_prefix(query)
        clone.subquery = True
        _resolve_outer_references(clone.where, query, args, kwargs)
        if clone.combinator:
            clone.combined_queries = tuple(
                combined.resolve_expression(query, *args, **kwargs)
                for combined in clone.combined_queries
            )
        for name, expr in clone.annotations.items():
            resolved = expr.resolve_expression(query, *args, **kwargs)
            if hasattr(resolved, "external_aliases"):
                resolved.external_aliases.update(clone.external_aliases)
            clone.annotations[name] = resolved
        clone._annotation_select_cache = None
        for alias, entry in query.alias_map.items():
            clone.external_aliases[alias] = (
                isinstance(entry, Join) and entry.join_field.related_model._meta.db_table != alias
            ) or (isinstance(entry, BaseTable) and entry.table_name != entry.table_alias)
        return clone

    def get_external_cols(self) -> list[Any]:
        """Return the outer query's columns that this subquery reads."""
        exprs = chain(self.annotations.values(), self.where.children)
        return [
            column
            for column in self._gen_cols(exprs, include_external=True)
            if column.alias in self.external_aliases
        ]

    def get_group_by_cols(self, wrapper: Any = None) -> list[Any]:
        """Return the outer columns to group by, or the subquery itself.

        Args:
            wrapper: The expression around the query, if any.
        """
        columns = self.get_external_cols()
        if any(column.possibly_multivalued for column in columns):
            return [wrapper or self]
        return columns

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the SELECT, in parentheses if it is a subquery."""
        if self.subquery and not connection.features.ignores_unnecessary_order_by_in_subqueries:
            self.clear_ordering(force=False)
            for query in self.combined_queries:
                query.clear_ordering(force=False)
        sql, params = self.get_compiler(connection=connection).as_sql()
        return (f"({sql})" if self.subquery else sql), params


def _resolve_outer_references(
    node: Any, query: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> None:
    """Bind references to the outer query, in conditions that belong to the inner one alone."""
    for position, child in enumerate(node.children):
        if hasattr(child, "children"):
            _resolve_outer_references(child, query, args, kwargs)
        elif hasattr(child, "lhs") or hasattr(child, "rhs"):
            clone = child.copy()
            for side in ("lhs", "rhs"):
                value = getattr(clone, side, None)
                if value is not None and hasattr(value, "resolve_expression"):
                    setattr(clone, side, value.resolve_expression(query, *args, **kwargs))
            node.children[position] = clone
