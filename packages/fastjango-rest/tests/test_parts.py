"""Parts by themselves: validators, options of fields, parsers, what serializers hand out."""

from __future__ import annotations

import asyncio
import copy
import datetime
import io
import json
import pickle
import uuid
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.exceptions import FieldError
from fastjango.http.uploads.handlers import (
    FileUploadHandler,
    MemoryFileUploadHandler,
    StopFutureHandlers,
)
from fastjango.orm import models
from fastjango.rest import serializers, validators
from fastjango.rest.exceptions import ParseError, ValidationError
from fastjango.rest.field_mapping import (
    ClassLookupDict,
    get_detail_view_name,
    get_field_kwargs,
    get_nested_relation_kwargs,
    get_relation_kwargs,
    get_url_kwargs,
    needs_label,
)
from fastjango.rest.mediatypes import MediaType, media_type_matches, order_by_precedence
from fastjango.rest.model_info import get_field_info
from fastjango.rest.parsers import (
    BaseParser,
    FileUploadParser,
    FormParser,
    JSONParser,
    MultiPartParser,
)
from fastjango.rest.results import ReturnDict, ReturnList
from fastjango.rest.testing import APIRequestFactory
from fastjango.rest.validators import (
    BaseUniqueForValidator,
    ProhibitSurrogateCharactersValidator,
    UniqueForDateValidator,
    UniqueTogetherValidator,
    UniqueValidator,
    qs_exists,
    qs_filter,
)
from fastjango.testing.contexts import isolate_apps
from rest_site_models import AuthorSerializer, TagSerializer, shop

Tag, Booking, Article = shop.Tag, shop.Booking, shop.Article


pytestmark = pytest.mark.usefixtures("shop_rows")


# --- validators ----------------------------------------------------------------------------


def test_values_that_fit_no_column_are_in_no_row() -> None:
    assert qs_exists(Tag.objects.filter(name="t1"))
    assert not qs_exists(Tag.objects.filter(name="t9"))
    assert qs_filter(Tag.objects.all(), id="no number").count() == 0
    with pytest.raises(FieldError):
        qs_filter(Tag.objects.all(), nothing=1)


def test_validators_compare_by_what_they_check() -> None:
    tags, bookings = Tag.objects.all(), Booking.objects.all()
    pairs: list[tuple[Any, Any, Any]] = [
        (UniqueValidator(tags), UniqueValidator(tags), UniqueValidator(tags, lookup="iexact")),
        (UniqueTogetherValidator(bookings, ["room", "day"]),
         UniqueTogetherValidator(bookings, ["room", "day"]),
         UniqueTogetherValidator(bookings, ["room", "day"], code="taken")),
        (UniqueForDateValidator(bookings, "guest", "day"),
         UniqueForDateValidator(bookings, "guest", "day"),
         UniqueForDateValidator(bookings, "nick", "day")),
        (ProhibitSurrogateCharactersValidator(), ProhibitSurrogateCharactersValidator(), None),
    ]  # fmt: skip
    for one, same, other in pairs:
        assert one == same
        assert one != other
        assert one != "something else"


def test_validators_show_what_they_check() -> None:
    bookings = Booking.objects
    assert repr(UniqueValidator(bookings)) == "<UniqueValidator(queryset=Booking.objects.all())>"
    shown = repr(UniqueTogetherValidator(bookings, ("room", "day"), nulls_distinct=False))
    assert shown == (
        "<UniqueTogetherValidator(queryset=Booking.objects.all(), fields=('room', 'day'), "
        "nulls_distinct=False)>"
    )
    shown = repr(UniqueForDateValidator(bookings, "guest", "day"))
    assert shown.endswith("field='guest', date_field='day')>")


def test_which_of_many_rows_is_updated_is_never_guessed() -> None:
    serializer = TagSerializer(list(Tag.objects.all()), data=[{"name": "t1"}], many=True)
    serializer.child.instance = serializer.instance
    with pytest.raises(RuntimeError, match="cannot determine the current instance"):
        serializer.is_valid()


