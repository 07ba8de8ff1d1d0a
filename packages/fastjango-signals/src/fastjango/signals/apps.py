"""The plugin that the entry point names."""

from importlib import import_module

from fastjango.core.config import AppConfig


class SignalsConfig(AppConfig):
    """Signals: telling other code that something has happened."""

    name = "fastjango.signals"
    label = "signals"
    verbose_name = "Signals"

    def ready(self) -> None:
        """Connect the `setting_changed` signal to the kernel's hook."""
        import_module("fastjango.signals._lifecycle")  # connects on import
