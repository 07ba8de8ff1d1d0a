"""One model with every field and option: made once, and then nothing is left to do."""

from __future__ import annotations

import datetime
import decimal
import itertools
from typing import Any

import pytest
from fastjango.core.functional import SimpleLazyObject
from fastjango.orm import models
from fastjango.orm.migrations.state import ModelState, ProjectState
from fastjango.orm.migrations.writer import MigrationWriter
from helper_modules import module_beside

support = module_beside(__file__, "migrations_support")
sqlite, postgres, mariadb = support.sqlite, support.postgres, support.mariadb


class Colour(models.TextChoices):
    RED = "r", "Red"
    BLUE = "b", "Blue"


#: A collation of each database that is not its default.
COLLATIONS = {"sqlite": "nocase", "postgresql": "C", "mysql": "utf8mb4_bin"}


def every_field(vendor: str) -> dict[str, Any]:
    return {
        "id": models.BigAutoField(primary_key=True),
        "big": models.BigIntegerField(default=-(2**62)),
        "binary": models.BinaryField(max_length=20, null=True),
        "boolean": models.BooleanField(default=False, db_index=True),
        "char": models.CharField("label", max_length=80, choices=Colour, default=Colour.RED),
        "collated": models.CharField(max_length=10, db_collation=COLLATIONS[vendor], default=""),
        "comma": models.CharField(max_length=10, db_column="a column", blank=True),
        "date": models.DateField(auto_now_add=True),
        "datetime": models.DateTimeField(auto_now=True, db_index=True),
        "decimal": models.DecimalField(
            max_digits=12, decimal_places=4, default=decimal.Decimal("0.0001")
        ),
        "duration": models.DurationField(default=datetime.timedelta(days=1, microseconds=7)),
        "email": models.EmailField(unique=True),
        "file": models.FileField(upload_to="up", max_length=50, blank=True),
        "file_path": models.FilePathField(path="/tmp", blank=True),
        "float": models.FloatField(null=True),
        "ip": models.GenericIPAddressField(protocol="ipv4", null=True),
        "integer": models.IntegerField(db_default=3),
        "json": models.JSONField(default=list),
        "positive": models.PositiveIntegerField(default=1),
        "positive_big": models.PositiveBigIntegerField(default=1),
        "positive_small": models.PositiveSmallIntegerField(default=1, unique=True),
        "slug": models.SlugField(max_length=30),
        "small": models.SmallIntegerField(default=0, help_text='it\'s "quoted"'),
        "text": models.TextField(db_comment="what's in it"),
        "time": models.TimeField(default=datetime.time(1, 2, 3)),
        "url": models.URLField(max_length=300),
        "uuid": models.UUIDField(null=True, db_index=True),
        "doubled": models.GeneratedField(
            expression=models.F("small") * 2,
            output_field=models.IntegerField(),
            db_persist=True,
        ),
        "parent": models.ForeignKey("self", models.SET_NULL, null=True, related_name="+"),
        "other": models.OneToOneField("shop.Other", models.PROTECT, null=True),
        "others": models.ManyToManyField("shop.Other", related_name="everything"),
        "loose": models.ForeignKey(
            "shop.Other", models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
        ),
    }


def every_option() -> dict[str, Any]:
    return {
        "db_table": "shop_every thing",
        "db_table_comment": "all of it",
        "ordering": ["-date", models.F("char").desc(nulls_last=True)],
        "verbose_name": "Everything",
        "unique_together": {("char", "slug")},
        "permissions": [("look", "May look")],
        "get_latest_by": "date",
        "default_related_name": "things",
        "indexes": [
            models.Index(fields=["slug", "-small"], name="shop_two"),
            models.Index(models.F("small") + 1, name="shop_expression"),
            models.Index(fields=["big"], condition=models.Q(boolean=True), name="shop_part"),
        ],
        "constraints": [
            models.CheckConstraint(condition=models.Q(small__lt=100), name="shop_check"),
            models.UniqueConstraint(fields=["char", "float"], name="shop_unique"),
            models.UniqueConstraint(
                fields=["slug"], condition=models.Q(boolean=True), name="shop_unique_part"
            ),
        ],
    }


