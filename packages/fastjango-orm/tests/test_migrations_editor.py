"""The schema editors: what they refuse, and changes that meet each other in one migration."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.orm import migrations, models, transaction
from fastjango.orm.exceptions import DatabaseError, IntegrityError, NotSupportedError
from fastjango.orm.migrations.editor import SchemaEditor
from fastjango.orm.migrations.migration import Migration
from fastjango.orm.migrations.state import ModelState, ProjectState
from helper_modules import module_beside

support = module_beside(__file__, "migrations_support")
sqlite, postgres, mariadb = support.sqlite, support.postgres, support.mariadb

DATABASES = [
    "sqlite",
    pytest.param("postgres", marks=pytest.mark.postgres),
    pytest.param("mariadb", marks=pytest.mark.mysql),
]


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest) -> Any:
    """A database of each kind, empty."""
    return request.getfixturevalue(request.param)


def state_of(**tables: Sequence[tuple[str, Any]]) -> ProjectState:
    """Models of the app `shop` by name, each with a key `id` unless it has another."""
    state = ProjectState()
    for name, fields in tables.items():
        key = (
            []
            if any(f.primary_key for _, f in fields)
            else [("id", models.AutoField(primary_key=True))]
        )
        state.add_model(ModelState("shop", name, [*key, *fields]))
    return state


def migrate(connection: Any, state: ProjectState, *operations: Any) -> ProjectState:
    """Run operations as one migration of `shop`."""
    migration = Migration("0001", "shop")
    migration.operations = list(operations)
    with connection.schema_editor() as editor:
        return migration.apply(state.clone(), editor)


def undo(connection: Any, before: ProjectState, *operations: Any) -> None:
    """Take operations, which began at `before`, back."""
    migration = Migration("0001", "shop")
    migration.operations = list(operations)
    with connection.schema_editor() as editor:
        migration.unapply(before.clone(), editor)


def made(connection: Any, **tables: Sequence[tuple[str, Any]]) -> ProjectState:
    """The tables of models, made."""
    state = state_of(**tables)
    operations = [
        migrations.CreateModel(model.name, list(model.fields.items()))
        for model in state.models.values()
    ]
    return migrate(connection, ProjectState(), *operations)


def rows(connection: Any, sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def foreign_keys(connection: Any, table: str) -> dict[str, tuple[str, str]]:
    """Targets of a table's foreign keys, by column."""
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, table)
    return {
        info["columns"][0]: tuple(info["foreign_key"])
        for info in found.values()
        if info["foreign_key"]
    }


def primary_key(connection: Any, table: str) -> list[str]:
    with connection.cursor() as cursor:
        return list(connection.introspection.get_primary_key_columns(cursor, table))


# Several changes of one migration


def test_a_renamed_column_leaves_the_foreign_keys_that_wait(database: Any) -> None:
    key = models.AutoField(primary_key=True)
    migrate(
        database,
        ProjectState(),
        migrations.CreateModel("Tag", [("id", models.AutoField(primary_key=True))]),
        migrations.CreateModel(
            "Post", [("id", key), ("tag", models.ForeignKey("shop.Tag", models.CASCADE))]
        ),
        migrations.RenameField("Post", "id", "number"),
    )
    assert primary_key(database, "shop_post") == ["number"]
    assert foreign_keys(database, "shop_post") == {"tag_id": ("shop_tag", "id")}


def test_a_renamed_column_takes_the_foreign_keys_that_wait_along(database: Any) -> None:
    migrate(
        database,
        ProjectState(),
        migrations.CreateModel("Tag", [("id", models.AutoField(primary_key=True))]),
        migrations.CreateModel(
            "Post",
            [
                ("id", models.AutoField(primary_key=True)),
                ("tag", models.ForeignKey("shop.Tag", models.CASCADE)),
            ],
        ),
        migrations.RenameField("Tag", "id", "number"),
        migrations.RenameField("Post", "tag", "label"),
    )
    assert foreign_keys(database, "shop_post") == {"label_id": ("shop_tag", "number")}


