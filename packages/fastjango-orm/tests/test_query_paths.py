"""Relations by other columns, through parents and in circles; rows of databases that give less."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fastjango.core.exceptions import FieldDoesNotExist, FieldError
from fastjango.orm import connection, models
from fastjango.orm.models import Count, F, Sum, Value, Window
from fastjango.orm.models import functions as fn
from fastjango.orm.query.plans import clear_plans
from fastjango.orm.query.raw import RawQuery
from fastjango.orm.query.savers import clear_savers
from fastjango.orm.query.sql.compilers.insert import clear_texts
from fastjango.orm.query.sql.where import WhereNode


class KCity(models.Model):
    code = models.CharField(max_length=5, unique=True)
    name = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"
        ordering = (fn.Lower("name"), F("code").desc())


class KCapital(KCity):
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"


class KSeat(KCapital):
    court = models.CharField(max_length=10, default="")

    class Meta:
        app_label = "orm"


class KRoad(models.Model):
    start = models.ForeignKey(KCity, models.CASCADE, to_field="code", related_name="leaving")
    end = models.ForeignKey(
        KCity, models.CASCADE, to_field="code", null=True, related_name="arriving"
    )
    toll = models.IntegerField(db_default=3)
    note = models.CharField(max_length=10, default="")

    class Meta:
        app_label = "orm"


class Open(models.ForeignKey[Any, Any]):
    """Leads to cities whose name begins with R."""

    def get_extra_restriction(self, alias: Any, related_alias: Any) -> Any:
        name = KCity._meta.get_field("name")
        return WhereNode([name.get_lookup("startswith")(name.get_col(alias), "R")])


class KPass(models.Model):
    city = models.ForeignKey(KCity, models.CASCADE, to_field="code", related_name="passes")
    open_city = Open(KCity, models.CASCADE, to_field="code", related_name="opened")

    class Meta:
        app_label = "orm"

    @property
    def start_id(self) -> str:
        return self.city_id


class KLoop(models.Model):
    partner = models.ForeignKey("self", models.CASCADE, null=True)

    class Meta:
        app_label = "orm"
        ordering = ("partner",)


MODELS = (KCity, KCapital, KSeat, KRoad, KPass, KLoop)


@pytest.fixture(autouse=True)
def rows(kept_tables: None) -> None:
    for model in reversed(MODELS):
        model.objects.all().delete()
    bern = KCity.objects.create(code="be", name="Bern")
    aarau = KCity.objects.create(code="aa", name="aarau")
    rome = KCapital.objects.create(code="ro", name="Rome", size=5)
    KRoad.objects.create(start=bern, end=aarau)
    KRoad.objects.create(start=aarau, end=rome)
    KRoad.objects.create(start=rome)


@contextmanager
def recorded() -> Generator[list[str]]:
    """The statements that are run meanwhile."""
    found: list[str] = []

    def record(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield found


def starts(queryset: Any) -> list[str]:
    return [road.start_id for road in queryset]


# -- relations -------------------------------------------------------------------------------


def test_relations_by_another_column_take_objects_keys_and_querysets() -> None:
    bern, rome = KCity.objects.get(code="be"), KCapital.objects.get(code="ro")
    for _ in range(3):  # the last time from a plan
        roads = KRoad.objects.order_by("pk")
        assert starts(roads.filter(start=bern)) == ["be"]
        assert starts(roads.filter(start="be")) == ["be"]
        assert starts(roads.filter(end=rome)) == ["aa"]
        assert starts(roads.filter(end__in=[rome, "aa"])) == ["be", "aa"]
        assert starts(roads.filter(start__in=KCity.objects.filter(name__gt="a"))) == ["aa"]
        assert starts(roads.filter(start__in=KCapital.objects.all())) == ["ro"]
        assert starts(roads.exclude(start__in=KCapital.objects.all())) == ["be", "aa"]
        assert starts(roads.filter(start__in=KRoad.objects.values("end"))) == ["aa", "ro"]
        assert starts(roads.filter(start__gt="be")) == ["ro"]
        assert [city.code for city in KCity.objects.filter(leaving__end=rome)] == ["aa"]
        assert [city.code for city in KCity.objects.filter(arriving__in=roads)] == ["aa", "ro"]
    with pytest.raises(ValueError, match="Model instances passed to related filters must be saved"):
        KRoad.objects.filter(start=KCity(code="x"))
    with pytest.raises(ValueError, match="Model instances passed to related filters must be saved"):
        asyncio.run(KRoad.objects.filter(start__in=[KCity(code="x")]).acount())


def test_orders_of_related_models_are_followed() -> None:
    assert [city.code for city in KCity.objects.all()] == ["aa", "be", "ro"]
    assert starts(KRoad.objects.order_by("start")) == ["aa", "be", "ro"]
    assert starts(KRoad.objects.order_by("-start")) == ["ro", "be", "aa"]
    assert starts(KRoad.objects.order_by("start_id")) == ["aa", "be", "ro"]
    assert starts(KRoad.objects.order_by(F("end__name").asc(nulls_last=True))) == ["aa", "be", "ro"]
    with pytest.raises(FieldError, match="Infinite loop caused by ordering"):
        list(KLoop.objects.all())
    assert list(KLoop.objects.order_by("partner_id")) == []


def test_columns_of_grandparents() -> None:
    KSeat.objects.create(code="se", name="Seat", size=2, court="red")
    seat = KSeat.objects.only("name", "court").get()
    assert seat.get_deferred_fields() == {"code", "size", "id", "kcity_ptr_id"}
    with recorded() as sql:
        assert seat.id == seat.kcity_ptr_id == seat.pk
    assert sql == []
    assert (seat.name, seat.court, seat.size) == ("Seat", "red", 2)
    for _ in range(3):
        assert KSeat.objects.filter(name="Seat", size=2).values_list("court", "code").get() == (
            "red",
            "se",
        )
        assert KSeat.objects.filter(kcity_ptr__name="Seat").count() == 1
        assert KCity.objects.filter(kcapital__kseat__court="red").get().code == "se"
    assert KSeat.objects.filter(court="red").update(name="Sit", size=F("size") + 1) == 1
    assert KSeat.objects.values_list("name", "size").get() == ("Sit", 3)
    roads = KRoad.objects.create(start=seat)
    assert KRoad.objects.filter(start=KSeat.objects.get()).get() == roads
    assert KSeat.objects.filter(name="Sit").delete()[0] == 4


def test_subqueries_within_subqueries_have_names_of_their_own() -> None:
    found = KCity.objects.all()
    for _ in range(9):  # the letters end after six
        found = KCity.objects.filter(pk__in=found.values("pk"))
    assert sorted(found.values_list("code", flat=True)) == ["aa", "be", "ro"]


def test_fields_restrict_the_rows_that_they_join() -> None:
    for _ in range(3):
        assert starts(KPass.objects.filter(city__name__gt="").order_by("pk")) == []
        assert KPass.objects.filter(open_city__name__gt="").count() == 0
        KPass.objects.create(city_id="be", open_city_id="be")
        KPass.objects.create(city_id="ro", open_city_id="ro")
        named = KPass.objects.filter(open_city__name__gt="").values_list("open_city_id")
        assert list(named) == [("ro",)]
        assert KPass.objects.filter(city__name__gt="").count() == 2
        assert KCity.objects.filter(opened__pk__gt=0).get().code == "ro"
        closed = KCity.objects.exclude(opened__pk__gt=0).values_list("code", flat=True)
        assert sorted(closed) == ["aa", "be"]
        KPass.objects.all().delete()


# -- databases that give less back -----------------------------------------------------------


@pytest.fixture
def forgetful(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that returns nothing from an INSERT but the last key."""
    for name in ("can_return_columns_from_insert", "can_return_rows_from_bulk_insert"):
        monkeypatch.setattr(type(connection.features), name, False)
    forget()
    yield
    monkeypatch.undo()
    forget()


