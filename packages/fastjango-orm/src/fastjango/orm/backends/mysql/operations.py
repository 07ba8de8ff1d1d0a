"""How MySQL and MariaDB write what databases write differently."""

from __future__ import annotations

import datetime
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.core import timezone
from fastjango.orm.backends.base.expressions import Fragment, Params
from fastjango.orm.backends.base.operations import BaseDatabaseOperations
from fastjango.orm.constants import OnConflict
from fastjango.orm.engine import environment
from fastjango.orm.engine.zones import split_tzname_delta
from fastjango.values.encoding import force_str

if TYPE_CHECKING:
    from fastjango.orm.backends.mysql.base import DatabaseWrapper

__all__ = ["DatabaseOperations"]

_PART = re.compile(r"[A-Z_]+")
_INTEGERS = ("AutoField", "BigAutoField", "SmallAutoField")
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_PERIODS = ("year", "quarter", "month", "week", "day", "hour", "minute", "second")
_FORMATS = ("%Y-", "%m", "-%d", " %H:", "%i", ":%s")
_FIRST = ("0000-", "01", "-01", " 00:", "00", ":00")
_JSON_AS_TEXT = frozenset(
    (
        "contains",
        "endswith",
        "icontains",
        "iendswith",
        "iexact",
        "iregex",
        "istartswith",
        "regex",
        "startswith",
    )
)


def _check_period(name: str) -> None:
    """Refuse a period that the expressions below would take for another one.

    Raises:
        ValueError: There is no such period.
    """
    if name not in _PERIODS:
        raise ValueError(
            f"Cannot truncate to {name!r}. MySQL and MariaDB truncate to: {', '.join(_PERIODS)}."
        )


