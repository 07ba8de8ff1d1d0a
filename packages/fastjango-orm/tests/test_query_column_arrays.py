"""Many rows for PostgreSQL travel as one array for each column."""

from __future__ import annotations

import asyncio
import datetime
import os
import secrets
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pytest
from fastjango.orm import connection, connections, models
from fastjango.orm.engine.watchers import observing
from fastjango.orm.exceptions import DataError

pytestmark = pytest.mark.postgres

MEMORY = {"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}}


class ArrayShelf(models.Model):
    code = models.CharField(max_length=4, primary_key=True)

    class Meta:
        app_label = "orm"


class ArrayBook(models.Model):
    name = models.CharField(max_length=5, null=True)
    body = models.TextField(null=True)
    slug = models.SlugField(null=True)
    small = models.SmallIntegerField(null=True)
    count = models.IntegerField(null=True)
    big = models.BigIntegerField(null=True)
    positive = models.PositiveIntegerField(null=True)
    ratio = models.FloatField(null=True)
    price = models.DecimalField(max_digits=30, decimal_places=2, null=True)
    done = models.BooleanField(null=True)
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    time = models.TimeField(null=True)
    length = models.DurationField(null=True)
    key = models.UUIDField(null=True)
    shelf = models.ForeignKey(ArrayShelf, models.CASCADE, null=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True)

    class Meta:
        app_label = "orm"


class ArrayNote(models.Model):
    """Has a column that is no plain value."""

    name = models.CharField(max_length=5)
    data = models.JSONField(null=True)

    class Meta:
        app_label = "orm"


NAMES = [field.attname for field in ArrayBook._meta.concrete_fields if not field.primary_key]
ROWS: list[dict[str, Any]] = [
    {},
    {
        "name": "a,\"'\\",
        "body": "{NULL}, 100% %s %%\n",
        "slug": "",
        "small": -(2**15),
        "count": 2**31 - 1,
        "big": -(2**63),
        "positive": 0,
        "ratio": 1e300,
        "price": Decimal("123456789012345678901234567.89"),
        "done": False,
        "day": datetime.date(1, 1, 1),
        "moment": datetime.datetime(2020, 2, 29, 23, 59, 59, 999999, tzinfo=datetime.UTC),
        "time": datetime.time(23, 59, 59, 1),
        "length": datetime.timedelta(days=-400, microseconds=7),
        "key": uuid.UUID(int=2**127),
        "shelf_id": "s,1",
    },
    {
        "day": datetime.date.max,
        "name": "NULL",
        "body": "é漢\U0001f600",
        "ratio": float("inf"),
        "done": True,
        "count": 1,
    },
]


@pytest.fixture
def database(postgres_url: str) -> Iterator[None]:
    """A database of its own with the tables."""
    parts = urlsplit(postgres_url)
    name = f"fj_arrays_{os.getpid()}_{secrets.token_hex(4)}"
    entry = {
        "ENGINE": "postgresql",
        "NAME": name,
        "USER": parts.username or "",
        "PASSWORD": parts.password or "",
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
    }
    connections.reconfigure({"default": entry})
    admin = connections["default"]
    with admin._nodb_cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {admin.ops.quote_name(name)}")
    try:
        with connection.schema_editor() as editor:
            for model in (ArrayShelf, ArrayBook, ArrayNote):
                editor.create_model(model)
        ArrayShelf.objects.create(code="s,1")
        yield
    finally:
        connections.reconfigure({"default": entry})
        connections["default"].creation._destroy_test_db(name, 0)
        connections.reconfigure(MEMORY)


def insert(books: list[Any], is_async: bool) -> list[Any]:
    """Insert with one of the twins."""
    manager = type(books[0]).objects
    if not is_async:
        return manager.bulk_create(books)

    async def create() -> list[Any]:
        try:
            return await manager.abulk_create(books)
        finally:
            await connections.aclose_all()

    return asyncio.run(create())


@pytest.mark.parametrize("is_async", [False, True])
@pytest.mark.parametrize("order", [[0, 1, 2], [2, 1, 0], [0, 0]])
def test_every_kind_of_column_comes_back_as_it_was(
    database: None, is_async: bool, order: list[int]
):
    given = [ROWS[index] for index in order]
    made = insert([ArrayBook(**values) for values in given], is_async)
    keys = [book.pk for book in made]
    assert keys == sorted(keys)
    found = ArrayBook.objects.in_bulk(keys)
    for key, values in zip(keys, given, strict=True):
        assert {name: getattr(found[key], name) for name in NAMES} == {
            **dict.fromkeys(NAMES),
            **values,
        }


def test_rows_are_two_parameters_however_many_they_are(database: None):
    texts: list[str] = []
    for count in (2, 70):
        shelves = [ArrayShelf(code=f"{count}{number}") for number in range(count)]
        with observing(lambda alias, sql, params: texts.append(sql)):
            ArrayShelf.objects.bulk_create(shelves)
    assert len(texts) == 2
    assert set(texts) == {
        'INSERT INTO "orm_arrayshelf" ("code") SELECT * FROM UNNEST((%s)::varchar[])'
    }
    assert ArrayShelf.objects.count() == 73


def test_a_column_of_another_kind_has_arrays_of_its_own(database: None, define: Any):
    kinds = {"Texts": models.CharField(max_length=4), "Numbers": models.IntegerField()}
    for (label, field), codes in zip(kinds.items(), (["1", "2"], [3, 4]), strict=True):
        shelf = define(label, code=field, meta={"db_table": "other_shelf"})
        with connection.schema_editor() as editor:
            editor.create_model(shelf)
        shelf.objects.bulk_create([shelf(code=code) for code in codes])
        assert list(shelf.objects.order_by("pk").values_list("code", flat=True)) == codes
        with connection.schema_editor() as editor:
            editor.delete_model(shelf)


@pytest.mark.parametrize("is_async", [False, True])
def test_text_that_is_too_long_is_refused_and_not_cut(database: None, is_async: bool):
    with pytest.raises(DataError, match="too long"):
        insert([ArrayBook(name="short"), ArrayBook(name="longer")], is_async)
    assert not ArrayBook.objects.exists()


@pytest.mark.parametrize("is_async", [False, True])
def test_other_columns_travel_row_by_row(database: None, is_async: bool):
    notes = insert([ArrayNote(name="a", data={"k": [1]}), ArrayNote(name="b")], is_async)
    assert [(note.name, note.data) for note in ArrayNote.objects.order_by("pk")] == [
        ("a", {"k": [1]}),
        ("b", None),
    ]
    assert len({note.pk for note in notes}) == 2


def test_the_calendars_ends_are_days_on_both_edges(database: None):
    days = [datetime.date.min, datetime.date.max]
    insert([ArrayBook(day=day) for day in days], is_async=True)
    assert list(ArrayBook.objects.order_by("pk").values_list("day", flat=True)) == days
    assert ArrayBook.objects.filter(day__in=days).count() == 2

    async def read() -> list[datetime.date]:
        try:
            found = [row async for row in ArrayBook.objects.order_by("pk").values_list("day")]
            assert await ArrayBook.objects.filter(day=days[1]).acount() == 1
            return [day for (day,) in found]
        finally:
            await connections.aclose_all()

    assert asyncio.run(read()) == days


@pytest.mark.parametrize("is_async", [False, True])
def test_infinite_days_of_others_are_errors_that_say_so(database: None, is_async: bool):
    ArrayBook.objects.create()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE orm_arraybook SET day = 'infinity'")

    async def read() -> None:
        try:
            await ArrayBook.objects.aget()
        finally:
            await connections.aclose_all()

    with pytest.raises(DataError, match="date"):
        if is_async:
            asyncio.run(read())
        else:
            ArrayBook.objects.get()
