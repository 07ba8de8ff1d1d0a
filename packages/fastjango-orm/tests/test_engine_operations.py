"""What the backends write differently, and how they read values; no server is needed."""

import datetime
import decimal
import uuid
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.management.color import no_style
from fastjango.orm import DataError, IntegrityError, NotSupportedError, OperationalError, models
from fastjango.orm.backends import conversions
from fastjango.orm.backends.dummy.base import DatabaseWrapper as Dummy
from fastjango.orm.backends.mysql import base as mysql_base
from fastjango.orm.backends.mysql.base import DatabaseWrapper as MySQL
from fastjango.orm.backends.postgresql import aconnection as pg
from fastjango.orm.backends.postgresql.base import DatabaseWrapper as PostgreSQL
from fastjango.orm.backends.postgresql.base import refine
from fastjango.orm.backends.sqlite3.base import DatabaseWrapper as SQLite
from fastjango.orm.constants import OnConflict
from fastjango.orm.engine import servers
from fastjango.orm.engine.handler import connections
from fastjango.orm.exceptions import (
    ConnectionLost,
    Error,
    InterfaceError,
    InternalError,
    QueryTimeout,
    SerializationFailure,
)

HOST = "unit.invalid"


def wrapper(kind: Any, **entry: Any) -> Any:
    full = connections.configure_settings(
        {"default": {"ENGINE": "sqlite", "NAME": "x", "HOST": HOST, **entry}}
    )
    return kind(full["default"])


@pytest.fixture(autouse=True)
def known_servers() -> Any:
    entry = {"HOST": HOST, "PORT": ""}
    servers.remember_server("postgresql", entry, {"version": 150004})
    know_mysql("10.11.6-MariaDB")
    yield
    servers.forget_servers()


def know_mysql(version: str, mode: str = "STRICT_TRANS_TABLES") -> None:
    row = (version, mode, "InnoDB", 0, 0, 1)
    entry = {"HOST": HOST, "PORT": ""}
    servers.remember_server("mysql", entry, mysql_base.read_facts(row))


@pytest.fixture(params=[SQLite, PostgreSQL, MySQL])
def ops(request: pytest.FixtureRequest) -> Any:
    return wrapper(request.param).ops


class Row(models.Model):
    number = models.IntegerField()
    big = models.DecimalField(max_digits=8, decimal_places=2)

    class Meta:
        app_label = "engine_operations"


# -- every backend -------------------------------------------------------------------------


def test_limits(ops: Any) -> None:
    assert ops.limit_offset_sql(None, 5) == "LIMIT 5"
    assert ops.limit_offset_sql(2, 5) == "LIMIT 3 OFFSET 2"
    assert ops.limit_offset_sql(2, None).endswith("OFFSET 2")
    assert ops.limit_offset_sql(None, None) == ""
    low, high = ops.integer_field_range("PositiveIntegerField")
    assert low == 0 < high
    assert ops.integer_field_range("IntegerField")[0] < 0
    assert ops.max_in_list_size() is None
    field = Row._meta.get_field("number")
    assert 0 < ops.bulk_batch_size([field, field], range(10**6)) <= 10**6
    assert ops.bulk_batch_size([], [1, 2]) == 2


