"""Models as pydantic and SQLAlchemy see them: schemas, tables, Sessions, SQLModel's fields."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from fastjango.orm import models
from fastjango.orm.interop import mapper_of
from fastjango.orm.pydantic_schema import pydantic_model
from fastjango.orm.schema import table_for
from pydantic import BaseModel, TypeAdapter
from pydantic import ValidationError as PydanticError
from sqlmodel import Field, Session, select

CASCADE = models.CASCADE
Define = Callable[..., Any]


class SeenMaker(models.Model):
    name = models.CharField(max_length=9)

    class Meta:
        app_label = "orm"


class SchemaThing(models.Model):
    kind = models.CharField(max_length=1, choices=[("a", "A"), ("b", "B")], default="a")
    level = models.IntegerField(choices=[(1, "one")], null=True)
    price = models.DecimalField(max_digits=5, decimal_places=2, help_text="in euros")
    loose = models.DecimalField(null=True)
    made = models.DateField(default=datetime.date.today)
    stamp = models.DateTimeField(auto_now=True)
    note = models.CharField(max_length=9, blank=True)
    text = models.TextField(blank=True)
    count = models.PositiveIntegerField(default=3)
    maker = models.ForeignKey(SeenMaker, CASCADE)
    server = models.IntegerField(db_default=4)
    weight = models.FloatField(choices=[(1.5, "light")], default=1.5)
    late = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"


class SeenChild(SchemaThing):
    extra = models.IntegerField(default=1)

    class Meta:
        app_label = "orm"


class SeenProxy(SchemaThing):
    class Meta:
        app_label = "orm"
        proxy = True


MODELS = (SeenMaker, SchemaThing, SeenChild)


@pytest.fixture
def engine() -> Iterator[sa.Engine]:
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    tables = [table_for(model) for model in MODELS]
    table_for(SchemaThing).metadata.create_all(engine, tables=tables)
    yield engine
    engine.dispose()


# pydantic


def test_columns_have_types_limits_and_defaults() -> None:
    schema = SchemaThing.model_json_schema()
    properties = schema["properties"]
    assert set(schema["required"]) == {"price", "maker_id"}
    assert properties["kind"]["enum"] == ["a", "b"]
    assert properties["level"]["anyOf"][0] == {"const": 1, "type": "integer"}
    assert properties["price"]["description"] == "in euros"
    assert properties["note"]["maxLength"] == 9
    assert properties["count"]["minimum"] == 0
    assert properties["weight"]["type"] == "number", "only texts, integers and truths are named"
    assert properties["maker_id"]["type"] == "integer"
    assert properties["stamp"]["default"] is None
    assert pydantic_model(SchemaThing) is pydantic_model(SchemaThing)
    with pytest.raises(PydanticError):
        SchemaThing.model_validate({"price": "1000.00", "maker_id": 1})
    with pytest.raises(PydanticError):
        SchemaThing.model_validate({"price": "1", "maker_id": 1, "kind": "c"})


def test_what_is_not_given_is_as_in_a_new_instance() -> None:
    thing = SchemaThing.model_validate({"price": "1.5", "maker_id": 2})
    assert (thing.price, thing.maker_id, thing.kind) == (decimal.Decimal("1.5"), 2, "a")
    assert thing.made == datetime.date.today()
    assert (thing.note, thing.text, thing.level) == ("", "", None)
    assert hasattr(thing.server, "as_sql"), "the database's default is left to it"
    assert SchemaThing.model_validate({"price": 1, "maker_id": 1, "level": None}).level is None


def test_models_are_types_of_other_models() -> None:
    class Order(BaseModel):
        maker: SeenMaker
        others: list[SeenMaker] = []

    order = Order.model_validate({"maker": {"name": "Ann"}, "others": [SeenMaker(name="Bob")]})
    assert isinstance(order.maker, SeenMaker)
    assert order.others[0].name == "Bob"
    assert order.model_dump()["others"] == [{"id": None, "name": "Bob"}]
    assert '"name":"Ann"' in order.model_dump_json()
    part = SeenMaker(pk=1)
    del part.__dict__["name"]
    assert part.model_dump() == {"id": 1}
    assert part.model_dump_json() == '{"id":1}'
    assert part.model_fields_set == {"id"}
    assert Order.model_construct(maker="odd").maker == "odd"
    with pytest.warns(UserWarning, match="serializer warnings"):
        assert Order.model_construct(maker={"id": 1, "name": "x"}).model_dump(
            include={"maker"}
        ) == {"maker": {"id": 1, "name": "x"}}


def test_abstract_models_have_no_columns_for_pydantic(define: Define) -> None:
    abstract = define("Abstract", meta={"abstract": True}, a=models.IntegerField())
    assert abstract.__pydantic_fields__ == {}
    assert abstract.__pydantic_core_schema__ is not None
    assert models.Model.__pydantic_fields__ == {}
    assert TypeAdapter(SeenMaker).validate_python({"name": "x"}).name == "x"


# SQLAlchemy


def test_columns_answer_as_sqlalchemys() -> None:
    size, name = SchemaThing.count, SeenMaker.name
    for clause, sql in (
        (size < 1, "count < "),
        (size <= 1, "count <= "),
        (size > 1, "count > "),
        (size >= 1, "count >= "),
        (size == 1, "count = "),
        (size != 1, "count != "),
        (size + 1, "count + "),
        (size - 1, "count - "),
        (size * 2, "count * "),
        (size / 2, "count / "),
        (name.startswith("A"), "name LIKE "),
        (name.desc(), "name DESC"),
    ):
        assert sql in str(clause).replace('"', "")
    assert size == SchemaThing.count
    assert (size != SchemaThing.count) is False
    assert size != SchemaThing.late
    assert {size: 1}[SchemaThing.count] == 1
    with pytest.raises(AttributeError, match="has no attribute '__nope__'"):
        _ = size.__nope__


def test_abstract_columns_belong_to_no_table(define: Define) -> None:
    abstract = define("Abstract", meta={"abstract": True}, a=models.IntegerField())
    with pytest.raises(AttributeError, match="has no attribute 'desc'"):
        _ = abstract.a.desc
    with pytest.raises(AttributeError, match="__table__"):
        _ = abstract.__table__
    assert sa.inspect(abstract, raiseerr=False) is None
    assert sa.inspect(models.Model, raiseerr=False) is None
    with pytest.raises(AttributeError, match="_sa_instance_state"):
        _ = SchemaThing._sa_instance_state


def test_a_session_writes_what_save_would(engine: sa.Engine) -> None:
    with Session(engine) as session:
        session.add(SeenMaker(name="Ann"))
        session.commit()
        maker = session.exec(select(SeenMaker)).one()
        thing = SchemaThing(price=decimal.Decimal("2.50"), maker=maker, server=1)
        session.add(thing)
        session.commit()
        assert thing.stamp is not None
        assert thing.price == decimal.Decimal("2.50")
        assert session.exec(select(SeenProxy)).one().pk == thing.pk
        session.expire_all()
        assert thing.count == 3, "loaded by the Session it belongs to"
        thing.count = 4
        session.commit()
        assert session.exec(select(SchemaThing.count)).one() == 4
        child = SeenChild(price=1, maker=maker, server=1)
        session.add(child)
        session.commit()
        assert child.pk == child.id
        assert session.get(SeenChild, child.pk).extra == 1


def test_a_read_instance_joins_a_session_as_a_row(engine: sa.Engine) -> None:
    with Session(engine) as session:
        session.add(SeenMaker(id=3, name="Ann"))
        session.commit()
    read = SeenMaker.from_db("default", ["id", "name"], [3, "Ann"])
    assert sa.inspect(read).detached
    with Session(engine) as session:
        session.add(read)
        read.name = "Bob"
        session.commit()
        assert session.exec(select(SeenMaker.name)).all() == ["Bob"]
    fresh = SeenMaker(name="x")
    assert sa.inspect(fresh).transient
    assert object.__new__(SeenMaker)._state.adding, "made without __init__"


def test_classes_keep_their_own_init_and_relations() -> None:
    class SeenOwn(models.Model):
        name = models.CharField(max_length=9)

        class Meta:
            app_label = "orm"

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.begun = True

    before = SeenOwn.__init__
    mapper_of(SeenOwn)
    assert SeenOwn.__init__ is before
    assert SeenOwn(name="x").begun
    assert mapper_of(SeenOwn) is mapper_of(SeenOwn)
    assert mapper_of(SeenProxy) is not mapper_of(SchemaThing)
    assert SeenProxy.__table__ is SchemaThing.__table__


def test_tables_carry_keys_indexes_and_constraints(define: Define) -> None:
    other = define("Other")
    model = define(
        "Keyed",
        meta={
            "db_table": '"shop"."keyed"',
            "unique_together": [("a", "b")],
            "indexes": [
                models.Index(fields=["a", "-b"], name="both"),
                models.Index(models.F("a") + 1, name="sum"),
                models.Index(fields=["a"], name="some", condition=models.Q(a=1)),
            ],
            "constraints": [models.UniqueConstraint(fields=["c"], name="one")],
        },
        a=models.IntegerField(db_index=True),
        b=models.IntegerField(unique=True),
        c=models.IntegerField(),
        up=models.ForeignKey("self", models.DB_CASCADE, null=True),
        other=models.ForeignKey(other, CASCADE),
        free=models.ForeignKey(other, CASCADE, db_constraint=False, related_name="+"),
        made=models.GeneratedField(
            expression=models.F("a") * 2, output_field=models.IntegerField(), db_persist=True
        ),
    )
    table = table_for(model)
    assert (table.schema, table.name) == ("shop", "keyed")
    assert {index.name for index in table.indexes} >= {"both"}
    assert not {"sum", "some"} & {index.name for index in table.indexes}
    uniques = {
        tuple(c.columns.keys()): c.name
        for c in table.constraints
        if isinstance(c, sa.UniqueConstraint)
    }
    assert set(uniques) == {("a", "b"), ("b",), ("c",)}
    assert uniques["c",] == "one"
    keys = {tuple(key.column_keys): key.ondelete for key in table.foreign_key_constraints}
    assert keys == {("up_id",): "CASCADE", ("other_id",): None}
    assert table.c.made.nullable
    pair = define(
        "Pair",
        pk=models.CompositePrimaryKey("a", "b"),
        a=models.IntegerField(),
        b=models.IntegerField(),
    )
    assert list(table_for(pair).primary_key.columns.keys()) == ["a", "b"]


# SQLModel's fields


def test_annotations_become_fields(define: Define) -> None:
    model = define(
        "Hero",
        __annotations__={
            "id": int | None,
            "name": "str",
            "code": str,
            "flag": bool,
            "rate": "float | None",
            "price": decimal.Decimal,
            "day": datetime.date,
            "at": datetime.datetime,
            "hour": datetime.time,
            "span": datetime.timedelta,
            "key": uuid.UUID,
            "raw": bytes,
            "data": dict[str, int],
        },
        id=Field(default=None, primary_key=True),
        name=Field(max_length=9, unique=True, title="full name"),
        code=Field(default="x"),
        flag=Field(default_factory=bool),
        rate=Field(),
        price=Field(max_digits=5, decimal_places=2),
        day=Field(),
        at=Field(),
        hour=Field(),
        span=Field(),
        key=Field(),
        raw=Field(),
        data=Field(),
    )
    fields = {field.name: field for field in model._meta.fields}
    assert {name: type(field).__name__ for name, field in fields.items()} == {
        "id": "BigAutoField",
        "name": "CharField",
        "code": "TextField",
        "flag": "BooleanField",
        "rate": "FloatField",
        "price": "DecimalField",
        "day": "DateField",
        "at": "DateTimeField",
        "hour": "TimeField",
        "span": "DurationField",
        "key": "UUIDField",
        "raw": "BinaryField",
        "data": "JSONField",
    }
    assert (fields["name"].unique, fields["name"].verbose_name) == (True, "full name")
    assert (fields["rate"].null, fields["rate"].blank) == (True, True)
    assert (fields["price"].max_digits, fields["price"].decimal_places) == (5, 2)
    assert fields["code"].default == "x"
    assert fields["flag"].get_default() is False
    assert not fields["id"].null


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"x": Field()}, "'x' is a pydantic field without an annotation"),
        ({"x": Field(), "__annotations__": {"x": int | str}}, "'x' may be of several types"),
        (
            {"x": Field(), "__annotations__": {"x": object}},
            "there is no field for <class 'object'>",
        ),
        (
            {"x": Field(foreign_key="a.id"), "__annotations__": {"x": int}},
            "names a column. Declare models.ForeignKey",
        ),
    ],
)
def test_annotations_without_a_field_are_refused(
    define: Define, body: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        define("Wrong", **body)
