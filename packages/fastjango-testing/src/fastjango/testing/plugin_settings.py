"""The `settings` fixture."""

from typing import Any

from fastjango.core.conf import override_settings, settings

__all__ = ["SettingsFixture"]


class SettingsFixture:
    """Reads and changes settings until the end of a test; values that are set are announced."""

    def __init__(self) -> None:
        self.__dict__["_overrides"] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(settings, name)

    def __setattr__(self, name: str, value: Any) -> None:
        override = override_settings(**{name: value})
        override.enable()
        self.__dict__["_overrides"].append(override)

    def __delattr__(self, name: str) -> None:
        override = override_settings()
        override.enable()
        self.__dict__["_overrides"].append(override)
        delattr(settings, name)

    def finalize(self) -> None:
        """Undo the changes, the last one first."""
        overrides = self.__dict__["_overrides"]
        while overrides:
            overrides.pop().disable()