def forget() -> None:
    """Nothing is known of the features that were."""
    clear_plans()
    clear_texts()
    clear_savers()


def test_keys_are_the_last_ones_where_rows_are_not_returned(forgetful: None) -> None:
    for number in range(3):
        city = KCity.objects.create(code=f"c{number}", name="c")
        assert KCity.objects.get(pk=city.pk).code == f"c{number}"
    made = KCity.objects.bulk_create([KCity(code="x1", name="x"), KCity(code="x2", name="x")])
    assert [city.pk for city in made] == [None, None]
    assert KCity.objects.filter(name="x").count() == 2
    road = asyncio.run(KRoad.objects.acreate(start_id="x1"))
    assert KRoad.objects.get(pk=road.pk).toll == 3


def test_rows_are_inserted_one_by_one_where_a_statement_takes_one(
    monkeypatch: pytest.MonkeyPatch, forgetful: None
) -> None:
    monkeypatch.setattr(type(connection.features), "has_bulk_insert", False)
    with recorded() as sql:
        KCity.objects.bulk_create([KCity(code=f"y{n}", name="y") for n in range(3)])
    assert len([text for text in sql if text.startswith("INSERT")]) == 3
    assert KCity.objects.filter(name="y").count() == 3


def test_defaults_are_written_out_where_the_word_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(type(connection.features), "supports_default_keyword_in_bulk_insert", False)
    made = KRoad.objects.bulk_create(
        [KRoad(start_id="be", toll=1, note="z"), KRoad(start_id="be", note="z")]
    )
    assert len(made) == 2
    tolls = KRoad.objects.filter(note="z").order_by("toll").values_list("toll", flat=True)
    assert list(tolls) == [1, 3]


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (F("toll"), ValueError, r"F\(\) expressions can only be used to update, not to insert"),
        (Sum(Value(1)), FieldError, "Aggregate functions are not allowed in this query"),
        (Window(Sum(Value(1))), FieldError, r"(Window|Aggregate).* not allowed in this query"),
    ],
)
def test_what_cannot_be_inserted(value: Any, error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        KRoad.objects.create(start_id="be", toll=value)
    with pytest.raises(error, match=text):
        asyncio.run(KRoad.objects.acreate(start_id="be", toll=value))
    made = KRoad.objects.create(start_id="be", toll=Value(2) + Value(5))
    made.refresh_from_db()
    assert made.toll == 7


@pytest.mark.parametrize(
    "feature", ["update_can_self_select", "delete_can_self_reference_subquery"]
)
def test_rows_are_chosen_in_other_ways_where_a_table_cannot_be_read_twice(
    feature: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(connection.features), feature, False)
    forget()
    assert KRoad.objects.filter(start__name="Bern").update(note="b") == 1
    assert KRoad.objects.filter(start__name="nowhere").update(note="b") == 0
    assert KRoad.objects.filter(pk__in=KRoad.objects.filter(note="b")).update(note="c") == 1
    assert KRoad.objects.annotate(n=Count("start__arriving")).filter(n=0).update(note="n") == 1
    assert KRoad.objects.filter(end__name="aarau").delete()[0] == 1
    own = KRoad.objects.filter(pk__in=KRoad.objects.filter(start="ro").values("pk"))
    assert own.delete()[0] == 1
    assert KRoad.objects.count() == 1
    forget()


# -- SQL of one's own ------------------------------------------------------------------------


def test_raw_queries_say_what_they_ask() -> None:
    sql = "SELECT * FROM orm_kcity WHERE code = %s"
    assert repr(RawQuery(sql, "default", ["be"])) == (
        "<RawQuery: SELECT * FROM orm_kcity WHERE code = be>"
    )
    assert str(RawQuery("SELECT '%'", "default", None)) == "SELECT '%'"
    assert RawQuery(sql, "default", None).params_type is None
    named = RawQuery("SELECT %(a)s", "default", {"a": 1})
    assert (named.params_type, str(named.chain("default"))) == (dict, "SELECT 1")
    found = KCity.objects.raw("SELECT * FROM orm_kcity WHERE name LIKE 'B%'", None)
    assert [city.code for city in found] == ["be"]
    assert (len(found), bool(found), found[0].code) == (1, True, "be")
    assert [city.code for city in found.iterator()] == ["be"]
    assert found.columns == ["id", "code", "name"]
    again = found.using("default").prefetch_related("leaving").prefetch_related(None)
    assert [city.code for city in again] == ["be"]
    percent = KCity.objects.raw(
        "SELECT *, '%%' AS p FROM orm_kcity WHERE code = %(c)s", {"c": "be"}
    )
    assert percent[0].p == "%"

    async def ask() -> list[Any]:
        loaded = KCity.objects.raw("SELECT * FROM orm_kcity ORDER BY code").prefetch_related(
            "leaving"
        )
        return [(city.code, len(city.leaving.all())) async for city in loaded]

    assert asyncio.run(ask()) == [("aa", 1), ("be", 1), ("ro", 1)]
    with pytest.raises(FieldDoesNotExist, match="must include the primary key"):
        list(KCity.objects.raw("SELECT code FROM orm_kcity"))
    deferred = KCity.objects.raw(
        "SELECT id, code AS kode FROM orm_kcity", translations={"kode": "code"}
    )
    assert deferred[0].get_deferred_fields() == {"name"}
