"""The plugin that the entry point names."""

from fastjango.core.config import AppConfig


class ValuesConfig(AppConfig):
    """Values: parsing, validating, formatting and escaping."""

    name = "fastjango.values"
    label = "values"
    verbose_name = "Values"
    settings_class = "fastjango.values.conf.ValuesSettings"
