"""Relations loaded with the same query, under conditions of their own, and locked."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.exceptions import FieldError
from fastjango.orm import connection, models, transaction
from fastjango.orm.models import Count, F, FilteredRelation, OuterRef, Q, Value
from fastjango.orm.models.functions import Concat, Lower
from fastjango.orm.query.lookups.builtin import Exact


class RCountry(models.Model):
    name = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"


class RPlace(models.Model):
    name = models.CharField(max_length=10)
    country = models.ForeignKey(RCountry, models.CASCADE, null=True, related_name="places")

    class Meta:
        app_label = "orm"


class RPerson(models.Model):
    name = models.CharField(max_length=10)
    home = models.ForeignKey(RPlace, models.CASCADE, null=True, related_name="people")

    class Meta:
        app_label = "orm"


class RShop(RPlace):
    owner = models.ForeignKey(RPerson, models.CASCADE, related_name="shops")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"


class RStall(RShop):
    wheels = models.IntegerField(default=2)

    class Meta:
        app_label = "orm"


class RCorner(RShop):
    class Meta:
        app_label = "orm"
        proxy = True


class RSeal(models.Model):
    person = models.OneToOneField(RPerson, models.CASCADE, related_name="seal")
    code = models.CharField(max_length=10)
    maker = models.ForeignKey(RPerson, models.CASCADE, null=True, related_name="made")

    class Meta:
        app_label = "orm"


class RLink(models.Model):
    """Its chain never ends."""

    following = models.ForeignKey("self", models.CASCADE)

    class Meta:
        app_label = "orm"


MODELS = (RCountry, RPlace, RPerson, RShop, RStall, RSeal, RLink)


@pytest.fixture(autouse=True)
def rows(kept_tables: None) -> SimpleNamespace:
    for model in reversed(MODELS):
        model.objects.all().delete()
    land = RCountry.objects.create(name="land")
    town = RPlace.objects.create(name="town", country=land)
    hut = RPlace.objects.create(name="hut")
    ann = RPerson.objects.create(name="ann", home=town)
    bob = RPerson.objects.create(name="bob", home=hut)
    shop = RShop.objects.create(name="shop", country=land, owner=ann, size=3)
    stall = RStall.objects.create(name="stall", owner=bob, size=1, wheels=4)
    RSeal.objects.create(person=ann, code="good", maker=bob)
    RSeal.objects.create(person=bob, code="bad")
    return SimpleNamespace(land=land, town=town, hut=hut, ann=ann, bob=bob, shop=shop, stall=stall)


@contextmanager
def asked(number: int) -> Generator[None]:
    """Expect so many statements."""
    found: list[str] = []

    def record(execute: Any, sql: Any, params: Any, many: Any, context: Any) -> Any:
        found.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(record):
        yield
    assert len(found) == number, found


# -- select_related --------------------------------------------------------------------------


def test_without_names_relations_that_cannot_be_null_are_followed_five_deep() -> None:
    link = RLink(pk=77, following_id=77)
    link.save(force_insert=True)
    with asked(1):
        found: Any = RLink.objects.select_related().get()
        for _ in range(5):
            found = found.following
    with asked(1):
        assert found.following.pk == 77
    with asked(2):  # a relation that may be NULL is left alone
        assert RPerson.objects.select_related().get(name="ann").home.name == "town"


def test_names_add_up_and_none_forgets_them(rows: SimpleNamespace) -> None:
    people = RPerson.objects.select_related("home").select_related("home__country", "seal")
    with asked(1):
        ann = people.get(name="ann")
        assert (ann.home.country.name, ann.seal.code) == ("land", "good")
        assert ann.seal.person is ann
    with asked(2):
        assert people.select_related(None).get(name="ann").home.name == "town"

    async def ask() -> Any:
        bob = await people.aget(name="bob")
        return bob.home.country, bob.seal.code

    assert asyncio.run(ask()) == (None, "bad")


def test_children_are_loaded_with_their_parents(rows: SimpleNamespace) -> None:
    places = RPlace.objects.select_related("rshop__owner", "rshop__rstall").order_by("name")
    with asked(1):
        hut, shop, stall, town = places
        for place in (hut, town):
            with pytest.raises(RShop.DoesNotExist):
                _ = place.rshop
        assert (shop.rshop.name, shop.rshop.size, shop.rshop.owner.name) == ("shop", 3, "ann")
        assert stall.rshop.rstall.wheels == 4
        assert stall.rshop.rstall.name == "stall"
        assert shop.rshop == rows.shop
    with asked(1):
        corners = [corner.owner.home.name for corner in corners_with_homes()]
        assert corners == ["town", "hut"]


def corners_with_homes() -> Any:
    return RCorner.objects.select_related("owner__home").order_by("owner__name")


def test_only_and_defer_reach_into_relations(rows: SimpleNamespace) -> None:
    seals = RSeal.objects.select_related("person__home").only("code", "person__home__name")
    with asked(1):
        seal = seals.get(code="good")
        assert seal.person.home.name == "town"
    assert seal.get_deferred_fields() == {"maker_id"}
    assert seal.person.get_deferred_fields() == {"name"}
    assert seal.person.home.get_deferred_fields() == {"country_id"}
    people = RPerson.objects.select_related("seal").defer("name", "seal__maker", "home__name")
    ann = people.get(seal__code="good")
    assert ann.get_deferred_fields() == {"name"}
    assert ann.seal.get_deferred_fields() == {"maker_id"}
    child = RPlace.objects.select_related("rshop").only("name", "rshop__size").get(name="shop")
    assert child.rshop.size == 3
    assert "owner_id" in child.rshop.get_deferred_fields()
    for names in (("home__name__length",), ("seal__code__x",)):
        with pytest.raises(FieldError):
            list(RPerson.objects.select_related("home", "seal").defer(*names))
        with pytest.raises(FieldError):
            list(RPerson.objects.select_related("home", "seal").only(*names))


def test_what_cannot_be_followed_is_named_with_what_can() -> None:
    for queryset, text in (
        (
            RPerson.objects.select_related("shops"),
            r"Invalid field name\(s\) given in select_related: 'shops'. Choices are: home, seal$",
        ),
        (
            RPerson.objects.select_related("home__name"),
            "Non-relational field given in select_related: 'name'. Choices are: country, rshop$",
        ),
        (RCountry.objects.select_related("name"), r"Choices are: \(none\)$"),
        (RSeal.objects.select_related("person").defer("person"), "both deferred and traversed"),
    ):
        with pytest.raises(FieldError, match=text):
            list(queryset)


# -- relations under conditions --------------------------------------------------------------


def test_filtered_relations_are_loaded_where_they_fulfil_their_condition() -> None:
    people = RPerson.objects.annotate(
        fine=FilteredRelation("seal", condition=Q(seal__code="good")),
        at=FilteredRelation("home", condition=Q(home__name__startswith="t")),
    ).order_by("name")
    with asked(1):
        ann, bob = people.select_related("fine__maker", "at__country")
        assert (ann.fine.code, ann.fine.maker.name, ann.fine.person) == ("good", "bob", ann)
        assert (ann.at.name, ann.at.country.name) == ("town", "land")
        assert not hasattr(bob, "fine")
        assert not hasattr(bob, "at")
    only = people.select_related("fine").defer("fine__code").get(name="ann")
    assert only.fine.get_deferred_fields() == {"code"}


def test_filtered_relations_two_joins_away() -> None:
    far = FilteredRelation("home__country", condition=Q(home__country__name="land"))
    with asked(1):
        ann, bob = RPerson.objects.annotate(far=far).select_related("far").order_by("name")
        assert ann.far.name == "land"
        assert not hasattr(bob, "far")


def test_filtered_relations_are_filtered_counted_and_compared() -> None:
    big = FilteredRelation("shops", condition=Q(shops__size__gte=F("shops__size")) & Q())
    people = RPerson.objects.annotate(big=big)
    assert [p.name for p in people.filter(big__size__gt=1)] == ["ann"]
    assert [p.name for p in people.exclude(big__size__gt=1)] == ["bob"]
    counts = people.annotate(n=Count("big")).order_by("name").values_list("n", flat=True)
    assert list(counts) == [1, 1]
    assert FilteredRelation("shops") == FilteredRelation("shops", condition=Q())
    assert FilteredRelation("shops") != FilteredRelation("shops", condition=Q(shops=1))
    assert FilteredRelation("shops") != "shops"
    assert len({FilteredRelation("shops"), FilteredRelation("shops")}) == 1


def test_filtered_relations_within_subqueries() -> None:
    sealed = RPerson.objects.annotate(
        fine=FilteredRelation("seal", condition=Q(seal__code="good"))
    ).filter(fine__isnull=False)
    assert [shop.name for shop in RShop.objects.filter(owner__in=sealed)] == ["shop"]
    assert [shop.name for shop in RShop.objects.exclude(owner__in=sealed)] == ["stall"]
    same = sealed.filter(pk=OuterRef("owner"))
    assert [shop.name for shop in RShop.objects.filter(models.Exists(same))] == ["shop"]


def test_filtered_relations_compare_with_expressions() -> None:
    for _ in range(3):  # the last time from a plan
        for condition, found in (
            (Q(seal__code=Lower(Value("GOOD"))), ["ann"]),
            (Q(seal__code=Concat("seal__code", Value(""))), ["ann", "bob"]),
            (Q(Exact(F("seal__code"), Value("bad"))), ["bob"]),
            (Q(seal__code="bad") | ~Q(seal__code="x"), ["ann", "bob"]),
        ):
            people = RPerson.objects.annotate(one=FilteredRelation("seal", condition=condition))
            named = people.filter(one__isnull=False).order_by("name")
            assert [person.name for person in named] == found


@pytest.mark.parametrize(
    ("name", "condition", "text"),
    [
        ("seal__code__lower", Q(), "cannot contain lookups"),
        ("seal", Q(home__country__name="x"), "doesn't support relations outside the 'seal'"),
        ("seal", Q(seal__maker__name="x"), "deeper than the relation_name"),
        (
            "seal",
            Q(seal__in=RSeal.objects.all()),
            "Passing a QuerySet within a FilteredRelation is not supported",
        ),
    ],
)
def test_filtered_relations_refuse(name: str, condition: Q, text: str) -> None:
    with pytest.raises(ValueError, match=text):
        list(RPerson.objects.annotate(x=FilteredRelation(name, condition=condition)).filter(x=1))


def test_filtered_relations_are_no_relations_for_loading_only_or_prefetching() -> None:
    people = RPerson.objects.annotate(x=FilteredRelation("seal"))
    with pytest.raises(ValueError, match=r"only\(\) is not supported with FilteredRelation"):
        people.only("x__code")
    with pytest.raises(ValueError, match=r"prefetch_related\(\) is not supported"):
        people.prefetch_related("x__maker")


# -- locks -----------------------------------------------------------------------------------


@pytest.fixture
def locking(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A database that locks rows of tables that it is told of."""
    monkeypatch.setattr(connection.features, "has_select_for_update", True)
    monkeypatch.setattr(connection.features, "has_select_for_update_of", True)
    with transaction.atomic():
        yield


