"""What databases without a feature get: the same answers another way, or a refusal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastjango.orm import connection, models
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.models import functions
from fastjango.orm.query.expressions import F
from fastjango.orm.query.plans import clear_plans


class FLine(models.Model):
    pk = models.CompositePrimaryKey("order", "number", "part")
    order = models.IntegerField()
    number = models.IntegerField()
    part = models.CharField(max_length=5)

    class Meta:
        app_label = "orm"


@pytest.fixture(autouse=True)
def lines() -> Iterator[None]:
    with connection.schema_editor() as editor:
        editor.create_model(FLine)
    for order in range(3):
        for number in range(3):
            for part in "ab":
                FLine.objects.create(order=order, number=number, part=part)
    yield
    with connection.schema_editor() as editor:
        editor.delete_model(FLine)
    connection.close()


rows = FLine.objects
QUERIES: list[Callable[[], Any]] = [
    lambda: rows.filter(pk=(1, 1, "a")),
    lambda: rows.exclude(pk=(1, 1, "a")),
    lambda: rows.filter(pk__gt=(1, 1, "a")),
    lambda: rows.filter(pk__gte=(1, 1, "a")),
    lambda: rows.filter(pk__lt=(1, 1, "b")),
    lambda: rows.filter(pk__lte=(1, 1, "b")),
    lambda: rows.exclude(pk__lt=(2, 0, "b")),
    lambda: rows.filter(pk__in=[(0, 0, "a"), (2, 2, "b"), (9, 9, "z")]),
    lambda: rows.exclude(pk__in=[(0, 0, "a"), (2, 2, "b")]),
    lambda: rows.filter(pk__in=[(0, 0, "a"), (None, 2, "b")]),
    lambda: rows.filter(pk__in=[(None, 2, "b")]),
    lambda: rows.filter(pk__in=[]),
    lambda: rows.filter(pk__in=rows.filter(order=1)),
    lambda: rows.filter(pk__in=rows.filter(order=1).values("order", "number", "part")),
    lambda: rows.exclude(pk__in=rows.filter(part="a")),
    lambda: rows.filter(pk__isnull=False),
    lambda: rows.filter(pk__isnull=True),
]


def answers() -> list[list[Any]]:
    clear_plans()
    return [sorted(row.pk for row in query()) for query in QUERIES]


def test_tuples_compare_column_by_column_where_the_database_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    native = answers()
    assert [len(found) for found in native[:4]] == [1, 17, 9, 10]
    monkeypatch.setattr(type(connection.features), "supports_tuple_lookups", False)
    assert answers() == native
    text = str(rows.filter(pk__gt=(1, 1, "a")).query)
    assert re.search(r"\(\S+, \S+, \S+\) >", text) is None, text
    clear_plans()


def test_tuples_are_compared_with_tuples_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in (1, "x", F("part"), (1, 2), (1, 2, 3, 4)):
        with pytest.raises(ValueError, match=r"must be|must have|only supports"):
            list(rows.filter(pk=value))
    feature = "supports_tuple_comparison_against_subquery"
    monkeypatch.setattr(type(connection.features), feature, False)
    clear_plans()
    with pytest.raises(NotSupportedError, match="cannot be used to target composite"):
        list(rows.filter(pk__gt=rows.filter(order=0).values("pk")[:1]))
    clear_plans()


REFUSED = [
    ("sqlite", functions.UUID7, (), "UUID7 on SQLite requires Python version 3.14"),
    ("postgresql", functions.UUID7, (), "UUID7 requires PostgreSQL version 18"),
    ("mysql", functions.UUID7, (), "UUID7 requires MariaDB version 11.7"),
    ("mysql", functions.UUID4, (), "UUID4 requires MariaDB version 11.7"),
    ("oracle", functions.UUID4, (), "UUID4 is not supported on this database"),
    ("oracle", functions.UUID7, (), "UUID7 is not supported on this database"),
]
MADE = [
    ("postgresql", functions.UUID4, (), {"is_postgresql_18": False}, "GEN_RANDOM_UUID()"),
    ("postgresql", functions.UUID4, (), {"is_postgresql_18": True}, "UUIDV4()"),
    ("postgresql", functions.UUID7, (), {}, "UUIDV7()"),
    ("mysql", functions.UUID4, (), {}, "UUID_V4()"),
    ("mysql", functions.UUID7, (), {}, "UUID_V7()"),
    ("sqlite", functions.UUID7, (), {}, "UUIDV7()"),
]


class Database:
    """The parts of a connection that the functions ask."""

    mysql_is_mariadb = True

    def __init__(self, vendor: str, **features: bool) -> None:
        known = {
            "supports_uuid4_function": False,
            "supports_uuid7_function": False,
            "supports_uuid7_function_shift": False,
            "is_postgresql_18": False,
        }
        self.vendor = vendor
        self.ops = connection.ops
        self.features = type("Features", (), {**known, **features})()


def written(expression: Any, database: Database) -> str:
    method = getattr(expression, f"as_{database.vendor}", expression.as_sql)
    return method(rows.all().query.get_compiler("default"), database)[0]


@pytest.mark.parametrize(("vendor", "function", "arguments", "message"), REFUSED)
def test_servers_that_make_no_such_uuid_are_named(
    vendor: str, function: Any, arguments: Any, message: str
) -> None:
    with pytest.raises(NotSupportedError, match=message):
        written(function(*arguments), Database(vendor))


def test_mysql_itself_makes_none() -> None:
    database = Database("mysql")
    database.mysql_is_mariadb = False
    for function in (functions.UUID4, functions.UUID7):
        with pytest.raises(NotSupportedError, match="not supported on MySQL"):
            written(function(), database)


@pytest.mark.parametrize(("vendor", "function", "arguments", "features", "sql"), MADE)
def test_each_server_has_its_own_name_for_them(
    vendor: str, function: Any, arguments: Any, features: dict[str, bool], sql: str
) -> None:
    able = {"supports_uuid4_function": True, "supports_uuid7_function": True, **features}
    assert written(function(*arguments), Database(vendor, **able)) == sql


def test_a_shift_needs_a_server_that_takes_one() -> None:
    shifted = functions.UUID7(models.Value(5))
    database = Database("postgresql", supports_uuid7_function=True)
    with pytest.raises(NotSupportedError, match="shift argument"):
        written(shifted, database)
    able = Database("postgresql", supports_uuid7_function=True, supports_uuid7_function_shift=True)
    assert written(shifted, able) == "UUIDV7(%s)"


def test_uuids_of_four_random_words_differ() -> None:
    found = {row.u for row in rows.annotate(u=functions.UUID4())}
    assert len(found) == 18
