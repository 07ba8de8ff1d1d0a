"""The plugin that the entry point names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastjango.core.config import AppConfig

if TYPE_CHECKING:
    from fastjango.core.conf import PluginSettings


class ValuesConfig(AppConfig):
    """Values: parsing, validating, formatting and escaping."""

    name = "fastjango.values"
    label = "values"
    verbose_name = "Values"
    settings_class: type[PluginSettings] | str | None = "fastjango.values.conf.ValuesSettings"
