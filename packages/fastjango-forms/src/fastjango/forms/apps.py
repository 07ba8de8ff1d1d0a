"""The plugin that the entry point names."""

from fastjango.core import AppConfig

__all__ = ["FormsConfig"]


class FormsConfig(AppConfig):
    """Forms, model forms, formsets and widgets with Django's interface, awaitable."""

    name = "fastjango.forms"
    label = "forms"
    verbose_name = "Forms"
    settings_class = "fastjango.forms.conf.FormsSettings"

    def import_models(self) -> None:
        """Import nothing: `forms.models` has forms of models, for which the ORM has to be there."""
        self.models = self.apps.all_models[self.label]

    def ready(self) -> None:
        """Answer the ORM's question for form fields, and put CSRF tokens into templates' forms."""
        if self.apps.is_installed("fastjango.templates"):
            from fastjango.forms.jinja import extensions
            from fastjango.templates.hooks import jinja_extensions

            if extensions not in list(jinja_extensions):  # a second registry finds it there
                jinja_extensions.register(extensions)
        if self.apps.is_installed("fastjango.orm"):
            from fastjango.forms.orm import register

            register()
