"""Types of foreign keys and other relations, both ways. Lines marked `# E` must be errors."""

from __future__ import annotations

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
    author_id: int
    editor = models.ForeignKey(Person, on_delete=models.SET_NULL, null=True)
    editor_id: int | None
    by_name = models.ForeignKey["Person"]("app.Person", on_delete=models.CASCADE)
    by_name_null = models.ForeignKey["Person | None"](
        "app.Person", on_delete=models.CASCADE, null=True
    )
    sequel_of = models.ForeignKey["Book | None"]("self", models.SET_NULL, null=True)
    tags = models.ManyToManyField(Tag)
    lazy_tags = models.ManyToManyField["Tag"]("app.Tag")
    similar = models.ManyToManyField["Book"]("self")


class Passport(models.Model):
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="passport")
    spare = models.OneToOneField(Person, on_delete=models.CASCADE, null=True)
    named = models.OneToOneField["Person"]("app.Person", on_delete=models.CASCADE)
    named_null = models.OneToOneField["Person | None"]("Person", models.CASCADE, null=True)


class Wrong(models.Model):
    a = models.ForeignKey(Person)  # E
    b = models.ForeignKey(5, on_delete=models.CASCADE)  # E
    c = models.ManyToManyField(5)  # E
    d = models.OneToOneField(Person)  # E
    e = models.ForeignKey(Person, models.CASCADE, related_name=5)  # E
    f = models.ForeignKey(Person, models.CASCADE, db_constraint="x")  # E
    g = models.ManyToManyField(Tag, through=5)  # E
    h = models.ManyToManyField(Tag, symmetrical="x")  # E
    i = models.OneToOneField(Person, models.CASCADE, parent_link="x")  # E
    j = models.ForeignKey(Person, on_delete="CASCADE")  # E


book = Book(title="x")
other = Book()
person = Person(name="x")
passport = Passport()

# From the foreign key to its object.
assert_type(book.author, Person)
assert_type(book.author_id, int)
assert_type(book.editor, Person | None)
assert_type(book.editor_id, int | None)
assert_type(book.by_name, Person)
assert_type(book.by_name_null, Person | None)
assert_type(book.sequel_of, Book | None)
assert_type(book.author.name, str)
assert_type(book.by_name.name, str)
assert_type(book.author.passport.person.name, str)
assert_type(passport.person, Person)
assert_type(passport.spare, Person | None)
assert_type(passport.named, Person)
assert_type(passport.named_null, Person | None)
book.author = person
book.author_id = 3
book.editor_id = None
book.by_name_null = None
book.author = None  # E
book.author = other  # E
book.author = 3  # E
book.author_id = None  # E
book.author_id = "x"  # E
book.by_name = None  # E
book.by_name = other  # E
book.by_name_null = other  # E
book.sequel_of = person  # E
book.author.nope  # noqa: B018  # E
book.author.title  # noqa: B018  # E
book.editor.name  # noqa: B018  # E
book.by_name_null.name  # noqa: B018  # E
passport.person = None  # E
passport.person = book  # E
passport.spare = book  # E
passport.spare.name  # noqa: B018  # E
passport.named = None  # E
assert_type(book.author, str)  # E
assert_type(book.author, Person | None)  # E
assert_type(book.editor, Person)  # E
book.editor = None
book.editor = person
book.editor = other  # E
if (spare := Passport().spare) is not None:
    assert_type(spare.name, str)
if (parent := other.sequel_of) is not None:
    assert_type(parent.title, str)
    assert_type(parent.author, Person)

# From the object to those whose key points to it.
assert_type(person.books, RelatedManager[Book])
assert_type(person.passport, Passport)
assert_type(person.passport.person, Person)
assert_type(person.books.all(), QuerySet[Book])
assert_type(person.books.filter(title="x"), QuerySet[Book])
assert_type(person.books.get(pk=1), Book)
assert_type(person.books.get(pk=1).author, Person)
assert_type(person.books.first(), Book | None)
assert_type(person.books.count(), int)
assert_type(person.books.create(title="x"), Book)
assert_type(person.books.get_or_create(title="x"), tuple[Book, bool])
assert_type([one.title for one in person.books.all()], list[str])
person.books.add(book, bulk=False)
person.books.set([book], clear=True)
person.books.remove(book)
person.books.clear(bulk=False)
person.books.add(person)  # E
person.books.add(book, through_defaults={})  # E
person.books.set([person])  # E
person.books.remove(person)  # E
person.books.nope()  # E
person.books = [book]  # E
person.passport = person  # E
person.passport.nope  # noqa: B018  # E
person.book_set  # noqa: B018  # E
assert_type(person.books.first(), Book)  # E
assert_type(person.books, RelatedManager[Person])  # E
assert_type(person.passport, Person)  # E

# Many to many.
assert_type(book.tags, ManyRelatedManager[Tag])
assert_type(book.lazy_tags, ManyRelatedManager[Tag])
assert_type(book.similar, ManyRelatedManager[Book])
assert_type(book.tags.all(), QuerySet[Tag])
assert_type(book.lazy_tags.filter(label="x"), QuerySet[Tag])
assert_type(book.similar.all()[0].title, str)
assert_type(book.tags.exists(), bool)
assert_type(book.tags.create(label="x"), Tag)
book.tags.add(1, through_defaults={"x": 1})
book.tags.set(Tag.objects.all())
book.tags.remove(Tag())
book.tags.clear(bulk=True)  # E
book.tags.set(5)  # E
book.tags.nope()  # E
book.tags = [Tag()]  # E
assert_type(book.tags.all(), QuerySet[Book])  # E
assert_type(book.tags.get(pk=1), Book)  # E


async def use() -> None:
    assert_type(await person.books.aget(pk=1), Book)
    assert_type(await person.books.acreate(title="x"), Book)
    assert_type(await book.tags.afirst(), Tag | None)
    await person.books.aadd(book, bulk=False)
    await person.books.aadd(person)  # E
    await person.books.aset([person])  # E
    await book.tags.aadd(1, through_defaults={})
    await book.tags.aset([1, 2], clear=True)
    await book.tags.aclear(bulk=True)  # E
    async for one in person.books.all():
        assert_type(one, Book)
