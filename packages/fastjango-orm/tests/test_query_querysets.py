"""Querysets on SQLite: reading, writing, refusing, on both edges."""

from __future__ import annotations

import asyncio
import copy
import datetime
import pickle
import re
from decimal import Decimal
from typing import Any

import pytest
from fastjango.core.exceptions import FieldError, FieldFetchBlocked, SynchronousOnlyOperation
from fastjango.orm import IntegrityError, NotSupportedError, connection, models, transaction
from fastjango.orm.models import (
    FETCH_ONE,
    FETCH_RAISE,
    Avg,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    F,
    FilteredRelation,
    Max,
    Min,
    OuterRef,
    Prefetch,
    Q,
    StringAgg,
    Subquery,
    Sum,
    Value,
    When,
    Window,
    prefetch_related_objects,
)
from fastjango.orm.models import functions as fn
from fastjango.orm.query import EmptyQuerySet, aprefetch_related_objects
from fastjango.orm.transaction import TransactionManagementError

UTC = datetime.UTC


class QPerson(models.Model):
    name = models.CharField(max_length=30)
    age = models.IntegerField(null=True)
    mail = models.EmailField(unique=True, null=True)

    class Meta:
        app_label = "orm"
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class QTag(models.Model):
    label = models.SlugField(unique=True)

    class Meta:
        app_label = "orm"


class QDoc(models.Model):
    title = models.CharField(max_length=30)
    author = models.ForeignKey(QPerson, models.CASCADE, related_name="docs")
    editor = models.ForeignKey(QPerson, models.SET_NULL, null=True, related_name="edited")
    tags = models.ManyToManyField(QTag, related_name="docs")
    words = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    when = models.DateTimeField(null=True)
    data = models.JSONField(null=True)
    key = models.UUIDField(null=True)

    class Meta:
        app_label = "orm"
        ordering = ("title",)
        get_latest_by = "words"


class QNote(models.Model):
    doc = models.OneToOneField(QDoc, models.CASCADE, primary_key=True, related_name="note")
    text = models.TextField()

    class Meta:
        app_label = "orm"


MODELS = (QPerson, QTag, QDoc, QNote)


@pytest.fixture(autouse=True)
def rows(kept_tables: None) -> None:
    for model in reversed(MODELS):
        model.objects.all().delete()
    ann = QPerson.objects.create(pk=1, name="Ann", age=30, mail="ann@x.org")
    bob = QPerson.objects.create(pk=2, name="Bob", age=None)
    cid = QPerson.objects.create(pk=3, name="Cid", age=50)
    red, blue = QTag.objects.create(pk=1, label="red"), QTag.objects.create(pk=2, label="blue")
    for number, (author, editor) in enumerate(
        [(ann, bob), (ann, None), (bob, ann), (cid, cid)], start=1
    ):
        doc = QDoc.objects.create(
            pk=number,
            title=f"d{number}",
            author=author,
            editor=editor,
            words=number * 10,
            price=Decimal(number) / 4,
            when=datetime.datetime(2020, number, 1, 12, tzinfo=UTC),
            data={"n": number, "list": [number, None], "word": "x" * number},
        )
        doc.tags.set([red, blue][: number % 3])
    QNote.objects.create(doc_id=1, text="note")


def pks(queryset: Any) -> list[Any]:
    return sorted(obj.pk for obj in queryset)


