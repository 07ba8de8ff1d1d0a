"""What introspection tells of tables that models made, on each kind of database."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core import apps
from fastjango.orm import connection, connections, models

MEMORY = {"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}}


class SeenTag(models.Model):
    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class SeenOwner(models.Model):
    id = models.AutoField(primary_key=True)
    tags = models.ManyToManyField(SeenTag)

    class Meta:
        app_label = "orm"


class SeenThing(models.Model):
    small = models.PositiveSmallIntegerField(db_index=True)
    many = models.PositiveBigIntegerField(default=0)
    data = models.JSONField(null=True)
    key = models.UUIDField(null=True)
    cascades = models.ForeignKey(SeenOwner, models.DB_CASCADE, related_name="+")
    empties = models.ForeignKey(SeenOwner, models.DB_SET_NULL, null=True, related_name="+")
    nothing = models.ForeignKey(SeenOwner, models.DO_NOTHING, related_name="+")

    class Meta:
        app_label = "orm"
        constraints = [
            models.CheckConstraint(condition=models.Q(small__gt=1), name="seen_check"),
            models.UniqueConstraint(fields=["small", "many"], name="seen_unique"),
        ]


class SeenPair(models.Model):
    pk = models.CompositePrimaryKey("b", "a")
    a = models.IntegerField()
    b = models.IntegerField()

    class Meta:
        app_label = "orm"


class SeenUnmanaged(models.Model):
    class Meta:
        app_label = "orm"
        managed = False


class SeenMissing(models.Model):
    class Meta:
        app_label = "orm"


MADE = (SeenTag, SeenOwner, SeenThing, SeenPair)
ALL = (*MADE, SeenUnmanaged, SeenMissing)
TABLES = {
    "orm_seentag",
    "orm_seenowner",
    "orm_seenowner_tags",
    "orm_seenthing",
    "orm_seenpair",
}


@pytest.fixture(scope="module")
def filled(empty_database: dict[str, Any]) -> dict[str, Any]:
    with connection.schema_editor() as editor:
        for model in MADE:
            editor.create_model(model)
    with connection.cursor() as cursor:
        cursor.execute("CREATE VIEW seen_view AS SELECT id FROM orm_seentag")
    return empty_database


@pytest.fixture
def introspection(filled: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    connections.reconfigure({"default": filled})
    shown = SimpleNamespace(
        label="orm",
        get_models=lambda **options: [m for m in ALL],  # noqa: C416 # a new list
    )
    monkeypatch.setattr(apps, "get_app_configs", lambda: [shown])
    yield connection.introspection
    connections.reconfigure(MEMORY)


def test_tables_of_models(introspection: Any) -> None:
    assert set(introspection.django_table_names()) == {*TABLES, "orm_seenmissing"}
    assert set(introspection.django_table_names(only_existing=True)) == TABLES
    assert set(introspection.table_names()) == TABLES
    assert set(introspection.table_names(include_views=True)) == {*TABLES, "seen_view"}
    assert introspection.installed_models(["orm_seentag", "orm_seenmissing", "x"]) == {
        SeenTag,
        SeenMissing,
    }
    assert introspection.identifier_converter("aB") == "aB"


def test_automatic_keys_have_sequences(introspection: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        introspection, "get_migratable_models", lambda: iter((*MADE[:3], SeenUnmanaged))
    )
    found = {(entry["table"], entry["column"]) for entry in introspection.sequence_list()}
    assert found == {(table, "id") for table in TABLES - {"orm_seenpair"}}


def test_keys_of_tables(introspection: Any) -> None:
    with connection.cursor() as cursor:
        assert introspection.get_primary_key_columns(cursor, "orm_seenpair") == (
            ["a", "b"] if connection.vendor == "sqlite" else ["b", "a"]
        )
        assert introspection.get_primary_key_column(cursor, "orm_seenthing") == "id"
        assert not introspection.get_primary_key_columns(cursor, "seen_view")
        assert introspection.get_primary_key_column(cursor, "seen_view") is None


def test_rules_of_foreign_keys(introspection: Any) -> None:
    with connection.cursor() as cursor:
        found = introspection.get_relations(cursor, "orm_seenthing")
    target = ("id", "orm_seenowner")
    assert found == {
        "cascades_id": (*target, models.DB_CASCADE),
        "empties_id": (*target, models.DB_SET_NULL),
        "nothing_id": (*target, found["nothing_id"][2]),
    }
    assert found["nothing_id"][2] in (models.DO_NOTHING, None)  # None: RESTRICT


def test_constraints_by_name(introspection: Any) -> None:
    with connection.cursor() as cursor:
        found = introspection.get_constraints(cursor, "orm_seenthing")
    assert found["seen_check"]["check"]
    assert found["seen_check"]["columns"] == ["small"]
    assert found["seen_unique"]["unique"]
    assert found["seen_unique"]["columns"] == ["small", "many"]
    (index,) = (c for c in found.values() if c["index"] and c["columns"] == ["small"])
    assert index["type"] == "idx"
    assert not index["unique"]
    keys = {c["columns"][0]: c["foreign_key"] for c in found.values() if c["foreign_key"]}
    assert keys == dict.fromkeys(
        ("cascades_id", "empties_id", "nothing_id"), ("orm_seenowner", "id")
    )


def test_fields_of_columns(introspection: Any) -> None:
    def kinds(cursor: Any, table: str) -> dict[str, Any]:
        described = introspection.get_table_description(cursor, table)
        return {i.name: introspection.get_field_type(i.type_code, i) for i in described}

    with connection.cursor() as cursor:
        thing, tag = kinds(cursor, "orm_seenthing"), kinds(cursor, "orm_seentag")
        owner = kinds(cursor, "orm_seenowner")
    is_unsigned = connection.vendor != "postgresql"
    assert thing["small"] == ("PositiveSmallIntegerField" if is_unsigned else "SmallIntegerField")
    assert thing["many"] == ("PositiveBigIntegerField" if is_unsigned else "BigIntegerField")
    assert thing["data"] == "JSONField"
    assert (
        thing["key"]
        == {
            "sqlite": "CharField",
            "postgresql": "UUIDField",
            "mysql": "UUIDField" if connection.features.has_native_uuid_field else "CharField",
        }[connection.vendor]
    )
    if connection.vendor == "sqlite":
        assert (tag["id"], owner["id"], thing["id"]) == ("AutoField",) * 3
    else:
        assert (tag["id"], owner["id"], thing["id"]) == (
            "SmallAutoField",
            "AutoField",
            "BigAutoField",
        )


def test_what_only_one_server_has(introspection: Any) -> None:
    """Partitions, methods and storage parameters of indexes; engines and full text."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE TABLE seen_parts (id integer) PARTITION BY RANGE (id)")
            cursor.execute(
                "CREATE TABLE seen_part PARTITION OF seen_parts FOR VALUES FROM (1) TO (9)"
            )
            cursor.execute("CREATE INDEX seen_hash ON seen_part USING hash (id)")
            cursor.execute("CREATE INDEX seen_fill ON seen_part (id) WITH (fillfactor = 50)")
            cursor.execute("CREATE INDEX seen_text ON seen_part ((id + 1))")
            kinds = {info.name: info.type for info in introspection.get_table_list(cursor)}
            assert (kinds["seen_parts"], kinds["seen_part"], kinds["seen_view"]) == ("t", "p", "v")
            found = introspection.get_constraints(cursor, "seen_part")
            assert found["seen_hash"]["type"] == "hash"
            assert found["seen_fill"]["type"] == "btree"
            assert found["seen_fill"]["options"] == ["fillfactor=50"]
            assert found["seen_text"]["columns"] == []
            assert "(id + 1)" in found["seen_text"]["definition"]
            cursor.execute("DROP TABLE seen_parts")
        elif connection.vendor == "mysql":
            cursor.execute(
                "CREATE TABLE seen_words (n integer CHECK (n > 1), words text, FULLTEXT seen_full "
                "(words)) ENGINE = InnoDB COMMENT 'of words'"
            )
            assert introspection.get_storage_engine(cursor, "seen_words") == "InnoDB"
            default = connection.mysql_server_data["default_storage_engine"]  # type: ignore[attr-defined]
            assert introspection.get_storage_engine(cursor, "missing") == default
            found = introspection.get_constraints(cursor, "seen_words")
            assert found["seen_full"]["type"] == "fulltext"
            assert found["seen_full"]["columns"] == ["words"]
            (check,) = (c for c in found.values() if c["check"])
            assert check["columns"] == ["n"]
            (info,) = (i for i in introspection.get_table_list(cursor) if i.name == "seen_words")
            assert info.comment == "of words"
            assert introspection.get_sequences(cursor, "seen_words") == []
            cursor.execute("DROP TABLE seen_words")
        else:
            cursor.execute("CREATE TABLE seen_odd (a [int], b text COLLATE nocase, UNIQUE(a, b))")
            found = introspection.get_constraints(cursor, "seen_odd")
            assert [c["columns"] for c in found.values() if c["unique"]] == [["a", "b"]]
            described = introspection.get_table_description(cursor, "seen_odd")
            assert [info.collation for info in described] == [None, "nocase"]
            assert introspection.get_constraints(cursor, "missing") == {}
            cursor.execute("DROP TABLE seen_odd")
