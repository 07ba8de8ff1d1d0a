"""Options, managers, indexes, constraints and checks of models; SQLModel and pydantic."""

from __future__ import annotations

import asyncio
import datetime
import re
import uuid

import pytest
import sqlalchemy as sa
from fastjango.core.exceptions import FieldDoesNotExist, ImproperlyConfigured, ValidationError
from fastjango.core.registry import Registry
from fastjango.orm import connections, models
from fastjango.orm.deletion import Collector
from fastjango.orm.fetch_modes import FETCH_RAISE, FetchMode
from fastjango.orm.indexes import IndexExpression
from fastjango.orm.interop import mapper_of
from fastjango.orm.manager import BaseManager, EmptyManager
from fastjango.orm.models.functions import Lower
from fastjango.orm.names import make_model_tuple, names_digest, strip_quotes, truncate_name
from fastjango.orm.options import normalize_together
from fastjango.orm.schema import metadata_for, table_for
from sqlmodel import Field, Session, SQLModel, select


class MetaQuerySet(models.QuerySet):
    def short(self):
        return self.filter(size__lt=10)

    def _hidden(self):
        return None

    def _shown(self):
        return "shown"

    _shown.queryset_only = False

    def unseen(self):
        return None

    unseen.queryset_only = True


class MetaManager(models.Manager.from_queryset(MetaQuerySet)):
    use_in_migrations = True

    def __init__(self, *args):
        super().__init__()


class MetaThing(models.Model):
    name = models.CharField(max_length=20, unique_for_date="day")
    size = models.IntegerField(default=1)
    day = models.DateField(default=datetime.date(2020, 1, 1))
    uid = models.UUIDField(default=uuid.uuid4)
    objects = MetaManager("x")
    other = models.Manager()

    class Meta:
        app_label = "orm"
        verbose_name_plural = "thingies"
        ordering = ("-size", "name")
        unique_together = ("name", "size")
        indexes = (
            models.Index(fields=["name", "-size"]),
            models.Index(Lower("name"), name="meta_%(class)s_lower"),
            models.Index(fields=["day"], name="meta_day", condition=models.Q(size__gt=1)),
        )
        constraints = (
            models.CheckConstraint(condition=models.Q(size__gte=0), name="meta_size"),
            models.UniqueConstraint(fields=["uid"], name="meta_uid"),
            models.UniqueConstraint(
                Lower("name"),
                name="meta_lower",
                condition=models.Q(size=5),
                violation_error_message="taken: %(name)s",
                violation_error_code="taken",
            ),
        )
        permissions = (("own", "Can own"),)


class MetaChild(MetaThing):
    extra = models.CharField(max_length=3, blank=True)

    class Meta:
        app_label = "orm"


class MetaTarget(models.Model):
    size = models.IntegerField()

    class Meta:
        app_label = "orm"


class MetaHero(models.Model):
    name: str = Field(max_length=5, index=True)
    age: int | None = None
    power: float | None = Field(default=None, description="in watts")
    friends: list = Field(default_factory=list)
    key: int | None = Field(default=None, primary_key=True)
    thing_id: int
    thing = models.ForeignKey(MetaThing, models.CASCADE, null=True)

    class Meta:
        app_label = "orm"


MODELS = (MetaThing, MetaChild, MetaHero)


@pytest.fixture
def engine():
    engine = sa.create_engine(
        "sqlite://", poolclass=sa.pool.StaticPool, connect_args={"check_same_thread": False}
    )
    tables = [table_for(model) for model in MODELS]
    table_for(MetaThing).metadata.create_all(engine, tables=tables)
    yield engine
    engine.dispose()