class CountQueries:
    """Counts the statements run inside the block."""

    def __enter__(self) -> CountQueries:
        self.sql: list[str] = []
        self._wrapper = connection.execute_wrapper(self._note)
        self._wrapper.__enter__()
        return self

    def _note(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.sql.append(sql)
        return execute(sql, params, many, context)

    def __exit__(self, *exc: object) -> None:
        self._wrapper.__exit__(*exc)  # type: ignore[arg-type]


# -- refusing what could be silently wrong -------------------------------------------------


def test_misspelt_lookup_is_refused() -> None:
    with pytest.raises(FieldError, match="Unsupported lookup 'icontain' for CharField"):
        QDoc.objects.filter(title__icontain="x")


def test_misspelt_lookup_names_the_nearest() -> None:
    with pytest.raises(FieldError, match="perhaps you meant icontains"):
        QDoc.objects.filter(title__icontain="x")


def test_unknown_field_names_choices_and_nearest() -> None:
    with pytest.raises(FieldError, match="Cannot resolve keyword 'titel' into field") as caught:
        QDoc.objects.filter(titel="x")
    assert "author, author_id" in str(caught.value)
    assert "Did you mean 'title'?" in str(caught.value)


def test_order_by_unknown_name_is_refused() -> None:
    with pytest.raises(FieldError, match="Cannot resolve keyword 'nothing'"):
        QDoc.objects.order_by("-nothing")


def test_order_by_other_types_is_refused() -> None:
    with pytest.raises(FieldError, match="Invalid order_by arguments"):
        QDoc.objects.order_by(3)


def test_aggregate_over_a_join_does_not_multiply() -> None:
    # Two tags on a document double its row; distinct keys keep the count right.
    docs = QDoc.objects.annotate(n=Count("tags"))
    assert docs.aggregate(total=Sum("words"))["total"] == 100
    assert docs.aggregate(tags=Sum("n"))["tags"] == QDoc.tags.through.objects.count()


@pytest.mark.parametrize("method", ["update", "delete"])
def test_sliced_querysets_change_nothing(method: str) -> None:
    sliced = QDoc.objects.all()[:2]
    with pytest.raises(TypeError, match=r"slice|limit"):
        sliced.update(words=0) if method == "update" else sliced.delete()
    assert QDoc.objects.filter(words=0).count() == 0
    assert QDoc.objects.count() == 4


def test_update_over_a_join_touches_only_its_rows() -> None:
    assert QDoc.objects.filter(author__name="Ann").update(words=F("words") + 1) == 2
    assert list(QDoc.objects.order_by("pk").values_list("words", flat=True)) == [11, 21, 30, 40]


def test_delete_over_a_join_touches_only_its_rows() -> None:
    count, by_model = QDoc.objects.filter(tags__label="blue").delete()
    assert by_model["orm.QDoc"] == 1
    assert count == sum(by_model.values())
    assert pks(QDoc.objects.all()) == [1, 3, 4]


def test_select_for_update_outside_a_transaction_is_refused_or_harmless() -> None:
    # SQLite has no row locks and says so by its feature; the query runs unlocked.
    assert not connection.features.has_select_for_update
    with transaction.atomic():
        assert pks(QDoc.objects.select_for_update()) == [1, 2, 3, 4]
    with pytest.raises(ValueError, match="nowait option cannot be used with skip_locked"):
        QDoc.objects.select_for_update(nowait=True, skip_locked=True)
    assert issubclass(TransactionManagementError, Exception)


def test_json_is_not_saved_as_its_text() -> None:
    doc = QDoc.objects.get(pk=2)
    doc.save()
    assert QDoc.objects.get(pk=2).data == {"n": 2, "list": [2, None], "word": "xx"}
    QDoc.objects.filter(pk=2).update(data=[1, "a"])
    assert QDoc.objects.get(pk=2).data == [1, "a"]


def test_combined_querysets_refuse_filters() -> None:
    union = QDoc.objects.order_by().filter(pk=1).union(QDoc.objects.order_by().filter(pk=2))
    with pytest.raises(NotSupportedError, match=r"Calling QuerySet.filter\(\) after union\(\)"):
        union.filter(pk=1)
    with pytest.raises(NotSupportedError, match=r"QuerySet.get\(...\) with filters after union"):
        union.get(pk=1)
    assert sorted(union.values_list("pk", flat=True)) == [1, 2]


def test_filter_after_slice_is_refused() -> None:
    with pytest.raises(TypeError, match="Cannot filter a query once a slice has been taken"):
        QDoc.objects.all()[:1].filter(pk=1)
    with pytest.raises(TypeError, match="Cannot reorder a query"):
        QDoc.objects.all()[:1].order_by("pk")
    with pytest.raises(TypeError, match="Cannot reverse a query"):
        QDoc.objects.all()[:1].reverse()
    with pytest.raises(TypeError, match="distinct fields once a slice"):
        QDoc.objects.all()[:1].distinct()


# -- names that become SQL -----------------------------------------------------------------

EVIL = ['x" FROM dual; --', "a b", "a;b", "a'b", "a`b", "a--b", "a/*b", "a]b", "a#b", "a\nb", "a%b"]


@pytest.mark.parametrize("alias", EVIL)
def test_aliases_are_checked_everywhere(alias: str) -> None:
    docs = QDoc.objects
    for call in (
        lambda: docs.annotate(**{alias: Value(1)}),
        lambda: docs.alias(**{alias: Value(1)}),
        lambda: docs.aggregate(**{alias: Count("pk")}),
        lambda: docs.values(alias),
        lambda: docs.values(**{alias: F("pk")}),
        lambda: docs.extra(select={alias: "1"}),
        lambda: docs.annotate(**{alias: FilteredRelation("author")}),
    ):
        with pytest.raises(ValueError, match="Column aliases cannot contain"):
            call()


def test_a_period_in_a_filtered_relation_is_refused() -> None:
    with pytest.raises(ValueError, match="doesn't support aliases with periods"):
        QDoc.objects.annotate(**{"a.b": FilteredRelation("author")})


def test_endless_names_are_refused() -> None:
    with pytest.raises(ValueError, match="cannot be longer than"):
        QDoc.objects.annotate(**{"a" * 2000: Value(1)})
    with pytest.raises(ValueError, match="too long"):
        QDoc.objects.filter(**{"title__" + "a" * 20000: 1})


@pytest.mark.parametrize("name", ['title" DESC; --', "title; DROP", "(SELECT 1)", "author.name"])
def test_order_by_takes_names_only(name: str) -> None:
    with pytest.raises(FieldError, match="Cannot resolve keyword"):
        QDoc.objects.order_by(name)


def test_json_keys_travel_as_parameters() -> None:
    evil = "n' = 1) OR 1=1 --"
    assert pks(QDoc.objects.filter(**{f"data__{evil}": 1})) == []
    assert pks(QDoc.objects.filter(data__has_key=evil)) == []
    assert pks(QDoc.objects.filter(data__has_any_keys=[evil, "n"])) == [1, 2, 3, 4]
    assert evil not in str(QDoc.objects.filter(data__has_key=evil).query.sql_with_params()[0])


@pytest.mark.parametrize("option", ["a b", "a;b", "a--b", "analyze, x", ""])
def test_explain_options_are_plain_words(option: str) -> None:
    with pytest.raises(ValueError, match="Invalid option name"):
        QDoc.objects.all().explain(**{option: True})


def test_a_step_of_an_explained_query_is_one_line() -> None:
    lines = QDoc.objects.filter(pk=1).explain().splitlines()
    assert len(lines) == 1
    assert re.fullmatch(r"\d+ \d+ \d+ SEARCH .*rowid=\?.*", lines[0]), lines


def test_explain_formats_are_known_ones() -> None:
    with pytest.raises(ValueError, match="DROP TABLE"):
        QDoc.objects.all().explain(format="DROP TABLE")


@pytest.mark.parametrize("name", ["f(1); --", "a b(", "x'", 'x"'])
def test_function_names_are_identifiers(name: str) -> None:
    with pytest.raises(ValueError, match="Invalid function name"):
        models.Func("pk", function=name)


@pytest.mark.parametrize("name", ["a b", "x;y", 'x"y', ""])
def test_collations_are_identifiers(name: str) -> None:
    with pytest.raises(ValueError, match="Invalid collation name"):
        fn.Collate("title", name)


def test_lookups_from_outside_cannot_steer_a_q() -> None:
    for kwargs in ({"_connector": "OR 1=1 OR"}, {"_negated": True}):
        with pytest.raises(TypeError, match="The following kwargs are invalid"):
            QDoc.objects.filter(**kwargs)
        with pytest.raises(TypeError, match="The following kwargs are invalid"):
            When(Q(pk=1), then=1, **kwargs)
    with pytest.raises(ValueError, match="connector must be one of 'AND', 'OR', 'XOR', or None"):
        Q(pk=1, _connector=") OR 1=1 --")
    with pytest.raises(ValueError, match="connector must be one of"):
        Q.create([("pk", 1)], ") OR 1=1 --")


# -- reading -------------------------------------------------------------------------------


def test_get_and_its_errors() -> None:
    assert QDoc.objects.get(title="d1").pk == 1
    with pytest.raises(QDoc.DoesNotExist, match="QDoc matching query does not exist"):
        QDoc.objects.get(title="none")
    with pytest.raises(QDoc.MultipleObjectsReturned, match="it returned 2!"):
        QDoc.objects.get(author__name="Ann")


@pytest.mark.parametrize("times", [1, 2, 3, 4])
def test_every_run_of_one_shape_gives_the_same(times: int) -> None:
    for _ in range(times):
        assert pks(QDoc.objects.filter(words__gt=15).order_by("-words")[:2]) == [3, 4]
        assert QDoc.objects.get(pk=times % 4 + 1).words == (times % 4 + 1) * 10
        assert pks(QDoc.objects.filter(pk__in=[1, 2, 9])) == [1, 2]
        assert pks(QDoc.objects.filter(pk__in=(3,))) == [3]
        assert pks(QDoc.objects.filter(words__range=(10, 20))) == [1, 2]
        assert pks(QDoc.objects.exclude(editor=None)) == [1, 3, 4]
        assert pks(QDoc.objects.filter(author=QPerson.objects.get(pk=1))) == [1, 2]
        assert pks(QDoc.objects.filter(title__icontains="D3")) == [3]
        assert pks(QDoc.objects.filter(price=Decimal("0.5"))) == [2]
        assert pks(QDoc.objects.filter(pk=2**70)) == []
        assert pks(QDoc.objects.filter(words__lt=2**70)) == [1, 2, 3, 4]
        assert QDoc.objects.filter(words__gte=20).count() == 3
        assert QDoc.objects.filter(words__gte=99).exists() is False
        assert QDoc.objects.filter(title="d1").exists() is True
        assert list(QDoc.objects.filter(pk=1).values("title", "author__name")) == [
            {"title": "d1", "author__name": "Ann"}
        ]
        assert list(QDoc.objects.order_by("pk").values_list("pk", flat=True)[1:3]) == [2, 3]
        row = QDoc.objects.filter(pk=1).values_list("pk", "title", named=True)[0]
        assert (row.pk, row.title) == (1, "d1")
        with pytest.raises(ValueError, match="expected a number but got 'abc'"):
            QDoc.objects.filter(pk="abc")
        with pytest.raises(ValueError, match='Must be "QPerson" instance'):
            QDoc.objects.filter(author=QTag.objects.get(pk=1))
        assert QDoc.objects.select_related("author").get(pk=1).author.name == "Ann"
        assert list(QDoc.objects.only("title").filter(pk=1)[0].get_deferred_fields()) != []
        assert pks(QDoc.objects.filter(author__name="Ann").distinct().reverse()) == [1, 2]
        assert pks(QDoc.objects.defer("data").filter(words=10)) == [1]


def test_negated_conditions_treat_null_as_unequal() -> None:
    assert pks(QPerson.objects.exclude(age=30)) == [2, 3]
    assert pks(QPerson.objects.exclude(age__in=[30, None])) == [3]
    assert pks(QPerson.objects.filter(~Q(age__gt=40))) == [1, 2]


def test_exclude_over_many_uses_a_subquery() -> None:
    assert pks(QPerson.objects.exclude(docs__title="d1")) == [2, 3]
    assert pks(QPerson.objects.exclude(docs__tags__label="blue")) == [2, 3]


def test_set_algebra() -> None:
    first, second = QDoc.objects.filter(pk__lte=2), QDoc.objects.filter(pk__gte=2)
    assert pks(first & second) == [2]
    assert pks(first | second) == [1, 2, 3, 4]
    assert pks(first ^ second) == [1, 3, 4]
    assert pks(first | second[:1]) == [1, 2]
    plain = QDoc.objects.order_by()
    one, two = plain.filter(pk__lte=2), plain.filter(pk__gte=2)
    assert pks(one.intersection(two)) == [2]
    assert pks(one.difference(two)) == [1]
    assert len(one.union(two, all=True)) == 5
    assert isinstance(first & QDoc.objects.none(), EmptyQuerySet)
    assert pks(first | QDoc.objects.none()) == [1, 2]
    assert pks(QDoc.objects.none() | first) == [1, 2]
    assert pks(QDoc.objects.none().union(plain.filter(pk=1))) == [1]
    with pytest.raises(TypeError, match="different base models"):
        first & QPerson.objects.all()


def test_annotations_aggregates_and_groups() -> None:
    people = QPerson.objects.annotate(n=Count("docs"), words=Sum("docs__words")).order_by("pk")
    assert [(p.n, p.words) for p in people] == [(2, 30), (1, 30), (1, 40)]
    assert pks(people.filter(n__gt=1)) == [1]
    grouped = QDoc.objects.order_by().values("author__name").annotate(m=Max("words"))
    assert sorted(row["m"] for row in grouped) == [20, 30, 40]
    totals = QDoc.objects.aggregate(
        Avg("words"), low=Min("price"), some=Sum("words", filter=Q(pk__gt=2)), none=Max("key")
    )
    assert totals == {"words__avg": 25.0, "low": Decimal("0.25"), "some": 70, "none": None}
    assert QDoc.objects.none().aggregate(n=Count("pk"), s=Sum("words", default=7)) == {
        "n": 0,
        "s": 7,
    }
    if connection.features.supports_aggregate_order_by_clause:
        joined = QDoc.objects.aggregate(t=StringAgg("title", Value("-"), order_by="-title"))
        assert joined["t"] == "d4-d3-d2-d1"
    joined = QDoc.objects.aggregate(t=StringAgg("title", Value("-")))
    assert sorted(joined["t"].split("-")) == ["d1", "d2", "d3", "d4"]
    with pytest.raises(TypeError, match="is not an aggregate expression"):
        QDoc.objects.aggregate(x=F("words"))
    with pytest.raises(TypeError, match="Complex aggregates require an alias"):
        QDoc.objects.aggregate(Sum(F("words") + 1))
    with pytest.raises(FieldError, match=r"Cannot compute Sum\('n'\): 'n' is an aggregate"):
        QPerson.objects.annotate(n=Count("docs")).annotate(s=Sum("n"))
    with pytest.raises(ValueError, match="conflicts with a field on the model"):
        QDoc.objects.annotate(title=Value(1))


def test_conditional_and_subquery_expressions() -> None:
    newest = QDoc.objects.filter(author=OuterRef("pk")).order_by("-pk").values("title")[:1]
    people = QPerson.objects.annotate(
        newest=Subquery(newest),
        kind=Case(
            When(age__gt=40, then=Value("old")), When(age=None, then=None), default=Value("y")
        ),
        edits=Exists(QDoc.objects.filter(editor=OuterRef("pk"))),
        twice=ExpressionWrapper(F("age") * 2, output_field=models.IntegerField()),
    ).order_by("pk")
    assert [(p.newest, p.kind, p.edits, p.twice) for p in people] == [
        ("d2", "y", True, 60),
        ("d3", None, True, None),
        ("d4", "old", True, 100),
    ]
    assert pks(QPerson.objects.filter(~Exists(QDoc.objects.filter(editor=OuterRef("pk"))))) == []
    with pytest.raises(ValueError, match="may only be used in a subquery"):
        list(QDoc.objects.filter(author=OuterRef("pk")))
    with pytest.raises(ValueError, match="must be limited to one result"):
        QDoc.objects.filter(author=QPerson.objects.all())


def test_windows_and_their_filters() -> None:
    ranked = QDoc.objects.annotate(
        row=Window(fn.RowNumber(), partition_by="author", order_by="-words"),
        total=Window(Sum("words"), order_by="pk", frame=models.RowRange(None, 0)),
        before=Window(fn.Lag("words", default=0), order_by="pk"),
    )
    assert pks(ranked.filter(row=1)) == [2, 3, 4]
    assert [d.total for d in ranked.order_by("pk")] == [10, 30, 60, 100]
    assert [d.before for d in ranked.order_by("pk")] == [0, 10, 20, 30]
    with pytest.raises(ValueError, match="isn't compatible with OVER clauses"):
        Window(fn.Lower("title"))


def test_functions_on_text_numbers_and_dates() -> None:
    row = (
        QDoc.objects.filter(pk=3)
        .annotate(
            up=fn.Upper("title"),
            n=fn.Length("title"),
            both=fn.Concat("title", Value("/"), "author__name"),
            part=fn.Substr("title", 2, 1),
            left=fn.Left("title", 1),
            right=fn.Right("title", 1),
            pad=fn.LPad("title", 4, Value("*")),
            top=fn.Greatest("words", Value(35)),
            first=fn.Coalesce("editor__age", "words"),
            none=fn.NullIf("words", Value(30)),
            text=fn.Cast("words", models.CharField()),
            at=fn.StrIndex("title", Value("3")),
            md5=fn.MD5("title"),
            root=fn.Sqrt("words"),
            rest=fn.Mod("words", Value(7)),
            month=fn.ExtractMonth("when"),
            day=fn.TruncDay("when", tzinfo=UTC),
            date=fn.TruncDate("when"),
            sliced=F("title")[1:],
            obj=fn.JSONObject(t="title", w=F("words")),
        )
        .get()
    )
    assert (row.up, row.n, row.both, row.part, row.left, row.right) == (
        "D3",
        2,
        "d3/Bob",
        "3",
        "d",
        "3",
    )
    assert (row.pad, row.top, row.first, row.none, row.text, row.at) == (
        "**d3",
        35,
        30,
        None,
        "30",
        2,
    )
    assert len(row.md5) == 32
    assert (round(row.root, 3), row.rest, row.month) == (5.477, 2, 3)
    assert row.day == datetime.datetime(2020, 3, 1, tzinfo=UTC)
    assert row.date == datetime.date(2020, 3, 1)
    assert row.sliced == "3"
    assert row.obj == {"t": "d3", "w": 30}


def test_dates_and_moments() -> None:
    assert len(QDoc.objects.datetimes("when", "month")) == 4
    assert QDoc.objects.dates("when", "year")[0] == datetime.date(2020, 1, 1)
    assert QDoc.objects.datetimes("when", "day", order="DESC")[0].month == 4
    for call in (
        lambda: QDoc.objects.dates("when", "hour"),
        lambda: QDoc.objects.datetimes("when", "age"),
        lambda: QDoc.objects.dates("when", "day", order="up"),
    ):
        with pytest.raises(ValueError, match="must be"):
            call()
    assert pks(QDoc.objects.filter(when__date=datetime.date(2020, 2, 1))) == [2]
    assert pks(QDoc.objects.filter(when__year__gt=2019, when__month__lte=2)) == [1, 2]
    assert pks(QDoc.objects.filter(when__week_day=1)) == [3]


def test_json_paths() -> None:
    assert pks(QDoc.objects.filter(data__n=2)) == [2]
    assert pks(QDoc.objects.filter(data__n__gt=2)) == [3, 4]
    assert pks(QDoc.objects.filter(data__list__0=1)) == [1]
    assert pks(QDoc.objects.filter(data__word__startswith="xxx")) == [3, 4]
    assert pks(QDoc.objects.filter(data__has_keys=["n", "list"])) == [1, 2, 3, 4]
    assert pks(QDoc.objects.filter(data__missing__isnull=True)) == [1, 2, 3, 4]
    assert pks(QDoc.objects.filter(data__n__in=[1, 4])) == [1, 4]
    with pytest.raises(NotSupportedError, match="contains lookup is not supported"):
        list(QDoc.objects.filter(data__contains={"n": 1}))


def test_filtered_relation() -> None:
    people = QPerson.objects.annotate(
        long=FilteredRelation("docs", condition=Q(docs__words__gt=15))
    ).filter(long__isnull=False)
    assert pks(people) == [1, 2, 3]
    with pytest.raises(ValueError, match="relation_name cannot be empty"):
        FilteredRelation("")
    with pytest.raises(ValueError, match=r"condition argument must be a Q\(\) instance"):
        FilteredRelation("docs", condition="x")  # type: ignore[arg-type]


def test_first_last_earliest_latest_in_bulk_contains() -> None:
    docs = QDoc.objects
    assert (docs.first().pk, docs.last().pk, docs.earliest().pk, docs.latest("pk").pk) == (
        1,
        4,
        1,
        4,
    )
    assert docs.filter(pk=99).first() is None
    assert sorted(docs.in_bulk([1, 3])) == [1, 3]
    assert docs.in_bulk([]) == {}
    assert list(QTag.objects.in_bulk(["red"], field_name="label")) == ["red"]
    assert docs.values("title").in_bulk([1]) == {1: {"title": "d1"}}
    assert docs.values_list("title").in_bulk([1]) == {1: ("d1",)}
    assert docs.values_list("title", flat=True).in_bulk([1]) == {1: "d1"}
    with pytest.raises(ValueError, match="must be a unique field but 'title' isn't"):
        docs.in_bulk(["d1"], field_name="title")
    assert docs.all().contains(docs.get(pk=1))
    assert not docs.filter(pk=2).contains(docs.get(pk=1))
    with pytest.raises(TypeError, match="'obj' must be a model instance"):
        docs.contains(object())
    with pytest.raises(ValueError, match="either fields as positional"):
        QTag.objects.latest()


def test_ordering_properties_and_nulls() -> None:
    nulls_last = QPerson.objects.order_by(F("age").asc(nulls_last=True))
    assert [p.pk for p in nulls_last] == [1, 3, 2]
    assert [p.pk for p in nulls_last.reverse()] == [2, 3, 1]
    assert QDoc.objects.all().ordered
    assert not QDoc.objects.order_by().ordered
    assert QDoc.objects.order_by("pk").totally_ordered
    assert not QDoc.objects.order_by("words").totally_ordered
    assert QTag.objects.order_by("label").totally_ordered
    assert sorted(pks(QDoc.objects.order_by("?"))) == [1, 2, 3, 4]
    assert [d.pk for d in QDoc.objects.order_by("author", "-pk")] == [2, 1, 3, 4]


def test_iterator_reads_in_chunks() -> None:
    assert len(list(QDoc.objects.iterator(chunk_size=3))) == 4
    with pytest.raises(ValueError, match="strictly positive"):
        QDoc.objects.iterator(chunk_size=0)
    prefetched = QDoc.objects.prefetch_related("tags")
    with pytest.raises(ValueError, match="chunk_size must be provided"):
        prefetched.iterator()
    with CountQueries() as counted:
        assert sum(len(d.tags.all()) for d in prefetched.iterator(chunk_size=2)) == 4
    assert len(counted.sql) == 2


def test_slicing() -> None:
    docs = QDoc.objects.order_by("pk")
    assert docs[2].pk == 3
    assert [d.pk for d in docs[1:][:2]] == [2, 3]
    assert [d.pk for d in docs[::2]] == [1, 3]
    assert list(docs[2:2]) == []
    with pytest.raises(ValueError, match="Negative indexing is not supported"):
        docs[-1]
    with pytest.raises(TypeError, match="must be integers or slices, not str"):
        docs["a"]  # type: ignore[call-overload]
    assert repr(docs[:1]).startswith("<QuerySet [<QDoc")
    evaluated = docs.all()
    assert len(evaluated) == 4
    assert evaluated[1].pk == 2
    assert bool(evaluated)


def test_raw() -> None:
    found = QDoc.objects.raw(
        "SELECT id, title AS t, 5 AS five FROM orm_qdoc WHERE id < %s ORDER BY id",
        [3],
        translations={"t": "title"},
    )
    assert [(d.pk, d.title, d.five) for d in found] == [(1, "d1", 5), (2, "d2", 5)]
    named = QDoc.objects.raw("SELECT * FROM orm_qdoc WHERE id = %(id)s", {"id": 4})
    assert [d.pk for d in named] == [4]
    assert "orm_qdoc" in repr(named)
    assert len(QDoc.objects.raw("SELECT * FROM orm_qdoc").prefetch_related("tags")) == 4
    assert bool(named)
    assert named[0].pk == 4
    with pytest.raises(Exception, match="Raw query must include the primary key"):
        list(QDoc.objects.raw("SELECT title FROM orm_qdoc"))


def test_extra() -> None:
    docs = QDoc.objects.extra(
        select={"double": "words * %s"}, select_params=[2], where=["words > %s"], params=[25]
    )
    assert sorted(d.double for d in docs) == [60, 80]
    assert [d.pk for d in docs.extra(order_by=["-words"])] == [4, 3]


def test_pickle_copy_and_hints() -> None:
    docs = QDoc.objects.filter(words__gt=10).order_by("pk")
    again = pickle.loads(pickle.dumps(docs))
    assert [d.pk for d in again] == [2, 3, 4]
    query = pickle.loads(pickle.dumps(docs.query))
    restored = QDoc.objects.all()
    restored.query = query
    assert [d.pk for d in restored] == [2, 3, 4]
    assert pks(copy.deepcopy(docs)) == [2, 3, 4]
    state = docs.__getstate__()
    state["_fastjango_version"] = "0.0.0"
    with pytest.warns(RuntimeWarning, match="does not match the current version"):
        QDoc.objects.all().__setstate__(state)
    row = QDoc.objects.values_list("pk", "title", named=True).first()
    assert pickle.loads(pickle.dumps(row)) == row


# -- relations -----------------------------------------------------------------------------


def test_select_related_loads_everything_at_once() -> None:
    with CountQueries() as counted:
        rows = [
            (d.author.name, d.editor and d.editor.name, hasattr(d, "note"))
            for d in QDoc.objects.select_related("author", "editor", "note").order_by("pk")
        ]
    assert len(counted.sql) == 1
    assert rows[0] == ("Ann", "Bob", True)
    assert rows[1] == ("Ann", None, False)
    assert QNote.objects.select_related("doc__author").get().doc.author.name == "Ann"
    with pytest.raises(FieldError, match="Invalid field name"):
        list(QDoc.objects.select_related("nothing"))
    with pytest.raises(FieldError, match="Non-relational field given in select_related: 'title'"):
        list(QDoc.objects.select_related("title"))
    with pytest.raises(TypeError, match=r"after \.values"):
        QDoc.objects.values("pk").select_related("author")
    with pytest.raises(FieldError, match="cannot be both deferred and traversed"):
        list(QDoc.objects.select_related("author").only("title"))


def test_prefetch_related_costs_one_query_each() -> None:
    with CountQueries() as counted:
        people = QPerson.objects.prefetch_related(
            "docs__tags", Prefetch("edited", QDoc.objects.filter(words__gt=20), to_attr="big")
        ).order_by("pk")
        found = [
            (sorted(t.label for d in p.docs.all() for t in d.tags.all()), [d.pk for d in p.big])
            for p in people
        ]
    assert len(counted.sql) == 4
    assert found == [(["blue", "red", "red"], [3]), ([], []), (["red"], [4])]
    with pytest.raises(AttributeError, match="Cannot find 'nothing' on QPerson object"):
        list(QPerson.objects.prefetch_related("nothing"))
    with pytest.raises(ValueError, match="does not resolve to an item that supports prefetching"):
        list(QPerson.objects.prefetch_related("name"))
    with pytest.raises(ValueError, match="already seen with a different queryset"):
        list(QPerson.objects.prefetch_related("docs", Prefetch("docs", QDoc.objects.all())))
    with pytest.raises(ValueError, match="cannot use raw"):
        Prefetch("docs", QDoc.objects.values("pk"))
    people_list = list(QPerson.objects.all())
    prefetch_related_objects(people_list, "docs")
    with CountQueries() as none:
        assert sum(len(p.docs.all()) for p in people_list) == 4
    assert none.sql == []
    assert Prefetch("docs") == Prefetch("docs")


def test_peers_load_together_by_default() -> None:
    docs = list(QDoc.objects.order_by("pk"))
    with CountQueries() as counted:
        assert [d.author.name for d in docs] == ["Ann", "Ann", "Bob", "Cid"]
    assert len(counted.sql) == 1
    docs = list(QDoc.objects.fetch_mode(FETCH_ONE).order_by("pk"))
    with CountQueries() as counted:
        assert [d.author.name for d in docs] == ["Ann", "Ann", "Bob", "Cid"]
    assert len(counted.sql) == 4
    doc = QDoc.objects.fetch_mode(FETCH_RAISE).defer("title").get(pk=1)
    with pytest.raises(FieldFetchBlocked, match=r"Fetching of QDoc.author blocked"):
        _ = doc.author
    with pytest.raises(FieldFetchBlocked, match=r"Fetching of QDoc.title blocked"):
        _ = doc.title


# -- writing -------------------------------------------------------------------------------


def test_get_or_create_and_update_or_create() -> None:
    tag, created = QTag.objects.get_or_create(label="green")
    assert created
    assert QTag.objects.get_or_create(label="green") == (tag, False)
    person, created = QPerson.objects.update_or_create(defaults={"age": lambda: 31}, name="Ann")
    assert (person.age, created) == (31, False)
    person, created = QPerson.objects.update_or_create(
        defaults={"age": 1}, create_defaults={"age": 2}, name="New"
    )
    assert (person.age, created) == (2, True)
    with pytest.raises(FieldError, match="Invalid field name"):
        QTag.objects.get_or_create(label="x", defaults={"nothing": 1})
    with pytest.raises(IntegrityError):
        QTag.objects.create(label="green")


def test_bulk_create_with_conflicts() -> None:
    made = QTag.objects.bulk_create([QTag(label="a"), QTag(label="b")])
    assert all(tag.pk for tag in made)
    QTag.objects.bulk_create([QTag(label="a"), QTag(label="c")], ignore_conflicts=True)
    assert QTag.objects.filter(label__in=["a", "b", "c"]).count() == 3
    QPerson.objects.bulk_create(
        [QPerson(name="Anna", mail="ann@x.org", age=1), QPerson(name="Dee", mail="d@x.org")],
        update_conflicts=True,
        update_fields=["name"],
        unique_fields=["mail"],
    )
    assert QPerson.objects.get(pk=1).name == "Anna"
    assert QPerson.objects.get(pk=1).age == 30
    assert QTag.objects.bulk_create([]) == []
    for kwargs, text in (
        ({"batch_size": 0}, "Batch size must be a positive integer"),
        ({"ignore_conflicts": True, "update_conflicts": True}, "mutually exclusive"),
        ({"update_conflicts": True}, "Fields that will be updated"),
        ({"update_conflicts": True, "update_fields": ["label"]}, "Unique fields that can trigger"),
    ):
        with pytest.raises(ValueError, match=text):
            QTag.objects.bulk_create([QTag(label="z")], **kwargs)  # type: ignore[arg-type]


def test_bulk_update() -> None:
    docs = list(QDoc.objects.order_by("pk"))
    for doc in docs:
        doc.words += 1
    docs[0].words = F("words") + 100
    assert QDoc.objects.bulk_update(docs, ["words"], batch_size=3) == 4
    assert list(QDoc.objects.order_by("pk").values_list("words", flat=True)) == [110, 21, 31, 41]
    for args, text in (
        ((docs, []), "Field names must be given"),
        ((docs, ["id"]), "cannot be used with primary key fields"),
        (([QDoc()], ["words"]), "must have a primary key set"),
        ((docs, ["tags"]), "concrete fields"),
    ):
        with pytest.raises(ValueError, match=text):
            QDoc.objects.bulk_update(*args)


def test_update_refuses() -> None:
    with pytest.raises(FieldError, match="Aggregate functions are not allowed"):
        QDoc.objects.update(words=Sum("words"))
    with pytest.raises(FieldError, match="only concrete fields are permitted"):
        QDoc.objects.update(tags=1)
    with pytest.raises(FieldError, match="Joined field references are not permitted"):
        QDoc.objects.update(words=F("author__age"))
    assert QDoc.objects.filter(pk=1).update(author=QPerson.objects.get(pk=2)) == 1
    with pytest.raises(ValueError, match=r"F\(\) expressions can only be used to update"):
        QDoc.objects.create(title="x", author_id=1, words=F("words"))
    assert QDoc.objects.none().update(words=1) == 0


# -- the asynchronous edge -----------------------------------------------------------------


def test_blocking_calls_name_the_async_twin() -> None:
    async def block() -> None:
        with pytest.raises(SynchronousOnlyOperation, match="aget"):
            QTag.objects.get(pk=1)
        with pytest.raises(SynchronousOnlyOperation, match="async for"):
            list(QTag.objects.all())

    asyncio.run(block())


def test_async_twins_give_the_same() -> None:
    async def main() -> None:
        for model in reversed(MODELS):
            await model.objects.all().adelete()
        ann = await QPerson.objects.acreate(name="Ann", age=3)
        bob, created = await QPerson.objects.aget_or_create(name="Bob")
        assert created
        assert (await QPerson.objects.aupdate_or_create(defaults={"age": 5}, name="Bob"))[
            1
        ] is False
        await QDoc.objects.abulk_create(
            [QDoc(title=f"t{n}", author=ann, words=n) for n in range(5)]
        )
        docs = QDoc.objects.order_by("words")
        for _ in range(4):
            assert [d.words async for d in docs.filter(words__gt=2)] == [3, 4]
            assert (await docs.aget(words=1)).title == "t1"
        assert await docs.acount() == 5
        assert await docs.filter(words=9).aexists() is False
        assert (await docs.afirst()).words == 0
        assert (await docs.alast()).words == 4
        assert (await docs.aearliest()).words == 0
        assert (await docs.alatest()).words == 4
        assert await docs.aaggregate(s=Sum("words")) == {"s": 10}
        assert await docs.acontains(await docs.aget(words=1))
        assert sorted(await docs.ain_bulk()) == sorted([d.pk async for d in docs])
        assert await docs.filter(words=1).aupdate(words=F("words") + 10) == 1
        rows = [d async for d in docs]
        rows[0].title = "new"
        assert await docs.abulk_update(rows, ["title"]) == 5
        titles = [d.title async for d in docs.aiterator(chunk_size=2)]
        assert titles[0] == "new"
        people = [p async for p in QPerson.objects.prefetch_related("docs")]
        assert [len(p.docs.all()) for p in people] == [5, 0]
        await aprefetch_related_objects(people, "edited")
        raw = QDoc.objects.raw("SELECT * FROM orm_qdoc ORDER BY words")
        assert sorted([d.words async for d in raw])[0] == 0
        assert "SCAN" in await docs.aexplain()
        assert (await docs.filter(words__lt=3).adelete())[0] == 2
        with pytest.raises(QDoc.DoesNotExist):
            await docs.aget(words=1)
        assert bob.pk != ann.pk

    asyncio.run(main())


def test_operations_can_change_a_queryset_in_place() -> None:
    rows = QPerson.objects.all()
    with rows._avoid_cloning() as same:
        assert same is rows
        assert rows.filter(pk=-1).order_by("-pk") is rows
    assert rows.filter(pk=2) is not rows
    assert list(rows) == []
    with pytest.raises(ZeroDivisionError), rows._avoid_cloning():
        raise ZeroDivisionError
    assert rows.all() is not rows
