"""What showing a serializer reads, and requests and addresses at their edges."""

from __future__ import annotations

import io
from typing import Any

import pytest
from fastjango.http import FastJango, include, path, re_path
from fastjango.rest import serializers
from fastjango.rest.exceptions import ParseError, UnsupportedMediaType
from fastjango.rest.parsers import FormParser, JSONParser
from fastjango.rest.planning import reading_of
from fastjango.rest.request import Request
from fastjango.rest.response import Response
from fastjango.rest.testing import APIClient, APIRequestFactory
from fastjango.rest.urlpatterns import format_suffix_patterns
from fastjango.rest.views import APIView
from rest_site_models import AuthorSerializer, TagSerializer, shop

Article, Author = shop.Article, shop.Author


def reading(model: Any = Article, options: Any = None, base: Any = None, **fields: Any) -> Any:
    meta = type("Meta", (), {"model": model, "fields": list(fields), **(options or {})})
    kind: Any = type("Made", (base or serializers.ModelSerializer,), {**fields, "Meta": meta})
    found = reading_of(kind())
    assert found is not None
    return found


def test_columns_and_keys_are_read_alone() -> None:
    found = reading(
        title=serializers.CharField(), pk=serializers.IntegerField(), who=serializers.
        PrimaryKeyRelatedField(source="author", read_only=True),
        raw=serializers.ModelField(model_field=Article._meta.get_field("words")),
    )  # fmt: skip
    assert found.columns == {"title", "id", "author_id", "words"}
    assert (found.is_open, found.one, found.many) == (False, {}, {})


def test_relations_are_followed_as_far_as_they_are_shown() -> None:
    found = reading(
        name=serializers.CharField(source="author.name"), author=AuthorSerializer(),
        names=serializers.SlugRelatedField("name", source="tags", many=True, read_only=True),
        keys=serializers.PrimaryKeyRelatedField(source="comments", many=True, read_only=True),
        editor=serializers.StringRelatedField(),
        site=serializers.SlugRelatedField("profile__site", source="author", read_only=True),
    )  # fmt: skip
    assert not found.is_open
    assert {"author_id", "editor_id"} <= found.columns
    assert {"id", "name", "email"} <= found.one["author"].columns
    assert found.one["author"].one["profile"].columns >= {"site"}
    assert found.one["editor"].is_open
    assert found.many["tags"].columns == {"name"}
    # Rows are handed out by their foreign key.
    assert found.many["comments"].columns == {"id", "article_id"}


class Own(serializers.Field):
    def get_attribute(self, instance: Any) -> Any:
        return instance

    def to_representation(self, value: Any) -> Any:
        return str(value)


class OwnRelated(serializers.RelatedField):
    def to_representation(self, value: Any) -> Any:
        return str(value)


class Shouting(serializers.ModelSerializer):
    def to_representation(self, instance: Any) -> Any:
        return {"title": instance.title.upper()}


class Listed(serializers.ListSerializer):
    def to_representation(self, data: Any) -> Any:
        return [row.name for row in data.all()]


@pytest.mark.parametrize(
    ("fields", "opened"),
    [
        ({"a": serializers.SerializerMethodField()}, ""), ({"a": Own()}, ""),
        ({"a": serializers.CharField(source="*")}, ""),
        ({"a": serializers.CharField(source="get_status_display")}, ""),
        ({"a": serializers.CharField(source="extra.key")}, ""),
        ({"a": AuthorSerializer(source="extra")}, ""),
        ({"a": serializers.StringRelatedField(source="nothing", many=True)}, ""),
        ({"a": serializers.StringRelatedField(source="nothing")}, ""),
        ({"a": serializers.CharField(source="author.greeting")}, "author"),
        ({"a": serializers.CharField(source="author")}, "author"),
        ({"a": OwnRelated(source="author", read_only=True)}, "author"),
        ({"a": serializers.SlugRelatedField("nothing__name", source="author", read_only=True)},
         "author"),
        ({"a": serializers.HyperlinkedRelatedField("x", source="author.profile",
                                                   read_only=True, lookup_field="bio")},
         "author.profile"),
        ({"a": Listed(child=TagSerializer(), source="tags")}, "tags"),
    ],
)  # fmt: skip
def test_code_that_may_read_anything_opens_its_rows(fields: Any, opened: str) -> None:
    place = reading(**fields)
    for name in filter(None, opened.split(".")):
        assert not place.is_open
        place = place.one.get(name) or place.many[name]
    assert place.is_open