def test_statements(ops: Any) -> None:
    quote = ops.quote_name
    assert ops.savepoint_create_sql("a") == f"SAVEPOINT {quote('a')}"
    assert ops.savepoint_commit_sql("a") == f"RELEASE SAVEPOINT {quote('a')}"
    assert ops.savepoint_rollback_sql("a") == f"ROLLBACK TO SAVEPOINT {quote('a')}"
    assert (ops.start_transaction_sql(), ops.end_transaction_sql()) == ("BEGIN;", "COMMIT;")
    assert ops.end_transaction_sql(success=False) == "ROLLBACK;"
    assert ops.begin_sql().startswith("BEGIN")
    assert ops.fk_on_delete_sql("CASCADE") == " ON DELETE CASCADE"
    assert ops.fk_on_delete_sql("") == ""
    with pytest.raises(NotImplementedError, match="ON DELETE RESTRICT"):
        ops.fk_on_delete_sql("RESTRICT")
    assert ops.for_update_sql() == "FOR UPDATE"
    assert ops.for_update_sql(nowait=True, of=["a"]) == "FOR UPDATE OF a NOWAIT"
    assert ops.for_update_sql(skip_locked=True, no_key=True) == "FOR NO KEY UPDATE SKIP LOCKED"
    assert ops.distinct_sql([], []) == (["DISTINCT"], [])
    assert ops.bulk_insert_sql([], [["%s", "%s"], ["%s", "1"]]) == "VALUES (%s, %s), (%s, 1)"
    number = Row._meta.get_field("number")
    table, column = quote("engine_operations_row"), quote("number")
    assert ops.returning_columns([number]) == (f"RETURNING {table}.{column}", ())
    assert ops.returning_columns([]) == ("", ())
    assert ops.pk_default_value() in ("DEFAULT", "NULL")
    assert ops.autoinc_sql("a", "b") is None
    assert "OFFSET %%s" in ops.cache_key_culling_sql()
    assert isinstance(ops.force_group_by(), list)
    assert isinstance(ops.force_no_ordering(), list)
    assert isinstance(ops.deferrable_sql() + ops.set_time_zone_sql(), str)
    assert ops.prepare_sql_script("SELECT 1; SELECT 2;")[0].startswith("SELECT 1;")


def test_upserts(ops: Any) -> None:
    ignore = (OnConflict.IGNORE, ["a"], [])
    update = (OnConflict.UPDATE, ["a"], ["b"])
    assert ops.on_conflict_suffix_sql([], None, [], []) == ""
    assert ops.insert_statement() == "INSERT INTO"
    texts = {
        "sqlite": (
            "INSERT OR IGNORE INTO",
            "",
            'ON CONFLICT("b") DO UPDATE SET "a" = EXCLUDED."a"',
        ),
        "postgresql": (
            "INSERT INTO",
            "ON CONFLICT DO NOTHING",
            'ON CONFLICT("b") DO UPDATE SET "a" = EXCLUDED."a"',
        ),
        "mysql": ("INSERT IGNORE INTO", "", "ON DUPLICATE KEY UPDATE `a` = VALUE(`a`)"),
    }
    expected = texts[ops.connection.vendor]
    assert ops.insert_statement(OnConflict.IGNORE) == expected[0]
    assert ops.on_conflict_suffix_sql([], *ignore) == expected[1]
    assert ops.on_conflict_suffix_sql([], *update) == expected[2]


def test_window_frames(ops: Any) -> None:
    unbounded = ("UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING")
    assert ops.window_frame_rows_start_end() == unbounded
    assert ops.window_frame_rows_start_end(-2, 0) == ("2 PRECEDING", "CURRENT ROW")
    assert ops.window_frame_rows_start_end(0, 3) == ("CURRENT ROW", "3 FOLLOWING")
    assert ops.window_frame_range_start_end() == unbounded
    for start, end, message in (
        (3, 1, "start cannot be greater than end"),
        ("a", 1, "start argument must be an integer, zero, or None, but got 'a'"),
        (1, "b", "end argument must be an integer, zero, or None, but got 'b'"),
    ):
        with pytest.raises(ValueError, match=message):
            ops.window_frame_rows_start_end(start, end)
    with pytest.raises(ValueError, match="negative integer"):
        ops.window_frame_range_start_end(1, 2)
    with pytest.raises(ValueError, match="positive integer"):
        ops.window_frame_range_start_end(-1, "x")
    if ops.connection.vendor == "postgresql":
        with pytest.raises(NotSupportedError, match="UNBOUNDED together with"):
            ops.window_frame_range_start_end(-1, 0)


