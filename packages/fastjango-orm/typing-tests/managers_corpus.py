"""Types of managers: the default one and a project's own. Lines marked `# E` must be errors."""

from __future__ import annotations

from typing import Any, assert_type

from fastjango.orm import models
from fastjango.orm.models import QuerySet


class BookQuerySet(models.QuerySet["Book"]):
    def long(self) -> BookQuerySet:
        return self.filter(pages__gt=500)

    def titles(self) -> list[str]:
        return [book.title for book in self]


class BookManager(models.Manager["Book"]):
    def get_queryset(self) -> BookQuerySet:
        return BookQuerySet(self.model, using=self._db)

    def long(self) -> BookQuerySet:
        return self.get_queryset().long()

    def counted(self, least: int = 0) -> int:
        return self.filter(pages__gte=least).count()


class ShortManager(models.Manager["Book"]):
    def get_queryset(self) -> QuerySet[Book]:
        return super().get_queryset().filter(pages__lt=50)


class Book(models.Model):
    title = models.CharField(max_length=20)
    pages = models.IntegerField()

    objects = BookManager()
    short = ShortManager()
    plain = models.Manager["Book"]()
    picked = BookQuerySet.as_manager()
    mixed = models.Manager["Book"].from_queryset(BookQuerySet)()


class Stamped(models.Model):
    made = models.DateTimeField()

    class Meta:
        abstract = True


class Note(Stamped):
    text = models.TextField()


class Memo(Note):
    class Meta(Note.Meta):
        proxy = True


# A manager of the project's own.
assert_type(Book.objects, BookManager)
assert_type(Book.objects.long(), BookQuerySet)
assert_type(Book.objects.long().long(), BookQuerySet)
assert_type(Book.objects.long().titles(), list[str])
assert_type(Book.objects.counted(), int)
assert_type(Book.objects.counted(5), int)
assert_type(Book.objects.get_queryset(), BookQuerySet)
assert_type(Book.objects.get(pk=1), Book)
assert_type(Book.objects.filter(pk=1), QuerySet[Book])
assert_type(Book.objects.db_manager("x"), BookManager)
assert_type(Book.objects.db_manager("x").counted(), int)
assert_type(Book.objects.count(), int)
assert_type(Book.objects.create(title="x"), Book)
Book.objects.counted("x")  # E
Book.objects.counted(1, 2)  # E
Book.objects.counted(least=None)  # E
Book.objects.titles()  # E
Book.objects.nope()  # E
Book.objects.long().nope()  # E
Book.objects.long(1)  # E
Book.objects = 5  # E
assert_type(Book.objects.long(), QuerySet[Note])  # E
assert_type(Book.objects.counted(), str)  # E

# Several managers.
assert_type(Book.short, ShortManager)
assert_type(Book.short.all(), QuerySet[Book])
assert_type(Book.short.get_queryset(), QuerySet[Book])
assert_type(Book.short.first(), Book | None)
assert_type(Book.plain.all(), QuerySet[Book])
assert_type(Book.plain.get(pk=1), Book)
assert_type(Book.picked.all(), QuerySet[Book])
assert_type(Book.picked.get(pk=1), Book)
Book.short.long()  # E
Book.short.counted()  # E
Book.plain.long()  # E
assert_type(Book.short, BookManager)  # E
assert_type(Book.plain.get(pk=1), Note)  # E

# The manager that every model has.
assert_type(Note.objects, models.Manager[Note])
assert_type(Note.objects.all(), QuerySet[Note])
assert_type(Note.objects.none(), QuerySet[Note])
assert_type(Note.objects.get(pk=1), Note)
assert_type(Note.objects.get(pk=1).text, str)
assert_type(Note.objects.using("x"), QuerySet[Note])
assert_type(Note.objects.db_manager("x"), models.Manager[Note])
assert_type(Note.objects.db, str)
assert_type(Memo.objects.all(), QuerySet[Memo])
assert_type(Memo.objects.get(pk=1), Memo)
assert_type(Memo.objects.get(pk=1).text, str)
assert_type(Note.objects.model, Any)
Note.objects.nope()  # E
Note.objects.long()  # E
Note.objects.all(1)  # E
Note.objects.using(5)  # E
Note.objects.db_manager(5)  # E
Note.objects()  # E
Note().objects  # noqa: B018  # E
Note().objects.all()  # E
for _ in Note.objects:  # E
    pass
len(Note.objects)  # E
Note.objects[0]  # E
assert_type(Note.objects.get(pk=1), Book)  # E
assert_type(Memo.objects.get(pk=1), Note)  # E
assert_type(Note.objects.all(), QuerySet[Book])  # E


def any_rows(manager: models.Manager[Note]) -> QuerySet[Note]:
    return manager.all()


any_rows(Note.objects)
any_rows(Book.objects)  # E
any_rows(Note.objects.all())  # E


def of_any_model(manager: models.Manager[Any]) -> int:
    return manager.count()


of_any_model(Note.objects)
of_any_model(Book.objects)
of_any_model(Book)  # E
