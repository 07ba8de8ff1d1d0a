"""Synchronous parts of a project that query, under a running loop beside asynchronous ones."""

from __future__ import annotations

import json

import pytest
from fastjango.http import FastJango
from fastjango.rest import serializers, viewsets
from fastjango.rest.routers import SimpleRouter
from fastjango.testing import AsyncClient
from rest_sides import ours

shop = ours().models


def taken(value):
    if shop.Author.objects.filter(name=value).exists():
        raise serializers.ValidationError("Taken.", code="taken")


class ByValidator(serializers.ModelSerializer):
    name = serializers.CharField(validators=[taken])

    class Meta:
        model = shop.Author
        fields = ["id", "name"]


class Callable:
    requires_context = True

    def __call__(self, value, field):
        assert field.field_name == "name"
        taken(value)


class ByCallable(ByValidator):
    name = serializers.CharField(validators=[Callable()])


class ByMethod(ByValidator):
    name = serializers.CharField()

    def validate_name(self, value):
        taken(value)
        return value


class ByWhole(serializers.ModelSerializer):
    name = serializers.CharField()
    again = serializers.CharField(write_only=True)

    class Meta:
        model = shop.Author
        fields = ["id", "name", "again"]

    def validate(self, attrs):
        # Taken out before it blocks: beginning anew has to find it again.
        if attrs.pop("again") != attrs["name"]:
            raise serializers.ValidationError("They differ.")
        taken(attrs["name"])
        return attrs


class ByField(ByValidator):
    class Name(serializers.CharField):
        def to_internal_value(self, data):
            value = super().to_internal_value(data)
            taken(value)
            return value

    name = Name()


class ByDefault(ByValidator):
    name = serializers.CharField()
    email = serializers.CharField(default=lambda: f"{shop.Author.objects.count()}@b.co")

    class Meta:
        model = shop.Author
        fields = ["id", "name", "email"]


class Showing(ByValidator):
    name = serializers.CharField()
    namesakes = serializers.SerializerMethodField()

    class Meta:
        model = shop.Author
        fields = ["id", "name", "namesakes"]

    def get_namesakes(self, author):
        return shop.Author.objects.filter(name=author.name).count()


SERIALIZERS = [ByValidator, ByCallable, ByMethod, ByWhole, ByField, ByDefault, Showing]


def client_of(serializer, **methods):
    view = type(
        "View",
        (viewsets.ModelViewSet,),
        {
            "queryset": shop.Author.objects.all(),
            "serializer_class": serializer,
            "authentication_classes": [],
            **methods,
        },
    )
    router = SimpleRouter()
    router.register("authors", view, basename="author")
    return AsyncClient(app=FastJango(urlpatterns=router.urls))


@pytest.fixture(autouse=True)
def no_authors():
    shop.Author.objects.all().delete()
    yield
    shop.Author.objects.all().delete()


async def saving(self, serializer):
    await serializer.asave()


@pytest.mark.parametrize("methods", [{}, {"aperform_create": saving}, {"perform_create": saving}])
@pytest.mark.parametrize("serializer", SERIALIZERS)
async def test_a_create_works_the_first_and_every_time(serializer, methods):
    class Fresh(serializer):
        """Whether its parts block is not known yet."""

    client = client_of(Fresh, **methods)
    for name in ("Ann", "Ben"):
        body = {"name": name, "again": name}
        answer = await client.post("/authors/", body, content_type="application/json")
        assert answer.status_code == 201, answer.content
        assert json.loads(answer.content)["name"] == name
    assert await shop.Author.objects.acount() == 2
    if serializer not in (ByDefault, Showing):
        body = {"name": "Ann", "again": "Ann"}
        answer = await client.post("/authors/", body, content_type="application/json")
        assert answer.status_code == 400
        assert b"Taken." in answer.content


async def test_a_field_that_blocks_says_nothing_about_others():
    class Asynchronous(Showing):
        async def get_namesakes(self, author):
            return 7

    author = await shop.Author.objects.acreate(name="Ann")
    assert (await Showing(author).adata)["namesakes"] == 1
    assert (await Asynchronous(author).adata)["namesakes"] == 7
    assert (await Showing(author).adata)["namesakes"] == 1