def test_a_renamed_table_leaves_a_column_of_its_name(database: Any) -> None:
    migrate(
        database,
        ProjectState(),
        migrations.CreateModel(
            "Tag",
            [
                ("id", models.AutoField(primary_key=True)),
                ("tag", models.IntegerField(db_column="shop_tag", db_index=True)),
                ("parent", models.ForeignKey("self", models.CASCADE, null=True)),
            ],
        ),
        migrations.RenameModel("Tag", "Mark"),
    )
    rows(database, "SELECT shop_tag FROM shop_mark")
    assert foreign_keys(database, "shop_mark") == {"parent_id": ("shop_mark", "id")}
    with database.cursor() as cursor:
        indexes = database.introspection.get_constraints(cursor, "shop_mark").values()
    assert ["shop_tag"] in [list(info["columns"]) for info in indexes if info["index"]]


# Primary keys


@pytest.mark.parametrize("renamed", [False, True])
def test_another_field_becomes_the_key(database: Any, renamed: bool) -> None:
    number = models.IntegerField(primary_key=True)
    state = made(
        database, Tag=[("number", models.IntegerField()), ("other", models.IntegerField())]
    )
    rows(database, "INSERT INTO shop_tag (number, other) VALUES (7, 8)")
    name = "Tag"
    if renamed:
        name = "Mark"
        state = migrate(database, state, migrations.RenameModel("Tag", "Mark"))
    table = f"shop_{name.lower()}"
    state = migrate(
        database,
        state,
        migrations.RemoveField(name, "id"),
        migrations.AlterField(name, "number", number),
    )
    assert primary_key(database, table) == ["number"]
    # Back to a plain field, another one takes its place.
    migrate(
        database,
        state,
        migrations.AlterField(name, "number", models.IntegerField()),
        migrations.AlterField(name, "other", models.IntegerField(primary_key=True)),
    )
    assert primary_key(database, table) == ["other"]
    assert rows(database, f"SELECT number, other FROM {table}") == [(7, 8)]


# Texts that look like SQL


def test_words_of_sql_in_a_comment_stay(database: Any) -> None:
    if not database.features.supports_comments:
        pytest.skip("SQLite has no comments.")
    comment = "A UNIQUE number, no PRIMARY KEY; the DEFAULT is 1."
    state = made(database, Tag=[("number", models.IntegerField(db_comment=comment))])
    changed = models.BigIntegerField(db_comment=comment, default=1)
    migrate(database, state, migrations.AlterField("Tag", "number", changed))
    with database.cursor() as cursor:
        described = database.introspection.get_table_description(cursor, "shop_tag")
    assert {column.name: column.comment for column in described}["number"] == comment


def test_words_of_sql_in_a_condition_stay(database: Any) -> None:
    state = made(database, Tag=[("kind", models.CharField(max_length=20))])
    odd = models.CheckConstraint(condition=~models.Q(kind="NOT UNIQUE"), name="shop_odd")
    added = migrate(database, state, migrations.AddConstraint("Tag", odd))
    with pytest.raises(DatabaseError):
        rows(database, "INSERT INTO shop_tag (kind) VALUES ('NOT UNIQUE')")
    migrate(database, added, migrations.RemoveConstraint("Tag", "shop_odd"))
    rows(database, "INSERT INTO shop_tag (kind) VALUES ('NOT UNIQUE')")


def test_words_of_sql_in_a_default_stay(database: Any) -> None:
    kind = models.CharField(max_length=30, db_default="GENERATED ALWAYS")
    state = made(database, Tag=[("kind", kind), ("number", models.IntegerField())])
    rows(database, "INSERT INTO shop_tag (kind, number) VALUES ('mine', 1)")
    migrate(database, state, migrations.AlterField("Tag", "number", models.BigIntegerField()))
    assert rows(database, "SELECT kind, number FROM shop_tag") == [("mine", 1)]


# What is refused


def test_an_editor_of_an_unknown_vendor() -> None:
    with pytest.raises(NotImplementedError, match="There is no schema editor for 'oracle'"):
        SchemaEditor(SimpleNamespace(vendor="oracle"))


def test_a_failure_at_the_end_undoes_everything(postgres: Any) -> None:
    made(postgres, Tag=[], Post=[("number", models.IntegerField())])
    rows(postgres, "INSERT INTO shop_post (number) VALUES (99)")
    state = state_of(Tag=[], Post=[("number", models.IntegerField())])
    key = models.ForeignKey("shop.Tag", models.CASCADE, db_column="number")
    with pytest.raises(IntegrityError):
        migrate(
            postgres,
            state,
            migrations.AddField("Tag", "late", models.IntegerField(null=True)),
            migrations.AlterField("Post", "number", key),
        )
    with pytest.raises(DatabaseError, match="late"):
        rows(postgres, "SELECT late FROM shop_tag")


