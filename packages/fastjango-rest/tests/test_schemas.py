"""JSON schemas of fields, and fields that only a few serializers have: files, paths, columns."""

from __future__ import annotations

import datetime
import io
from pathlib import Path
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http.uploads.uploadedfile import SimpleUploadedFile
from fastjango.rest import serializers
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.schemas import field_schema
from rest_site_models import AuthorSerializer, TagSerializer, clear, fill, shop

STRING = {"type": "string"}
ADDRESSES = ["192.0.2.1", "2001:db8::1"]


@pytest.fixture(autouse=True)
def rows() -> Any:
    clear()
    yield
    clear()


@pytest.mark.parametrize(
    ("field", "taken", "shown"),
    [
        (serializers.IPAddressField(), {**STRING, "minLength": 1, "examples": ADDRESSES},
         {**STRING, "examples": ADDRESSES}),
        (serializers.IPAddressField(protocol="ipv4"), {**STRING, "minLength": 1, "format": "ipv4"},
         {**STRING, "format": "ipv4"}),
        (serializers.UUIDField(), {**STRING, "format": "uuid"}, ...),
        (serializers.UUIDField(format="int"), {**STRING, "format": "uuid"}, {"type": "integer"}),
        (serializers.UUIDField(format="hex"), {**STRING, "format": "uuid"}, STRING),
        (serializers.IntegerField(min_value=1, max_value=5),
         {"type": "integer", "minimum": 1, "maximum": 5}, ...),
        (serializers.BigIntegerField(coerce_to_string=True), {"type": "integer"},
         {**STRING, "pattern": r"^-?\d*$"}),
        (serializers.FloatField(max_value=1), {"type": "number", "maximum": 1}, ...),
        (serializers.DecimalField(4, 2, coerce_to_string=False), {"type": "number"}, ...),
        (serializers.DateField(), {**STRING, "format": "date"}, ...),
        (serializers.DateField(format="%d.%m.%Y"), {**STRING, "format": "date"}, STRING),
        (serializers.DateTimeField(input_formats=["%Y"]), STRING,
         {**STRING, "format": "date-time"}),
        (serializers.TimeField(), {**STRING, "format": "time"}, ...),
        (serializers.DurationField(format="iso-8601"), {**STRING, "examples": ["1 02:03:04"]},
         {**STRING, "format": "duration"}),
        (serializers.BooleanField(), {"type": "boolean"}, ...),
        (serializers.ChoiceField([1, 2]), {"enum": [1, 2], "type": "integer"}, ...),
        (serializers.ChoiceField([1, "a"], allow_blank=True), {"enum": [1, "a", ""]}, ...),
        (serializers.MultipleChoiceField(["a"], allow_empty=False),
         {"type": "array", "items": {"enum": ["a"], **STRING}, "minItems": 1},
         {"type": "array", "items": {"enum": ["a"], **STRING}}),
        (serializers.FileField(), {**STRING, "format": "binary"},
         {"anyOf": [{**STRING, "format": "uri-reference"}, {"type": "null"}]}),
        (serializers.FileField(use_url=False), {**STRING, "format": "binary"},
         {"anyOf": [STRING, {"type": "null"}]}),
        (serializers.ListField(child=serializers.IntegerField(), allow_empty=False, max_length=3),
         {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
         {"type": "array", "items": {"type": "integer"}}),
        (serializers.DictField(child=serializers.BooleanField(), allow_empty=False),
         {"type": "object", "additionalProperties": {"type": "boolean"}, "minProperties": 1},
         {"type": "object", "additionalProperties": {"type": "boolean"}}),
        (serializers.JSONField(), {}, ...),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, serializers.Field) else "",
)  # fmt: skip
def test_schemas_of_fields(field: Any, taken: Any, shown: Any) -> None:
    field.bind("value", serializers.Serializer())
    for mode, wanted in (("input", taken), ("output", taken if shown is ... else shown)):
        found = field_schema(field, mode)
        found.pop("title", None)
        assert found == wanted, mode


def test_decimals_as_text() -> None:
    field = serializers.DecimalField(max_digits=4, decimal_places=2)
    number, text = field_schema(field, "input")["anyOf"]
    assert (number["type"], text["pattern"]) == ("number", r"^-?\d{0,2}(?:\.\d{0,2})?$")
    assert field_schema(field, "output")["format"] == "decimal"


class Shown(serializers.ModelSerializer):
    number = serializers.SerializerMethodField()
    unhinted = serializers.SerializerMethodField()
    wrong = serializers.SerializerMethodField()
    words = serializers.ReadOnlyField()
    nothing = serializers.ReadOnlyField(source="greeting")
    writer = serializers.SlugRelatedField("name", source="author", read_only=True)
    far = serializers.SlugRelatedField("nothing", source="author", read_only=True)
    link = serializers.HyperlinkedRelatedField("x", source="author", read_only=True)
    text = serializers.StringRelatedField(source="author")
    keys = serializers.PrimaryKeyRelatedField(
        source="tags", many=True, queryset=shop.Tag.objects.all(), allow_empty=False
    )
    typed = serializers.PrimaryKeyRelatedField(
        source="author", read_only=True, pk_field=serializers.CharField()
    )

    class Meta:
        model = shop.Article
        fields = ["number", "unhinted", "wrong", "words", "nothing", "writer", "far", "link",
                  "text", "keys", "typed", "author"]  # fmt: skip

    def get_number(self, article: Any) -> int:
        return 1

    def get_unhinted(self, article: Any):
        return 1

    def get_wrong(self, article: Any) -> Nowhere:  # noqa: F821 - nobody knows that name
        return 1


def test_schemas_follow_models_and_hints() -> None:
    properties = Shown.output_model().model_json_schema(mode="serialization")["properties"]
    kinds = {name: schema.get("type") for name, schema in properties.items()}
    assert kinds == {
        "number": "integer", "unhinted": None, "wrong": None, "words": "integer", "nothing": None,
        "writer": "string", "far": None, "link": "string", "text": "string", "keys": "array",
        "typed": "string", "author": "integer",
    }  # fmt: skip
    taken = Shown.input_model().model_json_schema()["properties"]["keys"]
    assert (taken["minItems"], taken["items"]["type"]) == (1, "integer")


def image(kind: str = "PNG") -> bytes:
    from PIL import Image

    content = io.BytesIO()
    Image.new("RGB", (2, 2)).save(content, kind)
    return content.getvalue()


def test_images() -> None:
    field = serializers.ImageField()
    taken = field.run_validation(SimpleUploadedFile("a.png", image(), "image/png"))
    assert (taken.content_type, taken.image.size) == ("image/png", (2, 2))
    for name, content, code in (
        ("a.png", b"no image", "invalid_image"), ("a.png", b"", "empty"),
    ):  # fmt: skip
        with pytest.raises(ValidationError) as caught:
            field.run_validation(SimpleUploadedFile(name, content))
        assert caught.value.get_codes() == [code]
    for wrong, code in (("text", "invalid"), (None, "null")):
        with pytest.raises(ValidationError) as caught:
            field.run_validation(wrong)
        assert caught.value.get_codes() == [code]
    disguised = SimpleUploadedFile("a.exe", image(), "image/png")
    holder = type("Holder", (serializers.Serializer,), {"file": serializers.ImageField()})
    serializer = holder(data={"file": disguised})
    assert not serializer.is_valid()
    assert serializer.errors["file"][0].code == "invalid_extension"
    long = serializers.FileField(max_length=3)
    with pytest.raises(ValidationError) as caught:
        long.run_validation(SimpleUploadedFile("long.txt", b"x"))
    assert caught.value.get_codes() == ["max_length"]


def test_another_check_of_images() -> None:
    class Checked:
        error_messages: Any = None

        def clean(self, upload: Any) -> Any:
            return upload.name.upper()

    field = serializers.ImageField(_DjangoImageField=Checked)
    assert field.run_validation(SimpleUploadedFile("a.png", b"x")) == "A.PNG"


def test_paths_of_files(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    (tmp_path / "b.md").touch()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "c.txt").touch()
    (tmp_path / "__pycache__").mkdir()

    def names(**options: Any) -> list[str]:
        field = serializers.FilePathField(tmp_path, required=True, **options)
        return sorted(field.choices.values())

    assert names() == ["a.txt", "b.md"]
    assert names(match=r"\.txt$", recursive=True) == ["/a.txt", "/in/c.txt"]
    assert names(allow_files=False, allow_folders=True) == ["in"]
    field = serializers.FilePathField(lambda: str(tmp_path))
    assert field.choices[""] == "---------"
    assert field.run_validation(str(tmp_path / "a.txt")) == str(tmp_path / "a.txt")
    with pytest.raises(ValidationError, match="not a valid path choice"):
        field.run_validation("/etc/passwd")


def test_choices_in_groups() -> None:
    field = serializers.ChoiceField(
        [("Big", [(1, "One"), (2, "Two")]), (3, "Three")],
        html_cutoff=2,
        html_cutoff_text="{count}+",
    )
    shown = [
        (option.value, option.display_text, option.start_option_group, option.end_option_group)
        for option in field.iter_options()
    ]
    assert [row[0] for row in shown] == [None, 1, 2, None, "n/a"]
    assert (shown[0][2], shown[3][3], shown[4][1]) == (True, True, "2+")


def test_columns_that_no_field_fits() -> None:
    author = fill()
    article = shop.Article.objects.create(
        title="T", slug="s", author=author, took=datetime.timedelta(hours=1)
    )
    meta = shop.Article._meta
    field = serializers.ModelField(meta.get_field("took"))
    assert field.run_validation("01:00:00") == datetime.timedelta(hours=1)
    assert field.get_attribute(article) is article
    assert field.to_representation(article) == "01:00:00"
    assert serializers.ModelField(meta.get_field("words")).to_representation(article) == 0
    assert serializers.ModelField(meta.get_field("author")).to_internal_value("7") == 7
    with pytest.raises(ValidationError, match="no more than 2 characters"):
        serializers.ModelField(meta.get_field("title"), max_length=2).run_validation("abc")


def test_the_document_has_examples_and_enums() -> None:
    class Exampled(TagSerializer):
        class Meta(TagSerializer.Meta):
            examples = [{"name": "trains"}]

    assert Exampled.input_model().model_json_schema()["examples"] == [{"name": "trains"}]
    assert AuthorSerializer.output_model().model_json_schema()["properties"]["id"]["type"] == (
        "integer"
    )
    with override_settings(REST_FRAMEWORK={"COERCE_BIGINT_TO_STRING": True}):
        assert field_schema(serializers.BigIntegerField(), "output")["type"] == "string"
