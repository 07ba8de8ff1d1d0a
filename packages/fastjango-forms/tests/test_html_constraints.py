"""What browsers accept by the attributes of a field is what the server accepts.

The browser's side follows the HTML standard: value sanitization and constraint validation of
`<input>` (https://html.spec.whatwg.org/multipage/input.html). Where the two differ on purpose a
test says so, and `docs/guides/forms.md` tells users.
"""

import datetime
import re
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import pytest
from fastjango import forms
from hypothesis import given, settings
from hypothesis import strategies as st

VALID_FLOAT = re.compile(r"-?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
VALID_EMAIL = re.compile(
    r"[a-zA-Z0-9.!#$%&'*+\/=?^_`{|}~-]+@[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
    r"(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*"
)
ABSOLUTE_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:.+", re.DOTALL)
VALID_DATE = re.compile(r"([0-9]{4,})-([0-9]{2})-([0-9]{2})")


class _Control(HTMLParser):
    attributes: dict[str, str]

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if not hasattr(self, "attributes"):
            self.attributes = {name: value if value is not None else "" for name, value in attrs}


def attributes_of(field: Any) -> dict[str, str]:
    """Return the attributes that a form shows for a field."""
    form = type("Form", (forms.Form,), {"field": field})()
    parser = _Control()
    parser.feed(str(form["field"]))
    return parser.attributes


def is_double(text: str) -> bool:
    return VALID_FLOAT.fullmatch(text) is not None and abs(float(text)) != float("inf")


def is_date(text: str) -> bool:
    match = VALID_DATE.fullmatch(text)
    if match is None or int(match[1]) == 0:
        return False
    try:
        datetime.date(2000 + int(match[1]) % 400, int(match[2]), int(match[3]))
    except ValueError:
        return False
    return True


def sanitized(kind: str, text: str) -> str:
    """Return the value that a control of a type has after a text was entered."""
    if kind == "number":
        return text if is_double(text) else ""
    if kind == "date":
        return text if is_date(text) else ""
    text = text.replace("\n", "").replace("\r", "")
    return text.strip(" \t\n\f\r") if kind in ("email", "url") else text


def accepts(attrs: dict[str, str], value: str) -> bool:
    """Tell whether a control with these attributes is valid with a sanitized value."""
    kind = attrs.get("type", "text")
    if value == "":
        return "required" not in attrs
    length = len(value.encode("utf-16-le")) // 2
    if "maxlength" in attrs and length > int(attrs["maxlength"]):
        return False
    if "minlength" in attrs and length < int(attrs["minlength"]):
        return False
    if kind == "email" and not VALID_EMAIL.fullmatch(value):
        return False
    if kind == "url" and not ABSOLUTE_URL.fullmatch(value):
        return False
    return kind != "number" or in_range(attrs, value)


def in_range(attrs: dict[str, str], value: str) -> bool:
    number = Fraction(Decimal(value))
    low, high = (Fraction(Decimal(attrs[n])) if n in attrs else None for n in ("min", "max"))
    if (low is not None and number < low) or (high is not None and number > high):
        return False
    step = attrs.get("step", "1")
    return step == "any" or (number - (low or 0)) % Fraction(Decimal(step)) == 0


def server_accepts(field: Any, value: str) -> bool:
    form = type("Form", (forms.Form,), {"field": field})({"field": value})
    return form.is_valid()


RELAXED = settings(max_examples=300, deadline=None)
# White space at the ends is stripped by the server alone: see the last tests.
TEXT = st.text(
    st.characters(codec="utf-8", max_codepoint=0xFFFF, exclude_characters="\x00\r\n"), max_size=12
).filter(lambda text: text == text.strip())
LENGTHS = st.none() | st.integers(0, 8)
SMALL = st.decimals(-30, 30, places=3).map(str) | st.integers(-30, 30).map(str)
NUMBERS = st.one_of(
    SMALL,
    st.builds("{}e{}".format, SMALL, st.integers(-4, 4)),
    st.builds("{}E+{}".format, st.integers(-9, 9), st.integers(0, 20)),
    st.sampled_from(["", "abc", "1.", ".5", "-.5", "1.50", "1.500", "1e400", "--1", "+1", "1,5"]),
)
LIMITS = st.none() | st.integers(-20, 20)


@RELAXED
@given(TEXT, st.booleans(), LENGTHS, LENGTHS)
def test_lengths(text: str, required: bool, low: int | None, high: int | None) -> None:
    field = forms.CharField(required=required, min_length=low, max_length=high)
    value = sanitized("text", text)
    assert accepts(attributes_of(field), value) == server_accepts(field, value)


@RELAXED
@given(NUMBERS, st.booleans(), LIMITS, LIMITS, st.none() | st.integers(1, 7))
def test_whole_numbers(
    text: str, required: bool, low: int | None, high: int | None, step: int | None
) -> None:
    field = forms.IntegerField(required=required, min_value=low, max_value=high, step_size=step)
    value = sanitized("number", text)
    assert accepts(attributes_of(field), value) == server_accepts(field, value)


@RELAXED
@given(NUMBERS, st.booleans(), LIMITS, LIMITS, st.none() | st.sampled_from([0.5, 0.25, 2]))
def test_floats(
    text: str, required: bool, low: int | None, high: int | None, step: float | None
) -> None:
    field = forms.FloatField(required=required, min_value=low, max_value=high, step_size=step)
    value = sanitized("number", text)
    assert accepts(attributes_of(field), value) == server_accepts(field, value)


@RELAXED
@given(NUMBERS, st.booleans(), LIMITS, LIMITS, st.none() | st.integers(0, 4))
def test_decimals(
    text: str, required: bool, low: int | None, high: int | None, places: int | None
) -> None:
    field = forms.DecimalField(
        required=required, min_value=low, max_value=high, decimal_places=places
    )
    value = sanitized("number", text)
    assert accepts(attributes_of(field), value) == server_accepts(field, value)


@RELAXED
@given(
    st.dates().map(str)
    | st.builds(
        "{:04}-{:02}-{:02}".format, st.integers(0, 9999), st.integers(0, 13), st.integers(0, 32)
    )
    | st.text(max_size=10),
    st.booleans(),
)
def test_dates(text: str, required: bool) -> None:
    field = forms.DateField(required=required, widget=forms.DateInput({"type": "date"}))
    value = sanitized("date", text)
    assert accepts(attributes_of(field), value) == server_accepts(field, value)


ATOM = st.text("abcXYZ0189!#$%&'*+/=?^_`{|}~-", min_size=1, max_size=8)
LABEL = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,5}[a-z0-9])?", fullmatch=True)
TOP = st.from_regex(r"[a-z]{2,6}", fullmatch=True)


