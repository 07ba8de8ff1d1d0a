"""Forms of WTForms and starlette-wtf behind the interface of our own; each trap is closed."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.exceptions import BadRequest
from fastjango.forms.exceptions import AsyncCleaningRequired
from fastjango.forms.wtforms import FormData, adapt, get_form_data
from fastjango.http import QueryDict
from fastjango.http.uploads import SimpleUploadedFile
from fastjango.values.datastructures import MultiValueDict
from starlette_wtf import StarletteForm
from wtforms import (
    DateField,
    FieldList,
    FileField,
    Form,
    FormField,
    HiddenField,
    IntegerField,
    StringField,
)
from wtforms import ValidationError as WTValidationError
from wtforms.validators import DataRequired, Length
from wtforms.widgets import FileInput

BUSY = {"now": 0, "most": 0, "calls": 0}


async def look_up() -> None:
    """Stand in for a query on a session that only one may use at a time."""
    BUSY["now"] += 1
    BUSY["calls"] += 1
    BUSY["most"] = max(BUSY["most"], BUSY["now"])
    await asyncio.sleep(0.001)
    BUSY["now"] -= 1


class Address(StarletteForm):
    street = StringField(validators=[DataRequired()])

    async def async_validate_street(self, field: Any) -> None:
        await look_up()
        if field.data == "nowhere":
            raise WTValidationError("there is no such street")


class Person(StarletteForm):
    name = StringField(validators=[DataRequired(), Length(max=5)])
    age = IntegerField()
    address = FormField(Address)
    more = FieldList(FormField(Address))

    async def async_validate_name(self, field: Any) -> None:
        await look_up()
        if field.data == "taken":
            raise WTValidationError("that name is taken")

    async def async_validate_age(self, field: Any) -> None:
        await look_up()


class Plain(Form):
    title = StringField("Title", validators=[DataRequired()])
    secret = HiddenField()
    file = FileField()

    def validate_title(self, field: Any) -> None:
        if field.data == "<bad>":
            raise WTValidationError("<not> this")


PERSON = adapt(Person)
PLAIN = adapt(Plain)
SENT = {"name": "Ada", "age": "3", "address-street": "A", "more-0-street": "B"}


@pytest.fixture(autouse=True)
def idle() -> None:
    BUSY.update(now=0, most=0, calls=0)


async def test_async_validators_run_one_after_another() -> None:
    form = PERSON(SENT)
    assert await form.ais_valid()
    assert (BUSY["calls"], BUSY["most"]) == (4, 1)
    assert form.cleaned_data["address"] == {"street": "A"}
    assert form.cleaned_data["more"] == [{"street": "B"}]


async def test_nested_async_validators_are_not_skipped() -> None:
    form = PERSON({**SENT, "address-street": "nowhere", "more-0-street": "nowhere"})
    assert not await form.ais_valid()
    assert form.errors["address"] == ["street: there is no such street"]
    assert form.errors["more"] == ["[0].street: there is no such street"]
    assert "address" not in form.cleaned_data
    assert await PERSON({**SENT, "name": "taken"}).ais_valid() is False


async def test_a_field_with_an_error_is_not_asked_again() -> None:
    form = PERSON({**SENT, "name": "much too long"})
    assert not await form.ais_valid()
    assert form.errors == {"name": ["Field cannot be longer than 5 characters."]}
    assert BUSY["calls"] == 3


def test_synchronous_calls_do_not_pass_async_validators_over() -> None:
    with pytest.raises(AsyncCleaningRequired, match=r"Person .* async_validate_name\(\)"):
        PERSON(SENT).is_valid()
    assert not PERSON().is_valid()


async def test_a_plain_form() -> None:
    form = PLAIN({"title": "T"})
    assert form.is_valid()
    assert await form.ais_valid()
    assert form.cleaned_data["title"] == "T"
    assert not await PLAIN().ais_valid()
    assert PLAIN().errors == {}
    assert set(form.fields) == {"title", "secret", "file"}
    assert form["title"].data == "T"
    assert form.is_multipart()
    assert not adapt(Address)().is_multipart()
    assert adapt(Plain) is PLAIN


def test_markup_is_escaped_and_accessible() -> None:
    form = PLAIN({"title": "<bad>"}, prefix="p-")
    form = PLAIN({"p-title": "<bad>"}, prefix="p-")
    assert not form.is_valid()
    html = str(form)
    assert '<ul class="errorlist" id="p-title_error"><li>&lt;not&gt; this</li></ul>' in html
    assert 'aria-describedby="p-title_error"' in html
    assert 'value="&lt;bad&gt;"' in html
    assert html.index("secret") > html.index("title")
    assert form.__html__() == form.render() == html
    assert "errorlist" not in str(PLAIN(initial={"title": "x"}))
    assert form.non_field_errors() == []


def test_an_object_is_read_and_filled() -> None:
    thing = SimpleNamespace(title="old", secret="", file=None)
    assert 'value="old"' in str(PLAIN(instance=thing))
    form = PLAIN({"title": "new"}, instance=thing)
    assert form.save() is thing
    assert thing.title == "new"
    with pytest.raises(ValueError, match="Plain cannot fill an object: it is not valid"):
        PLAIN({"title": ""}, instance=thing).save()
    with pytest.raises(ValueError, match="made without an instance"):
        PLAIN({"title": "x"}).save()


def test_errors_of_the_form_itself() -> None:
    class Whole(Form):
        a = StringField()

        def validate(self, extra_validators: Any = None) -> bool:
            return True

    form = adapt(Whole)({"a": ""})
    form.form.form_errors = ["both!"]
    assert not form.is_valid()
    assert form.non_field_errors() == ["both!"]
    assert "<li>both!</li>" in str(form)


def test_data_and_files() -> None:
    file = SimpleUploadedFile("a.txt", b"x")
    data = FormData(QueryDict("a=1&a=2"), MultiValueDict({"f": [file]}))
    assert (data.getlist("a"), data.getlist("f"), data.getlist("z")) == (["1", "2"], [file], [])
    assert list(data) == ["f", "a"]
    assert ("a" in data, "z" in data, len(data)) == (True, False, 2)
    form = PLAIN(QueryDict("title=T"), MultiValueDict({"file": [file]}))
    assert form.is_valid()
    assert form.cleaned_data["file"] is file
    assert PLAIN(QueryDict("title=T"), MultiValueDict()).form.file.data is None


def make(body: bytes, content_type: str = "application/json", method: str = "POST") -> Any:
    return SimpleNamespace(
        body=body, content_type=content_type, method=method, POST=QueryDict("a=1"), FILES=None
    )


def test_json_bodies() -> None:
    found = get_form_data(
        make(json.dumps({"a": 1, "b": [1, "x"], "c": True, "d": None, "e": False}).encode())
    )
    assert found is not None
    assert {name: found.getlist(name) for name in found} == {
        "a": ["1"],
        "b": ["1", "x"],
        "c": ["y"],
        "d": [],
        "e": [],
    }
    form_data = get_form_data(make(b"", "application/x-www-form-urlencoded"))
    assert form_data is not None
    assert form_data.getlist("a") == ["1"]
    assert get_form_data(make(b"", method="GET")) is None


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "is not valid JSON"),
        (b"\xff", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"[1]", "has to be a JSON object"),
        (b'{"a": {"b": 1}}', "'a' of this JSON is nested"),
        (b'{"a": [[1]]}', "'a' of this JSON is nested"),
    ],
)
def test_bad_json_is_a_400(body: bytes, message: str) -> None:
    with pytest.raises(BadRequest, match=message):
        get_form_data(make(body))


def test_a_validate_that_waits_is_refused() -> None:
    class Waiting(StarletteForm):
        async def validate(self, extra_validators: Any = None) -> bool:
            return True

    with pytest.raises(TypeError, match=r"Waiting overrides validate\(\) by a coroutine function"):
        adapt(Waiting)


def test_fields_given_by_keyword_are_nested_too() -> None:
    class Outer(Form):
        inner = FormField(form_class=Address)
        plain = StringField()

    form = adapt(Outer)({"inner-street": ""})
    assert not form.form.validate()
    assert Outer.plain.field_class is StringField


class Upload(StringField):
    """A field of a project's own that takes a file."""

    widget = FileInput()


