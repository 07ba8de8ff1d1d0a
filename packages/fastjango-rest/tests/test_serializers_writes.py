"""Nested writes, races and what is sent by rows of another object."""

from __future__ import annotations

import asyncio

import pytest
from fastjango.orm import IntegrityError, transaction
from fastjango.orm.exceptions import DataError, OperationalError
from fastjango.rest import serializers
from fastjango.rest.exceptions import Conflict, RestConfigurationError, ValidationError
from fastjango.rest.validators import conflict_of
from rest_sides import ours, plain

shop = ours().models


@pytest.fixture(autouse=True)
def rows():
    """Two authors, one with an article that has comments and tags."""
    for model in reversed(shop.all):
        model.objects.all().delete()
    ann = shop.Author.objects.create(id=1, name="Ann")
    shop.Author.objects.create(id=2, name="Bob")
    shop.Profile.objects.create(id=1, author=ann, bio="Old", site="http://ann.example/")
    article = shop.Article.objects.create(id=1, title="One", slug="one", author=ann)
    other = shop.Article.objects.create(id=2, title="Two", slug="two", author=ann)
    for number in (1, 2):
        shop.Comment.objects.create(
            id=number, article=article, text=f"c{number}", slug=f"s{number}"
        )
    shop.Comment.objects.create(id=9, article=other, text="elsewhere")
    article.tags.set([shop.Tag.objects.create(id=1, name="a")])
    yield
    for model in reversed(shop.all):
        model.objects.all().delete()


class ProfileSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Profile
        fields = ["id", "bio", "site"]


class AuthorSerializer(serializers.ModelSerializer):
    profile = ProfileSerializer(required=False, allow_null=True)

    class Meta:
        model = shop.Author
        fields = ["id", "name", "profile"]
        nested_writes = True


class CommentSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Comment
        fields = ["id", "text", "slug"]


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Tag
        fields = ["id", "name"]


class ArticleSerializer(serializers.ModelSerializer):
    author = AuthorSerializer()
    editor = AuthorSerializer(required=False, allow_null=True)
    comments = CommentSerializer(many=True, required=False)
    tags = TagSerializer(many=True, required=False)

    class Meta:
        model = shop.Article
        fields = ["id", "title", "slug", "author", "editor", "comments", "tags"]
        nested_writes = ["author", "editor", "comments", "tags"]


def saved(instance, data, **options):
    serializer = ArticleSerializer(instance, data=data, **options)
    assert serializer.is_valid(), serializer.errors
    return serializer.save()


NEW = {
    "title": "New",
    "slug": "new",
    "author": {"name": "Cid", "profile": {"bio": "Fresh"}},
    "editor": None,
    "comments": [{"text": "x"}, {"text": "y", "slug": "y"}],
    "tags": [{"name": "t"}, {"name": "u"}],
}


def texts(article):
    return [comment.text for comment in article.comments.all()]


def names(article):
    return [tag.name for tag in article.tags.all()]


def check_new(article):
    assert article.author.name == "Cid"
    assert article.author.profile.bio == "Fresh"
    assert (texts(article), names(article)) == (["x", "y"], ["t", "u"])


def test_creating_writes_every_nested_object():
    check_new(saved(None, NEW))


async def test_creating_in_asynchronous_code():
    serializer = ArticleSerializer(data=NEW)
    assert await serializer.ais_valid(), serializer.errors
    article = await serializer.asave()
    await asyncio.to_thread(lambda: check_new(shop.Article.objects.get(pk=article.pk)))
    data = await serializer.adata
    assert [comment["text"] for comment in data["comments"]] == ["x", "y"]


UPDATE = {
    "title": "Newer",
    "slug": "one",
    "author": {"name": "Ann", "profile": {"bio": "New", "site": "http://ann.example/"}},
    "editor": {"name": "Eve"},
    "comments": [{"id": 2, "text": "changed", "slug": "s2"}, {"text": "added"}],
    "tags": [{"id": "1", "name": "a"}, {"name": "b"}],
}


def check_updated(article):
    assert (article.title, article.author_id, article.author.profile.pk) == ("Newer", 1, 1)
    assert article.author.profile.bio == "New"
    assert article.editor.name == "Eve"
    assert texts(article) == ["changed", "added"]
    assert names(article) == ["a", "b"]
    assert not shop.Comment.objects.filter(pk=1).exists()


def test_updating_changes_what_is_there_adds_what_is_new_and_removes_the_rest():
    # Unique values that stay with their rows are no conflict.
    check_updated(saved(shop.Article.objects.get(pk=1), UPDATE))


async def test_updating_in_asynchronous_code():
    serializer = ArticleSerializer(await shop.Article.objects.aget(pk=1), data=UPDATE)
    assert await serializer.ais_valid(), serializer.errors
    await serializer.asave()
    await asyncio.to_thread(lambda: check_updated(shop.Article.objects.get(pk=1)))


def test_partial_updates_leave_what_they_do_not_name():
    article = saved(shop.Article.objects.get(pk=1), {"title": "T"}, partial=True)
    assert (texts(article), names(article), article.author.name) == (["c1", "c2"], ["a"], "Ann")
    article = saved(article, {"tags": [], "author": {"profile": None}}, partial=True)
    assert names(article) == []
    # A tag that is unlinked still exists; a profile that is given up does not.
    assert shop.Tag.objects.filter(pk=1).exists()
    assert not shop.Profile.objects.exists()
    assert not hasattr(shop.Author.objects.get(pk=1), "profile")


def test_new_objects_need_all_fields_within_a_partial_update_too():
    serializer = ArticleSerializer(
        shop.Article.objects.get(pk=1),
        data={"comments": [{"id": 1}, {"slug": "z"}], "editor": {}},
        partial=True,
    )
    assert not serializer.is_valid()
    required = [("This field is required.", "required")]
    assert plain(serializer.errors) == {
        "editor": {"name": required},
        "comments": {1: {"text": required}},
    }


