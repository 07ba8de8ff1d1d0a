"""Relational fields, planned queries, and the general path beside the compiled one."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.urls import path, set_urlconf
from fastjango.orm import connection, models
from fastjango.rest import serializers
from fastjango.rest.compile import ato_json, encoded, plan_queryset, to_json
from fastjango.rest.planning import relation_paths
from fastjango.testing.orm.queries import CaptureQueriesContext
from rest_sides import ours, plain

shop = ours().models


def view(request, **kwargs):
    return None


URLS = SimpleNamespace(
    urlpatterns=[
        path("authors/<int:pk>/", view, name="author-detail"),
        path("articles/<slug:slug>/", view, name="article-detail"),
        path("other/<int:pk>/", view, name="other"),
        path("bad/<str:pk>/", view, name="bad-detail"),
    ]
)


@pytest.fixture(autouse=True)
def rows():
    set_urlconf(URLS)
    for model in reversed(shop.all):
        model.objects.all().delete()
    ann = shop.Author.objects.create(id=1, name="Ann", email="a@b.co")
    shop.Profile.objects.create(id=1, author=ann, bio="x")
    tags = [shop.Tag.objects.create(id=i, name=f"t{i}") for i in (1, 2, 3)]
    for i in range(1, 6):
        article = shop.Article.objects.create(
            id=i, title=f"T{i}", slug=f"s{i}", author=ann, editor=ann if i == 1 else None
        )
        article.tags.set(tags[: i % 4])
        shop.Comment.objects.create(id=i, article=article, text="c")
    yield
    set_urlconf(None)
    for model in reversed(shop.all):
        model.objects.all().delete()


class Request:
    GET: dict[str, str] = {}

    def build_absolute_uri(self, url):
        return f"http://test{url}"


CONTEXT = {"request": None}


class LinkedSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = shop.Article
        fields = ["url", "title", "author", "editor"]
        extra_kwargs = {"url": {"lookup_field": "slug"}}


def test_hyperlinks_show_and_take_urls():
    article = shop.Article.objects.get(pk=1)
    data = LinkedSerializer(article, context=CONTEXT).data
    assert data == {"url": "/articles/s1/", "title": "T1", "author": "/authors/1/",
                    "editor": "/authors/1/"}  # fmt: skip
    assert data["url"].name == "T1"
    with_host = LinkedSerializer(article, context={"request": Request(), "format": None}).data
    assert with_host["author"] == "http://test/authors/1/"
    serializer = LinkedSerializer(data={"title": "N", "author": "http://test/authors/1/"})
    assert serializer.is_valid(), serializer.errors
    assert serializer.validated_data["author"].pk == 1
    assert json.loads(LinkedSerializer(article, context=CONTEXT).to_json()) == dict(data)
    with pytest.raises(AssertionError, match="requires the request"):
        _ = LinkedSerializer(article).data


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("/nowhere/", "no_match"),
        ("http://[/", "no_match"),
        ("/authors/\ud800/", "no_match"),
        ("/other/1/", "incorrect_match"),
        ("/authors/99/", "does_not_exist"),
        (5, "incorrect_type"),
        (None, "null"),
        ("", "null"),
    ],
)
async def test_wrong_links_are_refused_on_both_edges(url, code):
    data = {"title": "N", "author": url}
    serializer = LinkedSerializer(data=data)
    await serializer.ais_valid()
    assert serializer.errors["author"][0].code == code

    def errors():
        twin = LinkedSerializer(data=data)
        twin.is_valid()
        return plain(twin.errors)

    assert await asyncio.to_thread(errors) == plain(serializer.errors)


def test_links_that_do_not_fit_the_urls_are_a_mistake_of_the_project():
    class Wrong(serializers.HyperlinkedModelSerializer):
        class Meta:
            model = shop.Tag
            fields = ["url"]

    with pytest.raises(ImproperlyConfigured, match='view name "tag-detail"'):
        _ = Wrong(shop.Tag.objects.first(), context=CONTEXT).data

    class Text(serializers.Serializer):
        link = serializers.HyperlinkedRelatedField("bad-detail", read_only=True, lookup_field="x")

    with pytest.raises(ImproperlyConfigured):
        _ = Text({"link": SimpleNamespace(pk=1, x=None)}, context=CONTEXT).data
    field = serializers.HyperlinkedRelatedField("bad-detail", read_only=True)
    bound = field.bind("link", Text(context=CONTEXT))
    assert bound is None
    assert field.to_representation(SimpleNamespace(pk=None)) is None


class AuthorSerializer(serializers.ModelSerializer):
    profile = serializers.PrimaryKeyRelatedField(read_only=True)

    class Meta:
        model = shop.Author
        fields = ["id", "name", "profile"]


class TagSerializer(serializers.ModelSerializer):
    articles = serializers.PrimaryKeyRelatedField(many=True, read_only=True)

    class Meta:
        model = shop.Tag
        fields = ["name", "articles"]


class CommentSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Comment
        fields = ["text"]


class ArticleSerializer(serializers.ModelSerializer):
    author = AuthorSerializer()
    tags = TagSerializer(many=True)
    comments = CommentSerializer(many=True)
    editor_name = serializers.CharField(source="editor.name", default=None)
    names = serializers.SlugRelatedField("name", source="tags", many=True, read_only=True)
    slow = serializers.SerializerMethodField()

    class Meta:
        model = shop.Article
        fields = ["id", "author", "tags", "comments", "editor_name", "names", "slow"]

    def get_slow(self, obj):
        return obj.title


class FlatSerializer(serializers.ModelSerializer):
    author = AuthorSerializer()
    editor = serializers.SlugRelatedField("name", read_only=True)
    tags = serializers.PrimaryKeyRelatedField(many=True, read_only=True)
    comments = serializers.SlugRelatedField("text", many=True, read_only=True)

    class Meta:
        model = shop.Article
        fields = ["id", "author", "editor", "tags", "comments", "words"]


class ColumnsSerializer(serializers.ModelSerializer):
    tags = TagSerializer(many=True)

    class Meta:
        model = shop.Article
        fields = ["id", "tags", "editor"]


@pytest.mark.parametrize(
    ("serializer", "queries"),
    [(ArticleSerializer, 4), (FlatSerializer, 3), (ColumnsSerializer, 3)],
)
async def test_lists_take_one_query_for_each_relation(serializer, queries):
    def sync():
        with CaptureQueriesContext(connection) as captured:
            content = to_json(serializer(shop.Article.objects.all(), many=True))
        assert len(captured) <= queries, [query["sql"] for query in captured.captured_queries]
        general = serializer(shop.Article.objects.all(), many=True).data
        assert content is not None
        assert content == encoded(general)
        rows = list(shop.Article.objects.all())
        assert to_json(serializer(rows, many=True)) == content
        assert to_json(serializer(shop.Article.objects, many=True)) == content
        return content

    content = await asyncio.to_thread(sync)
    assert await ato_json(serializer(shop.Article.objects.all(), many=True)) == content
    listed = [article async for article in shop.Article.objects.all()]
    assert await ato_json(serializer(listed, many=True)) == content
    fresh = [article async for article in shop.Article.objects.all()]
    assert encoded(await serializer(fresh, many=True).adata) == content
    queryset = serializer(shop.Article.objects.all(), many=True)
    assert encoded(await queryset.adata) == content
    one = await shop.Article.objects.aget(pk=1)
    assert json.loads(await serializer(one).ato_json()) == json.loads(content)[0]


def test_plans_select_what_is_shown():
    queryset = plan_queryset(shop.Article.objects.all(), ColumnsSerializer(many=True))
    sql = str(queryset.query)
    assert "title" not in sql
    assert "editor_id" in sql
    joined = plan_queryset(shop.Article.objects, FlatSerializer())
    assert "INNER JOIN" in str(joined.query)
    # A method may read any column.
    assert "title" in str(plan_queryset(shop.Article.objects.all(), ArticleSerializer()).query)
    assert relation_paths(ArticleSerializer()) == [
        "author__profile", "editor", "tags__articles", "comments",
    ]  # fmt: skip
    chosen = shop.Article.objects.only("title").prefetch_related("tags")
    assert "title" in str(plan_queryset(chosen, ColumnsSerializer()).query)


def test_what_cannot_be_planned_stays_as_it_is():
    class Plain(serializers.Serializer):
        title = serializers.CharField()

    rows = [1]
    assert plan_queryset(rows, ArticleSerializer()) is rows
    for queryset in (
        shop.Article.objects.values("id"),
        shop.Author.objects.all(),
        shop.Article.objects.order_by().union(shop.Article.objects.order_by()),
    ):
        assert str(plan_queryset(queryset, ArticleSerializer()).query) == str(queryset.query)
    queryset = shop.Article.objects.all()
    assert str(plan_queryset(queryset, Plain()).query) == str(queryset.query)
    assert to_json(Plain(queryset, many=True)) is None
    assert json.loads(Plain(queryset, many=True).to_json())[0] == {"title": "T1"}


def test_custom_querysets_keep_their_rows():
    limited = models.Prefetch("tags", queryset=shop.Tag.objects.filter(name="t2"))
    queryset = shop.Article.objects.prefetch_related(limited)
    shown = json.loads(ColumnsSerializer(queryset, many=True).to_json())
    assert {tag["name"] for each in shown for tag in each["tags"]} == {"t2"}
    distinct = shop.Article.objects.filter(tags__name__in=["t1", "t2"]).distinct()
    assert len(json.loads(ColumnsSerializer(distinct, many=True).to_json())) == len(distinct)
    counted = shop.Article.objects.annotate(n=models.Count("tags")).filter(n__gt=1)
    assert [row["id"] for row in json.loads(ColumnsSerializer(counted, many=True).to_json())] == [
        article.pk for article in counted
    ]
    sliced = shop.Article.objects.order_by("-id")[1:3]
    assert [row["id"] for row in json.loads(ColumnsSerializer(sliced, many=True).to_json())] == [
        4, 3,
    ]  # fmt: skip


def test_overridden_representations_are_called():
    class Loud(AuthorSerializer):
        def to_representation(self, instance):
            return {"name": instance.name.upper()}

    class Outer(serializers.ModelSerializer):
        author = Loud()

        class Meta:
            model = shop.Article
            fields = ["author"]

    assert to_json(Loud(shop.Author.objects.all(), many=True)) is None
    expected = [{"author": {"name": "ANN"}}] * 5
    assert json.loads(Outer(shop.Article.objects.all(), many=True).to_json()) == expected


async def test_asynchronous_methods_are_awaited():
    class Slow(serializers.ModelSerializer):
        late = serializers.SerializerMethodField()

        class Meta:
            model = shop.Author
            fields = ["late"]

        async def get_late(self, obj):
            return await shop.Article.objects.filter(author=obj).acount()

    assert await Slow(shop.Author.objects.all(), many=True).ato_json() == b'[{"late":5}]'
    assert await Slow(await shop.Author.objects.aget(pk=1)).adata == {"late": 5}


def test_unusual_values_go_through_their_fields():
    article = shop.Article(
        id="7", title=5, slug="s", words="3", featured="yes", rating="1.5", author_id=1,
        published="2024-01-02", extra={"a": (1, 2)}, price="2", key="x",
    )  # fmt: skip

    class Odd(serializers.ModelSerializer):
        class Meta:
            model = shop.Article
            fields = ["id", "title", "words", "featured", "rating", "published", "extra", "price",
                      "key", "author"]  # fmt: skip

    assert json.loads(Odd(article).to_json()) == json.loads(encoded(Odd(article).data))
    for wrong in ({"rating": float("nan")}, {"extra": [float("inf")]}):
        bad = shop.Article(author_id=1, **wrong)
        with pytest.raises(ValueError, match="not JSON compliant"):
            Odd(bad).to_json()


def test_choices_of_relations():
    field = serializers.SlugRelatedField("name", queryset=shop.Tag.objects.all(), html_cutoff=2)
    assert field.choices == {"t1": "t1", "t2": "t2", "t3": "t3"}
    options = list(field.iter_options())
    assert [option.value for option in options] == ["t1", "t2", "n/a"]
    many = serializers.PrimaryKeyRelatedField(many=True, queryset=shop.Tag.objects.all())
    assert many.grouped_choices == {1: "t1", 2: "t2", 3: "t3"}
    assert len(list(many.iter_options())) == 3
    assert serializers.StringRelatedField().get_choices() == {}


async def test_choices_of_relations_in_asynchronous_code():
    many = serializers.PrimaryKeyRelatedField(many=True, queryset=shop.Tag.objects.all())
    assert await many.aget_choices(2) == {1: "t1", 2: "t2"}
    assert await serializers.StringRelatedField().aget_choices() == {}


def test_keys_may_have_a_field_of_their_own():
    class Tagged(serializers.Serializer):
        tags = serializers.PrimaryKeyRelatedField(
            many=True, queryset=shop.Tag.objects.all(),
            pk_field=serializers.IntegerField(min_value=1),
        )  # fmt: skip
        slug = serializers.SlugRelatedField("name", queryset=shop.Tag.objects.all())

    serializer = Tagged(data={"tags": ["1", "2"], "slug": "t3"})
    assert serializer.is_valid()
    assert serializer.data == {"tags": [1, 2], "slug": "t3"}
    for tags, slug in ((["x"], "t9"), ([99], {}), ("no", [])):
        assert not Tagged(data={"tags": tags, "slug": slug}).is_valid()


def test_bound_fields_hold_values_and_errors():
    serializer = FlatSerializer(shop.Article.objects.get(pk=1))
    assert {field.name for field in serializer} == set(serializer.fields)
    assert serializer["author"]["name"].value == "Ann"
    assert [field.name for field in serializer["author"]] == [
        "author.id", "author.name", "author.profile",
    ]  # fmt: skip
    assert serializer["author"].as_form_field()["name"].value == "Ann"
    assert serializer["words"].as_form_field().value == 0

    class Json(serializers.Serializer):
        data = serializers.JSONField()
        flag = serializers.BooleanField()

    made = Json(data={"data": {"a": 1}, "flag": False})
    made.is_valid()
    assert made["data"].as_form_field().value == '{\n    "a": 1\n}'
    assert made["flag"].as_form_field().value == ""
    assert repr(made["flag"]) == "<BoundField value=False errors=None>"
    assert (made.data | {"x": 1})["x"] == 1
    assert ({"x": 1} | made.data)["flag"] is False
    assert made.data.copy().serializer is made