def test_expressions(ops: Any) -> None:
    assert ops.combine_expression("+", ["a", "b"]) == "a + b"
    assert "a" in ops.combine_expression("^", ["a", "b"])
    for connector in ("&", "|", "<<", ">>", "#"):
        assert "b" in ops.combine_expression(connector, ["a", "b"])
    assert ops.prep_for_like_query(r"50%_\ ") == r"50\%\_\\ "
    assert ops.prep_for_iexact_query("a")
    assert "REGEXP" in ops.regex_lookup("regex") or "~" in ops.regex_lookup("regex")
    assert ops.regex_lookup("iregex") != ops.regex_lookup("regex")
    assert "%s" in ops.lookup_cast("icontains", "IntegerField")
    assert "%s" in ops.lookup_cast("exact", "JSONField")
    assert ops.field_cast_sql("text", "TextField") == "%s"
    assert ops.unification_cast_sql(Row._meta.get_field("number")) == "%s"
    assert ops.compile_json_path(["a", 1, 'b"']) == '$."a"[1]."b\\""'
    assert ops.compile_json_path([], include_root=False) == ""
    if ops.connection.vendor == "mysql":
        with pytest.raises(NotSupportedError, match="negative JSON array indices"):
            ops.compile_json_path([-1])
    assert ops.process_clob("x") == "x"
    assert ops.compose_sql("SELECT %s", ["it's"]) == "SELECT 'it''s'"
    assert ops.format_debug_sql("select 1").upper().startswith("SELECT")
    assert ops.binary_placeholder_sql(b"x", None)[1] == (b"x",)
    ops.check_expression_support(models.Count("*"))


def test_values(ops: Any) -> None:
    aware = datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    for value in (aware, aware.date(), datetime.time(1, 2), decimal.Decimal("1.5"), "text", None):
        assert ops.adapt_unknown_value(value) is not None or value is None
    for adapt in (
        ops.adapt_datefield_value,
        ops.adapt_datetimefield_value,
        ops.adapt_timefield_value,
        ops.adapt_durationfield_value,
        ops.adapt_decimalfield_value,
        ops.adapt_ipaddressfield_value,
    ):
        assert adapt(None) is None
    assert ops.adapt_ipaddressfield_value("") is None
    assert ops.adapt_integerfield_value(5, "IntegerField") == 5
    assert ops.adapt_json_value({"a": 1}, None) == '{"a": 1}'
    first, last = ops.year_lookup_bounds_for_date_field(2024)
    assert (str(first), str(last)) == ("2024-01-01", "2024-12-31")
    first, last = ops.year_lookup_bounds_for_date_field(2024, iso_year=True)
    assert (str(first), str(last)) == ("2024-01-01", "2024-12-29")
    for iso in (False, True):
        first, last = ops.year_lookup_bounds_for_datetime_field(2024, iso_year=iso)
        assert str(first) < str(last)
    duration = ops.adapt_durationfield_value(datetime.timedelta(seconds=1))
    assert duration in (1_000_000, datetime.timedelta(seconds=1))
    found = ops.convert_durationfield_value(1_000_000, None, None)
    assert found == datetime.timedelta(seconds=1)
    assert ops.convert_durationfield_value(None, None, None) is None
    if ops.connection.vendor != "postgresql":
        assert ops.adapt_datetimefield_value(aware) == "2024-01-02 03:04:05"
        with pytest.raises(ValueError, match="timezone-aware times"):
            ops.adapt_timefield_value(datetime.time(1, tzinfo=datetime.UTC))
        with override_settings(USE_TZ=False):
            ops.connection.__dict__.pop("timezone", None)
            with pytest.raises(ValueError, match="when USE_TZ is False"):
                ops.adapt_datetimefield_value(aware)


class Of:
    """An expression of a field type."""

    def __init__(self, field: Any) -> None:
        self.output_field = field


