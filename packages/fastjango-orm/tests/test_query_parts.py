"""Parts of the query layer by themselves: conditions, expressions, composite keys, plans."""

from __future__ import annotations

import datetime
from decimal import Decimal
from typing import Any

import pytest
from fastjango.core.exceptions import FieldError
from fastjango.orm import models
from fastjango.orm.models import Case, Count, F, Func, OuterRef, Q, Value, When, Window
from fastjango.orm.models import functions as fn
from fastjango.orm.query import plans
from fastjango.orm.query.expressions import CombinedExpression, RawSQL, register_combinable_fields
from fastjango.orm.query.lookups import Lookup, Transform
from fastjango.orm.query.sql.compilers.driver import driver_sql


class PSeat(models.Model):
    pk = models.CompositePrimaryKey("row", "number")
    row = models.IntegerField()
    number = models.IntegerField()
    name = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"


class PBase(models.Model):
    title = models.CharField(max_length=10)
    size = models.IntegerField(default=0)
    length = models.DurationField(null=True)
    start = models.DateTimeField(null=True)

    class Meta:
        app_label = "orm"


class PChild(PBase):
    extra = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"


MODELS = (PSeat, PBase, PChild)


@pytest.fixture(autouse=True)
def rows(kept_tables: None) -> None:
    PSeat.objects.all().delete()
    PChild.objects.all().delete()
    PBase.objects.all().delete()
    for row in (1, 2):
        for number in (1, 2, 3):
            PSeat.objects.create(row=row, number=number, name=f"s{row}{number}")
    for number in range(1, 4):
        PChild.objects.create(
            title=f"c{number}",
            size=number,
            extra=number * 10,
            length=datetime.timedelta(hours=number),
            start=datetime.datetime(2020, 1, number, tzinfo=datetime.UTC),
        )


def names(queryset: Any) -> list[str]:
    return sorted(seat.name for seat in queryset)


def test_composite_keys_compare_as_rows() -> None:
    seats = PSeat.objects
    assert seats.get(pk=(1, 2)).name == "s12"
    assert names(seats.filter(pk__in=[(1, 1), (2, 3), (9, None)])) == ["s11", "s23"]
    assert names(seats.filter(pk__gt=(1, 3))) == ["s21", "s22", "s23"]
    assert names(seats.filter(pk__gte=(2, 3))) == ["s23"]
    assert names(seats.filter(pk__lt=(1, 2))) == ["s11"]
    assert names(seats.filter(pk__lte=(1, 1))) == ["s11"]
    assert names(seats.exclude(pk=(1, 1)).filter(row=1)) == ["s12", "s13"]
    assert names(seats.filter(pk__in=seats.filter(number=1).values("pk"))) == ["s11", "s21"]
    assert [s.pk for s in seats.order_by("-pk")[:1]] == [(2, 3)]
    assert seats.values_list("pk", flat=True).order_by("pk")[0] == (1, 1)
    assert seats.aggregate(n=Count("pk")) == {"n": 6}
    assert seats.filter(pk=(1, 1)).update(name="new") == 1
    assert seats.filter(pk__in=[(1, 1)]).delete()[0] == 1


@pytest.mark.parametrize(
    ("lookup", "value", "text"),
    [
        ("pk", 1, "'exact' lookup of 'pk' must be a tuple or a list"),
        ("pk", (1, 2, 3), "must have 2 elements"),
        ("pk__in", [1], "must be a collection of tuples or lists"),
        ("pk__in", [(1,)], "must have 2 elements each"),
        ("pk__gt", F("row"), "only supports OuterRef and QuerySet"),
    ],
)
def test_composite_keys_refuse_other_shapes(lookup: str, value: Any, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        list(PSeat.objects.filter(**{lookup: value}))


def test_inherited_fields_are_updated_where_they_live() -> None:
    assert PChild.objects.filter(extra__gt=10).update(title="up", extra=F("extra") + 1) == 2
    assert list(PBase.objects.order_by("pk").values_list("title", flat=True)) == ["c1", "up", "up"]
    assert list(PChild.objects.order_by("pk").values_list("extra", flat=True)) == [10, 21, 31]
    with pytest.raises(ValueError, match="multi-table inherited model"):
        PChild.objects.bulk_create([PChild()])
    assert PChild.objects.filter(title="up").delete()[0] == 4


def test_dates_and_durations_combine() -> None:
    row = PBase.objects.annotate(
        end=F("start") + F("length"),
        later=F("start") + datetime.timedelta(days=1),
        twice=F("length") + F("length"),
        gap=F("start") - Value(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)),
    ).get(title="c2")
    assert row.end == datetime.datetime(2020, 1, 2, 2, tzinfo=datetime.UTC)
    assert row.later.day == 3
    assert row.twice == datetime.timedelta(hours=4)
    assert row.gap == datetime.timedelta(days=1)


