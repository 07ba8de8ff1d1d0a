"""Indexes and constraints as the database gets them, and as migrations write them down."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastjango.orm import connection, models
from fastjango.orm.indexes import IndexExpression
from fastjango.orm.migrations.editor import SchemaEditor
from fastjango.orm.models.functions import Collate, Lower, Upper

Define = Callable[..., Any]


def statements(action: str, model: Any, thing: Any) -> list[str]:
    """What the schema editor would run to add or remove an index or constraint."""
    editor = SchemaEditor(connection, collect_sql=True)
    with editor:
        getattr(editor, action)(model, thing)
    return [str(sql).rstrip(";").replace('"', "") for sql in editor.collected_sql]


def test_names_are_made_of_table_column_and_a_hash(define: Define) -> None:
    model = define("Thing", a=models.IntegerField())
    index = models.Index(fields=["-a"])
    index.set_name_with_model(model)
    assert index.name.startswith("orm_thing_a_")
    assert index.name.endswith("_idx")
    other = models.Index(fields=["a"])
    other.set_name_with_model(model)
    assert other.name != index.name
    odd = define("Odd", meta={"db_table": "_odd"}, a=models.IntegerField())
    index.set_name_with_model(odd)
    assert index.name.startswith("Dodd_a_")
    number = define("Number", meta={"db_table": "9lives"}, a=models.IntegerField())
    index.set_name_with_model(number)
    assert index.name.startswith("Dlives_a_")

    class Long(models.Index):
        suffix = "suffix"

    long = define("ALongName", another=models.IntegerField())
    with pytest.raises(ValueError, match=r"Is self\.suffix longer than 3 characters\?"):
        Long(fields=["another"]).set_name_with_model(long)


def test_indexes_describe_themselves() -> None:
    index = models.Index(fields=["a"], name="i")
    assert index != models.Index(fields=["a"], name="j")
    assert index != 1
    assert repr(index) == "<Index: fields=['a'] name='i'>"
    lower = models.Index(Lower("a"), "-b", name="i")
    assert lower.contains_expressions
    assert repr(lower) == "<Index: expressions=(Lower(F(a)), F(-b)) name='i'>"

    class Own(models.Index):
        pass

    assert Own(fields=["a"], name="i") != index
    assert Own(fields=["a"], name="i").deconstruct()[0] == f"{__name__}.Own"


def test_statements_of_indexes(define: Define) -> None:
    model = define(
        "Thing", a=models.IntegerField(), b=models.CharField(max_length=3, db_column="bee")
    )

    def sql(*args: Any, **options: Any) -> str:
        (statement,) = statements("add_index", model, models.Index(*args, name="i", **options))
        return statement.removeprefix("CREATE INDEX i ON orm_thing ")

    assert sql(fields=["a", "-b"]) == "(a, bee DESC)"
    assert sql(fields=["a"], condition=models.Q(b="x'y")) == "(a) WHERE bee = 'x''y'"
    assert sql(Lower("b").desc()) == "((LOWER(bee)) DESC)"
    assert sql("b") == "(bee)"
    assert sql(Collate("b", "nocase")) == "(bee COLLATE nocase)"
    upper = Collate(Upper("b"), "nocase").desc()
    assert sql(upper) == "((UPPER(bee)) COLLATE nocase DESC)"
    index = models.Index(fields=["a"], name="i")
    assert statements("remove_index", model, index) == ["DROP INDEX i"]


def test_wrappers_stand_outside_and_once(define: Define) -> None:
    model = define("Thing", b=models.CharField(max_length=3))

    within = models.Index(Lower(models.F("b").desc()), name="i")
    with pytest.raises(ValueError, match="must be topmost expressions in an indexed expression"):
        statements("add_index", model, within)
    twice = models.Index(Collate(Collate("b", "nocase"), "rtrim"), name="i")
    with pytest.raises(ValueError, match="Multiple references to OrderBy, Collate can't be used"):
        statements("add_index", model, twice)


def test_a_collation_may_belong_to_the_indexed_expression(monkeypatch: pytest.MonkeyPatch) -> None:
    expression = IndexExpression(models.F("b"))
    expression.set_wrapper_classes(connection)
    assert expression.wrapper_classes == (models.OrderBy, Collate)
    monkeypatch.setattr(type(connection.features), "collate_as_index_expression", True)
    expression.set_wrapper_classes(connection)
    assert expression.wrapper_classes == (models.OrderBy,)
    assert IndexExpression.wrapper_classes == (models.OrderBy, Collate)


def test_a_project_may_have_wrappers_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IndexExpression, "wrapper_classes", IndexExpression.wrapper_classes)
    IndexExpression.register_wrappers(models.OrderBy, Collate, Upper)
    assert IndexExpression(models.F("b")).wrapper_classes == (models.OrderBy, Collate, Upper)


def test_statements_of_unique_constraints(define: Define) -> None:
    model = define("Thing", a=models.IntegerField(), b=models.CharField(max_length=3))
    some = models.UniqueConstraint(fields=["a"], name="u", condition=models.Q(b="x"))
    assert statements("add_constraint", model, some) == [
        "CREATE UNIQUE INDEX u ON orm_thing (a) WHERE b = 'x'"
    ]
    assert statements("remove_constraint", model, some) == ["DROP INDEX u"]
    lower = models.UniqueConstraint(Lower("b"), name="u")
    assert statements("add_constraint", model, lower) == [
        "CREATE UNIQUE INDEX u ON orm_thing ((LOWER(b)))"
    ]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"fields": ["a"], "condition": models.Q(a=1)}, "conditions"),
        ({"fields": ["a"], "include": ["b"]}, "include fields"),
        ({"fields": ["a"], "opclasses": ["x"]}, "opclasses"),
        ({"expressions": [Lower("a")]}, "expressions"),
    ],
)
def test_what_cannot_be_deferred(options: dict[str, Any], words: str) -> None:
    late = models.Deferrable.DEFERRED
    expressions = options.pop("expressions", ())
    with pytest.raises(ValueError, match=f"UniqueConstraint with {words} cannot be deferred"):
        models.UniqueConstraint(*expressions, name="u", deferrable=late, **options)


def test_constraints_describe_themselves() -> None:
    unique = models.UniqueConstraint(
        Lower("a"),
        name="u",
        condition=models.Q(a=1),
        nulls_distinct=True,
        violation_error_code="k",
    )
    assert repr(unique) == (
        "<UniqueConstraint: expressions=(Lower(F(a)),) name='u' condition=(AND: ('a', 1)) "
        "nulls_distinct=True violation_error_code='k'>"
    )
    path, args, kwargs = unique.deconstruct()
    assert path == "fastjango.orm.models.UniqueConstraint"
    assert args == unique.expressions
    assert set(kwargs) == {"name", "condition", "nulls_distinct", "violation_error_code"}
    included = models.UniqueConstraint(fields=["a"], name="u", include=["b"], opclasses=["x"])
    assert repr(included) == (
        "<UniqueConstraint: fields=('a',) name='u' include=('b',) opclasses=['x']>"
    )
    assert included != unique
    assert unique != 1
