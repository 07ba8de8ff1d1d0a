"""Content types, generic foreign keys and generic relations, on both edges."""

from __future__ import annotations

import asyncio
import io
import pickle
from collections.abc import Iterator

import fastjango.contenttypes
import pytest
from fastjango.contenttypes.checks import check_generic_foreign_keys, check_model_name_lengths
from fastjango.contenttypes.fields import GenericForeignKey, GenericRelation
from fastjango.contenttypes.management import (
    RenameContentType,
    create_contenttypes,
    inject_rename_contenttypes_operations,
)
from fastjango.contenttypes.models import ContentType
from fastjango.contenttypes.prefetch import GenericPrefetch
from fastjango.core import apps
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.management import call_command
from fastjango.orm import connection, migrations, models
from fastjango.orm.schema import create_model, delete_model


class CtTag(models.Model):
    tag = models.SlugField()
    content_type = models.ForeignKey(ContentType, models.CASCADE, null=True)
    object_id = models.PositiveIntegerField(null=True)
    thing = GenericForeignKey()

    class Meta:
        app_label = "contenttypes"
        ordering = ("tag",)


class CtPost(models.Model):
    title = models.CharField(max_length=20)
    tags = GenericRelation(CtTag, related_query_name="post")

    class Meta:
        app_label = "contenttypes"


class CtPage(models.Model):
    tags = GenericRelation(CtTag)

    class Meta:
        app_label = "contenttypes"


class CtPostProxy(CtPost):
    class Meta:
        app_label = "contenttypes"
        proxy = True


MODELS = (ContentType, CtTag, CtPost, CtPage)


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    for model in MODELS:
        create_model(model)
    ContentType.objects.clear_cache()
    yield
    ContentType.objects.clear_cache()
    for model in reversed(MODELS):
        delete_model(model)


@pytest.fixture
def post() -> CtPost:
    return CtPost.objects.create(title="p")


def test_content_types_are_found_made_and_kept(post):
    ct = ContentType.objects.get_for_model(post)
    assert (ct.app_label, ct.model) == ("contenttypes", "ctpost")
    assert ContentType.objects.get_for_model(CtPost) is ct
    assert ContentType.objects.get_for_model(CtPostProxy) is ct
    proxy = ContentType.objects.get_for_model(CtPostProxy, for_concrete_model=False)
    assert proxy.model == "ctpostproxy"
    assert ContentType.objects.get_for_id(ct.pk) is ct
    assert ContentType.objects.get_by_natural_key(*ct.natural_key()) is ct
    ContentType.objects.clear_cache()
    assert ContentType.objects.get_for_id(ct.pk) == ct
    ContentType.objects.clear_cache()
    assert ContentType.objects.get_by_natural_key("contenttypes", "ctpost") == ct
    found = ContentType.objects.get_for_models(CtPost, CtPage, CtTag)
    assert {m: c.model for m, c in found.items()} == {
        CtPost: "ctpost",
        CtPage: "ctpage",
        CtTag: "cttag",
    }
    assert found[CtPost] == ct
    with pytest.raises(ContentType.DoesNotExist):
        ContentType.objects.get_for_id(999)
    assert ct.model_class() is CtPost
    assert ct.name == "ct post"
    assert str(ct) == "Content Types | ct post"
    assert ct.get_object_for_this_type(title="p") == post
    assert list(ct.get_all_objects_for_this_type()) == [post]
    gone = ContentType(app_label="a", model="b")
    assert gone.model_class() is None
    assert (gone.name, str(gone)) == ("b", "a | b")
    assert fastjango.contenttypes.ContentType is ContentType
    with pytest.raises(AttributeError):
        _ = fastjango.contenttypes.nope


