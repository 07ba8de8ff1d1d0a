"""How PostgreSQL writes what databases write differently."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from fastjango.orm.backends.base.expressions import Fragment, Params
from fastjango.orm.backends.base.operations import BaseDatabaseOperations
from fastjango.orm.constants import OnConflict
from fastjango.orm.engine import environment
from fastjango.orm.engine.zones import split_tzname_delta

__all__ = ["DatabaseOperations"]

_PART = re.compile(r"[A-Z_]+")
_TEXT_LOOKUPS = frozenset(
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
_ARRAYED = frozenset(
    (
        "AutoField",
        "BigAutoField",
        "BigIntegerField",
        "BooleanField",
        "CharField",
        "DateField",
        "DateTimeField",
        "DecimalField",
        "DurationField",
        "FilePathField",
        "FloatField",
        "IntegerField",
        "PositiveBigIntegerField",
        "PositiveIntegerField",
        "PositiveSmallIntegerField",
        "SlugField",
        "SmallAutoField",
        "SmallIntegerField",
        "TextField",
        "TimeField",
        "UUIDField",
    )
)
_CASELESS = frozenset(("icontains", "iendswith", "iexact", "istartswith"))


class DatabaseOperations(BaseDatabaseOperations):
    """PostgreSQL's dialect. Values are left as they are: both drivers take Python's own types."""

    cast_char_field_without_max_length = "varchar"
    cast_data_types: ClassVar[dict[str, str]] = {
        "AutoField": "integer",
        "BigAutoField": "bigint",
        "SmallAutoField": "smallint",
    }
    explain_prefix = "EXPLAIN"
    explain_options = frozenset(
        (
            "ANALYZE",
            "BUFFERS",
            "COSTS",
            "GENERIC_PLAN",
            "MEMORY",
            "SERIALIZE",
            "SETTINGS",
            "SUMMARY",
            "TIMING",
            "VERBOSE",
            "WAL",
        )
    )

    def begin_sql(self) -> str:
        """Begin, at the isolation level of ``OPTIONS`` when one is set."""
        return "BEGIN"

    def no_limit_value(self) -> None:
        """None: LIMIT may be left out."""
        return

    def max_name_length(self) -> int:
        """63, in bytes."""
        return 63

    def array_types(self, fields: Sequence[Any]) -> tuple[str, ...] | None:
        """Types of arrays for columns whose values both drivers take in lists."""
        from fastjango.orm.fields.columns import column_field

        types: list[str] = []
        for field in fields:
            target = column_field(field)
            if target.get_internal_type() not in _ARRAYED or not all(
                type(part).__module__.startswith("fastjango.orm.fields") for part in (field, target)
            ):
                return None
            # Without a length: what is too long must be refused, not cut.
            types.append(f"{field.db_type(self.connection).partition('(')[0]}[]")
        return tuple(types)

    def deferrable_sql(self) -> str:
        """Constraints are checked at commit."""
        return " DEFERRABLE INITIALLY DEFERRED"

    def set_time_zone_sql(self) -> str:
        """Set the session's time zone."""
        return "SELECT set_config('TimeZone', %s, false)"

    def tablespace_sql(self, tablespace: str, inline: bool = False) -> str:
        """Write the tablespace clause."""
        return f"{'USING INDEX ' if inline else ''}TABLESPACE {self.quote_name(tablespace)}"

    def prepare_sql_script(self, sql: str) -> list[str]:
        """PostgreSQL runs a script as it is."""
        return [sql]

    def distinct_sql(self, fields: Sequence[str], params: Params) -> tuple[list[str], list[Any]]:
        """Write DISTINCT, ON fields when given."""
        if not fields:
            return ["DISTINCT"], []
        return [f"DISTINCT ON ({', '.join(fields)})"], [value for part in params for value in part]

    # -- dates and times -------------------------------------------------------------------

    def _to_zone(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        if not (tzname and environment.is_using_tz()):
            return sql, params
        name, sign, offset = split_tzname_delta(tzname)
        if offset:
            # POSIX counts offsets westwards.
            name = f"{name}{'-' if sign == '+' else '+'}{offset}"
        return f"{sql} AT TIME ZONE %s", (*params, name)

    def date_extract_sql(self, lookup_type: str, sql: str, params: Params) -> Fragment:
        """Extract a part of a date; weeks begin with Sunday = 1."""
        if lookup_type == "week_day":
            return f"EXTRACT(DOW FROM {sql}) + 1", params
        part = {"iso_week_day": "ISODOW", "iso_year": "ISOYEAR"}.get(
            lookup_type, lookup_type.upper()
        )
        if not _PART.fullmatch(part):
            raise ValueError(f"Invalid lookup type: {part!r}")
        return f"EXTRACT({part} FROM {sql})", params

    def datetime_extract_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Extract a part of a datetime; seconds without their fraction."""
        sql, params = self._to_zone(sql, params, tzname)
        return self.time_extract_sql(lookup_type, sql, params)

    def time_extract_sql(self, lookup_type: str, sql: str, params: Params) -> Fragment:
        """Extract a part of a time; seconds without their fraction."""
        if lookup_type == "second":
            return f"EXTRACT(SECOND FROM DATE_TRUNC(%s, {sql}))", ("second", *params)
        return self.date_extract_sql(lookup_type, sql, params)

    def datetime_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None
    ) -> Fragment:
        """Truncate to a datetime."""
        sql, params = self._to_zone(sql, params, tzname)
        return f"DATE_TRUNC(%s, {sql})", (lookup_type, *params)

    def date_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate to a date."""
        return self.datetime_trunc_sql(lookup_type, sql, params, tzname)

    def time_trunc_sql(
        self, lookup_type: str, sql: str, params: Params, tzname: str | None = None
    ) -> Fragment:
        """Truncate a time."""
        sql, params = self.datetime_trunc_sql(lookup_type, sql, params, tzname)
        return f"{sql}::time", params

    def datetime_cast_date_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the date of a datetime."""
        sql, params = self._to_zone(sql, params, tzname)
        return f"({sql})::date", params

    def datetime_cast_time_sql(self, sql: str, params: Params, tzname: str | None) -> Fragment:
        """Take the time of a datetime."""
        sql, params = self._to_zone(sql, params, tzname)
        return f"({sql})::time", params

    def subtract_temporals(self, internal_type: str, lhs: Fragment, rhs: Fragment) -> Fragment:
        """Subtract into an interval; the difference of two dates is a number of days."""
        if internal_type == "DateField":
            return f"(interval '1 day' * ({lhs[0]} - {rhs[0]}))", (*lhs[1], *rhs[1])
        return super().subtract_temporals(internal_type, lhs, rhs)

    # -- expressions -----------------------------------------------------------------------

    def lookup_cast(self, lookup_type: str, internal_type: str | None = None) -> str:
        """Search in the text of any type; caseless searches compare upper case."""
        if lookup_type not in _TEXT_LOOKUPS:
            return "%s"
        is_address = internal_type in ("IPAddressField", "GenericIPAddressField")
        cast = "HOST(%s)" if is_address else "%s::text"
        return f"UPPER({cast})" if lookup_type in _CASELESS else cast

    def unification_cast_sql(self, output_field: Any) -> str:
        """Cast types that a UNION would otherwise make text."""
        if output_field.get_internal_type() not in (
            "GenericIPAddressField",
            "IPAddressField",
            "TimeField",
            "UUIDField",
        ):
            return "%s"
        return f"CAST(%s AS {output_field.db_type(self.connection).partition('(')[0]})"

    def prep_for_iexact_query(self, x: object) -> str:
        """Nothing to escape: the comparison is not LIKE."""
        return str(x)

    def regex_lookup(self, lookup_type: str) -> str:
        """Template of a regular expression match."""
        return "%s ~* %s" if lookup_type == "iregex" else "%s ~ %s"

    def on_conflict_suffix_sql(
        self,
        fields: Sequence[Any],
        on_conflict: Any,
        update_fields: Iterable[str],
        unique_fields: Iterable[str],
    ) -> str:
        """Write the ON CONFLICT clause."""
        if on_conflict is OnConflict.IGNORE:
            return "ON CONFLICT DO NOTHING"
        if on_conflict is OnConflict.UPDATE:
            return self._on_conflict_update(update_fields, unique_fields)
        return ""

    def explain_query_prefix(self, format: str | None = None, **options: Any) -> str:
        """Write EXPLAIN with PostgreSQL's options, whose names are checked."""
        extra: dict[str, str] = {}
        serialize = options.pop("serialize", None)
        if serialize and str(serialize).upper() in ("TEXT", "BINARY"):
            extra["SERIALIZE"] = str(serialize).upper()
        for name in list(options):
            if name.upper() in self.explain_options:
                extra[name.upper()] = "true" if options.pop(name) else "false"
        prefix = super().explain_query_prefix(format, **{k.upper(): v for k, v in options.items()})
        if format:
            extra["FORMAT"] = format
        if not extra:
            return prefix
        return f"{prefix} ({', '.join(f'{name} {value}' for name, value in extra.items())})"

    # -- values ----------------------------------------------------------------------------

    def adapt_datefield_value(self, value: datetime.date | None) -> Any:
        """Leave a date."""
        return value

    def adapt_datetimefield_value(self, value: datetime.datetime | None) -> Any:
        """Leave a datetime."""
        return value

    def adapt_timefield_value(self, value: datetime.time | None) -> Any:
        """Leave a time."""
        return value

    def adapt_durationfield_value(self, value: datetime.timedelta | None) -> Any:
        """Leave a duration: there is an interval type."""
        return value

    def combine_expression(self, connector: str, sub_expressions: Sequence[str]) -> str:
        """Join by an operator; numbers are shifted by an integer only."""
        if connector in ("<<", ">>"):
            lhs, rhs = sub_expressions
            return f"{lhs} {connector} ({rhs})::integer"
        return super().combine_expression(connector, sub_expressions)

    # -- tables and sequences --------------------------------------------------------------

    def sql_flush(
        self,
        style: Any,
        tables: Iterable[str],
        *,
        reset_sequences: bool = False,
        allow_cascade: bool = False,
    ) -> list[str]:
        """Truncate all tables in one statement, which may refer to each other."""
        names = list(tables)
        if not names:
            return []
        parts = [
            style.SQL_KEYWORD("TRUNCATE"),
            ", ".join(style.SQL_FIELD(self.quote_name(table)) for table in names),
        ]
        if reset_sequences:
            parts.append(style.SQL_KEYWORD("RESTART IDENTITY"))
        if allow_cascade:
            parts.append(style.SQL_KEYWORD("CASCADE"))
        return [f"{' '.join(parts)};"]

    def sequence_reset_by_name_sql(
        self, style: Any, sequences: Sequence[Mapping[str, str]]
    ) -> list[str]:
        """Start the sequences of columns again at 1."""
        return [
            f"{style.SQL_KEYWORD('SELECT')} setval(pg_get_serial_sequence("
            f"'{style.SQL_TABLE(self.quote_name(entry['table']))}',"
            f"'{style.SQL_FIELD(entry['column'] or 'id')}'), 1, false);"
            for entry in sequences
        ]

    def sequence_reset_sql(self, style: Any, model_list: Sequence[Any]) -> list[str]:
        """Set each model's sequence behind its highest key."""
        found: list[str] = []
        for model in model_list:
            meta = model._meta
            for field in meta.local_fields:
                if not getattr(field, "db_returning", False) or not field.primary_key:
                    continue
                if not field.get_internal_type().endswith("AutoField"):
                    continue
                table = style.SQL_TABLE(self.quote_name(meta.db_table))
                key = style.SQL_FIELD(self.quote_name(field.column))
                found.append(
                    f"{style.SQL_KEYWORD('SELECT')} setval(pg_get_serial_sequence('{table}',"
                    f"'{style.SQL_FIELD(field.column)}'), coalesce(max({key}), 1), max({key}) "
                    f"{style.SQL_KEYWORD('IS NOT')} null) {style.SQL_KEYWORD('FROM')} {table};"
                )
        return found

    # -- logs ------------------------------------------------------------------------------

    def last_executed_query(self, cursor: Any, sql: str, params: Any) -> str:
        """Show the query as the driver sent it; with server-side parameters, fill them in."""
        sent = getattr(getattr(cursor, "_query", None), "query", None)
        if sent is not None and not self.connection.features.uses_server_side_binding:
            return str(sent.decode())
        return self.render_statement(sql, params)
