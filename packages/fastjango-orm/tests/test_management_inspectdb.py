"""The names and options that `inspectdb` gives to tables and columns."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.management import CommandError, call_command
from fastjango.orm import connection
from fastjango.orm.management.commands.inspectdb import Command


@pytest.mark.parametrize(
    ("column", "taken", "is_relation", "name", "note"),
    [
        ("name", [], False, "name", ""),
        ("Name", [], False, "name", "made lowercase"),
        ("a b", [], False, "a_b", "unsuitable characters"),
        ("a__b", [], False, "a_b", "more than one '_' in a row"),
        ("_a", [], False, "field_a", "started with '_'"),
        ("a_", [], False, "a_field", "ended with '_'"),
        ("class", [], False, "class_field", "Python reserved word"),
        ("1a", [], False, "number_1a", "valid Python identifier"),
        ("Name", ["name", "name_0"], False, "name_1", "name conflict"),
        ("tag_id", [], True, "tag", ""),
        ("tag", [], True, "tag", ""),
    ],
)
def test_names_of_columns(
    column: str, taken: list[str], is_relation: bool, name: str, note: str
) -> None:
    found, params, notes = Command.normalize_col_name(column, taken, is_relation)
    assert found == name
    assert note in " ".join(notes)
    # The column keeps its own name, unless the field leads back to it.
    keeps = bool(note) or (is_relation and not column.endswith("_id"))
    assert params == ({"db_column": column} if keeps else {})


def column(code: str, **more: Any) -> Any:
    return SimpleNamespace(
        **{
            "type_code": code,
            "display_size": None,
            "collation": None,
            "precision": None,
            "scale": None,
            "pk": False,
            "has_json_constraint": False,
            **more,
        }
    )


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        (column("nonsense"), ("TextField", {}, ["This field type is a guess."])),
        (column("varchar(9)", display_size=9), ("CharField", {"max_length": 9}, [])),
        (column("text", collation="nocase"), ("TextField", {"db_collation": "nocase"}, [])),
        (
            column("decimal", precision=5, scale=2),
            ("DecimalField", {"max_digits": 5, "decimal_places": 2}, []),
        ),
    ],
)
def test_types_of_columns(described: Any, expected: tuple[str, dict[str, Any], list[str]]) -> None:
    assert Command().get_field_type(connection, "t", described) == expected


def test_what_a_table_says_of_itself() -> None:
    def unique(*columns: str | None, primary_key: bool = False) -> dict[str, Any]:
        return {"unique": True, "primary_key": primary_key, "columns": list(columns)}

    constraints = {
        "key": unique("a", "b", primary_key=True),
        "pair": unique("a", "b"),
        "lower": unique(None),
        "plain": {"unique": False, "primary_key": False, "columns": ["a"]},
    }
    names = {"a": "a", "b": "bee"}
    lines = Command().get_meta("t", constraints, names, False, True, "it's")
    assert lines == [
        "",
        "    # A unique constraint could not be introspected.",
        "    class Meta:",
        "        managed = False  # Created from a partition. Don't remove.",
        "        db_table = 't'",
        "        unique_together = (('a', 'bee'),)",
        '        db_table_comment = "it\'s"',
    ]


def test_composite_keys_filters_and_relations_by_key() -> None:
    statements = (
        "CREATE TABLE insp_one (id integer PRIMARY KEY)",
        "CREATE TABLE insp_pair (a integer NOT NULL, b integer NOT NULL, PRIMARY KEY (a, b))",
        "CREATE TABLE insp_child (one_id integer NOT NULL PRIMARY KEY REFERENCES insp_one (id))",
        "CREATE TABLE insp_hidden (id integer PRIMARY KEY)",
    )
    out = io.StringIO()
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
    try:
        call_command(
            "inspectdb",
            table_name_filter=lambda name: name.startswith("insp_") and "hidden" not in name,
            stdout=out,
        )
    finally:
        with connection.cursor() as cursor:
            for statement in reversed(statements):
                cursor.execute(f"DROP TABLE {statement.split()[2]}")
    text = out.getvalue()
    assert "    pk = models.CompositePrimaryKey('a', 'b')\n    a = models.IntegerField(" in text
    assert "one = models.OneToOneField('InspOne', models.DO_NOTHING, primary_key=True)" in text
    assert "InspHidden" not in text
    compile(text, "models.py", "exec")


def test_a_backend_that_cannot_be_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(connection.features), "supports_inspectdb", False)
    with pytest.raises(CommandError, match="Database inspection isn't supported"):
        call_command("inspectdb")
