"""How databases write expressions: searches, dates, durations, window frames, JSON paths."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from fastjango.orm.engine import literals
from fastjango.orm.exceptions import NotSupportedError

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["ExpressionOperations", "Fragment", "Params"]

Params = Sequence[Any]
Fragment = tuple[str, Params]


def _is_bound(value: object) -> bool:
    """Whether a value can be an end of a window frame."""
    return value is None or isinstance(value, int)


class ExpressionOperations:
    """The part of `connection.ops` that writes expressions."""

    connection: BaseDatabaseWrapper

    PRECEDING = "PRECEDING"
    FOLLOWING = "FOLLOWING"
    UNBOUNDED_PRECEDING = "UNBOUNDED PRECEDING"
    UNBOUNDED_FOLLOWING = "UNBOUNDED FOLLOWING"
    CURRENT_ROW = "CURRENT ROW"

    def field_cast_sql(self, db_type: str | None, internal_type: str) -> str:
        """Template around a column so that it can be compared."""
        return "%s"

    def force_no_ordering(self) -> list[Any]:
        """What ORDER BY takes to mean no order; empty where it may be left out."""
        return []

    def force_group_by(self) -> list[str]:
        """GROUP BY clause for HAVING without groups."""
        return []

    def conditional_expression_supported_in_where_clause(self, expression: Any) -> bool:
        """Whether a condition may stand in WHERE without a comparison."""
        if self.connection.features.has_native_boolean_field:
            return True
        from fastjango.orm.query import expressions, lookups
        from fastjango.orm.query.sql.where import WhereNode

        if isinstance(expression, expressions.Exists | lookups.Lookup | WhereNode):
            return True
        conditional = getattr(expression, "conditional", False)
        if isinstance(expression, expressions.ExpressionWrapper) and conditional:
            return self.conditional_expression_supported_in_where_clause(expression.expression)
        return isinstance(expression, expressions.RawSQL) and bool(conditional)

    def binary_placeholder_sql(self, value: Any, compiler: Any) -> Fragment:
        """Write a binary value."""
        if hasattr(value, "as_sql"):
            compiled: Fragment = compiler.compile(value)
            return compiled
        return "%s", (value,)

    def process_clob(self, value: Any) -> Any:
        """Read a large text."""
        return value

    def compose_sql(self, sql: str, params: Any) -> str:
        """Fill parameters into a statement that cannot take any, such as DDL."""
        return literals.render(sql, params)

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        """Template around a column that is searched in."""
        return "%s"

    def unification_cast_sql(self, output_field: Any) -> str:
        """Template around a column of a combined query."""
        return "%s"

    def prep_for_like_query(self, x: object) -> str:
        r"""Escape the wildcards of LIKE with ``\``."""
        return str(x).replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")

    def prep_for_iexact_query(self, x: object) -> str:
        """Escape a value for a case-insensitive comparison by LIKE."""
        return self.prep_for_like_query(x)

    def regex_lookup(self, lookup_type: str) -> str:
        """Template of a regular expression match."""
        raise NotImplementedError

    def combine_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        """Join expressions by an operator."""
        return f" {connector} ".join(sub_expressions)

    def combine_duration_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        """Join expressions of which one is a duration."""
        return self.combine_expression(connector, sub_expressions)

    def format_for_duration_arithmetic(self, sql: str) -> str:
        """Prepare a duration for arithmetic."""
        raise NotImplementedError

    def subtract_temporals(self, internal_type: str, lhs: Fragment, rhs: Fragment) -> Fragment:
        """Subtract two dates or times."""
        if not self.connection.features.supports_temporal_subtraction:
            raise NotSupportedError(f"This backend does not support {internal_type} subtraction.")
        return f"({lhs[0]} - {rhs[0]})", (*lhs[1], *rhs[1])

    def date_extract_sql(self, lookup_type: str, sql: str, params: Params) -> Fragment:
        """Extract a part of a date."""
        raise NotImplementedError

    def date_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate a date or datetime to a date."""
        raise NotImplementedError

    def datetime_cast_date_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the date of a datetime."""
        raise NotImplementedError

    def datetime_cast_time_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the time of a datetime."""
        raise NotImplementedError

    def datetime_extract_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Extract a part of a datetime."""
        raise NotImplementedError

    def datetime_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Truncate a datetime to a datetime."""
        raise NotImplementedError

    def time_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate a time."""
        raise NotImplementedError

    def time_extract_sql(self, lookup_type: str, sql: str, params: Params) -> Fragment:
        """Extract a part of a time."""
        return self.date_extract_sql(lookup_type, sql, params)

    def window_frame_value(self, value: int) -> str:
        """Write one end of a window frame."""
        if value == 0:
            return self.CURRENT_ROW
        return f"{abs(value)} {self.PRECEDING if value < 0 else self.FOLLOWING}"

    def window_frame_rows_start_end(
        self, start: int | None = None, end: int | None = None
    ) -> tuple[str, str]:
        """Write both ends of a ROWS frame; None is unbounded."""
        for name, value in (("start", start), ("end", end)):
            if not _is_bound(value):
                raise ValueError(
                    f"{name} argument must be an integer, zero, or None, but got '{value}'."
                )
        if start is not None and end is not None and start > end:
            raise ValueError("start cannot be greater than end.")
        return (
            self.UNBOUNDED_PRECEDING if start is None else self.window_frame_value(start),
            self.UNBOUNDED_FOLLOWING if end is None else self.window_frame_value(end),
        )

    def window_frame_range_start_end(
        self, start: int | None = None, end: int | None = None
    ) -> tuple[str, str]:
        """Write both ends of a RANGE frame; None is unbounded."""
        if not _is_bound(start) or (start is not None and start > 0):
            raise ValueError(
                f"start argument must be a negative integer, zero, or None, but got '{start}'."
            )
        if not _is_bound(end) or (end is not None and end < 0):
            raise ValueError(
                f"end argument must be a positive integer, zero, or None, but got '{end}'."
            )
        features = self.connection.features
        if features.only_supports_unbounded_with_preceding_and_following and (start or end):
            raise NotSupportedError(
                f"{self.connection.display_name} only supports UNBOUNDED together with "
                "PRECEDING and FOLLOWING."
            )
        return self.window_frame_rows_start_end(start, end)

    def check_expression_support(self, expression: Any) -> None:
        """Raise `NotSupportedError` for an expression the database computes wrongly."""

    # -- JSON paths ------------------------------------------------------------------------

    def format_json_path_numeric_index(self, num: int) -> str:
        """Write an array index in a JSON path."""
        return f"[{num}]"

    def compile_json_path(self, key_transforms: Iterable[Any], include_root: bool = True) -> str:
        """Write a JSON path; text keys are quoted as JSON text."""
        path = ["$"] if include_root else []
        for key in key_transforms:
            try:
                number = int(key)
            except ValueError:
                path.append(f".{json.dumps(key)}")
                continue
            if number < 0 and not self.connection.features.supports_json_negative_indexing:
                raise NotSupportedError(
                    "Using negative JSON array indices is not supported on this database backend."
                )
            path.append(self.format_json_path_numeric_index(number))
        return "".join(path)
