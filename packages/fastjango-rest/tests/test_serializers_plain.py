"""Plain serializers beside REST framework's: order of calls, errors, unknown names, copies."""

from __future__ import annotations

import pickle

import pytest
from fastjango.core.exceptions import ValidationError as CoreError
from fastjango.rest import serializers
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.serializers import as_serializer_error
from rest_sides import ours, plain, theirs


def declared(side):
    s = side.serializers

    class Form(s.Serializer):
        a = s.CharField(source="x.y")
        b = s.IntegerField(required=False, default=s.CreateOnlyDefault(lambda: 4))
        c = s.CharField(read_only=True, default="c")
        d = s.CharField(write_only=True, required=False)

        def validate_b(self, value):
            if value == 13:
                raise side.core.ValidationError("Unlucky %(n)s.", code="bad", params={"n": value})
            return value

        def validate(self, attrs):
            if attrs.get("b") == 7:
                raise s.ValidationError({"a": "Seven."})
            if attrs.get("b") == 8:
                raise side.core.ValidationError("Eight.")
            return attrs

        def create(self, validated_data):
            return validated_data

        def update(self, instance, validated_data):
            return None if validated_data.get("b") == 1 else {**instance, **validated_data}

    return Form


@pytest.mark.parametrize("data", [{"a": "x"}, {"a": "x", "b": 7}, {"a": "x", "b": 8}, {"b": 13},
                                  {}, 5, None])  # fmt: skip
@pytest.mark.parametrize("instance", [None, {"x": {"y": "old"}, "b": 2}])
def test_validating_and_saving_alike(oracle, data, instance):
    results = []
    for side in (ours(), theirs()):
        serializer = declared(side)(instance, data=data)
        valid = serializer.is_valid()
        saved = plain(serializer.save(extra=1)) if valid else None
        shown = plain(serializer.data)
        results.append((valid, plain(serializer.errors), saved, shown, repr(serializer)))
    assert results[0] == results[1]


def test_wrong_order_of_calls_is_refused_alike(oracle):
    texts = []
    for side in (ours(), theirs()):
        form = declared(side)
        checked = form({"x": {"y": "z"}}, data={"a": "x", "b": 1})
        assert checked.is_valid()
        calls = [
            form().is_valid,
            lambda form=form: form(data={}).errors,
            lambda form=form: form(data={}).validated_data,
            lambda form=form: form(data={}).data,
            form(data={}).save,
            lambda checked=checked: checked.save(commit=False),
            checked.save,
            lambda form=form: form({"b": 1}).data,
        ]
        found = []
        for call in calls:
            with pytest.raises((AssertionError, KeyError)) as caught:
                call()
            found.append(str(caught.value))
        texts.append(found)
    assert texts[0] == texts[1]


def test_unknown_names_can_be_refused():
    class Strict(serializers.Serializer):
        a = serializers.CharField()
        b = serializers.CharField(read_only=True)

        class Meta:
            extra = "forbid"

    serializer = Strict(data={"a": "x", "b": "ignored", "c": 1, "\ud800": 2})
    assert not serializer.is_valid()
    assert plain(serializer.errors) == {
        "c": [("Unknown field.", "unknown")], "\\ud800": [("Unknown field.", "unknown")],
    }  # fmt: skip


def test_errors_of_any_kind_take_one_shape():
    assert as_serializer_error(ValidationError("x")) == {"non_field_errors": ["x"]}
    assert as_serializer_error(ValidationError({"a": "x"})) == {"a": ["x"]}
    assert as_serializer_error(CoreError({"a": ["x"]})) == {"a": ["x"]}
    assert as_serializer_error(CoreError("x"))["non_field_errors"][0].code == "invalid"
    with pytest.raises(AssertionError):
        as_serializer_error(ValueError("x"))


def test_data_is_pickled_without_its_serializer():
    data = declared(ours())({"x": {"y": "z"}, "b": 1}).data
    assert type(pickle.loads(pickle.dumps(data))) is dict
    rows = declared(ours())([{"x": {"y": "z"}, "b": 1}], many=True).data
    assert type(pickle.loads(pickle.dumps(rows))) is list
