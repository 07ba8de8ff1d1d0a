"""Whatever a client sends, a form answers with its errors: it never raises anything else."""

import enum
from contextlib import suppress
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Len
from fastjango import forms
from fastjango.core.exceptions import ValidationError
from fastjango.http.uploads.uploadedfile import SimpleUploadedFile
from fastjango.values.datastructures import MultiValueDict
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

CHOICES = [("1", "One"), (2, "Two"), ("Group", [("a", "A")])]


class Colour(enum.Enum):
    RED = "r"


class Point(BaseModel):
    x: int
    y: list[float] = []


def to_int(value: Any) -> int:
    return int(value)


class Everything(forms.Form):
    """Every field, required and with every limit."""

    char = forms.CharField(max_length=5, min_length=2)
    integer = forms.IntegerField(min_value=-5, max_value=40, step_size=5)
    integer_free = forms.IntegerField(required=False)
    integer_step = forms.IntegerField(step_size=3, required=False)
    integer_local = forms.IntegerField(localize=True, required=False)
    floating = forms.FloatField(min_value=0.5, step_size=0.1)
    floating_free = forms.FloatField(required=False)
    decimal = forms.DecimalField(max_digits=5, decimal_places=2)
    decimal_free = forms.DecimalField(required=False, localize=True)
    decimal_step = forms.DecimalField(required=False, step_size=3, min_value=1)
    date = forms.DateField()
    time = forms.TimeField()
    moment = forms.DateTimeField()
    duration = forms.DurationField()
    regex = forms.RegexField("^a+$")
    email = forms.EmailField()
    url = forms.URLField(assume_scheme="https")
    boolean = forms.BooleanField()
    maybe = forms.NullBooleanField()
    choice = forms.ChoiceField(choices=CHOICES)
    typed = forms.TypedChoiceField(choices=CHOICES, coerce=to_int)
    multiple = forms.MultipleChoiceField(choices=CHOICES)
    typed_multiple = forms.TypedMultipleChoiceField(choices=CHOICES, coerce=to_int)
    radio = forms.ChoiceField(choices=CHOICES, widget=forms.RadioSelect)
    boxes = forms.MultipleChoiceField(choices=CHOICES, widget=forms.CheckboxSelectMultiple)
    combo = forms.ComboField(fields=[forms.CharField(max_length=20), forms.EmailField()])
    address = forms.GenericIPAddressField(unpack_ipv4=True)
    address6 = forms.GenericIPAddressField(protocol="ipv6", required=False)
    slug = forms.SlugField()
    slug_unicode = forms.SlugField(allow_unicode=True)
    uuid = forms.UUIDField()
    json = forms.JSONField()
    split = forms.SplitDateTimeField()
    selected = forms.DateField(widget=forms.SelectDateWidget)
    hidden_moment = forms.SplitDateTimeField(widget=forms.SplitHiddenDateTimeWidget)
    hidden_list = forms.MultipleChoiceField(choices=CHOICES, widget=forms.MultipleHiddenInput)
    with_initial = forms.IntegerField(show_hidden_initial=True, initial=3)
    split_initial = forms.SplitDateTimeField(show_hidden_initial=True)
    file = forms.FileField(max_length=5)
    image = forms.ImageField(required=False)
    p_int = forms.PydanticField(int)
    p_text = forms.PydanticField(Annotated[str, Len(1, 5)])
    p_float = forms.PydanticField(float, required=False)
    p_literal = forms.PydanticField(Literal["a", 2])
    p_enum = forms.PydanticField(list[Colour])
    p_model = forms.PydanticField(Point)
    p_bool = forms.PydanticField(bool)