def test_converters(ops: Any) -> None:
    key = uuid.UUID(int=5)
    cases: list[tuple[Any, Any, Any]] = [
        (models.BooleanField(), 1, True),
        (models.UUIDField(), key.hex, key),
        (models.DurationField(), 5, datetime.timedelta(microseconds=5)),
        (
            models.DateTimeField(),
            "2024-01-02 03:04:05"
            if ops.connection.vendor == "sqlite"
            else datetime.datetime(2024, 1, 2, 3, 4, 5),
            datetime.datetime(2024, 1, 2, 3, 4, 5, tzinfo=datetime.UTC),
        ),
        (models.DateField(), "2024-01-02", datetime.date(2024, 1, 2)),
        (models.TimeField(), "03:04:05", datetime.time(3, 4, 5)),
        (models.DecimalField(max_digits=5, decimal_places=2), 1.1, decimal.Decimal("1.1")),
        (models.DecimalField(max_digits=5, decimal_places=2), "1.10", decimal.Decimal("1.10")),
    ]
    for field, stored, expected in cases:
        expression = Of(field)
        for convert in ops.get_db_converters(expression):
            assert convert(stored, expression, ops.connection) == expected
            assert convert(None, expression, ops.connection) is None
    assert ops.get_db_converters(Of(models.TextField())) == []


def test_emptying_tables(ops: Any) -> None:
    flush = ops.sql_flush(no_style(), ["a"], reset_sequences=False)
    assert any("a" in text for text in flush)
    assert ops.sql_flush(no_style(), [], reset_sequences=False) == []
    sequences = [{"table": "a", "column": "id"}]
    assert "a" in ops.sequence_reset_by_name_sql(no_style(), sequences)[0]
    reset = ops.sequence_reset_sql(no_style(), [Row])
    assert reset == [] or "setval" in reset[0]


def test_last_query(ops: Any) -> None:
    assert ops.last_executed_query(object(), "SELECT %s", (1,)) == "SELECT 1"
    assert ops.render_statement("SELECT 1", ()) == "SELECT 1"


def test_explaining(ops: Any) -> None:
    assert ops.explain_query_prefix().startswith("EXPLAIN")
    with pytest.raises(ValueError, match="Unknown options"):
        ops.explain_query_prefix(nonsense=True)


# -- one backend ---------------------------------------------------------------------------


def test_postgresql_only() -> None:
    ops = wrapper(PostgreSQL).ops
    assert ops.tablespace_sql("fast") == 'TABLESPACE "fast"'
    assert ops.tablespace_sql("fast", inline=True) == 'USING INDEX TABLESPACE "fast"'
    assert ops.distinct_sql(["a", "b"], [[1], [2]]) == (["DISTINCT ON (a, b)"], [1, 2])
    assert ops.lookup_cast("contains", "GenericIPAddressField") == "HOST(%s)"
    assert ops.lookup_cast("icontains") == "UPPER(%s::text)"
    assert ops.unification_cast_sql(models.UUIDField()) == "CAST(%s AS uuid)"
    assert ops.sql_flush(no_style(), ["a"], reset_sequences=True, allow_cascade=True) == [
        'TRUNCATE "a" RESTART IDENTITY CASCADE;'
    ]
    assert ops.max_name_length() == 63

    class Cursor:
        class _query:
            query = b"SELECT 5"

    assert ops.last_executed_query(Cursor(), "x", ()) == "SELECT 5"