def test_a_generic_foreign_key_reads_and_writes(post):
    tag = CtTag(tag="a", thing=post)
    tag.save()
    again = CtTag.objects.get()
    assert again.thing == post
    assert again.thing is again.thing
    again.object_id = 77
    assert again.thing is None
    again.thing = None
    assert again.content_type is None
    assert CtTag(tag="x").thing is None
    assert CtTag.thing.field.get_forward_related_filter(post) == {
        "object_id": post.pk,
        "content_type": ContentType.objects.get_for_model(post).pk,
    }
    assert CtTag.thing.field.get_filter_kwargs_for_object(tag)["object_id"] == post.pk
    with pytest.raises(TypeError, match="takes an object, an id or a model"):
        CtTag.thing.field.get_content_type()
    with pytest.raises(ValueError, match="unsaved related object 'thing'"):
        CtTag(tag="y", thing=CtPost(title="new")).save()


def test_a_generic_relation_is_a_manager(post):
    a = post.tags.create(tag="a")
    b = CtTag.objects.create(tag="b")
    post.tags.add(b)
    assert [t.tag for t in post.tags.all()] == ["a", "b"]
    assert list(CtTag.objects.filter(post__title="p")) == [a, b]
    assert list(CtPost.objects.filter(tags__tag="b")) == [post]
    post.tags.remove(b)
    assert not CtTag.objects.filter(tag="b").exists()
    c = CtTag.objects.create(tag="c")
    post.tags.set([c])
    assert [t.tag for t in post.tags.all()] == ["c"]
    post.tags.set([CtTag.objects.create(tag="d")], clear=True, bulk=False)
    assert [t.tag for t in post.tags.all()] == ["d"]
    assert not post.tags.get_or_create(tag="d")[1]
    assert post.tags.update_or_create(tag="e")[1]
    post.tags.clear(bulk=False)
    assert not post.tags.exists()
    with pytest.raises(TypeError, match="'CtTag' instance expected"):
        post.tags.add(post, bulk=False)
    with pytest.raises(ValueError, match="isn't saved"):
        post.tags.add(CtTag(tag="z"))
    assert CtPost._meta.get_field("tags").value_to_string(post) == "[]"
    assert post.tags(manager="objects").count() == 0


def test_deleting_the_object_deletes_its_rows(post):
    post.tags.create(tag="a")
    assert post.delete() == (2, {"contenttypes.CtTag": 1, "contenttypes.CtPost": 1})


def test_prefetching_loads_with_one_query_for_each_model(post):
    page = CtPage.objects.create()
    CtTag.objects.create(tag="a", thing=post)
    CtTag.objects.create(tag="b", thing=page)
    CtTag.objects.create(tag="c")
    assert [t.thing for t in CtTag.objects.prefetch_related("thing")] == [post, page, None]
    [found] = CtPost.objects.prefetch_related("tags")
    assert [t.tag for t in found.tags.all()] == ["a"]
    chosen = GenericPrefetch("thing", [CtPost.objects.all(), CtPage.objects.all()])
    assert [t.thing for t in CtTag.objects.prefetch_related(chosen)] == [post, page, None]
    assert len(pickle.loads(pickle.dumps(chosen)).querysets) == 2
    with pytest.raises(ValueError, match="cannot use raw"):
        GenericPrefetch("thing", [CtPost.objects.values()])
    twice = GenericPrefetch("thing", [CtPost.objects.all(), CtPost.objects.all()])
    with pytest.raises(ValueError, match="Only one queryset"):
        list(CtTag.objects.prefetch_related(twice))