def test_options_answer_as_django_does():
    opts = MetaThing._meta
    assert opts.label == "orm.MetaThing"
    assert str(opts) == opts.label_lower == "orm.metathing"
    assert repr(opts) == "<Options for MetaThing>"
    assert opts.verbose_name == "meta thing"
    assert str(MetaHero._meta.verbose_name_plural) == "meta heros"
    assert opts.verbose_name_raw == "meta thing"
    assert opts.db_table == "orm_metathing"
    assert opts.app_config.label == "orm"
    assert opts.can_migrate("default")
    assert opts.unique_together == (("name", "size"),)
    assert [f.name for f in opts.get_fields(include_parents=False)][-1] == "uid"
    assert MetaChild._meta.get_parent_list() == [MetaThing]
    assert MetaChild._meta.get_ancestor_link(MetaThing).name == "metathing_ptr"
    assert MetaChild._meta.get_base_chain(MetaThing) == [MetaThing]
    assert [p.to_opts.model for p in MetaChild._meta.get_path_to_parent(MetaThing)] == [MetaThing]
    assert [p.to_opts.model for p in MetaChild._meta.get_path_from_parent(MetaThing)] == [MetaChild]
    assert opts.get_path_to_parent(MetaThing) == opts.get_path_from_parent(MetaThing) == []
    assert MetaChild._meta.ordering == ("-size", "name")
    assert MetaThing.__doc__.startswith("MetaThing(id, name")
    assert {r.name for r in opts.related_objects} == {"metachild", "metahero"}
    assert opts.get_field("metahero").related_model is MetaHero
    with pytest.raises(TypeError, match="Invalid argument for include_parents"):
        opts._get_fields(include_parents="x")
    with pytest.raises(AttributeError, match="should never be mutated"):
        opts.fields.append(1)
    assert normalize_together(5) == 5
    assert normalize_together(()) == ()
    with pytest.raises(TypeError, match=r"'class Meta' got invalid attribute\(s\): nope"):

        class MetaWrong(models.Model):
            class Meta:
                app_label = "orm"
                nope = 1


def test_names_are_shortened_with_a_hash():
    assert truncate_name("abc", 10) == "abc"
    assert truncate_name("a" * 20, 10) == "aaaaaa" + names_digest("a" * 20, length=4)
    assert len(truncate_name('x"."' + "a" * 20, 10)) == len('x"."') + 10
    assert strip_quotes('"a"') == "a"
    assert make_model_tuple("orm.Thing") == ("orm", "thing")
    assert make_model_tuple(MetaThing) == ("orm", "metathing")
    assert make_model_tuple(("a", "b")) == ("a", "b")
    with pytest.raises(ValueError, match="Invalid model reference"):
        make_model_tuple("x")
    with pytest.raises(ValueError, match="Invalid model reference"):
        make_model_tuple(5)
    index = MetaThing._meta.indexes[0]
    assert re.fullmatch(r"orm_metathi_name_[0-9a-f]{6}_idx", index.name)
    assert MetaThing._meta.indexes[1].name == "meta_metathing_lower"


def test_managers(tables):
    MetaThing.objects.create(name="a", size=20)
    MetaThing.objects.create(name="b", size=2)
    assert [t.name for t in MetaThing.objects.short()] == ["b"]
    assert MetaThing.objects._shown() == "shown"
    assert not hasattr(MetaThing.objects, "unseen")
    assert not hasattr(MetaThing.objects, "_hidden")
    assert str(MetaThing.objects) == "orm.MetaThing.objects"
    assert MetaThing._default_manager.name == "objects"
    assert MetaThing._base_manager.name == "_base_manager"
    assert MetaThing.objects == MetaThing.objects
    assert hash(MetaThing.objects)
    assert MetaThing.objects.db == "default"
    assert MetaThing.objects.check() == []
    with pytest.raises(AttributeError, match="Manager isn't accessible via MetaThing instances"):
        _ = MetaThing().objects
    assert list(EmptyManager(MetaThing).all()) == []
    assert MetaQuerySet.as_manager().deconstruct()[0] is True
    with pytest.raises(ValueError, match="Could not find manager"):
        BaseManager.from_queryset(MetaQuerySet)().deconstruct()
    with pytest.raises(ValueError, match="has no manager named 'nope'"):

        class MetaLost(models.Model):
            class Meta:
                app_label = "orm"
                default_manager_name = "nope"

        _ = MetaLost._default_manager
    with pytest.raises(ValueError, match="must specify a custom Manager"):

        class MetaObjects(models.Model):
            objects = models.IntegerField()

            class Meta:
                app_label = "orm"


