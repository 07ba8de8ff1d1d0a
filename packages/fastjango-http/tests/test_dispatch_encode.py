import datetime
import decimal
import enum
import json
import uuid
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from fastjango.http.dispatch.encode import dump_json, load_json
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.responses import JSONResponse


class Color(str, enum.Enum):  # noqa: UP042 - the usual way to write it
    red = "red"


class Twofold(str, enum.Enum):  # noqa: UP042
    """Its text is not its value."""

    one = ("a", "b")

    def __new__(cls, text: str, value: str) -> "Twofold":
        made = str.__new__(cls, text)
        made._value_ = value
        return made


class Model(BaseModel):
    when: datetime.datetime
    nothing: None = None


class Row:
    def __init__(self) -> None:
        self.shown = 1
        self._sa_instance_state = 2


def fastapis(value: Any) -> bytes:
    return bytes(JSONResponse(jsonable_encoder(value)).body)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(plain)
def test_plain_values_are_dumped_as_fastapi_does(value: Any) -> None:
    try:
        expected = fastapis(value)
    except UnicodeEncodeError:
        with pytest.raises(UnicodeEncodeError):
            dump_json(value)
        return
    assert dump_json(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        datetime.datetime(2020, 1, 2, tzinfo=datetime.UTC),
        datetime.timedelta(seconds=1.5),
        decimal.Decimal("1.10"),
        1e-07,
        uuid.UUID(int=3),
        {None: 1, 2: "x", True: False, 1.5: None},
        {"_sa_state": 1, "kept": 2},
        {"deep": [{"_sa_state": 1}]},
        Color.red,
        {Color.red: [Color.red]},
        Twofold.one,
        [Twofold.one],
        Model(when=datetime.datetime(2020, 1, 1)),
        [Model(when=datetime.datetime(2020, 1, 1)), {1, 2}],
        (1, "a", (2,)),
        frozenset({"a"}),
        b"bytes",
        Row(),
        {"a": Row()},
    ],
    ids=lambda value: type(value).__name__,
)
def test_other_values_go_through_fastapis_encoder(value: Any) -> None:
    assert dump_json(value) == fastapis(value)


@pytest.mark.parametrize("value", [float("nan"), [float("inf")], {"a": float("-inf")}])
def test_numbers_that_are_no_json_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="Out of range float values are not JSON compliant"):
        dump_json(value)


def test_a_value_in_itself_fails_as_with_fastapi() -> None:
    value: list[Any] = []
    value.append(value)

    with pytest.raises(RecursionError):
        dump_json(value)


@given(
    plain.map(json.dumps).map(str.encode)
    | st.binary()
    | st.text().map(lambda t: t.encode("utf-8", "surrogatepass"))
)
def test_bodies_are_parsed_as_the_standard_library_does(body: bytes) -> None:
    try:
        expected = json.loads(body)
    except Exception as error:
        with pytest.raises(type(error)):
            load_json(body)
        return
    assert repr(load_json(body)) == repr(expected)


@pytest.mark.parametrize(
    "body",
    [
        b"NaN",
        b"[Infinity, -Infinity]",
        b'"\\ud800"',
        b"\xef\xbb\xbf{}",
        b"1e400",
        b'{"a":1,"a":2}',
        b"-0",
    ],
)
def test_odd_json_is_parsed_as_the_standard_library_does(body: bytes) -> None:
    assert repr(load_json(body)) == repr(json.loads(body))