class Typed(Form):
    own = Upload()
    day = DateField()
    file = FileField()
    number = IntegerField()
    many = FieldList(StringField())
    pictures = FieldList(FileField())
    person = FormField(Plain)


async def test_files_are_not_texts_and_texts_are_no_files() -> None:
    upload = SimpleUploadedFile("a.txt", b"x")
    files = MultiValueDict({name: [upload] for name in ("day", "number", "many-0", "person-title")})
    form = adapt(Typed)({"file": "text", "pictures-0": "text", "person-file": "text"}, files)
    assert not await form.ais_valid()
    assert {*form.errors} == {"person"}
    assert [form.form.data[name] for name in ("day", "number", "file")] == [None] * 3
    assert form.form.data["many"] == [None]
    assert form.form.data["pictures"] == [None]
    assert form.form.data["person"] == {"title": None, "secret": None, "file": None}
    assert "<input" in str(form)

    names = ("own", "file", "pictures-0", "person-file")
    taken = MultiValueDict({name: [upload] for name in names})
    form = adapt(Typed)({"day": "2026-01-31", "number": "1", "person-title": "T"}, taken)
    assert await form.ais_valid(), form.errors
    assert form.cleaned_data["file"] is upload
    assert form.cleaned_data["own"] is upload
    assert form.cleaned_data["pictures"] == [upload]
    assert form.cleaned_data["person"]["file"] is upload
