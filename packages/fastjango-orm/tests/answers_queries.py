"""Querysets, relations and saving: cases for either framework (see `test_django_answers.py`)."""

from __future__ import annotations

import copy
import datetime
import pickle
from decimal import Decimal
from typing import Any

from side import functions as fn  # type: ignore
from side import models, timezone  # type: ignore

Q, F, Value, Count, Sum = models.Q, models.F, models.Value, models.Count, models.Sum
Avg, Max, Min, Subquery, OuterRef = (
    models.Avg,
    models.Max,
    models.Min,
    models.Subquery,
    models.OuterRef,
)
Exists, Case, When, Window, Prefetch = (
    models.Exists,
    models.Case,
    models.When,
    models.Window,
    models.Prefetch,
)
UTC = datetime.UTC


class BookQuerySet(models.QuerySet):
    def long(self) -> Any:
        return self.filter(pages__gt=3)


class PricedManager(models.Manager):
    def get_queryset(self) -> Any:
        return super().get_queryset().filter(price__isnull=False)


class Author(models.Model):
    name = models.CharField(max_length=20)
    age = models.IntegerField(null=True)
    boss = models.ForeignKey("self", models.SET_NULL, null=True, related_name="staff")
    friends = models.ManyToManyField("self")
    fans = models.ManyToManyField("self", symmetrical=False, related_name="idols")


class Tag(models.Model):
    name = models.CharField(max_length=20, unique=True)


class Book(models.Model):
    title = models.CharField(max_length=20)
    author = models.ForeignKey(Author, models.CASCADE, related_name="books")
    editor = models.ForeignKey(Author, models.SET_NULL, null=True, related_name="edited")
    pages = models.IntegerField(null=True)
    price = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    day = models.DateField(null=True)
    at = models.DateTimeField(null=True)
    hour = models.TimeField(null=True)
    span = models.DurationField(null=True)
    data = models.JSONField(null=True)
    ratio = models.FloatField(null=True)
    done = models.BooleanField(default=False)
    tags = models.ManyToManyField(Tag, related_name="books")
    linked = models.ManyToManyField(Tag, through="Link", related_name="linked_books")

    objects = BookQuerySet.as_manager()
    priced = PricedManager()

    class Meta:
        ordering = ["title", "pk"]
        get_latest_by = "day"


class Link(models.Model):
    book = models.ForeignKey(Book, models.CASCADE)
    tag = models.ForeignKey(Tag, models.CASCADE)
    weight = models.IntegerField(default=1)


class Cover(models.Model):
    book = models.OneToOneField(Book, models.CASCADE, primary_key=True)
    colour = models.CharField(max_length=10)


class Place(models.Model):
    name = models.CharField(max_length=10)


class Cafe(Place):
    seats = models.IntegerField()


class Terrace(Cafe):
    sunny = models.BooleanField(default=True)


class CafeProxy(Cafe):
    class Meta:
        proxy = True
        ordering = ["-seats"]


class Line(models.Model):
    pk = models.CompositePrimaryKey("order", "number")
    order = models.IntegerField()
    number = models.IntegerField()
    text = models.CharField(max_length=10, default="")


class Guard(models.Model):
    author = models.ForeignKey(Author, models.PROTECT, null=True)
    tag = models.ForeignKey(Tag, models.RESTRICT, null=True)
    fallback = models.ForeignKey(
        Place, models.SET_DEFAULT, default=1, null=True, related_name="guards"
    )
    chosen = models.ForeignKey(Place, models.SET(lambda: 2), null=True, related_name="+")


class Step(models.Model):
    book = models.ForeignKey(Book, models.CASCADE)
    name = models.CharField(max_length=5)

    class Meta:
        order_with_respect_to = "book"


TABLES = [Author, Tag, Book, Link, Cover, Place, Cafe, Terrace, Line, Guard, Step]
NAMES = ["Ann", "bob", "Cid", "dora", "Éva"]