def test_sqlite_makes_no_tables_anew_while_keys_are_checked(sqlite: Any) -> None:
    with (
        transaction.atomic(),
        pytest.raises(NotSupportedError, match="cannot be used while foreign key constraint"),
        sqlite.schema_editor(),
    ):
        raise AssertionError("not reached")


def test_rows_that_break_a_foreign_key_are_found_after_a_table_is_made_anew(sqlite: Any) -> None:
    key = ("tag", models.ForeignKey("shop.Tag", models.CASCADE, db_constraint=False))
    state = made(sqlite, Tag=[], Post=[key])
    rows(sqlite, "INSERT INTO shop_post (tag_id) VALUES (99)")
    whole = models.ForeignKey("shop.Tag", models.CASCADE)
    with pytest.raises(IntegrityError, match="invalid foreign key"):
        migrate(sqlite, state, migrations.AlterField("Post", "tag", whole))
    assert foreign_keys(sqlite, "shop_post") == {}
    # Keys are checked again, and the table is as it was.
    assert rows(sqlite, "PRAGMA foreign_keys") == [(1,)]
    migrate(sqlite, state, migrations.RemoveField("Post", "tag"))


class Shapeless(models.Field[Any, Any]):
    """A field that says nothing of its column."""

    def db_type(self, connection: Any) -> None:
        return None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            models.IntegerField(),
            models.ManyToManyField("shop.Tag"),
            "you cannot alter to or from M2M fields",
        ),
        (
            models.ManyToManyField("shop.Tag"),
            models.ManyToManyField("shop.Tag", through="shop.Link"),
            "or add or remove through= on M2M fields",
        ),
        (models.IntegerField(), Shapeless(), "do not properly define db_type"),
        (
            models.IntegerField(),
            models.GeneratedField(
                expression=models.Value(1), output_field=models.IntegerField(), db_persist=True
            ),
            "Modifying GeneratedFields is not supported",
        ),
        (
            models.GeneratedField(
                expression=models.Value(1), output_field=models.IntegerField(), db_persist=True
            ),
            models.GeneratedField(
                expression=models.Value(2), output_field=models.IntegerField(), db_persist=True
            ),
            "must be removed and re-added with the new definition",
        ),
    ],
)
def test_changes_that_no_column_can_make(sqlite: Any, old: Any, new: Any, message: str) -> None:
    link = [("post", models.ForeignKey("shop.Post", models.CASCADE))]
    link.append(("tag", models.ForeignKey("shop.Tag", models.CASCADE)))
    state = state_of(Tag=[], Post=[("field", old)], Link=link)
    with pytest.raises(ValueError, match=re.escape(message)):
        migrate(sqlite, state, migrations.AlterField("Post", "field", new))


def test_a_constraint_that_is_not_there_is_not_dropped(database: Any) -> None:
    if database.vendor == "sqlite":
        pytest.skip("SQLite makes the table anew.")
    state = state_of(Tag=[("number", models.IntegerField(unique=True))])
    made(database, Tag=[("number", models.IntegerField())])
    with pytest.raises(ValueError, match=r"wrong number \(0\) of constraints for shop_tag"):
        migrate(database, state, migrations.AlterField("Tag", "number", models.IntegerField()))


# Old options


def test_groups_of_indexed_fields_of_old_migrations(database: Any) -> None:
    def indexes() -> list[tuple[str, list[str]]]:
        with database.cursor() as cursor:
            found = database.introspection.get_constraints(cursor, "shop_tag")
        return [
            (name, list(info["columns"]))
            for name, info in found.items()
            if info["index"] and not info["unique"]
        ]

    state = made(database, Tag=[("a", models.IntegerField()), ("b", models.IntegerField())])
    grouped = migrate(database, state, migrations.AlterIndexTogether("Tag", {("a", "b")}))
    [(old_name, columns)] = indexes()
    assert columns == ["a", "b"]
    named = migrations.RenameIndex("Tag", new_name="shop_named", old_fields=("a", "b"))
    migrate(database, grouped, named)
    assert indexes() == [("shop_named", ["a", "b"])]
    undo(database, grouped, named)  # it had no name to give back
    again = migrations.RenameIndex("Tag", new_name=old_name, old_name="shop_named")
    there = grouped.clone()
    named.state_forwards("shop", there)
    migrate(database, there, again)
    assert indexes() == [(old_name, ["a", "b"])]
    migrate(database, grouped, migrations.AlterIndexTogether("Tag", set()))
    assert indexes() == []


