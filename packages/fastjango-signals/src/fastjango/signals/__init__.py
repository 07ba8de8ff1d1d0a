"""Django's signals on blinker: ordered, weak, robust, sync and async."""

from fastjango.signals._lifecycle import (
    got_request_exception,
    request_finished,
    request_started,
    setting_changed,
)
from fastjango.signals.dispatch import Signal, receiver
from fastjango.signals.model_signal import ModelSignal

__all__ = [
    "ModelSignal",
    "Signal",
    "got_request_exception",
    "receiver",
    "request_finished",
    "request_started",
    "setting_changed",
]
