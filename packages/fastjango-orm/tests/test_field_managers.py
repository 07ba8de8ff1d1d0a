"""Managers of many-to-many relations: inherited join tables, fetched and changed on both edges."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.orm import models, router, signals
from fastjango.orm.fetch_modes import FetchMode
from fastjango.orm.router import ConnectionRouter

CASCADE = models.CASCADE


class PickyManager(models.Manager):
    def __init__(self, *args: Any) -> None:
        super().__init__()
        self.made_with = args

    def get_queryset(self) -> Any:
        return super().get_queryset().exclude(label="hidden")


class MuchTag(models.Model):
    label = models.CharField(max_length=9)
    code = models.CharField(max_length=9, unique=True, null=True)

    class Meta:
        app_label = "orm"
        ordering = ("label",)


class MuchPicky(models.Model):
    label = models.CharField(max_length=9)
    objects = PickyManager("x")
    plain = models.Manager()

    class Meta:
        app_label = "orm"
        ordering = ("label",)


class MuchPost(models.Model):
    slug = models.CharField(max_length=9, unique=True)
    tags = models.ManyToManyField(MuchTag, related_name="posts")
    picky = models.ManyToManyField(MuchPicky, related_name="posts")
    near = models.ManyToManyField("self")
    coded = models.ManyToManyField(
        MuchTag, through="MuchCode", related_name="coded", through_fields=("post", "tag")
    )
    loose = models.ManyToManyField(MuchTag, related_name="loose", db_constraint=False)

    class Meta:
        app_label = "orm"


class MuchCode(models.Model):
    post = models.ForeignKey(MuchPost, CASCADE, to_field="slug")
    tag = models.ForeignKey(MuchTag, CASCADE, to_field="code", null=True)

    class Meta:
        app_label = "orm"


class MuchChild(MuchPost):
    class Meta:
        app_label = "orm"


MODELS = (MuchTag, MuchPicky, MuchPost, MuchChild, MuchCode)
pytestmark = pytest.mark.usefixtures("tables")


@pytest.fixture
def post() -> MuchPost:
    return MuchPost.objects.create(slug="s")


def labels(objects: Any) -> list[str]:
    return [one.label for one in objects]


def test_custom_managers_narrow_what_is_related_counted_and_removed(post: MuchPost) -> None:
    seen, hidden = (MuchPicky.plain.create(label=label) for label in ("seen", "hidden"))
    post.picky.add(seen, hidden)
    assert labels(post.picky.all()) == ["seen"]
    assert (post.picky.count(), post.picky.exists()) == (1, True)
    assert labels(post.picky(manager="plain").all()) == ["hidden", "seen"]
    post.picky.remove(seen, hidden)
    assert labels(post.picky(manager="plain").all()) == ["hidden"], "what it hides stays"
    post.picky.clear()
    assert post.picky(manager="plain").count() == 1

    async def use() -> None:
        await post.picky.aadd(seen)
        assert await post.picky.acount() == 1
        assert await post.picky.aexists()

    asyncio.run(use())
    (found,) = MuchPost.objects.prefetch_related("picky")
    assert labels(found.picky.all()) == ["seen"]
    assert found.picky.count() == 1


def test_join_tables_may_hold_other_columns_than_keys(post: MuchPost) -> None:
    tag = MuchTag.objects.create(label="a", code="c")
    post.coded.add(tag)
    assert MuchCode.objects.values_list("post_id", "tag_id").get() == ("s", "c")
    assert list(post.coded.all()) == [tag]
    assert list(tag.coded.all()) == [post]
    assert (post.coded.count(), post.coded.exists()) == (1, True)
    MuchCode.objects.create(post=post, tag=None)
    assert post.coded.count() == 1
    (found,) = MuchPost.objects.prefetch_related("coded")
    assert list(found.coded.all()) == [tag]
    post.coded.set(["c"])
    post.coded.set([tag])
    assert list(post.coded.all()) == [tag]
    with pytest.raises(ValueError, match='the value for field "tag" is None'):
        post.coded.add(MuchTag.objects.create(label="b"))
    post.slug = None
    with pytest.raises(ValueError, match='needs to have a value for field "slug"'):
        _ = post.coded
    with pytest.raises(ValueError, match="needs to have a primary key value before a many-to-many"):
        _ = MuchPost(slug="t").coded


def test_counts_do_not_trust_unchecked_references(post: MuchPost) -> None:
    tag = MuchTag.objects.create(label="a")
    post.loose.add(tag)
    assert post.loose.constrained_target is None
    assert post.loose.count() == 1
    post.loose.through.objects.create(muchpost=post, muchtag_id=999)
    assert post.loose.count() == 1
    assert post.tags.constrained_target is not None


def test_children_share_relations_and_prefetched_objects(post: MuchPost) -> None:
    tag = MuchTag.objects.create(label="a")
    child = MuchChild.objects.create(slug="c")
    child.tags.add(tag)
    assert list(tag.posts.all()) == [child.muchpost_ptr]
    (found,) = MuchChild.objects.prefetch_related("tags")
    parent = found.muchpost_ptr
    parent._prefetched_objects_cache = {"tags": found._prefetched_objects_cache.pop("tags")}
    assert found.tags.get_prefetch_cache() is not None
    assert list(found.tags.all()) == [tag]
    found.tags.clear()
    assert found.tags.get_prefetch_cache() is None
    assert not child.tags.exists()


def test_prefetched_slices_count_for_each_object(post: MuchPost) -> None:
    other = MuchPost.objects.create(slug="t")
    tags = [MuchTag.objects.create(label=label) for label in "abc"]
    post.tags.add(*tags)
    other.tags.add(*tags[1:])
    some = models.Prefetch("tags", MuchTag.objects.order_by("label")[1:2])
    found = MuchPost.objects.prefetch_related(some).order_by("slug")
    assert [labels(one.tags.all()) for one in found] == [["b"], ["c"]]
    rest = models.Prefetch("tags", MuchTag.objects.order_by("label")[1:])
    found = MuchPost.objects.prefetch_related(rest).order_by("slug")
    assert [labels(one.tags.all()) for one in found] == [["b", "c"], ["c"]]


def test_slices_need_window_functions(post: MuchPost, monkeypatch: pytest.MonkeyPatch) -> None:
    from fastjango.orm import NotSupportedError, connection

    monkeypatch.setattr(type(connection.features), "supports_over_clause", False)
    some = models.Prefetch("tags", MuchTag.objects.all()[:1])
    with pytest.raises(NotSupportedError, match="Prefetching from a limited queryset is only"):
        list(MuchPost.objects.prefetch_related(some))


def test_symmetrical_relations_are_told_both_ways(post: MuchPost) -> None:
    seen: list[Any] = []

    def listen(
        sender: Any, action: str, reverse: bool, pk_set: Any, raw: bool, **rest: Any
    ) -> None:
        seen.append((action, pk_set, raw))

    other = MuchPost.objects.create(slug="t")
    through = MuchPost.near.through
    signals.m2m_changed.connect(listen, sender=through)
    try:
        post.near.set_base([other], raw=True)
        post.near.set([])
    finally:
        signals.m2m_changed.disconnect(listen, sender=through)
    assert seen == [
        ("pre_add", {other.pk}, True),
        ("post_add", {other.pk}, True),
        ("pre_remove", {other.pk}, False),
        ("post_remove", {other.pk}, False),
    ]
    assert MuchPost.near.through is through
    assert through._meta.auto_created is MuchPost
    assert not other.near.exists()


def test_routers_may_keep_objects_apart(post: MuchPost, monkeypatch: pytest.MonkeyPatch) -> None:
    tag = MuchTag.objects.create(label="a")
    monkeypatch.setattr(router, "allow_relation", lambda *objs, **hints: False)
    with pytest.raises(ValueError, match=r"instance is on database .*, value is on database"):
        post.tags.add(tag)
    with pytest.raises(ValueError, match="the current database router prevents this relation"):
        MuchCode(post=post)


def test_names_of_join_tables_and_columns() -> None:
    tags, near, coded = (MuchPost._meta.get_field(name) for name in ("tags", "near", "coded"))
    assert tags.m2m_db_table() == "orm_muchpost_tags"
    assert (tags.m2m_column_name(), tags.m2m_reverse_name()) == ("muchpost_id", "muchtag_id")
    assert (tags.m2m_field_name(), tags.m2m_reverse_field_name()) == ("muchpost", "muchtag")
    assert (near.m2m_field_name(), near.m2m_reverse_field_name()) == (
        "from_muchpost",
        "to_muchpost",
    )
    assert (coded.m2m_target_field_name(), coded.m2m_reverse_target_field_name()) == (
        "slug",
        "code",
    )
    assert coded.m2m_db_table() == "orm_muchcode"
    assert coded.remote_field.get_related_field().name == "slug"
    assert tags.remote_field.get_related_field().name == "id"
    assert tags.get_attname_column() == ("tags", None)
    assert tags.db_parameters(None) == {"type": None, "check": None}
    assert tags.db_type(None) is tags.db_check(None) is None
    assert tags.remote_field.identity != near.remote_field.identity
    assert [hop.to_opts.model for hop in coded.get_path_info()] == [MuchCode, MuchTag]
    assert [hop.to_opts.model for hop in coded.get_reverse_path_info()] == [MuchCode, MuchPost]


def test_join_models_may_be_inherited(define: Any) -> None:
    other = define("Other")
    base = define("Base", here=models.ForeignKey("orm.Here", CASCADE, related_name="+"))
    link = define("Link", (base,), there=models.ForeignKey(other, CASCADE, related_name="+"))
    here = define("Here", many=models.ManyToManyField(other, through="orm.Link", related_name="+"))
    many = here._meta.get_field("many")
    assert [hop.to_opts.model for hop in many.get_path_info()] == [base, link, other]
    assert [hop.to_opts.model for hop in many.get_reverse_path_info()] == [link, base, here]


def test_the_asynchronous_edge_makes_and_changes(post: MuchPost) -> None:
    async def use() -> None:
        tag, created = await post.tags.aupdate_or_create(label="a", defaults={"code": "1"})
        assert created
        assert await post.tags.aupdate_or_create(label="a", defaults={"code": "2"}) == (tag, False)
        assert await post.tags.aget_or_create(label="a") == (tag, False)
        assert (await post.tags.aget_or_create(label="b"))[1]
        await post.tags.aset([tag], clear=True)
        assert [one.label async for one in post.tags.all()] == ["a"]

    asyncio.run(use())
    assert post.tags.update_or_create(label="a", defaults={"code": "3"})[1] is False


def test_fetch_modes_pickle_by_name() -> None:
    import pickle

    for mode in (models.FETCH_ONE, models.FETCH_PEERS, models.FETCH_RAISE):
        assert pickle.loads(pickle.dumps(mode)) is mode
        assert isinstance(mode, FetchMode)


def test_routers_are_asked_in_order() -> None:
    class Silent:
        pass

    class Loud:
        def allow_migrate(self, db: str, app_label: str, **hints: Any) -> Any:
            return hints.get("model_name") == "muchtag"

        def allow_relation(self, one: Any, other: Any, **hints: Any) -> Any:
            return True

        def db_for_read(self, model: Any, **hints: Any) -> Any:
            return "replica" if model is MuchTag else None

    with override_settings(DATABASE_ROUTERS=[Silent(), Loud()]):
        fresh = ConnectionRouter()
        assert fresh.db_for_read(MuchTag) == "replica"
        assert fresh.db_for_read(MuchPost, instance=MuchPost()) == "default"
        assert fresh.db_for_write(MuchTag) == "default"
        assert fresh.allow_relation(MuchTag(), MuchPost())
        assert fresh.allow_migrate_model("default", MuchTag)
        assert not fresh.allow_migrate_model("default", MuchPost)
