"""How SQLite writes what databases write differently."""

from __future__ import annotations

import datetime
import decimal
import sqlite3
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from fastjango.core import timezone
from fastjango.core.exceptions import FieldError
from fastjango.core.functional import cached_property
from fastjango.orm.backends.base.expressions import Fragment, Params
from fastjango.orm.backends.base.operations import BaseDatabaseOperations
from fastjango.orm.constants import OnConflict
from fastjango.orm.engine import environment, literals
from fastjango.orm.exceptions import DatabaseError, NotSupportedError
from fastjango.values.dateparse import parse_date, parse_datetime, parse_time

__all__ = ["DatabaseOperations"]

_INT64 = 2**63


class DatabaseOperations(BaseDatabaseOperations):
    """SQLite's dialect; dates and times go through the registered functions."""

    cast_char_field_without_max_length = "text"
    cast_data_types: ClassVar[dict[str, str]] = {"DateField": "TEXT", "DateTimeField": "TEXT"}
    explain_prefix = "EXPLAIN QUERY PLAN"
    jsonfield_datatype_values = frozenset(["null", "false", "true"])

    def begin_sql(self) -> str:
        """Begin in the connection's transaction mode: IMMEDIATE unless set otherwise."""
        mode = getattr(self.connection, "transaction_mode", "IMMEDIATE")
        return "BEGIN" if mode is None else f"BEGIN {mode}"

    def no_limit_value(self) -> int:
        """-1."""
        return -1

    def pk_default_value(self) -> str:
        """NULL."""
        return "NULL"

    def integer_field_range(self, internal_type: str) -> tuple[int, int]:
        """64 bits whatever the declared type; negative unless it is a positive field."""
        return (0 if internal_type.startswith("Positive") else -_INT64), _INT64 - 1

    # -- dates and times -------------------------------------------------------------------

    def _zones(self, tzname: str | None) -> tuple[str | None, str | None]:
        if tzname and environment.is_using_tz():
            return tzname, self.connection.timezone_name
        return None, None

    def format_for_duration_arithmetic(self, sql: str) -> str:
        """Nothing to do: the registered function takes microseconds."""
        return sql

    def date_extract_sql(self, lookup_type: str, sql: str, params: Params) -> Fragment:
        """Extract a part of a date."""
        return f"django_date_extract(%s, {sql})", (lookup_type.lower(), *params)

    def time_extract_sql(self, lookup_type: str, sql: str, params: Params) -> Fragment:
        """Extract a part of a time."""
        return f"django_time_extract(%s, {sql})", (lookup_type.lower(), *params)

    def _trunc(
        self, function: str, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        values = (lookup_type.lower(), *params, *self._zones(tzname))
        return f"{function}(%s, {sql}, %s, %s)", values

    def date_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate to a date."""
        return self._trunc("django_date_trunc", lookup_type, sql, params, tzname)

    def time_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate a time."""
        return self._trunc("django_time_trunc", lookup_type, sql, params, tzname)

    def datetime_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Truncate to a datetime."""
        return self._trunc("django_datetime_trunc", lookup_type, sql, params, tzname)

    def datetime_extract_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Extract a part of a datetime."""
        return self._trunc("django_datetime_extract", lookup_type, sql, params, tzname)

    def datetime_cast_date_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the date of a datetime."""
        return f"django_datetime_cast_date({sql}, %s, %s)", (*params, *self._zones(tzname))

    def datetime_cast_time_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the time of a datetime."""
        return f"django_datetime_cast_time({sql}, %s, %s)", (*params, *self._zones(tzname))

    def subtract_temporals(self, internal_type: str, lhs: Fragment, rhs: Fragment) -> Fragment:
        """Subtract into microseconds."""
        name = "django_time_diff" if internal_type == "TimeField" else "django_timestamp_diff"
        return f"{name}({lhs[0]}, {rhs[0]})", (*lhs[1], *rhs[1])

    # -- expressions -----------------------------------------------------------------------

    def combine_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        """Join by an operator; power and exclusive or are functions."""
        if connector in "^#":
            name = "POWER" if connector == "^" else "BITXOR"
            return f"{name}({','.join(sub_expressions)})"
        return super().combine_expression(connector, sub_expressions)

    def combine_duration_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        """Combine a duration with a date or a number."""
        if connector not in ("+", "-", "*", "/"):
            raise DatabaseError(f"Invalid connector for timedelta: {connector}.")
        if len(sub_expressions) > 2:
            raise ValueError("Too many params for timedelta operations.")
        return f"django_format_dtdelta('{connector}', {', '.join(sub_expressions)})"

    def insert_statement(self, on_conflict: Any = None) -> str:
        """Write the beginning of an INSERT."""
        return "INSERT OR IGNORE INTO" if on_conflict is OnConflict.IGNORE else "INSERT INTO"

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        """Write the ON CONFLICT clause of an upsert."""
        if on_conflict is OnConflict.UPDATE:
            return self._on_conflict_update(update_fields, unique_fields)
        return ""

    def force_group_by(self) -> list[str]:
        """SQLite before 3.39 refuses HAVING without GROUP BY."""
        return ["GROUP BY TRUE"] if sqlite3.sqlite_version_info < (3, 39) else []

    def check_expression_support(self, expression: Any) -> None:
        """Refuse what SQLite would compute wrongly: dates are text to it."""
        from fastjango.orm.query import aggregates

        numeric = (aggregates.Sum, aggregates.Avg, aggregates.Variance, aggregates.StdDev)
        if isinstance(expression, numeric):
            for source in expression.get_source_expressions():
                try:
                    kind = source.output_field.get_internal_type()
                except (AttributeError, FieldError):
                    continue  # not every part has a type
                if kind in ("DateField", "DateTimeField", "TimeField"):
                    raise NotSupportedError(
                        f"SQLite does not support {type(expression).__name__} on date or time "
                        "fields, because they are stored as text."
                    )
        if (
            isinstance(expression, aggregates.Aggregate)
            and expression.distinct
            and len(expression.source_expressions) > 1
        ):
            raise NotSupportedError(
                "SQLite doesn't support DISTINCT on aggregate functions accepting multiple "
                "arguments."
            )

    def regex_lookup(self, lookup_type: str) -> str:
        """Template of a match by the registered `regexp`."""
        return "%s REGEXP '(?i)' || %s" if lookup_type == "iregex" else "%s REGEXP %s"

    def format_json_path_numeric_index(self, num: int) -> str:
        """Count from the end with ``#``."""
        return f"[#{num}]" if num < 0 else f"[{num}]"

    # -- values ----------------------------------------------------------------------------

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> str | None:
        """Write a datetime as naive text in the connection's time zone."""
        return None if value is None else str(self._naive(value, "SQLite"))

    def adapt_timefield_value(self, value: datetime.time | None) -> str | None:
        """Write a time as text."""
        if value is None:
            return None
        if not hasattr(value, "resolve_expression") and value.utcoffset() is not None:
            raise ValueError("SQLite backend does not support timezone-aware times.")
        return str(value)

    def adapt_decimalfield_value(
        self,
        value: decimal.Decimal | None,
        max_digits: int | None = None,
        decimal_places: int | None = None,
    ) -> Any:
        """Prepare a decimal: SQLite has none, its text keeps every digit."""
        return None if value is None else str(value)

    def get_db_converters(self, expression: Any) -> list[Any]:
        """Functions that read SQLite's text and numbers."""
        converters: dict[str, Any] = {
            "DateTimeField": self.convert_datetimefield_value,
            "DateField": self.convert_datefield_value,
            "TimeField": self.convert_timefield_value,
            "DecimalField": self.convert_decimalfield_value,
            "UUIDField": self.convert_uuidfield_value,
            "BooleanField": self.convert_booleanfield_value,
            "DurationField": self.convert_durationfield_value,
        }
        found = converters.get(expression.output_field.get_internal_type())
        return [*super().get_db_converters(expression), *([found] if found else [])]

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a datetime, aware when `USE_TZ` is on."""
        if value is None:
            return None
        if not isinstance(value, datetime.datetime):
            value = parse_datetime(value)
        if value is not None and self.connection.timezone and value.utcoffset() is None:
            value = timezone.make_aware(value, self.connection.timezone)
        return value

    def convert_datefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a date."""
        return parse_date(value) if isinstance(value, str) else value

    def convert_timefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a time."""
        return parse_time(value) if isinstance(value, str) else value

    def convert_decimalfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a decimal; a float carries 15 meaningful digits."""
        if value is None:
            return None
        if isinstance(value, int | str):
            found = decimal.Decimal(value)
        else:
            found = decimal.Context(prec=15).create_decimal_from_float(value)
        places = getattr(expression.output_field, "decimal_places", None)
        if places is None or not hasattr(expression, "target"):
            return found  # computed: not rounded to any column
        context = expression.output_field.context
        return found.quantize(decimal.Decimal(1).scaleb(-places), context=context)

    def convert_uuidfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a UUID."""
        return uuid.UUID(value) if isinstance(value, str) else value

    def convert_booleanfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a boolean."""
        return bool(value) if value in (0, 1) else value

    # -- emptying tables -------------------------------------------------------------------

    def _referencing(self, table_name: str) -> list[str]:
        """Return `table_name` and every table that refers to it, directly or not."""
        sql = """
            WITH tables AS (
                SELECT %s name
                UNION
                SELECT sqlite_master.name
                FROM sqlite_master JOIN tables ON (sql REGEXP %s || tables.name || %s)
            ) SELECT name FROM tables
        """
        params = (table_name, r"""(?i)\s+references\s+("|\')?""", r"""("|\')?\s*\(""")
        with self.connection.cursor() as cursor:
            cursor.execute(sql, params)
            return [row[0] for row in cursor.fetchall()]

    @cached_property
    def _references_graph(self) -> Any:
        import functools

        return functools.lru_cache(maxsize=512)(self._referencing)

    def sql_flush(
        self,
        style: Any,
        tables: Iterable[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        """Delete every row; with `allow_cascade` of referring tables as well."""
        names = list(tables)
        if names and allow_cascade:
            found: dict[str, None] = {}
            for table in names:
                found.update(dict.fromkeys(self._references_graph(table)))
            names = list(found)
        sql = [
            f"{style.SQL_KEYWORD('DELETE')} {style.SQL_KEYWORD('FROM')} "
            f"{style.SQL_FIELD(self.quote_name(table))};"
            for table in names
        ]
        if reset_sequences:
            sql.extend(self.sequence_reset_by_name_sql(style, [{"table": t} for t in names]))
        return sql

    def sequence_reset_by_name_sql(
        self, style: Any, sequences: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """Set the counters of ``sqlite_sequence`` to 0."""
        if not sequences:
            return []
        tables = ", ".join(literals.literal(entry["table"]) for entry in sequences)
        word, field = style.SQL_KEYWORD, style.SQL_FIELD
        return [
            f"{word('UPDATE')} {style.SQL_TABLE(self.quote_name('sqlite_sequence'))} "
            f"{word('SET')} {field(self.quote_name('seq'))} = 0 {word('WHERE')} "
            f"{field(self.quote_name('name'))} {word('IN')} ({tables});"
        ]

    # -- logs ------------------------------------------------------------------------------

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Fill the parameters in: SQLite does not tell what it ran."""
        return literals.render(sql, params) if params else sql
