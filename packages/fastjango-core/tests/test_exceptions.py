"""Exceptions, with Django's as the measure."""

import pytest
from fastjango.core import exceptions
from fastjango.core.exceptions import (
    NON_FIELD_ERRORS,
    PluginError,
    SettingsError,
    ValidationError,
    did_you_mean,
)

CASES = [
    ("plain", None, None),
    ("%(n)s is bad", "bad", {"n": 3}),
    (["a", "b"], None, None),
    ({"name": ["x", "y"], "age": "z"}, None, None),
    ([{"name": "x"}, "y"], None, None),
]


def rebuilt(cls, message):
    if isinstance(message, list):
        return [cls(m) if isinstance(m, dict) else m for m in message]
    return message


@pytest.mark.parametrize(("message", "code", "params"), CASES)
def test_validation_error_reads_like_djangos(message, code, params):
    django = pytest.importorskip("django.core.exceptions")
    ours = ValidationError(rebuilt(ValidationError, message), code, params)
    theirs = django.ValidationError(rebuilt(django.ValidationError, message), code, params)
    assert ours.messages == theirs.messages
    assert str(ours) == str(theirs)
    assert repr(ours) == repr(theirs)
    assert hasattr(ours, "message") == hasattr(theirs, "message")
    assert hasattr(ours, "error_dict") == hasattr(theirs, "error_dict")
    assert hasattr(ours, "error_list") == hasattr(theirs, "error_list")
    into, expected = {}, {}
    ours.update_error_dict(into)
    theirs.update_error_dict(expected)
    assert {k: ValidationError(v).messages for k, v in into.items()} == {
        k: django.ValidationError(v).messages for k, v in expected.items()
    }


def test_validation_error_copies_another():
    single = ValidationError("%(n)s", "c", {"n": 1})
    assert ValidationError(single).code == "c"
    assert ValidationError(single).messages == ["1"]
    assert ValidationError(ValidationError({"f": "x"})).message_dict == {"f": ["x"]}
    assert ValidationError(ValidationError(["x", single])).messages == ["x", "1"]


def test_validation_error_equality_ignores_order_of_a_list():
    assert ValidationError(["a", "b"]) == ValidationError(["b", "a"])
    assert ValidationError("a", params={"x": [1, {2}]}) == ValidationError(
        "a", params={"x": [1, {2}]}
    )
    assert ValidationError({"f": "x"}) == ValidationError({"f": ["x"]})
    assert ValidationError("a") != ValidationError("b")
    assert ValidationError("a") != "a"


def test_message_dict_needs_a_mapping():
    with pytest.raises(AttributeError):
        ValidationError("x").message_dict  # noqa: B018
    assert NON_FIELD_ERRORS == "__all__"


def test_every_name_of_django_is_here():
    django = pytest.importorskip("django.core.exceptions")
    names = {n for n in dir(django) if isinstance(getattr(django, n), type)}
    assert names <= set(dir(exceptions))
    for name in names:
        theirs, ours = getattr(django, name), getattr(exceptions, name)
        assert [c.__name__ for c in theirs.mro()] == [c.__name__ for c in ours.mro()]


def test_settings_error_lists_every_problem():
    assert str(SettingsError(["a"])) == "A setting is wrong:\n  - a"
    error = SettingsError(iter(["a", "b"]))
    assert error.problems == ["a", "b"]
    assert str(error) == "2 settings are wrong:\n  - a\n  - b"


def test_plugin_error_keeps_its_parts():
    error = PluginError("blog", "acme 1", "broke.", "Mend it.")
    assert str(error) == "Plugin 'blog' (acme 1) broke. Mend it."
    assert (error.plugin, error.origin, error.reason, error.remedy) == (
        "blog",
        "acme 1",
        "broke.",
        "Mend it.",
    )


def test_did_you_mean():
    assert did_you_mean("redsi", ["redis", "memory"]) == " Did you mean 'redis'?"
    assert did_you_mean("zzz", ["redis"]) == ""
