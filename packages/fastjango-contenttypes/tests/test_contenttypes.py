"""Content types, generic foreign keys and generic relations, on both edges."""

from __future__ import annotations

import asyncio
import io
import pickle
from typing import Any

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
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.management import CommandError, call_command
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


class CtArticle(CtTag):
    class Meta:
        app_label = "contenttypes"


class CtShelf(models.Model):
    articles = GenericRelation(CtArticle)

    class Meta:
        app_label = "contenttypes"


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


async def _titles(rows: Any) -> list[str]:
    return [row.title async for row in rows]


@pytest.mark.parametrize("known", [False, True])
def test_the_first_use_of_a_type_may_be_on_an_event_loop(known):
    """Whatever a process does first with a generic relation, it need not know the type's id."""
    posts = [CtPost.objects.create(title=title) for title in "abc"]
    for post in posts:
        post.tags.create(tag=post.title)
    page = CtPage.objects.create(pk=posts[0].pk)  # the same key, another type
    CtTag.objects.create(tag="page", thing=page)

    async def first(step: Any) -> Any:
        ContentType.objects.clear_cache()
        if known:
            await ContentType.objects.aget_for_models(CtPost, CtPage)
        return await step()

    async def prefetched() -> Any:
        return [
            (post.title, [tag.tag for tag in post.tags.all()])
            async for post in CtPost.objects.prefetch_related("tags")
        ]

    async def use() -> None:
        assert await first(prefetched) == [("a", ["a"]), ("b", ["b"]), ("c", ["c"])]
        named = CtPost.objects.filter(tags__tag="b")
        assert await first(lambda: _titles(named)) == ["b"]
        tagless = CtPost.objects.exclude(tags__tag="b").order_by("title")
        assert await first(lambda: _titles(tagless)) == ["a", "c"]
        backwards = CtTag.objects.filter(post__title="b")
        assert await first(backwards.acount) == 1
        last = await CtPost.objects.aget(title="c")
        assert await first(last.tags.filter(tag="c").aexists)
        assert (await first(last.adelete))[0] == 2
        assert (await first(CtPost.objects.filter(title="a").adelete))[0] == 2
        assert await CtTag.objects.acount() == 2
        rest = await CtPost.objects.aget()
        if known:
            CtTag(thing=rest)
        else:
            with pytest.raises(SynchronousOnlyOperation, match=r"aget_for_model\(CtPost\)"):
                await first(lambda: asyncio.sleep(0, CtTag(thing=rest)))

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


def test_a_content_type_that_is_taken_is_not_renamed():
    for name in ("old", "ctpost"):
        ContentType.objects.create(app_label="contenttypes", model=name)
    with pytest.warns(
        RuntimeWarning, match=r"Could not rename content type 'contenttypes\.old' to"
    ):
        RenameContentType("contenttypes", "old", "ctpost").rename_forward(apps, _Editor())
    names = ContentType.objects.filter(app_label="contenttypes").values_list("model", flat=True)
    assert sorted(names) == ["ctpost", "old"]


class _Editor:
    connection = connection


class _Nowhere:
    def allow_migrate(self, db: str, app_label: str, **hints: object) -> bool:
        return False


def test_a_router_keeps_content_types_out_of_a_database():
    row = ContentType.objects.create(app_label="contenttypes", model="old")
    migration = _rename("app", "0002_x")
    config = apps.get_app_config("contenttypes")
    with override_settings(DATABASE_ROUTERS=[_Nowhere()]):
        inject_rename_contenttypes_operations(plan=[(migration, False)])
        assert len(migration.operations) == 1
        RenameContentType("contenttypes", "old", "new").rename_forward(apps, _Editor())
        create_contenttypes(config, verbosity=0)
        call_command("remove_stale_contenttypes", interactive=False)
    row.refresh_from_db()
    assert row.model == "old"
    assert ContentType.objects.count() == 1


def _rename(app_label: str, name: str) -> migrations.Migration:
    migration = migrations.Migration(name, app_label)
    migration.operations = [migrations.RenameModel("Old", "New")]
    return migration


