"""The signals of requests and settings."""

from typing import Any

import pytest
from fastjango.core.conf import override_settings, settings
from fastjango.signals import (
    Signal,
    got_request_exception,
    request_finished,
    request_started,
    setting_changed,
)
from fastjango.signals.apps import SignalsConfig


@pytest.fixture(autouse=True)
def configured() -> None:
    if not settings.configured:
        settings.configure(SECRET_KEY="x" * 50)


@pytest.mark.parametrize("signal", [request_started, request_finished, got_request_exception])
def test_requests_have_signals(signal: Signal) -> None:
    def hear(**kwargs: Any) -> Any:
        return kwargs["scope"]

    signal.connect(hear)
    try:
        assert (hear, 1) in signal.send(None, scope=1)
    finally:
        signal.disconnect(hear)


def test_overriding_settings_is_told() -> None:
    seen: list[tuple[str, Any, bool]] = []

    def hear(setting: str, value: Any, enter: bool, **kwargs: Any) -> None:
        seen.append((setting, value, enter))

    setting_changed.connect(hear)
    try:
        with override_settings(SOMETHING="new"):
            assert settings.SOMETHING == "new"
    finally:
        setting_changed.disconnect(hear)
    assert seen == [("SOMETHING", "new", True), ("SOMETHING", None, False)]


def test_errors_on_the_way_out_reach_everybody_first() -> None:
    seen: list[bool] = []

    def fail(enter: bool, **kwargs: Any) -> None:
        if not enter:
            raise ValueError("on the way out")

    def hear(enter: bool, **kwargs: Any) -> None:
        seen.append(enter)

    setting_changed.connect(fail)
    setting_changed.connect(hear)
    try:
        with pytest.raises(ValueError, match="on the way out"), override_settings(SOMETHING=1):
            pass
    finally:
        setting_changed.disconnect(fail)
        setting_changed.disconnect(hear)
    assert seen == [True, False]


def test_app_config() -> None:
    assert SignalsConfig.name == "fastjango.signals"
    assert SignalsConfig.label == "signals"
