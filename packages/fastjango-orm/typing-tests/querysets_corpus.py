"""Types of querysets: building, reading, writing. Lines marked `# E` must be errors."""

from __future__ import annotations

from collections.abc import Iterator
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
book = Book(title="x")
person = Person()

# Building one gives another one of the same model.
assert_type(rows, QuerySet[Book])
assert_type(rows.all(), QuerySet[Book])
assert_type(rows.none(), QuerySet[Book])
assert_type(Book.objects.none(), QuerySet[Book])
assert_type(rows.filter(pk=1), QuerySet[Book])
assert_type(Book.objects.filter(pk=1), QuerySet[Book])
assert_type(rows.filter(models.Q(pk=1) | ~models.Q(pk=2), title="x"), QuerySet[Book])
assert_type(Book.objects.filter(models.Q(pk=1) | ~models.Q(pk=2), title="x"), QuerySet[Book])
assert_type(rows.exclude(pk=1), QuerySet[Book])
assert_type(rows.complex_filter({"pk": 1}), QuerySet[Book])
assert_type(rows.order_by("-pk", models.F("title").desc()), QuerySet[Book])
assert_type(Book.objects.order_by("-pk", models.F("title").desc()), QuerySet[Book])
assert_type(rows.distinct(), QuerySet[Book])
assert_type(rows.reverse(), QuerySet[Book])
assert_type(rows.using("x"), QuerySet[Book])
assert_type(rows.using(None), QuerySet[Book])
assert_type(rows.select_related("author"), QuerySet[Book])
assert_type(rows.select_related(None), QuerySet[Book])
assert_type(rows.prefetch_related("tags", models.Prefetch("tags")), QuerySet[Book])
assert_type(rows.defer("title"), QuerySet[Book])
assert_type(rows.only("title"), QuerySet[Book])
assert_type(rows.annotate(n=models.Count("tags")), QuerySet[Book])
assert_type(Book.objects.annotate(n=models.Count("tags")), QuerySet[Book])
assert_type(rows.alias(n=models.Count("tags")), QuerySet[Book])
assert_type(rows.select_for_update(nowait=True, of=("self",)), QuerySet[Book])
assert_type(rows.fetch_mode(models.FETCH_RAISE), QuerySet[Book])
assert_type(rows.union(Book.objects.all(), all=True), QuerySet[Book])
assert_type(Book.objects.union(Book.objects.all(), all=True), QuerySet[Book])
assert_type(rows.intersection(Book.objects.all()), QuerySet[Book])
assert_type(rows.difference(Book.objects.all()), QuerySet[Book])
assert_type(rows[:5], QuerySet[Book])
assert_type(rows[2:5:2], QuerySet[Book])
assert_type(rows.filter(pk=1).exclude(pk=2).order_by("-pk")[:3], QuerySet[Book])
assert_type(rows | Book.objects.all(), QuerySet[Book])
assert_type(rows & Book.objects.all(), QuerySet[Book])
assert_type(rows ^ Book.objects.all(), QuerySet[Book])
assert_type(rows.ordered, bool)
assert_type(rows.db, str)
rows.nope()  # E
rows.filter(pk=1).nope()  # E
rows.order_by("pk").title  # noqa: B018  # E
rows.distinct(1)  # E
rows.reverse(1)  # E
rows.using(5)  # E
rows.all(1)  # E
rows.none(1)  # E
rows.defer(1)  # E
rows.only(1)  # E
rows.select_related(1)  # E
rows.select_for_update(nowait="x")  # E
rows.select_for_update(nope=True)  # E
rows.complex_filter(5)  # E
rows.union(rows, all="x")  # E
rows["title"]  # E
assert_type(rows, QuerySet[Person])  # E
assert_type(rows.filter(pk=1), list[Book])  # E
assert_type(rows[:5], list[Book])  # E