def test_mysql_and_mariadb_differ() -> None:
    ops = wrapper(MySQL).ops
    assert ops.explain_query_prefix("text", analyze=True) == "ANALYZE FORMAT=TRADITIONAL"
    assert ops.sql_flush(no_style(), ["a"], reset_sequences=True)[1] == "TRUNCATE `a`;"
    with pytest.raises(ValueError, match="does not accept 0"):
        ops.validate_autopk_value(0)
    assert ops.lookup_cast("exact", "JSONField") == "JSON_UNQUOTE(%s)"
    know_mysql("8.0.36", "NO_AUTO_VALUE_ON_ZERO")
    database = wrapper(MySQL)
    ops = database.ops
    assert database.display_name == "MySQL"
    assert database.data_types["UUIDField"] == "char(32)"
    assert database.features.minimum_database_version == (8, 0)
    assert database.features.supported_explain_formats >= {"TREE"}
    assert ops.validate_autopk_value(0) == 0
    assert ops.explain_query_prefix() == "EXPLAIN FORMAT=TREE"
    assert ops.explain_query_prefix(analyze=True) == "EXPLAIN ANALYZE"
    assert ops.regex_lookup("regex") == "REGEXP_LIKE(%s, %s, 'c')"
    assert ops.lookup_cast("exact", "JSONField") == "%s"
    text = ops.on_conflict_suffix_sql([], OnConflict.UPDATE, ["a"], [])
    assert text == "AS new ON DUPLICATE KEY UPDATE `a` = new.`a`"
    sql, params = ops.subtract_temporals("TimeField", ("a", (1,)), ("b", (2,)))
    assert "MICROSECOND(a)" in sql
    assert params == (1, 1, 2, 2)
    know_mysql("strange")
    with pytest.raises(OperationalError, match="is not a version"):
        database.get_database_version()


def test_refined_errors() -> None:
    assert refine(OperationalError, "40001", "") is SerializationFailure
    assert refine(OperationalError, "57P01", "") is ConnectionLost
    assert refine(OperationalError, "08006", "") is ConnectionLost
    assert refine(OperationalError, "57014", "canceling due to statement timeout") is QueryTimeout
    assert refine(DataError, "22012", "") is DataError
    assert refine(OperationalError, None, "connection refused") is ConnectionLost
    assert refine(InterfaceError, None, "strange") is InterfaceError
    mine = mysql_base.refine
    assert mine(OperationalError, 1048, "") is IntegrityError
    assert mine(OperationalError, 1213, "") is SerializationFailure
    assert mine(OperationalError, 3024, "") is QueryTimeout
    assert mine(OperationalError, 2013, "timed out") is QueryTimeout
    assert mine(OperationalError, 2006, "") is ConnectionLost
    assert mine(InterfaceError, 0, "") is ConnectionLost
    assert mine(InternalError, 1049, "") is OperationalError
    assert mine(Error, None, "") is Error
    assert wrapper(SQLite).refine_error(DataError, ValueError()) is DataError
    assert wrapper(SQLite).refine_error(OperationalError, ValueError()) is OperationalError