NAMES = [
    *Everything.base_fields,
    *(f"{name}_{part}" for name in ("split", "hidden_moment", "split_initial") for part in (0, 1)),
    *(f"selected_{part}" for part in ("year", "month", "day")),
    "initial-with_initial", "initial-split_initial_0", "initial-split_initial_1", "file-clear",
    "image-clear",
]  # fmt: skip
CRAFTED = [
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "9" * 5000, "-" + "9" * 400, "1e999999999",
    "1E+999999", "-1e-999999999", "nan", "sNaN", "inf", "-Infinity", "0x1F", "1_000", "٣٤", "²",
    "1" * 10_000 + ".0", "." * 1000, "1,2.3,4", "1.0000000000000000000000000000001",
    "99999-12-31", "0000-00-00", "0001-01-01 00:00", "9999-12-31 23:59:59", "9999-12-31T23:59Z",
    "0001-01-01T00:00+14:00", "2026-02-30", "2026-W99-9", "24:00", "23:59:60", "-1 day",
    "P" + "9" * 150 + "D", "999999999 days, 25:61:61", "-999999999999 1:1:1", "P1Y",
    "\u0662\u0660\u0662\u0666-\u0660\u0661-\u0660\u0661",
    "@", "a@" + "b" * 400, "a" * 400 + "@b.example", '"\\"@b.example', "a@[::1]", "a@[256.1.1.1]",
    "http://", "//", ":", "://x", "http://[", "http://[::1", "http://[fe80::1%25eth0]/",
    "http://a.example:99999999999/", "http://" + "a." * 2000, "http://\u2100.example",
    "javascript:alert(1)", "http://a.example/\r\nX: y", "h\u00e4://x", "http://xn--/",
    "::", ":" * 100, "::ffff:999.1.1.1", "1::" + "0" * 5000, "fe80::1%" + "x" * 100, "1.2.3.4.5",
    "0177.0.0.1", "{", "[" * 20_000,
    '{"a":' * 5000, '"\\ud800"', "1e400", "NaN", "-0", '{"a": NaN}',
    "9" * 4400, "urn:uuid:" + "1" * 32, "{" + "1" * 32 + "}", "a" * 20_000, "<script>", "%s%(x)s%",
    "{0}{x}", "true", "on", "None", "__all__",
]  # fmt: skip
SCALARS = st.one_of(
    st.sampled_from(CRAFTED),
    st.text(st.characters(codec=None), max_size=40),
    st.integers(),
    st.floats(),
    # A signalling NaN refuses every comparison; no request can hold one.
    st.decimals().filter(lambda number: not number.is_snan()),
    st.booleans(),
    st.none(),
    st.binary(max_size=10),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
    st.uuids(),
)
VALUES = st.one_of(
    SCALARS,
    st.lists(SCALARS, max_size=3),
    st.dictionaries(st.text(max_size=3), SCALARS, max_size=2),
    st.tuples(SCALARS, SCALARS),
    st.sets(st.text(max_size=3), max_size=2),
    st.just(object()),
)
UPLOADS = st.one_of(
    st.builds(
        SimpleUploadedFile,
        st.sampled_from(["a.png", "a.txt", "longer-name.png", "x.\ud800"]),
        st.binary(max_size=50),
    ),
    VALUES,
)
RELAXED = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def answers(data: Any, files: Any) -> Any:
    """Clean and show a form of everything; return it."""
    form = Everything(data, files)
    valid = form.is_valid()
    assert valid is not bool(form.errors)
    assert str(form).encode()
    assert form.errors.as_json()
    assert isinstance(form.changed_data, list)
    return form


@pytest.mark.parametrize("value", CRAFTED)
def test_crafted_texts_in_every_field(value: str) -> None:
    answers(dict.fromkeys(NAMES, value), {})
    answers(MultiValueDict({name: [value] for name in NAMES}), MultiValueDict())


@RELAXED
@given(st.dictionaries(st.sampled_from(NAMES), VALUES), st.dictionaries(st.just("file"), UPLOADS))
def test_any_data(data: Any, files: Any) -> None:
    answers(data, files)


@RELAXED
@given(VALUES)
@example(float("nan"))
@example([["nested"]])
@example({"a": []})
def test_one_value_in_every_field(value: Any) -> None:
    answers(dict.fromkeys(NAMES, value), {"file": value, "image": value})


@RELAXED
@given(st.dictionaries(st.sampled_from(NAMES), st.lists(SCALARS, max_size=3)), UPLOADS)
def test_any_submission(data: Any, upload: Any) -> None:
    answers(MultiValueDict(data), MultiValueDict({"file": [upload], "image": [upload]}))


@RELAXED
@given(VALUES)
def test_each_field_alone(value: Any) -> None:
    for field in Everything.base_fields.values():
        with suppress(ValidationError):
            field.clean(value)


class Item(forms.Form):
    name = forms.CharField()


COUNTS = ["TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS"]
ItemSet = forms.formset_factory(
    Item, can_delete=True, can_order=True, max_num=3, absolute_max=5, validate_max=True
)


@RELAXED
@given(
    st.dictionaries(
        st.sampled_from([f"form-{name}" for name in COUNTS]),
        st.one_of(SCALARS, st.integers(-10, 10).map(str)),
    ),
    st.dictionaries(
        st.sampled_from(
            [f"form-{n}-{part}" for n in range(3) for part in ("name", "ORDER", "DELETE")]
        ),
        SCALARS,
    ),
)
def test_any_formset(counts: Any, data: Any) -> None:
    formset = ItemSet({**counts, **data})
    valid = formset.is_valid()
    assert len(formset.forms) <= 5
    assert str(formset).encode()
    assert formset.total_error_count() >= 0
    if valid:
        assert isinstance(formset.ordered_forms, list)
        assert isinstance(formset.deleted_forms, list)
        assert isinstance(formset.cleaned_data, list)


@pytest.mark.parametrize("count", ["-1", "-" + "9" * 30, "", "x", None, "1.5", "9" * 5000])
@pytest.mark.parametrize("name", ["TOTAL_FORMS", "INITIAL_FORMS"])
def test_a_management_form_that_was_tampered_with(name: str, count: Any) -> None:
    data = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "0", "form-0-name": "x"}
    formset = ItemSet({**data, f"form-{name}": count})
    assert not formset.is_valid()
    error = formset.non_form_errors().as_data()[0]
    assert error.code == "missing_management_form"
    assert f"form-{name}" in str(error)


def test_more_forms_than_allowed_are_not_made() -> None:
    data = {"form-TOTAL_FORMS": "1000000000", "form-INITIAL_FORMS": "1000000000"}
    formset = ItemSet(data)
    assert not formset.is_valid()
    assert len(formset.forms) == 5
    assert formset.non_form_errors() == ["Please submit at most 3 forms."]
