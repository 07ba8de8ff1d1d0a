"""Fields that pydantic checks."""

import datetime
import decimal
import enum
from typing import Annotated, Any, Literal

import pytest
from annotated_types import Ge, Le, Len, MultipleOf
from fastjango import forms
from fastjango.core.exceptions import ValidationError
from fastjango.forms.pydantic_field import MAX_JSON_LENGTH
from pydantic import AfterValidator, BaseModel, EmailStr


class Colour(enum.Enum):
    RED = "r"
    GREEN = "g"


class Point(BaseModel):
    x: int
    y: int = 0


def odd(value: int) -> int:
    if value % 2 == 0:
        raise ValueError("100% odd, please")
    return value


def form_of(field: Any, data: Any = None) -> Any:
    return type("Form", (forms.Form,), {"v": field})(data)


@pytest.mark.parametrize(
    ("annotation", "text", "value"),
    [
        (int, " 3 ", 3),
        (float, "1.5", 1.5),
        (decimal.Decimal, "1.50", decimal.Decimal("1.50")),
        (datetime.date, "2026-01-31", datetime.date(2026, 1, 31)),
        (datetime.timedelta, "P1D", datetime.timedelta(days=1)),
        (str, "text", "text"),
        (int | None, "3", 3),
        (Colour, "g", Colour.GREEN),
        (Literal["a", 2], "2", 2),
        (Literal["only"], "only", "only"),
        (list[int], "[1, 2]", [1, 2]),
        (list[int], ["1", "2"], [1, 2]),
        (list[Colour], ["r"], [Colour.RED]),
        (Point, '{"x": 1}', Point(x=1)),
        (dict[str, int], '{"a": 1}', {"a": 1}),
        (Annotated[int, AfterValidator(odd)], "3", 3),
        (bool, "on", True),
    ],
)
def test_values(annotation: Any, text: Any, value: Any) -> None:
    form = form_of(forms.PydanticField(annotation), {"v": text})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["v"] == value
    assert "<" in str(form)


@pytest.mark.parametrize(
    ("annotation", "text", "message", "code"),
    [
        (int, "x", "Input should be a valid integer, unable to parse string as an integer",
         "int_parsing"),
        (Annotated[int, Ge(3)], "2", "Input should be greater than or equal to 3",
         "greater_than_equal"),
        (Point, '{"y": 1}', "x: Field required", "missing"),
        (list[int], '["x"]', "0: Input should be a valid integer, unable to parse string as an "
         "integer", "int_parsing"),
        (Annotated[int, AfterValidator(odd)], "2", "Value error, 100% odd, please", "value_error"),
        (float, "nan", "Enter a valid value.", "invalid"),
        (str, "\x00", "Enter a valid value.", "invalid"),
        (str, "\ud800", "Enter a valid value.", "invalid"),
        (list[int], "[" + " " * MAX_JSON_LENGTH, "Enter a valid value.", "invalid"),
        (int, "", "This field is required.", "required"),
    ],
)  # fmt: skip
def test_errors(annotation: Any, text: str, message: str, code: str) -> None:
    form = form_of(forms.PydanticField(annotation), {"v": text})
    assert form.errors["v"] == [message]
    assert form.errors["v"].as_data()[0].code == code


def test_messages_can_be_replaced() -> None:
    field = forms.PydanticField(int, error_messages={"int_parsing": "no number"})
    with pytest.raises(ValidationError) as caught:
        field.clean("x")
    assert caught.value.messages == ["no number"]


def test_a_type_that_raises_something_else() -> None:
    def broken(value: int) -> int:
        raise TypeError("broken")

    with pytest.raises(ValidationError, match="Enter a valid value"):
        forms.PydanticField(Annotated[int, AfterValidator(broken)]).clean("1")


def test_a_required_truth_value_must_be_true() -> None:
    assert not form_of(forms.PydanticField(bool), {}).is_valid()
    optional = form_of(forms.PydanticField(bool, required=False), {})
    assert optional.is_valid()
    assert optional.cleaned_data["v"] is False


def test_nothing_entered() -> None:
    field = forms.PydanticField(int, required=False, empty_value=7)
    assert field.clean("") == 7
    assert forms.PydanticField(int, required=False).clean("") is None


@pytest.mark.parametrize(
    ("annotation", "markup"),
    [
        (Annotated[int, Ge(2), Le(9)], '<input type="number" name="v" min="2" max="9"'),
        (Annotated[int, MultipleOf(5)], '<input type="number" name="v" step="5"'),
        (float, '<input type="number" name="v" step="any"'),
        (Annotated[str, Len(2, 5)], '<input type="text" name="v" minlength="2" maxlength="5"'),
        (datetime.date, '<input type="text" name="v"'),
        (EmailStr, '<input type="email" name="v"'),
        (bool, '<input type="checkbox" name="v"'),
        (Point, '<textarea name="v"'),
        (list[Colour], '<select name="v"'),
        (Colour, '<option value="g">g</option>'),
        (type, '<input type="text" name="v"'),
    ],
)
def test_the_widget_follows_from_the_type(annotation: Any, markup: str) -> None:
    assert markup in str(form_of(forms.PydanticField(annotation))["v"])


def test_choices() -> None:
    optional = forms.PydanticField(Literal["a", "b"], required=False)
    assert [str(label) for _value, label in optional.widget.choices] == [
        "- Select an option -", "a", "b",
    ]  # fmt: skip
    own = forms.PydanticField(list[int], choices=[(1, "One"), (2, "Two")])
    assert "multiple" in str(form_of(own)["v"])
    assert form_of(own, {"v": ["2"]}).is_valid()
    assert isinstance(forms.PydanticField(str, widget=forms.HiddenInput).widget, forms.HiddenInput)


@pytest.mark.parametrize(
    ("annotation", "initial", "shown"),
    [
        (Point, Point(x=1), "{&quot;x&quot;:1,&quot;y&quot;:0}"),
        (Colour, Colour.RED, 'value="r" selected'),
        (int, 3, 'value="3"'),
        (list[int], object(), "object object"),
        (str, None, "<input"),
    ],
)
def test_initial_values(annotation: Any, initial: Any, shown: str) -> None:
    field = forms.PydanticField(annotation, initial=initial, required=False)
    assert shown in str(form_of(field)["v"])


async def test_async_validators_run_after_pydantic() -> None:
    async def refuse(value: int) -> None:
        raise ValidationError(f"{value!r} is taken")

    form = form_of(forms.PydanticField(int, validators=[refuse]), {"v": "3"})
    assert not await form.ais_valid()
    assert form.errors["v"] == ["3 is taken"]