class ByHand(serializers.Serializer):
    guest = serializers.CharField(required=False)
    day = serializers.DateField(required=False, allow_null=True)
    room = serializers.IntegerField(required=False)


def with_validator(validator: Any, data: Any, instance: Any = None) -> Any:
    kind = type("Checked", (ByHand,), {"Meta": type("Meta", (), {"validators": [validator]})})
    first = kind(instance, data=data)
    first.is_valid()
    second = kind(instance, data=data)
    asyncio.run(second.ais_valid())
    assert first.errors == second.errors
    return first.errors


def test_unique_for_a_date_needs_both_fields() -> None:
    row = Booking.objects.create(room=1, day="2026-01-02", guest="Bo")
    validator = UniqueForDateValidator(Booking.objects.all(), "guest", "day")
    taken = {"guest": "Bo", "day": "2026-01-02"}
    (error,) = with_validator(validator, taken)["guest"]
    assert (error, error.code) == ('This field must be unique for the "day" date.', "unique")
    assert with_validator(validator, {**taken, "day": "2026-01-03"}) == {}
    assert with_validator(validator, {**taken, "day": None}) == {}
    assert with_validator(validator, taken, row) == {}
    assert list(with_validator(validator, {"guest": "Bo"})) == ["day"]
    with pytest.raises(NotImplementedError, match="filter_queryset"):
        BaseUniqueForValidator(Booking.objects.all(), "guest", "day").filter_queryset(
            taken, Booking.objects.all(), "guest", "day"
        )


def test_conditions_that_cannot_be_asked_hold_for_nothing() -> None:
    Booking.objects.create(room=1, day="2026-01-02", guest="Bo")
    for condition, found in ((models.Q(room=1), True), (models.Q(nothing=1), False)):
        validator = UniqueTogetherValidator(
            Booking.objects.all(), ["room", "guest"], condition_fields=["room"],
            condition=condition,
        )  # fmt: skip
        errors = with_validator(validator, {"room": 1, "guest": "Bo"})
        assert bool(errors) is found


def test_lone_surrogates() -> None:
    check = ProhibitSurrogateCharactersValidator()
    for fine in ("ascii", "é😀", 5):
        check(fine)
    with pytest.raises(ValidationError, match=r"U\+D800"):
        check("é\ud800")


def test_validators_without_their_thinking() -> None:
    with pytest.raises(NotImplementedError):
        validators._Validator()(1, None)
    with pytest.raises(NotImplementedError):
        validators._Validator() == validators._Validator()  # noqa: B015


# --- options of fields ---------------------------------------------------------------------


# In a registry of its own, so that rows of the shop's tables know nothing of it.
with isolate_apps("shop_ours"):

    class Mapped(models.Model):
        age = models.IntegerField("how old", help_text="In years.")
        slug = models.SlugField(allow_unicode=True)
        short = models.CharField(max_length=3, blank=True)
        amount = models.DecimalField(max_digits=4, decimal_places=1, null=True)
        body = models.TextField()
        mail = models.EmailField()
        link = models.URLField()
        where = models.GenericIPAddressField(protocol="IPv4")
        place = models.FilePathField(path="/tmp", match="x", recursive=True)
        stamp = models.UUIDField(default=uuid.uuid4, editable=False)
        owner = models.ForeignKey(
            shop.Author, models.CASCADE, related_name="+", limit_choices_to={"name": "Ann"},
            verbose_name="who has it", help_text="Somebody.",
        )  # fmt: skip
        fixed = models.ForeignKey(shop.Author, models.CASCADE, related_name="+", editable=False)
        maybe = models.OneToOneField(
            shop.Author, models.SET_NULL, related_name="+", null=True,
            limit_choices_to=models.Q(name="Bob"),
        )  # fmt: skip
        some = models.ManyToManyField(Tag, related_name="+")
        any = models.ManyToManyField(Tag, related_name="+", blank=True)

        class Meta:
            app_label = "shop_ours"


