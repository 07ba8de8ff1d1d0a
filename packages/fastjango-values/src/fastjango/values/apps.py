"""The plugin that the entry point names."""

from fastjango.core.conf import PluginSettings
from fastjango.core.config import AppConfig


class ValuesConfig(AppConfig):
    """Values: parsing, validating, formatting and escaping."""

    name = "fastjango.values"
    label = "values"
    verbose_name = "Values"
    settings_class: type[PluginSettings] | str | None = "fastjango.values.conf.ValuesSettings"
