"""Serializers as pydantic types: bodies, responses, components, models."""

from __future__ import annotations

import datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.rest import serializers
from fastjango.rest.bodies import Valid
from pydantic import TypeAdapter
from pydantic import ValidationError as PydanticValidationError
from rest_sides import ours

shop = ours().models


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Author
        fields = ["id", "name", "email"]
        extra = "forbid"


class ArticleSerializer(serializers.ModelSerializer):
    """An article."""

    writer = AuthorSerializer(source="author", read_only=True)
    secret = serializers.CharField(write_only=True, required=False)
    shout = serializers.SerializerMethodField()
    where = serializers.ReadOnlyField(source="slug")

    class Meta:
        model = shop.Article
        fields = "__all__"
        examples = [{"title": "T", "slug": "t", "author": 1}]

    def get_shout(self, obj) -> str:
        return obj.title.upper()

    async def validate_title(self, value):
        if value == "never":
            raise serializers.ValidationError("Not this one.", code="never")
        return value

    def create(self, validated_data):
        validated_data.pop("secret", None)
        return super().create(validated_data)

    async def acreate(self, validated_data):
        validated_data.pop("secret", None)
        return await super().acreate(validated_data)


class ThreadSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Article
        fields = ["title", "slug", "author", "words", "tags"]


class Inner(serializers.Serializer):
    size = serializers.IntegerField(min_value=1)


class Plain(serializers.Serializer):
    json = serializers.CharField(max_length=5)
    inners = Inner(many=True, allow_empty=False)
    inner = Inner(required=False, allow_null=True)
    level = serializers.ChoiceField(choices=["a", "b"], default="a", allow_null=True)
    many = serializers.MultipleChoiceField(choices=[1, 2], required=False, allow_empty=False)
    hidden = serializers.HiddenField(default=3)
    when = serializers.DateField(required=False, help_text="The day.")
    custom = serializers.DateField(format="%d", input_formats=["%d"], required=False)
    price = serializers.DecimalField(max_digits=4, decimal_places=2, required=False)
    long = serializers.DurationField(required=False)
    fraction = serializers.FloatField(max_value=2.5, required=False)
    code = serializers.RegexField(r"^[a-c]+\Z", required=False)
    file = serializers.FileField(required=False)
    numbers = serializers.ListField(child=serializers.IntegerField(), max_length=2, required=False)
    words = serializers.DictField(child=serializers.CharField(), required=False)
    address = serializers.IPAddressField(protocol="ipv4", required=False)
    note = serializers.CharField(style={"examples": ["hello"]}, required=False)


@pytest.fixture
def client():
    for model in reversed(shop.all):
        model.objects.all().delete()
    shop.Author.objects.create(id=1, name="Ann")
    app = FastAPI()

    @app.post("/valid", response_model=ArticleSerializer, status_code=201)
    async def valid(article: Valid[ArticleSerializer]):
        return await article.asave()

    @app.post("/body", status_code=201)
    async def body(article: ArticleSerializer) -> ArticleSerializer:
        await article.asave()
        return article

    @app.post("/thread", status_code=201)
    def thread(article: ThreadSerializer) -> dict[str, int]:
        with pytest.raises(AssertionError, match=r"is_valid\(\)"):
            _ = article.validated_data
        article.finish_validation()
        return {"title": len(article.validated_data["title"])}

    @app.post("/plain")
    async def plain(plain: Plain) -> Plain:
        return plain

    @app.get("/mapping")
    async def mapping() -> AuthorSerializer:
        return {"id": 5, "name": "Zoe", "email": ""}

    @app.get("/data")
    async def data() -> AuthorSerializer:
        return AuthorSerializer({"id": 5, "name": "Zoe", "email": ""}).data

    @app.get("/nothing")
    async def nothing():
        return AuthorSerializer()

    with TestClient(app, raise_server_exceptions=False) as made:
        yield made
    for model in reversed(shop.all):
        model.objects.all().delete()


GOOD = {"title": "T", "slug": "t", "author": 1, "secret": "s"}


@pytest.mark.parametrize("path", ["/valid", "/body"])
def test_a_body_is_a_serializer(client, path):
    answer = client.post(path, json=GOOD)
    assert answer.status_code == 201, answer.text
    shown = answer.json()
    assert shown["writer"] == {"id": 1, "name": "Ann", "email": ""}
    assert shown["shout"] == "T"
    assert "secret" not in shown


@pytest.mark.parametrize(
    ("change", "code", "loc"),
    [
        ({"title": ""}, "blank", ["body", "title"]),
        ({"author": 7}, "does_not_exist", ["body", "author"]),
        ({"slug": "taken"}, "unique", ["body", "slug"]),
        ({"title": "never"}, "never", ["body", "title"]),
        ({"words": -1}, "min_value", ["body", "words"]),
        ({"tags": ["x"]}, "incorrect_type", ["body", "tags"]),
    ],
)
@pytest.mark.parametrize("path", ["/valid", "/body", "/thread"])
def test_errors_have_paths_and_codes(client, path, change, code, loc):
    shop.Article.objects.create(title="x", slug="taken", author_id=1)
    answer = client.post(path, json={**GOOD, **change})
    if path == "/thread" and code == "never":
        assert answer.json() == {"title": 5}
        return
    assert answer.status_code == 422, answer.text
    errors = answer.json()["detail"]
    assert [(error["type"], error["loc"]) for error in errors] == [(code, loc)]