def test_rows_of_another_object_cannot_be_changed():
    missing = {"id": [('Invalid pk "9" - object does not exist.', "does_not_exist")]}
    for instance in (None, shop.Article.objects.get(pk=1)):
        serializer = ArticleSerializer(
            instance,
            data={**NEW, "comments": [{"id": 9, "text": "stolen"}], "tags": [{"id": "x"}]},
        )
        assert not serializer.is_valid()
        errors = plain(serializer.errors)
        assert errors["comments"] == {0: missing}
        assert errors["tags"][0]["id"][0][1] == "does_not_exist"
    serializer = ArticleSerializer(
        shop.Article.objects.get(pk=1),
        data={"comments": [{"id": 1}, {"id": 1}, {"id": True}]},
        partial=True,
    )
    assert not serializer.is_valid()
    codes = {i: e["id"][0].code for i, e in serializer.errors["comments"].items()}
    assert codes == {1: "duplicate", 2: "does_not_exist"}


def test_unique_values_of_others_are_refused():
    data = {"comments": [{"id": 1, "text": "c", "slug": "s2"}], "author": {"name": "Bob"}}
    serializer = ArticleSerializer(shop.Article.objects.get(pk=1), data=data, partial=True)
    assert not serializer.is_valid()
    assert serializer.errors["comments"][0]["slug"][0].code == "unique"
    assert serializer.errors["author"]["name"][0].code == "unique"


def test_one_failure_undoes_everything():
    serializer = ArticleSerializer(data=NEW)
    assert serializer.is_valid()
    serializer.validated_data["comments"][1]["slug"] = "s1"
    with pytest.raises(IntegrityError):
        serializer.save()
    assert shop.Article.objects.count() == 2
    assert not shop.Author.objects.filter(name="Cid").exists()


async def test_one_failure_undoes_everything_in_asynchronous_code():
    serializer = ArticleSerializer(data=NEW)
    assert await serializer.ais_valid()
    serializer.validated_data["comments"][1]["slug"] = "s1"
    with pytest.raises(IntegrityError):
        await serializer.asave()
    assert await shop.Article.objects.acount() == 2


def test_names_that_are_no_nested_serializer_are_refused():
    class Wrong(serializers.ModelSerializer):
        class Meta:
            model = shop.Article
            fields = ["title"]
            nested_writes = ["title"]

    serializer = Wrong(data={"title": "T"})
    with pytest.raises(RestConfigurationError, match="nested_writes names 'title'"):
        serializer.is_valid()


# -- races --------------------------------------------------------------------------------------


def failure(call):
    with pytest.raises(Exception) as caught, transaction.atomic():  # noqa: PT011
        call()
    return caught.value


def test_a_unique_value_taken_meanwhile_is_a_conflict():
    error = failure(lambda: shop.Author.objects.create(name="Ann"))
    conflict = conflict_of(error, shop.Author)
    assert isinstance(conflict, Conflict)
    assert plain(conflict.detail) == {"name": [("This field must be unique.", "unique")]}
    shop.Booking.objects.create(room=1, day="2024-01-01", guest="a", active=False)
    error = failure(
        lambda: shop.Booking.objects.create(room=1, day="2024-01-01", guest="b", active=False)
    )
    conflict = conflict_of(error, shop.Booking)
    assert plain(conflict.detail) == {
        "non_field_errors": [("The fields room, day must make a unique set.", "unique")]
    }


class PostgresError(Exception):
    def __init__(self, text, sqlstate, detail=None):
        super().__init__(text)
        self.sqlstate, self.detail = sqlstate, detail


def caused(error):
    wrapped = IntegrityError(*error.args)
    wrapped.__cause__ = error
    return wrapped


@pytest.mark.parametrize(
    ("error", "kind", "detail"),
    [
        (PostgresError("dup", "23505", "Key (slug)=(x) already exists."), Conflict, "slug"),
        (PostgresError("dup", "23505", 'Key (a, "b")=(x, y) already exists.'), Conflict,
         "non_field_errors"),
        (PostgresError("fk", "23503"), Conflict, "non_field_errors"),
        (PostgresError("check", "23514"), ValidationError, "non_field_errors"),
        (PostgresError("null", "23502"), None, None),
        (Exception(1062, "Duplicate entry 'x' for key 'article.slug'"), Conflict, "slug"),
        (Exception(1062, "Duplicate entry '1' for key 'PRIMARY'"), Conflict, "id"),
        (Exception(1062, "Duplicate entry '1' for key 'gone'"), Conflict, "non_field_errors"),
        (Exception(1452, "Cannot add or update a child row"), Conflict, "non_field_errors"),
        (Exception("FOREIGN KEY constraint failed"), Conflict, "non_field_errors"),
        (Exception("CHECK constraint failed: x"), ValidationError, "non_field_errors"),
    ],
)  # fmt: skip
def test_errors_of_every_driver_are_known(error, kind, detail):
    answer = conflict_of(caused(error), shop.Article)
    if kind is None:
        assert answer is None
    else:
        assert type(answer) is kind
        assert list(answer.detail) == [detail]


def test_indexes_that_mysql_names_lead_to_their_fields():
    error = caused(Exception(1062, "Duplicate entry 'x' for key 'one_note'"))
    assert "note, nick" in str(conflict_of(error, shop.Booking).detail)


def test_other_errors_of_the_database():
    assert type(conflict_of(DataError("out of range"), shop.Article)) is ValidationError
    assert conflict_of(OperationalError("locked"), shop.Article) is None
