"""Settings of the forms."""

from fastjango.core.conf import PluginSettings

__all__ = ["FormsSettings"]


class FormsSettings(PluginSettings):
    """How forms are rendered."""

    FORM_RENDERER: str = "fastjango.forms.renderers.Jinja2"
    """Dotted path of the class that renders forms, formsets, error lists and widgets."""
