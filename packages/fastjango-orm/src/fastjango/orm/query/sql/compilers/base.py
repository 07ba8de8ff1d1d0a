"""What all compilers share: names, nodes, execution and conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastjango.core.exceptions import EmptyResultSet
from fastjango.orm.engine.runner import current_edge, run
from fastjango.orm.engine.statement import Statement
from fastjango.orm.query.constants import MULTI, NO_RESULTS, ROW_COUNT, SINGLE
from fastjango.orm.query.expressions import ColPairs
from fastjango.orm.query.sql.compilers.driver import get_converters, to_driver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastjango.orm.engine.statement import Steps

__all__ = ["BaseCompiler"]

# What the driver fetches for each kind of result.
_FETCH: Final = {MULTI: "all", SINGLE: "one", ROW_COUNT: "none", NO_RESULTS: "none"}


class BaseCompiler:
    """Compiles a query for one connection.

    Args:
        query: The query.
        connection: The connection whose words are used.
        using: Its alias.
        elide_empty: Whether a query that cannot find anything is left out.
    """

    writes = False

    def __init__(
        self, query: Any, connection: Any, using: str | None, elide_empty: bool = True
    ) -> None:
        self.query = query
        self.connection = connection
        self.using = using
        self.elide_empty = elide_empty
        self.quote_cache: dict[str, str] = {"*": "*"}
        self.select: Any = None
        self.annotation_col_map: Any = None
        self.klass_info: Any = None
        self.col_count: int | None = None
        self.has_extra_select = False
        self._meta_ordering: Any = None

    def __repr__(self) -> str:
        model = self.query.model
        return (
            f"<{self.__class__.__qualname__} model={getattr(model, '__qualname__', None)} "
            f"connection={self.connection!r} using={self.using!r}>"
        )

    def quote_name(self, name: str) -> str:
        """Return a table's, column's or alias's name in quotes."""
        quoted = self.quote_cache.get(name)
        if quoted is None:
            quoted = self.quote_cache[name] = self.connection.ops.quote_name(name)
        return quoted

    def __call__(self, name: str) -> str:
        return self.quote_name(name)

    def quote_name_unless_alias(self, name: str) -> str:
        """Return the name in quotes (the older name of `quote_name`)."""
        return self.quote_name(name)

    def compile(self, node: Any) -> tuple[str, Sequence[Any]]:
        """Return a node's SQL and parameters, by `as_<vendor>` if it has that."""
        vendor_impl = getattr(node, f"as_{self.connection.vendor}", None)
        compiled: tuple[str, Sequence[Any]]
        if vendor_impl:
            compiled = vendor_impl(self, self.connection)
        else:
            compiled = node.as_sql(self, self.connection)
        return compiled

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Sequence[Any]]:
        """Return the statement and its parameters."""
        raise NotImplementedError

    # -- execution ---------------------------------------------------------------------

    def statement(self, sql: str, params: Sequence[Any], fetch: Any = "all") -> Statement:
        """Return the statement for the driver of the edge that runs this code."""
        alias = self.using or self.connection.alias
        edge = current_edge(alias)
        sql, params = to_driver(sql, params, self.connection, edge)
        return Statement(
            sql,
            tuple(params),
            fetch=fetch,
            kind="write" if self.writes else "read",
            using=alias,
        )

    def prepare_steps(self) -> Steps[None]:
        """Do what must be asked of the database before the statement can be written."""
        return
        yield  # pyright: ignore[reportUnreachable]  # makes this a generator

    def execute_steps(self, result_type: str = MULTI) -> Steps[Any]:
        """Run the statement.

        Args:
            result_type: `MULTI` for all rows, `SINGLE` for the first, `ROW_COUNT` and
                `NO_RESULTS` for the number of rows.

        Returns:
            Rows as the driver gave them, without the columns added for the database's sake.
        """
        yield from self.prepare_steps()
        try:
            sql, params = self.as_sql()
            if not sql:
                raise EmptyResultSet
        except EmptyResultSet:
            return [] if result_type == MULTI else None
        result = yield self.statement(sql, params, _FETCH[result_type])
        if result_type in (ROW_COUNT, NO_RESULTS):
            return result.rowcount
        rows = self.trimmed(result.rows)
        if result_type == SINGLE:
            return rows[0] if rows else None
        return rows

    def execute_sql(self, result_type: str = MULTI) -> Any:
        """Run the statement on the synchronous edge; see `execute_steps`."""
        return run(self.execute_steps(result_type), self.using or self.connection.alias)

    # -- results -----------------------------------------------------------------------

    def trimmed(self, rows: Any) -> Any:
        """Return rows without the columns that were added for the database's sake."""
        if not self.has_extra_select:
            return rows
        return [row[: self.col_count] for row in rows]

    def get_converters(self, expressions: Sequence[Any]) -> dict[int, Any]:
        """Return, by position, the converters of the columns that need any."""
        return get_converters(expressions, self.connection)

    def apply_converters(self, rows: Any, converters: dict[int, Any]) -> Any:
        """Yield rows as lists with converted values."""
        items = list(converters.items())
        for row in map(list, rows):
            for position, (functions, expression) in items:
                value: Any = row[position]
                for function in functions:
                    value = function(value, expression, self.connection)
                row[position] = value
            yield row

    def has_composite_fields(self, expressions: Sequence[Any]) -> bool:
        """Whether any expression is several columns."""
        return any(isinstance(expression, ColPairs) for expression in expressions)

    def composite_fields_to_tuples(self, rows: Any, expressions: Sequence[Any]) -> Any:
        """Yield rows in which each composite value is one tuple."""
        sizes = [
            len(expression) if isinstance(expression, ColPairs) else 0 for expression in expressions
        ]
        for row in rows:
            values: list[Any] = []
            position = 0
            for size in sizes:
                if size:
                    values.append(tuple(row[position : position + size]))
                    position += size
                else:
                    values.append(row[position])
                    position += 1
            yield values

    def convert_rows(self, rows: Sequence[Any], expressions: Sequence[Any]) -> list[Any]:
        """Return rows with Python values, composite values as tuples."""
        converters = self.get_converters(expressions)
        converted: Any = rows
        if converters:
            converted = self.apply_converters(converted, converters)
        if self.has_composite_fields(expressions):
            converted = self.composite_fields_to_tuples(converted, expressions)
        return list(converted)
