"""The SQL fragments and value conversions in which databases differ; `connection.ops`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.orm.backends.base.expressions import ExpressionOperations, Fragment, Params
from fastjango.orm.backends.base.values import ValueOperations
from fastjango.orm.engine import literals, names
from fastjango.orm.exceptions import NotSupportedError
from fastjango.values.encoding import force_str

if TYPE_CHECKING:
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

__all__ = ["BaseDatabaseOperations"]

_INT16, _INT32, _INT64 = 2**15, 2**31, 2**63


class BaseDatabaseOperations(ExpressionOperations, ValueOperations):
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

    def array_types(self, fields: Sequence[Any]) -> tuple[str, ...] | None:
        """Types of arrays that hold whole columns of `fields` for an INSERT; None if none do."""
        return None

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
