"""The SQL fragments and value conversions in which databases differ; `connection.ops`."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.core import timezone
from fastjango.orm.engine import environment, literals, names
from fastjango.orm.exceptions import NotSupportedError
from fastjango.values.duration import duration_microseconds
from fastjango.values.encoding import force_str

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["BaseDatabaseOperations"]

Params = Sequence[Any]
Fragment = tuple[str, Params]

_INT16, _INT32, _INT64 = 2**15, 2**31, 2**63


def _is_bound(value: object) -> bool:
    """Whether a value can be an end of a window frame."""
    return value is None or isinstance(value, int)


class BaseDatabaseOperations:
    """Everything that is written differently from one database to the next."""

    integer_field_ranges: ClassVar[dict[str, tuple[int, int]]] = {
        "AutoField": (-_INT32, _INT32 - 1),
        "BigAutoField": (-_INT64, _INT64 - 1),
        "BigIntegerField": (-_INT64, _INT64 - 1),
        "IntegerField": (-_INT32, _INT32 - 1),
        "PositiveBigIntegerField": (0, _INT64 - 1),
        "PositiveIntegerField": (0, _INT32 - 1),
        "PositiveSmallIntegerField": (0, _INT16 - 1),
        "SmallAutoField": (-_INT16, _INT16 - 1),
        "SmallIntegerField": (-_INT16, _INT16 - 1),
    }
    set_operators: ClassVar[dict[str, str]] = {
        "difference": "EXCEPT",
        "intersection": "INTERSECT",
        "union": "UNION",
    }
    cast_data_types: ClassVar[dict[str, str]] = {}
    cast_char_field_without_max_length: str | None = None
    quote_mark: ClassVar[str] = '"'

    PRECEDING = "PRECEDING"
    FOLLOWING = "FOLLOWING"
    UNBOUNDED_PRECEDING = "UNBOUNDED PRECEDING"
    UNBOUNDED_FOLLOWING = "UNBOUNDED FOLLOWING"
    CURRENT_ROW = "CURRENT ROW"

    explain_prefix: str | None = None

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.connection = connection

    # -- names -----------------------------------------------------------------------------

    def quote_name(self, name: str) -> str:
        """Quote an identifier; a quoted one is returned as it is."""
        return names.quote(name, self.quote_mark)

    def max_name_length(self) -> int | None:
        """Longest identifier in characters; None for no limit."""
        return None

    # -- limits ----------------------------------------------------------------------------

    def bulk_batch_size(self, fields: Sequence[Any], objs: Sequence[Any]) -> int:
        """How many of `objs` fit into one insert of `fields`."""
        limit = self.connection.features.max_query_params
        if limit is None or not fields:
            return len(objs)
        columns = sum(len(getattr(field, "fields", (field,))) for field in fields)
        return int(limit // columns)

    def max_in_list_size(self) -> int | None:
        """Longest ``IN`` list; None for no limit."""
        return None

    def no_limit_value(self) -> int | None:
        """What ``LIMIT`` takes to mean all rows; None when it may be left out."""
        raise NotImplementedError

    def limit_offset_sql(self, low_mark: int | None, high_mark: int | None) -> str:
        """Write LIMIT and OFFSET for the slice ``[low_mark:high_mark]``."""
        offset = low_mark or 0
        if high_mark is not None:
            limit: int | None = high_mark - offset
        else:
            limit = self.no_limit_value() if offset else None
        parts = [f"LIMIT {limit:d}"] if limit else []
        if offset:
            parts.append(f"OFFSET {offset:d}")
        return " ".join(parts)

    def integer_field_range(self, internal_type: str) -> tuple[int, int]:
        """Smallest and largest value of an integer field's column."""
        return self.integer_field_ranges[internal_type]

    def validate_autopk_value(self, value: Any) -> Any:
        """Return the value for an automatic key, or raise `ValueError`."""
        return value

    # -- statements ------------------------------------------------------------------------

    def savepoint_create_sql(self, sid: str) -> str:
        """Write the statement that sets a savepoint."""
        return f"SAVEPOINT {self.quote_name(sid)}"

    def savepoint_commit_sql(self, sid: str) -> str:
        """Write the statement that releases a savepoint."""
        return f"RELEASE SAVEPOINT {self.quote_name(sid)}"

    def savepoint_rollback_sql(self, sid: str) -> str:
        """Write the statement that undoes everything since a savepoint."""
        return f"ROLLBACK TO SAVEPOINT {self.quote_name(sid)}"

    def start_transaction_sql(self) -> str:
        """Write the statement that begins a transaction, for SQL scripts."""
        return "BEGIN;"

    def begin_sql(self) -> str:
        """Write the statement by which `atomic` begins."""
        return "BEGIN"

    def end_transaction_sql(self, success: bool = True) -> str:
        """Write the statement that ends a transaction, for SQL scripts."""
        return "COMMIT;" if success else "ROLLBACK;"

    def set_time_zone_sql(self) -> str:
        """Write the statement that sets the session's time zone; empty for none."""
        return ""

    def deferrable_sql(self) -> str:
        """Write the suffix of a constraint that is checked at commit."""
        return ""

    def tablespace_sql(self, tablespace: str, inline: bool = False) -> str:
        """Write the tablespace clause; empty where there are none."""
        return ""

    def fk_on_delete_sql(self, operation: str) -> str:
        """Write the ON DELETE clause of a foreign key."""
        if operation in ("CASCADE", "SET NULL", "SET DEFAULT"):
            return f" ON DELETE {operation}"
        if operation == "":
            return ""
        raise NotImplementedError(f"ON DELETE {operation} is not supported.")

    def for_update_sql(
        self,
        nowait: bool = False,
        skip_locked: bool = False,
        of: Sequence[str] = (),
        no_key: bool = False,
    ) -> str:
        """Write the locking clause of a SELECT."""
        parts = ["FOR NO KEY UPDATE" if no_key else "FOR UPDATE"]
        if of:
            parts.append(f"OF {', '.join(of)}")
        if nowait:
            parts.append("NOWAIT")
        if skip_locked:
            parts.append("SKIP LOCKED")
        return " ".join(parts)

    def distinct_sql(self, fields: Sequence[str], params: Params) -> tuple[list[str], list[Any]]:
        """Write DISTINCT, with ON where the database has it."""
        if fields:
            raise NotSupportedError("DISTINCT ON fields is not supported by this database backend")
        return ["DISTINCT"], []

    def insert_statement(self, on_conflict: Any = None) -> str:
        """Write the beginning of an INSERT."""
        return "INSERT INTO"

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        """Write what an INSERT does about conflicts, after its values."""
        return ""

    def _on_conflict_update(
        self, update_fields: Iterable[str], unique_fields: Iterable[str]
    ) -> str:
        target = ", ".join(map(self.quote_name, unique_fields))
        changes = ", ".join(
            f"{name} = EXCLUDED.{name}" for name in map(self.quote_name, update_fields)
        )
        return f"ON CONFLICT({target}) DO UPDATE SET {changes}"

    def bulk_insert_sql(self, fields: Sequence[Any], placeholder_rows: Iterable[Any]) -> str:
        """Write the VALUES of an INSERT."""
        rows = ", ".join(f"({', '.join(row)})" for row in placeholder_rows)
        return f"VALUES {rows}"

    def returning_columns(self, fields: Sequence[Any]) -> Fragment:
        """Write the RETURNING clause for fields."""
        if not fields:
            return "", ()
        quote = self.quote_name
        columns = [f"{quote(f.model._meta.db_table)}.{quote(f.column)}" for f in fields]
        return f"RETURNING {', '.join(columns)}", ()

    def pk_default_value(self) -> str:
        """What an INSERT writes for an automatic key."""
        return "DEFAULT"

    def autoinc_sql(self, table: str, column: str) -> list[str] | None:
        """Statements that make a key automatic; None when the column type does."""
        return None

    def cache_key_culling_sql(self) -> str:
        """Write the query for the first cache key after the n smallest."""
        key = self.quote_name("cache_key")
        return f"SELECT {key} FROM %s ORDER BY {key} LIMIT 1 OFFSET %%s"

    def prepare_sql_script(self, sql: str) -> list[str]:
        """Split a script into statements, comments removed."""
        import sqlparse  # only scripts need it

        return [
            sqlparse.format(statement, strip_comments=True)
            for statement in sqlparse.split(sql)
            if statement
        ]

    def explain_query_prefix(self, format: str | None = None, **options: Any) -> str:
        """Write what precedes a query to explain it.

        Raises:
            NotSupportedError: The database cannot explain.
            ValueError: The format or an option is unknown.
        """
        features = self.connection.features
        if not features.supports_explaining_query_execution or self.explain_prefix is None:
            raise NotSupportedError("This backend does not support explaining query execution.")
        if format and format.upper() not in features.supported_explain_formats:
            message = f"{format.upper()} is not a recognized format."
            if features.supported_explain_formats:
                allowed = ", ".join(sorted(features.supported_explain_formats))
                message += f" Allowed formats: {allowed}"
            else:
                message += f" {self.connection.display_name} does not support any formats."
            raise ValueError(message)
        if options:
            raise ValueError(f"Unknown options: {', '.join(sorted(options))}")
        return self.explain_prefix

    def sql_flush(
        self,
        style: Any,
        tables: Iterable[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        """Write the statements that empty tables."""
        raise NotImplementedError

    def execute_sql_flush(self, sql_list: Iterable[str]) -> None:
        """Run the statements of `sql_flush` in one transaction."""
        from fastjango.orm import transaction

        with (
            transaction.atomic(
                using=self.connection.alias, savepoint=self.connection.features.can_rollback_ddl
            ),
            self.connection.cursor() as cursor,
        ):
            for sql in sql_list:
                cursor.execute(sql)

    def sequence_reset_by_name_sql(
        self, style: Any, sequences: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """Write the statements that start sequences again."""
        return []

    def sequence_reset_sql(self, style: Any, model_list: Sequence[Any]) -> list[str]:
        """Write the statements that set sequences behind the rows of models."""
        return []

    # -- expressions -----------------------------------------------------------------------

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

    # -- values ----------------------------------------------------------------------------

    def adapt_unknown_value(self, value: Any) -> Any:
        """Prepare a parameter whose column type is not known, by its own type."""
        if isinstance(value, datetime.datetime):
            return self.adapt_datetimefield_value(value)
        if isinstance(value, datetime.date):
            return self.adapt_datefield_value(value)
        if isinstance(value, datetime.time):
            return self.adapt_timefield_value(value)
        if isinstance(value, decimal.Decimal):
            return self.adapt_decimalfield_value(value)
        return value

    def adapt_integerfield_value(self, value: Any, internal_type: str) -> Any:
        """Prepare a value for an integer column."""
        return value

    def adapt_datefield_value(self, value: datetime.date | None) -> Any:
        """Prepare a date."""
        return None if value is None else str(value)

    def _naive(self, value: Any, what: str) -> Any:
        """Take the time zone off a datetime, for databases whose datetimes have none."""
        if not isinstance(value, datetime.datetime) or value.utcoffset() is None:
            return value
        zone = self.connection.timezone
        if zone is None:
            raise ValueError(
                f"{what} backend does not support timezone-aware datetimes when USE_TZ is False."
            )
        return timezone.make_naive(value, zone)

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        """Prepare a datetime."""
        return None if value is None else str(value)

    def adapt_timefield_value(self, value: datetime.time | None) -> Any:
        """Prepare a time, which must be naive."""
        if value is None:
            return None
        if value.utcoffset() is not None:
            raise ValueError("Times with a time zone are not supported.")
        return str(value)

    def adapt_durationfield_value(self, value: datetime.timedelta | None) -> Any:
        """Prepare a duration: microseconds where there is no interval type."""
        return None if value is None else duration_microseconds(value)

    def adapt_decimalfield_value(
        self,
        value: decimal.Decimal | None,
        max_digits: int | None = None,
        decimal_places: int | None = None,
    ) -> Any:
        """Prepare a decimal."""
        return value

    def adapt_ipaddressfield_value(self, value: str | None) -> Any:
        """Prepare an IP address; an empty one is NULL."""
        return value or None

    def adapt_json_value(self, value: Any, encoder: type[json.JSONEncoder] | None) -> Any:
        """Prepare a JSON document."""
        return json.dumps(value, cls=encoder)

    def year_lookup_bounds_for_date_field(self, value: int, iso_year: bool = False) -> list[Any]:
        """First and last day of a year."""
        if iso_year:
            first = datetime.date.fromisocalendar(value, 1, 1)
            last = datetime.date.fromisocalendar(value + 1, 1, 1) - datetime.timedelta(days=1)
        else:
            first, last = datetime.date(value, 1, 1), datetime.date(value, 12, 31)
        return [self.adapt_datefield_value(first), self.adapt_datefield_value(last)]

    def year_lookup_bounds_for_datetime_field(
        self, value: int, iso_year: bool = False
    ) -> list[Any]:
        """First and last microsecond of a year in the current time zone."""
        if iso_year:
            first = datetime.datetime.fromisocalendar(value, 1, 1)
            last = datetime.datetime.fromisocalendar(value + 1, 1, 1) - datetime.timedelta(
                microseconds=1
            )
        else:
            first = datetime.datetime(value, 1, 1)
            last = datetime.datetime(value, 12, 31, 23, 59, 59, 999999)
        if environment.is_using_tz():
            zone = timezone.get_current_timezone()
            first, last = timezone.make_aware(first, zone), timezone.make_aware(last, zone)
        return [self.adapt_datetimefield_value(first), self.adapt_datetimefield_value(last)]

    def convert_durationfield_value(
        self, value: Any, expression: Any, connection: Any
    ) -> datetime.timedelta | None:
        """Read a duration stored as microseconds."""
        if value is None or isinstance(value, datetime.timedelta):
            return value
        return datetime.timedelta(microseconds=value)

    def get_db_converters(self, expression: Any) -> list[Any]:
        """Functions that turn a driver's value into Python's, for raw rows."""
        return []

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

    # -- logs ------------------------------------------------------------------------------

    def render_statement(self, sql: str, params: Any) -> str:
        """Fill a statement's parameters in, for the query log."""
        return literals.render(sql, params)

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Show what a cursor ran, parameters filled in where they can be known."""

        def text(value: Any) -> Any:
            return force_str(value, strings_only=True, errors="replace")

        shown: object
        if params is None:
            shown = ()
        elif isinstance(params, Mapping):
            named: Mapping[Any, Any] = params  # pyright: ignore[reportUnknownVariableType] # of anything
            shown = {text(k): text(v) for k, v in named.items()}
        else:
            shown = tuple(text(value) for value in params)
        return f"QUERY = {sql!r} - PARAMS = {shown!r}"

    def format_debug_sql(self, sql: str) -> str:
        """Lay SQL out over lines for people."""
        import sqlparse  # only people need it
        from sqlparse.exceptions import SQLParseError

        try:
            return sqlparse.format(sql, reindent=True, keyword_case="upper")
        except SQLParseError:
            return sql

    def last_insert_id(self, cursor: Any, table_name: str, pk_name: str) -> Any:
        """The key of the row a cursor has just inserted."""
        return cursor.lastrowid

    def fetch_returned_rows(self, cursor: Any, returning_params: Params) -> list[Any]:
        """The rows of a RETURNING clause."""
        rows: list[Any] = cursor.fetchall()
        return rows