def test_the_asynchronous_edge_does_the_same():
    async def use() -> None:
        post = await CtPost.objects.acreate(title="p")
        await post.tags.acreate(tag="a")
        ContentType.objects.clear_cache()
        assert [t.tag async for t in post.tags.all()] == ["a"]
        tag = await CtTag.objects.aget()
        with pytest.raises(SynchronousOnlyOperation, match=r'prefetch_related\("thing"\)'):
            _ = tag.thing
        assert [t.thing async for t in CtTag.objects.prefetch_related("thing")] == [post]
        ct = await ContentType.objects.aget_for_model(post)
        assert await ContentType.objects.aget_for_id(ct.pk) == ct
        assert await ContentType.objects.aget_by_natural_key("contenttypes", "ctpost") == ct
        assert (await ContentType.objects.aget_for_models(CtPost))[CtPost] == ct
        assert await ct.aget_object_for_this_type(pk=post.pk) == post
        other = await CtTag.objects.acreate(tag="b")
        await post.tags.aadd(other)
        await post.tags.aset([other])
        assert await post.tags.acount() == 1
        assert not (await post.tags.aget_or_create(tag="b"))[1]
        assert not (await post.tags.aupdate_or_create(tag="b"))[1]
        await post.tags.aremove(other)
        await post.tags.aclear()
        assert (await post.adelete())[0] == 1

    asyncio.run(use())


def test_checks_find_mistakes():
    class CtWrong(models.Model):
        kind = models.IntegerField()
        other = models.ForeignKey(CtPost, models.CASCADE)
        a = GenericForeignKey("nope", "nope")
        b = GenericForeignKey("kind", "kind")
        c = GenericForeignKey("other", "kind")
        d = GenericRelation(CtPage)

        class Meta:
            app_label = "contenttypes"

    try:
        found = {e.id for name in "abc" for e in CtWrong._meta.get_field(name).check()}
        assert found == {f"contenttypes.E00{number}" for number in (1, 2, 3, 4)}
        assert "contenttypes.E004" in {e.id for e in CtWrong._meta.get_field("d").check()}
        assert {e.id for e in check_generic_foreign_keys(None)} >= found
        assert check_model_name_lengths([apps.get_app_config("contenttypes")]) == []
    finally:
        # It has no table: what deletes a CtPost must not look for its rows.
        del apps.all_models["contenttypes"]["ctwrong"]
        apps.clear_cache()


def test_content_types_are_made_after_migrations(capsys):
    config = apps.get_app_config("contenttypes")
    create_contenttypes(config, verbosity=2)
    assert "Adding content type 'contenttypes | ctpost'" in capsys.readouterr().out
    count = ContentType.objects.count()
    create_contenttypes(config, verbosity=0)
    assert ContentType.objects.count() == count


def test_renamed_models_rename_their_content_type():
    class Rename(migrations.Migration):
        operations = (migrations.RenameModel("Old", "CtPost"),)

    migration = Rename("0002_x", "contenttypes")
    inject_rename_contenttypes_operations(plan=[(migration, False)])
    assert [type(o).__name__ for o in migration.operations] == ["RenameModel", "RenameContentType"]
    ContentType.objects.create(app_label="contenttypes", model="old")
    operation = migration.operations[1]
    assert isinstance(operation, RenameContentType)

    class Editor:
        pass

    editor = Editor()
    editor.connection = connection
    operation.rename_forward(apps, editor)
    assert ContentType.objects.filter(model="ctpost").exists()
    operation.rename_backward(apps, editor)
    assert ContentType.objects.filter(model="old").exists()
    operation.rename_backward(apps, editor)
    inject_rename_contenttypes_operations(plan=None)


def test_stale_content_types_are_removed(monkeypatch):
    ContentType.objects.create(app_label="contenttypes", model="gone")
    monkeypatch.setattr("builtins.input", lambda prompt: "no")
    out = io.StringIO()
    call_command("remove_stale_contenttypes", stdout=out)
    assert "Content type for contenttypes.gone" in out.getvalue()
    assert "Stale content types remain." in out.getvalue()
    call_command("remove_stale_contenttypes", interactive=False, verbosity=2, stdout=out)
    assert "Deleting stale content type 'contenttypes | gone'" in out.getvalue()
    assert not ContentType.objects.filter(model="gone").exists()
    call_command("remove_stale_contenttypes", stdout=out)
