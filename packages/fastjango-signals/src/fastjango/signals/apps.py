"""The plugin that the entry point names."""

from fastjango.core.config import AppConfig


class SignalsConfig(AppConfig):
    """Signals: telling other code that something has happened."""

    name = "fastjango.signals"
    label = "signals"
    verbose_name = "Signals"
