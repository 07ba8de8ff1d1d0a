"""Signals that tests listen to."""

from typing import Final

from fastjango.signals import Signal, setting_changed

__all__ = ["COMPLEX_OVERRIDE_SETTINGS", "setting_changed", "template_rendered"]

template_rendered: Final = Signal()
"""A template was rendered; sent with `template` and `context` in the test environment only."""

COMPLEX_OVERRIDE_SETTINGS: Final = {"DATABASES"}
"""Settings whose override does not reach everything that was made with the old value."""
