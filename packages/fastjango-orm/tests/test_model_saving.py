"""Saving instances, in one table or several, on both edges."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastjango.orm import IntegrityError, models, transaction
from fastjango.orm.transaction import TransactionManagementError

CASCADE = models.CASCADE


class KeptPlace(models.Model):
    name = models.CharField(max_length=9, unique=True)
    number = models.IntegerField(default=1)

    class Meta:
        app_label = "orm"


class KeptShop(KeptPlace):
    size = models.IntegerField(default=1)

    class Meta:
        app_label = "orm"


class KeptNote(models.Model):
    place = models.ForeignKey(KeptPlace, CASCADE, null=True)
    only = models.OneToOneField(KeptPlace, CASCADE, null=True, related_name="note")
    text = models.CharField(max_length=9, default="")

    class Meta:
        app_label = "orm"


class KeptOnly(models.Model):
    class Meta:
        app_label = "orm"


class KeptLooked(models.Model):
    text = models.CharField(max_length=9)

    class Meta:
        app_label = "orm"
        select_on_save = True


class KeptMade(models.Model):
    key = models.CharField(max_length=3, primary_key=True, db_default="new")
    a = models.IntegerField(default=1)
    double = models.GeneratedField(
        expression=models.F("a") * 2, output_field=models.IntegerField(), db_persist=True
    )

    class Meta:
        app_label = "orm"


MODELS = (KeptPlace, KeptShop, KeptNote, KeptOnly, KeptLooked, KeptMade)
pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(params=["sync", "async"])
def save(request: pytest.FixtureRequest) -> Any:
    """A function that saves an instance on either edge."""

    def call(obj: Any, **options: Any) -> None:
        if request.param == "sync":
            obj.save(**options)
        else:
            asyncio.run(obj.asave(**options))

    return call


def test_related_objects_are_saved_before(save: Any) -> None:
    place = KeptPlace(name="a")
    note = KeptNote(place=place)
    with pytest.raises(ValueError, match="data loss due to unsaved related object 'place'"):
        save(note)
    alone = KeptNote(only=place)
    assert place.note is alone
    with pytest.raises(ValueError, match="unsaved related object 'only'"):
        save(alone)
    assert not hasattr(place, "note")
    place.save()
    save(note)
    assert note.place_id == place.pk
    other = KeptPlace.objects.create(name="b")
    before = note.place_id
    note.place.pk = other.pk
    save(note)
    assert KeptNote.objects.get(pk=note.pk).place_id == note.place_id == before
    assert not KeptNote._meta.get_field("place").is_cached(note), "it is another one now"


def test_a_changed_key_forgets_the_object(save: Any) -> None:
    first, second = (KeptPlace.objects.create(name=name) for name in "ab")
    note = KeptNote.objects.create(place=first)
    note.place_id = second.pk
    save(note)
    assert KeptNote.objects.get().place == second


def test_rows_of_parents_are_written_first(save: Any) -> None:
    shop = KeptShop(name="a", size=3)
    save(shop)
    assert KeptPlace.objects.get().name == "a"
    shop.number, shop.size = 5, 6
    save(shop, update_fields=["number"])
    assert KeptShop.objects.values_list("number", "size").get() == (5, 3)
    place = KeptPlace.objects.create(name="b")
    added = KeptShop(keptplace_ptr=place, name="b2")
    save(added)
    assert added.pk == place.pk
    assert KeptPlace.objects.get(pk=place.pk).name == "b2"
    with pytest.raises(IntegrityError):
        save(KeptShop(keptplace_ptr_id=place.pk, name="c"), force_insert=(KeptPlace,))


def test_only_what_was_loaded_is_written(save: Any) -> None:
    KeptPlace.objects.create(name="a", number=4)
    part = KeptPlace.objects.only("name").get()
    KeptPlace.objects.update(number=9)
    part.name = "b"
    save(part)
    assert KeptPlace.objects.values_list("name", "number").get() == ("b", 9)


def test_a_table_of_keys_alone(save: Any) -> None:
    only = KeptOnly()
    save(only)
    save(only)
    assert KeptOnly.objects.count() == 1
    KeptOnly.objects.all().delete()
    save(only)
    assert KeptOnly.objects.get() == only


def test_a_row_that_is_gone_is_inserted_again(save: Any) -> None:
    place = KeptPlace.objects.create(name="a")
    KeptPlace.objects.all().delete()
    save(place)
    assert KeptPlace.objects.get() == place
    KeptPlace.objects.all().delete()
    with pytest.raises(KeptPlace.NotUpdated, match="update_fields did not affect any rows"):
        save(place, update_fields=["name"])
    with pytest.raises(KeptPlace.NotUpdated, match="Forced update did not affect any rows"):
        save(place, force_update=True)


def test_looking_before_saving(save: Any) -> None:
    looked = KeptLooked(pk=4, text="a")
    save(looked)
    looked.text = "b"
    save(looked)
    assert KeptLooked.objects.get().text == "b"
    save(looked, update_fields=["text"])
    KeptLooked.objects.all().delete()
    save(looked)
    assert KeptLooked.objects.get().pk == 4


def test_values_of_the_database_come_back(save: Any) -> None:
    made = KeptMade()
    save(made)
    assert (made.pk, made.double) == ("new", 2)
    made.a = models.F("a") + 3
    save(made)
    assert (made.a, made.double) == (4, 8)
    made.a = 5
    save(made)
    assert made.double == 10


def test_an_error_dooms_the_transaction() -> None:
    KeptPlace.objects.create(name="a")
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            KeptPlace(name="a").save()
        with pytest.raises(TransactionManagementError):
            KeptPlace.objects.count()
        transaction.set_rollback(True)
    with transaction.atomic():
        with pytest.raises(IntegrityError):
            KeptShop(name="a").save()
        transaction.set_rollback(True)

    async def use() -> None:
        async with transaction.atomic():
            with pytest.raises(IntegrityError):
                await KeptPlace(name="a").asave()
            with pytest.raises(TransactionManagementError):
                await KeptPlace.objects.acount()
            transaction.set_rollback(True)

    asyncio.run(use())
    assert KeptPlace.objects.count() == 1


def test_arguments_contradict_each_other(save: Any) -> None:
    place = KeptPlace.objects.create(name="a")
    for options, error, message in (
        ({"force_insert": True, "force_update": True}, ValueError, "Cannot force both insert"),
        ({"force_insert": True, "update_fields": ["name"]}, ValueError, "Cannot force both"),
        ({"update_fields": ["id"]}, ValueError, "do not exist in this model.*: id"),
        ({"force_insert": "x"}, TypeError, "force_insert must be a bool or tuple"),
        ({"force_insert": (KeptShop,)}, TypeError, "KeptShop must be a base of KeptPlace"),
        ({"force_insert": (int,)}, TypeError, "must be a model subclass"),
    ):
        with pytest.raises(error, match=message):
            save(place, **options)
    with pytest.raises(ValueError, match=r"Cannot force an update in save\(\) with no primary key"):
        save(KeptPlace(name="b"), force_update=True)
    assert KeptPlace.objects.count() == 1


def test_unsaved_objects_of_generic_relations_are_refused() -> None:
    class Loose(models.Field):
        """Like a generic foreign key: private, with a cache, without a column."""

        fk_field = "x"

        def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
            super().contribute_to_class(cls, name, private_only=True)
            self.is_relation = True

        def get_attname_column(self) -> Any:
            return self.get_attname(), None

        def is_cached(self, obj: Any) -> bool:
            return "loose" in obj._state.fields_cache

        def get_cached_value(self, obj: Any, default: Any = None) -> Any:
            return obj._state.fields_cache.get("loose", default)

    class KeptLoose(models.Model):
        loose = Loose()

        class Meta:
            app_label = "orm"

    obj = KeptLoose()
    obj._prepare_related_fields_for_save("save")
    obj._state.fields_cache["loose"] = KeptPlace(pk=1)
    obj._prepare_related_fields_for_save("save")
    obj._state.fields_cache["loose"] = KeptPlace()
    with pytest.raises(ValueError, match=r"bulk\(\) prohibited .* unsaved related object 'loose'"):
        obj._prepare_related_fields_for_save("bulk")


def test_what_was_not_loaded_is_kept_when_all_columns_are_written(save: Any) -> None:
    KeptPlace.objects.create(name="a", number=7)
    place = KeptPlace.objects.only("pk").get()
    save(place)
    assert KeptPlace.objects.values_list("name", "number").get() == ("a", 7)
    shop = KeptShop.objects.create(name="b", number=8, size=9)
    save(KeptShop.objects.only("pk").get(pk=shop.pk))
    found = KeptShop.objects.get(pk=shop.pk)
    assert (found.name, found.number, found.size) == ("b", 8, 9)
