"""The N+1 guard, slow queries, commands, names, literals, clients and SQLite's functions."""

import asyncio
import math
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from fastjango.core import settings
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.management import CommandError, call_command
from fastjango.core.management.color import no_style
from fastjango.orm import DatabaseError, ProgrammingError, connection, connections, models
from fastjango.orm.engine import literals, names
from fastjango.orm.engine.runner import arun, run
from fastjango.orm.engine.statement import Statement
from fastjango.orm.management.commands import dbshell, flush, sqlflush, sqlsequencereset
from fastjango.orm.nplusone import NPlusOneError, NPlusOneMiddleware, detect_n_plus_one
from fastjango.orm.router import ConnectionRouter
from hypothesis import given
from hypothesis import strategies as st


class Person(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "engine_tools"


class Label(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "engine_tools"


class Story(models.Model):
    title = models.CharField(max_length=20)
    writer = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="stories")
    labels = models.ManyToManyField(Label, related_name="stories")

    class Meta:
        app_label = "engine_tools"


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})
    with connection.schema_editor() as editor:
        for model in (Person, Label, Story):
            editor.create_model(model)
    shown = [Person, Label, Story]
    introspection = type(connection.introspection)
    monkeypatch.setattr(introspection, "get_migratable_models", lambda self: iter(shown))
    from fastjango.core import apps

    known = [Person, Label, Story, Story.labels.through]
    monkeypatch.setattr(apps, "get_models", lambda **options: known)
    for number in range(4):
        story = Story.objects.create(title="t", writer=Person.objects.create(name=f"p{number}"))
        story.labels.add(Label.objects.create(name="l"))
    yield
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


# -- N+1 -----------------------------------------------------------------------------------


def test_repeated_forward_queries_name_select_related(tables: None) -> None:
    with detect_n_plus_one(3, raise_error=False) as reports:
        for story in Story.objects.all():
            Person.objects.get(pk=story.writer_id)
    (report,) = reports
    assert report.advice == "Story.objects.select_related('writer')"
    assert report.count == 3
    assert "test_engine_tools.py" in report.where
    assert "To make it one query: Story.objects.select_related('writer')" in str(report)


def test_repeated_reverse_queries_name_prefetch_related(tables: None) -> None:
    with detect_n_plus_one(3, raise_error=False) as reports:
        for person in Person.objects.all():
            list(person.stories.all())
    assert [r.advice for r in reports] == ["Person.objects.prefetch_related('stories')"]


def test_repeated_many_to_many_queries_name_prefetch_related(tables: None) -> None:
    with detect_n_plus_one(3, raise_error=False) as reports:
        for story in Story.objects.all():
            list(story.labels.all())
    assert [r.advice for r in reports] == ["Story.objects.prefetch_related('labels')"]
    with detect_n_plus_one(3, raise_error=False) as reports:
        for label in Label.objects.all():
            list(label.stories.all())
    assert [r.advice for r in reports] == ["Label.objects.prefetch_related('stories')"]


def test_other_repetitions_are_reported_without_a_relation(
    tables: None, caplog: pytest.LogCaptureFixture
) -> None:
    with detect_n_plus_one(2, raise_error=False):
        for _ in range(4):
            Person.objects.count()
    assert len(caplog.records) == 1
    assert "load the rows in one query before the loop" in caplog.text


def test_guard_can_raise_and_can_be_off(tables: None) -> None:
    with (
        pytest.raises(NPlusOneError, match="2 queries of one shape") as caught,
        detect_n_plus_one(2, raise_error=True),
    ):
        Person.objects.count()
        Person.objects.count()
    assert caught.value.report.count == 2
    with detect_n_plus_one(0, raise_error=True) as reports:
        for _ in range(30):
            Person.objects.count()
    assert reports == []
    with (
        override_settings(ORM_N_PLUS_ONE_THRESHOLD=2, ORM_N_PLUS_ONE_RAISE=True),
        pytest.raises(NPlusOneError),
        detect_n_plus_one(),
    ):
        Person.objects.count()
        Person.objects.count()