def options(name: str) -> dict[str, Any]:
    found = get_field_kwargs(name, Mapped._meta.get_field(name))
    assert found.pop("model_field") is Mapped._meta.get_field(name)
    return found


def test_options_of_plain_fields() -> None:
    assert options("age")["label"] == "How old"
    assert options("age")["help_text"] == "In years."
    assert options("slug")["allow_unicode"] is True
    assert options("short") == {"required": False, "allow_blank": True, "max_length": 3}
    assert options("amount") == {
        "max_digits": 4, "decimal_places": 1, "allow_null": True, "required": False,
    }  # fmt: skip
    assert options("body") == {"style": {"base_template": "textarea.html"}}
    for name in ("mail", "link"):
        assert "validators" not in options(name)
    assert options("where")["protocol"].lower() == "ipv4"
    assert "validators" not in options("where")
    place = options("place")
    assert (place["path"], place["match"], place["recursive"]) == ("/tmp", "x", True)
    assert "allow_files" not in place
    assert options("stamp") == {"read_only": True}


def relation(name: str) -> dict[str, Any]:
    return get_relation_kwargs(name, get_field_info(Mapped).relations[name])


def test_options_of_relations() -> None:
    shop.Author.objects.create(id=2, name="Bob")
    owner = relation("owner")
    assert (owner["label"], owner["help_text"]) == ("Who has it", "Somebody.")
    assert owner["view_name"] == "author-detail"
    assert [author.name for author in owner["queryset"].all()] == ["Ann"]
    assert relation("fixed")["read_only"] is True
    assert "queryset" not in relation("fixed")
    maybe = relation("maybe")
    assert (maybe["allow_null"], maybe["required"]) == (True, False)
    assert [author.name for author in maybe["queryset"].all()] == ["Bob"]
    assert [type(validator) for validator in maybe["validators"]] == [UniqueValidator]
    assert (relation("some")["many"], relation("some")["allow_empty"]) == (True, False)
    assert "allow_empty" not in relation("any")
    assert relation("any")["required"] is False


def test_options_of_what_stands_for_relations() -> None:
    info = get_field_info(Article).relations
    assert get_nested_relation_kwargs(info["tags"]) == {"read_only": True, "many": True}
    assert get_nested_relation_kwargs(info["author"]) == {"read_only": True}
    assert get_url_kwargs(Article) == {"view_name": "article-detail"}
    assert get_detail_view_name(Tag) == "tag-detail"
    assert needs_label(Article._meta.get_field("title"), "title")
    assert not needs_label(Article._meta.get_field("slug"), "slug")


def test_lookups_by_class_find_bases() -> None:
    lookup = ClassLookupDict({models.CharField: "text"})
    assert lookup[models.CharField()] == lookup[models.SlugField()] == "text"
    lookup[models.SlugField] = "slug"
    assert (lookup[models.CharField()], lookup[models.SlugField()]) == ("text", "slug")
    with pytest.raises(KeyError, match="IntegerField"):
        lookup[models.IntegerField()]
    # A bound field stands for its own.
    bound = SimpleNamespace(_proxy_class=models.SlugField)
    assert lookup[bound] == "slug"


# --- parsers and media types ---------------------------------------------------------------


def context(handlers: Any = (), **headers: Any) -> dict[str, Any]:
    request = APIRequestFactory().post("/", b"", content_type="text/plain", **headers)
    request.upload_handlers = list(handlers)
    return {"request": request, "encoding": "utf-8", "kwargs": {}}


