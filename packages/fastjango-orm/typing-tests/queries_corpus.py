"""Types of relations, managers and querysets. Lines marked `# E` must be errors."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import assert_type

from fastjango.orm import models
from fastjango.orm.manager import ManyRelatedManager, RelatedManager
from fastjango.orm.models import QuerySet


class Person(models.Model):
    name = models.CharField(max_length=20)
    books = models.Reverse["Book"]()
    passport = models.ReverseOne["Passport"]()


class Tag(models.Model):
    label = models.SlugField()


class Book(models.Model):
    title = models.CharField(max_length=20)
    author = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="books")
    editor = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True)
    by_name = models.ForeignKey["Person"]("app.Person", on_delete=models.CASCADE)
    by_name_null = models.ForeignKey["Person | None"](
        "app.Person", on_delete=models.CASCADE, null=True
    )
    tags = models.ManyToManyField(Tag)
    lazy_tags = models.ManyToManyField["Tag"]("app.Tag")
    doubled = models.GeneratedField(
        expression=models.F("pages") * 2, output_field=models.IntegerField(), db_persist=True
    )


class Passport(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="passport")
    spare = models.OneToOneField(Person, on_delete=models.CASCADE, null=True)


class Wrong(models.Model):
    a = models.CharField(max_length="x")  # E
    b = models.IntegerField(nope=1)  # E, not ty: it checks no `Unpack`
    c = models.ForeignKey(Person)  # E
    d = models.ForeignKey(5, on_delete=models.CASCADE)  # E
    e = models.DateField(auto_now="yes")  # E
    f = models.DecimalField(max_digits="x")  # E
    g = models.CharField(null="x")  # E
    h = models.BooleanField(db_index="x")  # E
    i = models.ManyToManyField(5)  # E
    j = models.SlugField(allow_unicode="x")  # E
    k = models.GenericIPAddressField(protocol=5)  # E
    ll = models.FilePathField(recursive="x")  # E
    m = models.UUIDField(unique="x")  # E
    n = models.TextField(choices=5)  # E
    o = models.OneToOneField(Person)  # E


book = Book(title="x")
person = Person(name="x")
passport = Passport()
assert_type(book.title, str)
assert_type(book.author, Person)
assert_type(book.editor, Person | None)
assert_type(book.by_name, Person)
assert_type(book.by_name_null, Person | None)
assert_type(book.doubled, int)
assert_type(book.tags, ManyRelatedManager[Tag])
assert_type(book.lazy_tags, ManyRelatedManager[Tag])
assert_type(book.author.name, str)
assert_type(person.books, RelatedManager[Book])
person.books.add(book, bulk=False)
person.books.set([book], clear=True)
person.books.add(person)  # E
person.books.add(book, through_defaults={})  # E
book.tags.add(1, through_defaults={"x": 1})
book.tags.set(Tag.objects.all())
book.tags.clear(bulk=True)  # E
assert_type(person.passport, Passport)
assert_type(passport.person, Person)
assert_type(passport.spare, Person | None)
assert_type(person.passport.person, Person)
assert_type(person.books.all(), QuerySet[Book])
assert_type(book.tags.all(), QuerySet[Tag])
assert_type(book.lazy_tags.filter(label="x"), QuerySet[Tag])
assert_type(person.books.get(pk=1), Book)
assert_type(person.books.first(), Book | None)
assert_type(person.books.count(), int)
assert_type(book.tags.exists(), bool)
assert_type(person.books.get(pk=1).author, Person)
assert_type(Book.objects.all(), QuerySet[Book])
assert_type(Book.objects.none(), QuerySet[Book])
assert_type(Book.objects.filter(pk=1), QuerySet[Book])
assert_type(Book.objects.exclude(pk=1), QuerySet[Book])
assert_type(Book.objects.order_by("pk"), QuerySet[Book])
assert_type(Book.objects.distinct(), QuerySet[Book])
assert_type(Book.objects.reverse(), QuerySet[Book])
assert_type(Book.objects.using("x"), QuerySet[Book])
assert_type(Book.objects.select_related(), QuerySet[Book])
assert_type(Book.objects.prefetch_related(), QuerySet[Book])
assert_type(Book.objects.defer(), QuerySet[Book])
assert_type(Book.objects.only(), QuerySet[Book])
assert_type(Book.objects.annotate(), QuerySet[Book])
assert_type(Book.objects.alias(), QuerySet[Book])
assert_type(Book.objects.select_for_update(), QuerySet[Book])
assert_type(Book.objects.all()[:5], QuerySet[Book])
assert_type(Book.objects.filter(models.Q(pk=1)), QuerySet[Book])
assert_type(Book.objects.filter(pk=1).exclude(pk=2).order_by("-pk"), QuerySet[Book])
assert_type(Book.objects.get(pk=1), Book)
assert_type(Book.objects.first(), Book | None)
assert_type(Book.objects.last(), Book | None)
assert_type(Book.objects.latest("pk"), Book)
assert_type(Book.objects.earliest("pk"), Book)
assert_type(Book.objects.create(), Book)
assert_type(Book.objects.count(), int)
assert_type(Book.objects.exists(), bool)
assert_type(Book.objects.get_or_create(), tuple[Book, bool])
assert_type(Book.objects.update_or_create(), tuple[Book, bool])
assert_type(Book.objects.all()[0], Book)
assert_type(Book.objects.update(), int)
assert_type(Book.objects.delete(), tuple[int, dict[str, int]])
assert_type(Book.objects.bulk_create([]), list[Book])
assert_type(Person.objects.all(), QuerySet[Person])
assert_type(Person.objects.none(), QuerySet[Person])
assert_type(Person.objects.filter(pk=1), QuerySet[Person])
assert_type(Person.objects.exclude(pk=1), QuerySet[Person])
assert_type(Person.objects.order_by("pk"), QuerySet[Person])
assert_type(Person.objects.distinct(), QuerySet[Person])
assert_type(Person.objects.reverse(), QuerySet[Person])
assert_type(Person.objects.using("x"), QuerySet[Person])
assert_type(Person.objects.select_related(), QuerySet[Person])
assert_type(Person.objects.prefetch_related(), QuerySet[Person])
assert_type(Person.objects.defer(), QuerySet[Person])
assert_type(Person.objects.only(), QuerySet[Person])
assert_type(Person.objects.annotate(), QuerySet[Person])
assert_type(Person.objects.alias(), QuerySet[Person])
assert_type(Person.objects.select_for_update(), QuerySet[Person])
assert_type(Person.objects.all()[:5], QuerySet[Person])
assert_type(Person.objects.filter(models.Q(pk=1)), QuerySet[Person])
assert_type(Person.objects.filter(pk=1).exclude(pk=2).order_by("-pk"), QuerySet[Person])
assert_type(Person.objects.get(pk=1), Person)
assert_type(Person.objects.first(), Person | None)
assert_type(Person.objects.last(), Person | None)
assert_type(Person.objects.latest("pk"), Person)
assert_type(Person.objects.earliest("pk"), Person)
assert_type(Person.objects.create(), Person)
assert_type(Person.objects.count(), int)
assert_type(Person.objects.exists(), bool)
assert_type(Person.objects.get_or_create(), tuple[Person, bool])
assert_type(Person.objects.update_or_create(), tuple[Person, bool])
assert_type(Person.objects.all()[0], Person)
assert_type(Person.objects.update(), int)
assert_type(Person.objects.delete(), tuple[int, dict[str, int]])
assert_type(Person.objects.bulk_create([]), list[Person])
assert_type(Tag.objects.all(), QuerySet[Tag])
assert_type(Tag.objects.none(), QuerySet[Tag])
assert_type(Tag.objects.filter(pk=1), QuerySet[Tag])
assert_type(Tag.objects.exclude(pk=1), QuerySet[Tag])
assert_type(Tag.objects.order_by("pk"), QuerySet[Tag])
assert_type(Tag.objects.distinct(), QuerySet[Tag])
assert_type(Tag.objects.reverse(), QuerySet[Tag])
assert_type(Tag.objects.using("x"), QuerySet[Tag])
assert_type(Tag.objects.select_related(), QuerySet[Tag])
assert_type(Tag.objects.prefetch_related(), QuerySet[Tag])
assert_type(Tag.objects.defer(), QuerySet[Tag])
assert_type(Tag.objects.only(), QuerySet[Tag])
assert_type(Tag.objects.annotate(), QuerySet[Tag])
assert_type(Tag.objects.alias(), QuerySet[Tag])
assert_type(Tag.objects.select_for_update(), QuerySet[Tag])
assert_type(Tag.objects.all()[:5], QuerySet[Tag])
assert_type(Tag.objects.filter(models.Q(pk=1)), QuerySet[Tag])
assert_type(Tag.objects.filter(pk=1).exclude(pk=2).order_by("-pk"), QuerySet[Tag])
assert_type(Tag.objects.get(pk=1), Tag)
assert_type(Tag.objects.first(), Tag | None)
assert_type(Tag.objects.last(), Tag | None)
assert_type(Tag.objects.latest("pk"), Tag)
assert_type(Tag.objects.earliest("pk"), Tag)
assert_type(Tag.objects.create(), Tag)
assert_type(Tag.objects.count(), int)
assert_type(Tag.objects.exists(), bool)
assert_type(Tag.objects.get_or_create(), tuple[Tag, bool])
assert_type(Tag.objects.update_or_create(), tuple[Tag, bool])
assert_type(Tag.objects.all()[0], Tag)
assert_type(Tag.objects.update(), int)
assert_type(Tag.objects.delete(), tuple[int, dict[str, int]])
assert_type(Tag.objects.bulk_create([]), list[Tag])
assert_type(Passport.objects.all(), QuerySet[Passport])
assert_type(Passport.objects.none(), QuerySet[Passport])
assert_type(Passport.objects.filter(pk=1), QuerySet[Passport])
assert_type(Passport.objects.exclude(pk=1), QuerySet[Passport])
assert_type(Passport.objects.order_by("pk"), QuerySet[Passport])
assert_type(Passport.objects.distinct(), QuerySet[Passport])
assert_type(Passport.objects.reverse(), QuerySet[Passport])
assert_type(Passport.objects.using("x"), QuerySet[Passport])
assert_type(Passport.objects.select_related(), QuerySet[Passport])
assert_type(Passport.objects.prefetch_related(), QuerySet[Passport])
assert_type(Passport.objects.defer(), QuerySet[Passport])
assert_type(Passport.objects.only(), QuerySet[Passport])
assert_type(Passport.objects.annotate(), QuerySet[Passport])
assert_type(Passport.objects.alias(), QuerySet[Passport])
assert_type(Passport.objects.select_for_update(), QuerySet[Passport])
assert_type(Passport.objects.all()[:5], QuerySet[Passport])
assert_type(Passport.objects.filter(models.Q(pk=1)), QuerySet[Passport])
assert_type(Passport.objects.filter(pk=1).exclude(pk=2).order_by("-pk"), QuerySet[Passport])
assert_type(Passport.objects.get(pk=1), Passport)
assert_type(Passport.objects.first(), Passport | None)
assert_type(Passport.objects.last(), Passport | None)
assert_type(Passport.objects.latest("pk"), Passport)
assert_type(Passport.objects.earliest("pk"), Passport)
assert_type(Passport.objects.create(), Passport)
assert_type(Passport.objects.count(), int)
assert_type(Passport.objects.exists(), bool)
assert_type(Passport.objects.get_or_create(), tuple[Passport, bool])
assert_type(Passport.objects.update_or_create(), tuple[Passport, bool])
assert_type(Passport.objects.all()[0], Passport)
assert_type(Passport.objects.update(), int)
assert_type(Passport.objects.delete(), tuple[int, dict[str, int]])
assert_type(Passport.objects.bulk_create([]), list[Passport])
for row_book in Book.objects.all():
    assert_type(row_book, Book)
for row_person in Person.objects.all():
    assert_type(row_person, Person)
for row_tag in Tag.objects.all():
    assert_type(row_tag, Tag)
for row_passport in Passport.objects.all():
    assert_type(row_passport, Passport)
book.title = None  # E
book.author = None  # E
book.author = book  # E
book.editor = None
book.editor = person
book.editor = book  # E
book.by_name = None  # E
book.by_name_null = None
passport.person = None  # E
passport.person = book  # E
passport.spare = None
book.nope  # noqa: B018  # E
Book.objects.nope()  # E
Book.objects.all().nope()  # E
person.books.nope()  # E
book.save(nope=1)  # E
book.save(update_fields=["title"])
book.save(force_insert=True, using="x")
book.delete(keep_parents=5)  # E
book.refresh_from_db(fields=5)  # E
book.full_clean(validate_unique="x")  # E
assert_type(book.delete(), tuple[int, dict[str, int]])
assert_type(Book.objects.get(pk=1), Person)  # E
assert_type(Book.objects.all(), QuerySet[Person])  # E
assert_type(book.title, int)  # E
assert_type(book.author, str)  # E


async def use() -> None:
    assert_type(await Book.objects.aget(pk=1), Book)
    assert_type(await Book.objects.afirst(), Book | None)
    assert_type(await Book.objects.alast(), Book | None)
    assert_type(await Book.objects.acount(), int)
    assert_type(await Book.objects.aexists(), bool)
    assert_type(await Book.objects.acreate(), Book)
    assert_type(await Book.objects.aget_or_create(), tuple[Book, bool])
    assert_type(await Book.objects.aupdate(), int)
    async for one_book in Book.objects.all():
        assert_type(one_book, Book)
    assert_type(await Person.objects.aget(pk=1), Person)
    assert_type(await Person.objects.afirst(), Person | None)
    assert_type(await Person.objects.alast(), Person | None)
    assert_type(await Person.objects.acount(), int)
    assert_type(await Person.objects.aexists(), bool)
    assert_type(await Person.objects.acreate(), Person)
    assert_type(await Person.objects.aget_or_create(), tuple[Person, bool])
    assert_type(await Person.objects.aupdate(), int)
    async for one_person in Person.objects.all():
        assert_type(one_person, Person)
    assert_type(await Tag.objects.aget(pk=1), Tag)
    assert_type(await Tag.objects.afirst(), Tag | None)
    assert_type(await Tag.objects.alast(), Tag | None)
    assert_type(await Tag.objects.acount(), int)
    assert_type(await Tag.objects.aexists(), bool)
    assert_type(await Tag.objects.acreate(), Tag)
    assert_type(await Tag.objects.aget_or_create(), tuple[Tag, bool])
    assert_type(await Tag.objects.aupdate(), int)
    async for one_tag in Tag.objects.all():
        assert_type(one_tag, Tag)
    assert_type(await Passport.objects.aget(pk=1), Passport)
    assert_type(await Passport.objects.afirst(), Passport | None)
    assert_type(await Passport.objects.alast(), Passport | None)
    assert_type(await Passport.objects.acount(), int)
    assert_type(await Passport.objects.aexists(), bool)
    assert_type(await Passport.objects.acreate(), Passport)
    assert_type(await Passport.objects.aget_or_create(), tuple[Passport, bool])
    assert_type(await Passport.objects.aupdate(), int)
    async for one_passport in Passport.objects.all():
        assert_type(one_passport, Passport)
    await book.asave()
    await book.asave(nope=1)  # E
    await book.arefresh_from_db()
    assert_type(await book.adelete(), tuple[int, dict[str, int]])
    await person.books.aget(pk=1)


def typed(rows: QuerySet[Book]) -> list[Book]:
    return list(rows)


def iterated(rows: QuerySet[Book]) -> AsyncIterator[Book]:
    return rows.__aiter__()