def test_arithmetic_and_its_types() -> None:
    row = PBase.objects.annotate(
        a=F("size") * 2 + 1,
        b=7 - F("size"),
        c=F("size") % 2,
        d=-F("size"),
        e=F("size").bitand(1),
        f=F("size").bitor(4),
        g=F("size").bitleftshift(1),
        h=F("size") ** 2,
        i=F("size") / Value(2.0),
        j=F("size").bitxor(1),
        k=10 * F("size"),
        l=2 ** F("size"),
    ).get(title="c3")
    assert (row.a, row.b, row.c, row.d, row.e, row.f) == (7, 4, 1, -3, 1, 7)
    assert (row.g, row.h, row.i, row.j, row.k, row.l) == (6, 9, 1.5, 2, 30, 8)
    with pytest.raises(FieldError, match="Cannot infer type of '\\+' expression"):
        list(PBase.objects.annotate(x=F("title") + 1))
    with pytest.raises(NotImplementedError, match=r"Use .bitand\(\)"):
        F("a") & F("b")
    with pytest.raises(NotImplementedError, match=r"Use .bitand\(\)"):
        1 | F("b")
    register_combinable_fields(models.CharField, "+", models.IntegerField, models.CharField)
    combined = PBase.objects.annotate(x=F("title") + F("size")).query.annotations["x"]
    assert isinstance(combined, CombinedExpression)
    assert isinstance(combined.output_field, models.CharField)


def test_f_is_no_container_and_slices_text() -> None:
    assert PBase.objects.annotate(x=F("title")[0:1]).first().x == "c"
    for bad, text in ((-1, "Negative indexing"), (slice(None, None, 2), "Step argument")):
        with pytest.raises(ValueError, match=text):
            F("title")[bad]
    with pytest.raises(ValueError, match="Slice stop must be greater"):
        F("title")[3:1]
    with pytest.raises(TypeError, match="must be either int or slice"):
        F("title")["x"]  # type: ignore[index]
    with pytest.raises(TypeError, match="is not iterable"):
        assert 1 in F("title")
    assert repr(F("title")[1:3]) == "Sliced(F(title), slice(1, 3, None))"
    assert F("a") == F("a")
    assert F("a") != OuterRef("a")


def test_expressions_are_values_of_their_arguments() -> None:
    assert fn.Lower("title") == fn.Lower("title")
    assert fn.Lower("title") != fn.Lower("size")
    assert len({Value(1), Value(1), Value(2)}) == 2
    path, args, kwargs = fn.Lower("title").deconstruct()
    assert (path, args, kwargs) == ("fastjango.orm.models.functions.Lower", ("title",), {})
    assert Value(3).deconstruct()[0] == "fastjango.orm.models.Value"
    assert F("x").deconstruct() == ("fastjango.orm.models.F", ("x",), {})
    assert repr(Func("a", function="F", extra=1)).startswith("Func(F(a), ")
    assert repr(RawSQL("1", [])) == "RawSQL(1, [])"
    assert "CASE WHEN" in str(Case(When(pk=1, then=1)))
    assert "OVER" in str(Window(fn.RowNumber(), partition_by="a", order_by="b"))
    for make in (
        lambda: Case("x"),
        lambda: When(),
        lambda: When(F("a"), then=1),
        lambda: models.Sum("x", order_by="y"),
        lambda: models.Max("x", distinct=True),
        lambda: Count("x", default=1),
        lambda: fn.Lower("a", "b"),
    ):
        with pytest.raises(TypeError):
            make()
    for fail in (
        lambda: When(Q(), then=1),
        lambda: Count("*", filter=Q(pk=1)),
        lambda: fn.Coalesce("a"),
        lambda: fn.Concat("a"),
        lambda: fn.Left("a", 0),
        lambda: fn.Substr("a", 0),
        lambda: fn.LPad("a", -1),
        lambda: fn.Repeat("a", -1),
        lambda: fn.Ntile(0),
        lambda: fn.Lag("a", 0),
        lambda: fn.NthValue("a", 0),
        lambda: fn.Extract("a"),
        lambda: F("a").asc(nulls_first=True, nulls_last=True),
        lambda: F("a").asc(nulls_first=False),
    ):
        with pytest.raises(ValueError, match=r"\w"):
            fail()


def test_dates_refuse_parts_they_do_not_have() -> None:
    with pytest.raises(ValueError, match="Extract input expression must be"):
        PBase.objects.annotate(x=fn.ExtractYear("title"))
    with pytest.raises(ValueError, match="Cannot extract component 'month' from DurationField"):
        PBase.objects.annotate(x=fn.ExtractMonth("length"))
    with pytest.raises(TypeError, match="isn't a DateField, TimeField, or DateTimeField"):
        PBase.objects.annotate(x=fn.TruncDay("size"))