@RELAXED
@given(
    st.builds(lambda user, labels, top: f"{user}@{'.'.join([*labels, top])}", ATOM,
              st.lists(LABEL, min_size=1, max_size=3), TOP)
    | st.text("a@.-", max_size=8)
    | st.just(""),
    st.booleans(),
)  # fmt: skip
def test_email_addresses(text: str, required: bool) -> None:
    field = forms.EmailField(required=required)
    attrs, value = attributes_of(field), sanitized("email", text)
    if server_accepts(field, value):
        assert accepts(attrs, value)
    elif accepts(attrs, value):
        # Stricter on the server: the domain needs a dot, and dots may not stand side by side or
        # at an end of the name.
        user, _, domain = value.partition("@")
        assert (
            "." not in domain
            or ".." in user
            or user.startswith(".")
            or user.endswith(".")
            or (re.fullmatch(r"[a-zA-Z]{2,}", domain.rpartition(".")[2]) is None)
        )


@RELAXED
@given(
    st.builds("{}://{}.{}{}".format, st.sampled_from(["http", "https", "ftp"]), LABEL, TOP,
              st.sampled_from(["", "/", "/a?b=c#d", ":8000/x"])),
    st.booleans(),
)  # fmt: skip
def test_urls(text: str, required: bool) -> None:
    field = forms.URLField(required=required, assume_scheme="https")
    value = sanitized("url", text)
    assert accepts(attributes_of(field), value)
    assert server_accepts(field, value)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("value", ["", "a", "b"])
def test_selections(required: bool, value: str) -> None:
    field = forms.ChoiceField(choices=[("", "None"), ("a", "A"), ("b", "B")], required=required)
    assert accepts(attributes_of(field), value) == server_accepts(field, value)


@pytest.mark.parametrize("required", [True, False])
@pytest.mark.parametrize("data", [{}, {"field": "on"}])
def test_checkboxes(required: bool, data: dict[str, str]) -> None:
    field = forms.BooleanField(required=required)
    valid = bool(data) or "required" not in attributes_of(field)
    assert type("Form", (forms.Form,), {"field": field})(data).is_valid() == valid


class TestKnownDifferences:
    """Where the server is stricter or more lenient than attributes can say."""

    def test_the_server_looks_at_the_text_without_white_space_at_its_ends(self) -> None:
        field = forms.CharField(min_length=3)
        assert accepts(attributes_of(field), "  a  ")
        assert not server_accepts(field, "  a  ")
        assert accepts(attributes_of(forms.CharField()), " ")
        assert not server_accepts(forms.CharField(), " ")

    def test_browsers_count_some_characters_twice(self) -> None:
        field = forms.CharField(max_length=1)
        assert not accepts(attributes_of(field), "😀")
        assert server_accepts(field, "😀")

    def test_digits_in_total_have_no_attribute(self) -> None:
        field = forms.DecimalField(max_digits=2, decimal_places=1)
        assert accepts(attributes_of(field), "123.4")
        assert not server_accepts(field, "123.4")

    def test_the_server_reads_more_spellings_of_numbers(self) -> None:
        for text in ("+1", " 1 ", "1.", "٣"):
            assert sanitized("number", text) == ""  # a browser cannot send them
            assert server_accepts(forms.IntegerField(), text)

    def test_years_after_9999(self) -> None:
        field = forms.DateField(widget=forms.DateInput({"type": "date"}))
        assert accepts(attributes_of(field), "10000-01-01")
        assert not server_accepts(field, "10000-01-01")

    def test_schemes_of_urls(self) -> None:
        field = forms.URLField(assume_scheme="https")
        assert accepts(attributes_of(field), "mailto:a@b.example")
        assert not server_accepts(field, "mailto:a@b.example")
        assert not accepts(attributes_of(field), "example.com")
        assert server_accepts(field, "example.com")
