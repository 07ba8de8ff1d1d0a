"""Django's signals on blinker: ordered, weak, robust, sync and async."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.signals._lifecycle import got_request_exception as got_request_exception
    from fastjango.signals._lifecycle import request_finished as request_finished
    from fastjango.signals._lifecycle import request_started as request_started
    from fastjango.signals._lifecycle import setting_changed as setting_changed
    from fastjango.signals._lifecycle import template_rendered as template_rendered
    from fastjango.signals.dispatch import Signal as Signal
    from fastjango.signals.dispatch import receiver as receiver
    from fastjango.signals.model_signal import ModelSignal as ModelSignal

_HOMES = {
    "ModelSignal": "model_signal",
    "Signal": "dispatch",
    "got_request_exception": "_lifecycle",
    "receiver": "dispatch",
    "request_finished": "_lifecycle",
    "request_started": "_lifecycle",
    "setting_changed": "_lifecycle",
    "template_rendered": "_lifecycle",
}

__all__ = [
    "ModelSignal",
    "Signal",
    "got_request_exception",
    "receiver",
    "request_finished",
    "request_started",
    "setting_changed",
    "template_rendered",
]


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is asked for, so that the app's config stays cheap."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