def test_arguments_of_asyncpg() -> None:
    database = wrapper(
        PostgreSQL,
        NAME="db",
        USER="u",
        PASSWORD="p",
        PORT="1",
        OPTIONS={
            "sslmode": "require",
            "options": "-c search_path=a,b -c statement_timeout=5s",
            "application_name": "site",
            "assume_role": "owner",
            "isolation_level": 4,
            "pool": {},
        },
    )
    found = pg.connect_arguments(database)
    assert found["dsn"] == "postgresql://?sslmode=require"
    assert (found["host"], found["port"], found["user"]) == (HOST, 1, "u")
    assert (found["password"], found["database"]) == ("p", "db")
    assert found["server_settings"] == {
        "TimeZone": "UTC",
        "search_path": "a,b",
        "statement_timeout": "5s",
        "default_transaction_isolation": "serializable",
        "role": "owner",
        "application_name": "site",
    }
    params = database.get_connection_params()
    assert params["connect_timeout"] == 5
    assert "isolation_level" not in params


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"NAME": ""}, "Please supply the NAME or OPTIONS"),
        ({"NAME": "x" * 64}, "longer than PostgreSQL's limit of 63"),
    ],
)
def test_database_names_of_postgresql(entry: Any, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        wrapper(PostgreSQL, **entry).get_connection_params()
    service = wrapper(PostgreSQL, NAME="", OPTIONS={"service": "s"})
    assert "dbname" not in service.get_connection_params()
    nothing = wrapper(PostgreSQL, NAME=None, OPTIONS={"service": "s"}).get_connection_params()
    assert nothing["dbname"] == "postgres"
    assert "service" not in nothing


def test_arguments_of_mysql() -> None:
    database = wrapper(MySQL, HOST="/run/socket", NAME="db", OPTIONS={"isolation_level": None})
    params = database.get_connection_params()
    assert params["unix_socket"] == "/run/socket"
    assert database.isolation_level is None
    assert database.start_commands() == ["SET SQL_AUTO_IS_NULL = 0"]
    assert mysql_base.read_time("25:00:00") == datetime.timedelta(hours=25)
    assert mysql_base.read_time(b"23:00:00") == datetime.time(23)


def test_suffixes_of_test_databases() -> None:
    creation = wrapper(PostgreSQL, TEST={"CHARSET": "UTF8", "TEMPLATE": "t"}).creation
    assert creation.sql_table_creation_suffix() == "WITH ENCODING 'UTF8' TEMPLATE \"t\""
    with pytest.raises(ImproperlyConfigured, match="not an encoding"):
        wrapper(PostgreSQL, TEST={"CHARSET": "x'"}).creation.sql_table_creation_suffix()
    with pytest.raises(ImproperlyConfigured, match="collation setting"):
        wrapper(PostgreSQL, TEST={"COLLATION": "C"}).creation.sql_table_creation_suffix()
    test = {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"}
    creation = wrapper(MySQL, TEST=test).creation
    expected = "CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"
    assert creation.sql_table_creation_suffix() == expected
    with pytest.raises(ImproperlyConfigured, match="not a name"):
        wrapper(MySQL, TEST={"CHARSET": "a;b"}).creation.sql_table_creation_suffix()


def test_types_of_asyncpg_arguments() -> None:
    fit = pg._fit
    assert fit(None, "int4") is None
    assert fit(1.5, "int4") == 1.5
    assert fit(datetime.datetime(2024, 1, 2), "date") == datetime.date(2024, 1, 2)
    assert fit("x", "jsonb") == "x"
    assert fit("a", "text") == "a"
    assert fit("t", "bool") is True


def test_dummy_complains() -> None:
    database = wrapper(Dummy)
    database.close()
    database.close_if_unusable_or_obsolete()
    assert database.is_usable()
    for call in (
        database.ensure_connection,
        database.connect,
        lambda: database.ops.quote_name("a"),
        lambda: database.introspection.get_table_list(None),
    ):
        with pytest.raises(ImproperlyConfigured, match="Please supply the ENGINE value"):
            call()


# -- conversions ---------------------------------------------------------------------------


def test_texts_are_read() -> None:
    moment = datetime.datetime(2005, 7, 29, 9, 56, 0, 590358)
    assert conversions.typecast_timestamp("2005-07-29 09:56:00.590358-05") == moment
    assert conversions.typecast_timestamp("2005-07-29") == datetime.date(2005, 7, 29)
    assert conversions.typecast_timestamp("") is None
    assert conversions.typecast_date(None) is None
    assert conversions.typecast_time("") is None
    assert conversions.typecast_time("01:02:03.1234567") == datetime.time(1, 2, 3, 123456)


def test_numbers_are_written() -> None:
    def write(text: str, digits: int | None, places: int | None) -> str | None:
        return conversions.format_number(decimal.Decimal(text), digits, places)

    assert write("0", 12, 3) == "0.000"
    assert write("1.00000001", 12, 8) == "1.00000001"
    assert write("1234567890.1234567890", None, 0) == "1234567890"
    assert conversions.format_number(None, 1, 1) is None
    with pytest.raises(decimal.Rounded):
        write("1234567890.1234", 5, None)
