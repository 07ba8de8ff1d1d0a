"""Relations loaded with one more query: which objects, under which name, from how many queries."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import pytest
from fastjango.core.functional import cached_property
from fastjango.orm import connection, models
from fastjango.orm.models import Prefetch, prefetch_related_objects
from fastjango.orm.query import aprefetch_related_objects


class FHouse(models.Model):
    name = models.CharField(max_length=10)

    class Meta:
        app_label = "orm"


class FRoom(models.Model):
    name = models.CharField(max_length=10)
    house = models.ForeignKey(FHouse, models.CASCADE, related_name="rooms")
    size = models.IntegerField(default=0)

    class Meta:
        app_label = "orm"
        ordering = ("name",)


class FOwner(models.Model):
    name = models.CharField(max_length=10)
    house = models.ForeignKey(FHouse, models.SET_NULL, null=True, related_name="owners")
    friends = models.ManyToManyField("self", symmetrical=False, related_name="liked_by")
    favourite = models.OneToOneField(FRoom, models.SET_NULL, null=True, related_name="fan")

    class Meta:
        app_label = "orm"

    @cached_property
    def big_rooms(self) -> list[Any]:
        raise AssertionError("set by prefetching, never computed")

    @property
    def numbers(self) -> Numbers:
        return Numbers()


class Numbers:
    """Loads what is in no table, by the protocol that relations use."""

    def get_prefetch_querysets(self, instances: Any, querysets: Any = None) -> Any:
        found = [(instance.pk, number) for instance in instances for number in (1, 2)]
        return found, lambda pair: pair[0], lambda instance: instance.pk, False, "numbers", False


MODELS = (FHouse, FRoom, FOwner)


@pytest.fixture(autouse=True)
def rows(kept_tables: None) -> None:
    for model in reversed(MODELS):
        model.objects.all().delete()
    hut, hall = FHouse.objects.create(name="hut"), FHouse.objects.create(name="hall")
    rooms = [
        FRoom.objects.create(name=name, house=house, size=size)
        for name, house, size in (("a", hut, 1), ("b", hall, 2), ("c", hall, 3))
    ]
    ann = FOwner.objects.create(name="ann", house=hall, favourite=rooms[0])
    bob = FOwner.objects.create(name="bob", house=hut)
    cid = FOwner.objects.create(name="cid")
    ann.friends.set([bob, cid])
    bob.friends.set([ann])


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


def owners() -> Any:
    return FOwner.objects.order_by("name")


def names(objects: Any) -> list[str]:
    return [obj.name for obj in objects]


def test_querysets_bring_their_own_lookups() -> None:
    houses = FHouse.objects.prefetch_related("rooms", "rooms")
    lookup = Prefetch("house", houses.prefetch_related(Prefetch("owners", to_attr="people")))
    for _ in range(3):
        with asked(4):
            ann, bob, cid = owners().prefetch_related(lookup)
            assert names(ann.house.rooms.all()) == ["b", "c"]
            assert names(bob.house.people) == ["bob"]
            assert cid.house is None


def test_paths_lead_over_what_is_loaded_already() -> None:
    with asked(2):
        ann, bob, cid = owners().select_related("house").prefetch_related("house__rooms")
        assert names(ann.house.rooms.all()) == ["b", "c"]
        assert (names(bob.house.rooms.all()), cid.house) == (["a"], None)
    people = list(owners().prefetch_related("friends"))
    with asked(1):
        prefetch_related_objects(people, "friends__house")
        assert [friend.house for friend in people[0].friends.all()][1] is None
    with asked(0):
        prefetch_related_objects(people, "friends", "friends__house")
    prefetch_related_objects(people, Prefetch("friends", to_attr="known"))
    with asked(1):
        prefetch_related_objects(people, Prefetch("friends", to_attr="known"), "known__liked_by")
        assert names(people[1].known[0].liked_by.all()) == ["bob"]
    with asked(2):
        prefetch_related_objects(list(owners()[:1]), "favourite__fan__favourite")


def test_single_objects_take_names_too() -> None:
    rooms = FRoom.objects.filter(size__gt=1)
    lookups = (
        Prefetch("house", FHouse.objects.filter(name="hall"), to_attr="hall"),
        Prefetch("favourite", rooms, to_attr="big"),
    )
    with asked(3):
        ann, bob, cid = owners().prefetch_related(*lookups)
        assert (ann.hall.name, bob.hall, cid.hall) == ("hall", None, None)
        assert (ann.big, bob.big) == (None, None)
    reverse = FRoom.objects.prefetch_related(Prefetch("fan", to_attr="admirer"))
    with asked(2):
        assert [room.admirer and room.admirer.name for room in reverse] == ["ann", None, None]
    with asked(2):
        fans = [getattr(room, "fan", None) for room in FRoom.objects.prefetch_related("fan")]
        assert [fan and fan.name for fan in fans] == ["ann", None, None]


def test_lists_may_be_kept_where_a_property_is() -> None:
    lookup = Prefetch("friends", owners().filter(name__gt="b"), to_attr="big_rooms")
    with asked(2):
        ann, bob, _ = owners().prefetch_related(lookup)
        assert (names(ann.big_rooms), bob.big_rooms) == (["bob", "cid"], [])
    with asked(0):
        prefetch_related_objects([ann, bob], lookup)


def test_whatever_follows_the_protocol_is_loaded() -> None:
    with asked(1):
        ann, *_ = owners().prefetch_related(Prefetch("numbers", to_attr="pairs"))
        assert ann.pairs == [(ann.pk, 1), (ann.pk, 2)]


def test_slices_are_taken_for_each_object() -> None:
    lookup = Prefetch("rooms", FRoom.objects.order_by("-size")[:1], to_attr="biggest")
    friends = Prefetch("friends", owners()[:1])
    for _ in range(2):
        houses = FHouse.objects.order_by("name").prefetch_related(lookup)
        with asked(2):
            assert [names(house.biggest) for house in houses] == [["c"], ["a"]]
        with asked(2):
            assert [names(one.friends.all()) for one in owners().prefetch_related(friends)] == [
                ["bob"],
                ["ann"],
                [],
            ]


def test_what_is_prefetched_can_still_be_asked_otherwise() -> None:
    house = FHouse.objects.prefetch_related("rooms").get(name="hall")
    with asked(1):
        assert names(house.rooms.filter(size=3)) == ["c"]
    with asked(0):
        assert len(house.rooms.all()) == house.rooms.count() == 2
        assert house.rooms.all().exists() is True
    FRoom.objects.create(name="d", house=house)
    assert len(house.rooms.all()) == 2
    house.rooms.create(name="e")
    with asked(1):
        assert names(house.rooms.all()) == ["b", "c", "d", "e"]


def test_lookups_are_values() -> None:
    lookup = Prefetch("rooms", FRoom.objects.filter(size=1), to_attr="small")
    assert lookup == Prefetch("rooms", to_attr="small")
    assert lookup != Prefetch("rooms")
    assert (lookup == "rooms") is False
    assert len({lookup, Prefetch("rooms", to_attr="small"), Prefetch("rooms")}) == 2
    with asked(0):
        restored = pickle.loads(pickle.dumps(lookup))
    assert restored == lookup
    houses = pickle.loads(pickle.dumps(FHouse.objects.order_by("name").prefetch_related(lookup)))
    assert [names(house.small) for house in houses] == [[], ["a"]]
    assert FHouse.objects.prefetch_related("rooms").prefetch_related(None).count() == 2


@pytest.mark.parametrize(
    ("lookups", "error", "text"),
    [
        (("nothing",), AttributeError, "Cannot find 'nothing' on FOwner object"),
        (("house__nothing",), AttributeError, "'house__nothing' is an invalid parameter"),
        (("name",), ValueError, "does not resolve to an item that supports prefetching"),
        (
            ("friends", Prefetch("friends", FOwner.objects.all())),
            ValueError,
            "seen with a different queryset",
        ),
        ((Prefetch("friends", to_attr="friends"),), ValueError, "conflicts with a field on the"),
    ],
)
def test_what_cannot_be_prefetched(lookups: Any, error: type[Exception], text: str) -> None:
    async def ask() -> None:
        async for _ in owners().prefetch_related(*lookups):
            pass

    with pytest.raises(error, match=text):
        list(owners().prefetch_related(*lookups))
    with pytest.raises(error, match=text):
        asyncio.run(ask())


def test_instances_at_hand_on_both_edges() -> None:
    async def ask() -> list[Any]:
        found = [owner async for owner in owners()]
        await aprefetch_related_objects(found, "house__rooms", "friends")
        await aprefetch_related_objects([], "house")
        return [(names(o.friends.all()), o.house and names(o.house.rooms.all())) for o in found]

    wanted = [(["bob", "cid"], ["b", "c"]), (["ann"], ["a"]), ([], None)]
    assert [(sorted(friends), rooms) for friends, rooms in asyncio.run(ask())] == wanted
    with asked(0):
        prefetch_related_objects([], "house")
    found = list(owners())
    with asked(3):
        prefetch_related_objects(found, "house__rooms", "friends")
        assert names(found[0].house.rooms.all()) == ["b", "c"]
    with asked(1):
        empty = FOwner.objects.filter(name="x").prefetch_related("house__rooms")
        assert list(empty) == []