def test_unique_checks_and_constraints_validate(tables):
    MetaThing.objects.create(name="Ann", size=5)
    with pytest.raises(ValidationError) as caught:
        MetaThing(name="Ann", size=5).full_clean()
    assert caught.value.message_dict == {
        "name": ["Name must be unique for Day date."],
        "__all__": ["Meta thing with this Name and Size already exists."],
    }
    with pytest.raises(ValidationError, match="taken: meta_lower"):
        MetaThing(name="ANN", size=5).validate_constraints()
    with pytest.raises(ValidationError, match="meta_size"):
        MetaThing(name="x", size=-1).validate_constraints()
    same = MetaThing.objects.get()
    with pytest.raises(ValidationError) as caught:
        MetaThing(name="z", uid=same.uid).validate_constraints()
    assert caught.value.message_dict == {"uid": ["Meta thing with this Uid already exists."]}
    same.full_clean()
    MetaThing(name="Ann", size=5).validate_constraints(exclude={"name", "size", "uid"})
    asyncio.run(MetaThing(name="n", size=9, day=datetime.date(2021, 1, 1)).afull_clean())


def test_indexes_and_constraints_describe_themselves():
    index = models.Index(
        fields=["a"],
        name="i",
        condition=models.Q(b=1),
        include=["c"],
        opclasses=["x"],
        db_tablespace="t",
    )
    path, args, kwargs = index.deconstruct()
    assert path == "fastjango.orm.models.Index"
    assert models.Index(*args, **kwargs) == index == index.clone()
    assert repr(index).startswith("<Index: fields=['a'] name='i' db_tablespace='t' condition=")
    for options, message in (
        ({"fields": ["a"], "opclasses": ["x"]}, "named to use opclasses"),
        ({"fields": ["a"], "condition": 5}, "must be a Q instance"),
        ({"fields": ["a"], "condition": models.Q(a=1)}, "named to use condition"),
        ({"fields": "a"}, "must be a list or tuple"),
        ({"fields": ["a"], "opclasses": "x", "name": "n"}, "opclasses must be a list"),
        ({}, "At least one field or expression"),
        ({"fields": [1]}, "only strings"),
        ({"fields": ["a"], "include": ["b"]}, "covering index must be named"),
        ({"fields": ["a"], "include": "b", "name": "n"}, "include must be a list"),
        ({"fields": ["a"], "opclasses": ["x", "y"], "name": "n"}, "same number"),
    ):
        with pytest.raises(ValueError, match=message):
            models.Index(**options)
    for args, options, message in (
        ((Lower("a"),), {"fields": ["a"], "name": "n"}, "mutually exclusive"),
        ((Lower("a"),), {}, "must be named to use expressions"),
        ((Lower("a"),), {"name": "n", "opclasses": ["x"]}, "cannot be used with expressions"),
    ):
        with pytest.raises(ValueError, match=message):
            models.Index(*args, **options)
    unique = models.UniqueConstraint(
        fields=["a"], name="u", deferrable=models.Deferrable.DEFERRED, nulls_distinct=False
    )
    path, args, kwargs = unique.deconstruct()
    assert models.UniqueConstraint(*args, **kwargs) == unique == unique.clone()
    assert unique != models.UniqueConstraint(fields=["b"], name="u")
    assert "deferrable=Deferrable.DEFERRED" in repr(unique)
    check = models.CheckConstraint(
        condition=models.Q(a=1), name="c", violation_error_message="m", violation_error_code="k"
    )
    assert check == check.clone()
    assert repr(check).endswith("violation_error_code='k' violation_error_message='m'>")
    assert check.get_violation_error_message() == "m"
    assert check != unique
    with pytest.raises(TypeError, match="must be a Q instance or boolean expression"):
        models.CheckConstraint(condition=1, name="c")
    for args, options, error in (
        ((), {"fields": ["a"], "name": ""}, ValueError),
        ((), {"name": "n"}, ValueError),
        ((Lower("a"),), {"fields": ["a"], "name": "n"}, ValueError),
        ((), {"fields": ["a"], "name": "n", "condition": 1}, ValueError),
        ((), {"fields": ["a"], "name": "n", "deferrable": 1}, TypeError),
        ((), {"fields": ["a"], "name": "n", "include": 1}, TypeError),
        ((), {"fields": ["a"], "name": "n", "opclasses": 1}, TypeError),
        ((), {"fields": ["a"], "name": "n", "nulls_distinct": 1}, TypeError),
        ((), {"fields": ["a"], "name": "n", "opclasses": ["a", "b"]}, ValueError),
    ):
        with pytest.raises(error):
            models.UniqueConstraint(*args, **options)
    with pytest.raises(NotImplementedError):
        models.BaseConstraint(name="x").create_sql(None, None)
    with pytest.raises(ValueError, match="topmost expressions"):
        IndexExpression(Lower(models.OrderBy(models.F("a")))).resolve_expression()


