"""Deleting objects with what refers to them, on both edges."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastjango.orm import models, signals
from fastjango.orm.deletion import Collector
from fastjango.orm.on_delete import DatabaseOnDelete

CASCADE = models.CASCADE


class GoneTop(models.Model):
    name = models.CharField(max_length=9, default="")
    code = models.IntegerField(null=True, unique=True)

    class Meta:
        app_label = "orm"


class GoneChild(GoneTop):
    size = models.IntegerField(default=1)

    class Meta:
        app_label = "orm"


class GoneByCode(models.Model):
    top = models.ForeignKey(GoneTop, CASCADE, to_field="code")

    class Meta:
        app_label = "orm"


class GoneNote(models.Model):
    top = models.ForeignKey(GoneTop, CASCADE, null=True, related_name="notes")
    text = models.CharField(max_length=9, default="")

    class Meta:
        app_label = "orm"


class GoneReply(models.Model):
    note = models.ForeignKey(GoneNote, CASCADE)

    class Meta:
        app_label = "orm"


class GoneLeft(models.Model):
    right = models.ForeignKey("GoneRight", CASCADE, null=True)
    must = models.ForeignKey("GoneRight", CASCADE, related_name="musts", null=True)

    class Meta:
        app_label = "orm"


class GoneRight(models.Model):
    left = models.ForeignKey(GoneLeft, CASCADE)
    text = models.CharField(max_length=9, default="")

    class Meta:
        app_label = "orm"


class GoneParent(models.Model):
    class Meta:
        app_label = "orm"


class GoneByDatabase(models.Model):
    parent = models.ForeignKey(GoneParent, models.DB_CASCADE)

    class Meta:
        app_label = "orm"


class GoneGrandchild(models.Model):
    by_database = models.ForeignKey(GoneByDatabase, models.DB_CASCADE)

    class Meta:
        app_label = "orm"


class GoneHolder(models.Model):
    class Meta:
        app_label = "orm"


class GoneFixed(models.Model):
    holder = models.ForeignKey(GoneHolder, models.RESTRICT, related_name="fixed")
    owner = models.ForeignKey("GoneOwner", CASCADE)

    class Meta:
        app_label = "orm"


class GoneOwner(models.Model):
    holder = models.ForeignKey(GoneHolder, CASCADE)

    class Meta:
        app_label = "orm"


MODELS = (
    GoneTop,
    GoneChild,
    GoneByCode,
    GoneNote,
    GoneReply,
    GoneRight,
    GoneLeft,
    GoneParent,
    GoneByDatabase,
    GoneGrandchild,
    GoneHolder,
    GoneOwner,
    GoneFixed,
)
pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture(params=["sync", "async"])
def delete(request: pytest.FixtureRequest) -> Any:
    """A function that deletes an object or a queryset on either edge."""

    def call(obj: Any, **options: Any) -> Any:
        if request.param == "sync":
            return obj.delete(**options)
        return asyncio.run(obj.adelete(**options))

    return call


def test_children_go_with_their_parents_rows(delete: Any) -> None:
    child = GoneChild.objects.create(name="a", code=1)
    GoneByCode.objects.create(top=child)
    GoneNote.objects.create(top=child)
    assert delete(child) == (
        4,
        {"orm.GoneByCode": 1, "orm.GoneNote": 1, "orm.GoneChild": 1, "orm.GoneTop": 1},
    )
    assert child.pk is None
    kept = GoneChild.objects.create(name="b")
    assert delete(kept, keep_parents=True) == (1, {"orm.GoneChild": 1})
    assert GoneTop.objects.get().name == "b"


def test_parents_of_children_loaded_in_part_are_fetched(delete: Any) -> None:
    for number in (1, 2):
        GoneByCode.objects.create(top=GoneChild.objects.create(code=number))
    assert delete(GoneChild.objects.only("size").all())[1] == {
        "orm.GoneByCode": 2,
        "orm.GoneChild": 2,
        "orm.GoneTop": 2,
    }


def test_references_to_nothing_are_left(delete: Any) -> None:
    top = GoneTop.objects.create(code=None)
    other = GoneTop.objects.create(code=4)
    GoneByCode.objects.create(top=other)
    assert delete(top)[1] == {"orm.GoneTop": 1}
    assert GoneByCode.objects.count() == 1


def test_objects_that_refer_to_each_other(delete: Any) -> None:
    left = GoneLeft.objects.create()
    right = GoneRight.objects.create(left=left)
    left.right = left.must = right
    left.save()
    assert delete(left)[1] == {"orm.GoneRight": 1, "orm.GoneLeft": 1}
    assert not GoneLeft.objects.exists()


def test_what_restricts_may_go_along(delete: Any) -> None:
    holder = GoneHolder.objects.create()
    owner = GoneOwner.objects.create(holder=holder)
    GoneFixed.objects.create(holder=holder, owner=owner)
    assert delete(holder)[0] == 3
    holder, elsewhere = GoneHolder.objects.create(), GoneHolder.objects.create()
    fixed = GoneFixed.objects.create(
        holder=holder, owner=GoneOwner.objects.create(holder=elsewhere)
    )
    with pytest.raises(models.RestrictedError, match=r"'GoneFixed\.holder'") as caught:
        delete(holder)
    assert caught.value.restricted_objects == {fixed}
    assert GoneHolder.objects.count() == 2


def test_the_database_deletes_what_it_was_told_to(delete: Any) -> None:
    parent = GoneParent.objects.create()
    row = GoneByDatabase.objects.create(parent=parent)
    GoneGrandchild.objects.create(by_database=row)
    assert delete(parent) == (1, {"orm.GoneParent": 1})
    assert not GoneGrandchild.objects.exists()


def test_what_the_database_deletes_can_be_looked_at() -> None:
    parent = GoneParent.objects.create()
    row = GoneByDatabase.objects.create(parent=parent)
    last = GoneGrandchild.objects.create(by_database=row)
    collector = Collector(using="default", force_collection=True)
    collector.collect([parent])
    assert {model: set(objs) for model, objs in collector.data.items()} == {
        GoneParent: {parent},
        GoneByDatabase: {row},
        GoneGrandchild: {last},
    }
    assert sorted(type(obj).__name__ for _, obj in collector.instances_with_model()) == [
        "GoneByDatabase",
        "GoneGrandchild",
        "GoneParent",
    ]


def test_listeners_see_whole_objects(delete: Any) -> None:
    seen: list[Any] = []

    def listen(sender: Any, instance: Any, origin: Any, **kwargs: Any) -> None:
        seen.append((instance.text, instance.get_deferred_fields(), origin))

    top = GoneTop.objects.create()
    GoneNote.objects.create(top=top, text="a")
    signals.pre_delete.connect(listen, sender=GoneNote)
    try:
        delete(top)
    finally:
        signals.pre_delete.disconnect(listen, sender=GoneNote)
    assert seen == [("a", set(), top)]


def test_many_objects_are_deleted_in_batches(delete: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.orm import connection

    monkeypatch.setattr(type(connection.ops), "bulk_batch_size", lambda self, fields, objs: 2)
    for number in range(5):
        top = GoneTop.objects.create(code=number)
        GoneReply.objects.create(note=GoneNote.objects.create(top=top))
        GoneByCode.objects.create(top=top)
    assert delete(GoneTop.objects.all())[1] == {
        "orm.GoneReply": 5,
        "orm.GoneNote": 5,
        "orm.GoneByCode": 5,
        "orm.GoneTop": 5,
    }


def test_a_private_relation_gives_what_goes_along(delete: Any) -> None:
    class Related(models.Field):
        """Like a generic relation: private, with objects of its own."""

        is_private = True

        def contribute_to_class(self, cls: Any, name: str, **kwargs: Any) -> None:
            super().contribute_to_class(cls, name, private_only=True)

        def get_attname_column(self) -> Any:
            return self.get_attname(), None

        def bulk_related_objects(self, objs: Any, using: str) -> Any:
            return GoneHolder.objects.using(using).all()

    related = Related(name="related")
    related.set_attributes_from_name("related")
    top = GoneTop.objects.create()
    GoneHolder.objects.create()
    opts = GoneTop._meta
    opts.private_fields.append(related)
    opts._expire_cache()
    try:
        assert delete(top) == (2, {"orm.GoneHolder": 1, "orm.GoneTop": 1})
    finally:
        opts.private_fields.remove(related)
        opts._expire_cache()


def test_rules_describe_themselves() -> None:
    assert str(models.DB_CASCADE) == repr(models.DB_CASCADE) == "DB_CASCADE"
    assert models.DB_SET_NULL(None, None, None, "default") is None
    assert models.DO_NOTHING(None, None, None, "default") is None
    assert isinstance(models.DB_SET_DEFAULT, DatabaseOnDelete)
    rule = models.SET(5)
    assert rule.deconstruct() == ("fastjango.orm.models.SET", (5,), {})
    assert rule.lazy_sub_objs
    assert not hasattr(models.SET(lambda: 5), "lazy_sub_objs")
    assert models.SET_NULL.lazy_sub_objs


def test_nothing_gathered_is_nothing_deleted() -> None:
    collector = Collector(using="default")
    assert collector.add([]) == []
    collector.add_restricted_objects(GoneFixed._meta.get_field("holder"), [])
    collector.collect([])
    assert collector.delete() == (0, {})
    assert not collector.can_fast_delete([GoneTop()])


def test_references_are_emptied_first_where_checks_cannot_wait(
    delete: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fastjango.orm import connection

    features = type(connection.features)
    monkeypatch.setattr(features, "can_defer_constraint_checks", False)
    top = GoneTop.objects.create()
    note = GoneNote.objects.create(top=top)
    GoneReply.objects.create(note=note)
    assert delete(top)[1] == {"orm.GoneReply": 1, "orm.GoneNote": 1, "orm.GoneTop": 1}


def test_rules_are_written_into_migrations_by_name() -> None:
    from fastjango.orm.migrations.checksum import _meaning
    from fastjango.orm.migrations.serializer import serialize

    imports = {"from fastjango.orm import models"}
    for name in ("CASCADE", "SET_NULL", "DB_CASCADE", "DB_SET_DEFAULT", "DB_SET_NULL"):
        rule = getattr(models, name)
        assert serialize(rule) == (f"models.{name}", imports)
        assert _meaning(rule).endswith(name)
    with pytest.raises(ValueError, match="Cannot serialize: OWN, which is no rule"):
        serialize(DatabaseOnDelete("OWN", "OWN"))


def test_migrations_make_the_rules_of_the_database(project: Any) -> None:
    project.models(
        """
        from fastjango.orm import models

        class Top(models.Model):
            pass

        class Low(models.Model):
            top = models.ForeignKey(Top, models.DB_CASCADE)
            other = models.ForeignKey(Top, models.DB_SET_NULL, null=True, related_name="+")
        """
    )
    project.run("makemigrations", "blog")
    project.run("migrate")
    assert "No changes detected" in project.run("makemigrations", "--check", "blog")
    ((sql,),) = project.query("SELECT sql FROM sqlite_master WHERE name = 'blog_low'")
    assert "ON DELETE CASCADE" in sql
    assert "ON DELETE SET NULL" in sql