async def test_guard_watches_requests_in_debug(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        def steps() -> Any:
            return (yield Statement("SELECT 1")).rows

        for _ in range(3):
            await arun(steps())

    middleware = NPlusOneMiddleware(app)
    request = {"type": "http", "method": "GET", "path": "/articles/"}
    nothing: Any = None
    with override_settings(DEBUG=True, ORM_N_PLUS_ONE_THRESHOLD=3):
        await middleware(request, nothing, nothing)
        await middleware({"type": "lifespan"}, nothing, nothing)
    await middleware(request, nothing, nothing)
    assert caplog.text.count("queries of one shape") == 1
    await connections.aclose_all()


async def test_queries_of_the_framework_are_those_of_the_request(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def steps() -> Any:
        return (yield Statement("SELECT 1")).rows

    # As a generic view: no line of the user's is on the way.
    file = Path(next(iter(sys.modules["fastjango"].__path__))) / "orm" / "some_view.py"
    names: dict[str, Any] = {"arun": arun, "steps": steps}
    source = "async def app(*scope):\n    for _ in range(3):\n        await arun(steps())\n"
    exec(compile(source, str(file), "exec"), names)
    request = {"type": "http", "method": "GET", "path": "/articles/"}
    nothing: Any = None
    with override_settings(DEBUG=True, ORM_N_PLUS_ONE_THRESHOLD=3):
        await NPlusOneMiddleware(names["app"])(request, nothing, nothing)
    assert "3 queries of one shape were run at GET /articles/: SELECT 1." in caplog.text
    await connections.aclose_all()


# -- slow queries --------------------------------------------------------------------------


def test_slow_queries_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    def steps() -> Any:
        return (yield Statement("SELECT ?", ("secret",))).rows

    with override_settings(ORM_SLOW_QUERY_SECONDS=0.0):
        assert run(steps()) == [("secret",)]
        with connection.cursor() as cursor:
            cursor.execute("SELECT 2")

        async def main() -> None:
            await arun(steps())
            await connections.aclose_all()

        asyncio.run(main())
    messages = [r.getMessage() for r in caplog.records if r.name == "fastjango.orm.slow"]
    assert len(messages) == 3
    assert "ORM_SLOW_QUERY_SECONDS = 0" in messages[0]
    assert "secret" not in caplog.text
    caplog.clear()
    with override_settings(ORM_SLOW_QUERY_SECONDS=60.0):
        run(steps())
        connection.cursor().execute("SELECT 3")
    assert caplog.records == []


def test_debug_logs_queries() -> None:
    connection.queries_log.clear()
    with override_settings(DEBUG=True):
        connection.cursor().execute("SELECT 1")
    connection.cursor().execute("SELECT 2")
    assert [entry["sql"] for entry in connection.queries] == ["SELECT 1"]
    assert settings.DEBUG is False


# -- commands ------------------------------------------------------------------------------


def test_flush_empties_every_table(tables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    out = StringIO()
    call_command(sqlflush.Command(), stdout=out, no_color=True)
    assert 'DELETE FROM "engine_tools_person";' in out.getvalue()
    assert "sqlite_sequence" in out.getvalue()
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    out = StringIO()
    call_command(flush.Command(), stdout=out)
    assert out.getvalue() == "Flush cancelled.\n"
    assert Person.objects.count() == 4
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    call_command(flush.Command(), verbosity=0)
    assert Person.objects.count() == Story.objects.count() == 0
    assert Person.objects.create(name="first").pk == 1
    with connection.cursor() as cursor:
        cursor.execute('DROP TABLE "engine_tools_story_labels"')
    out = StringIO()
    monkeypatch.setattr(type(connection.introspection), "django_table_names", lambda *a, **k: ["x"])
    with pytest.raises(CommandError, match="couldn't be flushed"):
        call_command(flush.Command(), interactive=False)
    monkeypatch.setattr(type(connection.introspection), "django_table_names", lambda *a, **k: [])
    err = StringIO()
    call_command(sqlflush.Command(), stderr=err)
    assert err.getvalue() == "No tables found.\n"


def test_sequences_of_sqlite_need_no_reset(tables: None) -> None:
    class Config:
        models_module = True

        def get_models(self, **options: Any) -> Any:
            return [Person]

    err = StringIO()
    command = sqlsequencereset.Command(stderr=err)
    assert command.handle_app_config(Config(), database="default", verbosity=1) == ""
    assert err.getvalue() == "No sequences found.\n"
    Config.models_module = None  # type: ignore[assignment]
    assert command.handle_app_config(Config(), database="default", verbosity=1) is None


def test_dbshell_runs_the_client(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Any] = []
    monkeypatch.setattr(subprocess, "run", lambda *args, **kwargs: calls.append((args, kwargs)))
    connection.settings_dict["NAME"] = ":memory:"
    call_command(dbshell.Command(), parameters=["-header"])
    assert calls == [((["sqlite3", ":memory:", "-header"],), {"env": None, "check": True})]

    def missing(*args: Any, **kwargs: Any) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(subprocess, "run", missing)
    with pytest.raises(CommandError, match="You appear not to have the 'sqlite3' program"):
        call_command(dbshell.Command())

    def fail(*args: Any, **kwargs: Any) -> None:
        raise subprocess.CalledProcessError(3, ["sqlite3", "x"])

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(CommandError, match='"sqlite3 x" returned non-zero exit status 3') as error:
        call_command(dbshell.Command())
    assert error.value.returncode == 3


def test_command_lines_of_the_servers() -> None:
    from fastjango.orm.backends.mysql.client import DatabaseClient as MySQL
    from fastjango.orm.backends.postgresql.client import DatabaseClient as PostgreSQL

    entry = {
        "NAME": "db",
        "USER": "u",
        "PASSWORD": "p",
        "HOST": "h",
        "PORT": 1,
        "OPTIONS": {"sslmode": "require", "charset": "utf8"},
    }
    assert PostgreSQL.settings_to_cmd_args_env(entry, ["-x"]) == (
        ["psql", "-U", "u", "-h", "h", "-p", "1", "-x", "db"],
        {"PGSSLMODE": "require", "PGPASSWORD": "p"},
    )
    bare = {"NAME": "", "OPTIONS": {}}
    assert PostgreSQL.settings_to_cmd_args_env(bare, []) == (["psql", "postgres"], None)
    service = {"OPTIONS": {"service": "s"}}
    assert PostgreSQL.settings_to_cmd_args_env(service, []) == (["psql"], {"PGSERVICE": "s"})
    assert MySQL.settings_to_cmd_args_env(entry, ["-x"]) == (
        [
            "mysql",
            "--user=u",
            "--host=h",
            "--port=1",
            "--default-character-set=utf8",
            "db",
            "-x",
        ],
        {"MYSQL_PWD": "p"},
    )
    socket = {**entry, "HOST": "/run/s", "PASSWORD": "", "OPTIONS": {"user": "o"}}
    args, env = MySQL.settings_to_cmd_args_env(socket, [])
    assert "--socket=/run/s" in args
    assert "--user=o" in args
    assert env is None


# -- names and literals --------------------------------------------------------------------


def test_names_are_quoted_once() -> None:
    assert names.quote("a", '"') == '"a"'
    assert names.quote('"a"', '"') == '"a"'
    assert names.quote('"s"."t"', '"') == '"s"."t"'
    assert names.quote('a"; DROP TABLE t; --', '"') == '"a""; DROP TABLE t; --"'
    assert names.quote('"a"; DROP TABLE "t"', '"') == '"""a""; DROP TABLE ""t"""'
    assert names.quote("`a", "`") == "```a`"


@pytest.mark.parametrize("name", ["", "a\x00b", "a\nb", "x" * 256])
def test_impossible_names_are_refused(name: str) -> None:
    with pytest.raises(ProgrammingError, match="cannot be a table, column or index name"):
        names.quote(name, '"')


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60))
def test_quoted_names_cannot_break_out(name: str) -> None:
    quoted = names.quote(name, '"')
    inner = quoted[1:-1].replace('"."', "").replace('""', "")
    assert quoted.startswith('"')
    assert quoted.endswith('"')
    assert '"' not in inner


def test_names_are_shortened_with_a_digest() -> None:
    assert names.truncate_name("some_table", 10) == "some_table"
    assert names.truncate_name("some_long_table", 10) == "some_la38a"
    assert names.truncate_name("some_long_table", 10, 3) == "some_loa38"
    assert names.truncate_name('username"."some_long_table', 10) == 'username"."some_la38a'
    assert names.split_identifier('a"."b') == ("a", "b")


def test_literals_for_logs() -> None:
    import datetime
    import decimal
    import uuid

    cases: list[tuple[Any, str]] = [
        (None, "NULL"),
        (True, "1"),
        (5, "5"),
        (decimal.Decimal("1.50"), "1.50"),
        (b"\x01\xff", "X'01FF'"),
        (datetime.datetime(2024, 1, 2, 3), "'2024-01-02 03:00:00'"),
        (datetime.date(2024, 1, 2), "'2024-01-02'"),
        (uuid.UUID(int=5), "'00000000-0000-0000-0000-000000000005'"),
        ("it's", "'it''s'"),
    ]
    for value, text in cases:
        assert literals.literal(value) == text
    assert literals.render("a = %s AND b = '%s' AND c = 5 %% 2", (1,)) == (
        "a = 1 AND b = '%s' AND c = 5 % 2"
    )
    assert literals.render("$2, $1, $3", (1, 2)) == "2, 1, $3"
    assert literals.render("%(a)s %(b)s", {"a": 1}) == "1 %(b)s"
    assert literals.render("?, ?", (1,)) == "1, ?"
    assert literals.render("SELECT 1", ()) == "SELECT 1"


# -- routers -------------------------------------------------------------------------------


class ReadRouter:
    def db_for_read(self, model: Any, **hints: Any) -> str | None:
        return "replica" if model is Person else None

    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool | None:
        return None

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        return db != "replica"


class StrictRouter:
    def allow_relation(self, obj1: Any, obj2: Any, **hints: Any) -> bool:
        return False


def test_first_router_with_an_opinion_decides() -> None:
    router = ConnectionRouter([ReadRouter()])
    person, story = Person(name="a"), Story(title="t")
    assert router.db_for_read(Person) == "replica"
    assert router.db_for_read(Story) == "default"
    person._state.db = "other"
    assert router.db_for_write(Person, instance=person) == "other"
    assert not router.allow_relation(person, story)
    story._state.db = "other"
    assert router.allow_relation(person, story)
    assert not ConnectionRouter([StrictRouter()]).allow_relation(person, story)
    assert not router.allow_migrate_model("replica", Person)
    assert router.allow_migrate("default", "x")
    assert ConnectionRouter([StrictRouter()]).allow_migrate("default", "x")

    class Config:
        def get_models(self, include_auto_created: bool = False) -> Any:
            return [Person]

    assert router.get_migratable_models(Config(), "replica") == []
    assert router.get_migratable_models(Config(), "default") == [Person]
    with override_settings(DATABASE_ROUTERS=["fastjango.orm.router.ConnectionRouter"]):
        assert isinstance(ConnectionRouter().routers[0], ConnectionRouter)


def test_routers_follow_their_setting_before_a_database_is_used() -> None:
    code = """
from fastjango.core.conf import override_settings, settings
from fastjango.orm import models
from fastjango.orm.router import router

settings.configure(SECRET_KEY="x" * 50)


class Replica:
    def db_for_read(self, model, **hints):
        return "replica"


assert router.db_for_read(models.Model) == "default"
with override_settings(DATABASE_ROUTERS=[Replica()]):
    assert router.db_for_read(models.Model) == "replica"
assert router.db_for_read(models.Model) == "default"
"""
    subprocess.run([sys.executable, "-c", code], check=True)


# -- SQLite --------------------------------------------------------------------------------


def sql(expression: str, *params: Any) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}", params)
        return cursor.fetchone()[0]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("django_date_extract('week_day', '2024-02-25')", 1),
        ("django_date_extract('iso_week_day', '2024-02-25')", 7),
        ("django_date_extract('week', '2024-12-30')", 1),
        ("django_date_extract('iso_year', '2024-12-30')", 2025),
        ("django_date_extract('quarter', '2024-05-01')", 2),
        ("django_date_extract('month', '2024-05-01')", 5),
        ("django_date_extract('year', NULL)", None),
        ("django_date_extract('year', 'rubbish')", None),
        ("django_date_trunc('year', '2024-05-17', NULL, NULL)", "2024-01-01"),
        ("django_date_trunc('quarter', '2024-05-17', NULL, NULL)", "2024-04-01"),
        ("django_date_trunc('month', '2024-05-17', NULL, NULL)", "2024-05-01"),
        ("django_date_trunc('week', '2024-05-17', NULL, NULL)", "2024-05-13"),
        ("django_date_trunc('day', '2024-05-17', NULL, NULL)", "2024-05-17"),
        ("django_date_trunc('day', NULL, NULL, NULL)", None),
        (
            "django_datetime_trunc('hour', '2024-05-17 23:30:15.5', 'Europe/Paris', 'UTC')",
            "2024-05-18 01:00:00",
        ),
        (
            "django_datetime_trunc('second', '2024-05-17 23:30:15.5', NULL, NULL)",
            "2024-05-17 23:30:15",
        ),
        ("django_datetime_trunc('year', '2024-05-17 1:2:3', NULL, NULL)", "2024-01-01 00:00:00"),
        ("django_datetime_trunc('year', NULL, NULL, NULL)", None),
        ("django_time_trunc('minute', '23:30:15', NULL, NULL)", "23:30:00"),
        ("django_time_trunc('hour', '2024-05-17 23:30:15', NULL, NULL)", "23:00:00"),
        ("django_time_trunc('hour', NULL, NULL, NULL)", None),
        ("django_time_trunc('hour', 'x', NULL, NULL)", None),
        ("django_datetime_cast_date('2024-05-17 23:30:00', '+02:00', 'UTC')", "2024-05-18"),
        ("django_datetime_cast_date('2024-05-17 01:30:00', 'UTC-02:00', 'UTC')", "2024-05-16"),
        ("django_datetime_cast_date(NULL, NULL, NULL)", None),
        ("django_datetime_cast_time('2024-05-17 23:30:01+02', NULL, NULL)", "23:30:01"),
        ("django_datetime_cast_time(NULL, NULL, NULL)", None),
        ("django_datetime_extract('hour', '2024-05-17 23:30:00', 'Asia/Tokyo', 'UTC')", 8),
        ("django_time_extract('minute', '23:30:00')", 30),
        ("django_time_extract('minute', NULL)", None),
        ("django_time_extract('minute', '1')", None),
        ("django_time_diff('10:00:00', '09:59:59.5')", 500000),
        ("django_time_diff(NULL, '09:59:59.5')", None),
        ("django_timestamp_diff('2024-01-02 00:00:01', '2024-01-01 00:00:00')", 86401000000),
        ("django_format_dtdelta('+', '2024-01-01 00:00:00', 1000000)", "2024-01-01 00:00:01"),
        ("django_format_dtdelta('-', '2024-01-01 00:00:00', 1000000)", "2023-12-31 23:59:59"),
        ("django_format_dtdelta('*', 2, 3)", 6),
        ("django_format_dtdelta('/', 6, 4)", 1.5),
        ("django_format_dtdelta('+', 'x', 3)", None),
        ("django_format_dtdelta('+', NULL, 3)", None),
        ("'Abc' REGEXP 'b'", 1),
        ("12 REGEXP '^1'", 1),
        ("BITXOR(5, 3)", 6),
        ("COT(1)", 1 / math.tan(1)),
        ("LPAD('a', 3, 'xy')", "xya"),
        ("LPAD('abcd', 3, 'xy')", "abc"),
        ("RPAD('a', 4, 'xy')", "axyx"),
        ("REPEAT('ab', 2)", "abab"),
        ("REVERSE('abc')", "cba"),
        ("SIGN(-2)", -1),
        ("MD5('a')", "0cc175b9c0f1b6a831c399e269772661"),
        ("SHA1(NULL)", None),
        ("LENGTH(SHA512('a'))", 128),
        ("LENGTH(UUIDV4())", 32),
        ("RAND() BETWEEN 0 AND 1", 1),
        ("(SELECT STDDEV_POP(x) FROM (SELECT 1 x UNION SELECT 3))", 1.0),
        ("(SELECT STDDEV_SAMP(x) FROM (SELECT 1 x))", None),
        ("(SELECT VAR_SAMP(x) FROM (SELECT 1 x UNION SELECT 3 UNION SELECT NULL))", 2.0),
        ("(SELECT VAR_POP(x) FROM (SELECT 1 x WHERE 0))", None),
        ("(SELECT ANY_VALUE(x) FROM (SELECT 4 x))", 4),
        ("(SELECT BIT_AND(x) FROM (SELECT 6 x UNION SELECT 3))", 2),
        ("(SELECT BIT_OR(x) FROM (SELECT 6 x UNION SELECT 1))", 7),
        ("(SELECT BIT_XOR(x) FROM (SELECT NULL x))", None),
    ],
)
def test_functions_of_sqlite(expression: str, expected: Any) -> None:
    assert sql(expression) == expected


