"""`Model._meta`, inheritance of models, and their managers."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import FieldDoesNotExist, FieldError, ImproperlyConfigured
from fastjango.core.registry import Registry
from fastjango.core.translation import gettext_lazy
from fastjango.orm import connection, models
from fastjango.orm.manager import EmptyManager
from fastjango.orm.schema import create_model, delete_model

CASCADE = models.CASCADE
Define = Callable[..., Any]


def names(fields: Any) -> list[str]:
    return [field.name for field in fields]


# Fields


def test_fields_by_kind(define: Define) -> None:
    other = define("Other")
    base = define("Base", first=models.IntegerField())
    child = define(
        "Child",
        (base,),
        second=models.ForeignKey(other, CASCADE, related_name="children"),
        many=models.ManyToManyField(other, related_name="+"),
        made=models.GeneratedField(
            expression=models.F("second"), output_field=models.IntegerField(), db_persist=True
        ),
    )
    define("Guest", host=models.ForeignKey(child, CASCADE))
    define("Ghost", host=models.ForeignKey(child, CASCADE, related_name="+"))
    define("Far", host=models.ForeignKey(base, CASCADE, related_name="fars"))
    opts = child._meta
    assert names(opts.fields) == ["id", "first", "base_ptr", "second", "made"]
    assert names(opts.concrete_fields) == names(opts.fields)
    assert names(opts.local_concrete_fields) == ["base_ptr", "second", "made"]
    assert names(opts.many_to_many) == ["many"]
    assert names(opts.related_objects) == ["fars", "guest"]
    assert names(opts.get_fields()) == [
        "fars",
        "id",
        "first",
        "guest",
        "base_ptr",
        "second",
        "made",
        "many",
    ]
    assert "fars" not in names(opts.get_fields(include_parents=False))
    hidden = set(names(opts.get_fields(include_hidden=True))) - set(names(opts.get_fields()))
    assert hidden == {"+", "Child_many+"}
    assert opts.get_field("second_id") is opts.get_field("second")
    assert opts.get_field("guest").related_model.__name__ == "Guest"
    assert names(other._meta.related_objects) == ["children", "_orm_child_many_+"]
    assert names(opts.db_returning_fields) == ["made"]
    assert names(base._meta.db_returning_fields) == ["id"]
    assert opts._non_pk_concrete_field_names >= {"first", "second", "second_id"}
    assert not opts._non_pk_concrete_field_names & {"id", "base_ptr"}
    assert base._meta._reverse_one_to_one_field_names == {"child"}
    with pytest.raises(AttributeError, match=r"return type of 'related_objects' should never be"):
        opts.related_objects.append(1)


def test_names_are_looked_for_when_models_are_there() -> None:
    registry = Registry(None)

    class Early(models.Model):
        class Meta:
            app_label = "orm"
            apps = registry

    with pytest.raises(FieldDoesNotExist, match="app cache isn't ready yet, so if this is an auto"):
        Early._meta.get_field("late")
    assert Early._meta.get_field("id").name == "id"


def test_a_model_outside_of_the_registry_has_no_relations(define: Define) -> None:
    model = define("Gone")
    del define.registry.all_models["orm"]["gone"]  # type: ignore[attr-defined]
    define.registry.clear_cache()  # type: ignore[attr-defined]
    assert list(model._meta.related_objects) == []


def test_ways_between_parents_and_children(define: Define) -> None:
    top = define("Top")
    side = define("Side", key=models.AutoField(primary_key=True))
    middle = define("Middle", (top,))
    proxy = define("Proxy", (middle,), {"proxy": True})
    low = define("Low", (proxy, side))
    opts = low._meta
    assert opts.get_parent_list() == list(opts.all_parents) == [middle, side, top]
    assert opts.get_base_chain(top) == [middle, top]
    assert opts.get_base_chain(low) == []
    assert opts.get_ancestor_link(top).name == "middle_ptr"
    assert opts.get_ancestor_link(side).name == "side_ptr"
    assert opts.get_ancestor_link(define("Stranger")) is None
    assert proxy._meta.get_ancestor_link(top).name == "top_ptr"

    def hops(path: Any) -> list[Any]:
        return [(hop.from_opts.model, hop.to_opts.model) for hop in path]

    assert hops(opts.get_path_to_parent(top)) == [(low, middle), (middle, top)]
    assert hops(opts.get_path_from_parent(top)) == [(top, middle), (middle, low)]
    assert hops(proxy._meta.get_path_to_parent(top)) == [(middle, top)]
    assert hops(proxy._meta.get_path_from_parent(top)) == [(top, middle)]


# Options


def test_names_for_people(define: Define) -> None:
    lazy = define("LazyName", meta={"verbose_name": gettext_lazy("odd thing")})
    assert lazy._meta.verbose_name_raw == "odd thing"
    assert str(lazy._meta.verbose_name_plural) == "odd things"
    assert define("HTTPThing")._meta.verbose_name == "http thing"


def test_migrations_make_tables_where_they_can(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = define("Real")
    assert real._meta.can_migrate(connection)
    assert not define("Proxy", (real,), {"proxy": True})._meta.can_migrate(connection)
    assert not define("Unmanaged", meta={"managed": False})._meta.can_migrate("default")
    vendor = define("Vendor", meta={"required_db_vendor": "postgresql"})
    assert not vendor._meta.can_migrate("default")
    feature = define("Feature", meta={"required_db_features": ["supports_transactions", "nope"]})
    assert not feature._meta.can_migrate(connection)
    monkeypatch.setattr(type(connection.features), "nope", True, raising=False)
    assert feature._meta.can_migrate(connection)


def test_a_swapped_model_follows_its_setting(define: Define) -> None:
    model = define("Swapped", meta={"swappable": "ORM_SWAPPED"})
    assert model._meta.swapped is None
    with override_settings(ORM_SWAPPED="orm.Other"):
        assert model._meta.swapped == "orm.Other"
        with pytest.raises(AttributeError, match=r"has been swapped for 'orm\.Other'"):
            _ = model.objects
    with override_settings(ORM_SWAPPED="orm.swapped"):
        assert model._meta.swapped is None
    with override_settings(ORM_SWAPPED="a.b.c"):
        assert model._meta.swapped == "a.b.c", "for the checks to complain of"
    with (
        override_settings(ORM_SWAPPED="orm.Other"),
        pytest.raises(TypeError, match=r"cannot proxy the swapped model 'orm\.Other'"),
    ):
        define("Proxy", (model,), {"proxy": True})


def test_ordering_with_respect_to_needs_the_field(define: Define) -> None:
    with pytest.raises(FieldDoesNotExist, match="Ordered has no field named 'nope'"):
        define("Ordered", meta={"order_with_respect_to": "nope"})


@pytest.mark.parametrize(
    ("path", "error", "message"),
    [
        ("", ImproperlyConfigured, "DEFAULT_AUTO_FIELD must not be empty"),
        ("nowhere.X", ImproperlyConfigured, r"refers to the module 'nowhere\.X' that could not be"),
        ("fastjango.orm.models.TextField", ValueError, "must subclass AutoField"),
    ],
)
def test_default_keys_are_counted(
    define: Define, path: str, error: type[Exception], message: str
) -> None:
    with override_settings(DEFAULT_AUTO_FIELD=path), pytest.raises(error, match=message):
        define("Keyed", meta={"app_label": "elsewhere"})


def test_groups_of_names_are_tuples(define: Define) -> None:
    model = define(
        "Grouped",
        meta={"unique_together": ["a", "b"]},
        a=models.IntegerField(),
        b=models.IntegerField(),
    )
    assert model._meta.unique_together == (("a", "b"),)


def test_urls_may_be_set_by_the_project(define: Define) -> None:
    with override_settings(ABSOLUTE_URL_OVERRIDES={"orm.linked": lambda obj: f"/{obj.pk}/"}):
        model = define("Linked")
    assert model(pk=3).get_absolute_url() == "/3/"


# Inheritance


def test_abstract_parents_give_copies_of_their_fields(define: Define) -> None:
    top = define("Top")
    abstract = define(
        "Abstract",
        meta={"abstract": True, "ordering": ["a"], "get_latest_by": "a"},
        a=models.IntegerField(),
        b=models.IntegerField(),
        c=models.IntegerField(),
        link=models.OneToOneField(top, CASCADE, parent_link=True, related_name="+"),
    )
    child = define("Child", (abstract, top), {"ordering": ["b"]}, b=None)
    opts = child._meta
    assert "b" not in names(opts.fields)
    assert opts.get_field("a") is not abstract._meta.get_field("a")
    assert opts.get_field("a").model is child
    assert [(parent, link.name) for parent, link in opts.parents.items()] == [(top, "link")]
    assert opts.pk is opts.get_field("link")
    assert opts.ordering == ["b"]
    grandchild = define("Grandchild", (child,))
    assert grandchild._meta.ordering == ["b"]
    assert not opts.abstract
    again = define("Again", (abstract,), {"abstract": True})
    assert again._meta.abstract
    managed = define("Managed", meta={"abstract": True}, objects=models.Manager())
    with pytest.raises(AttributeError, match="Manager isn't available; Managed is abstract"):
        _ = managed.objects


def test_clashing_fields_of_parents_are_refused(define: Define) -> None:
    top = define("Top", a=models.IntegerField())
    with pytest.raises(FieldError, match="Local field 'a' in class 'Same' clashes with field"):
        define("Same", (top,), a=models.IntegerField())
    with pytest.raises(FieldError, match="Auto-generated field 'top_ptr' in class 'Pointer'"):
        define("Pointer", (top,), top_ptr=models.IntegerField())


class Private(models.Field):
    """A field that belongs to its class alone, as generic relations do."""

    def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
        super().contribute_to_class(cls, name, private_only=True)

    def get_attname_column(self) -> Any:
        return self.get_attname(), None


def test_private_fields_are_copied_to_every_child(define: Define) -> None:
    abstract = define("Abstract", meta={"abstract": True}, p=Private(), q=Private())
    child = define("Child", (abstract,), p=Private())
    assert names(child._meta.private_fields) == ["p", "q"]
    low = define("Low", (child,))
    assert names(low._meta.private_fields) == ["p", "q"]
    assert low._meta.private_fields[0].mti_inherited
    assert low._meta.get_field("p") is not child._meta.get_field("p")
    assert names(low._meta.get_fields(include_parents=False)) == ["child_ptr", "p", "q"]
    with pytest.raises(FieldError, match="Local field 'p' in class 'Lower' clashes"):
        define("Lower", (low,), p=Private())


def test_proxies_stand_for_one_model(define: Define) -> None:
    real, other = define("Real"), define("Other", key=models.AutoField(primary_key=True))
    mixin = define("Mixin", meta={"abstract": True})
    proxy = define("Proxy", (mixin, real), {"proxy": True})
    further = define("Further", (proxy, real), {"proxy": True})
    assert further._meta.concrete_model is real
    assert further._meta.proxy_for_model is proxy
    assert further._meta.db_table == real._meta.db_table
    with pytest.raises(TypeError, match="has more than one non-abstract model base class"):
        define("Two", (real, other), {"proxy": True})
    with pytest.raises(TypeError, match="has no non-abstract model base class"):
        define("None", (mixin,), {"proxy": True})
    assert issubclass(proxy.DoesNotExist, real.DoesNotExist)
    assert issubclass(further.NotUpdated, real.NotUpdated)


def test_attributes_of_the_class(define: Define) -> None:
    model = define("Plain")
    with pytest.raises(AttributeError, match="type object 'Plain' has no attribute 'nope'"):
        _ = model.nope
    model.add_to_class("words", "said")
    model.add_to_class("kind", models.IntegerField)
    assert (model.words, model.kind) == ("said", models.IntegerField)


# Managers


class Loud(models.Manager):
    use_in_migrations = True


def test_managers_are_inherited_and_named(define: Define) -> None:
    base = define(
        "Base",
        meta={"abstract": True, "default_manager_name": "second", "base_manager_name": "loud"},
        loud=Loud(),
        second=models.Manager(),
    )
    child = define("Child", (base,), third=models.Manager())
    assert names(child._meta.managers) == ["third", "loud", "second"]
    assert set(child._meta.managers_map) == {"third", "loud", "second"}
    assert child._default_manager.name == "third"
    assert child._base_manager.name == "loud"
    concrete = define("Concrete", meta={"base_manager_name": "loud"}, loud=Loud())
    lower = define("Lower", (concrete,))
    assert lower._base_manager.name == "loud"
    assert isinstance(lower._base_manager, Loud)
    assert lower._default_manager.name == "loud"
    heir = define("Heir", (base,))
    assert heir._default_manager.name == "second"
    wrong = define("Wrong", meta={"base_manager_name": "nope"})
    with pytest.raises(ValueError, match="Wrong has no manager named 'nope'"):
        _ = wrong._base_manager


def test_managers_compare_by_what_they_were_made_with() -> None:
    assert models.Manager() == models.Manager()
    assert models.Manager() != Loud()
    assert Loud().deconstruct() == (False, f"{__name__}.Loud", None, (), {})
    named = models.Manager.from_queryset(models.QuerySet, "Named")
    assert named.__name__ == "Named"


class OptionThing(models.Model):
    size = models.IntegerField(default=1)
    objects = models.Manager()
    nothing = EmptyManager(None)

    class Meta:
        app_label = "orm"


@pytest.fixture
def tables() -> Iterator[None]:
    create_model(OptionThing)
    yield
    delete_model(OptionThing)


def test_managers_begin_querysets(tables: None) -> None:
    class Counted(models.QuerySet):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.made = True

    OptionThing.objects.create()
    manager = Counted.as_manager()
    manager.model, manager.name = OptionThing, "counted"
    assert manager.all().made
    assert manager.db_manager("default").get().size == 1
    elsewhere = OptionThing.objects.db_manager("default", hints={"instance": OptionThing()})
    assert elsewhere.db == "default"
    assert copy.copy(elsewhere).count() == 1
    assert not OptionThing.nothing.exists()