def test_parsers_that_refuse() -> None:
    with pytest.raises(NotImplementedError):
        BaseParser().parse(io.BytesIO())
    for kind in (JSONParser, FormParser):
        for encoding in ("nonsense", "bz2"):
            with pytest.raises(ParseError, match="Unsupported charset"):
                kind().parse(io.BytesIO(b"1"), parser_context={"encoding": encoding})
    with pytest.raises(ParseError, match=r"^JSON parse error"):
        JSONParser().parse(io.BytesIO(b"[" * 200_000))
    with pytest.raises(ParseError, match="Multipart form parse error"):
        MultiPartParser().parse(io.BytesIO(b""), "multipart/form-data", context())


@pytest.mark.parametrize("body", [b"NaN", b"[Infinity]", b"1e999", b"9" * 400 + b".0"])
def test_numbers_that_json_does_not_have(body: bytes) -> None:
    with pytest.raises(ParseError, match="JSON parse error"):
        JSONParser().parse(io.BytesIO(body))
    lenient = JSONParser()
    lenient.strict = False
    assert lenient.parse(io.BytesIO(body)) is not None


def test_json_in_other_encodings() -> None:
    body = json.dumps({"é": 1}, ensure_ascii=False).encode("latin-1")
    assert JSONParser().parse(io.BytesIO(body), None, {"encoding": "latin-1"}) == {"é": 1}
    form = FormParser().parse(io.BytesIO(b"a=%E9"), None, {"encoding": "latin-1"})
    assert form["a"] == "é"


class Taking(FileUploadHandler):
    """Takes the whole body before any other handler sees it."""

    def handle_raw_input(self, *args: Any, **kwargs: Any) -> Any:
        return {}, "taken"


class Counting(FileUploadHandler):
    """Swallows every chunk and makes the file."""

    chunk_size = 4

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.starts: list[int] = []
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.starts.append(start)

    def file_complete(self, file_size: int) -> Any:
        return file_size


class Passing(FileUploadHandler):
    """Passes every chunk on and makes no file."""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> Any:
        return None


NAMED = {"HTTP_CONTENT_DISPOSITION": 'attachment; filename="a.txt"'}


def test_a_body_as_a_file_goes_through_the_handlers() -> None:
    parser = FileUploadParser()
    taken = parser.parse(io.BytesIO(b"x"), "text/plain", context([Taking()], **NAMED))
    assert taken.files == {"file": "taken"}
    counting = Counting()
    handlers = [Passing(), counting, FileUploadHandler()]
    counted = parser.parse(io.BytesIO(b"0123456789"), "text/plain", context(handlers, **NAMED))
    assert (counted.files["file"], counting.starts) == (10, [0, 4, 8])
    with pytest.raises(ParseError, match="none of upload handlers"):
        parser.parse(io.BytesIO(b"x"), "text/plain", context([Passing()], **NAMED))
    memory = MemoryFileUploadHandler()
    found = parser.parse(
        io.BytesIO(b""), "text/plain", context([memory], HTTP_CONTENT_LENGTH="many", **NAMED)
    )
    assert (found.files["file"].name, found.files["file"].read()) == ("a.txt", b"")


@pytest.mark.parametrize(
    ("header", "kwargs", "name"),
    [
        ('attachment; filename="a.txt"', {}, "a.txt"),
        ("attachment; filename*=UTF-8''%C3%A9.txt; filename=e.txt", {}, "é.txt"),
        ('attachment; filename="a.txt"', {"filename": "b.txt"}, "b.txt"), ("", {}, None),
        ("attachment", {}, None),
    ],
)  # fmt: skip
def test_names_of_files(header: str, kwargs: Any, name: str | None) -> None:
    asked = context(HTTP_CONTENT_DISPOSITION=header)
    asked["kwargs"] = kwargs
    assert FileUploadParser().get_filename(None, None, asked) == name
    if name is None:
        with pytest.raises(ParseError, match="Missing filename"):
            FileUploadParser().parse(io.BytesIO(b""), None, asked)


