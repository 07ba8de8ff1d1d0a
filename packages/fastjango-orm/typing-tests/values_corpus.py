"""Types of `values()`, `values_list()` and what else is not an instance.

Lines marked `# E` must be errors.
"""

from __future__ import annotations

import datetime
from typing import Any, assert_type

from fastjango.orm import models
from fastjango.orm.models import QuerySet


class Person(models.Model):
    name = models.CharField(max_length=20)
    books = models.Reverse["Book"]()
    passport = models.ReverseOne["Passport"]()


class Tag(models.Model):
    label = models.SlugField()


class Book(models.Model):
    title = models.CharField(max_length=20)
    pages = models.IntegerField(null=True)
    made = models.DateTimeField()
    author = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="books")
    tags = models.ManyToManyField(Tag)


class Passport(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="passport")


rows = Book.objects.all()

# Tuples.
tuples = rows.values_list("title", "pages")
assert_type(tuples, QuerySet[Book, tuple[Any, ...]])
assert_type(Book.objects.values_list("title"), QuerySet[Book, tuple[Any, ...]])
assert_type(Book.objects.values_list(), QuerySet[Book, tuple[Any, ...]])
assert_type(rows.values_list("title", flat=False), QuerySet[Book, tuple[Any, ...]])
assert_type(rows.values_list(models.F("pages") + 1), QuerySet[Book, tuple[Any, ...]])
assert_type(tuples.filter(pk=1).order_by("pk").distinct(), QuerySet[Book, tuple[Any, ...]])
assert_type(tuples[:5], QuerySet[Book, tuple[Any, ...]])
assert_type(tuples[0], tuple[Any, ...])
assert_type(tuples.first(), tuple[Any, ...] | None)
assert_type(tuples.get(pk=1), tuple[Any, ...])
assert_type(tuples.latest("pk"), tuple[Any, ...])
assert_type(list(tuples), list[tuple[Any, ...]])
assert_type(tuples.count(), int)
assert_type(tuples.exists(), bool)
assert_type(dict(rows.values_list("title", "pages").iterator()), dict[Any, Any])
for title, pages in tuples:
    assert title != pages
for values in tuples:
    assert_type(values, tuple[Any, ...])
    values.title  # noqa: B018  # E
    values["title"]  # E
tuples[0].title  # noqa: B018  # E
tuples.first()[0]  # E
tuples.nope()  # E
rows.values_list("title", flat="x")  # E
rows.values_list("title", named=5)  # E
rows.values_list("title", nope=True)  # E
assert_type(tuples, QuerySet[Book])  # E
assert_type(tuples, QuerySet[Book, dict[str, Any]])  # E
assert_type(tuples[0], Book)  # E
assert_type(tuples.first(), tuple[Any, ...])  # E
assert_type(tuples.get(pk=1), list[Any])  # E

# One value of each row, and named tuples: any type.
flat = rows.values_list("title", flat=True)
assert_type(flat, QuerySet[Book, Any])
assert_type(Book.objects.values_list("pk", flat=True), QuerySet[Book, Any])
assert_type(flat.filter(pk=1)[:3], QuerySet[Book, Any])
assert_type(list(flat), list[Any])
assert_type(set(flat), set[Any])
assert_type(flat.count(), int)
for name in flat:
    name.upper()
named = rows.values_list("title", named=True)
assert_type(named, QuerySet[Book, Any])
assert_type(named.order_by("pk"), QuerySet[Book, Any])
for values in named:
    values.title.upper()
named.get(pk=1).title.upper()
named[0].title.upper()
flat.nope()  # E
named.nope()  # E
assert_type(flat, QuerySet[Book, str])  # E
assert_type(flat.count(), Any)  # E

# Dictionaries.
dicts = rows.values("title", n=models.Count("tags"))
assert_type(dicts, QuerySet[Book, dict[str, Any]])
assert_type(Book.objects.values(), QuerySet[Book, dict[str, Any]])
assert_type(
    Book.objects.values("title").annotate(n=models.Sum("pages")), QuerySet[Book, dict[str, Any]]
)
assert_type(dicts.filter(n__gt=1), QuerySet[Book, dict[str, Any]])
assert_type(dicts[0], dict[str, Any])
assert_type(dicts[0]["title"], Any)
assert_type(dicts.get(pk=1), dict[str, Any])
assert_type(dicts.first(), dict[str, Any] | None)
assert_type(list(dicts), list[dict[str, Any]])
assert_type([row["title"] for row in dicts], list[Any])
for entry in dicts:
    assert_type(entry, dict[str, Any])
    entry.title  # noqa: B018  # E
    entry[0]  # E
dicts[0].title  # noqa: B018  # E
dicts.first()["title"]  # E
dicts.nope()  # E
rows.values(5)  # E
assert_type(dicts, QuerySet[Book])  # E
assert_type(dicts[0], Book)  # E
assert_type(dicts.get(pk=1), dict[str, str])  # E

# Dates, and what stays of the model.
assert_type(rows.dates("made", "year"), QuerySet[Book, datetime.date])
assert_type(rows.dates("made", "year")[0], datetime.date)
assert_type(rows.datetimes("made", "hour"), QuerySet[Book, datetime.datetime])
assert_type(list(rows.datetimes("made", "hour", order="DESC")), list[datetime.datetime])
assert_type(dicts.create(title="x"), Book)
assert_type(tuples.update(title="x"), int)
rows.dates("made")  # E
rows.dates("made", 5)  # E
rows.datetimes("made", "hour", tzinfo="UTC")  # E
rows.dates("made", "year")[0].hour  # noqa: B018  # E
assert_type(rows.dates("made", "year"), QuerySet[Book])  # E
assert_type(dicts.create(title="x"), dict[str, Any])  # E


async def use() -> None:
    assert_type(await tuples.aget(pk=1), tuple[Any, ...])
    assert_type(await tuples.afirst(), tuple[Any, ...] | None)
    assert_type(await dicts.aget(pk=1), dict[str, Any])
    assert_type([row async for row in dicts], list[dict[str, Any]])
    assert_type([row async for row in tuples], list[tuple[Any, ...]])
    assert_type([row async for row in flat], list[Any])
    (await tuples.aget(pk=1)).title  # noqa: B018  # E
    (await tuples.afirst())[0]  # E
    assert_type(await dicts.aget(pk=1), Book)  # E
    async for values in tuples:
        assert_type(values, tuple[Any, ...])
    async for entry in dicts:
        assert_type(entry, dict[str, Any])
