"""Plans of expressions: what shares one, what must not, and that values are filled in."""

from __future__ import annotations

import datetime
import pickle
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from fastjango.core.exceptions import ValidationError
from fastjango.orm import connection, models
from fastjango.orm.models import (
    Avg,
    Case,
    Count,
    Exists,
    F,
    Func,
    Max,
    OuterRef,
    Prefetch,
    Q,
    Subquery,
    Sum,
    Value,
    When,
)
from fastjango.orm.models import functions as fn
from fastjango.orm.query import plans
from fastjango.orm.query.queryset import core
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

BATCH = "00000000-0000-0000-0000-000000000001"


class PlanShop(models.Model):
    name = models.CharField(max_length=30)

    class Meta:
        app_label = "orm"


class PlanLabel(models.Model):
    text = models.CharField(max_length=30)
    shops = models.ManyToManyField(PlanShop, related_name="labels")

    class Meta:
        app_label = "orm"


class PlanItem(models.Model):
    name = models.CharField(max_length=30)
    stock = models.IntegerField(default=0)
    price = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(1))
    added = models.DateTimeField(null=True)
    tags = models.JSONField(default=dict)
    batch = models.UUIDField(null=True)
    shop = models.ForeignKey(PlanShop, models.CASCADE, related_name="items")

    class Meta:
        app_label = "orm"


class PlanSpecial(PlanItem):
    reason = models.CharField(max_length=30)

    class Meta:
        app_label = "orm"


class Shout(Func):
    function = "UPPER"


