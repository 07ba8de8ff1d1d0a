"""What models need of a database, as SQL; no server is asked."""

from __future__ import annotations

import datetime
import decimal
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.orm import models
from fastjango.orm.migrations.ddl import Describer, IndexSpec, index_name, quote_value
from fastjango.orm.migrations.offline import offline_connection
from fastjango.orm.migrations.state import ModelState, ProjectState
from fastjango.orm.migrations.statements import StatementWriter
from fastjango.orm.query.functions import Lower


@pytest.fixture
def describer() -> Describer:
    """A describer for PostgreSQL."""
    return Describer(offline_connection("postgresql"))


def model(**options: Any) -> Any:
    state = ProjectState()
    fields = [
        ("id", models.AutoField(primary_key=True)),
        ("name", models.CharField(max_length=9)),
        ("size", models.IntegerField()),
    ]
    state.add_model(ModelState("shop", "Tag", fields, options))
    return state.apps.get_model("shop", "Tag")


def statement(describer: Describer, described: Any) -> Any:
    if isinstance(described, IndexSpec):
        dialect = describer.connection.dialect("sync")
        return StatementWriter(describer, dialect).create_index("shop_tag", described)
    return described


@pytest.mark.parametrize(
    ("index", "sql"),
    [
        (models.Index(fields=["name", "-size"], name="i"), '("name", "size" DESC)'),
        (models.Index(Lower("name").desc(), name="i"), '((LOWER("name")) DESC)'),
        (
            models.Index(fields=["name"], name="i", opclasses=["text_pattern_ops"]),
            '("name" text_pattern_ops)',
        ),
        (
            models.Index(fields=["name"], name="i", include=["size"], condition=models.Q(size=1)),
            '("name") INCLUDE ("size") WHERE "size" = 1',
        ),
        (
            models.Index(fields=["name"], name="i", db_tablespace="fast"),
            '("name") TABLESPACE "fast"',
        ),
    ],
)
def test_indexes(describer: Describer, index: Any, sql: str) -> None:
    made = statement(describer, describer.index(model(), index))
    assert made == f'CREATE INDEX "i" ON "shop_tag" {sql}'


def test_the_access_method_of_an_index_class(describer: Describer) -> None:
    class Brin(models.Index):
        suffix = "brin"

    made = statement(describer, describer.index(model(), Brin(fields=["size"], name="i")))
    assert made == 'CREATE INDEX "i" ON "shop_tag" USING brin ("size")'
    other = Describer(offline_connection("sqlite"))
    assert "USING" not in statement(other, other.index(model(), Brin(fields=["size"], name="i")))


@pytest.mark.parametrize(
    ("constraint", "sql"),
    [
        (
            models.UniqueConstraint(fields=["name", "size"], name="u"),
            'CONSTRAINT "u" UNIQUE ("name", "size")',
        ),
        (
            models.UniqueConstraint(
                fields=["name"], name="u", deferrable=models.Deferrable.DEFERRED
            ),
            'CONSTRAINT "u" UNIQUE ("name") DEFERRABLE INITIALLY DEFERRED',
        ),
        (
            models.UniqueConstraint(fields=["name"], name="u", nulls_distinct=False),
            'CONSTRAINT "u" UNIQUE NULLS NOT DISTINCT ("name")',
        ),
        (
            models.UniqueConstraint(
                fields=["name"], name="u", condition=models.Q(size__gt=2), include=["size"]
            ),
            'CREATE UNIQUE INDEX "u" ON "shop_tag" ("name") INCLUDE ("size") WHERE "size" > 2',
        ),
        (
            models.UniqueConstraint(Lower("name"), name="u"),
            'CREATE UNIQUE INDEX "u" ON "shop_tag" ((LOWER("name")))',
        ),
        (
            models.UniqueConstraint(fields=["name"], name="u", opclasses=["text_ops"]),
            'CREATE UNIQUE INDEX "u" ON "shop_tag" ("name" text_ops)',
        ),
        (
            models.CheckConstraint(condition=models.Q(size__gte=0), name="c"),
            'CONSTRAINT "c" CHECK ("size" >= 0)',
        ),
    ],
)
def test_constraints(
    describer: Describer, monkeypatch: pytest.MonkeyPatch, constraint: Any, sql: str
) -> None:
    features = type(describer.connection.features)
    # Which only a connected server tells.
    monkeypatch.setattr(features, "supports_nulls_distinct_unique_constraints", True)
    assert statement(describer, describer.constraint(model(), constraint)) == sql