def test_nested_errors_have_paths(client):
    answer = client.post("/plain", json={"json": "abcdef", "inners": [{"size": 1}, {"size": 0}]})
    assert answer.status_code == 422
    found = {tuple(error["loc"]): error["type"] for error in answer.json()["detail"]}
    assert found == {
        ("body", "json"): "max_length",
        ("body", "inners", 1, "size"): "min_value",
    }
    answer = client.post("/plain", json={"json": "abc", "inners": [{"size": "3"}]})
    assert answer.json()["inners"] == [{"size": 3}]
    assert client.post("/plain", json=[]).json()["detail"][0]["loc"] == ["body"]


def test_endpoints_may_return_mappings_and_data(client):
    expected = {"id": 5, "name": "Zoe", "email": ""}
    assert client.get("/data").json() == expected
    # A plain mapping has to be input too, which an id is not where extra names are refused.
    assert client.get("/mapping").json() == expected
    assert client.get("/nothing").status_code == 500


def test_the_two_sides_are_components(client):
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert {"ArticleInput", "ArticleOutput", "AuthorOutput", "PlainInput", "PlainOutput"} <= set(
        schemas
    )
    operation = document["paths"]["/valid"]["post"]
    reference = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    assert reference.endswith("/ArticleInput")
    taken, shown = schemas["ArticleInput"], schemas["ArticleOutput"]
    assert taken["required"] == ["title", "slug", "author"]
    assert taken["examples"] == [{"title": "T", "slug": "t", "author": 1}]
    assert taken["properties"]["secret"]["writeOnly"] is True
    assert taken["properties"]["status"]["enum"] == ["draft", "live"]
    assert "id" not in taken["properties"]
    assert "secret" not in shown["properties"]
    assert shown["properties"]["id"]["readOnly"] is True
    assert shown["properties"]["writer"]["$ref"].endswith("/AuthorOutput")
    assert shown["properties"]["shout"]["type"] == "string"
    assert shown["properties"]["where"]["type"] == "string"
    assert shown["properties"]["created"]["format"] == "date-time"
    assert shown["properties"]["editor"]["anyOf"][1] == {"type": "null"}
    assert shown["properties"]["tags"]["items"]["type"] == "integer"
    plain = schemas["PlainInput"]["properties"]
    assert plain["inners"]["minItems"] == 1
    assert plain["many"] == {
        "title": "Many", "type": "array", "minItems": 1,
        "items": {"enum": [1, 2], "type": "integer"},
    }  # fmt: skip
    assert plain["when"] == {"title": "When", "type": "string", "format": "date",
                             "description": "The day."}  # fmt: skip
    assert "format" not in plain["custom"]
    assert plain["level"]["default"] == "a"
    assert plain["code"]["pattern"] == "^[a-c]+$"
    assert plain["note"]["examples"] == ["hello"]
    assert plain["address"]["format"] == "ipv4"
    assert plain["file"]["format"] == "binary"
    assert "hidden" not in plain


def test_models_of_input_run_the_fields_rules():
    model = AuthorSerializer.input_model()
    assert model is AuthorSerializer.input_model()
    assert model.model_validate({"name": " Ann "}).name == "Ann"
    with pytest.raises(PydanticValidationError) as caught:
        model.model_validate({"name": "", "email": "x", "other": 1})
    codes = {error["loc"]: error["type"] for error in caught.value.errors()}
    assert codes == {("name",): "blank", ("email",): "invalid", ("other",): "extra_forbidden"}
    partial = AuthorSerializer.input_model(partial=True)
    assert partial.model_validate({}).model_dump(exclude_unset=True) == {}
    article = ArticleSerializer.input_model()
    assert article.model_validate({**GOOD, "tags": [1, "2"]}).tags == [1, 2]
    with pytest.raises(PydanticValidationError):
        article.model_validate({**GOOD, "author": "x"})
    # A name that pydantic has for itself is an alias.
    plain = Plain.input_model().model_validate({"json": "a", "inners": [{"size": 2}]})
    assert plain.json_field == "a"
    assert plain.inners[0].size == 2


def test_models_of_output_tell_what_contradicts_them():
    model = AuthorSerializer.output_model()
    model.model_validate({"id": 1, "name": "Ann", "email": ""})
    for wrong in ({"id": "1"}, {"name": None}, {"email": 5}):
        with pytest.raises(PydanticValidationError):
            model.model_validate({"id": 1, "name": "Ann", "email": "", **wrong})
    shown = Plain({"json": "a", "inners": [], "inner": None, "level": "b", "price": 1,
                   "fraction": 1, "when": datetime.date(2024, 1, 2)}).data  # fmt: skip
    Plain.output_model().model_validate(shown)


def test_serializers_without_fields_take_anything():
    class Free(serializers.BaseSerializer):
        def to_internal_value(self, data):
            return data

        def to_representation(self, instance):
            return {"free": instance}

    adapter = TypeAdapter(Free)
    assert adapter.validate_python([1]).validated_data == [1]
    assert adapter.dump_python(Free(5)) == {"free": 5}
    assert Free.input_model().model_validate({"x": 1}).root == {"x": 1}
    assert Free(3).to_json() == b'{"free":3}'


def test_asynchronous_validators_name_the_twin():
    shop.Author.objects.create(id=1, name="Ann")
    serializer = ArticleSerializer(data=GOOD)
    with pytest.raises(SynchronousOnlyOperation, match=r"ais_valid\(\)"):
        serializer.is_valid()
    shop.Author.objects.all().delete()


def test_a_serializer_may_be_called_nested():
    class NestedSerializer(serializers.ModelSerializer):
        class Meta:
            model = shop.Author
            fields = ["id"]

    assert NestedSerializer.output_model().__name__ == "NestedOutput"