@pytest.mark.parametrize("name", ["date", "datetime", "time"])
def test_unknown_truncations_are_refused(name: str) -> None:
    with pytest.raises(DatabaseError):
        sql(f"django_{name}_trunc('century', '2024-05-17 01:02:03', NULL, NULL)")


def test_introspection_of_sqlite(tmp_path: Path) -> None:
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": str(tmp_path / "x.db")}})
    with connection.cursor() as cursor:
        cursor.execute('CREATE TABLE "other" ("id" integer PRIMARY KEY)')
        cursor.execute(
            'CREATE TABLE "t" ( -- a comment, with a comma\n'
            '"id" integer NOT NULL PRIMARY KEY AUTOINCREMENT, '
            '"name" varchar(30) NOT NULL COLLATE NOCASE UNIQUE, '
            '"data" text CHECK ((JSON_VALID("data") OR "data" IS NULL)), '
            '"size" integer unsigned CHECK ("size" >= 0) DEFAULT 3, '
            '"other_id" integer REFERENCES "other" ("id") ON DELETE CASCADE, '
            '"both" integer GENERATED ALWAYS AS ("size" + 1) VIRTUAL, '
            'CONSTRAINT "pair" UNIQUE ("name", "size"), '
            "CONSTRAINT positive CHECK (size > 0 AND name <> 'a, (b)'), "
            "UNIQUE (size, other_id))"
        )
        cursor.execute('CREATE INDEX "t_idx" ON "t" ("size" DESC, "name")')
        cursor.execute('CREATE VIEW "v" AS SELECT * FROM "t"')
        cursor.execute('CREATE TABLE "pair_key" ("a" integer, "b" integer, PRIMARY KEY (a, b))')
        introspection = connection.introspection
        assert introspection.table_names(cursor) == ["other", "pair_key", "t"]
        assert introspection.table_names(cursor, include_views=True)[-1] == "v"
        description = introspection.get_table_description(cursor, "t")
        kinds = [introspection.get_field_type(i.type_code, i) for i in description]
        assert kinds == [
            "AutoField",
            "CharField",
            "JSONField",
            "PositiveIntegerField",
            "IntegerField",
            "IntegerField",
        ]
        assert description[1].display_size == 30
        assert description[1].collation == "NOCASE"
        assert description[3].default == "3"
        found = introspection.get_constraints(cursor, "t")
        summary = {
            name: (c["columns"], c["unique"], c["check"], c["index"]) for name, c in found.items()
        }
        assert summary["pair"] == (["name", "size"], True, False, False)
        assert summary["positive"] == (["size", "name"], False, True, False)
        assert summary["t_idx"] == (["size", "name"], False, False, True)
        assert found["t_idx"]["orders"] == ["DESC", "ASC"]
        assert (["name"], True, False, False) in summary.values()
        assert (["size", "other_id"], True, False, False) in summary.values()
        assert (["data", "data"], False, True, False) in summary.values()
        assert (["size"], False, True, False) in summary.values()
        assert found["fk_0"]["foreign_key"] == ("other", "id")
        assert found["__primary__"]["primary_key"]
        assert introspection.get_relations(cursor, "t") == {
            "other_id": ("id", "other", models.DB_CASCADE)
        }
        assert introspection.get_sequences(cursor, "t") == [{"table": "t", "column": "id"}]
        pair = introspection.get_table_description(cursor, "pair_key")
        assert [info.pk for info in pair] == [False, False]
        assert introspection.get_primary_key_columns(cursor, "pair_key") == ["a", "b"]
        assert introspection.get_constraints(cursor, "v") == {}
        with pytest.raises(DatabaseError, match="does not exist"):
            introspection.get_table_description(cursor, "missing")
        with pytest.raises(KeyError):
            introspection.data_types_reverse["whatever"]
        assert introspection.data_types_reverse["VARCHAR(5)"] == "CharField"
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