class DatabaseOperations(BaseDatabaseOperations):
    """The dialect of MySQL, and of MariaDB where it differs."""

    quote_mark: ClassVar[str] = "`"
    integer_field_ranges: ClassVar[dict[str, tuple[int, int]]] = {
        **BaseDatabaseOperations.integer_field_ranges,
        "PositiveBigIntegerField": (0, 2**64 - 1),
        "PositiveIntegerField": (0, 2**32 - 1),
        "PositiveSmallIntegerField": (0, 2**16 - 1),
    }
    cast_data_types: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            (
                *_INTEGERS,
                "BigIntegerField",
                "DurationField",
                "IntegerField",
                "SmallIntegerField",
            ),
            "signed integer",
        ),
        **dict.fromkeys(
            ("PositiveBigIntegerField", "PositiveIntegerField", "PositiveSmallIntegerField"),
            "unsigned integer",
        ),
        "CharField": "char(%(max_length)s)",
        "DecimalField": "decimal(%(max_digits)s, %(decimal_places)s)",
        "TextField": "char",
    }
    cast_char_field_without_max_length = "char"
    explain_prefix = "EXPLAIN"

    connection: DatabaseWrapper

    def no_limit_value(self) -> int:
        """The largest number of rows."""
        return 2**64 - 1

    def max_name_length(self) -> int:
        """64."""
        return 64

    def pk_default_value(self) -> str:
        """NULL."""
        return "NULL"

    def force_no_ordering(self) -> list[Any]:
        """``ORDER BY NULL``: grouping would sort."""
        return [(None, ("NULL", [], False))]

    # -- dates and times -------------------------------------------------------------------

    def _to_zone(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        own = self.connection.timezone_name
        if not tzname or not environment.is_using_tz() or own == tzname:
            return sql, params
        name, sign, offset = split_tzname_delta(tzname)
        if not self.connection.features.has_zoneinfo_database:
            # CONVERT_TZ() would answer NULL, and a filter find nothing.
            raise ValueError(
                f"The server has no time zone definitions and cannot convert from {own!r} to "
                f"{tzname!r}. Load them with mysql_tzinfo_to_sql, or give both the database and "
                "the site the TIME_ZONE 'UTC'."
            )
        return f"CONVERT_TZ({sql}, %s, %s)", (*params, own, f"{sign}{offset}" if offset else name)

    def date_extract_sql(self, lookup_type: str, sql: str, params: Params) -> Fragment:
        """Extract a part of a date."""
        if lookup_type == "week_day":
            return f"DAYOFWEEK({sql})", params
        if lookup_type == "iso_week_day":
            return f"WEEKDAY({sql}) + 1", params
        if lookup_type == "week":
            return f"WEEK({sql}, 3)", params
        if lookup_type == "iso_year":
            return f"TRUNCATE(YEARWEEK({sql}, 3), -2) / 100", params
        part = lookup_type.upper()
        if not _PART.fullmatch(part):
            raise ValueError(f"Invalid lookup type: {part!r}")
        return f"EXTRACT({part} FROM {sql})", params

    def date_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate to a date."""
        _check_period(lookup_type)
        sql, params = self._to_zone(sql, params, tzname)
        if lookup_type in ("year", "month"):
            pattern = "%Y-01-01" if lookup_type == "year" else "%Y-%m-01"
            return f"CAST(DATE_FORMAT({sql}, %s) AS DATE)", (*params, pattern)
        if lookup_type == "quarter":
            return (
                f"MAKEDATE(YEAR({sql}), 1) + INTERVAL QUARTER({sql}) QUARTER - INTERVAL 1 QUARTER",
                (*params, *params),
            )
        if lookup_type == "week":
            return f"DATE_SUB({sql}, INTERVAL WEEKDAY({sql}) DAY)", (*params, *params)
        return f"DATE({sql})", params

    def datetime_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Truncate to a datetime."""
        _check_period(lookup_type)
        sql, params = self._to_zone(sql, params, tzname)
        if lookup_type == "quarter":
            return (
                f"CAST(DATE_FORMAT(MAKEDATE(YEAR({sql}), 1) + INTERVAL QUARTER({sql}) QUARTER - "
                "INTERVAL 1 QUARTER, %s) AS DATETIME)",
                (*params, *params, "%Y-%m-01 00:00:00"),
            )
        if lookup_type == "week":
            return (
                f"CAST(DATE_FORMAT(DATE_SUB({sql}, INTERVAL WEEKDAY({sql}) DAY), %s) AS DATETIME)",
                (*params, *params, "%Y-%m-%d 00:00:00"),
            )
        kept = _PARTS.index(lookup_type) + 1
        pattern = "".join(_FORMATS[:kept] + _FIRST[kept:])
        return f"CAST(DATE_FORMAT({sql}, %s) AS DATETIME)", (*params, pattern)

    def time_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate a time."""
        _check_period(lookup_type)
        sql, params = self._to_zone(sql, params, tzname)
        patterns = {"hour": "%H:00:00", "minute": "%H:%i:00", "second": "%H:%i:%s"}
        if lookup_type not in patterns:
            return f"TIME({sql})", params
        return f"CAST(DATE_FORMAT({sql}, %s) AS TIME)", (*params, patterns[lookup_type])

    def datetime_cast_date_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the date of a datetime."""
        sql, params = self._to_zone(sql, params, tzname)
        return f"DATE({sql})", params

    def datetime_cast_time_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the time of a datetime."""
        sql, params = self._to_zone(sql, params, tzname)
        return f"TIME({sql})", params

    def datetime_extract_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Extract a part of a datetime."""
        sql, params = self._to_zone(sql, params, tzname)
        return self.date_extract_sql(lookup_type, sql, params)

    def format_for_duration_arithmetic(self, sql: str) -> str:
        """Write microseconds as an interval."""
        return f"INTERVAL {sql} MICROSECOND"

    def subtract_temporals(self, internal_type: str, lhs: Fragment, rhs: Fragment) -> Fragment:
        """Subtract into microseconds."""
        if internal_type != "TimeField":
            return f"TIMESTAMPDIFF(MICROSECOND, {rhs[0]}, {lhs[0]})", (*rhs[1], *lhs[1])
        if self.connection.mysql_is_mariadb:
            sql = f"CAST((TIME_TO_SEC({lhs[0]}) - TIME_TO_SEC({rhs[0]})) * 1000000 AS SIGNED)"
            return sql, (*lhs[1], *rhs[1])
        sides = [
            f"(TIME_TO_SEC({side[0]}) * 1000000 + MICROSECOND({side[0]}))" for side in (lhs, rhs)
        ]
        return f"({sides[0]} - {sides[1]})", (*lhs[1], *lhs[1], *rhs[1], *rhs[1])

    # -- expressions -----------------------------------------------------------------------

    def combine_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        """Join by an operator; bit operators answer unsigned numbers and are made signed."""
        if connector == "^":
            return f"POW({','.join(sub_expressions)})"
        if connector in ("&", "|", "<<", "#"):
            operator = "^" if connector == "#" else connector
            return f"CONVERT({operator.join(sub_expressions)}, SIGNED)"
        if connector == ">>":
            lhs, rhs = sub_expressions
            return f"FLOOR({lhs} / POW(2, {rhs}))"
        return super().combine_expression(connector, sub_expressions)

    def regex_lookup(self, lookup_type: str) -> str:
        """Template of a regular expression match."""
        if self.connection.mysql_is_mariadb:
            return "%s REGEXP BINARY %s" if lookup_type == "regex" else "%s REGEXP %s"
        return f"REGEXP_LIKE(%s, %s, '{'c' if lookup_type == 'regex' else 'i'}')"

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        """Search in JSON as text."""
        if internal_type == "JSONField" and (
            self.connection.mysql_is_mariadb or lookup_type in _JSON_AS_TEXT
        ):
            return "JSON_UNQUOTE(%s)"
        return "%s"

    def binary_placeholder_sql(self, value: Any, compiler: Any) -> Fragment:
        """Write a binary value."""
        if value is None or hasattr(value, "as_sql"):
            return super().binary_placeholder_sql(value, compiler)
        return "_binary %s", (value,)

    def insert_statement(self, on_conflict: Any = None) -> str:
        """Write the beginning of an INSERT."""
        return "INSERT IGNORE INTO" if on_conflict is OnConflict.IGNORE else "INSERT INTO"

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        """Write ON DUPLICATE KEY UPDATE."""
        if on_conflict is not OnConflict.UPDATE:
            return ""
        names = [self.quote_name(name) for name in update_fields]
        if self.connection.mysql_is_mariadb:
            changes = ", ".join(f"{name} = VALUE({name})" for name in names)
            return f"ON DUPLICATE KEY UPDATE {changes}"
        changes = ", ".join(f"{name} = new.{name}" for name in names)
        return f"AS new ON DUPLICATE KEY UPDATE {changes}"

    def explain_query_prefix(self, format: str | None = None, **options: Any) -> str:
        """Write EXPLAIN or ANALYZE."""
        is_mariadb = self.connection.mysql_is_mariadb
        if format and format.upper() == "TEXT":
            format = "TRADITIONAL"
        elif not format and "TREE" in self.connection.features.supported_explain_formats:
            format = "TREE"
        analyze = options.pop("analyze", False)
        prefix = super().explain_query_prefix(format, **options)
        if analyze:
            prefix = "ANALYZE" if is_mariadb else f"{prefix} ANALYZE"
        if format and (is_mariadb or not analyze):
            prefix = f"{prefix} FORMAT={format}"
        return prefix

    # -- values ----------------------------------------------------------------------------

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        """Write a datetime as naive text in the connection's time zone."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        return str(self._naive(value, "MySQL"))

    def adapt_timefield_value(self, value: datetime.time | None) -> Any:
        """Write a time as text."""
        if value is None or hasattr(value, "resolve_expression"):
            return value
        if value.utcoffset() is not None:
            raise ValueError("MySQL backend does not support timezone-aware times.")
        return value.isoformat(timespec="microseconds")

    def validate_autopk_value(self, value: Any) -> Any:
        """Refuse 0, which means "the next number"."""
        if value == 0 and not self.connection.features.allows_auto_pk_0:
            raise ValueError("The database backend does not accept 0 as a value for AutoField.")
        return value

    def get_db_converters(self, expression: Any) -> list[Any]:
        """Functions that read booleans, datetimes, UUIDs and durations."""
        converters: dict[str, Any] = {
            "BooleanField": self.convert_booleanfield_value,
            "DateTimeField": self.convert_datetimefield_value,
            "DurationField": self.convert_durationfield_value,
            "UUIDField": self.convert_uuidfield_value,
        }
        found = converters.get(expression.output_field.get_internal_type())
        return [*super().get_db_converters(expression), *([found] if found else [])]

    def convert_booleanfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a boolean."""
        return bool(value) if value in (0, 1) else value

    def convert_datetimefield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a datetime, aware when `USE_TZ` is on."""
        zone = self.connection.timezone
        if value is None or zone is None or value.utcoffset() is not None:
            return value
        return timezone.make_aware(value, zone)

    def convert_uuidfield_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """Read a UUID."""
        return uuid.UUID(value) if isinstance(value, str) else value

    # -- emptying tables -------------------------------------------------------------------

    def sql_flush(
        self,
        style: Any,
        tables: Iterable[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        """Empty tables with foreign keys switched off."""
        names = [style.SQL_FIELD(self.quote_name(table)) for table in tables]
        if not names:
            return []
        word = style.SQL_KEYWORD
        verb = word("TRUNCATE") if reset_sequences else f"{word('DELETE')} {word('FROM')}"
        return [
            "SET FOREIGN_KEY_CHECKS = 0;",
            *(f"{verb} {name};" for name in names),
            "SET FOREIGN_KEY_CHECKS = 1;",
        ]

    def sequence_reset_by_name_sql(
        self, style: Any, sequences: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """Start the counters of tables again."""
        word, field = style.SQL_KEYWORD, style.SQL_FIELD
        return [
            f"{word('ALTER')} {word('TABLE')} "
            f"{style.SQL_TABLE(self.quote_name(entry['table']))} {field('AUTO_INCREMENT')} = 1;"
            for entry in sequences
        ]

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Show what the driver sent."""
        sent = getattr(cursor, "_executed", None)
        return force_str(sent, errors="replace") if sent else self.render_statement(sql, params)