def test_checks_of_models_carry_djangos_ids():
    class MetaMistakes(models.Model):
        id = models.IntegerField()
        a = models.IntegerField(db_column="same")
        b = models.IntegerField(db_column="same")
        tags = models.ManyToManyField(MetaTarget, unique=True, null=True)
        link = models.ForeignKey(MetaTarget, models.SET_NULL, related_name="size")
        once = models.ForeignKey(
            MetaTarget, models.SET_DEFAULT, unique=True, related_name="bad name"
        )
        lost = models.ForeignKey("orm.Nowhere", models.CASCADE)

        class Meta:
            app_label = "orm"
            ordering = ("nope", "link__nope", "-pk", "?")
            unique_together = (("nope", "tags"),)
            indexes = (models.Index(fields=["a"], name="_" + "x" * 40),)

    found = {error.id for error in MetaMistakes.check(databases=["default"])}
    assert found >= {
        "models.E012",
        "models.E013",
        "models.E015",
        "models.E033",
        "models.E034",
        "fields.E300",
        "fields.E302",
        "fields.E306",
        "fields.E320",
        "fields.E321",
        "fields.E330",
        "fields.W340",
        "fields.W342",
    }
    assert "models.E004" in found
    assert MetaThing.check(databases=["default"]) == []


def test_a_registry_of_its_own_has_tables_of_its_own():
    registry = Registry()

    class MetaIsolated(models.Model):
        class Meta:
            app_label = "orm"
            apps = registry

    assert table_for(MetaIsolated).metadata is metadata_for(registry)
    assert table_for(MetaIsolated).metadata is not table_for(MetaThing).metadata

    class MetaSameTable(models.Model):
        class Meta:
            app_label = "orm"
            apps = registry
            db_table = "orm_metaisolated"
            managed = False

    assert table_for(MetaSameTable).metadata is not metadata_for(registry)


def test_sqlmodel_fields_become_fields(tables):
    opts = MetaHero._meta
    assert opts.pk.name == "key"
    assert opts.get_field("name").max_length == 5
    assert opts.get_field("name").db_index
    assert opts.get_field("power").help_text == "in watts"
    assert opts.get_field("friends").get_default() == []
    with pytest.raises(FieldDoesNotExist):
        opts.get_field("age")
    hero = MetaHero.objects.create(name="x", power=2.5)
    assert MetaHero.objects.get(name="x").power == hero.power
    with pytest.raises(TypeError, match=r"foreign_key='x.id' names a column"):

        class MetaBad(models.Model):
            x: int = Field(foreign_key="x.id")

            class Meta:
                app_label = "orm"

    with pytest.raises(TypeError, match="there is no field for"):

        class MetaWorse(models.Model):
            x: object = Field()

            class Meta:
                app_label = "orm"


