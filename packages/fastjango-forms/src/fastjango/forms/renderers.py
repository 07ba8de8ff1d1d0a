"""Renderers: what turns the template names of forms and widgets into markup."""

from __future__ import annotations

import functools
import html
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from fastjango.core.conf import setting_changed, settings
from fastjango.core.functional import cached_property
from fastjango.core.imports import import_string
from fastjango.core.registry import apps
from fastjango.signals import template_rendered
from fastjango.values.encoding import without_surrogates
from fastjango.values.safestring import SafeString

if TYPE_CHECKING:
    import jinja2

__all__ = [
    "TEMPLATES_DIR",
    "BaseRenderer",
    "DjangoTemplates",
    "EngineMixin",
    "Jinja2",
    "TemplatesSetting",
    "get_default_renderer",
]

TEMPLATES_DIR = Path(__file__).parent / "templates"
_DEFAULT = "fastjango.forms.renderers.Jinja2"


@functools.lru_cache
def get_default_renderer() -> Any:
    """Return the renderer that `settings.FORM_RENDERER` names, made once."""
    path = settings.FORM_RENDERER if settings.configured else _DEFAULT
    return import_string(path)()


@setting_changed.register
def _forget_renderer(setting: str) -> None:
    if setting in ("FORM_RENDERER", "INSTALLED_APPS", "TEMPLATES"):
        get_default_renderer.cache_clear()


class BaseRenderer:
    """What every renderer offers; subclasses find the templates."""

    form_template_name = "django/forms/div.html"
    formset_template_name = "django/forms/formsets/div.html"
    field_template_name = "django/forms/field.html"
    bound_field_class: Any = None

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is worked out again: engines and functions cannot be pickled."""
        made = {"_builders", "engine"}
        return {name: value for name, value in vars(self).items() if name not in made}

    def get_template(self, template_name: str) -> Any:
        """Return an object whose `render(context, request)` gives the markup."""
        raise NotImplementedError("subclasses must implement get_template()")

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        """Render a template, without the white space around the result."""
        markup: str = self.get_template(template_name).render(context, request=request)
        return markup.strip()


def _escape(value: Any) -> Any:
    """Return what a template shows of a value: escaped as Django does it unless it is safe."""
    if hasattr(value, "__html__"):
        return SafeString(value.__html__())
    return SafeString(without_surrogates(html.escape(str(value))))


@dataclass(frozen=True, slots=True)
class _Origin:
    """Where a template was found: the path of its file, and the name it was asked for by."""

    name: str | None
    template_name: str | None


class _FormTemplate:
    """A Jinja template with the `render` method that renderers call."""

    __slots__ = ("origin", "template")

    def __init__(self, template: jinja2.Template) -> None:
        self.template = template
        self.origin = _Origin(template.filename, template.name)

    def render(self, context: Mapping[str, Any] | None = None, request: Any = None) -> str:
        """Render the template.

        Args:
            context: The variables.
            request: Added to the variables as `request` unless `None`.
        """
        variables = dict(context or {})
        if request is not None:
            variables["request"] = request
        return self.template.render(variables)


class _FormEngine:
    """A Jinja environment that finds the templates of forms, then those of the apps.

    The templates of this package come first: change them through `TemplatesSetting`.
    """

    def __init__(self, folders: tuple[str, ...]) -> None:
        import jinja2  # most programs that import a form never render one

        self._folders = folders
        self.environment = jinja2.Environment(
            loader=jinja2.ChoiceLoader(
                [jinja2.FileSystemLoader(TEMPLATES_DIR), jinja2.FunctionLoader(self._find)]
            ),
            autoescape=True,
            finalize=_escape,
            auto_reload=False,
        )

    def _find(self, name: str) -> Any:
        import jinja2

        if not apps.apps_ready:
            return None
        paths = [
            Path(config.path) / folder
            for config in apps.get_app_configs()
            for folder in self._folders
        ]
        loader = jinja2.FileSystemLoader([path for path in paths if path.is_dir()])
        try:
            return loader.get_source(self.environment, name)
        except jinja2.TemplateNotFound:
            return None

    def get_template(self, template_name: str) -> _FormTemplate:
        return _FormTemplate(self.environment.get_template(template_name))


class EngineMixin:
    """Finds templates in this package, then in `jinja2/` and `templates/` of the installed apps."""

    app_dirnames: ClassVar[tuple[str, ...]] = ("jinja2", "templates")

    def get_template(self, template_name: str) -> Any:
        """Return the template of a name.

        Raises:
            TemplateNotFound: Neither this package nor an app has it.
        """
        return self.engine.get_template(template_name)

    @cached_property
    def engine(self) -> Any:
        """What loads the templates."""
        return _FormEngine(self.app_dirnames)

    @cached_property
    def _builders(self) -> Mapping[str, Any]:
        """Functions that stand for built-in templates; none when a subclass finds its own ones."""
        cls = type(self)
        if cls.get_template is EngineMixin.get_template and cls.engine is EngineMixin.engine:
            return _all_builders()
        return {}

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        """Render a template, without the white space around the result."""
        builder = self._builders.get(template_name)
        if builder is None:
            asked: Any = super()  # the renderer that the class is mixed into
            markup: str = asked.render(template_name, context, request)
            return markup
        built: str = builder(self, context)
        return built.strip()


def _all_builders() -> Mapping[str, Any]:
    from ._native_forms import BUILDERS

    return BUILDERS


class Jinja2(EngineMixin, BaseRenderer):
    """The default: the built-in templates, then those of the apps."""


class DjangoTemplates(EngineMixin, BaseRenderer):
    """The name of Django's default; the templates are Jinja's here as well."""


class TemplatesSetting(BaseRenderer):
    """Renders through the engines of `settings.TEMPLATES`, where projects can override templates.

    List `"fastjango.forms"` in `INSTALLED_APPS` so that the engines find the built-in ones.
    """

    @cached_property
    def _builders(self) -> Mapping[str, Any]:
        """Functions that stand for built-in templates; none when any of these is overridden."""
        if settings.DEBUG:  # an override may be written while the site runs
            return {}
        builders = _all_builders()
        for name in builders:
            try:
                origin = self.get_template(name).origin.name
            except Exception:  # each engine has an exception of its own for what it does not find
                return {}
            if not str(origin).startswith(str(TEMPLATES_DIR)):
                return {}
        return builders

    def render(self, template_name: str, context: Any, request: Any = None) -> str:
        """Render a template, without the white space around the result.

        While anybody listens to `template_rendered`, each template is rendered by its engine.
        """
        builder = None if template_rendered.receivers else self._builders.get(template_name)
        if builder is None:
            return super().render(template_name, context, request)
        built: str = builder(self, context)
        return built.strip()

    def get_template(self, template_name: str) -> Any:
        """Return the template of a name from the engines.

        Raises:
            TemplateDoesNotExist: No engine has it.
        """
        from fastjango.templates.loader import get_template

        return get_template(template_name)
