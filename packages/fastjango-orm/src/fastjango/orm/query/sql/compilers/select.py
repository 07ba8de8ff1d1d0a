"""SELECT."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.orm.exceptions import NotSupportedError, TransactionManagementError
from fastjango.orm.query.constants import MULTI
from fastjango.orm.query.expressions import ColPairs, RawSQL, Value
from fastjango.orm.query.sql.compilers.base import BaseCompiler
from fastjango.orm.query.sql.compilers.combining import CombiningMixin
from fastjango.orm.query.sql.compilers.grouping import GroupingMixin
from fastjango.orm.query.sql.compilers.ordering import OrderingMixin
from fastjango.orm.query.sql.compilers.related import RelatedMixin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["SQLCompiler"]


class SQLCompiler(CombiningMixin, RelatedMixin, GroupingMixin, OrderingMixin, BaseCompiler):
    """Compiles a query that reads rows."""

    where: Any = None
    having: Any = None
    qualify: Any = None

    # -- what is selected --------------------------------------------------------------

    def setup_query(self, with_col_aliases: bool = False) -> None:
        """Compute the SELECT list."""
        if all(self.query.alias_refcount[alias] == 0 for alias in self.query.alias_map):
            self.query.get_initial_alias()
        self.select, self.klass_info, self.annotation_col_map = self.get_select(
            with_col_aliases=with_col_aliases
        )
        self.col_count = len(self.select)

    def pre_sql_setup(self, with_col_aliases: bool = False) -> tuple[Any, Any, Any]:
        """Compute all clauses, whose joins must be known before FROM is written."""
        self.setup_query(with_col_aliases=with_col_aliases)
        order_by = self.get_order_by()
        self.where, self.having, self.qualify = self.query.where.split_having_qualify(
            must_group_by=self.query.group_by is not None
        )
        extra_select = self.get_extra_select(order_by, self.select)
        self.has_extra_select = bool(extra_select)
        group_by = self.get_group_by(self.select + extra_select, order_by)
        return extra_select, order_by, group_by

    def _selected(self, cols: Any) -> tuple[list[tuple[Any, Any]], list[int]]:
        """Return what is selected as (alias, expression), and the places of model fields."""
        query = self.query
        if query.selected is None:
            extra = [(alias, RawSQL(*args)) for alias, args in query.extra_select.items()]
            selected = [*extra, *((None, col) for col in cols), *query.annotation_select.items()]
            return selected, list(range(len(extra), len(extra) + len(cols)))
        chosen: list[tuple[Any, Any]] = []
        select_fields: list[int] = []
        for index, (alias, expression) in enumerate(query.selected.items()):
            name: Any = alias
            if isinstance(expression, str):
                expression = query.annotations[expression]
            elif isinstance(expression, int):
                select_fields.append(index)
                expression = cols[expression]
            if isinstance(expression, ColPairs):
                name = None
            chosen.append((name, expression))
        return chosen, select_fields

    def get_select(self, with_col_aliases: bool = False) -> tuple[Any, Any, dict[str, int]]:
        """Return the SELECT list, what instances are built from, and annotations by name.

        The list has (expression, (SQL, parameters), alias) for each entry.
        """
        query = self.query
        assert not (query.select and query.default_cols)
        select_mask = query.get_select_mask()
        cols = self.get_default_columns(select_mask) if query.default_cols else query.select
        selected, select_fields = self._selected(cols)
        klass_info: dict[str, Any] | None = None
        if select_fields:
            klass_info = {"model": query.model, "select_fields": select_fields}
        annotations = {alias: index for index, (alias, _) in enumerate(selected) if alias}
        select = [(expression, alias) for alias, expression in selected]
        if query.select_related:
            infos = self.get_related_selections(select, select_mask)
            assert klass_info is not None
            klass_info["related_klass_infos"] = infos
            self.get_select_from_parent(klass_info)
        result: list[Any] = []
        number = 1
        for expression, alias in select:
            sql, params = self._compile_selected(expression)
            if alias is None and with_col_aliases:
                alias = f"col{number}"
                number += 1
            result.append((expression, (sql, params), alias))
        return result, klass_info, annotations

    def _compile_selected(self, expression: Any) -> tuple[str, Sequence[Any]]:
        try:
            sql, params = self.compile(expression)
        except EmptyResultSet:
            constant = getattr(expression, "empty_result_set_value", NotImplemented)
            if constant is NotImplemented:
                return "0", ()
            return self.compile(Value(constant))
        except FullResultSet:
            return self.compile(Value(True))
        formatted: tuple[str, Sequence[Any]] = expression.select_format(self, sql, params)
        return formatted

    # -- the statement -----------------------------------------------------------------

    def get_from_clause(self) -> tuple[list[str], list[Any]]:
        """Return the tables in use, with their joins."""
        query = self.query
        result: list[str] = []
        all_params: list[Any] = []
        for alias, entry in tuple(query.alias_map.items()):
            if query.alias_refcount[alias]:
                sql, params = self.compile(entry)
                result.append(sql)
                all_params.extend(params)
        for table in query.extra_tables:
            alias, _ = query.table_alias(table)
            if alias not in query.alias_map or query.alias_refcount[alias] == 1:
                result.append(f", {self.quote_name(alias)}")
        return result, all_params

    def _for_update(self, sliced: bool) -> str | None:
        """Return the locking clause; refuse what the database cannot lock."""
        query, features = self.query, self.connection.features
        if not query.select_for_update or not features.has_select_for_update:
            return None
        if features.supports_transactions and not self._in_transaction():
            raise TransactionManagementError(
                "select_for_update cannot be used outside of a transaction."
            )
        if sliced and not features.supports_select_for_update_with_limit:
            raise NotSupportedError(
                "LIMIT/OFFSET is not supported with select_for_update on this database backend."
            )
        for wanted, supported, words in (
            (query.select_for_update_nowait, features.has_select_for_update_nowait, "NOWAIT"),
            (
                query.select_for_update_skip_locked,
                features.has_select_for_update_skip_locked,
                "SKIP LOCKED",
            ),
            (query.select_for_update_of, features.has_select_for_update_of, "FOR UPDATE OF"),
            (
                query.select_for_no_key_update,
                features.has_select_for_no_key_update,
                "FOR NO KEY UPDATE",
            ),
        ):
            if wanted and not supported:
                raise NotSupportedError(f"{words} is not supported on this database backend.")
        clause: str = self.connection.ops.for_update_sql(
            nowait=query.select_for_update_nowait,
            skip_locked=query.select_for_update_skip_locked,
            of=self.get_select_for_update_of_arguments(),
            no_key=query.select_for_no_key_update,
        )
        return clause

    def _in_transaction(self) -> bool:
        return not self.connection.get_autocommit()

    def _where_and_having(self) -> tuple[str, Any, str, Any]:
        try:
            where, where_params = self.compile(self.where) if self.where is not None else ("", [])
        except EmptyResultSet:
            if self.elide_empty:
                raise
            where, where_params = "0 = 1", []
        except FullResultSet:
            where, where_params = "", []
        try:
            having, having_params = (
                self.compile(self.having) if self.having is not None else ("", [])
            )
        except FullResultSet:
            having, having_params = "", []
        return where, where_params, having, having_params

    def _select_statement(
        self, extra_select: Any, order_by: Any, group_by: Any, sliced: bool
    ) -> tuple[list[str], list[Any], Any, str | None]:
        query, features, ops = self.query, self.connection.features, self.connection.ops
        distinct_fields, distinct_params = self.get_distinct()
        # After the other clauses: they may have added joins.
        from_, from_params = self.get_from_clause()
        where, where_params, having, having_params = self._where_and_having()
        result = ["SELECT"]
        params: list[Any] = []
        if query.distinct:
            words, distinct_params = ops.distinct_sql(distinct_fields, distinct_params)
            result += words
            params += distinct_params
        columns: list[str] = []
        for _, (sql, column_params), alias in self.select + extra_select:
            columns.append(f"{sql} AS {ops.quote_name(alias)}" if alias else sql)
            params.extend(column_params)
        result.append(", ".join(columns))
        if from_:
            result += ["FROM", *from_]
        elif features.bare_select_suffix:
            result.append(features.bare_select_suffix)
        params.extend(from_params)
        for_update = self._for_update(sliced)
        if for_update and features.for_update_after_from:
            result.append(for_update)
        if where:
            result.append(f"WHERE {where}")
            params.extend(where_params)
        if group_by:
            if distinct_fields:
                raise NotImplementedError("annotate() + distinct(fields) is not implemented.")
            order_by = order_by or ops.force_no_ordering()
            result.append(f"GROUP BY {', '.join(sql for sql, _ in group_by)}")
            for _, group_params in group_by:
                params.extend(group_params)
            if self._meta_ordering:
                order_by = None
        if having:
            if not group_by:
                result.extend(ops.force_group_by())
            result.append(f"HAVING {having}")
            params.extend(having_params)
        return result, params, order_by, for_update

    def as_sql(
        self, with_limits: bool = True, with_col_aliases: bool = False
    ) -> tuple[str, Sequence[Any]]:
        """Return the statement and its parameters.

        Args:
            with_limits: Whether LIMIT and OFFSET are written.
            with_col_aliases: Whether every column gets an alias.
        """
        query = self.query
        before = query.alias_refcount.copy()
        try:
            combinator = query.combinator
            extra_select, order_by, group_by = self.pre_sql_setup(
                with_col_aliases=with_col_aliases or bool(combinator)
            )
            sliced = with_limits and query.is_sliced
            for_update = None
            if combinator:
                result, params = self._combined_statement(combinator)
            elif self.qualify:
                result, params = self.get_qualify_sql()
                order_by = None
            else:
                result, params, order_by, for_update = self._select_statement(
                    extra_select, order_by, group_by, sliced
                )
            result = self._finish(result, params, order_by, sliced, for_update)
            if query.subquery and extra_select:
                return self._without_extra_select(result, params)
            return " ".join(result), tuple(params)
        finally:
            # Joins made for this statement do not belong to the query.
            query.reset_refcounts(before)

    def _combined_statement(self, combinator: str) -> tuple[list[str], list[Any]]:
        if not getattr(self.connection.features, f"supports_select_{combinator}"):
            raise NotSupportedError(f"{combinator} is not supported on this database backend.")
        return self.get_combinator_sql(combinator, self.query.combinator_all)

    def _finish(
        self,
        result: list[str],
        params: list[Any],
        order_by: Any,
        sliced: bool,
        for_update: str | None,
    ) -> list[str]:
        query, features, ops = self.query, self.connection.features, self.connection.ops
        if query.explain_info:
            info = query.explain_info
            result.insert(0, ops.explain_query_prefix(info.format, **info.options))
        if order_by:
            terms: list[str] = []
            for _, (sql, order_params, _) in order_by:
                terms.append(sql)
                params.extend(order_params)
            clause = f"ORDER BY {', '.join(terms)}"
            if query.combinator and features.requires_compound_order_by_subquery:
                result = ["SELECT * FROM (", *result, ")", clause]
            else:
                result.append(clause)
        if sliced:
            result.append(ops.limit_offset_sql(query.low_mark, query.high_mark))
        if for_update and not features.for_update_after_from:
            result.append(for_update)
        return result

    def _without_extra_select(
        self, result: list[str], params: list[Any]
    ) -> tuple[str, Sequence[Any]]:
        """Wrap a subquery that had to select more than the comparison with it expects."""
        quote = self.connection.ops.quote_name
        columns: list[str] = []
        column_params: list[Any] = []
        for expression, _, alias in self.select:
            if alias:
                columns.append(f"{quote('subquery')}.{quote(alias)}")
            else:
                clone = expression.relabeled_clone({expression.alias: "subquery"})
                sql, sub_params = clone.as_sql(self, self.connection)
                columns.append(sql)
                column_params.extend(sub_params)
        text = f"SELECT {', '.join(columns)} FROM ({' '.join(result)}) subquery"
        return text, (*column_params, *params)

    # -- results -----------------------------------------------------------------------

    def selected_expressions(self) -> list[Any]:
        """Return the expressions whose values a row has, in order."""
        return [entry[0] for entry in self.select[: self.col_count]]

    def explain_steps(self) -> Steps[list[str]]:
        """Run EXPLAIN and return its lines."""
        rows = yield from self.execute_steps(MULTI)
        format = self.query.explain_info.format
        write: Any = json.dumps if format and format.lower() == "json" else str
        # Some drivers give a plan in JSON as text, others have read it already.
        return [
            " ".join(part if isinstance(part, str) else write(part) for part in row) for row in rows
        ]
