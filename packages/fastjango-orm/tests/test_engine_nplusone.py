"""What the N+1 guard advises for each kind of relation, on each database and both edges."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest
from fastjango.core import apps
from fastjango.orm import connection, connections, models
from fastjango.orm.models import FETCH_ONE
from fastjango.orm.nplusone import NPlusOneReport, detect_n_plus_one

MEMORY = {"default": {"ENGINE": "sqlite", "NAME": ":memory:"}}


class GHouse(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class GWriter(models.Model):
    name = models.CharField(max_length=20)
    code = models.CharField(max_length=20, unique=True)
    house = models.ForeignKey(GHouse, models.CASCADE, related_name="writers")
    friends = models.ManyToManyField("self")

    class Meta:
        app_label = "orm"


class GStar(GWriter):
    """A child of multi-table inheritance."""

    prize = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class GDesk(models.Model):
    owner = models.OneToOneField(GWriter, models.CASCADE, related_name="desk")

    class Meta:
        app_label = "orm"


class GLabel(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "orm"


class GStory(models.Model):
    title = models.CharField(max_length=20)
    writer = models.ForeignKey(GWriter, models.CASCADE, related_name="stories")
    editor = models.ForeignKey(GWriter, models.CASCADE, related_name="edited")
    coded = models.ForeignKey(
        GWriter, models.CASCADE, to_field="code", related_name="+", db_column="coded"
    )
    labels = models.ManyToManyField(GLabel, related_name="stories")
    parent = models.ForeignKey("self", models.CASCADE, null=True, related_name="parts")

    class Meta:
        app_label = "orm"


ALL = (GHouse, GWriter, GStar, GDesk, GLabel, GStory)
COUNT = 4


@pytest.fixture(scope="module")
def filled(empty_database: dict[str, Any]) -> dict[str, Any]:
    """The settings of a database with rows of every model."""
    with connection.schema_editor() as editor:
        for model in ALL:
            editor.create_model(model)
    writers: list[Any] = []
    for number in range(COUNT):
        house = GHouse.objects.create(name=f"h{number}")
        writer = GStar.objects.create(name=f"w{number}", code=f"c{number}", house=house, prize="p")
        GDesk.objects.create(owner=writer)
        writers.append(GWriter.objects.get(pk=writer.pk))
    for number, writer in enumerate(writers):
        writer.friends.add(writers[number - 1])
        for part in range(number + 2):
            story = GStory.objects.create(
                title=f"s{part}", writer=writer, editor=writers[number - 1], coded=writer
            )
            story.labels.add(GLabel.objects.create(name="l"))
            GStory.objects.create(
                title="part", writer=writer, editor=writer, coded=writer, parent=story
            )
    return empty_database


@pytest.fixture
def rows(filled: dict[str, Any]) -> Iterator[None]:
    connections.reconfigure({"default": filled})
    yield
    connections.reconfigure(MEMORY)


def advice_of(body: Callable[[], Any], threshold: int = 3) -> list[str | None]:
    """What is reported while `body` runs: a function, or a coroutine function."""

    async def main(awaited: Awaitable[Any]) -> None:
        await awaited
        await connections.aclose_all()

    with detect_n_plus_one(threshold, raise_error=False) as reports:
        if asyncio.iscoroutinefunction(body):
            asyncio.run(main(body()))
        else:
            body()
    assert_of_this_file(reports)
    return [report.advice for report in reports]


def assert_of_this_file(reports: list[NPlusOneReport]) -> None:
    for report in reports:
        assert report.where.startswith(f"{__file__}:")
        assert report.count == 3


# -- forwards ------------------------------------------------------------------------------


def stories() -> Any:
    return GStory.objects.filter(parent=None).order_by("pk").fetch_mode(FETCH_ONE)


@pytest.mark.parametrize("name", ["writer", "editor", "coded"])
def test_forward_keys_name_the_very_field(rows: None, name: str) -> None:
    assert advice_of(lambda: [getattr(story, name) for story in stories()]) == [
        f"GStory.objects.select_related({name!r})"
    ]


def test_two_keys_with_queries_of_one_shape_are_both_named(rows: None) -> None:
    def body() -> None:
        for story in stories():
            str(story.writer.name + story.editor.name)

    assert advice_of(body) == ["GStory.objects.select_related('writer', 'editor')"]


def test_a_key_followed_by_hand_names_each_field_that_it_may_be(rows: None) -> None:
    def body() -> None:
        for desk in GDesk.objects.all():
            GWriter.objects.get(pk=desk.owner_id)

    async def abody() -> None:
        async for desk in GDesk.objects.all():
            await GWriter.objects.aget(pk=desk.owner_id)

    expected = ["GDesk.objects.select_related('owner')"]
    assert advice_of(body) == expected
    assert advice_of(abody) == expected


def test_forward_twice_is_one_path(rows: None) -> None:
    def body() -> None:
        for story in stories().select_related("writer"):
            str(story.writer.house.name)

    assert advice_of(body) == ["GStory.objects.select_related('writer__house')"]


def test_both_steps_of_a_path_are_reported(rows: None) -> None:
    def body() -> None:
        for story in stories():
            str(story.writer.house.name)

    assert advice_of(body) == [
        "GStory.objects.select_related('writer')",
        "GStory.objects.select_related('writer__house')",
    ]


def test_peers_are_fetched_by_one_query(rows: None) -> None:
    assert advice_of(lambda: [story.writer.house for story in GStory.objects.all()]) == []


def test_peers_of_each_object_are_queries_of_one_shape(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.prefetch_related("edited").order_by("pk"):
            # A queryset of its own for each writer, of another length each.
            for story in writer.stories.all():
                str(story.editor.name)

    found = advice_of(body)
    assert found[0] == "GWriter.objects.prefetch_related('stories')"
    assert found[1:] in ([], ["GWriter.objects.prefetch_related('stories__editor')"])


# -- backwards -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["stories", "edited"])
def test_reverse_keys_name_the_prefetch(rows: None, name: str) -> None:
    def body() -> None:
        for writer in GWriter.objects.all():
            list(getattr(writer, name).all())

    async def abody() -> None:
        async for writer in GWriter.objects.all():
            async for _ in getattr(writer, name).all():
                pass

    expected = [f"GWriter.objects.prefetch_related({name!r})"]
    assert advice_of(body) == expected
    assert advice_of(abody) == expected


@pytest.mark.parametrize("name", ["stories", "friends"])
def test_counts_of_a_relation_name_the_prefetch(rows: None, name: str) -> None:
    def body() -> None:
        for writer in GWriter.objects.all():
            getattr(writer, name).count()

    async def abody() -> None:
        async for writer in GWriter.objects.all():
            await getattr(writer, name).acount()

    def exists() -> None:
        for writer in GWriter.objects.all():
            getattr(writer, name).exists()

    expected = [f"GWriter.objects.prefetch_related({name!r})"]
    assert advice_of(body) == expected
    assert advice_of(abody) == expected
    assert advice_of(exists) == expected


def test_a_reverse_one_to_one_is_joined(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.fetch_mode(FETCH_ONE):
            str(writer.desk.pk)

    assert advice_of(body) == ["GWriter.objects.select_related('desk')"]


def test_children_of_inheritance_are_joined(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.fetch_mode(FETCH_ONE):
            str(writer.gstar.prize)

    assert advice_of(body) == ["GWriter.objects.select_related('gstar')"]


def test_relations_of_a_parent_are_the_childs(rows: None) -> None:
    def body() -> None:
        for star in GStar.objects.all():
            list(star.stories.all())

    def forward() -> None:
        for star in GStar.objects.fetch_mode(FETCH_ONE):
            str(star.house.name)

    assert advice_of(body) == ["GStar.objects.prefetch_related('stories')"]
    assert advice_of(forward) == ["GStar.objects.select_related('house')"]


def test_children_of_a_tree(rows: None) -> None:
    def body() -> None:
        for story in GStory.objects.filter(parent=None):
            list(story.parts.all())

    def count() -> None:
        for story in GStory.objects.filter(parent=None):
            story.parts.count()

    assert advice_of(body) == ["GStory.objects.prefetch_related('parts')"]
    assert advice_of(count) == ["GStory.objects.prefetch_related('parts')"]


# -- many to many --------------------------------------------------------------------------


def test_many_to_many_on_both_sides(rows: None) -> None:
    async def abody() -> None:
        async for story in GStory.objects.filter(parent=None):
            [label async for label in story.labels.all()]

    def other_side() -> None:
        for label in GLabel.objects.all():
            list(label.stories.all())

    def same_model() -> None:
        for writer in GWriter.objects.all():
            list(writer.friends.all())

    assert advice_of(abody) == ["GStory.objects.prefetch_related('labels')"]
    assert advice_of(other_side) == ["GLabel.objects.prefetch_related('stories')"]
    assert advice_of(same_model) == ["GWriter.objects.prefetch_related('friends')"]


# -- several levels ------------------------------------------------------------------------


def test_two_levels_are_one_path_from_the_first_query(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.order_by("pk"):
            for story in writer.stories.filter():
                list(story.labels.all())

    async def abody() -> None:
        async for writer in GWriter.objects.order_by("pk"):
            async for story in writer.stories.all():
                async for _ in story.labels.all():
                    pass

    for one in (body, abody):
        assert sorted(map(str, advice_of(one))) == [
            "GWriter.objects.prefetch_related('stories')",
            "GWriter.objects.prefetch_related('stories__labels')",
        ]


def test_the_second_level_of_a_prefetch(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.prefetch_related("stories"):
            for story in writer.stories.all():
                list(story.labels.all())

    assert advice_of(body) == ["GWriter.objects.prefetch_related('stories__labels')"]


def test_many_to_many_after_a_join(rows: None) -> None:
    def body() -> None:
        for desk in GDesk.objects.select_related("owner"):
            list(desk.owner.stories.all())

    assert advice_of(body) == ["GDesk.objects.prefetch_related('owner__stories')"]


def test_following_the_advice_silences_the_guard(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.prefetch_related("stories__labels", "friends"):
            writer.friends.count()
            for story in writer.stories.all():
                list(story.labels.all())

    assert advice_of(body) == []


# -- parts of relations --------------------------------------------------------------------


def test_a_filtered_relation_needs_a_queryset(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.all():
            list(writer.stories.filter(title="s0"))

    def first() -> None:
        for writer in GWriter.objects.all():
            writer.stories.order_by("title").first()

    expected = ["GWriter.objects.prefetch_related(Prefetch('stories', queryset=..., to_attr=...))"]
    assert advice_of(body) == expected
    assert advice_of(first) == expected


def test_relations_of_a_filtered_relation_belong_to_its_queryset(rows: None) -> None:
    def body() -> None:
        writer = GWriter.objects.order_by("-pk")[0]
        for story in writer.stories.filter(title__startswith="s"):
            list(story.labels.all())

    assert advice_of(body) == ["gwriter.stories.prefetch_related('labels')"]


def test_columns_that_were_left_out(rows: None) -> None:
    def body() -> None:
        for writer in GWriter.objects.defer("code").fetch_mode(FETCH_ONE):
            str(writer.code)

    assert advice_of(body) == ["do not leave 'code' out of the query for GWriter"]


def test_queries_without_a_relation(rows: None) -> None:
    def body() -> None:
        for number in range(5):
            list(GWriter.objects.filter(name=f"w{number}"))
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")

    assert advice_of(body) == [None, None]


def test_lists_of_any_length_are_one_shape(rows: None) -> None:
    def body() -> None:
        for number in range(1, 5):
            list(GStory.objects.filter(pk__in=range(1, number * 7)))

    assert len(advice_of(body)) == 1


def test_before_the_boot_there_is_no_advice(rows: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def body() -> None:
        for writer in GWriter.objects.all():
            list(writer.stories.all())

    assert advice_of(body) != [None]
    monkeypatch.setattr(apps, "models_ready", False)
    assert advice_of(body) == [None]
