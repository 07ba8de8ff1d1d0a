"""Instances made from keyword arguments, and from rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.orm import connection, models
from fastjango.orm.fields.attributes import DeferredAttribute
from sqlalchemy import inspect


class Drafted(models.Model):
    """Sets attributes of its own before it calls `Model.__init__`."""

    title = models.CharField(max_length=20)
    words = models.IntegerField(default=3)

    class Meta:
        app_label = "tests_construction"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.origin = "typed"
        super().__init__(*args, **kwargs)


class Shouting(DeferredAttribute):
    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value and value.upper()


class ShoutingField(models.CharField):
    descriptor_class = Shouting


class Watched(models.Model):
    """Counts what is set."""

    title = models.CharField(max_length=20)
    cover = models.FileField()
    told: tuple[str, ...] = ()

    class Meta:
        app_label = "tests_construction"

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__("told", (*self.told, name))
        super().__setattr__(name, value)


class Sign(models.Model):
    text = ShoutingField(max_length=20)
    owner = models.ForeignKey(Watched, models.CASCADE)

    class Meta:
        app_label = "tests_construction"

    @property
    def length(self) -> Any:
        return self.__dict__["kept"]

    @length.setter
    def length(self, value: int) -> None:
        self.__dict__["kept"] = (value,)


@pytest.fixture
def sign() -> Iterator[Sign]:
    """The row of a sign, whose text is not as it is set."""
    with connection.schema_editor() as editor:
        for model in (Watched, Sign):
            editor.create_model(model)
    made = Sign.objects.create(text="", owner=Watched.objects.create(title="a", cover="b.png"))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tests_construction_sign SET text = 'stop'")
    yield made
    with connection.schema_editor() as editor:
        for model in (Sign, Watched):
            editor.delete_model(model)


def test_attributes_set_before_init_are_kept():
    draft = Drafted(title="a")
    assert draft.origin == "typed"
    assert (draft.title, draft.words, draft.pk) == ("a", 3, None)
    assert draft._state.adding


@pytest.mark.parametrize("name", ["_state", "nothing"])
def test_names_that_are_no_fields_are_refused(name: str):
    with pytest.raises(TypeError, match="unexpected keyword arguments"):
        Drafted(title="a", **{name: 1})


def test_instances_share_nothing():
    first, second = Drafted(title="a"), Drafted(title="b")
    first.words = 4
    assert second.words == 3
    assert first._state is not second._state
    assert vars(first).keys() == {"origin", "_state", "id", "title", "words"}


def test_values_go_through_the_attributes_own_code():
    assert Sign(text="stop").text == "STOP"
    assert Watched(title="a", cover="b.png").told == ("_state", "id", "title", "cover")


def test_values_of_rows_go_through_the_attributes_own_code(sign: Sign):
    for _ in range(3):  # the third time from a plan
        assert Sign.objects.get().text == "STOP"
        assert Sign.objects.annotate(length=models.functions.Length("text")).get().length == (4,)
        watched = Watched.objects.annotate(size=models.F("pk")).get()
        assert watched.told == ("_state", "id", "title", "cover", "size")
        assert Watched.objects.defer("title").get().told == ("_state", "id", "cover")
        owner = Sign.objects.select_related("owner").get().owner
        assert owner.told == ("_state", "id", "title", "cover")
        assert [made.text for made in Sign.objects.bulk_create([Sign(text="x", owner=owner)])] == [
            "X"
        ]
        Sign.objects.filter(text="X").delete()


def test_a_session_leaves_a_model_its_own_setattr(define: Any):
    def shout(self: Any, name: str, value: Any) -> None:
        object.__setattr__(self, name, value.upper() if name == "title" else value)

    loud = define("Loud", title=models.CharField(max_length=9), __setattr__=shout)
    assert loud(title="a").title == "A"
    assert inspect(loud).attrs.keys() == ["id", "title"]
    made = loud(title="b")
    assert made.title == "B"
    state = inspect(made)
    made.title = "c"
    assert made.title == "C"
    assert "title" in state.dict
    assert state.attrs.title.history.added == ["C"]