# Rows.
assert_type(rows[0], Book)
assert_type(rows[0].author, Person)
assert_type(rows.get(pk=1), Book)
assert_type(rows.get(models.Q(pk=1)).title, str)
assert_type(rows.first(), Book | None)
assert_type(rows.last(), Book | None)
assert_type(rows.latest("pk"), Book)
assert_type(rows.earliest("pk", "-title"), Book)
assert_type(rows.in_bulk([1, 2]), dict[Any, Book])
assert_type(rows.in_bulk(field_name="title")["x"], Book)
assert_type(list(rows), list[Book])
assert_type(iter(rows), Iterator[Book])
assert_type(next(iter(rows)), Book)
assert_type(rows.iterator(), Iterator[Book])
assert_type(rows.iterator(chunk_size=5), Iterator[Book])
assert_type([row.title for row in rows], list[str])
assert_type({row.pk: row for row in rows}, dict[Any, Book])
assert_type(sorted(rows, key=lambda row: row.title), list[Book])
assert_type(book in rows, bool)
for row in rows.order_by("title")[:5]:
    assert_type(row, Book)
    assert_type(row.author.name, str)
    row.nope  # noqa: B018  # E
for number, row in enumerate(Book.objects.filter(pk=1)):
    assert_type(number, int)
    assert_type(row.pages, int | None)
rows.first().title  # noqa: B018  # E
rows.last().author  # noqa: B018  # E
rows.get(pk=1).nope  # noqa: B018  # E
rows[0].author.title  # noqa: B018  # E
rows.iterator(chunk_size="x")  # E
rows.in_bulk(5)  # E
rows.in_bulk(field_name=5)  # E
rows.first(1)  # E
assert_type(rows.get(pk=1), Person)  # E
assert_type(rows.get(pk=1), Book | None)  # E
assert_type(rows.first(), Book)  # E
assert_type(rows[0], Person)  # E
if (found := rows.first()) is not None:
    assert_type(found.title, str)

# Questions.
assert_type(rows.count(), int)
assert_type(len(rows), int)
assert_type(bool(rows), bool)
assert_type(rows.exists(), bool)
assert_type(rows.contains(book), bool)
assert_type(rows.aggregate(models.Sum("pages"), n=models.Count("pk")), dict[str, Any])
assert_type(rows.explain(format="text", analyze=True), str)
rows.count(1)  # E
rows.exists(pk=1)  # E
rows.count().title  # noqa: B018  # E
rows.explain(format=5)  # E
assert_type(rows.count(), str)  # E
assert_type(rows.exists(), int)  # E

# Writing.
assert_type(rows.create(title="x"), Book)
assert_type(rows.get_or_create(title="x"), tuple[Book, bool])
assert_type(rows.get_or_create(defaults={"pages": 1}, title="x")[0], Book)
assert_type(rows.update_or_create(title="x", create_defaults={}), tuple[Book, bool])
assert_type(rows.update(title="x"), int)
assert_type(rows.delete(), tuple[int, dict[str, int]])
assert_type(rows.bulk_create([book], batch_size=5), list[Book])
assert_type(rows.bulk_create([book], update_conflicts=True, update_fields=["title"]), list[Book])
assert_type(rows.bulk_update([book], ["title"]), int)
assert_type(book.delete(), tuple[int, dict[str, int]])
book.save(force_insert=True, using="x")
book.save(update_fields=["title"])
book.refresh_from_db(fields=["title"])
rows.bulk_create([person])  # E
rows.bulk_create([book], batch_size="x")  # E
rows.bulk_update([person], ["title"])  # E
rows.bulk_update([book])  # E
rows.bulk_update([book], [5])  # E
rows.get_or_create(defaults=5)  # E
rows.update_or_create(defaults=[1])  # E
rows.delete(1)  # E
rows.update("x")  # E
rows.create("x")  # E
book.save(nope=1)  # E
book.save(update_fields=5)  # E
book.delete(keep_parents=5)  # E
book.refresh_from_db(fields=5)  # E
book.full_clean(validate_unique="x")  # E
assert_type(rows.create(), Person)  # E
assert_type(rows.get_or_create(), Book)  # E
assert_type(rows.delete(), int)  # E


def typed(given: QuerySet[Book]) -> list[Book]:
    return list(given)


typed(Book.objects.filter(pk=1))
typed(Person.objects.all())  # E
typed([book])  # E