def test_serializers_say_what_their_methods_read() -> None:
    options = {"select_related": ["author", "nothing"], "prefetch_related": ["tags__articles"]}
    found = reading(options=options, title=serializers.CharField())
    assert (found.is_open, found.one["author"].is_open) == (False, True)
    assert found.many["tags"].many["articles"].is_open
    assert not found.many["tags"].is_open
    assert reading(base=Shouting, title=serializers.CharField()).is_open


def test_serializers_without_models_are_not_planned() -> None:
    class Plain(serializers.Serializer):
        name = serializers.CharField()

    assert reading_of(Plain()) is None
    assert reading_of(Plain(many=True)) is None
    found = reading_of(TagSerializer(many=True))
    assert found is not None
    assert found.model is shop.Tag


# --- requests ------------------------------------------------------------------------------


def posted(body: bytes, kind: str = "application/json", *parsers: Any, **extra: Any) -> Request:
    made = APIRequestFactory().post("/", body, content_type=kind, **extra)
    return Request(made, parsers=parsers or (JSONParser(), FormParser()))


def test_requests_show_their_bodies() -> None:
    form = posted(b"a=1&a=2", "application/x-www-form-urlencoded")
    assert form.POST.getlist("a") == form.data.getlist("a") == ["1", "2"]
    assert dict(form.FILES) == {}
    data = posted(b'{"a": 1}')
    assert (data.data, dict(data.POST), dict(data.FILES)) == ({"a": 1}, {}, {})
    empty = posted(b"")
    assert (empty.data, empty.stream) == ({}, None)
    assert repr(data) == "<fastjango.rest.request.Request: POST '/'>"
    assert Request[Any] is Request
    with pytest.raises(TypeError, match="must be an instance of"):
        Request(data)  # type: ignore[arg-type]  # pyright: ignore
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        data.nothing  # noqa: B018


def test_broken_bodies_are_told_once() -> None:
    broken = posted(b"{")
    with pytest.raises(ParseError):
        broken.data  # noqa: B018
    # Pages show what is left.
    assert dict(broken.data) == {}
    with pytest.raises(UnsupportedMediaType):
        posted(b"x", "text/plain").data  # noqa: B018


def test_streams() -> None:
    sized = posted(b"abc", "text/plain")
    assert sized.stream.read() == b"abc"
    read = posted(b"abc", "text/plain")
    assert read.body == b"abc"
    assert isinstance(read.stream, io.BytesIO)


# --- addresses with a format ---------------------------------------------------------------


class Said(APIView):
    authentication_classes: list[Any] = []

    def get(self, request: Any, format: str | None = None, **kwargs: Any) -> Response:
        return Response({"format": format, **kwargs})


def test_suffixes_reach_into_included_patterns() -> None:
    inner = [path("a/", Said.as_view()), re_path(r"^b/$", Said.as_view())]
    patterns = format_suffix_patterns(
        [
            path("in/<int:pk>/", include(inner)), path("named/", include((inner, "app"), "space")),
            re_path(r"^old/", include(inner)),
        ],
        allowed=["json", "xml"],
    )  # fmt: skip
    api = APIClient(app=FastJango(urlpatterns=patterns))
    for address in ("/in/5/a.json", "/in/5/b.json"):
        assert api.get(address).json() == {"format": "json", "pk": 5}
    assert api.get("/in/5/a/").json() == {"format": None, "pk": 5}
    for address in ("/named/a.json", "/old/a.json", "/old/b.json"):
        assert api.get(address).json() == {"format": "json"}
    assert api.get("/old/a.yaml").status_code == 404


def test_suffixes_can_be_required() -> None:
    api = APIClient(app=FastJango(urlpatterns=format_suffix_patterns(
        [path("a/", Said.as_view())], suffix_required=True)))  # fmt: skip
    assert api.get("/a.json").json() == {"format": "json"}
    assert api.get("/a/").status_code == 404
