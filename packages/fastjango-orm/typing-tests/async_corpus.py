"""Types of what is awaited: `aget()` and the other twins, `async for`.

Lines marked `# E` must be errors.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
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
book = Book()
person = Person()
passport = Passport()

# Nothing is there before it is awaited.
rows.aget(pk=1).title  # noqa: B018  # E
rows.acount() + 1  # E
rows.afirst().title  # noqa: B018  # E
rows.aexists().nope  # noqa: B018  # E


async def use() -> None:
    # One row.
    assert_type(await Book.objects.aget(pk=1), Book)
    assert_type(await rows.aget(models.Q(pk=1), title="x"), Book)
    assert_type((await rows.aget(pk=1)).title, str)
    assert_type((await rows.aget(pk=1)).author, Person)
    assert_type(await rows.filter(pk=1).aget(), Book)
    assert_type(await Person.objects.aget(pk=1), Person)
    assert_type(await rows.afirst(), Book | None)
    assert_type(await rows.alast(), Book | None)
    assert_type(await rows.aearliest("pk"), Book)
    assert_type(await rows.alatest("pk"), Book)
    assert_type(await rows.ain_bulk([1]), dict[Any, Book])
    (await rows.aget(pk=1)).nope  # noqa: B018  # E
    (await rows.afirst()).title  # noqa: B018  # E
    await rows.agett(pk=1)  # E
    await rows.get(pk=1)  # E
    await rows.afirst(1)  # E
    await rows.ain_bulk(5)  # E
    assert_type(await rows.aget(pk=1), Person)  # E
    assert_type(await rows.aget(pk=1), Book | None)  # E
    assert_type(await rows.afirst(), Book)  # E
    assert_type(await rows.alast(), Person | None)  # E
    wrong: Book = rows.aget(pk=1)  # E
    right: Book = await rows.aget(pk=1)
    assert wrong is not right

    # Questions.
    assert_type(await rows.acount(), int)
    assert_type(await rows.aexists(), bool)
    assert_type(await rows.acontains(book), bool)
    assert_type(await rows.aaggregate(models.Sum("pages")), dict[str, Any])
    assert_type(await rows.aexplain(), str)
    assert_type(await rows.acount(), str)  # E
    assert_type(await rows.aexists(), int)  # E
    await rows.count()  # E
    await rows.acount(1)  # E
    await rows.aexists(pk=1)  # E

    # Writing.
    assert_type(await rows.acreate(title="x"), Book)
    assert_type(await rows.aget_or_create(title="x"), tuple[Book, bool])
    assert_type(await rows.aupdate_or_create(defaults={"pages": 1}, title="x"), tuple[Book, bool])
    assert_type(await rows.aupdate(title="x"), int)
    assert_type(await rows.adelete(), tuple[int, dict[str, int]])
    assert_type(await rows.abulk_create([book]), list[Book])
    assert_type(await rows.abulk_update([book], ["title"]), int)
    assert_type(await book.adelete(), tuple[int, dict[str, int]])
    await book.asave(force_insert=True)
    await book.asave(update_fields=["title"])
    await book.arefresh_from_db(fields=["title"])
    await book.asave(nope=1)  # E
    await book.asave(update_fields=5)  # E
    await book.adelete(keep_parents=5)  # E
    await book.arefresh_from_db(fields=5)  # E
    await book.save()  # E
    await rows.abulk_create([person])  # E
    await rows.abulk_update([book])  # E
    await rows.aget_or_create(defaults=5)  # E
    await rows.aupdate("x")  # E
    await rows.adelete(1)  # E
    await rows.update(title="x")  # E
    assert_type(await rows.acreate(title="x"), Person)  # E
    assert_type(await rows.aget_or_create(title="x"), Book)  # E
    assert_type(await rows.adelete(), int)  # E

    # Many rows.
    async for row in rows:
        assert_type(row, Book)
        assert_type(row.author.name, str)
        row.nope  # noqa: B018  # E
    async for row in Book.objects.filter(pk=1)[:3]:
        assert_type(row.title, str)
    async for row in rows.aiterator(chunk_size=5):
        assert_type(row, Book)
    assert_type([row async for row in rows], list[Book])
    assert_type({row.title async for row in rows.order_by("pk")}, set[str])
    assert_type(rows.aiterator(), AsyncIterator[Book])
    assert_type([row.nope async for row in rows], list[Any])  # E
    async for _ in rows.iterator():  # E
        pass
    async for _ in Book.objects:  # E
        pass
    async for _ in rows.get(pk=1):  # E
        pass
    for _ in rows.aiterator():  # E
        pass
    rows.aiterator(chunk_size="x")  # E


def iterated(given: QuerySet[Book]) -> AsyncIterator[Book]:
    return given.__aiter__()


def mistaken(given: QuerySet[Person]) -> AsyncIterator[Book]:
    return given.__aiter__()  # E
