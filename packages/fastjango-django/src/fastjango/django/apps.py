"""The plugin that the entry point names."""

from fastjango.core.config import AppConfig


class DjangoConfig(AppConfig):
    """Tools for coming from Django."""

    name = "fastjango.django"
    label = "fastjango_django"
    verbose_name = "Coming from Django"