def test_media_types() -> None:
    assert media_type_matches("text/*", "text/html")
    assert media_type_matches("text/html; q=0.5", "text/html")
    assert media_type_matches("text/html; level=1", "text/html; level=1")
    assert not media_type_matches("text/html; level=1", "text/html")
    assert not media_type_matches("text/html", "image/png")
    assert str(MediaType("text/html; level=1")) == "text/html; level=1"
    groups = order_by_precedence(["*/*", "text/*", "text/html", "a/b; c=1", "c/d; q=1", "*/*"])
    assert [[str(one) for one in group] for group in groups] == [
        ["a/b; c=1"], ["text/html", "c/d; q=1"], ["text/*"], ["*/*"],
    ]  # fmt: skip


# --- what serializers hand out -------------------------------------------------------------


def test_data_knows_its_serializer() -> None:
    serializer = AuthorSerializer({"id": 1, "name": "Ann", "email": ""})
    data = serializer.data
    assert data.serializer is data.copy().serializer is serializer
    assert (data | {"x": 1})["x"] == ({"x": 1} | data)["x"] == 1
    assert ({"name": "other"} | data)["name"] == "Ann"
    assert (data | {}).serializer is ({} | data).serializer is serializer
    with pytest.raises(TypeError):
        data | [1]
    with pytest.raises(TypeError):
        [1] | data
    # A pickle does not take the serializer along.
    assert type(pickle.loads(pickle.dumps(data))) is dict
    assert repr(data) == repr(dict(data))
    listed = AuthorSerializer([], many=True).data
    assert isinstance(listed, ReturnList)
    assert (type(pickle.loads(pickle.dumps(listed))), repr(listed)) == (list, "[]")
    assert isinstance(data, ReturnDict)


class Street(serializers.Serializer):
    name = serializers.CharField()
    lit = serializers.BooleanField()


class Form(serializers.Serializer):
    extra = serializers.JSONField()
    done = serializers.BooleanField()
    street = Street()


def test_bound_fields_as_inputs_show_them() -> None:
    form = Form({"extra": {"b": 1, "a": [2]}, "done": False, "street": {"name": None, "lit": 1}})
    assert form["done"].value is False
    assert form["done"].as_form_field().value == ""
    assert json.loads(form["extra"].as_form_field().value) == {"a": [2], "b": 1}
    assert form["extra"].as_form_field().value.startswith('{\n    "a": [')
    inner = form["street"]
    assert [bound.name for bound in inner] == ["street.name", "street.lit"]
    assert inner.as_form_field().value == {"name": "", "lit": "True"}
    assert "value=False" in repr(form["done"])
    # What is no JSON stays, so that it can be mended.
    broken = Form(data={"extra": object(), "done": "x", "street": 5})
    assert not broken.is_valid()
    assert broken["done"].errors == ["Must be a valid boolean."]
    assert next(iter(broken["street"])).value is None
    fields = copy.copy(form).fields
    del fields["done"]
    assert (len(fields), list(fields)) == (2, ["extra", "street"])
    assert repr(fields).startswith("{'extra': JSONField(")


# --- the client ----------------------------------------------------------------------------


def test_bodies_of_requests() -> None:
    factory = APIRequestFactory()
    for send in (factory.put, factory.patch, factory.delete, factory.options):
        request = send("/", {"a": 1}, format="json")
        assert request.method.lower() == send.__name__
        assert (request.content_type, json.loads(request.body)) == ("application/json", {"a": 1})
    assert factory.post("/", "é", content_type="text/plain").body == "é".encode()
    with pytest.raises(ValueError, match="both `format` and `content_type`"):
        factory.post("/", {}, format="json", content_type="text/plain")
    with pytest.raises(ValueError, match="Available formats are 'json', 'multipart'"):
        factory.post("/", {}, format="yaml")
    assert (
        datetime.date(2026, 1, 2).isoformat()
        in factory.post("/", {"a": datetime.date(2026, 1, 2)}, format="json").body.decode()
    )