def test_the_index_of_a_group_keeps_its_name_when_the_table_is_renamed(database: Any) -> None:
    def indexes() -> set[str]:
        with database.cursor() as cursor:
            found = database.introspection.get_constraints(cursor, "shop_label")
        return {n for n, info in found.items() if info["index"] and not info["unique"]}

    numbers = [(name, models.IntegerField()) for name in "abcd"]
    state = made(database, Tag=numbers)
    groups = {("a", "b"), ("c", "d")}
    state = migrate(database, state, migrations.AlterIndexTogether("Tag", groups))
    state = migrate(database, state, migrations.AlterModelTable("Tag", "shop_label"))
    assert len(indexes()) == 2
    named = migrations.RenameIndex("Tag", new_name="shop_named", old_fields=("a", "b"))
    state = migrate(database, state, named)
    assert len(indexes() - {"shop_named"}) == 1
    migrate(database, state, migrations.AlterIndexTogether("Tag", set()))
    assert indexes() == {"shop_named"}


def test_a_model_is_created_with_its_groups_of_indexed_fields(sqlite: Any) -> None:
    migrate(
        sqlite,
        ProjectState(),
        migrations.CreateModel(
            "Tag",
            [
                ("id", models.AutoField(primary_key=True)),
                ("a", models.IntegerField()),
                ("b", models.IntegerField()),
            ],
            options={"index_together": [["b", "a"]]},
        ),
    )
    with sqlite.cursor() as cursor:
        found = sqlite.introspection.get_constraints(cursor, "shop_tag").values()
    assert ["b", "a"] in [info["columns"] for info in found if info["index"]]


def test_a_group_of_unique_fields_that_begins_with_a_key(database: Any) -> None:
    key = ("tag", models.ForeignKey("shop.Tag", models.CASCADE))
    state = made(database, Tag=[], Post=[key, ("number", models.IntegerField())])
    grouped = migrate(database, state, migrations.AlterUniqueTogether("Post", {("tag", "number")}))
    rows(database, "INSERT INTO shop_tag (id) VALUES (1)")
    insert = "INSERT INTO shop_post (tag_id, number) VALUES (1, 1)"
    rows(database, insert)
    with pytest.raises(IntegrityError):
        rows(database, insert)
    migrate(database, grouped, migrations.AlterUniqueTogether("Post", set()))
    rows(database, insert)
    assert foreign_keys(database, "shop_post") == {"tag_id": ("shop_tag", "id")}


def test_a_table_whose_name_differs_in_case_only(database: Any) -> None:
    state = made(database, Tag=[("number", models.IntegerField())])
    rows(database, "INSERT INTO shop_tag (number) VALUES (3)")
    operation = migrations.AlterModelTable("Tag", "shop_TAG")
    migrate(database, state, operation)
    name = database.ops.quote_name("shop_TAG")
    if not database.features.ignores_table_name_case or database.vendor == "sqlite":
        assert rows(database, f"SELECT number FROM {name}") == [(3,)]
    undo(database, state, operation)
    assert rows(database, "SELECT number FROM shop_tag") == [(3,)]


def test_a_tablespace_is_a_statement_of_its_own(postgres: Any) -> None:
    model = state_of(Tag=[]).apps.get_model("shop", "Tag")
    with postgres.schema_editor(collect_sql=True) as editor:
        editor.alter_db_tablespace(model, "slow", "slow")
        editor.alter_db_tablespace(model, "slow", "fast")
        editor.execute("SELECT %s, %s", ["it's", 1])
    assert editor.collected_sql == [
        'ALTER TABLE "shop_tag" SET TABLESPACE "fast";',
        "SELECT 'it''s', 1;",
    ]
