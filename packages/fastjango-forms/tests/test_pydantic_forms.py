"""Forms of pydantic models, models of forms, and JSON Schemas."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import Annotated, Any, Literal

import pydantic
import pytest
from annotated_types import Ge, Len
from fastjango import forms
from fastjango.forms.pydantic import form_from_pydantic, json_schema, pydantic_model, to_pydantic


class Booking(pydantic.BaseModel):
    """A table at a time."""

    name: Annotated[str, Len(2, 10)] = pydantic.Field(title="Your name", description="as it is")
    guests: Annotated[int, Ge(1)]
    day: datetime.date
    kind: Literal["inside", "outside"] = "inside"
    quiet: bool
    note: str | None = None
    tags: list[str] = pydantic.Field(default_factory=list)

    @pydantic.model_validator(mode="after")
    def not_too_many_outside(self) -> Booking:
        if self.kind == "outside" and self.guests > 4:
            raise ValueError("100% full outside")
        return self

    @pydantic.field_validator("note")
    @classmethod
    def polite(cls, value: str | None) -> str | None:
        if value == "now!":
            raise ValueError("please")
        return value


BookingForm = forms.Form.from_pydantic(Booking)
SENT = {"name": "Ada", "guests": "3", "day": "2026-01-31", "kind": "outside"}


async def test_a_form_of_a_model() -> None:
    fields = BookingForm.base_fields
    assert list(fields) == list(Booking.model_fields)
    assert (fields["name"].label, fields["name"].help_text) == ("Your name", "as it is")
    assert fields["kind"].initial == "inside"
    assert [fields[name].required for name in ("name", "quiet", "note")] == [True, False, False]
    for form in (BookingForm(SENT), BookingForm(SENT)):
        assert await form.ais_valid(), form.errors
        booking = form.to_pydantic()
        assert booking == Booking(
            name="Ada", guests=3, day=datetime.date(2026, 1, 31), kind="outside", quiet=False
        )
    assert BookingForm(SENT).is_valid()
    html = str(BookingForm()["guests"])
    assert 'min="1"' in html


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"guests": "0"}, "guests", "Input should be greater than or equal to 1"),
        ({"guests": "x"}, "guests", "Input should be a valid integer"),
        ({"guests": "9"}, "__all__", "Value error, 100% full outside"),
        ({"note": "now!"}, "note", "Value error, please"),
        ({"name": ""}, "name", "This field is required."),
        ({"kind": "away"}, "kind", "Input should be 'inside' or 'outside'"),
        ({"day": "\x00"}, "day", "Enter a valid value."),
    ],
)
def test_what_the_model_refuses(changes: dict[str, str], field: str, message: str) -> None:
    form = BookingForm({**SENT, **changes})
    assert not form.is_valid()
    assert message in form.errors[field][0]
    with pytest.raises(ValueError, match="has no valid data"):
        form.to_pydantic()


def test_what_can_be_said_about_the_form() -> None:
    class Polite(forms.Form):
        agreed = forms.BooleanField()

        def greet(self) -> str:
            return "hello"

    made = form_from_pydantic(
        Booking,
        base=Polite,
        exclude=["tags"],
        fields=["name", "guests", "day", "quiet", "note"],
        widgets={"note": forms.Textarea},
        labels={"note": "Anything else?"},
        help_texts={"note": "or not"},
    )
    assert list(made.base_fields) == ["agreed", "name", "guests", "day", "quiet", "note"]
    note = made.base_fields["note"]
    assert (type(note.widget), note.label, note.help_text) == (
        forms.Textarea,
        "Anything else?",
        "or not",
    )
    form = made({**SENT, "agreed": "on"})
    assert form.greet() == "hello"
    assert form.is_valid()
    assert form.to_pydantic().kind == "inside"
    with pytest.raises(ValueError, match="The form of Booking leaves out 'guests'"):
        form_from_pydantic(Booking, exclude=["guests"])


class Order(forms.Form):
    name = forms.CharField(max_length=10, min_length=2, help_text="who", label="Name")
    email = forms.EmailField(required=False)
    number = forms.IntegerField(min_value=1, max_value=lambda: 9)
    price = forms.DecimalField(required=False)
    key = forms.UUIDField(required=False)
    slug = forms.RegexField(r"^[a-z]+$", required=False)
    size = forms.ChoiceField(choices=[("", "-"), ("Group", [("s", "small")]), ("m", "middle")])
    extras = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], required=False)
    more = forms.JSONField(required=False)
    file = forms.FileField(required=False)
    typed = forms.PydanticField(int, required=False)
    combo = forms.ComboField(fields=[forms.CharField()], required=False)


def test_the_schema_of_a_form() -> None:
    schema = Order.json_schema()
    found = schema["properties"]
    assert schema["required"] == ["name", "number", "size"]
    assert found["name"] == {
        "title": "Name",
        "description": "who",
        "type": "string",
        "minLength": 2,
        "maxLength": 10,
    }
    assert (found["number"]["minimum"], found["number"]["maximum"]) == (1, 9)
    assert found["email"]["format"] == "email"
    assert found["size"]["enum"] == ["s", "m"]
    assert found["extras"]["items"] == {"enum": ["a", "b"]}
    assert found["slug"]["pattern"] == "^[a-z]+$"
    assert found["file"]["contentMediaType"] == "application/octet-stream"
    assert json_schema(BookingForm) == Booking.model_json_schema()
    assert pydantic_model(Order) is pydantic_model(Order)


def test_the_data_of_any_form_as_a_model() -> None:
    key = uuid.uuid4()
    form = Order({"name": "Ada", "number": "3", "size": "s", "price": "1.50", "key": str(key)})
    assert form.is_valid(), form.errors
    order: Any = form.to_pydantic()
    assert (order.name, order.number, order.price, order.key) == ("Ada", 3, Decimal("1.50"), key)

    class Small(pydantic.BaseModel):
        name: str

    assert to_pydantic(form, Small) == Small(name="Ada")
    with pytest.raises(ValueError, match="has no valid data"):
        to_pydantic(Order())


class Ticket(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    seat: Annotated[int, Ge(1)] = pydantic.Field(alias="seatNumber")
    row: int = pydantic.Field(default_factory=lambda: next(ROWS))
    code: str = pydantic.Field(default_factory=lambda data: f"{data['seat']}-{data['row']}")


class Asking(forms.Form):
    age = forms.IntegerField(required=False)


ROWS = iter(range(100))
TicketForm = Asking.from_pydantic(Ticket)


def test_a_form_with_aliases_factories_and_fields_of_its_own() -> None:
    shown = [TicketForm()["row"].initial for _ in range(3)]
    assert shown == sorted(set(shown))  # a default of each form
    assert TicketForm()["code"].initial is None  # it needs the other values
    form = TicketForm({"seat": "3", "row": "7", "code": "", "age": ""})
    assert form.is_valid(), form.errors
    assert form.to_pydantic() == Ticket(seatNumber=3, row=7, code="3-7")
    assert form.cleaned_data["age"] is None
    assert list(TicketForm({"seat": "0", "age": "9"}).errors) == ["seat"]
