"""What the calls of querysets give and refuse, on both edges alike."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.exceptions import FieldError
from fastjango.orm import IntegrityError, connection, models, transaction
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.models import Count, F, Max, Sum, Value, functions
from fastjango.orm.query import EmptyQuerySet
from fastjango.orm.query.iterables import ModelIterable
from fastjango.orm.transaction import TransactionManagementError


class CWriter(models.Model):
    name = models.CharField(max_length=30, unique=True)
    rank = models.IntegerField(null=True)

    class Meta:
        app_label = "orm"

    @property
    def nickname(self) -> str:
        return self.name.lower()

    @nickname.setter
    def nickname(self, value: str) -> None:
        self.name = value.title()

    @property
    def initial(self) -> str:
        return self.name[0]


class CBook(models.Model):
    title = models.CharField(max_length=30)
    writer = models.ForeignKey(CWriter, models.CASCADE, related_name="books")
    pages = models.IntegerField(default=0)
    code = models.CharField(max_length=10, unique=True, null=True)
    shelf = models.CharField(max_length=5, default="a")
    place = models.IntegerField(default=0)
    changed = models.DateTimeField(auto_now=True)
    tags = models.ManyToManyField("CTag", related_name="books")

    class Meta:
        app_label = "orm"
        get_latest_by = ("pages", "title")
        unique_together = (("title", "writer"),)
        constraints = (
            models.UniqueConstraint(fields=("shelf", "place", "pages"), name="orm_cbook_place"),
        )


class CTag(models.Model):
    label = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"
        constraints = (models.UniqueConstraint(fields=["label"], name="orm_ctag_label"),)


class CNote(models.Model):
    """Of one book only, with a key of its own; nothing points to it."""

    book = models.OneToOneField(CBook, models.CASCADE, related_name="note")
    text = models.CharField(max_length=30)

    class Meta:
        app_label = "orm"


class CStep(models.Model):
    """Ordered within its writer."""

    writer = models.ForeignKey(CWriter, models.CASCADE)
    name = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"
        order_with_respect_to = "writer"


class CKept(models.Model):
    """Its key and a number come from the database."""

    code = models.CharField(
        max_length=8, primary_key=True, db_default=functions.Lower(Value("CODE"))
    )
    number = models.IntegerField(db_default=7)

    class Meta:
        app_label = "orm"


class CEmpty(models.Model):
    data = models.JSONField(db_default=models.JSONNull())

    class Meta:
        app_label = "orm"


class CParent(models.Model):
    name = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"


class CChild(CParent):
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"


MODELS = (CWriter, CTag, CBook, CNote, CStep, CKept, CEmpty, CParent, CChild)


@pytest.fixture(autouse=True)
def rows(kept_tables: None) -> SimpleNamespace:
    for model in reversed(MODELS):
        model.objects.all().delete()
    ann = CWriter.objects.create(name="Ann", rank=2)
    bob = CWriter.objects.create(name="Bob", rank=1)
    books = [
        CBook.objects.create(
            title=f"t{number}",
            writer=ann if number < 3 else bob,
            pages=number * 10,
            code=f"c{number}",
            place=number,
        )
        for number in range(1, 5)
    ]
    red = CTag.objects.create(label="red")
    books[0].tags.add(red)
    return SimpleNamespace(ann=ann, bob=bob, books=books, red=red)


def both(queryset: Any, call: str, /, *args: Any, **kwargs: Any) -> Any:
    """Call a method on both edges, which must give or raise the same."""

    def outcome(ask: Callable[[], Any]) -> Any:
        try:
            return ask()
        except Exception as error:
            return error

    async def twin() -> Any:
        return await getattr(queryset, f"a{call}")(*args, **kwargs)

    found = outcome(lambda: getattr(queryset, call)(*args, **kwargs))
    other = outcome(lambda: asyncio.run(twin()))
    if isinstance(found, Exception):
        assert (type(other), str(other)) == (type(found), str(found))
        raise found
    assert other == found
    return found


@contextmanager
def counted() -> Generator[list[str]]:
    """The statements of the synchronous edge."""
    found: list[str] = []

    def record(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield found


def titles(queryset: Any) -> list[str]:
    return sorted(book.title for book in queryset)


# -- one object ------------------------------------------------------------------------------


def test_get_takes_one_of_a_union_but_no_further_conditions() -> None:
    first = CBook.objects.filter(title="t1")
    assert both(first.union(first), "get").title == "t1"
    with pytest.raises(NotSupportedError, match=r"get\(\.\.\.\) with filters after union\(\)"):
        both(first.union(first), "get", title="t1")


def test_get_says_how_many_there_are(rows: SimpleNamespace, monkeypatch: Any) -> None:
    with pytest.raises(CBook.MultipleObjectsReturned, match="it returned 2!"):
        both(CBook.objects.all(), "get", writer=rows.ann)
    CTag.objects.bulk_create([CTag(label=f"n{number}") for number in range(24)])
    for _ in range(3):  # the last time from a plan
        with pytest.raises(CTag.MultipleObjectsReturned, match="it returned more than 20!"):
            both(CTag.objects.all(), "get")
    monkeypatch.setattr(connection.features, "supports_select_for_update_with_limit", False)
    with pytest.raises(CTag.MultipleObjectsReturned, match="it returned 25!"):
        both(CTag.objects.select_for_update(), "get")


@pytest.mark.parametrize("name", ["first", "last"])
def test_the_ends_of_groups_need_an_order(name: str, rows: SimpleNamespace) -> None:
    groups = CBook.objects.values("writer").annotate(n=Count("pk"))
    for _ in range(3):  # the last time from a plan
        with pytest.raises(TypeError, match=rf"QuerySet\.{name}\(\) on an unordered queryset"):
            both(groups.all(), name)
    ordered = both(groups.order_by("writer__rank"), name)
    assert ordered["writer"] == (rows.bob.pk if name == "first" else rows.ann.pk)
    by_key = CBook.objects.annotate(n=Count("tags"))
    assert both(by_key, name).title == ("t1" if name == "first" else "t4")
    by_chosen_key = CBook.objects.values("pk").annotate(n=Count("tags"))
    assert both(by_chosen_key, name)["n"] == (1 if name == "first" else 0)


def test_the_ends_without_an_order() -> None:
    unordered = CBook.objects.order_by()
    with counted() as sql:
        assert both(unordered, "first") is not None
        assert "ORDER BY" not in sql[-1]
    assert both(CBook.objects.none(), "last") is None
    assert both(CBook.objects.order_by("-pages"), "last").title == "t1"


def test_the_ends_of_what_is_read_already_ask_nothing() -> None:
    books = CBook.objects.order_by("title")
    assert len(books) == 4
    with counted() as sql:
        assert both(books, "first").title == "t1"
    assert sql == []


def test_a_subclass_that_iterates_in_its_own_way_is_asked_for_its_ends() -> None:
    class Shouting(models.QuerySet[Any, Any]):
        def __iter__(self) -> Any:
            for book in super().__iter__():
                book.title = book.title.upper()
                yield book

    queryset: Any = Shouting(CBook).order_by("title")
    assert queryset.first().title == "T1"
    assert queryset.last().title == "T4"


def test_earliest_and_latest_follow_the_model_or_the_names() -> None:
    assert both(CBook.objects.all(), "earliest").title == "t1"
    assert both(CBook.objects.all(), "latest").title == "t4"
    assert both(CBook.objects.all(), "latest", "-pages").title == "t1"
    assert both(CBook.objects.filter(pages__gt=10), "earliest", "shelf", "pages").title == "t2"
    with pytest.raises(CBook.DoesNotExist):
        both(CBook.objects.none(), "latest")
    for name in ("earliest", "latest"):
        with pytest.raises(TypeError, match="once a slice has been taken"):
            both(CBook.objects.all()[:2], name)
        with pytest.raises(ValueError, match="'get_latest_by' in the model's Meta"):
            both(CTag.objects.all(), name)


# -- questions about all rows ----------------------------------------------------------------


def test_what_is_read_already_answers_by_itself(rows: SimpleNamespace) -> None:
    books = CBook.objects.all()
    assert len(books) == 4
    with counted() as sql:
        assert both(books, "count") == 4
        assert both(books, "exists") is True
        assert both(books, "contains", rows.books[0]) is True
    assert sql == []


def test_slices_are_counted_as_slices() -> None:
    for _ in range(3):
        assert both(CBook.objects.all()[1:3], "count") == 2
        assert both(CBook.objects.all()[4:], "exists") is False
        assert both(CBook.objects.values("writer").distinct(), "count") == 2
    one, two = CBook.objects.filter(pages__lt=30), CBook.objects.filter(pages__gt=10)
    assert both(one.union(two), "count") == 4
    assert both(one.union(two), "exists") is True
    assert both(one.intersection(two), "count") == 1


def test_contains_is_asked_with_saved_objects_of_whole_querysets(rows: SimpleNamespace) -> None:
    books = CBook.objects.filter(writer=rows.ann)
    assert both(books, "contains", rows.books[0]) is True
    assert both(books, "contains", rows.books[3]) is False
    assert both(books, "contains", rows.ann) is False
    with pytest.raises(ValueError, match="cannot be used on unsaved objects"):
        both(books, "contains", CBook())
    with pytest.raises(TypeError, match=r"after \.values\(\) or \.values_list\(\)"):
        both(books.values("pk"), "contains", rows.books[0])
    with pytest.raises(NotSupportedError, match=r"contains\(\) after union\(\)"):
        both(books.union(books), "contains", rows.books[0])


def test_aggregates_of_everything_and_of_nothing() -> None:
    books: Any = CBook.objects
    assert both(books.all(), "aggregate") == {}
    assert both(books.all()[:2], "aggregate", Sum("pages")) == {"pages__sum": 30}
    assert both(books.none(), "aggregate", n=Count("pk"), m=Max("pages")) == {"n": 0, "m": None}
    assert both(books.distinct(), "aggregate", n=Count("pk")) == {"n": 4}
    with pytest.raises(TypeError, match=r"aggregate\(\) received non-expression\(s\): 1, pages\."):
        both(books.all(), "aggregate", "pages", n=1)
    with pytest.raises(TypeError, match="Complex aggregates require an alias"):
        both(books.all(), "aggregate", Sum(F("pages") * 2))
    with pytest.raises(NotImplementedError, match=r"aggregate\(\) \+ distinct\(fields\)"):
        both(books.distinct("pages"), "aggregate", n=Count("pk"))
    with pytest.raises(FieldError, match=r"Use annotate\(\) to promote it"):
        both(books.alias(double=F("pages") * 2), "aggregate", Sum("double"))


def test_jsons_own_null_can_be_the_default_of_a_column() -> None:
    made = CEmpty.objects.create()
    made.refresh_from_db()
    assert made.data is None
    assert CEmpty.objects.filter(data__isnull=True).count() == 0
    assert CEmpty.objects.filter(data=models.JSONNull()).get() == made


def test_groups_sorted_by_text_of_ones_own_are_counted() -> None:
    groups: Any = CBook.objects.extra(select={"half": "pages / 20"}).values("half")
    groups = groups.annotate(n=Count("pk")).order_by("-half")
    assert list(groups.values_list("half", "n")) == [(2, 1), (1, 2), (0, 1)]
    assert both(groups, "count") == 3


def test_explain_names_formats_it_does_not_know() -> None:
    plan = both(CBook.objects.filter(pages=1), "explain")
    assert "SCAN" in plan
    with pytest.raises(ValueError, match="JSON is not a recognized format"):
        both(CBook.objects.all(), "explain", format="json")


# -- many rows -------------------------------------------------------------------------------


class Doubled:
    """An iterable of its own, as those before `BaseIterable` had to be written."""

    def __init__(self, queryset: Any, chunked_fetch: bool = False, chunk_size: int = 100) -> None:
        self.queryset = queryset

    def __iter__(self) -> Iterator[Any]:
        for book in ModelIterable(self.queryset):
            yield from (book, book)

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for book in ModelIterable(self.queryset):
            yield book
            yield book


def test_iterables_of_ones_own_read_by_themselves() -> None:
    books: Any = CBook.objects.filter(pages__lt=30).order_by("title")
    books._iterable_class = Doubled

    async def ask() -> list[Any]:
        return [
            [book.title async for book in books.all()],
            [book.title async for book in books.aiterator(chunk_size=3)],
            [len(book.tags.all()) async for book in books.prefetch_related("tags").aiterator()],
        ]

    twice = ["t1", "t1", "t2", "t2"]
    prefetched = books.prefetch_related("tags")
    assert [book.title for book in books.all()] == twice
    assert [book.title for book in books.iterator()] == twice
    assert [len(book.tags.all()) for book in prefetched.iterator(chunk_size=3)] == [1, 1, 0, 0]
    assert asyncio.run(ask()) == [twice, twice, [1, 1, 0, 0]]
    with pytest.raises(TypeError, match=r"in_bulk\(\) cannot be used with Doubled"):
        both(books, "in_bulk")


class Loud(ModelIterable):
    """Does more than decoding in its `__iter__()`, as classes written for Django do."""

    def __iter__(self) -> Iterator[Any]:
        for book in super().__iter__():
            book.title = book.title.upper()
            yield book


class LoudEverywhere(Loud):
    """The same in asynchronous code."""

    async def __aiter__(self) -> AsyncIterator[Any]:
        async for book in super().__aiter__():
            book.title = book.title.upper()
            yield book


class LoudQuerySet(models.QuerySet[Any, Any]):
    """Gives its rows by a class of its own from the start, so that plans are made for it."""

    _iterable_class = LoudEverywhere


def test_subclasses_of_iterables_iterate_in_their_own_way_on_both_edges() -> None:
    manager: Any = LoudQuerySet.as_manager()
    manager.model = CBook
    loud = ["T1", "T2", "T3", "T4"]
    for _ in range(4):  # often enough that every call has a plan
        assert [book.title for book in manager.order_by("title")] == loud
        assert both(manager.all(), "get", pages=20).title == "T2"
        assert both(manager.order_by("title"), "first").title == "T1"
        found = both(manager.all(), "in_bulk")
        assert sorted(book.title for book in found.values()) == loud
    assert [book.title for book in manager.order_by("title").iterator(chunk_size=3)] == loud

    async def ask() -> list[Any]:
        books = manager.order_by("title")
        streamed = [book.title async for book in books.aiterator(chunk_size=3)]
        return [[book.title async for book in books.all()], streamed]

    assert asyncio.run(ask()) == [loud, loud]


def test_iterables_that_lack_one_edge_are_refused_there() -> None:
    books: Any = CBook.objects.order_by("title")
    books._iterable_class = Loud
    assert [book.title for book in books.all()] == ["T1", "T2", "T3", "T4"]
    assert books.all().get(pages=20).title == "T2"

    async def read(kind: Any, *, chunked: bool) -> list[Any]:
        asked = books.all()
        asked._iterable_class = kind
        return [book async for book in (asked.aiterator() if chunked else asked)]

    for chunked in (False, True):
        with pytest.raises(
            TypeError,
            match=r"Loud has an __iter__\(\) of its own, which asynchronous code does not call\. "
            r"Write __aiter__\(\) too\.",
        ):
            asyncio.run(read(Loud, chunked=chunked))

    class Waiting(ModelIterable):
        async def __aiter__(self) -> AsyncIterator[Any]:
            async for book in super().__aiter__():
                yield book

    books._iterable_class = Waiting
    assert len(asyncio.run(read(Waiting, chunked=False))) == 4
    for ask in (list, lambda queryset: list(queryset.iterator())):
        with pytest.raises(TypeError, match=r"Waiting has an __aiter__\(\) .*synchronous code"):
            ask(books.all())


def test_iterators_read_nothing_of_an_empty_queryset() -> None:
    async def ask() -> list[Any]:
        return [book async for book in CBook.objects.none().aiterator()]

    with counted() as sql:
        assert list(CBook.objects.none().iterator()) == []
        assert asyncio.run(ask()) == []
    assert sql == []


def test_iterators_refuse_chunks_of_nothing() -> None:
    async def ask(size: int) -> None:
        async for _ in CBook.objects.aiterator(chunk_size=size):
            pass

    for size in (0, -1):
        with pytest.raises(ValueError, match="must be strictly positive"):
            CBook.objects.iterator(chunk_size=size)
        with pytest.raises(ValueError, match="must be strictly positive"):
            asyncio.run(ask(size))


def test_objects_by_key(rows: SimpleNamespace, monkeypatch: Any) -> None:
    books: Any = CBook.objects
    keys = [book.pk for book in rows.books]
    assert list(both(books.all(), "in_bulk", keys[:2])) == keys[:2]
    assert list(books.in_bulk(iter(keys[2:]))) == keys[2:]
    assert both(books.all(), "in_bulk", iter([])) == {}
    assert len(both(books.all(), "in_bulk")) == 4
    assert both(CTag.objects.all(), "in_bulk", ["red"], field_name="label") == {"red": rows.red}
    with pytest.raises(TypeError, match=r"'limit' or 'offset' with in_bulk\(\)"):
        both(books.all()[:2], "in_bulk", keys)
    with pytest.raises(ValueError, match="'title' isn't"):
        both(books.all(), "in_bulk", field_name="title")
    monkeypatch.setattr(connection.ops, "bulk_batch_size", lambda fields, objs: 3)
    with counted() as sql:
        assert list(books.in_bulk(keys)) == keys
    assert len(sql) == 2


def test_other_results_by_key(rows: SimpleNamespace) -> None:
    books: Any = CBook.objects.filter(pages=10)
    (key,) = (book.pk for book in books)
    by_code = {"field_name": "code"}
    assert both(books.values("code", "pages"), "in_bulk", **by_code) == {
        "c1": {"code": "c1", "pages": 10}
    }
    assert both(books.values("pages"), "in_bulk", ["c1"], **by_code) == {"c1": {"pages": 10}}
    assert both(books.values_list("pages", "code"), "in_bulk", **by_code) == {"c1": (10, "c1")}
    assert both(books.values_list("pages"), "in_bulk", [key]) == {key: (10,)}
    named = both(books.values_list("pages", named=True), "in_bulk", **by_code)
    assert named["c1"]._asdict() == {"code": "c1", "pages": 10}
    assert both(books.values_list("code", flat=True), "in_bulk", **by_code) == {"c1": "c1"}
    assert both(books.values_list("pages", flat=True), "in_bulk", **by_code) == {"c1": 10}
    extra = books.annotate(double=F("pages") * 2).values("double")
    assert both(extra, "in_bulk", **by_code) == {"c1": {"double": 20}}


# -- questions about the ordering ------------------------------------------------------------


@pytest.mark.parametrize(
    ("names", "total"),
    [
        (("pk",), True),
        (("-id",), True),
        (("title",), False),
        (("title", "writer_id"), True),
        (("title", "writer"), False),
        (("shelf", "place"), False),
        (("shelf", "-place", F("pages").desc()), True),
        (("shelf", F("pk")), True),
        (("code",), False),
        (("writer__name",), False),
        (("?",), False),
        ((functions.Lower("code"), "id"), True),
        (("nothing__known", "id"), None),
    ],
)
def test_an_order_is_total_if_it_ends_in_something_unique(names: Any, total: bool | None) -> None:
    if total is None:
        with pytest.raises(FieldError):
            CBook.objects.order_by(*names)
        return
    assert CBook.objects.order_by(*names).totally_ordered is total


def test_what_has_no_order_is_not_totally_ordered() -> None:
    assert CBook.objects.all().ordered is False
    assert CBook.objects.all().totally_ordered is False
    assert CBook.objects.none().ordered is True
    assert CBook.objects.none().totally_ordered is False
    assert CTag.objects.order_by("label").totally_ordered is True
    assert CBook.objects.extra(order_by=["title"]).ordered is True
    steps = CStep.objects.all()
    assert (steps.ordered, steps.totally_ordered) == (True, False)
    assert CStep.objects.values("writer").annotate(n=Count("pk")).ordered is False


def test_nobody_makes_an_empty_queryset_by_its_class() -> None:
    with pytest.raises(TypeError, match="can't be instantiated"):
        EmptyQuerySet()
    assert isinstance(CBook.objects.none(), EmptyQuerySet)
    assert not isinstance(CBook.objects.all(), EmptyQuerySet)


# -- making objects --------------------------------------------------------------------------


def test_create_refuses_names_of_the_other_side() -> None:
    with pytest.raises(ValueError, match="do not exist in this model: note"):
        both(CBook.objects, "create", title="x", note=None)


def test_get_or_create_sets_properties_but_no_unknown_names() -> None:
    made, created = CWriter.objects.get_or_create(rank=9, defaults={"nickname": "eve"})
    assert (made.name, created) == ("Eve", True)
    for defaults in ({"initial": "x"}, {"nothing": 1}):
        with pytest.raises(FieldError, match=r"Invalid field name\(s\) for model CWriter"):
            both(CWriter.objects, "get_or_create", name="Fay", defaults=defaults)
    assert both(CWriter.objects, "get_or_create", name__iexact="ANN")[1] is False


def test_get_or_create_finds_what_another_made_meanwhile(rows: SimpleNamespace) -> None:
    class Late(models.QuerySet[Any, Any]):
        """Finds nothing the first time."""

        late = False

        def _get_steps(self, *args: Any, **kwargs: Any) -> Any:
            if not type(self).late:
                type(self).late = True
                raise CWriter.DoesNotExist
            return (yield from super()._get_steps(*args, **kwargs))

    assert Late(CWriter).get_or_create(name="Ann") == (rows.ann, False)
    Late.late = False
    assert asyncio.run(Late(CWriter).aget_or_create(name="Ann")) == (rows.ann, False)


def test_get_or_create_raises_what_the_database_refuses() -> None:
    with pytest.raises(IntegrityError):
        both(CWriter.objects, "get_or_create", rank=9, defaults={"name": "Ann"})
    assert CWriter.objects.filter(rank=9).exists() is False


def test_update_or_create_writes_what_it_is_given(rows: SimpleNamespace) -> None:
    with counted() as sql:
        found, created = CBook.objects.update_or_create(defaults={"pages": 11}, title="t1")
    assert (found.pages, created) == (11, False)
    (update,) = (text for text in sql if text.startswith("UPDATE"))
    assert '"pages"' in update
    assert '"changed"' in update
    assert '"shelf"' not in update
    # A property may set any field: all are written.
    writer, created = CWriter.objects.update_or_create(defaults={"nickname": "anna"}, name="Ann")
    assert (created, CWriter.objects.get(pk=writer.pk).name) == (False, "Anna")


def test_update_or_create_makes_with_values_of_its_own() -> None:
    for name in ("Gil", "Hal"):
        calls = {"defaults": {"rank": 1}, "create_defaults": {"rank": lambda: 5}}
        if name == "Gil":
            made, created = CWriter.objects.update_or_create(name=name, **calls)
        else:
            made, created = asyncio.run(CWriter.objects.aupdate_or_create(name=name, **calls))
        assert (made.rank, created) == (5, True)
        assert both(CWriter.objects, "update_or_create", name=name, **calls) == (made, False)
        assert CWriter.objects.get(name=name).rank == 1


# -- many at once ----------------------------------------------------------------------------


def test_bulk_create_gives_places_within_groups(rows: SimpleNamespace) -> None:
    CStep.objects.create(writer=rows.ann, name="a0")
    pairs = [(rows.ann, "a1"), (rows.bob, "b0"), (rows.ann, "a2"), (rows.bob, "b1")]
    CStep.objects.bulk_create([CStep(writer=writer, name=name) for writer, name in pairs])
    CStep.objects.bulk_create([CStep(writer=rows.bob, name="b9", _order=9)])
    assert [step.name for step in CStep.objects.filter(writer=rows.ann)] == ["a0", "a1", "a2"]
    assert list(rows.bob.get_cstep_order().values_list("_order", flat=True)) == [0, 1, 9]
    assert CStep.objects.bulk_create([]) == []


def test_bulk_create_splits_by_what_has_a_key_and_into_batches(rows: SimpleNamespace) -> None:
    known = CTag(pk=rows.red.pk + 50, label="known")
    with counted() as sql:
        made = CTag.objects.bulk_create(
            (CTag(label="x"), known, CTag(label="y"), CTag(label="z")), batch_size=2
        )
    assert len([text for text in sql if text.startswith("INSERT")]) == 3
    assert all(tag.pk and not tag._state.adding for tag in made)
    assert {tag.label for tag in CTag.objects.all()} == {"red", "x", "y", "z", "known"}
    others = asyncio.run(CTag.objects.abulk_create([CTag(label="v"), CTag(label="w")]))
    assert len({tag.pk for tag in others}) == 2


def test_bulk_create_reads_what_the_database_gave() -> None:
    one, two = CKept.objects.bulk_create([CKept(), CKept(code="mine", number=8)])
    assert (one.code, one.number) == ("code", 7)
    assert (two.code, two.number) == ("mine", 8)
    assert CKept.objects.bulk_create([CKept(code="skip"), CKept()], ignore_conflicts=True)
    assert CKept.objects.count() == 3


@pytest.mark.parametrize(
    ("kwargs", "text"),
    [
        ({"batch_size": -1}, "Batch size must be a positive integer"),
        ({"ignore_conflicts": True, "update_conflicts": True}, "mutually exclusive"),
        ({"update_conflicts": True, "unique_fields": ["code"]}, "Fields that will be updated"),
        ({"update_conflicts": True, "update_fields": ["title"]}, "Unique fields that can trigger"),
        (
            {"update_conflicts": True, "update_fields": ["tags"], "unique_fields": ["code"]},
            "concrete fields in update_fields",
        ),
        (
            {"update_conflicts": True, "update_fields": ["id"], "unique_fields": ["code"]},
            "primary keys in update_fields",
        ),
        (
            {"update_conflicts": True, "update_fields": ["title"], "unique_fields": ["tags"]},
            "concrete fields in unique_fields",
        ),
    ],
)
def test_bulk_create_refuses(kwargs: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        both(CBook.objects, "bulk_create", [CBook(title="x")], **kwargs)


@pytest.mark.parametrize(
    ("feature", "kwargs", "text"),
    [
        ("supports_ignore_conflicts", {"ignore_conflicts": True}, "ignoring conflicts"),
        (
            "supports_update_conflicts",
            {"update_conflicts": True, "update_fields": ["rank"], "unique_fields": ["name"]},
            "updating conflicts",
        ),
        (
            "supports_update_conflicts_with_target",
            {"update_conflicts": True, "update_fields": ["rank"], "unique_fields": ["name"]},
            "specifying unique fields that can trigger the upsert",
        ),
    ],
)
def test_bulk_create_names_what_a_database_lacks(
    feature: str, kwargs: dict[str, Any], text: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(connection.features, feature, False)
    with pytest.raises(NotSupportedError, match=text):
        both(CWriter.objects, "bulk_create", [CWriter(name="Ann")], **kwargs)


def test_bulk_create_updates_the_rows_in_the_way(rows: SimpleNamespace) -> None:
    made = CWriter.objects.bulk_create(
        [CWriter(name="Ann", rank=8), CWriter(name="Cid", rank=9)],
        update_conflicts=True,
        update_fields=["rank"],
        unique_fields=["name"],
    )
    assert made[0].pk == rows.ann.pk
    by_key = [CWriter(pk=rows.bob.pk, name="Bobby", rank=7)]
    asyncio.run(
        CWriter.objects.abulk_create(
            by_key, update_conflicts=True, update_fields=["name"], unique_fields=["pk"]
        )
    )
    found = CWriter.objects.order_by("name").values_list("name", "rank")
    assert list(found) == [("Ann", 8), ("Bobby", 1), ("Cid", 9)]


def test_bulk_create_takes_no_children_of_other_tables() -> None:
    with pytest.raises(ValueError, match="Can't bulk create a multi-table inherited model"):
        both(CChild.objects, "bulk_create", [CChild(name="x")])


def test_bulk_create_refuses_unsaved_relations() -> None:
    with pytest.raises(ValueError, match=r"bulk_create\(\) prohibited to prevent data loss"):
        both(CBook.objects, "bulk_create", [CBook(title="x", writer=CWriter(name="y"))])


def test_bulk_update_in_batches_on_both_edges(rows: SimpleNamespace) -> None:
    for book in rows.books:
        book.pages += 1
        book.shelf = Value("b")
    assert both(CBook.objects, "bulk_update", rows.books, ["pages", "shelf"], batch_size=3) == 4
    assert set(CBook.objects.values_list("pages", "shelf")) == {
        (11, "b"),
        (21, "b"),
        (31, "b"),
        (41, "b"),
    }
    assert both(CBook.objects, "bulk_update", [], ["pages"]) == 0
    with pytest.raises(ValueError, match="Batch size must be a positive integer"):
        both(CBook.objects, "bulk_update", rows.books, ["pages"], batch_size=0)


def test_bulk_update_writes_parents_fields_but_not_their_keys() -> None:
    child = CChild.objects.create(name="a", size=1)
    child.name, child.size = "b", 2
    assert CChild.objects.bulk_update([child], ["name", "size"]) == 1
    assert CChild.objects.values_list("name", "size").get() == ("b", 2)
    for name in ("id", "cparent_ptr"):
        with pytest.raises(ValueError, match="cannot be used with primary key fields"):
            both(CChild.objects, "bulk_update", [child], [name])


def test_bulk_update_casts_where_the_database_asks_for_it(
    rows: SimpleNamespace, monkeypatch: Any
) -> None:
    monkeypatch.setattr(connection.features, "requires_casted_case_in_updates", True)
    rows.ann.rank = 44
    with counted() as sql:
        assert CWriter.objects.bulk_update([rows.ann], ["rank"]) == 1
    assert any("CAST(CASE" in text for text in sql)
    assert CWriter.objects.get(pk=rows.ann.pk).rank == 44


# -- all rows of a query ---------------------------------------------------------------------


def test_update_refuses_slices_and_chosen_rows() -> None:
    books: Any = CBook.objects
    with pytest.raises(TypeError, match="Cannot update a query once a slice has been taken"):
        both(books.all()[:1], "update", pages=1)
    with pytest.raises(TypeError, match=r"Cannot call update\(\) after \.distinct\(\*fields\)"):
        both(books.distinct("pages"), "update", pages=1)
    with pytest.raises(NotSupportedError, match=r"update\(\) after union\(\)"):
        both(books.all().union(books.all()), "update", pages=1)
    with pytest.raises(FieldError, match="Cannot update when ordering by an aggregate"):
        both(books.annotate(n=Count("tags")).order_by("n"), "update", pages=1)


def test_update_forgets_what_was_read(rows: SimpleNamespace) -> None:
    books = CBook.objects.filter(writer=rows.ann).order_by("title")
    for pages in (1, 2, 3):
        assert [book.title for book in books] == ["t1", "t2"]
        assert both(books, "update", pages=pages) == 2
        assert [book.pages for book in books] == [pages, pages]
    over = CBook.objects.filter(writer__name="Bob")
    assert list(over.values_list("pages", flat=True).order_by("pages")) == [30, 40]
    assert both(over, "update", pages=5) == 2


def test_update_sets_fields_of_parents_too() -> None:
    for name in ("a", "b"):
        CChild.objects.create(name=name, size=1)
    assert both(CChild.objects.filter(name="a"), "update", size=3) == 1
    assert CChild.objects.filter(name="a").update(name="c", size=4) == 1
    assert set(CChild.objects.values_list("name", "size")) == {("c", 4), ("b", 1)}
    assert both(CChild.objects.all(), "update", name="d") == 2


def test_update_returns_to_those_who_save_by_themselves(rows: SimpleNamespace) -> None:
    books: Any = CBook.objects.filter(pk=rows.books[0].pk)
    pages, shelf = CBook._meta.get_field("pages"), CBook._meta.get_field("shelf")
    assert books._update([(pages, None, 99)]) == 1
    returned = books._update([(pages, None, F("pages") + 1)], [pages, shelf])
    assert returned == [(100, "a")]
    assert books._update([(pages, None, 98)], []) == [()]
    with pytest.raises(TypeError, match="Cannot update a query once a slice has been taken"):
        CBook.objects.all()[:1]._update([(pages, None, 1)])


def test_update_counts_rows_where_none_are_returned(
    rows: SimpleNamespace, monkeypatch: Any
) -> None:
    monkeypatch.setattr(connection.features, "can_return_rows_from_update", False)
    books: Any = CBook.objects.filter(writer=rows.ann)
    pages = CBook._meta.get_field("pages")
    assert books._update([(pages, None, 99)], [pages]) == [(), ()]


def test_delete_refuses_what_it_cannot_mean() -> None:
    books: Any = CBook.objects
    with pytest.raises(TypeError, match=r"Cannot use 'limit' or 'offset' with delete\(\)"):
        both(books.all()[:1], "delete")
    with pytest.raises(TypeError, match=r"Cannot call delete\(\) after \.distinct\(\*fields\)"):
        both(books.distinct("pages"), "delete")
    with pytest.raises(TypeError, match=r"Cannot call delete\(\) after \.values\(\)"):
        both(books.values("pk"), "delete")
    with pytest.raises(NotSupportedError, match=r"delete\(\) after union\(\)"):
        both(books.all().union(books.all()), "delete")
    assert CBook.objects.count() == 4


def test_delete_says_what_went(rows: SimpleNamespace) -> None:
    CNote.objects.create(book=rows.books[0], text="n")
    CNote.objects.create(book=rows.books[3], text="n")
    notes = CNote.objects.order_by("text")
    assert len(notes) == 2
    assert notes.filter(text="other").delete() == (0, {})
    assert asyncio.run(CNote.objects.filter(book=rows.books[3]).adelete()) == (
        1,
        {"orm.CNote": 1},
    )
    assert CBook.objects.filter(writer=rows.ann).delete() == (
        4,
        {"orm.CBook": 2, "orm.CBook_tags": 1, "orm.CNote": 1},
    )
    assert titles(CBook.objects.all()) == ["t3", "t4"]


def test_raw_deletes_pass_everything_by(rows: SimpleNamespace) -> None:
    notes: Any = CNote.objects
    for book in rows.books:
        notes.create(book=book, text=book.title)
    for number in (1, 2, 3):  # the last time from a plan
        assert notes.filter(text=f"t{number}")._raw_delete("default") == 1
    assert notes.filter(book__title="t4")._raw_delete("default") == 1


# -- rows that are locked --------------------------------------------------------------------


def test_locks_that_a_database_lacks_are_refused(monkeypatch: Any) -> None:
    monkeypatch.setattr(connection.features, "has_select_for_update", True)
    locked = CWriter.objects.select_for_update
    with pytest.raises(TransactionManagementError, match="outside of a transaction"):
        list(locked())
    with pytest.raises(ValueError, match="nowait option cannot be used with skip_locked"):
        locked(nowait=True, skip_locked=True)
    options: list[tuple[dict[str, Any], str]] = [
        ({"nowait": True}, "NOWAIT"),
        ({"skip_locked": True}, "SKIP LOCKED"),
        ({"of": ("self",)}, "FOR UPDATE OF"),
        ({"no_key": True}, "FOR NO KEY UPDATE"),
    ]
    for kwargs, words in options:
        with (
            transaction.atomic(),
            pytest.raises(NotSupportedError, match=f"^{words} is not supported"),
        ):
            list(locked(**kwargs))
    monkeypatch.setattr(connection.features, "supports_select_for_update_with_limit", False)
    with transaction.atomic(), pytest.raises(NotSupportedError, match="LIMIT/OFFSET"):
        list(locked()[:1])