def test_broken_references_are_found(tables: None) -> None:
    from fastjango.orm import IntegrityError

    connection.check_constraints()
    with connection.constraint_checks_disabled():
        Story.objects.create(title="t", writer_id=99)
    with pytest.raises(IntegrityError, match="contains a value '99' that does not have"):
        connection.check_constraints()
    with pytest.raises(IntegrityError):
        connection.check_constraints(["engine_tools_story"])
    connection.check_constraints(["engine_tools_person"])


def test_cascading_flush_finds_referring_tables(tables: None) -> None:
    ops = connection.ops
    found = ops.sql_flush(no_style(), ["engine_tools_person"], allow_cascade=True)
    assert 'DELETE FROM "engine_tools_story_labels";' in found
    assert ops.sql_flush(no_style(), ["x"], reset_sequences=True) == [
        'DELETE FROM "x";',
        'UPDATE "sqlite_sequence" SET "seq" = 0 WHERE "name" IN (\'x\');',
    ]
    assert ops.sequence_reset_by_name_sql(no_style(), []) == []


def test_test_databases_of_sqlite(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = str(tmp_path / "test.db")
    entry = {"ENGINE": "sqlite", "NAME": str(tmp_path / "x.db"), "TEST": {"NAME": name}}
    connections.reconfigure({"default": entry})
    creation = connection.creation

    def schema(verbosity: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (id integer)")
            cursor.execute("INSERT INTO t VALUES (7)")

    monkeypatch.setattr(creation, "prepare_schema", schema)
    assert creation.create_test_db(verbosity=1) == name
    connection.settings_dict["NAME"] = entry["NAME"]
    connection.close()
    assert creation.create_test_db(verbosity=0, autoclobber=True) == name
    creation.clone_test_db("2", verbosity=1)
    creation.clone_test_db("2", verbosity=0)
    creation.clone_test_db("2", verbosity=0, keepdb=True)
    clone = creation.get_test_db_clone_settings("2")
    assert clone["NAME"] == str(tmp_path / "test_2.db")
    assert creation.worker_name(name, "gw1") == str(tmp_path / "test_gw1.db")
    creation.setup_worker_connection(2)
    assert sql("id FROM t") == 7
    connection.settings_dict["NAME"] = name
    creation.destroy_test_db(suffix="2", verbosity=0)
    creation.destroy_test_db(str(entry["NAME"]), verbosity=1)
    assert not Path(name).exists()
    assert not Path(clone["NAME"]).exists()
    assert connection.settings_dict["NAME"] == entry["NAME"]
    assert "Creating test database for alias 'default'..." in capsys.readouterr().err
    Path(name).write_text("")
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    with pytest.raises(SystemExit):
        creation.create_test_db(verbosity=0)
    assert creation.test_db_signature() == (entry["NAME"], name)
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


def test_test_databases_in_memory_can_be_cloned(monkeypatch: pytest.MonkeyPatch) -> None:
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": "unused.db"}})
    creation = connection.creation

    def schema(verbosity: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute("CREATE TABLE t (id integer)")
            cursor.execute("INSERT INTO t VALUES (7)")

    monkeypatch.setattr(creation, "prepare_schema", schema)
    name = creation.create_test_db(verbosity=0)
    assert name == "file:memorydb_default?mode=memory&cache=shared"
    creation.clone_test_db("1", verbosity=0)
    old = dict(connection.settings_dict)
    copy = type(connections["default"])(creation.get_test_db_clone_settings("1"), "default")
    with copy.cursor() as cursor:
        cursor.execute("SELECT id FROM t")
        assert cursor.fetchone() == (7,)
    copy.connection.close()
    assert creation.worker_name(name, "gw0") == name
    assert creation.test_db_signature() == (name, "default")
    creation.destroy_test_db(suffix="1", verbosity=0)
    creation.destroy_test_db("unused.db", verbosity=0)
    assert old["NAME"] == name
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


def test_driver_options_of_sqlite() -> None:
    entry = {
        "ENGINE": "sqlite",
        "NAME": ":memory:",
        "OPTIONS": {
            "check_same_thread": True,
            "init_command": "PRAGMA cache_size = 77; ;",
            "transaction_mode": None,
            "pool": {"max_size": 3},
        },
    }
    connections.reconfigure({"default": entry})
    with pytest.warns(RuntimeWarning, match="check_same_thread"):
        connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA cache_size")
        assert cursor.fetchone() == (77,)
    assert connection.ops.begin_sql() == "BEGIN"
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


def test_time_zone_needs_use_tz(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"ENGINE": "sqlite", "NAME": ":memory:", "TIME_ZONE": "Europe/Paris"}
    connections.reconfigure({"default": entry})
    assert str(connection.timezone) == connection.timezone_name == "Europe/Paris"
    with override_settings(USE_TZ=False):
        assert connection.timezone is None
        with pytest.raises(ImproperlyConfigured, match="because USE_TZ is False"):
            connection.ensure_connection()
    assert str(connection.timezone) == "Europe/Paris"
    connections.reconfigure({"default": {"ENGINE": "sqlite", "NAME": ":memory:"}})


def test_operations_of_every_backend_write_dates() -> None:
    from fastjango.orm.backends.mysql.operations import DatabaseOperations as MySQL
    from fastjango.orm.backends.postgresql.operations import DatabaseOperations as PostgreSQL

    class Fake:
        timezone_name = "UTC"
        mysql_is_mariadb = True
        timezone = None
        features = connection.features

    for ops in (connection.ops, PostgreSQL(Fake()), MySQL(Fake())):  # type: ignore[arg-type]
        for part in ("year", "quarter", "month", "week", "day", "hour", "minute", "second"):
            for text, params in (
                ops.datetime_trunc_sql(part, "c", (), "Europe/Paris"),
                ops.date_trunc_sql(part, "c", (), None),
                ops.time_trunc_sql(part, "c", (), None),
                ops.datetime_extract_sql(part, "c", (), "Europe/Paris"),
                ops.time_extract_sql(part, "c", ()),
                ops.date_extract_sql(part, "c", ()),
            ):
                assert "c" in text
                assert text.count("%s") == len(params)
        for part in ("week_day", "iso_week_day", "iso_year"):
            assert "c" in ops.date_extract_sql(part, "c", ())[0]
        for cast in (ops.datetime_cast_date_sql, ops.datetime_cast_time_sql):
            text, params = cast("c", (), "+05:30")
            assert text.count("%s") == len(params)
        for kind in ("DateField", "TimeField", "DateTimeField"):
            text, params = ops.subtract_temporals(kind, ("%s", (1,)), ("%s", (2,)))
            assert text.count("%s") == len(params)
    for bad in (PostgreSQL(Fake()), MySQL(Fake())):  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="Invalid lookup type"):
            bad.date_extract_sql("year FROM now()) --", "c", ())


def test_explain_options_are_checked() -> None:
    from fastjango.orm.backends.postgresql.base import DatabaseWrapper

    entry = connections.configure_settings({"default": {"ENGINE": "postgresql", "NAME": "x"}})
    ops = DatabaseWrapper(entry["default"]).ops
    assert ops.explain_query_prefix("json", analyze=True) == "EXPLAIN (ANALYZE true, FORMAT json)"
    assert ops.explain_query_prefix(serialize="text") == "EXPLAIN (SERIALIZE TEXT)"
    assert ops.explain_query_prefix() == "EXPLAIN"
    with pytest.raises(ValueError, match="Unknown options: BAD"):
        ops.explain_query_prefix(bad=True)
    with pytest.raises(ValueError, match=r"is not a recognized format\. Allowed formats: JSON"):
        ops.explain_query_prefix("json) SELECT 1; --")
    with pytest.raises(ValueError, match="does not support any formats"):
        connection.ops.explain_query_prefix("json")
