"""`modify_settings`: lists that change for a test."""

from typing import Any

import pytest
from fastjango.core.conf import override_settings, settings
from fastjango.testing import modify_settings


@pytest.fixture(autouse=True)
def _names() -> Any:
    with override_settings(NAMES=["a", "b"]):
        yield


def test_operations() -> None:
    with modify_settings(NAMES={"append": "c", "prepend": ["0", "a"], "remove": ["b"]}):
        assert settings.NAMES == ["0", "a", "c"]
    with modify_settings(NAMES={"append": ["a", "d"]}, NEW={"append": "x"}):
        assert (settings.NAMES, settings.NEW) == (["a", "b", "d"], ["x"])
    assert settings.NAMES == ["a", "b"]


def test_pairs_are_applied_in_order() -> None:
    with modify_settings([("NAMES", {"append": "c"}), ("NAMES", {"remove": "a"})]):  # type: ignore[arg-type]
        assert settings.NAMES == ["b", "c"]


def test_each_call_of_a_function_begins_anew() -> None:
    @modify_settings(NAMES={"append": "z"})
    def decorated() -> Any:
        return settings.NAMES

    assert decorated() == decorated() == ["a", "b", "z"]


def test_what_is_wrong_is_refused() -> None:
    with (
        pytest.raises(ValueError, match="Unsupported action: add"),
        modify_settings(NAMES={"add": "x"}),
    ):
        pass
    assert settings.NAMES == ["a", "b"]
    with pytest.raises(TypeError, match="either pairs or keywords"):
        modify_settings(("A", {}), B={})


def test_a_test_class_keeps_the_operations() -> None:
    class Case:
        _overridden_settings = None
        _modified_settings: Any = None

    assert modify_settings(X={"append": "a"})(modify_settings(Y={"remove": "b"})(Case)) is Case
    assert Case._modified_settings == [("Y", {"remove": "b"}), ("X", {"append": "a"})]