@pytest.fixture(autouse=True)
def rows() -> Iterator[None]:
    made = (PlanShop, PlanLabel, PlanItem, PlanSpecial)
    with connection.schema_editor() as editor:
        for model in made:
            editor.create_model(model)
    shops = [PlanShop.objects.create(name=name) for name in ("north", "south")]
    for number in range(4):
        PlanLabel.objects.create(text=f"label {number}").shops.set(shops[number % 2 :])
    for number in range(6):
        PlanItem.objects.create(
            name=f"item {number}",
            stock=number,
            price=Decimal(number) / 2,
            added=datetime.datetime(2020, 1, 1 + number, tzinfo=datetime.UTC),
            shop=shops[number % 2],
        )
    plans.clear_plans()
    yield
    with connection.schema_editor() as editor:
        for model in reversed(made):
            editor.delete_model(model)
    connection.close()


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count how often a query is made, which is what a plan saves."""
    count = 0
    before = core.QuerySetCore._leave_plan  # pyright: ignore[reportPrivateUsage]  # that is the question

    def leave(self: Any) -> None:
        nonlocal count
        count += 1
        before(self)

    monkeypatch.setattr(core.QuerySetCore, "_leave_plan", leave)
    return lambda: count


def delete_some(n: int) -> Any:
    through: Any = PlanLabel.shops.through
    through.objects.all().delete()
    shops = list(PlanShop.objects.order_by("pk"))
    made = through.objects.bulk_create(
        [
            through(planlabel=label, planshop=shop)
            for label in PlanLabel.objects.order_by("pk")
            for shop in shops
        ]
    )
    gone = through.objects.filter(pk__gt=made[0].pk + n).order_by("pk").delete()
    joined = through.objects.filter(planshop__name="north", pk__gt=made[0].pk).delete()
    return gone, joined, through.objects.count()


PLANNED: dict[str, Callable[[int], Any]] = {
    "q": lambda n: PlanItem.objects.filter(Q(stock=n) | ~Q(name=f"item {n + 1}")).count(),
    "f": lambda n: list(PlanItem.objects.filter(stock__gt=F("price") + n).values_list("pk")),
    "annotation": lambda n: list(
        PlanShop.objects.annotate(n=Count("items", filter=Q(items__stock__gt=n)))
        .order_by("-n", "pk")
        .values_list("pk", "n")
    ),
    "having": lambda n: list(
        PlanShop.objects.annotate(n=Sum("items__stock")).filter(n__gt=n).values_list("n")
    ),
    "aggregate": lambda n: PlanItem.objects.filter(stock__gt=n).aggregate(
        a=Avg("stock"), m=Max("price", default=Value(Decimal(n))), s=Sum(F("stock") * n)
    ),
    "subquery": lambda n: list(
        PlanShop.objects.annotate(
            top=Subquery(
                PlanItem.objects.filter(shop=OuterRef("pk"), stock__lt=n)
                .order_by("-stock")
                .values("name")[:1]
            )
        ).values_list("pk", "top")
    ),
    "exists": lambda n: PlanShop.objects.filter(
        Exists(PlanItem.objects.filter(shop=OuterRef("pk"), stock=n))
    ).count(),
    "in a queryset": lambda n: list(
        PlanItem.objects.filter(shop__in=PlanShop.objects.filter(pk__lte=n)).values_list("pk")
    ),
    "case": lambda n: list(
        PlanItem.objects.annotate(
            kind=Case(When(stock__gt=n, then=Value(f"more {n}")), default=Value("less"))
        ).values_list("kind", flat=True)
    ),
    "function": lambda n: list(
        PlanItem.objects.annotate(c=fn.Concat("name", Value(f" {n}"))).values_list("c", flat=True)
    ),
    "order": lambda n: list(
        PlanItem.objects.order_by(
            Case(When(stock=n, then=Value(0)), default=Value(1)), "pk"
        ).values_list("pk", flat=True)
    ),
    "update": lambda n: (
        PlanItem.objects.filter(stock__gt=n).update(name=f"new {n}", price=Decimal(n)),
        PlanItem.objects.update(stock=F("stock") + n),
        list(PlanItem.objects.order_by("pk").values_list("name", "stock", "price")),
    ),
    "prefetch": lambda n: [
        (shop.pk, sorted(item.stock for item in shop.items.all()))
        for shop in PlanShop.objects.filter(pk__gt=n - 2).prefetch_related(
            Prefetch("items", PlanItem.objects.filter(stock__gte=n))
        )
    ],
    "prefetch upwards": lambda n: [
        (item.pk, item.shop.name)
        for item in PlanItem.objects.filter(stock__lt=n + 2).prefetch_related("shop")
    ],
    "prefetch of many": lambda n: [
        (shop.pk, sorted(label.text for label in shop.labels.all()))
        for shop in PlanShop.objects.filter(pk__gt=n - 9).prefetch_related("labels")
    ],
    "delete": delete_some,
    "moments": lambda n: PlanItem.objects.filter(
        Q(added__gt=datetime.datetime(2020, 1, 1 + n, tzinfo=datetime.UTC))
    ).count(),
}


@pytest.mark.parametrize("name", PLANNED)
def test_expressions_share_a_plan_and_give_what_a_first_run_gives(
    name: str, compiled: Callable[[], int]
) -> None:
    call = PLANNED[name]
    for _ in range(6):
        call(1)
    warm = compiled()
    call(1)
    call(2)
    assert compiled() == warm, "compiled again although the structure is known"
    PlanItem.objects.update(stock=F("pk"), name="same", price=Decimal(2))
    planned = call(3)
    PlanItem.objects.update(stock=F("pk"), name="same", price=Decimal(2))
    plans.clear_plans()
    assert planned == call(3)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    values=st.lists(
        st.one_of(
            st.integers(-(2**70), 2**70),
            st.integers(0, 6),
            st.booleans(),
            st.none(),
            st.decimals(-5, 5, places=2),
            st.floats(-5, 5),
            st.sampled_from(["1", "3"]),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_values_of_every_kind_agree_with_a_first_run(values: list[Any]) -> None:
    def ask(value: Any) -> Any:
        try:
            return (
                list(PlanItem.objects.filter(Q(stock__gte=value) | Q(pk=1)).values_list("pk")),
                list(
                    PlanItem.objects.annotate(v=Value(value, models.FloatField()))
                    .filter(stock__gt=F("v"))
                    .values_list("pk", "v")
                ),
            )
        except (TypeError, ValueError, OverflowError) as error:
            return type(error)

    planned = [ask(value) for value in values * 3]
    for value, found in zip(values * 3, planned, strict=True):
        plans.clear_plans()
        assert found == ask(value), value


def test_values_within_aggregates_and_updates_are_prepared_by_their_fields() -> None:
    items = PlanItem.objects
    shop = PlanShop.objects.order_by("pk")[0].pk
    for _ in range(4):  # the first ones are compiled, the others have a plan
        assert items.aggregate(
            text=Count("pk", filter=Q(stock="3")),
            cut=Count("pk", filter=Q(shop=shop + 0.5)),
            day=Count("pk", filter=Q(added__gte="2020-01-04 00:00+00:00")),
        ) == {"text": 1, "cut": 3, "day": 3}
        with pytest.raises(ValueError, match="Field 'stock' expected a number but got 'x'"):
            items.aggregate(n=Count("pk", filter=Q(stock="x")))
        items.update(name=Case(When(stock="3", then=Value("three")), default=Value("")))
        assert items.exclude(name="").values_list("stock", "name").get() == (3, "three")


def test_constants_that_are_no_values_have_plans_of_their_own() -> None:
    for length in (1, 2, 3) * 3:
        found = PlanItem.objects.annotate(s=fn.Left("name", length)).values_list("s", flat=True)
        assert set(found) == {"item"[:length]}
    for places in (0, 1) * 3:
        rounded: Any = PlanItem.objects.annotate(r=fn.Round("price", precision=places))
        assert rounded.get(stock=3).r == (2 if places == 0 else Decimal("1.5"))


def test_turned_orders_have_plans_of_their_own() -> None:
    for _ in range(4):
        upwards = F("stock").asc()
        downwards = F("stock").asc()
        downwards.reverse_ordering()
        assert PlanItem.objects.order_by(upwards).first().stock == 0  # type: ignore[union-attr]  # there are rows
        assert PlanItem.objects.order_by(downwards).first().stock == 5  # type: ignore[union-attr]  # there are rows


def test_two_values_of_one_structure_stay_two() -> None:
    """An ordering equal to an annotation by chance must not become a reference to it."""
    for first, second in ((1, 1), (1, 1), (1, 1), (2, -1), (1, 1), (3, -2)):
        found = (
            PlanItem.objects.annotate(v=F("stock") * first)
            .order_by(F("stock") * second)
            .values_list("v", flat=True)
        )
        assert list(found) == sorted((n * first for n in range(6)), reverse=second < 0)


def test_expressions_of_the_users_own_are_compiled_each_time(
    compiled: Callable[[], int],
) -> None:
    for number in range(1, 5):
        found = PlanItem.objects.annotate(loud=Shout("name")).values_list("loud", flat=True)
        assert "ITEM 0" in list(found)
        assert compiled() == number


def test_an_updated_parent_table_is_never_planned() -> None:
    shop = PlanShop.objects.get(name="north")
    PlanSpecial.objects.create(name="x", reason="y", shop=shop)
    for number in range(5):
        assert PlanSpecial.objects.filter(reason="y").update(name=f"n{number}") == 1
        assert PlanSpecial.objects.get().name == f"n{number}"
        joined = PlanItem.objects.filter(shop__name="north").update(stock=number)
        assert joined == 4


def test_json_and_instances_are_written_as_ever() -> None:
    south = PlanShop.objects.get(name="south")
    for number in range(4):
        PlanItem.objects.filter(stock__gte=0).update(tags={"n": number}, shop=south)
        assert PlanItem.objects.filter(tags__n=number, shop=south).count() == 6
        PlanItem.objects.update(tags=f"text {number}")
        assert PlanItem.objects.values_list("tags", flat=True).first() == f"text {number}"


def test_a_subquery_whose_query_was_changed_is_compiled() -> None:
    for _ in range(4):
        part = Subquery(
            PlanItem.objects.filter(shop=OuterRef("pk")).order_by("stock").values("stock")
        )
        part.query.set_limits(1, 2)
        found = (
            PlanShop.objects.annotate(second=part).order_by("pk").values_list("second", flat=True)
        )
        assert list(found) == [2, 3]


@pytest.mark.parametrize("many", [False, True])
def test_wrong_values_are_nobody_elses(many: bool) -> None:
    lookup = "batch__in" if many else "batch"
    wrong, right = ("no key", BATCH) if not many else (["no key"], [BATCH])
    PlanItem.objects.update(batch=BATCH)
    for _ in range(4):
        with pytest.raises(ValidationError, match="no key"):
            PlanItem.objects.filter(**{lookup: wrong}).first()
    for _ in range(4):
        assert PlanItem.objects.filter(**{lookup: right}).first() is not None
        assert PlanItem.objects.filter(**{lookup: right}).count() == PlanItem.objects.count()
    with pytest.raises(ValidationError, match="no key"):
        PlanItem.objects.filter(**{lookup: wrong}).first()


@pytest.mark.parametrize("many", [False, True])
def test_plans_are_made_though_the_first_values_were_wrong(
    many: bool, compiled: Callable[[], int]
) -> None:
    wrong, right = (["no key"], [BATCH]) if many else ("no key", BATCH)
    condition = "batch__in" if many else "batch"

    def ask(value: Any) -> list[Any]:
        rows = PlanItem.objects.filter(**{condition: value})
        return [rows.first(), rows.count(), rows.exists(), rows.update(stock=2), list(rows)]

    PlanItem.objects.update(batch=BATCH)
    for _ in range(3):
        with pytest.raises(ValidationError, match="no key"):
            ask(wrong)
    first = ask(right)
    assert first[1] == PlanItem.objects.count() > 0
    ask(right)  # operations are worth a plan from the second time on
    before = compiled()
    assert ask(right) == first
    assert compiled() == before


def test_a_subquery_is_pickled_without_its_plan() -> None:
    part = Exists(PlanItem.objects.filter(shop=OuterRef("pk"), stock=5))
    again = pickle.loads(pickle.dumps(part))
    assert PlanShop.objects.filter(again).get().name == "south"


def test_memory_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plans, "MAX_SHAPES", 20)
    for length in range(1, 60):
        for _ in range(3):
            list(PlanItem.objects.annotate(s=fn.Left("name", length)).filter(s="x"))
    assert plans.cache_size() <= 21
