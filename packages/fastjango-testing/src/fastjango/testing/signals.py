"""Signals that tests listen to."""

import os
import sys
import time
import warnings
from inspect import currentframe
from typing import Any, Final

from fastjango.signals import receiver, setting_changed, template_rendered

__all__ = ["COMPLEX_OVERRIDE_SETTINGS", "setting_changed", "template_rendered"]

COMPLEX_OVERRIDE_SETTINGS: Final = {"DATABASES"}
"""Settings whose override does not reach everything that was made with the old value.

A warning says so when a test overrides one of them.
"""


@receiver(setting_changed)
def _update_process_time_zone(setting: str, value: Any = None, **kwargs: Any) -> None:
    if setting == "TIME_ZONE" and hasattr(time, "tzset"):
        if value:
            os.environ["TZ"] = value
        else:
            os.environ.pop("TZ", None)
        time.tzset()


@receiver(setting_changed)
def _update_caches(setting: str, **kwargs: Any) -> None:
    """Make caches anew, also when their settings were changed in place."""
    if setting == "CACHES" and "fastjango.cache.handler" in sys.modules:
        sys.modules["fastjango.cache.handler"].caches.reset()


@receiver(setting_changed)
def _warn_of_complex_settings(setting: str, enter: bool = False, **kwargs: Any) -> None:
    if not enter or setting not in COMPLEX_OVERRIDE_SETTINGS:
        return
    level, frame = 1, currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith("fastjango."):
        level, frame = level + 1, frame.f_back  # up to the line that overrides the setting
    told = f"Overriding setting {setting} can lead to unexpected behavior."
    warnings.warn(told, stacklevel=level)
