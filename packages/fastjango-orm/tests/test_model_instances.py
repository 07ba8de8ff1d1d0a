"""Instances by themselves: how they begin, load, copy, pickle, and find their neighbours."""

from __future__ import annotations

import asyncio
import copy
import datetime
import pickle
from typing import Any

import pytest
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.orm import models, signals
from fastjango.orm.base import DEFERRED, VERSION_PICKLE_KEY


class InstTown(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class InstShop(models.Model):
    name = models.CharField(max_length=20)
    town = models.ForeignKey(InstTown, models.CASCADE, null=True, related_name="shops")
    opened = models.DateField(default=datetime.date(2020, 1, 1))
    size = models.IntegerField(default=1, choices=[(1, "small"), ("big", [(2, "large")])])
    sign = models.BinaryField(default=b"")
    goods = models.ManyToManyField("InstGood", related_name="shops")

    class Meta:
        app_label = "orm"

    @property
    def motto(self) -> str:
        return f"Welcome to {self.name}"

    @motto.setter
    def motto(self, value: str) -> None:
        self.name = value.removeprefix("Welcome to ")


class InstGood(models.Model):
    class Meta:
        app_label = "orm"


class InstOwner(models.Model):
    shop = models.OneToOneField(InstShop, models.CASCADE, related_name="owner")

    class Meta:
        app_label = "orm"


MODELS = (InstTown, InstGood, InstShop, InstOwner)


# Beginning


def test_arguments_may_be_deferred_or_properties() -> None:
    shop = InstShop(1, "a", DEFERRED)
    assert shop.get_deferred_fields() == {"town_id"}
    shop = InstShop(motto="Welcome to Ann's", town=DEFERRED, size=DEFERRED)
    assert (shop.name, shop.motto) == ("Ann's", "Welcome to Ann's")
    assert shop.get_deferred_fields() == {"town_id", "size"}
    town = InstTown(pk=7)
    assert InstShop(None, "a", town=town).town is town


def test_mixins_behind_the_model_are_initialised() -> None:
    class Counted:
        def __init__(self) -> None:
            self.visits = 0

    class InstCounted(models.Model, Counted):
        class Meta:
            app_label = "orm"

    assert InstCounted().visits == 0
    assert InstCounted(3).visits == 0


def test_signals_tell_of_new_instances() -> None:
    seen: list[Any] = []

    def before(sender: Any, args: Any, kwargs: Any, **rest: Any) -> None:
        seen.append(("before", sender, args, dict(kwargs)))

    def after(sender: Any, instance: Any, **rest: Any) -> None:
        seen.append(("after", sender, instance.name))

    signals.pre_init.connect(before, sender=InstTown)
    signals.post_init.connect(after, sender=InstTown)
    try:
        InstTown(name="a")
        InstTown(1, "b")
        InstGood()
    finally:
        signals.pre_init.disconnect(before, sender=InstTown)
        signals.post_init.disconnect(after, sender=InstTown)
    assert seen == [
        ("before", InstTown, (), {"name": "a"}),
        ("after", InstTown, "a"),
        ("before", InstTown, (1, "b"), {}),
        ("after", InstTown, "b"),
    ]


def test_from_db_makes_saved_instances() -> None:
    town = InstTown.from_db("default", ["id", "name"], [3, "a"], fetch_mode=models.FETCH_RAISE)
    assert (town.pk, town.name) == (3, "a")
    assert (town._state.db, town._state.adding) == ("default", False)
    assert town._state.fetch_mode is models.FETCH_RAISE
    part = InstTown.from_db("default", ["id"], [3])
    assert part.get_deferred_fields() == {"name"}


def test_from_db_may_be_overridden_with_or_without_fetch_mode(tables: None) -> None:
    class InstLoud(InstTown):
        @classmethod
        def from_db(cls, db: Any, field_names: Any, values: Any) -> Any:
            new = super().from_db(db, field_names, values)
            new.loaded = list(field_names)
            return new

        class Meta:
            app_label = "orm"
            proxy = True

    class InstLouder(InstTown):
        @classmethod
        def from_db(cls, *args: Any, **options: Any) -> Any:
            new = super().from_db(*args, **options)
            new.options = options
            return new

        class Meta:
            app_label = "orm"
            proxy = True

    InstTown.objects.create(name="a")
    assert InstLoud.objects.get().loaded == ["id", "name"]
    found = InstLoud.objects.fetch_mode(models.FETCH_RAISE).get()
    assert found._state.fetch_mode is models.FETCH_RAISE
    options = InstLouder.objects.fetch_mode(models.FETCH_ONE).get().options
    assert options == {"fetch_mode": models.FETCH_ONE}


# Comparing


def test_equality_is_of_the_concrete_model_and_key() -> None:
    class InstProxy(InstTown):
        class Meta:
            app_label = "orm"
            proxy = True

    assert InstTown(pk=1) == InstProxy(pk=1)
    assert InstTown(pk=1) != InstGood(pk=1)
    unsaved = InstTown()
    assert unsaved == unsaved
    assert unsaved != InstTown()


# Copying


def test_memory_views_survive_copies_and_pickles() -> None:
    shop = InstShop(pk=1, name="a", sign=memoryview(b"xy"))
    for again in (copy.copy(shop), copy.deepcopy(shop), pickle.loads(pickle.dumps(shop))):
        assert isinstance(again.sign, memoryview)
        assert bytes(again.sign) == b"xy"
        assert again._state is not shop._state
    assert shop.sign.tobytes() == b"xy"


def test_a_pickle_of_another_version_warns() -> None:
    data = InstTown(pk=1, name="a").__reduce__()[2]
    assert VERSION_PICKLE_KEY in data
    other = {**data, VERSION_PICKLE_KEY: "0.0.0"}
    text = r"FastJango version 0\.0\.0 does not match the current version"
    with pytest.warns(RuntimeWarning, match=text):
        InstTown().__setstate__(other)
    none = {name: value for name, value in data.items() if name != VERSION_PICKLE_KEY}
    again = InstTown()
    with pytest.warns(RuntimeWarning, match="FastJango version is not specified"):
        again.__setstate__(none)
    assert again.name == "a"


# Loading again


def test_refresh_reads_what_was_loaded(tables: None) -> None:
    shop = InstShop.objects.create(name="a", town=InstTown.objects.create(name="t"))
    part = InstShop.objects.only("name").get()
    InstShop.objects.update(name="b", size=2)
    part.refresh_from_db()
    assert part.name == "b"
    assert "size" not in part.__dict__
    shop.refresh_from_db(fields=["size"])
    assert (shop.name, shop.size) == ("a", 2)
    shop.refresh_from_db(using="default", fields=())
    assert shop.name == "a"
    with pytest.raises(ValueError, match='Found "__" in fields argument'):
        shop.refresh_from_db(fields=["town__name"])
    InstShop.objects.all().delete()
    with pytest.raises(InstShop.DoesNotExist):
        part.refresh_from_db()


def test_refresh_forgets_relations_or_takes_over_loaded_ones(tables: None) -> None:
    town = InstTown.objects.create(name="t")
    shop = InstShop.objects.create(name="a", town=town)
    InstOwner.objects.create(shop=shop)
    good = InstGood.objects.create()
    assert shop.town is town
    shop.refresh_from_db()
    assert not InstShop._meta.get_field("town").is_cached(shop)
    shop.refresh_from_db(from_queryset=InstShop.objects.select_related("town"))
    assert InstShop._meta.get_field("town").is_cached(shop)
    shop.refresh_from_db(
        using="default", fields=["town"], from_queryset=InstShop.objects.select_related("town")
    )
    assert shop.town == town
    with pytest.raises(InstShop.DoesNotExist):
        shop.refresh_from_db(from_queryset=InstShop.objects.exclude(name="a"))
    owner = shop.owner
    shop.refresh_from_db(fields=["name"])
    assert shop.owner is owner
    shop.refresh_from_db(fields=["owner", "name"])
    assert not InstShop._meta.get_field("owner").is_cached(shop)
    shop = InstShop.objects.prefetch_related("goods").get()
    shop.goods.through.objects.create(instshop=shop, instgood=good)
    assert list(shop.goods.all()) == []
    shop.refresh_from_db(fields=["goods"])
    assert list(shop.goods.all()) == [good]


def test_the_asynchronous_edge_loads_again(tables: None) -> None:
    async def use() -> None:
        shop = await InstShop.objects.acreate(name="a")
        await InstShop.objects.aupdate(name="b")
        with pytest.raises(SynchronousOnlyOperation, match="arefresh_from_db"):
            shop.refresh_from_db()
        await shop.arefresh_from_db(fields=["size"])
        assert shop.name == "a"
        await shop.arefresh_from_db(using="default", from_queryset=InstShop.objects.defer("size"))
        assert shop.name == "b"

    asyncio.run(use())


def test_a_row_that_is_gone_has_no_deferred_values(tables: None) -> None:
    InstShop.objects.bulk_create([InstShop(name="a"), InstShop(name="b")])
    first, second = InstShop.objects.only("name").order_by("name")
    InstShop.objects.filter(pk=second.pk).delete()
    assert first.size == 1
    with pytest.raises(InstShop.DoesNotExist):
        _ = second.size


# Values


def test_choices_have_labels_and_relations_have_keys() -> None:
    assert InstShop(size=1).get_size_display() == "small"
    assert InstShop(size=2).get_size_display() == "large"
    assert InstShop(size=9).get_size_display() == 9
    assert InstShop(town_id=4).serializable_value("town") == 4


def test_saving_by_save_base_reaches_an_override(tables: None) -> None:
    calls: list[Any] = []

    class InstWatched(InstTown):
        class Meta:
            app_label = "orm"
            proxy = True

        def save_base(self, *args: Any, **options: Any) -> None:
            calls.append(options)
            super().save_base(*args, **options)

    town = InstWatched(name="a")
    town.save()
    town.save(update_fields=[])
    assert calls == [
        {"using": "default", "force_insert": False, "force_update": False, "update_fields": None}
    ]

    async def use() -> None:
        town.name = "b"
        await town.asave(update_fields=["name"])

    asyncio.run(use())
    assert calls[1]["update_fields"] == {"name"}
    assert InstTown.objects.get().name == "b"


def test_save_base_writes_as_fixtures_do(tables: None) -> None:
    seen: list[bool] = []

    def note(sender: Any, raw: bool, **rest: Any) -> None:
        seen.append(raw)

    signals.pre_save.connect(note, sender=InstTown)
    try:
        InstTown(pk=8, name="raw").save_base(raw=True)
    finally:
        signals.pre_save.disconnect(note, sender=InstTown)
    assert seen == [True]
    assert InstTown.objects.get(pk=8).name == "raw"


def test_an_unsaved_instance_cannot_stand_in_a_query() -> None:
    with pytest.raises(ValueError, match="cannot be used in an ORM query"):
        InstTown().prepare_database_save(InstShop._meta.get_field("town"))
    assert InstTown(pk=3).prepare_database_save(InstShop._meta.get_field("town")) == 3


def test_a_child_takes_its_key_to_further_parents() -> None:
    class InstKey(models.Model):
        code = models.AutoField(primary_key=True)

        class Meta:
            app_label = "orm"

    class InstBoth(InstTown, InstKey):
        class Meta:
            app_label = "orm"

    both = InstBoth(name="a")
    both.pk = 5
    assert (both.pk, both.insttown_ptr_id, both.code) == (5, 5, 5)


# Neighbours


def test_neighbours_by_date(tables: None) -> None:
    day = datetime.date(2020, 1, 1)
    one, two, three = (
        InstShop.objects.create(name=name, opened=day.replace(day=number))
        for name, number in (("a", 1), ("b", 1), ("c", 2))
    )
    assert one.get_next_by_opened() == two
    assert two.get_next_by_opened() == three
    assert three.get_previous_by_opened() == two
    assert one.get_next_by_opened(name="c") == three
    with pytest.raises(InstShop.DoesNotExist, match="InstShop matching query does not exist"):
        three.get_next_by_opened()
    with pytest.raises(ValueError, match="cannot be used on unsaved objects"):
        InstShop().get_next_by_opened()


# Deleting


def test_delete_alone_may_be_overridden(tables: None) -> None:
    calls: list[Any] = []

    class InstKept(InstTown):
        class Meta:
            app_label = "orm"
            proxy = True

        def delete(self, **options: Any) -> Any:
            calls.append(options)
            return 0, {}

    town = InstKept.objects.create(name="a")
    assert asyncio.run(town.adelete()) == (0, {})
    assert calls == [{"using": None, "keep_parents": False}]
    assert InstTown.objects.count() == 1


def test_save_alone_may_be_overridden(tables: None) -> None:
    class InstUpper(InstTown):
        class Meta:
            app_label = "orm"
            proxy = True

        def save(self, **options: Any) -> None:
            self.name = self.name.upper()
            super().save(**options)

    asyncio.run(InstUpper(name="a").asave())
    assert InstTown.objects.get().name == "A"