def test_renames_before_the_table_exists_are_left_alone():
    class Without:
        def get_model(self, *names: str) -> None:
            raise LookupError(names)

    first, then = _rename("app", "0001_initial"), _rename("app", "0002_x")
    table = migrations.Migration("0001_initial", "contenttypes")
    plan = [(first, False), (table, False), (then, False)]
    inject_rename_contenttypes_operations(plan=plan, apps=Without())
    assert [len(one.operations) for one, _ in plan] == [1, 0, 2]
    backward = [(_rename("app", "0002_x"), True), (table, True), (_rename("app", "0001_x"), True)]
    inject_rename_contenttypes_operations(plan=backward)
    assert [len(one.operations) for one, _ in backward] == [2, 0, 1]


def test_apps_that_have_no_content_types(capsys):
    class NoModels:
        models_module = None

    class Known:
        label = "contenttypes"
        models_module = fastjango.contenttypes

        def __init__(self, models: tuple[type, ...] = ()) -> None:
            self.models = models

        def get_app_config(self, label: str) -> Known:
            if not self.models:
                raise LookupError(label)
            return self

        def get_model(self, *names: str) -> type[ContentType]:
            return ContentType

        def get_models(self) -> list[type]:
            return []

    create_contenttypes(NoModels())
    create_contenttypes(Known(), apps=Known())
    create_contenttypes(Known(), apps=Known((CtPost,)))
    assert ContentType.objects.count() == 0
    assert capsys.readouterr().out == ""


def test_a_relation_to_a_child_goes_over_the_parent_that_has_the_key():
    shelf = CtShelf.objects.create()
    article = CtArticle.objects.create(tag="a", thing=shelf)
    CtTag.objects.create(tag="b", thing=shelf)
    assert list(shelf.articles.all()) == [article]
    assert list(CtShelf.objects.filter(articles__tag="a")) == [shelf]
    assert not CtShelf.objects.filter(articles__tag="b").exists()
    assert CtShelf._meta.get_field("articles").value_to_string(shelf) == f"[{article.pk}]"
    assert shelf.delete()[1]["contenttypes.CtArticle"] == 1


def test_the_shipped_migrations_make_the_table_of_the_model():
    delete_model(ContentType)
    try:
        call_command("migrate", "contenttypes", "0001", verbosity=0)
        assert "name" in columns("django_content_type")
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_content_type (app_label, model, name) VALUES ('a', 'b', 'c')"
            )
        with pytest.raises(CommandError, match=r"Remove field name from contenttype"):
            call_command("migrate", "contenttypes", verbosity=0)
        call_command("migrate", "contenttypes", verbosity=0, allow_destructive=True)
        assert columns("django_content_type") == {"id", "app_label", "model"}
        assert ContentType.objects.filter(app_label="a", model="b").exists()
        call_command("migrate", "contenttypes", "0001", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT name FROM django_content_type WHERE app_label = 'a'")
            assert cursor.fetchone()[0] == "b"
    finally:
        call_command("migrate", "contenttypes", "zero", verbosity=0, allow_destructive=True)
        create_model(ContentType)


def columns(table: str) -> set[str]:
    with connection.cursor() as cursor:
        return {one.name for one in connection.introspection.get_table_description(cursor, table)}


def test_what_a_stale_content_type_takes_with_it_is_counted(monkeypatch):
    gone = ContentType.objects.create(app_label="contenttypes", model="gone")
    CtTag.objects.create(tag="a", content_type=gone, object_id=1)
    strange = ContentType.objects.create(app_label="uninstalled", model="thing")
    monkeypatch.setattr("builtins.input", lambda prompt: "yes")
    out = io.StringIO()
    call_command("remove_stale_contenttypes", stdout=out)
    assert "    - 1 contenttypes.CtTag object(s)" in out.getvalue()
    assert list(ContentType.objects.exclude(app_label="contenttypes")) == [strange]
    assert not ContentType.objects.filter(model="gone").exists()
    call_command("remove_stale_contenttypes", interactive=False, include_stale_apps=True)
    assert not ContentType.objects.filter(app_label="uninstalled").exists()


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