def fill() -> None:
    for number in range(1, 7):
        Author.objects.create(
            pk=number,
            name=NAMES[number % 5],
            age=None if number == 3 else number * 7 % 5,
            boss_id=None if number < 3 else number // 2,
        )
    for number in range(1, 5):
        Tag.objects.create(pk=number, name=f"t{number}")
    for number in range(1, 13):
        book = Book.objects.create(
            pk=number,
            title=NAMES[number * 3 % 5],
            author_id=1 + number % 5,
            editor_id=None if number % 4 == 0 else 1 + number * 5 % 6,
            pages=None if number % 5 == 0 else number % 7,
            price=None if number % 6 == 0 else Decimal(number) / 4,
            day=None if number % 7 == 0 else datetime.date(2018 + number % 3, number, number * 2),
            at=datetime.datetime(2020, number, number, number, number, tzinfo=UTC),
            hour=datetime.time(number, 2 * number, 3 * number),
            span=datetime.timedelta(days=number - 5, minutes=number),
            data={"n": number, "list": [number, {"x": None}], "t": NAMES[number % 5]}
            if number % 3
            else [number],
            ratio=number / 8,
            done=number % 2 == 0,
        )
        book.tags.set([1 + (number + shift) % 4 for shift in range(number % 4)])
        if number % 2:
            Link.objects.create(book=book, tag_id=1 + number % 4, weight=number)
            Cover.objects.create(book=book, colour=NAMES[number % 5].lower())
    for number in range(1, 4):
        Cafe.objects.create(name=f"c{number}", seats=number)
        Place.objects.create(name=f"p{number}")
    Terrace.objects.create(name="ter", seats=9)
    for number in range(6):
        Line.objects.create(order=number // 2, number=number % 3, text=f"l{number}")


B, A = Book.objects, Author.objects


def keys(queryset: Any) -> list[Any]:
    return [row.pk for row in queryset.order_by("pk")]


# -- lookups ----------------------------------------------------------------------------------


def case_text_lookups(show: Any) -> None:
    for kind in [
        "exact",
        "iexact",
        "contains",
        "icontains",
        "startswith",
        "istartswith",
        "endswith",
        "iendswith",
    ]:
        for text in ("Ann", "a", "É", "", "%", "n\\"):
            show(keys(B.filter(**{f"title__{kind}": text})))
            show(keys(B.exclude(**{f"title__{kind}": text})))
            show(keys(B.filter(**{f"author__boss__name__{kind}": text})))
        show(keys(B.filter(**{f"title__{kind}": F("author__name")})))
    for pattern in ("^A", "n{2}", "[bc]", "(?i)ann"):
        show(keys(B.filter(title__regex=pattern)), keys(B.filter(title__iregex=pattern)))
    show.of(lambda: B.filter(title__contains=None), lambda: B.filter(title=None).count())


def case_number_lookups(show: Any) -> None:
    for field in ("pages", "price", "ratio", "author__age", "id"):
        for kind in ("exact", "gt", "gte", "lt", "lte"):
            for value in (0, 2, Decimal("1.5"), -1, 2**70, -(2**70)):
                show.of(lambda f=field, k=kind, v=value: keys(B.filter(**{f"{f}__{k}": v})))
            show.of(lambda f=field, k=kind: keys(B.filter(**{f"{f}__{k}": 2.5})))
            show.of(lambda f=field, k=kind: keys(B.filter(**{f"{f}__{k}": "x"})))
            show.of(lambda f=field, k=kind: keys(B.filter(**{f"{f}__{k}": None})))
        for values in ([], (2,), range(3), {1, 2}, "12", [1, 1.5]):
            show.of(lambda f=field, v=values: keys(B.filter(**{f"{f}__in": v})))
            show.of(lambda f=field, v=values: keys(B.exclude(**{f"{f}__in": v})))
        show.of(lambda f=field: keys(B.filter(**{f"{f}__range": (1, 3)})))
        show.of(lambda f=field: keys(B.filter(**{f"{f}__range": (F("id"), 3)})))
        show.of(lambda f=field: keys(B.filter(**{f"{f}__isnull": True})))
        show.of(lambda f=field: keys(B.filter(**{f"{f}__isnull": "yes"})))
    show(keys(B.filter(pages__in=Value(2) and [F("author_id"), 3])))


def case_date_lookups(show: Any) -> None:
    day = datetime.date(2020, 2, 4)
    for part in ["year", "month", "day", "week", "week_day", "iso_week_day", "iso_year", "quarter"]:
        for kind in ("", "__gt", "__lte", "__in"):
            value: Any = [2, 2020] if kind == "__in" else 2020 if "year" in part else 2
            show(keys(B.filter(**{f"day__{part}{kind}": value})))
            show(keys(B.filter(**{f"at__{part}{kind}": value})))
            show(keys(B.exclude(**{f"day__{part}{kind}": value})))
    for part in ("hour", "minute", "second"):
        for kind in ("", "__gte", "__lt"):
            show(keys(B.filter(**{f"at__{part}{kind}": 4})))
            show(keys(B.filter(**{f"hour__{part}{kind}": 4})))
    show(keys(B.filter(at__date=datetime.date(2020, 3, 3))))
    show(keys(B.filter(at__date__gt=datetime.date(2020, 3, 3))))
    show(keys(B.filter(at__time=datetime.time(3, 3))))
    show(keys(B.filter(day__year__range=(2018, 2019))))
    show(keys(B.filter(day__lt=day)), keys(B.filter(day=day)), keys(B.filter(day="2020-02-04")))
    show(keys(B.filter(at__lt="2020-05-01 00:00+00:00")), keys(B.filter(hour__gt="04:00")))
    show(
        keys(B.filter(span__lt=datetime.timedelta(0))),
        keys(B.filter(span__gt=datetime.timedelta(1))),
    )
    show.of(
        lambda: B.filter(day="nonsense").count(),
        lambda: B.filter(at="nonsense").count(),
        lambda: B.filter(hour="25:00").count(),
        lambda: B.filter(day__year="x").count(),
        lambda: B.filter(day__hour=1).count(),
    )
    for kind in ("year", "month", "week", "day"):
        show(list(B.dates("day", kind)), list(B.dates("day", kind, order="DESC")))
        show(list(B.datetimes("at", kind)))
    show(list(B.datetimes("at", "hour")), list(B.datetimes("at", "minute", order="DESC")))
    show.of(
        lambda: B.dates("at", "nope"),
        lambda: B.dates("title", "year"),
        lambda: B.dates("day", "year", order="x"),
        lambda: B.datetimes("at", "nope"),
        lambda: list(B.datetimes("day", "year")),
        lambda: B.datetimes("at", "year", order="x"),
        lambda: B.dates("nope", "year"),
    )


def case_json_lookups(show: Any) -> None:
    for path, value in [
        ("data__n", 1),
        ("data__n__gt", 4),
        ("data__n__in", [1, 2, "x"]),
        ("data__list__0", 2),
        ("data__list__1__x", None),
        ("data__list__1__x__isnull", False),
        ("data__t", "bob"),
        ("data__t__icontains", "O"),
        ("data__t__startswith", "A"),
        ("data__t__iexact", "CID"),
        ("data__t__endswith", "a"),
        ("data__t__regex", "^[a-z]"),
        ("data__0", 3),
        ("data__0__lte", 6),
        ("data__missing", None),
        ("data__missing__isnull", True),
        ("data__has_key", "n"),
        ("data__has_key", 0),
        ("data__has_keys", ["n", "t"]),
        ("data__has_any_keys", ["x", "list"]),
        ("data__list__has_key", 1),
        ("data", [3]),
        ("data__isnull", True),
        ("data__list", [2, {"x": None}]),
        ("data__in", [[3], [6]]),
        ("data__n__range", (2, 5)),
    ]:
        show.of(
            lambda p=path, v=value: keys(B.filter(**{p: v})),
            lambda p=path, v=value: keys(B.exclude(**{p: v})),
        )
    show.of(
        lambda: keys(B.filter(data__contains={"n": 1})),
        lambda: keys(B.filter(data__contained_by={"n": 1})),
        lambda: B.filter(data__has_keys="n").count(),
    )
    show(list(B.values_list("data__t", flat=True).order_by("pk")))
    show(list(B.order_by("data__n", "pk").values("data__n", "data__list__0")))
    show(list(B.values("data__t").annotate(c=Count("pk")).order_by("data__t")))
    show(keys(B.filter(data__n=F("pages"))), keys(B.filter(data__n=F("data__list__0"))))
    show(keys(B.annotate(k=F("data__t")).filter(k="bob")))
    book = B.get(pk=1)
    for data in (None, Value(None, models.JSONField()), 1.5, "text", True, [], {"é": "\u2028"}):
        book.data = data
        book.save()
        book = B.get(pk=1)
        show(book.data, keys(B.filter(data=None)), keys(B.filter(data__isnull=True)))
    B.filter(pk=2).update(data={"a": {"b": [1]}})
    show(B.get(pk=2).data, keys(B.filter(data__a__b__0=1)), keys(B.filter(data__a={"b": [1]})))


def case_conditions_within_expressions(show: Any) -> None:
    for path, value in [
        ("author", 2.5),
        ("author", "2"),
        ("author", Author(pk=2)),
        ("author__in", ["1", 2]),
        ("author__in", Author.objects.filter(age__gt=1)),
        ("author__name", "Ann"),
        ("editor__isnull", True),
        ("tags", "1"),
        ("tags__name", "t1"),
        ("done", "True"),
        ("done", "f"),
        ("pages", " 3"),
        ("pages", "x"),
        ("pages", F("author__age")),
        ("pages__lt", 2.5),
        ("pages__range", ("1", "3")),
        ("price", "0.5"),
        ("ratio__lt", "0.5"),
        ("title__icontains", "N"),
        ("title__in", ["Ann", "bob", None]),
        ("day", "2020-02-04"),
        ("day__year", "2020"),
        ("at__gte", "2020-05-01 00:00+00:00"),
        ("at__date", datetime.date(2020, 3, 3)),
        ("hour__gt", "04:00"),
        ("span__gt", datetime.timedelta(1)),
        ("data__n", 2),
        ("data__t__in", ["bob", "Ann"]),
    ]:
        condition = Q(**{path: value})
        for _ in range(3):  # the first two are compiled, the third has a plan
            show.of(
                lambda q=condition: B.aggregate(n=Count("pk", filter=q)),
                lambda q=condition: B.filter(pk__gt=2).aggregate(n=Sum("pages", filter=~q)),
                lambda q=condition: list(
                    B.annotate(c=Case(When(q, then=Value("y")), default=Value("n")))
                    .order_by("pk", "c")
                    .values_list("pk", "c")
                ),
                lambda q=condition: B.update(ratio=Case(When(q, then=F("id")), default=Value(0.0))),
                lambda: list(B.order_by("pk").values_list("ratio", flat=True)),
                lambda q=condition: keys(B.filter(q ^ Q(pk__lt=5))),
                lambda q=condition: keys(B.exclude(~q)),
            )


def case_errors_of_lookups(show: Any) -> None:
    show.of(
        lambda: B.filter(nope=1),
        lambda: B.filter(title__nope=1),
        lambda: B.filter(author__nope=1),
        lambda: B.filter(author__name__nope=1),
        lambda: B.filter(pages__year=1),
        lambda: B.exclude(nope=1),
        lambda: B.order_by("nope"),
        lambda: B.order_by("author__nope"),
        lambda: B.order_by("-"),
        lambda: B.order_by("?").count(),
        lambda: B.order_by(1),
        lambda: B.order_by(F("title"), "nope"),
        lambda: B.values("nope"),
        lambda: B.values_list("title", "pk", flat=True),
        lambda: B.values_list("title", flat=True, named=True),
        lambda: B.values_list(flat=True),
        lambda: B.annotate(title=Value(1)),
        lambda: B.annotate(author=Value(1)),
        lambda: B.annotate(1),
        lambda: B.annotate(Value(1)),
        lambda: B.annotate(x="nope"),
        lambda: B.annotate(x=F("nope")),
        lambda: B.aggregate(x=F("pages")),
        lambda: B.aggregate(Count("nope")),
        lambda: B.aggregate(x=1),
        lambda: B.aggregate(Sum(F("pages") + 1)),
        lambda: B.only("nope").count(),
        lambda: list(B.only("nope")),
        lambda: list(B.defer("author__nope")),
        lambda: list(B.select_related("nope")),
        lambda: list(B.select_related("title")),
        lambda: list(B.select_related("tags")),
        lambda: list(B.prefetch_related("nope")),
        lambda: list(B.prefetch_related("title")),
        lambda: B.values("title").select_related("author"),
        lambda: B.values("title").only("title"),
        lambda: B.values("title").defer("title"),
        lambda: B.get(title="Ann"),
        lambda: B.get(title="nobody"),
        lambda: B.get(pk=99),
        lambda: B.filter(author="x").count(),
        lambda: B.filter(author=Tag(pk=1)),
        lambda: B.filter(author=Author()),
        lambda: B.filter(author__in=Tag.objects.all()),
        lambda: B.filter(author__in=[Tag(pk=1)]),
        lambda: B.filter(tags=Author(pk=1)),
        lambda: keys(B.filter(tags=Tag(pk=1))),
        lambda: keys(B.filter(author=Author(pk=1))),
        lambda: keys(B.filter(author__in=A.filter(pk__lt=3))),
        lambda: keys(B.filter(author__in=A.values("name"))),
        lambda: keys(B.filter(author__in=A.values("pk", "name"))),
        lambda: keys(B.filter(author=A.filter(pk=1))),
        lambda: keys(B.filter(author=A.filter(pk__lt=3)[:1])),
        lambda: keys(B.filter(title=A.all())),
        lambda: keys(B.filter(pk=B.values("pk"))),
        lambda: B.filter(Q(nope=1) | Q(pk=1)),
        lambda: B.filter("x"),
        lambda: B.filter(1),
        lambda: B.filter(Value(True)).count(),
        lambda: B.filter(F("done")).count(),
        lambda: B.filter(F("title")).count(),
        lambda: B.all()[-1],
        lambda: B.all()[:-1],
        lambda: B.all()["x"],
        lambda: B.order_by("pk")[20],
        lambda: B.order_by("pk")[2:5].filter(pk=1),
        lambda: B.order_by("pk")[2:5].order_by("pk"),
        lambda: B.order_by("pk")[2:5].last(),
        lambda: B.order_by("pk")[2:5].latest(),
        lambda: B.order_by("pk")[2:5].delete(),
        lambda: B.order_by("pk")[2:5].update(pages=1),
        lambda: B.order_by("pk")[2:5].distinct("pk"),
        lambda: B.order_by("pk")[2:5].reverse(),
        lambda: B.distinct().delete(),
        lambda: B.values("pk").delete(),
        lambda: B.values("pk").update(pages=1),
        lambda: B.update(nope=1),
        lambda: B.update(tags=1),
        lambda: B.update(author__name="x"),
        lambda: B.update(pages="x"),
        lambda: B.update(pages=Count("tags")),
        lambda: B.update(pages=F("author__age")),
        lambda: B.create(nope=1),
        lambda: B.create(author=Tag(pk=1)),
        lambda: B.create(title="x"),
        lambda: Book(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15),
        lambda: Book(1, title="x", pk=2).pk,
        lambda: Book(author=1),
        lambda: Book("x", "y", title="z"),
        lambda: Book(author=None).author,
        lambda: Book().author,
        lambda: Book().tags,
        lambda: Book(pk=99).tags.all(),
        lambda: Book().step_set.all(),
        lambda: Book().cover,
        lambda: Cover().book,
        lambda: Book(pk=99).cover,
        lambda: B.earliest("nope"),
        lambda: A.earliest(),
        lambda: A.filter(pk=99).latest("pk"),
        lambda: B.in_bulk([1], field_name="title"),
        lambda: B.in_bulk([1])[1].title,
        lambda: Tag.objects.in_bulk(["t1", "t9"], field_name="name"),
        lambda: B.order_by("pk")[:2].in_bulk([1]),
        lambda: B.raw("SELECT title FROM page_book")[0],
        lambda: B.extra(where=["pages > %s"], params=[3]).count(),
        lambda: B.select_for_update(nowait=True, skip_locked=True),
        lambda: B.bulk_create([1]),
        lambda: B.bulk_create([Book(title="x")]),
        lambda: B.bulk_create([], batch_size=-1),
        lambda: B.bulk_create([Book(author_id=1)], ignore_conflicts=True, update_conflicts=True),
        lambda: B.bulk_create([Book(author_id=1)], update_conflicts=True),
        lambda: B.bulk_create([Book(author_id=1)], update_conflicts=True, update_fields=["id"]),
        lambda: Cafe.objects.bulk_create([Cafe(name="x", seats=1)]),
        lambda: B.bulk_update([], ["title"]),
        lambda: B.bulk_update([Book(title="x")], ["title"]),
        lambda: B.bulk_update([Book(pk=1)], []),
        lambda: B.bulk_update([Book(pk=1)], ["pk"]),
        lambda: B.bulk_update([Book(pk=1)], ["tags"]),
        lambda: B.bulk_update([Book(pk=1)], ["title"], batch_size=-1),
        lambda: B.iterator(chunk_size=0),
        lambda: list(B.prefetch_related("tags").iterator()),
        lambda: B.get_or_create(nope=1),
        lambda: B.get_or_create(title="Ann"),
        lambda: B.update_or_create(title="Ann"),
        lambda: B.contains(1),
        lambda: B.contains(Tag(pk=1)),
        lambda: B.contains(Book()),
        lambda: B.values("pk").contains(Book(pk=1)),
        lambda: B.using("nope").count(),
        lambda: bool(B.all() & A.all()),
        lambda: B.all() | B.values("pk"),
        lambda: B.all() | B.order_by("pk")[:3],
        lambda: B.union(B.all()).filter(pk=1),
        lambda: B.union(B.all()).annotate(x=Value(1)),
        lambda: B.union(B.all()).update(pages=1),
        lambda: B.union(B.all()).delete(),
        lambda: B.union(B.all()).distinct(),
        lambda: B.union(B.all()).select_related("author"),
        lambda: B.union(B.all()).exclude(pk=1),
        lambda: B.union(B.all()).get(pk=1),
        lambda: B.union(B.all()).in_bulk(),
        lambda: B.union(B.all()).prefetch_related("tags"),
        lambda: B.union(B.all()).extra(where=["1=1"]),
        lambda: B.union(B.all()).order_by("nope").count(),
        lambda: list(B.values("pk").union(B.values("pk", "title"))),
    )


# -- shapes of results ------------------------------------------------------------------------


def case_values(show: Any) -> None:
    rows = B.order_by("pk")
    show(list(rows.values("pk", "title", "author__name")[:4]))
    show(list(rows.values_list("title", flat=True)[:4]), list(rows.values_list("pk", "tags")[:9]))
    show(list(rows.values_list("pk", "author__boss__name", "tags__name")))
    show([tuple(row) for row in rows.values_list("pk", "title", named=True)[:3]])
    show([row._fields for row in rows.values_list("pk", "title", named=True)[:1]])
    show(list(rows.values("author").annotate(n=Count("pk")).order_by("author")))
    show(list(rows.values("author__name", up=fn.Upper("title"))[:3]))
    show(list(rows.values_list(fn.Lower("title"), "pk")[:3]))
    show(list(rows.values_list(F("pages") + 1, flat=True)[:3]))
    show(sorted(rows.values()[0]), list(rows.values_list()[0])[:3])
    show(list(rows.annotate(x=Value(1)).values("x").distinct()))
    show(list(rows.annotate(x=F("pages")).values_list("x", "pk")[:3]))
    show(list(rows.extra(select={"y": "pages * 2"}).values("y", "pk")[:3]))
    show(list(rows.extra(select={"y": "pages * %s"}, select_params=[3]).values_list("y")[:3]))
    show(list(rows.alias(x=F("pages")).filter(x=3).values("pk")))
    show.of(lambda: list(rows.alias(x=F("pages")).values("x")))
    show(list(A.values("books__title", "name").order_by("pk", "books__pk")[:5]))
    show(list(Line.objects.order_by("pk").values("pk", "text")))
    show(list(Line.objects.order_by("pk").values_list("pk", flat=True)))
    show(B.values_list("title").get(pk=1), B.values("title").first(), B.values("pk").last())
    show(list(Terrace.objects.values("name", "seats", "sunny", "place_ptr")))
    show(list(Cover.objects.order_by("pk").values("pk", "book", "book_id", "book__title")[:2]))


def case_slices_and_truth(show: Any) -> None:
    rows = B.order_by("pk")
    show(rows[0], rows[3:5], rows[::5], rows[2:8:3], rows[5:][:2], rows[2:][2:4])
    show.of(lambda: rows[4:2], lambda: rows[4:4])
    show(rows[:0], list(rows[20:]), bool(rows[:0]), len(rows[:3]), rows[1:4].count())
    show(rows[2:5].exists(), rows[20:].exists(), rows[:3].aggregate(Sum("pk")))
    show(rows.first(), rows.last(), rows.reverse()[0], rows.none(), rows.none().count())
    show(Book.objects.none().aggregate(c=Count("pk"), s=Sum("pages")), B.none().exists())
    show(B.none().values("pk"), B.none().union(B.filter(pk=1)), B.filter(pk=1).union(B.none()))
    show(B.latest(), B.earliest(), B.latest("pages", "pk"), B.earliest("-day", "pk"))
    show(repr(rows[:2]), str(rows.filter(pk__in=[]).query is None), rows.filter(pk__in=[]))
    show(rows.filter(pk=1).contains(Book(pk=1)), Book(pk=2) in rows, rows.ordered, A.all().ordered)
    show(A.annotate(x=Value(1)).ordered, B.order_by().ordered, B.order_by("?").ordered)
    show(pickle.loads(pickle.dumps(rows[:3])), copy.deepcopy(rows[:2]), copy.copy(rows)[0])
    half = pickle.loads(pickle.dumps(rows.filter(pages__gt=2).query))
    again = B.all()
    again.query = half
    show(again)
    show(list(rows.iterator(chunk_size=2)), list(rows.prefetch_related("tags").iterator(5))[:2])
    show(rows.in_bulk([1, 99]), rows.in_bulk([]), len(rows.in_bulk()))
    show(A.exclude(books__pages=2), A.exclude(books__tags__name="t1"), A.filter(books=None))


def case_distinct_and_order(show: Any) -> None:
    show(list(B.order_by("title").values_list("title", flat=True).distinct()))
    show(A.filter(books__tags__name="t1").distinct().order_by("pk"))
    show(A.filter(books__tags__name="t1").order_by("pk"))
    show(B.order_by("author", "pk"), B.order_by("-author__boss", "pk"), B.order_by("author__boss"))
    show(B.order_by(F("pages").desc(nulls_last=True), "pk"))
    show(B.order_by(F("pages").asc(nulls_first=True), "-pk"))
    show(B.order_by(fn.Lower("title").desc(), "pk"), B.order_by("-pages", "pk").reverse())
    show(B.order_by(F("pages").desc(nulls_last=True), "pk").reverse())
    show(B.order_by("tags", "pk"), B.order_by("-tags__name", "-pk").distinct())
    show(B.annotate(x=F("pages") % 3).order_by("x", "pk"), B.order_by().order_by("pk"))
    show(B.annotate(n=Count("tags")).order_by("-n", "pk"), B.order_by("day__year", "pk"))
    show(B.order_by("author_id", "-pk"), B.order_by("author__pk", "pk"), B.order_by("cover", "pk"))
    show(CafeProxy.objects.all(), CafeProxy.objects.order_by("name"), Terrace.objects.all())
    show(B.extra(order_by=["-pages", "id"]), B.extra(select={"z": "-pages"}, order_by=["z", "id"]))
    show(Line.objects.order_by("pk"), Line.objects.order_by("-pk"), Line.objects.order_by("text"))
    show.of(
        lambda: F("x").asc(nulls_first=True, nulls_last=True),
        lambda: F("x").asc(nulls_first=False),
        lambda: B.distinct("title").count(),
    )


def case_deferred(show: Any) -> None:
    for rows in (
        B.only("title"),
        B.defer("title", "pages"),
        B.only("title", "author__name").select_related("author"),
        B.defer("author__name").select_related("author"),
        B.only("title").only("pages"),
        B.defer("title").only("title", "pages"),
        B.only("title", "pages").defer("title"),
        B.defer("title").defer(None),
        B.only("author").select_related("author__boss"),
        B.only("pk"),
        B.only("tags"),
        B.defer("pk"),
    ):
        show.of(
            lambda r=rows: [sorted(b.get_deferred_fields()) for b in r.order_by("pk")[:1]],
            lambda r=rows: [(b.title, b.pages, b.author.name) for b in r.order_by("pk")[:2]],
        )
    book = B.only("title").get(pk=2)
    book.title = "new"
    book.save()
    show(B.get(pk=2).title, B.get(pk=2).pages)
    book.refresh_from_db(fields=["pages"])
    show(sorted(book.get_deferred_fields()))
    show.of(lambda: book.refresh_from_db(fields=["no__pe"]), lambda: book.refresh_from_db("x"))
    terrace = Terrace.objects.only("sunny").get()
    show(terrace.get_deferred_fields(), terrace.name, terrace.seats)
    place = Place.objects.get(pk=terrace.pk)
    show(place.cafe.terrace, place.cafe, place.cafe.terrace.place_ptr_id)
    show.of(lambda: Place.objects.get(name="p1").cafe)


def case_related_rows(show: Any) -> None:
    for rows in (
        B.select_related("author"),
        B.select_related("author__boss", "editor"),
        B.select_related("cover"),
        B.select_related(),
        B.select_related("author").select_related("editor"),
        B.select_related("author").select_related(None),
        B.prefetch_related("tags", "author__boss"),
        B.prefetch_related("author__friends", "step_set", "cover"),
        B.prefetch_related(Prefetch("tags", Tag.objects.filter(pk__gt=2))),
        B.prefetch_related(Prefetch("tags", Tag.objects.order_by("-pk"), to_attr="chosen")),
        B.prefetch_related("tags").prefetch_related(None),
        B.prefetch_related("link_set__tag"),
    ):
        found = []
        for book in rows.order_by("pk"):
            boss = book.author.boss
            found.append(
                (
                    book.author.name,
                    boss and boss.name,
                    book.editor and book.editor.name,
                    hasattr(book, "cover") and book.cover.colour,
                    [tag.name for tag in book.tags.all()],
                    [tag.pk for tag in getattr(book, "chosen", [])],
                    [link.tag.name for link in book.link_set.all()],
                )
            )
        show(found)
    show([[b.pk for b in a.books.all()] for a in A.prefetch_related("books").order_by("pk")])
    slices = Prefetch("books", B.order_by("-pk")[:2], to_attr="two")
    show([[b.pk for b in a.two] for a in A.prefetch_related(slices).order_by("pk")])
    named = Prefetch("books", B.long(), to_attr="long_ones")
    show([[b.pk for b in a.long_ones] for a in A.prefetch_related(named).order_by("pk")])
    deep = Prefetch("books__tags", Tag.objects.filter(name="t1"), to_attr="ones")
    show([[len(b.ones) for b in a.books.all()] for a in A.prefetch_related(deep).order_by("pk")])
    show([c.book.title for c in Cover.objects.prefetch_related("book").order_by("pk")])
    books = list(B.order_by("pk")[:3])
    models.prefetch_related_objects(books, "tags", "author")
    show([[t.pk for t in b.tags.all()] for b in books])
    models.prefetch_related_objects([], "nope")
    show.of(
        lambda: list(A.prefetch_related(Prefetch("books", B.values("pk")))),
        lambda: list(A.prefetch_related("books", Prefetch("books", B.long()))),
        lambda: list(A.prefetch_related(Prefetch("books", B.long(), to_attr="name"))),
        lambda: list(A.prefetch_related(Prefetch("books", B.long(), to_attr="books"))),
        lambda: list(A.prefetch_related("books__nope")),
        lambda: list(A.values("pk").prefetch_related("books")),
        lambda: models.prefetch_related_objects(books, "title"),
        lambda: Prefetch("books", B.raw("SELECT 1")),
    )
    raw = A.raw("SELECT * FROM page_author ORDER BY id").prefetch_related("books")
    show([[b.pk for b in a.books.all()] for a in raw])
    author = A.get(pk=2)
    show(author.books.filter(pages__gt=1), author.books.count(), author.staff.all())
    show(author.books.first().author is author, author.books.exclude(pk=1).exists())
    show(list(author.books.values_list("pk", flat=True)), author.books.aggregate(Sum("pages")))
    show(Tag.objects.get(pk=1).books.order_by("-pk"), B.get(pk=1).linked.all())


def case_many_to_many(show: Any) -> None:
    book, tag = B.get(pk=3), Tag.objects.get(pk=1)
    tags = lambda: sorted(t.name for t in B.get(pk=3).tags.all())  # noqa: E731
    book.tags.clear()
    book.tags.add(tag, 2, 2, tag)
    show(tags(), book.tags.count(), book.tags.exists())
    book.tags.add()
    book.tags.remove(tag, 99)
    show(tags())
    book.tags.set([1, 2, 3])
    show(tags())
    book.tags.set([tag, 4])
    show(tags())
    book.tags.set([4, 3], clear=True)
    show(tags())
    made = book.tags.create(name="made")
    show(tags(), made.name, book.tags.get_or_create(name="made")[1])
    show(book.tags.get_or_create(name="made2")[1], tags())
    show(book.tags.update_or_create(name="made2", defaults={"name": "made3"})[1], tags())
    show(book.tags.update_or_create(name="made4")[1], tags())
    book.tags.set(Tag.objects.filter(pk__lt=3))
    show(tags(), tag.books.filter(pk=3).exists())
    tag.books.remove(book)
    show(tags())
    tag.books.add(3, B.get(pk=4))
    show(tags(), keys(tag.books.all()))
    tag.books.set([])
    show(keys(tag.books.all()), tag.books.exists(), tag.books.count())
    tag.books.clear()
    with_tags = B.prefetch_related("tags").get(pk=3)
    show(len(with_tags.tags.all()), with_tags.tags.count(), with_tags.tags.exists())
    with_tags.tags.add(4)
    show(sorted(t.pk for t in with_tags.tags.all()), with_tags.tags.filter(pk=4).count())
    with_tags.tags.remove(4)
    show(sorted(t.pk for t in with_tags.tags.all()))
    book.linked.add(2, through_defaults={"weight": 9})
    show(list(Link.objects.filter(book=3).order_by("pk").values_list("tag", "weight")))
    book.linked.set([2, 3], through_defaults={"weight": lambda: 8})
    show(list(Link.objects.filter(book=3).order_by("tag").values_list("tag", "weight")))
    book.linked.create(name="thru", through_defaults={"weight": 7})
    book.linked.remove(2)
    show(list(Link.objects.filter(book=3).order_by("tag").values_list("tag__name", "weight")))
    book.linked.get_or_create(name="thru2", through_defaults={"weight": 6})
    book.linked.update_or_create(name="thru3", through_defaults={"weight": 5})
    show(list(Link.objects.filter(book=3).order_by("tag").values_list("tag__name", "weight")))
    one, two, three = A.filter(pk__lt=4).order_by("pk")
    one.friends.add(two, three)
    show(keys(two.friends.all()), keys(one.friends.all()))
    two.friends.remove(one)
    show(keys(one.friends.all()), keys(two.friends.all()))
    one.friends.set([two])
    show(keys(three.friends.all()), keys(two.friends.all()))
    one.friends.clear()
    one.fans.add(two, one)
    show(keys(two.idols.all()), keys(one.fans.all()), keys(two.fans.all()), keys(one.idols.all()))
    two.idols.set([three], clear=True)
    show(keys(one.fans.all()), keys(three.fans.all()))
    manager = book.tags(manager="objects")
    show(manager.count(), book.tags.db, book.tags.using("default").count())
    show.of(
        lambda: book.tags.add(Author(pk=1)),
        lambda: book.tags.add("x"),
        lambda: book.tags.add(Tag(name="unsaved")),
        lambda: book.tags.remove(Author(pk=1)),
        lambda: book.tags.set(5),
        lambda: setattr(book, "tags", [1]),
        lambda: Book(title="x").tags.add(1),
        lambda: Book.tags.all(),
        lambda: book.tags.create(name="t1"),
        lambda: book.tags.add(None),
    )


def case_reverse_relations(show: Any) -> None:
    author, other = A.get(pk=1), A.get(pk=2)
    show(keys(author.books.all()), keys(other.edited.all()))
    made = author.books.create(title="mine")
    show(made.author, author.books.get_or_create(title="mine")[1])
    show(author.books.update_or_create(title="mine", defaults={"pages": 77})[0].pages)
    author.books.add(B.get(pk=4), B.get(pk=5))
    show(keys(author.books.exclude(pk=made.pk)))
    author.books.add(Book(title="bulk1"), Book(title="bulk2"), bulk=False)
    show(sorted(author.books.values_list("title", flat=True)))
    other.edited.set(B.filter(pk__in=[1, 2]))
    show(keys(other.edited.all()))
    other.edited.remove(B.get(pk=1))
    show(keys(other.edited.all()))
    other.edited.set([B.get(pk=3)], clear=True)
    show(keys(other.edited.all()))
    other.edited.clear(bulk=False)
    show(keys(other.edited.all()))
    other.edited.set(B.filter(pk__in=[1, 2]), bulk=False)
    show(keys(other.edited.all()))
    loaded = A.prefetch_related("edited").get(pk=2)
    show(len(loaded.edited.all()), loaded.edited.count())
    loaded.edited.add(B.get(pk=9))
    show(sorted(b.pk for b in loaded.edited.all()))
    show(keys(author.books(manager="priced").all()))
    cover = B.get(pk=1).cover
    book = B.get(pk=2)
    book.cover = Cover(colour="x")
    show(book.cover.book_id, cover.book.pk)
    book.author = other
    show(book.author_id)
    book.author_id = 1
    show(book.author)
    book.editor = None
    show(book.editor_id, Book(author=other).author_id, Book(editor=None).editor)
    show.of(
        lambda: author.books.remove(B.get(pk=1)),
        lambda: author.books.clear(),
        lambda: other.edited.remove(B.get(pk=7)),
        lambda: author.books.add(1),
        lambda: author.books.add(Book(title="unsaved")),
        lambda: author.books.add(Tag(pk=1)),
        lambda: setattr(author, "books", []),
        lambda: setattr(book, "author", tag_of_one()),
        lambda: setattr(book, "author", None),
        lambda: setattr(book, "cover", Tag(pk=1)),
        lambda: Book(title="t", author=Author(name="u")).save(),
        lambda: B.create(title="t", author=Author(name="u")),
        lambda: other.edited.set(B.filter(pk=99)),
        lambda: Author(name="u").books.count(),
    )


def tag_of_one() -> Any:
    return Tag.objects.get(pk=1)


# -- expressions ------------------------------------------------------------------------------


def case_expressions(show: Any) -> None:
    rows = B.order_by("pk")
    for number, expression in enumerate(
        [
            F("pages") + 1,
            F("pages") * F("id") - 2,
            F("price") / 2,
            F("pages") % 3,
            F("ratio") ** 2,
            -F("pages"),
            F("pages").bitand(3),
            F("pages").bitor(8),
            F("pages").bitxor(3),
            F("pages").bitleftshift(1),
            F("pages").bitrightshift(1),
            1 + F("pages"),
            10 - F("pages"),
            12 / F("id"),
            2 * F("pages"),
            7 % F("id"),
            Value("x"),
            Value(None, models.CharField()),
            fn.Concat("title", Value("-"), "author__name"),
            fn.Concat("title", F("pages"), output_field=models.CharField()),
            fn.Coalesce("pages", "id"),
            fn.Coalesce("pages", Value(-1)),
            fn.Greatest("pages", "id"),
            fn.Least("pages", Value(3), "id"),
            fn.NullIf("title", Value("Ann")),
            fn.Cast("pages", models.CharField(max_length=5)),
            fn.Cast("title", models.TextField()),
            fn.Cast("ratio", models.IntegerField()),
            fn.Cast("day", models.CharField(max_length=20)),
            fn.Cast("pages", models.FloatField()),
            fn.Upper("title"),
            fn.Length("title"),
            fn.Left("title", 2),
            fn.Right("title", 2),
            fn.Substr("title", 2),
            fn.Substr("title", 2, 1),
            fn.Replace("title", Value("n"), Value("m")),
            fn.Replace("title", Value("n")),
            fn.Reverse("title"),
            fn.Repeat("title", 2),
            fn.Repeat("title", F("pages")),
            fn.LPad("title", 6, Value("*")),
            fn.RPad("title", 6),
            fn.Trim(Value("  x ")),
            fn.LTrim(Value("  x ")),
            fn.RTrim(Value("  x ")),
            fn.StrIndex("title", Value("n")),
            fn.Chr("id"),
            fn.Ord("title"),
            fn.MD5("title"),
            fn.SHA1("title"),
            fn.SHA224("title"),
            fn.SHA256("title"),
            fn.SHA384("title"),
            fn.SHA512("title"),
            fn.Abs(F("pages") - 3),
            fn.Ceil("ratio"),
            fn.Floor("ratio"),
            fn.Round("ratio"),
            fn.Round("ratio", precision=1),
            fn.Round("price", 1),
            fn.Sqrt("id"),
            fn.Power("id", 2),
            fn.Mod("id", 3),
            fn.Sign(F("pages") - 3),
            fn.Exp("ratio"),
            fn.Ln("id"),
            fn.Log(2, "id"),
            fn.Log("id", 10),
            fn.Sin("ratio"),
            fn.Cos("ratio"),
            fn.Tan("ratio"),
            fn.Cot("id"),
            fn.ASin(F("ratio") / 2),
            fn.ACos(F("ratio") / 2),
            fn.ATan("ratio"),
            fn.ATan2("ratio", "id"),
            fn.Degrees("ratio"),
            fn.Radians("ratio"),
            fn.Pi(),
            fn.ExtractYear("day"),
            fn.ExtractMonth("at"),
            fn.ExtractQuarter("day"),
            fn.ExtractWeek("day"),
            fn.ExtractIsoYear("day"),
            fn.ExtractWeekDay("at"),
            fn.ExtractIsoWeekDay("at"),
            fn.ExtractHour("at"),
            fn.ExtractMinute("hour"),
            fn.ExtractSecond("hour"),
            fn.ExtractDay("span"),
            fn.TruncYear("day"),
            fn.TruncQuarter("day"),
            fn.TruncMonth("at"),
            fn.TruncWeek("at"),
            fn.TruncDay("at"),
            fn.TruncDate("at"),
            fn.TruncTime("at"),
            fn.TruncHour("at"),
            fn.TruncMinute("hour"),
            fn.TruncSecond("at"),
            fn.TruncHour("hour"),
            fn.Trunc("at", "month", output_field=models.DateField()),
            fn.Trunc("at", "hour", output_field=models.TimeField()),
            fn.TruncDay("at", tzinfo=datetime.timezone(datetime.timedelta(hours=5, minutes=30))),
            fn.ExtractHour("at", tzinfo=datetime.timezone(datetime.timedelta(hours=-8))),
            F("at") - datetime.timedelta(days=1),
            F("at") + F("span"),
            F("day") + datetime.timedelta(days=1),
            models.ExpressionWrapper(
                F("at") - Value(datetime.datetime(2020, 1, 1, tzinfo=UTC)), models.DurationField()
            ),
            F("at") - F("at"),
            F("day") - F("day"),
            F("hour") - F("hour"),
            F("span") * 2,
            F("span") + F("span"),
            fn.JSONObject(t="title", n=F("pages") + 1, inner=fn.JSONObject(x=Value(1))),
            fn.JSONObject(),
            Q(pages__gt=3),
            ~Q(pages__gt=3),
            Q(pages__gt=3) | Q(title="Ann"),
            Q(pages__gt=3) ^ Q(title="Ann"),
            models.ExpressionWrapper(Q(pk__in=[]), models.BooleanField()),
            models.ExpressionWrapper(~Q(pk__in=[]), models.BooleanField()),
            Exists(Link.objects.filter(book=OuterRef("pk"))),
            ~Exists(Link.objects.filter(book=OuterRef("pk"))),
            Exists(Link.objects.none()),
            Subquery(Link.objects.filter(book=OuterRef("pk")).values("weight")[:1]),
            Subquery(A.filter(pk=OuterRef("author__boss")).values("name")),
            Subquery(
                B.filter(author=OuterRef("author"))
                .values("author")
                .annotate(c=Count("*"))
                .values("c")
            ),
            Subquery(A.none().values("pk")),
            A.filter(pk=OuterRef("author_id")).values("name"),
            Case(
                When(pages__gt=4, then=Value("big")), When(pages__isnull=True, then=Value("none"))
            ),
            Case(When(Q(pages__gt=4) | Q(done=True), then="id"), default=F("pages") * -1),
            Case(When(pk__in=[], then=Value(1)), default=Value(2)),
            Case(When(~Q(pk__in=[]), then=Value(1)), default=Value(2)),
            Case(default=Value(3)),
            fn.Collate("title", "nocase"),
            models.Func("title", function="LOWER"),
            models.Func(F("title"), Value("x"), function="IFNULL", output_field=models.CharField()),
            models.Func("id", template="%(expressions)s + 1", output_field=models.IntegerField()),
            fn.Now() - fn.Now(),
        ]
    ):
        show.of(
            lambda e=expression: list(rows.annotate(x=e).values_list("x", flat=True)),
            lambda e=expression: rows.annotate(x=e).order_by("x", "pk"),
            lambda e=expression: rows.annotate(x=e).exclude(x=None).count(),
            lambda e=expression: [o.x for o in rows.annotate(x=e)[:2]],
            lambda e=expression: len(set(rows.values("author").annotate(x=e).values_list("x"))),
            lambda e=expression: rows.aggregate(m=Count(e)),
        )
        show(f"{number} {type(expression).__name__}")
    show.of(
        lambda: list(rows.annotate(x=F("pages") + Value("x"))),
        lambda: list(rows.annotate(x=F("pages") + F("title"))),
        lambda: list(rows.annotate(x=Value("x") + Value(1))),
        lambda: fn.Coalesce("pages"),
        lambda: fn.Greatest("pages"),
        lambda: fn.Concat("pages"),
        lambda: fn.Left("title", 0),
        lambda: fn.Substr("title", 0),
        lambda: fn.LPad("title", -1),
        lambda: fn.NullIf("title"),
        lambda: When("x"),
        lambda: When(Q(), then=1),
        lambda: When(pk=1),
        lambda: Case("x"),
        lambda: models.ExpressionWrapper("x"),
        lambda: models.OuterRef("x").resolve_expression(None),
        lambda: F("pages") & F("id"),
        lambda: F("pages") | F("id"),
        lambda: F("pages") ^ F("id"),
        lambda: Q(pk=1) & 1,
        lambda: bool(F("pages")),
        lambda: F("a") == F("a"),
        lambda: Value(1) == Value(1),
        lambda: hash(Value(1)) == hash(Value(1)),
        lambda: repr(F("a") + 1),
        lambda: repr(Q(a=1) | ~Q(b=2)),
        lambda: Q(a=1).deconstruct()[1:],
        lambda: (Q() & Q(a=1)) == Q(a=1),
        lambda: "x" in F("a"),
        lambda: F("title")[0],
        lambda: list(rows.values_list(F("title")[1:3], flat=True)),
        lambda: list(rows.values_list(F("title")[0], flat=True)),
        lambda: F("title")[-1],
        lambda: F("title")[::2],
        lambda: F("title")["x"],
    )


def case_aggregates(show: Any) -> None:
    for aggregate in (
        Count("pk"),
        Count("*"),
        Count("pages"),
        Count("author", distinct=True),
        Count("tags"),
        Count("tags", distinct=True),
        Count("pk", filter=Q(pages__gt=2)),
        Count("tags", filter=Q(tags__name="t1")),
        Sum("pages"),
        Sum("price"),
        Sum(F("pages") * 2),
        Sum("pages", default=0),
        Sum("pages", filter=Q(pk__in=[])),
        Sum("pages", filter=Q(pk__in=[]), default=-1),
        Sum("pages", distinct=True),
        Avg("pages"),
        Avg("price"),
        Avg("ratio", filter=Q(done=True)),
        Max("title"),
        Min("day"),
        Max("at"),
        Max("author__age"),
        Min("tags__name"),
        Sum("author__books__pages"),
        Count(Case(When(done=True, then=1))),
        Max(fn.Length("title")),
    ):
        show.of(
            lambda a=aggregate: B.aggregate(x=a),
            lambda a=aggregate: B.filter(pk__in=[]).aggregate(x=a),
            lambda a=aggregate: B.filter(pages__gt=99).aggregate(x=a),
            lambda a=aggregate: B.order_by("pk")[:5].aggregate(x=a),
            lambda a=aggregate: B.distinct().aggregate(x=a),
            lambda a=aggregate: B.filter(tags__pk__gt=1).aggregate(x=a),
            lambda a=aggregate: list(B.values("author").annotate(x=a).order_by("author")),
            lambda a=aggregate: list(B.annotate(x=a).order_by("pk").values_list("pk", "x")),
            lambda a=aggregate: list(B.annotate(x=a).filter(x__gt=2).order_by("pk").values("x")),
            lambda a=aggregate: B.annotate(x=a).aggregate(y=Count("x")),
            lambda a=aggregate: list(B.values("done").annotate(x=a).order_by("x", "done")),
            lambda a=aggregate: list(B.annotate(x=a).values("title").order_by("title", "pk")[:3]),
            lambda a=aggregate: B.annotate(x=a).count(),
            lambda a=aggregate: B.annotate(x=a).exclude(x=None).count(),
            lambda a=aggregate: B.annotate(x=a).filter(Q(x__gt=1) | Q(title="Ann")).count(),
            lambda a=aggregate: a.default_alias,
        )
    for spread in (models.StdDev, models.Variance):
        show(B.aggregate(x=spread("ratio")), B.aggregate(x=spread("ratio", sample=True)))
        show(list(B.values("done").annotate(x=spread("ratio", sample=True)).order_by("done")))
    show(B.aggregate(Count("pk"), Sum("pages"), n=Avg("pages")))
    show(B.annotate(n=Count("tags")).aggregate(Sum("n"), Max("n"), a=Avg("n") + 1))
    show(B.annotate(n=Count("tags")).values("n").annotate(m=Count("pk")).order_by("n"))
    show(A.annotate(n=Count("books"), m=Max("books__pages")).order_by("pk").values("n", "m"))
    show(A.annotate(n=Count("books")).filter(n__gt=1, books__pages__gt=2).order_by("pk"))
    show(A.filter(books__pages__gt=2).annotate(n=Count("books")).order_by("pk").values("n"))
    show(B.values("author__name").annotate(n=Count("pk")).filter(n__gt=1).order_by("author__name"))
    show(
        B.values("title", "done").annotate(n=Count("pk")).values_list("n").order_by("title", "done")
    )
    show(B.annotate(x=F("pages") + 1).values("x").annotate(n=Count("pk")).order_by("x"))
    show(B.annotate(t=fn.TruncYear("day")).values("t").annotate(n=Count("pk")).order_by("t"))
    show(
        B.annotate(e=Exists(Link.objects.filter(book=OuterRef("pk"))))
        .values("e")
        .annotate(n=Count("pk"))
        .order_by("e")
    )
    show.of(
        lambda: B.aggregate(x=Sum(Sum("pages"))),
        lambda: B.annotate(x=Count("pk")).annotate(y=Sum("x")).count(),
        lambda: B.annotate(x=Count("tags")).aggregate(y=Sum(Count("x"))),
        lambda: Count("*", distinct=True),
        lambda: Count("pk", default=1),
        lambda: Count("*", filter=1),
        lambda: Sum("pages", "pk"),
        lambda: B.filter(pk=Count("tags")).count(),
        lambda: B.aggregate(Sum("title__nope")),
        lambda: B.annotate(Count("pk"), Count("pk")).count(),
        lambda: B.annotate(Count("pk"), pk__count=Count("pk")),
    )


def case_windows(show: Any) -> None:
    rows = B.order_by("pk")
    by = {"partition_by": ["author"], "order_by": ["pages", "pk"]}
    for expression in (
        fn.RowNumber(),
        fn.Rank(),
        fn.DenseRank(),
        fn.PercentRank(),
        fn.CumeDist(),
        fn.Ntile(3),
        fn.Lag("pages"),
        fn.Lag("pages", 2, 0),
        fn.Lead("title", default=Value("end")),
        fn.FirstValue("title"),
        fn.LastValue("title"),
        fn.NthValue("title", 2),
        Sum("pages"),
        Count("pk"),
        Avg("price"),
    ):
        for how in (
            by,
            {"order_by": F("pk").desc()},
            {"partition_by": "done", "order_by": "-pk"},
            {},
            {**by, "frame": models.RowRange(start=-1, end=0)},
            {**by, "frame": models.RowRange()},
            {**by, "frame": models.RowRange(start=None, end=1)},
            {**by, "frame": models.RowRange(start=0, end=None)},
            {"order_by": "pk", "frame": models.ValueRange(start=None, end=0)},
            {"order_by": "pk", "frame": models.ValueRange()},
            {
                "order_by": "pk",
                "frame": models.RowRange(exclusion=models.WindowFrameExclusion.GROUP),
            },
        ):
            show.of(
                lambda e=expression, h=how: list(
                    rows.annotate(w=Window(e, **h)).values_list("w", flat=True)
                )
            )
    ranked = rows.annotate(w=Window(fn.RowNumber(), **by))
    show(ranked.filter(w=1), ranked.filter(w__lte=2, pages__gt=1), ranked.exclude(w=1).count())
    show(ranked.filter(Q(w=1) & Q(title="Ann")), ranked.filter(w=1).values("pk", "w"))
    show(list(ranked.filter(w=1).values_list("title", flat=True)), ranked.order_by("w", "pk"))
    show(rows.annotate(w=Window(Sum("pages"), order_by="pk") + 1).values_list("w"))
    show(
        rows.values("author")
        .annotate(n=Count("pk"), w=Window(fn.Rank(), order_by=Count("pk")))
        .order_by("author")
    )
    show.of(
        lambda: Window(F("pages")),
        lambda: Window(fn.Upper("title")),
        lambda: Window(fn.Rank(), order_by=1),
        lambda: models.RowRange(start=1, end=0),
        lambda: list(rows.annotate(w=Window(Sum("pages"), frame=models.RowRange(start="x")))),
        lambda: list(
            rows.annotate(
                w=Window(Sum("pages"), order_by="pk", frame=models.ValueRange(start=-1, end=1))
            )
        ),
        lambda: fn.Ntile(0),
        lambda: fn.Lag(None),
        lambda: fn.Lag("x", 0),
        lambda: fn.NthValue(None, 1),
        lambda: fn.NthValue("x", 0),
        lambda: B.update(pages=Window(Sum("pages"))),
        lambda: ranked.filter(Q(w=1) | Q(pk=1)).count(),
        lambda: ranked.aggregate(Sum("w")),
    )


def case_set_operations(show: Any) -> None:
    rows = B.order_by()
    one, two = rows.filter(pk__lt=6), rows.filter(pk__gt=3)
    show(one.union(B.filter(pk=1)), keys(one.union(two)))
    show(one.union(two).order_by("pk"), one.union(two, all=True).count())
    show(one.intersection(two).order_by("pk"), one.difference(two).order_by("-pk"))
    show(one.union(two).values_list("pk", flat=True).order_by("-pk"))
    show(one.values("title").union(two.values("title")).order_by("title"))
    show(one.union(two).order_by("title", "pk")[1:3], one.union(two).exists(), len(one.union(two)))
    show(one.union(two).order_by("pk").first(), one.union(two).order_by("pk").last())
    show(one.values_list("pk", "title").union(A.values_list("pk", "name")).order_by("pk", "title"))
    show(one.annotate(x=Value(1)).union(two.annotate(x=Value(2))).order_by("x", "pk").values("x"))
    both = one.annotate(x=Value(1)).union(two.annotate(x=Value(2))).order_by("x", "pk")
    show([row.x for row in both.values_list("x", named=True)], both.values_list("x", flat=True))
    show(one.union(two).union(rows.filter(pk=12)).count(), rows.none().union(rows.none()))
    show(
        one.difference(rows.none()).order_by("pk"),
        rows.none().difference(one),
        one.intersection(rows.none()),
    )
    show(one & two, one | two, one ^ two, one & rows.none(), one | rows.none(), rows.none() | one)
    show(one ^ rows.none(), rows.none() ^ one, (one | two).filter(pages__gt=3), rows.none() & one)
    tagged = B.filter(tags__name="t1") | B.filter(tags__name="t2")
    show(tagged.distinct(), B.filter(tags__name="t1") & B.filter(tags__name="t2"))
    show(B.filter(Q(pk=1) ^ Q(pages=1)), B.filter(Q(pk=1) ^ Q(pages=1) ^ Q(done=True)))
    show(B.filter(~(Q(pk=1) | Q(pages=1))), B.filter(~Q(tags__name="t1", done=True)))
    show(B.filter(Q()), B.filter(~Q(pk__in=[]) & Q(pk=1)), B.exclude(~Q(pk=1)))
    show(B.filter(Q(author__boss=None) | Q(editor__boss__name="Ann")))
    show(B.filter(tags__name="t1", tags__pk=1), B.filter(tags__name="t1").filter(tags__pk=2))
    show(B.exclude(tags__name="t1", tags__pk=2), B.exclude(Q(tags=None)), B.exclude(editor__age=1))
    show(A.exclude(books__editor__name="bob").order_by("pk"), A.exclude(staff=None).order_by("pk"))
    show(B.filter(pk__in=one.union(two).values("pk")), B.filter(pk__in=one.order_by("-pk")[:2]))
    relation = models.FilteredRelation("tags", condition=Q(tags__name__gt="t2"))
    late = B.annotate(late=relation)
    show(
        late.filter(late__isnull=False), late.values_list("pk", "late__name").order_by("pk", "late")
    )
    show(late.annotate(n=Count("late")).order_by("pk").values_list("n", flat=True))
    boss = B.annotate(b=models.FilteredRelation("author__boss", condition=Q(author__age__gt=1)))
    show(boss.filter(b__name="Ann"), boss.exclude(b__name="Ann").count())
    show(boss.select_related("b").order_by("pk")[:2], boss.order_by("b__name", "pk"))
    show.of(
        lambda: models.FilteredRelation(""),
        lambda: models.FilteredRelation("tags", condition=1),
        lambda: B.annotate(late=models.FilteredRelation("nope")),
        lambda: B.annotate(x=models.FilteredRelation("tags", condition=Q(author__name=1))).filter(
            x=1
        ),
        lambda: late.filter(late__nope=1),
        lambda: B.annotate(x=models.FilteredRelation("tags__books")).filter(x__pk=1).count(),
    )


def case_composite_keys(show: Any) -> None:
    L = Line.objects
    show(L.get(pk=(0, 0)).text, L.filter(pk=(1, 2)), L.filter(pk__in=[(0, 0), (1, 0), (9, 9)]))
    show(L.filter(pk__in=[]), L.exclude(pk=(0, 0)).count(), L.filter(pk__gt=(0, 1)).order_by("pk"))
    show(L.filter(pk__gte=(1, 0)).order_by("pk"), L.filter(pk__lt=(1, 0)).order_by("pk"))
    show(L.filter(pk__lte=(1, 0)).order_by("pk"), L.filter(pk__isnull=False).count())
    show(L.filter(pk__isnull=True).count(), L.filter(pk__in=L.filter(order=1)).count())
    show(L.filter(pk__in=L.filter(order=1).values("pk")).order_by("pk"), L.in_bulk([(0, 0)]))
    show(L.values_list("pk", "text").order_by("-pk"), L.count(), L.aggregate(Count("pk")))
    row = L.get(pk=(0, 1))
    row.text = "new"
    row.save()
    show(L.get(pk=(0, 1)).text, row.pk, row == L.get(pk=(0, 1)), hash(row) == hash(Line(pk=(0, 1))))
    row.delete()
    show(L.filter(pk=(0, 1)).exists(), Line(pk=(5, 6)).order, Line(order=5).pk)
    L.filter(pk=(0, 0)).update(text="upd")
    show(L.get(pk=(0, 0)).text, L.filter(pk=(0, 0)).delete(), L.order_by("pk").first().pk)
    L.bulk_create([Line(order=7, number=n) for n in range(3)])
    made = list(L.filter(order=7).order_by("pk"))
    for line in made:
        line.text = "bulk"
    show(L.bulk_update(made, ["text"]), L.filter(text="bulk").count())
    show(L.update_or_create(pk=(7, 1), defaults={"text": "x"})[1], L.get_or_create(pk=(8, 8))[1])
    show.of(
        lambda: L.filter(pk=1).count(),
        lambda: L.filter(pk=(1,)).count(),
        lambda: L.filter(pk=(1, 2, 3)).count(),
        lambda: L.filter(pk__in=[1]).count(),
        lambda: L.filter(pk__in=[(1, 2, 3)]).count(),
        lambda: L.filter(pk__in=5).count(),
        lambda: L.filter(pk__isnull="x").count(),
        lambda: L.filter(pk__gt=1).count(),
        lambda: L.filter(pk__contains=1).count(),
        lambda: L.filter(pk=None).count(),
        lambda: L.filter(pk__in=[(None, 1)]).count(),
        lambda: L.filter(pk=(None, 1)).count(),
        lambda: L.filter(pk__in=L.values("text")).count(),
        lambda: L.filter(pk=L.values("text")).count(),
        lambda: L.filter(pk=L.filter(pk=(1, 2))).count(),
        lambda: L.filter(pk=F("text")).count(),
        lambda: L.update(pk=(1, 2)),
        lambda: L.create(text="x"),
        lambda: L.create(order=1, number=2),
        lambda: L.aggregate(Max("pk")),
        lambda: L.annotate(x=F("pk")).count(),
        lambda: L.dates("pk", "year"),
        lambda: L.filter(pk__range=[(0, 0), (1, 1)]).count(),
        lambda: Line(pk=(1, 2, 3)),
        lambda: Line(pk=5),
    )


# -- saving -----------------------------------------------------------------------------------


def case_saving(show: Any) -> None:
    book = Book(title="new", author_id=1)
    show(book.pk, book._state.adding, book._state.db)
    book.save()
    show(book.pk is not None, book._state.adding, book._state.db)
    book.title, book.pages = "changed", 5
    book.save(update_fields=["title"])
    show(B.get(pk=book.pk).pages, B.get(pk=book.pk).title)
    book.save(update_fields=[])
    book.pages = F("pages") + 1
    show.of(lambda: book.save(), lambda: B.get(pk=book.pk).pages)
    book.pages = 5
    book.save()
    book.pages = F("pages") + 1
    book.save()
    book.refresh_from_db()
    show(book.pages)
    copied = B.get(pk=1)
    copied.pk = None
    copied._state.adding = True
    copied.save()
    show(copied.pk != 1, copied.title)
    forced = Book(pk=500, title="x", author_id=1)
    forced.save(force_insert=True)
    Book(pk=500, title="y", author_id=1).save()
    show(B.get(pk=500).title, B.filter(pk=500).count())
    Book(pk=501, title="z", author_id=1).save()
    cafe = Cafe(name="new", seats=4)
    cafe.save()
    show(cafe.place_ptr_id == cafe.pk, Place.objects.get(pk=cafe.pk).name)
    cafe.name, cafe.seats = "n2", 5
    cafe.save(update_fields=["name"])
    show(Cafe.objects.filter(pk=cafe.pk).values("name", "seats")[0])
    place = Place.objects.create(name="raw")
    Cafe(place_ptr=place, seats=2).save_base(raw=True)
    show(Cafe.objects.get(pk=place.pk).name)
    show(Cafe.objects.filter(name="raw").update(name="both", seats=3))
    show(Place.objects.get(pk=place.pk).name, Cafe.objects.get(pk=place.pk).seats)
    show(Terrace.objects.update(name="t", seats=F("seats") + 1, sunny=False))
    show(list(Terrace.objects.values("name", "seats", "sunny")))
    step = Step.objects.create(book_id=1, name="a")
    second = Step.objects.create(book_id=1, name="b")
    first_book = B.get(pk=1)
    show(list(first_book.get_step_order()) == [step.pk, second.pk])
    first_book.set_step_order([second.pk, step.pk])
    show([s.name for s in Step.objects.filter(book=1)], second.get_next_in_order().name)
    show(step.get_previous_in_order().name if False else "-")
    show.of(
        lambda: book.save(force_insert=True, force_update=True),
        lambda: book.save(update_fields=["nope"]),
        lambda: book.save(update_fields=["pk"]),
        lambda: book.save(update_fields=["title"], force_insert=True),
        lambda: Book(title="x", author_id=1).save(update_fields=["title"]),
        lambda: Book(title="x").delete(),
        lambda: Book(title="x").refresh_from_db(),
        lambda: Book(pk=900).refresh_from_db(),
        lambda: Book(pk=1).save(update_fields="title"),
        lambda: str(Book(pk=3)),
        lambda: repr(Book()),
        lambda: Book(pk=1) == Book(pk=1),
        lambda: Book() == Book(),
        lambda: hash(Book()),
        lambda: Book(pk=1) == 1,
        lambda: CafeProxy(pk=1) == Cafe(pk=1),
        lambda: Place(pk=1) == Cafe(pk=1),
        lambda: pickle.loads(pickle.dumps(B.get(pk=1))).title,
        lambda: copy.deepcopy(B.get(pk=1)).author.name,
        lambda: B.get(pk=1).get_next_by_at(),
        lambda: B.get(pk=1).get_previous_by_at(),
        lambda: B.get(pk=5).get_next_by_at(pages__gt=3),
        lambda: Book().get_next_by_at(),
        lambda: B.get(pk=1).serializable_value("author"),
        lambda: B.get(pk=1).serializable_value("pk"),
        lambda: Book.from_db("default", ["id", "title"], [1, "x"]).title,
        lambda: Author.check(),
        lambda: Place.objects.create(name="x").cafe,
    )


def case_validation(show: Any) -> None:
    def errors(row: Any, **how: Any) -> Any:
        try:
            row.full_clean(**how)
        except Exception as error:
            return {k: [e.code for e in v] for k, v in sorted(error.error_dict.items())}
        return "fine"

    show(errors(Book()), errors(Book(title="x" * 30, author_id=1)), errors(Tag(name="t1")))
    show(errors(Book(title="x", author_id=999, pages="x", price="1.2345", day="z", at="q")))
    show(errors(Book(title="x", author_id=1, hour="9", span="-", data={1}, ratio="w", done=None)))
    show(errors(Tag(name="t1"), validate_unique=False), errors(Tag(pk=1, name="t1")))
    show(errors(Tag(name=""), exclude=["name"]), errors(Line(order=1, number=2)))
    show(errors(Cover(book_id=1, colour="x")), errors(Cafe(name="n", seats=None)))
    for field, values in {
        "pages": ["5", 5.7, True, None, "", "x", [], Decimal("3")],
        "price": ["1.5", 1.5, "x", None, "NaN", Decimal("1e10"), float("inf"), ""],
        "day": ["2020-01-02", "2020-13-01", 5, None, datetime.datetime(2020, 1, 1), ""],
        "at": ["2020-01-02", "2020-01-02T01:02:03Z", "x", datetime.date(2020, 1, 1), None],
        "hour": ["01:02", "x", datetime.datetime(2020, 1, 1, 5), None, 3],
        "span": ["1 02:03:04", "P1D", "x", None, 5, datetime.timedelta(1)],
        "ratio": ["1.5", "x", None, True, "inf"],
        "done": ["True", "t", 1, 0, "x", None, "", "False", "f", 2],
        "title": [5, None, "x", b"x"],
        "author": [1, "1", None, "x"],
        "data": ["{", {"a": 1}, {1, 2}, None],
    }.items():
        column = Book._meta.get_field(field)
        for value in values:
            show.of(
                lambda c=column, v=value: c.to_python(v),
                lambda c=column, v=value: c.clean(v, None),
                lambda c=column, v=value: c.get_prep_value(v),
            )
    show(sorted(f.name for f in Book._meta.get_fields()), Book._meta.label, Book._meta.pk.name)
    show([f.name for f in Terrace._meta.get_parent_list()[0]._meta.fields])
    show([f.attname for f in Terrace._meta.concrete_fields], list(Terrace._meta.parents))
    show(
        sorted(Author._meta.fields_map),
        [r.get_accessor_name() for r in Author._meta.related_objects],
    )
    show.of(
        lambda: Book._meta.get_field("nope"),
        lambda: Book._meta.get_field("link").name,
        lambda: Book._meta.get_field("tags").related_query_name(),
        lambda: Terrace._meta.get_ancestor_link(Place).name,
        lambda: Terrace._meta.get_base_chain(Place),
        lambda: Terrace._meta.get_path_to_parent(Place)[0].to_opts.label,
        lambda: Book._meta.can_migrate("default"),
        lambda: str(Book._meta.verbose_name_plural),
        lambda: Book._meta.get_field("day").deconstruct()[2:],
        lambda: sorted(Book._meta.get_field("author").deconstruct()[3]),
        lambda: Book._meta.get_field("tags").deconstruct()[2:],
        lambda: Book._meta.get_field("price").validators[0].code,
        lambda: Book._default_manager.name,
        lambda: Book.priced.count(),
        lambda: Book._base_manager.count(),
    )


def case_bulk(show: Any) -> None:
    made = B.bulk_create(
        [Book(title=f"b{n}", author_id=1, pages=n) for n in range(5)], batch_size=2
    )
    show([b.pk is not None for b in made], B.filter(title__startswith="b", pages__lt=5).count())
    for book in made:
        book.pages = book.pages * 10
        book.title = F("title")
    show(B.bulk_update(made, ["pages", "title"], batch_size=3))
    show(list(B.filter(pk__gte=made[0].pk).order_by("pk").values_list("title", "pages")))
    made[0].price = Decimal("1.25")
    made[1].day = datetime.date(2000, 1, 1)
    made[2].data = {"x": [1]}
    made[3].span = datetime.timedelta(1)
    made[4].editor = A.get(pk=2)
    show(B.bulk_update(made, ["price", "day", "data", "span", "editor"]))
    rows = B.filter(pk__gte=made[0].pk).order_by("pk")
    show(list(rows.values_list("price", "day", "data", "span", "editor")))
    tags = [Tag(name="t1"), Tag(name="fresh")]
    show(len(Tag.objects.bulk_create(tags, ignore_conflicts=True)), Tag.objects.count())
    upsert = Tag.objects.bulk_create(
        [Tag(pk=1, name="renamed"), Tag(pk=77, name="t77")],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["id"],
    )
    show(upsert, Tag.objects.get(pk=1).name, Tag.objects.filter(pk=77).exists())
    show(B.bulk_create([]), B.filter(pages=None).update(pages=0), B.filter(pages=None).count())
    show(B.filter(author__name="bob").update(pages=F("pages") + 100, done=Q(pages__gt=3)))
    show(B.order_by("pk").values_list("pages", "done"))
    show(B.update(title=Subquery(A.filter(pk=OuterRef("author_id")).values("name"))))
    show(B.order_by("pk").values_list("title", flat=True)[:5])
    show(B.filter(pk=1).update(author=A.get(pk=3)), B.get(pk=1).author_id, B.filter(pk=1).update())
    show(B.order_by("-pk").update(price=Case(When(done=True, then=Value(Decimal("1"))))))
    show(B.get_or_create(title="goc", defaults={"author_id": 1, "pages": lambda: 7})[0].pages)
    show(B.get_or_create(title__iexact="GOC", defaults={"author_id": 2})[1])
    show(
        B.update_or_create(title="goc", defaults={"pages": 8}, create_defaults={"pages": 9})[
            0
        ].pages
    )
    show(
        B.update_or_create(
            title="uoc", defaults={"pages": 8}, create_defaults={"pages": 9, "author_id": 1}
        )[0].pages
    )


def case_deleting(show: Any) -> None:
    show(B.filter(pk=2).delete(), B.get(pk=1).delete())
    guard = Guard.objects.create(author_id=1, tag_id=1, fallback_id=2, chosen_id=3)
    show.of(
        lambda: A.get(pk=1).delete(),
        lambda: Tag.objects.get(pk=1).delete(),
        lambda: A.filter(pk__in=[1, 2]).delete(),
    )
    Place.objects.filter(pk=2).delete()
    guard.refresh_from_db()
    show(guard.fallback_id)
    show(A.get(pk=5).delete(), A.filter(boss=None).count())
    show(Terrace.objects.all().delete(), Cafe.objects.count(), Place.objects.count())
    show(Cafe.objects.filter(seats=1).delete(), Place.objects.count())
    show(Place.objects.filter(name="p1").delete(), Cafe.objects.get(seats=3).delete())
    cafe = Cafe.objects.first()
    show(cafe.delete(keep_parents=True), Place.objects.filter(pk=cafe.place_ptr_id or 0).exists())
    show(B.filter(tags__name="t2").delete()[0] > 0, Link.objects.count(), Cover.objects.count())
    guard.delete()
    show(A.all().delete()[0] > 0, B.count(), Book.tags.through.objects.count())
    show(B.all()._raw_delete("default"), B.none().delete(), Tag.objects.all().delete()[1])


def case_raw(show: Any) -> None:
    raw = B.raw(
        "SELECT id, title, pages * 2 AS twice FROM page_book WHERE id < %s ORDER BY id", [4]
    )
    show([(b.pk, b.title, b.twice, sorted(b.get_deferred_fields())[:2]) for b in raw])
    show(raw[0], raw[1:3], len(raw), bool(raw), raw.columns, raw.model, next(iter(raw.iterator())))
    named = B.raw("SELECT * FROM page_book WHERE title = %(t)s", {"t": "Ann"})
    show(sorted(b.pk for b in named), repr(named)[:20], raw.db)
    renamed = B.raw(
        "SELECT id AS key, title AS t FROM page_book LIMIT 1",
        translations={"key": "id", "t": "title"},
    )
    show(renamed[0].title, [b.author.name for b in B.raw("SELECT * FROM page_book LIMIT 2")])
    show(next(iter(raw.using("default"))), raw.resolve_model_init_order()[2])
    show.of(
        lambda: list(B.raw("SELECT nope FROM page_book")),
        lambda: list(B.raw("SELECT title FROM page_book")),
        lambda: list(B.raw("SELECT id FROM page_book WHERE id = %s", [])),
    )


def case_times_of_zones(show: Any) -> None:
    import zoneinfo

    for name in ("America/New_York", "Asia/Kolkata"):
        with timezone.override(zoneinfo.ZoneInfo(name)):
            show(keys(B.filter(at__day=5)), keys(B.filter(at__date=datetime.date(2020, 1, 1))))
            show(list(B.datetimes("at", "day")), keys(B.filter(at__hour__lt=5)))
            show(list(B.annotate(x=fn.TruncDate("at")).order_by("pk").values_list("x")))
            show(keys(B.filter(at__year=2020)), keys(B.filter(at__time__lt=datetime.time(6))))
