"""Saving by one prepared statement: it writes what saving step by step writes, or steps aside."""

from __future__ import annotations

import asyncio
import datetime
import uuid
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastjango.orm import IntegrityError, connection, connections, models, quicksave, transaction
from fastjango.orm.models import F
from fastjango.orm.query import savers
from fastjango.orm.query.queryset import creating
from fastjango.orm.signals import post_init, post_save, pre_save
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


class SaverOwner(models.Model):
    name = models.CharField(max_length=30, unique=True)

    class Meta:
        app_label = "orm"


class SaverRow(models.Model):
    name = models.CharField(max_length=30, default="unnamed")
    stock = models.IntegerField(default=3)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    ratio = models.FloatField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    data = models.JSONField(default=dict, null=True)
    key = models.UUIDField(null=True)
    flag = models.BooleanField(default=False)
    changed = models.DateTimeField(auto_now=True)
    owner = models.ForeignKey(SaverOwner, models.CASCADE, null=True)

    class Meta:
        app_label = "orm"


class SaverKeyed(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    stock = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"


class SaverChild(SaverRow):
    more = models.CharField(max_length=10, default="")

    class Meta:
        app_label = "orm"


class SaverDefaulted(models.Model):
    stock = models.IntegerField(db_default=7)

    class Meta:
        app_label = "orm"


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    made = (SaverOwner, SaverRow, SaverKeyed, SaverChild, SaverDefaulted)
    with connection.schema_editor() as editor:
        for model in made:
            editor.create_model(model)
    yield
    with connection.schema_editor() as editor:
        for model in reversed(made):
            editor.delete_model(model)
    connection.close()


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What became of each attempt to save by one statement."""
    seen: list[Any] = []
    before = quicksave.planned_save

    def watch(*args: Any) -> Any:
        found = before(*args)
        seen.append(found and found[0].sql.split()[0])
        return found

    monkeypatch.setattr(quicksave, "planned_save", watch)
    return seen


def by_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quicksave, "planned_save", lambda *args: None)


ROW = st.fixed_dictionaries(
    {},
    optional={
        "name": st.text(max_size=5),
        "stock": st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from(["5", True, 3.0])),
        "price": st.one_of(st.none(), st.decimals(-99, 99, places=2), st.sampled_from(["1.5", 2])),
        "ratio": st.one_of(st.none(), st.floats(-5, 5), st.integers(0, 3)),
        "day": st.one_of(st.none(), st.dates()),
        "moment": st.one_of(
            st.none(),
            st.datetimes(datetime.datetime(1990, 1, 1), datetime.datetime(2090, 1, 1)).map(
                lambda moment: moment.replace(tzinfo=datetime.UTC)
            ),
        ),
        "data": st.one_of(st.none(), st.lists(st.integers(), max_size=2), st.text(max_size=3)),
        "key": st.one_of(st.none(), st.uuids(), st.uuids().map(str)),
        "flag": st.one_of(st.booleans(), st.sampled_from([0, 1, "t"])),
        "owner_id": st.sampled_from([None, 1, "1"]),
    },
)


def stored(pk: Any) -> Any:
    row = SaverRow.objects.filter(pk=pk).values().get()
    return {name: value for name, value in row.items() if name not in ("id", "changed")}


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(first=ROW, second=ROW, names=st.sets(st.sampled_from(["name", "stock", "data", "owner"])))
def test_one_statement_writes_what_the_steps_write(
    first: dict[str, Any], second: dict[str, Any], names: set[str]
) -> None:
    SaverOwner.objects.get_or_create(pk=1, defaults={"name": "owner"})
    found: list[Any] = []
    for is_planned in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            if not is_planned:
                by_steps(patch)
                patch.setattr(creating, "quick_save", lambda *args: False)
            row = SaverRow.objects.create(**first)
            states = [stored(row.pk)]
            for name, value in second.items():
                setattr(row, name, value)
            row.save(update_fields=names)
            states.append(stored(row.pk))
            row.save()
            states.append(stored(row.pk))
            found.append(states)
    assert found[0] == found[1]


def test_plain_rows_take_one_statement(planned: list[Any]) -> None:
    row = SaverRow(name="a")
    row.save()
    row.save()
    row.save(update_fields=["stock"])
    SaverRow.objects.create(name="b")
    SaverRow.objects.create(pk=70, name="c")
    keyed = SaverKeyed.objects.create(stock=2)
    keyed.stock = 5
    keyed.save()
    assert planned == [
        "INSERT", "UPDATE", "UPDATE", "INSERT", "INSERT", "INSERT", "UPDATE",
    ]  # fmt: skip
    assert row.pk is not None
    assert not row._state.adding
    assert row._state.db == "default"
    assert SaverKeyed.objects.get(pk=keyed.pk).stock == 5


@pytest.mark.parametrize(
    "save",
    [
        lambda: SaverRow(pk=5, name="x").save(),
        lambda: SaverChild.objects.create(name="x"),
        lambda: SaverDefaulted.objects.create(),
        lambda: SaverRow.objects.create(name="x", stock=models.Value(3) + 1),
    ],
)
def test_the_rest_goes_step_by_step(save: Callable[[], Any], planned: list[Any]) -> None:
    save()
    assert planned == [None]


def test_an_expression_is_computed_by_the_database(planned: list[Any]) -> None:
    row = SaverRow.objects.create(stock=4)
    row.stock = F("stock") + 1
    row.save(update_fields=["stock"])
    assert planned == ["INSERT", None]
    assert SaverRow.objects.get().stock == 5


def test_receivers_hear_every_save() -> None:
    heard: list[Any] = []

    def before(instance: Any, **kwargs: Any) -> None:
        heard.append("pre")

    def after(instance: Any, created: bool, **kwargs: Any) -> None:
        heard.append(created)

    SaverRow.objects.create()  # the statement is known before anybody listens
    pre_save.connect(before, sender=SaverRow)
    post_save.connect(after, sender=SaverRow)
    try:
        row = SaverRow.objects.create()
        row.save()
    finally:
        pre_save.disconnect(before, sender=SaverRow)
        post_save.disconnect(after, sender=SaverRow)
    assert heard == ["pre", True, "pre", False]


def test_a_row_that_is_gone_is_inserted_or_missed(planned: list[Any]) -> None:
    row = SaverRow.objects.create(name="a")
    SaverRow.objects.all().delete()
    with connection.execute_wrapper(counting := Counting()):
        row.save()
    assert counting.kinds == ["UPDATE", "INSERT"]
    SaverRow.objects.all().delete()
    with pytest.raises(SaverRow.NotUpdated, match="update_fields"):
        row.save(update_fields=["name"])
    with pytest.raises(SaverRow.NotUpdated, match="Forced update"):
        row.save(force_update=True)


class Counting:
    def __init__(self) -> None:
        self.kinds: list[str] = []

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.kinds.append(sql.split()[0])
        return execute(sql, params, many, context)


def test_an_unsaved_related_object_is_refused() -> None:
    row = SaverRow(owner=SaverOwner(name="new"))
    with pytest.raises(ValueError, match="unsaved related object 'owner'"):
        row.save()
    row.owner.save()
    row.save()
    assert SaverRow.objects.get().owner_id == row.owner.pk


def test_an_error_dooms_the_transaction() -> None:
    SaverOwner.objects.create(name="one")
    with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
        with pytest.raises(IntegrityError):
            SaverOwner.objects.create(name="one")
        SaverOwner.objects.count()


def test_the_async_edge_writes_the_same() -> None:
    async def run() -> tuple[Any, Any]:
        row = await SaverRow.objects.acreate(name="a", price=Decimal("1.5"))
        row.name = "b"
        await row.asave()
        row.stock = 9
        await row.asave(update_fields=["stock"])
        return row.pk, row._state.adding

    connections.share("default")
    try:
        pk, adding = asyncio.run(run())
    finally:
        connections.unshare("default")
    assert not adding
    assert SaverRow.objects.values_list("name", "stock", "price").get(pk=pk) == (
        "b", 9, Decimal("1.5"),
    )  # fmt: skip


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(savers, "MAX_SAVERS", 2)
    monkeypatch.setattr(savers, "MAX_TEXTS", 2)
    savers.clear_savers()  # of the tests before this one
    row = SaverRow.objects.create()
    for names in (["name"], ["stock"], ["name", "stock"], ["flag"]):
        row.save(update_fields=names)
    for model in (SaverOwner, SaverKeyed, SaverRow):
        model.objects.create()
    assert len(savers._savers) <= 3  # pyright: ignore[reportPrivateUsage]  # that is the question


# -- construction ----------------------------------------------------------------------


def test_construction_knows_defaults_relations_and_mistakes() -> None:
    owner = SaverOwner.objects.create(name="o")
    one, other = SaverRow(), SaverRow(owner=owner, stock=1)
    assert (one.name, one.stock, one.data, one.owner_id) == ("unnamed", 3, {}, None)
    assert one.data is not SaverRow().data
    assert (other.owner_id, other.owner, other.stock) == (owner.pk, owner, 1)
    assert list(one.__dict__)[:4] == ["_state", "id", "name", "stock"]
    assert SaverRow(pk=4).id == 4
    with pytest.raises(TypeError, match="unexpected keyword arguments: 'nmae'"):
        SaverRow(nmae="x")
    with pytest.raises(ValueError, match="must be a"):
        SaverRow(owner=3)
    assert SaverRow(owner=None).owner is None


def test_listeners_of_creation_are_told() -> None:
    made: list[Any] = []

    def listen(instance: Any, **kwargs: Any) -> None:
        made.append(instance)

    SaverRow()
    post_init.connect(listen, sender=SaverRow)
    try:
        row = SaverRow(name="x")
    finally:
        post_init.disconnect(listen, sender=SaverRow)
    assert made == [row] or made[0] is row
