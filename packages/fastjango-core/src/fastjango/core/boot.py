"""`setup`: from settings to a running set of apps."""

from __future__ import annotations

import importlib
import os
import time

from .conf import settings
from .config import AppConfig
from .exceptions import ImproperlyConfigured, SettingsError
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
    installed = settings.INSTALLED_APPS
    from .log import configure_logging

    configure_logging(settings.LOGGING_CONFIG, settings.LOGGING)
    if hasattr(time, "tzset") and settings.TIME_ZONE:
        os.environ["TZ"] = settings.TIME_ZONE
        time.tzset()
    registry.tolerant = tolerant
    registry.validate = validate_settings
    registry.populate(installed)
    # Tests change settings and the list of apps as they like from now on.
    registry.validate = lambda configs: None


def validate_settings(configs: list[AppConfig]) -> None:
    """Check the settings of the selected apps, and of the kernel, all at once.

    Raises:
        SettingsError: Any of them is wrong.
    """
    from .schema import problems

    if found := problems(configs):
        raise SettingsError(found)
