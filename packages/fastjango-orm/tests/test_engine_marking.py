"""Which failures of a queryset's changes doom the transaction around them, as in Django."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from fastjango.core.exceptions import FieldDoesNotExist, FieldError
from fastjango.orm import IntegrityError, connections, models, transaction
from fastjango.orm.exceptions import TransactionManagementError
from fastjango.orm.models import F, Sum
from fastjango.orm.schema import create_model

MEMORY = {"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}}


class MarkOwner(models.Model):
    name = models.CharField(max_length=20, unique=True)

    class Meta:
        app_label = "orm"


class MarkThing(models.Model):
    number = models.IntegerField(unique=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, default=Decimal("1.50"))
    owner = models.ForeignKey(MarkOwner, models.CASCADE)

    class Meta:
        app_label = "orm"


@pytest.fixture(autouse=True)
def rows(empty_database: dict[str, Any]) -> Iterator[None]:
    connections.reconfigure({"default": empty_database})
    create_model(MarkOwner)
    create_model(MarkThing)
    owner = MarkOwner.objects.create(name="a")
    MarkThing.objects.bulk_create(MarkThing(number=n, owner=owner) for n in range(3))
    yield
    with connections["default"].schema_editor() as editor:
        editor.delete_model(MarkThing)
        editor.delete_model(MarkOwner)
    connections.reconfigure(MEMORY)


def outcome(change: Callable[[], Any], achange: Callable[[], Awaitable[Any]]) -> tuple[Any, bool]:
    """The error of a change, equal on both edges, and whether its transaction is doomed."""

    def sync() -> tuple[Any, bool]:
        error: Exception | None = None
        with transaction.atomic():
            try:
                change()
            except Exception as raised:
                error = raised
            doomed = transaction.get_rollback()
            transaction.set_rollback(True)
        return error, doomed

    async def main() -> tuple[Any, bool]:
        error: Exception | None = None
        async with transaction.atomic():
            try:
                await achange()
            except Exception as raised:
                error = raised
            doomed = transaction.get_rollback()
            transaction.set_rollback(True)
        await connections.aclose_all()
        return error, doomed

    found, other = sync(), asyncio.run(main())
    assert (type(found[0]), str(found[0]), found[1]) == (type(other[0]), str(other[0]), other[1])
    return found


def test_an_update_refused_while_it_is_compiled_dooms() -> None:
    rows = MarkThing.objects.order_by("pk")
    wrong: tuple[dict[str, Any], ...] = ({"number": Sum("number")}, {"number": "many"})
    for values in wrong:
        error, doomed = outcome(partial(rows.update, **values), partial(rows.aupdate, **values))
        assert isinstance(error, FieldError | ValueError), values
        assert doomed, values


def test_an_update_refused_by_the_database_dooms() -> None:
    rows = MarkThing.objects.all()
    error, doomed = outcome(lambda: rows.update(number=1), lambda: rows.aupdate(number=1))
    assert isinstance(error, IntegrityError)
    assert doomed
    error, doomed = outcome(
        lambda: rows.update(number=F("number") * 0), lambda: rows.aupdate(number=F("number") * 0)
    )
    assert isinstance(error, IntegrityError)
    assert doomed


def test_an_update_refused_before_it_is_compiled_does_not() -> None:
    rows = MarkThing.objects.all()
    error, doomed = outcome(lambda: rows.update(nothing=1), lambda: rows.aupdate(nothing=1))
    assert isinstance(error, FieldDoesNotExist)
    assert not doomed
    error, doomed = outcome(lambda: rows[:1].update(number=1), lambda: rows[:1].aupdate(number=1))
    assert isinstance(error, TypeError)
    assert not doomed


def test_what_follows_in_a_doomed_transaction_names_the_cause() -> None:
    with transaction.atomic():
        with pytest.raises(ValueError, match="many") as caught:
            MarkThing.objects.update(number="many")
        with pytest.raises(TransactionManagementError) as refused:
            MarkThing.objects.count()
        assert refused.value.__cause__ is caught.value
        transaction.set_rollback(True)


def test_a_savepoint_keeps_the_rest() -> None:
    with transaction.atomic():
        MarkOwner.objects.create(name="kept")
        with pytest.raises(ValueError, match="many"), transaction.atomic():
            MarkThing.objects.update(number="many")
        assert MarkOwner.objects.filter(name="kept").exists()


def test_outside_of_a_transaction_nothing_is_doomed() -> None:
    with pytest.raises(ValueError, match="many"):
        MarkThing.objects.update(number="many")
    assert MarkThing.objects.count() == 3


def test_a_deletion_refused_by_the_database_dooms() -> None:
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if sql.startswith("DELETE"):
            raise IntegrityError("refused")
        return execute(sql, *rest)

    thing, owner = MarkThing.objects.all()[0], MarkOwner.objects.get()
    rows = MarkThing.objects.filter(pk=thing.pk)
    changes: tuple[tuple[Any, Any], ...] = (
        (thing.delete, thing.adelete),  # one statement
        (owner.delete, owner.adelete),  # several
        (rows.delete, rows.adelete),
    )
    for change, achange in changes:
        with connections["default"].execute_wrapper(refuse):
            error, doomed = outcome(change, achange)
        assert isinstance(error, IntegrityError), change
        assert doomed, change