def test_a_session_reads_writes_and_forgets(engine):
    assert issubclass(MetaThing, SQLModel)
    with Session(engine) as session:
        thing = MetaThing(name="s", size=3)
        session.add(thing)
        session.commit()
        assert thing.id is not None
        assert thing.name == "s"
        thing.name = "t"
        session.commit()
        session.refresh(thing)
        found = session.exec(select(MetaThing).where(MetaThing.name == "t")).one()
        assert found is thing
        assert found._state.adding is False
        assert session.exec(select(MetaThing.name).order_by(MetaThing.size)).all() == ["t"]
        child = MetaChild(name="c", size=1)
        session.add(child)
        session.commit()
        assert session.exec(select(MetaChild).where(MetaChild.size < 2)).one().name == "c"
        session.delete(thing)
        session.commit()
        assert session.exec(select(MetaThing).where(MetaThing.size >= 3)).all() == []
        merged = session.merge(MetaThing(id=child.pk, name="m", size=4))
        session.commit()
        assert merged.name == "m"
    assert mapper_of(MetaChild).inherits is mapper_of(MetaThing)
    with pytest.raises(TypeError, match="abstract"):

        class MetaAbstract(models.Model):
            class Meta:
                abstract = True
                app_label = "orm"

        mapper_of(MetaAbstract)


def test_pydantic_validates_and_dumps():
    thing = MetaThing.model_validate({"name": "p", "size": "7"})
    assert isinstance(thing, MetaThing)
    assert thing.size == 7
    assert thing._state.adding
    assert MetaThing.model_validate_json('{"name": "j"}').name == "j"
    assert MetaThing.model_validate(thing) is thing
    dumped = thing.model_dump()
    assert dumped["name"] == "p"
    assert '"size":7' in thing.model_dump_json()
    assert set(MetaThing.model_json_schema()["properties"]) == {"id", "name", "size", "day", "uid"}
    assert "name" in MetaThing.model_fields
    assert thing.model_copy(update={"name": "q"}).name == "q"
    assert thing.model_copy(deep=True).name == "p"
    assert "name" in thing.model_fields_set
    with pytest.raises(ValueError, match="at most 20 characters"):
        MetaThing.model_validate({"name": "x" * 21})
    with pytest.raises(TypeError, match="not iterable"):
        iter(thing)


def test_fetch_modes(tables):
    MetaThing.objects.create(name="a")
    thing = MetaThing.objects.fetch_mode(FETCH_RAISE).defer("size").get()
    with pytest.raises(Exception, match=r"Fetching of MetaThing.size blocked"):
        _ = thing.size
    with pytest.raises(NotImplementedError):
        FetchMode().fetch(None, None)
    assert [repr(type(m)) for m in (models.FETCH_ONE, models.FETCH_PEERS)]


def test_the_collector_can_be_used_by_itself(tables):
    things = [MetaThing.objects.create(name=n) for n in "ab"]
    collector = Collector(using="default")
    collector.collect(things)
    assert collector.delete()[0] == 2

    async def use() -> None:
        thing = await MetaThing.objects.acreate(name="c")
        collector = Collector(using="default")
        await collector.acollect([thing])
        assert (await collector.adelete())[0] == 1

    asyncio.run(use())


def test_default_primary_keys_follow_the_setting():
    from fastjango.core.conf import override_settings

    with override_settings(DEFAULT_AUTO_FIELD="django.db.models.AutoField"):

        class MetaAuto(models.Model):
            class Meta:
                app_label = "elsewhere"

    assert type(MetaAuto._meta.pk) is models.AutoField
    with override_settings(DEFAULT_AUTO_FIELD=""), pytest.raises(ImproperlyConfigured):

        class MetaEmpty(models.Model):
            class Meta:
                app_label = "elsewhere"

    with (
        override_settings(DEFAULT_AUTO_FIELD="fastjango.orm.models.TextField"),
        pytest.raises(ValueError, match="must subclass AutoField"),
    ):

        class MetaText(models.Model):
            class Meta:
                app_label = "elsewhere"

    assert connections["default"].vendor == "sqlite"
