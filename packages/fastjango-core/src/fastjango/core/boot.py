"""`setup`: from settings to a running set of apps."""

from __future__ import annotations

import importlib
import os
import time
from contextlib import suppress
from typing import Any

from .conf import settings
from .config import AppConfig
from .exceptions import ImproperlyConfigured, SettingsError
from .plugins import by_name, describe, discover, select
from .registry import Registry, apps

__all__ = ["check_namespace", "setup", "validate_settings"]


def check_namespace() -> None:
    """Refuse to run where something else owns the package `fastjango`.

    Raises:
        ImproperlyConfigured: `fastjango` has a file, so it is not our namespace.
    """
    if (file := getattr(importlib.import_module("fastjango"), "__file__", None)) is not None:
        raise ImproperlyConfigured(
            f"The package 'fastjango' comes from {file}, and hides or mixes with the fastjango-* "
            "distributions, which share that name without owning it. If another distribution "
            "called 'fastjango' is installed, uninstall it; else delete the stray __init__.py."
        )


def setup(registry: Registry = apps, *, tolerant: bool = False) -> None:
    """Read the settings, configure logging and the time zone, and boot the installed apps.

    Further calls do nothing.

    Args:
        registry: The registry to boot; another than the default one for a second application.
        tolerant: Leave broken plugins out and keep their errors in `registry.failures`.

    Raises:
        SettingsError: Settings are wrong; the message lists every mistake.
        PluginError: A selected plugin cannot be used.
    """
    if registry.ready:
        return
    check_namespace()
    from .log import configure_logging

    installed: list[Any] = []
    try:
        # A text is a mistake, which the boot reports with all others.
        installed += () if isinstance(settings.INSTALLED_APPS, str) else settings.INSTALLED_APPS
        configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    except Exception as error:
        if not settings.configured:
            raise
        validate_settings(_selected(installed))
        reason = describe(error.__cause__ or error)
        raise SettingsError([f"LOGGING cannot be used: {reason}."]) from error
    if hasattr(time, "tzset") and settings.TIME_ZONE:
        os.environ["TZ"] = settings.TIME_ZONE
        time.tzset()
    registry.tolerant = tolerant
    registry.validate = validate_settings
    registry.populate(installed)
    # Tests change settings and the list of apps as they like from now on.
    registry.validate = lambda configs: None


def _selected(entries: list[Any]) -> list[AppConfig]:
    """Return the apps as far as they can be had; their errors are for the boot to raise."""
    with suppress(Exception):
        plugins = by_name(discover())
        return [select(entry, plugins) for entry in entries]
    return []


def validate_settings(configs: list[AppConfig]) -> None:
    """Check the settings of the selected apps, and of the kernel, all at once.

    Raises:
        SettingsError: Any of them is wrong.
    """
    from .schema import problems

    if found := problems(configs):
        raise SettingsError(found)