@pytest.mark.parametrize(
    "constraint",
    [
        models.UniqueConstraint(fields=["name"], name="u", condition=models.Q(size=1)),
        models.UniqueConstraint(fields=["name"], name="u", include=["size"]),
        models.UniqueConstraint(fields=["name"], name="u", nulls_distinct=True),
        models.UniqueConstraint(fields=["name"], name="u", deferrable=models.Deferrable.IMMEDIATE),
    ],
)
def test_what_mysql_cannot_have_is_left_out(constraint: Any) -> None:
    mysql = Describer(offline_connection("mysql"))
    assert mysql.constraint(model(), constraint) is None
    assert (
        mysql.index(model(), models.Index(fields=["name"], name="i", condition=models.Q(size=1)))
        is None
    )
    table = mysql.table(model(constraints=[constraint]))
    assert (table.constraints, table.indexes) == ((), ())


def test_constraints_of_other_kinds_describe_themselves(describer: Describer) -> None:
    class Exclusion(models.BaseConstraint):
        def describe_for(self, model: Any, describer: Describer) -> str:
            return f"CONSTRAINT {describer.quote(self.name)} EXCLUDE (size WITH =)"

    made = describer.constraint(model(), Exclusion(name="e"))
    assert made == 'CONSTRAINT "e" EXCLUDE (size WITH =)'
    with pytest.raises(ValueError, match="BaseConstraint 'b' is neither a UniqueConstraint nor"):
        describer.constraint(model(), models.BaseConstraint(name="b"))


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        (models.TextField(db_index=True), "text_pattern_ops"),
        (models.CharField(max_length=3, unique=True), "varchar_pattern_ops"),
        (models.IntegerField(db_index=True), None),
        (models.TextField(), None),
    ],
)
def test_text_has_a_second_index_on_postgresql(
    describer: Describer, field: Any, expected: str | None
) -> None:
    field.set_attributes_from_name("note")
    found = [part for index in describer.like_index(model(), field) for part in index.parts]
    assert found == ([f'"note" {expected}'] if expected else [])


@pytest.mark.parametrize(
    ("value", "postgresql", "mysql"),
    [
        (None, "NULL", "NULL"),
        (True, "true", "1"),
        (decimal.Decimal("1.50"), "1.50", "1.50"),
        (b"\xff", "'\\xff'::bytea", "X'ff'"),
        (memoryview(b"a"), "'\\x61'::bytea", "X'61'"),
        (datetime.date(2020, 1, 2), "'2020-01-02'", "'2020-01-02'"),
        (datetime.timedelta(days=1), "'1 day, 0:00:00'", "'1 day, 0:00:00'"),
        (uuid.UUID(int=1), f"'{uuid.UUID(int=1)}'", f"'{uuid.UUID(int=1)}'"),
        ("it's \\", "'it''s \\'", "'it''s \\\\'"),
        (SimpleNamespace(obj=b"a"), "'\\x61'::bytea", "X'61'"),
        (SimpleNamespace(obj={"a": 1}), "'{\"a\": 1}'", "'{\"a\": 1}'"),
        ([1, "a"], "ARRAY[1, 'a']", "ARRAY[1, 'a']"),
    ],
)
def test_values(value: object, postgresql: str, mysql: str) -> None:
    assert quote_value("postgresql", value) == postgresql
    assert quote_value("mysql", value) == mysql


def test_values_without_a_literal() -> None:
    with pytest.raises(ValueError, match="A NUL character cannot stand in a DDL statement"):
        quote_value("sqlite", "a\0")
    with pytest.raises(ValueError, match=r"\(a object\) into a DDL statement"):
        quote_value("sqlite", object())


def test_names_fit_the_limit_and_begin_with_a_letter() -> None:
    assert index_name("_tag", ["a"]).startswith("D_tag_a_")
    assert index_name("1tag", ["a"]).startswith("D1tag_a_")
    long = index_name("t" * 60, ["c" * 60], "_uniq", 63)
    assert len(long) == 63
    assert long.endswith("_uniq")
    assert len(index_name("table", ["column"], "_fk_" + "x" * 60, 30)) <= 30