def state(vendor: str) -> ProjectState:
    project = ProjectState()
    project.add_model(ModelState("shop", "Other", [("id", models.AutoField(primary_key=True))]))
    project.add_model(ModelState("shop", "Every", every_field(vendor), every_option()))
    return project


def check(connection: Any) -> None:
    support.clean(connection)
    vendor = connection.vendor
    path = support.changes(ProjectState(), state(vendor))
    applied = support.apply(connection, path, ProjectState())
    assert support.changes(applied, state(vendor)) == []
    made = support.describe(connection)
    assert set(made) == {"shop_every thing", "shop_every thing_others", "shop_other"}
    collations = {name: column[3] for name, column in made["shop_every thing"][0].items()}
    assert collations["collated"].lower() == COLLATIONS[vendor].lower()
    assert collations["char"] != collations["collated"]
    # Written to a file and read again, it is the same history.
    read = ProjectState()
    for migration in path:
        namespace: dict[str, Any] = {}
        exec(MigrationWriter(migration).as_string(), namespace)
        read = namespace["Migration"](migration.name, "shop").mutate_state(read)
    assert support.changes(read, state(vendor)) == []
    # Every field, taken away and put back one by one, ends where it began.
    bare = [name for name in every_field(vendor) if name not in ("id", "small", "char", "slug")]
    for name in bare:
        without = applied.clone()
        touched = {"float", "boolean", "big"}
        if name in touched:
            continue
        without.remove_field("shop", "every", name)
        away = support.changes(applied, without)
        now = support.apply(connection, away, applied.clone())
        for migration, at in reversed(list(zip(away, [applied], strict=False))):
            with connection.schema_editor(atomic=migration.atomic) as editor:
                migration.unapply(at.clone(), editor)
        assert support.describe(connection) == made, name
        del now
    support.drop_all(connection, state(vendor))
    assert support.describe(connection) == {}


def test_sqlite(sqlite: Any) -> None:  # the fixture
    check(sqlite)


@pytest.mark.postgres
def test_postgresql(postgres: Any) -> None:  # the fixture
    check(postgres)


@pytest.mark.mysql
def test_mariadb(mariadb: Any) -> None:  # the fixture
    check(mariadb)


def change_collation(connection: Any) -> None:
    """A column's collation is changed, with its rows, and changed back."""
    support.clean(connection)

    def with_collation(name: str | None) -> ProjectState:
        project = ProjectState()
        fields = [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=10, db_collation=name, unique=True)),
            ("note", models.TextField(db_collation=name, db_index=False)),
        ]
        project.add_model(ModelState("shop", "Word", fields))
        return project

    plain, collated = with_collation(None), with_collation(COLLATIONS[connection.vendor])
    support.apply(connection, support.changes(ProjectState(), plain), ProjectState())
    made = support.describe(connection)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO shop_word (name, note) VALUES ('a', 'kept')")
    path = support.changes(plain, collated)
    assert support.changes(support.apply(connection, path, plain.clone()), collated) == []
    columns = support.describe(connection)["shop_word"][0]
    assert {columns[name][3].lower() for name in ("name", "note")} == {
        COLLATIONS[connection.vendor].lower()
    }
    for migration in reversed(path):
        with connection.schema_editor(atomic=migration.atomic) as editor:
            migration.unapply(plain.clone(), editor)
    assert support.describe(connection) == made
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, note FROM shop_word")
        assert list(cursor.fetchall()) == [("a", "kept")]
    support.drop_all(connection, plain)


def test_collations_change_on_sqlite(sqlite: Any) -> None:  # the fixture
    change_collation(sqlite)


@pytest.mark.postgres
def test_collations_change_on_postgresql(postgres: Any) -> None:  # the fixture
    change_collation(postgres)


@pytest.mark.mysql
def test_collations_change_on_mariadb(mariadb: Any) -> None:  # the fixture
    change_collation(mariadb)


