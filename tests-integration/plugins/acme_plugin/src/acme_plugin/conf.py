"""The settings of the plugin."""

from fastjango.core.conf import PluginSettings


class AcmeSettings(PluginSettings):
    """`ACME_SLOGAN` has to be set; `ACME_LIMIT` need not."""

    ACME_SLOGAN: str
    ACME_LIMIT: int = 10