def locked(queryset: Any) -> str:
    """What is locked."""
    found = re.search(r"FOR UPDATE(?: OF (.*))?$", str(queryset.query))
    assert found is not None
    return found[1] or ""


def test_tables_to_lock_are_named_by_relations(locking: None) -> None:
    people = RPerson.objects.select_related("home__country", "seal")
    assert locked(people.select_for_update()) == ""
    assert locked(people.select_for_update(of=("self",))) == '"orm_rperson"'
    assert locked(people.select_for_update(of=("home", "seal"))) == '"orm_rplace", "orm_rseal"'
    assert locked(people.select_for_update(of=("home__country",))) == '"orm_rcountry"'
    stalls = RStall.objects.select_related("owner")
    of = ("self", "rshop_ptr", "rshop_ptr__rplace_ptr", "owner")
    assert locked(stalls.select_for_update(of=of)) == (
        '"orm_rstall", "orm_rshop", "orm_rplace", "orm_rperson"'
    )
    assert locked(RPerson.objects.values("name").select_for_update(of=("self",))) == (
        '"orm_rperson"'
    )


def test_columns_to_lock_are_named_where_the_database_wants_columns(
    locking: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection.features, "select_for_update_of_column", True)
    people = RPerson.objects.select_related("home").select_for_update(of=("self", "home"))
    assert locked(people) == '"orm_rperson"."id", "orm_rplace"."id"'
    only = RStall.objects.only("wheels").select_for_update(of=("rshop_ptr",))
    assert locked(only) == ""


def test_tables_that_are_not_read_are_not_locked(locking: None) -> None:
    people = RPerson.objects.select_related("home")
    for of in (("seal",), ("home__country",), ("home__nothing",), ("nothing", "self")):
        with pytest.raises(FieldError, match=r"select_for_update\(of=\(\.\.\.\)\): .* Choices are"):
            locked(people.select_for_update(of=of))
    with pytest.raises(FieldError, match="Choices are: self, rshop_ptr, owner, rshop_ptr__rplace"):
        locked(RStall.objects.select_related("owner").select_for_update(of=("x",)))