def test_q_combines_checks_and_deconstructs() -> None:
    q = Q(a=1) & ~Q(b=2) | Q(c=3)
    assert q == Q(a=1) & ~Q(b=2) | Q(c=3)
    assert hash(q) == hash(Q(a=1) & ~Q(b=2) | Q(c=3))
    assert Q() | Q(a=1) == Q(a=1)
    assert Q(a=1) & Q() == Q(a=1)
    assert Q(a=1, _connector=Q.OR, _negated=True).deconstruct() == (
        "fastjango.orm.models.Q",
        (("a", 1),),
        {"_connector": "OR", "_negated": True},
    )
    assert Q(a__b=F("c__d")).referenced_base_fields == {"a", "c"}
    with pytest.raises(TypeError):
        Q(a=1) & object()
    assert Q(size__gt=2).check({"size": 3})
    assert not Q(size__gt=2).check({"size": Decimal(1)})
    with pytest.raises(FieldError, match="Cannot resolve keyword 'other'"):
        Q(other=1).check({"size": 1})
    assert [type(part).__name__ for part in Q(a=F("b")).flatten()] == ["Q", "F"]


def test_own_lookups_and_transforms_use_djangos_protocol() -> None:
    class NotEqual(Lookup):
        lookup_name = "ne"

        def as_sql(self, compiler: Any, connection: Any) -> tuple[str, list[Any]]:
            lhs, lhs_params = self.process_lhs(compiler, connection)
            rhs, rhs_params = self.process_rhs(compiler, connection)
            return f"{lhs} <> {rhs}", [*lhs_params, *rhs_params]

    class Twice(Transform):
        lookup_name = "twice"
        template = "(2 * %(expressions)s)"

    models.IntegerField.register_lookup(NotEqual)
    models.IntegerField.register_lookup(Twice)
    try:
        for _ in range(4):  # a lookup of the user's own is never planned
            assert PBase.objects.filter(size__ne=2).count() == 2
            assert PBase.objects.filter(size__twice__gte=4).count() == 2
            assert PBase.objects.filter(size__twice=6).get().title == "c3"
        assert PBase.objects.order_by("-size__twice").first().title == "c3"
        assert PBase.objects.values_list("size__twice", flat=True).order_by("pk")[0] == 2
    finally:
        models.IntegerField._unregister_lookup(NotEqual)
        models.IntegerField._unregister_lookup(Twice)
    with pytest.raises(FieldError, match="Unsupported lookup 'ne'"):
        PBase.objects.filter(size__ne=2)


def test_plans_are_made_bounded_and_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    plans.clear_plans()
    assert plans.cache_size() == 0
    for _ in range(3):
        assert PBase.objects.filter(size__gt=1).order_by("-size").count() == 2
    warm = plans.cache_size()
    assert warm >= 2
    PBase.objects.filter(size__gt=0).order_by("-size")
    assert plans.cache_size() == warm
    monkeypatch.setattr(plans, "MAX_SHAPES", 10)
    for limit in range(30):
        for _ in range(2):
            list(PBase.objects.filter(**{f"size__{'gt' if limit % 2 else 'lt'}": 1}).order_by("pk"))
            PBase.objects.only("title").filter(title=f"{limit}").values_list("pk")
    assert plans.cache_size() <= 11
    plans.clear_plans()
    assert plans.cache_size() == 0


def test_planned_queries_leave_their_plan_for_odd_values() -> None:
    for value, expected in ((1, 2), (2**70, 0), (-(2**70), 3), (True, 2), (1.5, 2)) * 3:
        assert PBase.objects.filter(size__gt=value).count() == expected, value
    for values in ([1], [1, 2], [1, 1, 1], (2, 3, 1), {3}, [], [1, None], range(2)) * 3:
        wanted = len({1, 2, 3}.intersection(values))
        assert PBase.objects.filter(size__in=values).count() == wanted, values
    for text in ("c1", "%", "_", "\\", "'", '"'):
        for _ in range(3):
            found = PBase.objects.filter(title__contains=text).count()
            assert found == (1 if text == "c1" else 0), text


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ("qmark", "a = ? AND b LIKE '%' AND c = ?"),
        ("format", "a = %s AND b LIKE '%%' AND c = %s"),
        ("numeric_dollar", "a = $1::bigint AND b LIKE '%' AND c = $2"),
    ],
)
def test_placeholders_of_each_driver(style: str, expected: str) -> None:
    assert driver_sql("a = %s AND b LIKE '%%' AND c = %s", [1, "x"], style) == expected


def test_types_that_asyncpg_is_told() -> None:
    values = [True, 1.5, Decimal(1), datetime.date(2020, 1, 1), b"x", [1], ["a"], None, 2**70]
    text = driver_sql(", ".join(["%s"] * len(values)), values, "numeric_dollar")
    assert text == (
        "$1::boolean, $2::double precision, $3::numeric, $4::date, $5::bytea, "
        "$6::bigint[], $7::text[], $8, $9::numeric"
    )
