"""`AppConfig`: what an app is called and what it contributes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, Protocol

from .exceptions import ImproperlyConfigured
from .functional import cached_property
from .imports import import_string, module_has_submodule

if TYPE_CHECKING:
    from .plugins import Plugin
    from .registry import Registry
    from .schema import PluginSettings

__all__ = ["KERNEL_API", "AppConfig", "ModelClass"]

APPS_MODULE_NAME = "apps"
MODELS_MODULE_NAME = "models"
KERNEL_API = (1, 0)


class ModelClass(Protocol):
    """A model class, as the registry sees it."""

    _meta: Any
    __name__: str
    __module__: str


class AppConfig:
    """An installed app. Subclass it in the app's `apps.py`; attributes and methods are optional.

    Attributes:
        name: Dotted path of the app's package; required in subclasses.
        label: Short name, unique in the project; the last part of `name` by default.
        verbose_name: Name for people.
        path: The app's folder.
        default: Set `True` or `False` when one `apps` module has several classes.
        models_module: The app's `models` module, `None` if it has none.
        requires: Apps (by path or plugin name) that must be installed and come before this one.
        kernel: Range of kernel API versions this app was made for, such as `">=1.0,<2"`.
        settings_class: The `PluginSettings` subclass (or its dotted path) that owns its settings.
        plugin: The entry point it was found by, `None` for an app selected by its path alone.
    """

    name: str
    label: str
    verbose_name: str
    path: str
    default: bool
    module: ModuleType | None
    apps: Registry
    models_module: ModuleType | None = None
    models: dict[str, Any] | None = None
    requires: Iterable[str] = ()
    kernel: str = ""
    settings_class: type[PluginSettings] | str | None = None
    plugin: Plugin | None = None

    def __init__(self, app_name: str, app_module: ModuleType | None) -> None:
        self.name, self.module = app_name, app_module
        if not hasattr(self, "label"):
            self.label = app_name.rpartition(".")[2]
        if not self.label.isidentifier():
            raise ImproperlyConfigured(
                f"The app label '{self.label}' is not a valid Python identifier."
            )
        if not hasattr(self, "verbose_name"):
            self.verbose_name = self.label.title()
        if not hasattr(self, "path"):
            self.path = self._path_from_module(app_module)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.label}>"

    @cached_property
    def default_auto_field(self) -> str:
        """Path of the field class of automatic primary keys, `settings.DEFAULT_AUTO_FIELD`."""
        from .conf import settings

        return str(settings.DEFAULT_AUTO_FIELD)

    @property
    def _is_default_auto_field_overridden(self) -> bool:
        return type(self).default_auto_field is not AppConfig.default_auto_field

    def _path_from_module(self, module: ModuleType | None) -> str:
        paths: list[str] = list(getattr(module, "__path__", []))
        if len(paths) != 1:
            filename: str | None = getattr(module, "__file__", None)
            own = [os.path.dirname(filename)] if filename else []  # noqa: PTH120 - pathlib is slow
            paths = own or list(dict.fromkeys(paths))
        if len(paths) == 1:
            return str(paths[0])
        found = f"has multiple filesystem locations ({paths!r})"
        raise ImproperlyConfigured(
            f"The app module {module!r} {found if paths else 'has no filesystem location'}, you "
            "must configure this app with an AppConfig subclass with a 'path' class attribute."
        )

    @classmethod
    def create(cls, entry: str) -> AppConfig:
        """Make the config of one entry of `INSTALLED_APPS`: a package or an `AppConfig` class.

        Raises:
            ImportError: There is no such module or class.
            ImproperlyConfigured: The class is not a usable `AppConfig`.
        """
        config_class, name = cls._find(entry)
        if not (isinstance(config_class, type) and issubclass(config_class, AppConfig)):
            raise ImproperlyConfigured(f"'{entry}' isn't a subclass of AppConfig.")
        return config_class.build(entry, name)

    @classmethod
    def build(cls, entry: str, name: str | None = None) -> AppConfig:
        """Make an instance of this class after importing the package that it names."""
        name = name or getattr(cls, "name", None)
        if name is None:
            raise ImproperlyConfigured(f"'{entry}' must supply a name attribute.")
        try:
            module = import_module(name)
        except ImportError as error:
            where = f"{cls.__module__}.{cls.__qualname__}"
            raise ImproperlyConfigured(
                f"Cannot import '{name}'. Check that '{where}.name' is correct."
            ) from error
        return cls(name, module)

    @classmethod
    def _find(cls, entry: str) -> tuple[Any, str | None]:
        """Return the class for an entry, and the app's name when the class does not say it."""
        try:
            module = import_module(entry)
        except Exception as first:
            try:
                return import_string(entry), None
            except Exception:
                cls._explain(entry)
                raise first from None
        if module_has_submodule(module, APPS_MODULE_NAME):
            path = f"{entry}.{APPS_MODULE_NAME}"
            found = [c for c in cls._classes(import_module(path)) if getattr(c, "default", True)]
            if len(found) == 1:
                return found[0], None
            chosen = [c for c in found if getattr(c, "default", False)]
            if len(chosen) > 1:
                names = ", ".join(repr(c.__name__) for c in chosen)
                raise RuntimeError(f"{path!r} declares more than one default AppConfig: {names}.")
            if chosen:
                return chosen[0], None
        return cls, entry

    @classmethod
    def _classes(cls, module: ModuleType) -> list[type[AppConfig]]:
        members = [vars(module)[name] for name in sorted(vars(module))]
        classes = [c for c in members if isinstance(c, type) and issubclass(c, AppConfig)]
        return [c for c in dict.fromkeys(classes) if c not in (cls, AppConfig)]

    @classmethod
    def _explain(cls, entry: str) -> None:
        """Raise the better error for an entry that was meant to be a class."""
        path, _, name = entry.rpartition(".")
        if path and name[0].isupper():
            choices = ", ".join(repr(c.__name__) for c in cls._classes(import_module(path)))
            hint = f" Choices are: {choices}." if choices else ""
            raise ImportError(f"Module '{path}' does not contain a '{name}' class.{hint}")

    def get_model(self, model_name: str, require_ready: bool = True) -> Any:
        """Return the app's model of a name, in any case.

        Raises:
            LookupError: There is no such model.
        """
        if require_ready:
            self.apps.check_models_ready()
        else:
            self.apps.check_apps_ready()
        try:
            return (self.models or {})[model_name.lower()]
        except KeyError:
            raise LookupError(f"App '{self.label}' doesn't have a '{model_name}' model.") from None

    def get_models(
        self, include_auto_created: bool = False, include_swapped: bool = False
    ) -> Iterator[Any]:
        """Iterate over the app's models, without join tables and swapped models unless asked."""
        self.apps.check_models_ready()
        for model in (self.models or {}).values():
            if (include_auto_created or not model._meta.auto_created) and (
                include_swapped or not model._meta.swapped
            ):
                yield model

    def import_models(self) -> None:
        """Import the app's `models` module, if it has one."""
        self.models = self.apps.all_models[self.label]
        if self.module is not None and module_has_submodule(self.module, MODELS_MODULE_NAME):
            self.models_module = import_module(f"{self.name}.{MODELS_MODULE_NAME}")

    def ready(self) -> None:
        """Run code at the end of the boot, when all models are loaded; register hooks here."""

    def commands(self) -> Mapping[str, Any]:
        """Return management commands by name: a `BaseCommand` class, click command or path."""
        return {}

    def checks(self) -> Iterable[Callable[..., Any]]:
        """Return system checks; `checks.register` may have given them tags."""
        return ()

    def middleware(self) -> Iterable[Any]:
        """Return middleware (classes or dotted paths) for the web application, outermost first."""
        return ()

    def routes(self) -> Iterable[Any]:
        """Return URL patterns or routes that the web application gets after its own."""
        return ()

    def lifespan(self, app: Any) -> AbstractAsyncContextManager[Any]:
        """Return what wraps the web application's life; entered in order, left in reverse."""
        return nullcontext()

    def context_processors(self) -> Iterable[Any]:
        """Return template context processors: functions of the request or dotted paths."""
        return ()

    def template_globals(self) -> Mapping[str, Any]:
        """Return names that every template may use."""
        return {}

    def health_checks(self) -> Mapping[str, Callable[[], Any]]:
        """Return named probes, sync or async, that raise when a part of the site is unwell."""
        return {}