def comments_of(connection: Any) -> list[str | None]:
    """Comments of the table `shop_word` and of its column `name`, as the server keeps them."""
    if connection.vendor == "postgresql":
        table = "SELECT obj_description('shop_word'::regclass)"
        column = (
            "SELECT col_description('shop_word'::regclass, attnum) FROM pg_attribute "
            "WHERE attrelid = 'shop_word'::regclass AND attname = 'name'"
        )
    else:
        where = "WHERE table_schema = DATABASE() AND table_name = 'shop_word'"
        table = f"SELECT table_comment FROM information_schema.tables {where}"
        column = (
            f"SELECT column_comment FROM information_schema.columns {where} AND column_name='name'"
        )
    found = list[str | None]()
    for query in (table, column):
        with connection.cursor() as cursor:
            cursor.execute(query)
            found.append(cursor.fetchone()[0] or None)
    return found


def change_comments(connection: Any) -> None:
    """Comments of a table and a column come, change, go, and come back by the way back."""
    support.clean(connection)

    def commented(table: str, column: str | None) -> ProjectState:
        project = ProjectState()
        fields = [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=10, default="a", db_comment=column)),
        ]
        options = {"db_table_comment": table} if table else {}
        project.add_model(ModelState("shop", "Word", fields, options))
        return project

    ways = [("", None), ("one's", "first"), ("two", "it's %s"), ("", None)]
    states = [commented(*way) for way in ways]
    support.apply(connection, support.changes(ProjectState(), states[0]), ProjectState())
    seen = [comments_of(connection)]
    paths = list[Any]()
    for before, after in itertools.pairwise(states):
        paths.append((before, support.changes(before, after)))
        assert support.changes(support.apply(connection, paths[-1][1], before.clone()), after) == []
        seen.append(comments_of(connection))
    assert seen == [[table or None, column] for table, column in ways]
    for at, path in reversed(paths):
        for migration in reversed(path):
            with connection.schema_editor(atomic=migration.atomic) as editor:
                migration.unapply(at.clone(), editor)
        seen.pop()
        assert comments_of(connection) == seen[-1]
    support.drop_all(connection, states[0])


@pytest.mark.postgres
def test_comments_change_on_postgresql(postgres: Any) -> None:  # the fixture
    change_comments(postgres)


@pytest.mark.mysql
def test_comments_change_on_mariadb(mariadb: Any) -> None:  # the fixture
    change_comments(mariadb)


@pytest.mark.postgres
def test_operator_classes_change_on_postgresql(postgres: Any) -> None:  # the fixture
    support.clean(postgres)

    def with_class(name: str | None) -> ProjectState:
        project = ProjectState()
        fields = [
            ("id", models.BigAutoField(primary_key=True)),
            ("name", models.CharField(max_length=10)),
        ]
        opclasses = [name] if name else []
        index = models.Index(fields=["name"], name="shop_name", opclasses=opclasses)
        project.add_model(ModelState("shop", "Word", fields, {"indexes": [index]}))
        return project

    def definition() -> str:
        with postgres.cursor() as cursor:
            cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = 'shop_name'")
            text: str = cursor.fetchone()[0]
        return text

    plain, patterned = with_class(None), with_class("varchar_pattern_ops")
    support.apply(postgres, support.changes(ProjectState(), plain), ProjectState())
    assert "varchar_pattern_ops" not in definition()
    path = support.changes(plain, patterned)
    assert support.changes(support.apply(postgres, path, plain.clone()), patterned) == []
    assert "varchar_pattern_ops" in definition()
    for migration in reversed(path):
        with postgres.schema_editor(atomic=migration.atomic) as editor:
            migration.unapply(plain.clone(), editor)
    assert "varchar_pattern_ops" not in definition()
    support.drop_all(postgres, plain)


def test_a_collation_may_be_computed_late(sqlite: Any) -> None:
    support.clean(sqlite)
    late = SimpleLazyObject(lambda: COLLATIONS["sqlite"])
    project = ProjectState()
    fields = [
        ("id", models.BigAutoField(primary_key=True)),
        ("name", models.CharField(max_length=10, db_collation=late)),
    ]
    project.add_model(ModelState("shop", "Word", fields))
    model = project.apps.get_model("shop", "Word")
    with sqlite.schema_editor() as editor:
        editor.create_model(model)
    assert support.describe(sqlite)["shop_word"][0]["name"][3].lower() == COLLATIONS["sqlite"]
