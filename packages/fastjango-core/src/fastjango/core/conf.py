"""The settings of the process: `settings`, and the tools that change them for tests."""

# pyright: reportPrivateUsage=false
# (settings._wrapped is used from outside of its class.)

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import ContextDecorator, suppress
from functools import wraps
from importlib import import_module
from itertools import count
from types import ModuleType
from typing import TYPE_CHECKING, Any, TypeVar

from .exceptions import ImproperlyConfigured
from .functional import LazyObject, empty
from .hooks import Hook

if TYPE_CHECKING:
    from .schema import CoreSettings as CoreSettings
    from .schema import PluginSettings as PluginSettings

__all__ = [
    "ENVIRONMENT_VARIABLE", "CoreSettings", "Defaults", "LazySettings", "PluginSettings",
    "Settings", "UserSettingsHolder", "override_settings", "setting_changed", "settings",
    "settings_module", "settings_read",
]  # fmt: skip

ENVIRONMENT_VARIABLE = "FASTJANGO_SETTINGS_MODULE"
OTHER_VARIABLES: list[str] = []  # asked after it; the import shim adds Django's
T = TypeVar("T")
_generations = count(1)


def __getattr__(name: str) -> Any:
    if name in {"PluginSettings", "CoreSettings"}:  # pydantic is loaded when they are asked for
        return getattr(import_module(".schema", __package__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _default(name: str) -> Any:
    from .schema import default

    return default(name)


@Hook
def setting_changed(setting: str, value: object, enter: bool) -> None:
    """A setting was changed by a test (`enter`) or put back.

    Implementations drop what they computed from the old value.
    """


setting_changed.late = True


@Hook
def settings_read(settings_module: str, values: dict[str, Any]) -> None:
    """A settings module was read: `values` may be changed before anybody sees a setting."""


settings_read.late = True


def settings_module() -> str | None:
    """Return the name of the settings module that the environment gives."""
    named = map(os.environ.get, (ENVIRONMENT_VARIABLE, *OTHER_VARIABLES))
    return next(filter(None, named), None)


class LazySettings(LazyObject):
    """Attribute access to every setting, found and read on first use.

    A value comes from an environment variable `FASTJANGO_NAME` or `.env`, else from the settings
    module, else from the settings class of the plugin that owns the name.
    """

    generation = 0
    if not TYPE_CHECKING:  # for checkers it is that of LazyObject, which looks at more
        __getattribute__ = object.__getattribute__

    def _setup(self, name: str | None = None) -> None:
        module = settings_module()
        if not module:
            what = f"setting {name}" if name else "settings"
            raise ImproperlyConfigured(
                f"Requested {what}, but settings are not configured. You must either define the "
                f"environment variable {ENVIRONMENT_VARIABLE} or call settings.configure() before "
                "accessing settings."
            )
        self._wrapped = Settings(module)

    def __repr__(self) -> str:
        if self._wrapped is empty:
            return "<LazySettings [Unevaluated]>"
        return f'<LazySettings "{self._wrapped.SETTINGS_MODULE}">'

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if self._wrapped is empty:
            self._setup(name)
        value = getattr(self._wrapped, name)
        if name == "SECRET_KEY" and not value:
            raise ImproperlyConfigured(
                "The SECRET_KEY setting must not be empty. Set it in the settings module or as "
                "FASTJANGO_SECRET_KEY in the environment."
            )
        self.__dict__[name] = value
        return value

    def __setattr__(self, name: str, value: Any) -> None:
        if name == "_wrapped":
            self.__dict__.clear()
        self.__dict__.pop(name, None)
        self.__dict__["generation"] = next(_generations)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        super().__delattr__(name)
        self.__dict__.pop(name, None)
        self.__dict__["generation"] = next(_generations)

    def configure(self, default_settings: Any = None, **options: Any) -> None:
        """Set the settings by hand, without a module and without reading the environment.

        Args:
            default_settings: An object whose attributes are the defaults; the settings classes of
                the installed plugins if `None`.
            options: The settings, in upper case.

        Raises:
            RuntimeError: Settings are configured already.
            TypeError: A name is not in upper case.
        """
        if self._wrapped is not empty:
            raise RuntimeError("Settings already configured.")
        holder = UserSettingsHolder(default_settings or Defaults())
        for name, value in options.items():
            if not name.isupper():
                raise TypeError(f"Setting {name!r} must be uppercase.")
            setattr(holder, name, value)
        self._wrapped = holder

    @property
    def configured(self) -> bool:
        """Whether the settings were read or given."""
        return self._wrapped is not empty


class Settings:
    """What a settings module and the environment say; defaults are found on first use."""

    def __init__(self, settings_module: str) -> None:
        self.SETTINGS_MODULE = settings_module
        self.module: ModuleType = import_module(settings_module)
        from .environment import environment

        self._environment = environment(self.module)
        found = {name: getattr(self.module, name) for name in dir(self.module) if name.isupper()}
        settings_read.call(settings_module=settings_module, values=found)
        self._explicit_settings = set(found)
        self.__dict__ |= {n: value for n, value in found.items() if n not in self._environment}

    def is_overridden(self, setting: str) -> bool:
        """Tell whether the module or the environment gives the setting."""
        return setting in self._explicit_settings or setting in self._environment

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or not name.isupper():
            raise AttributeError(f"'Settings' object has no attribute {name!r}")
        if name in self._environment:
            from .schema import decode

            value = decode(name, self._environment[name], getattr(self.module, name, None))
        else:
            value = _default(name)
        self.__dict__[name] = value
        return value

    def __dir__(self) -> Iterable[str]:
        return sorted({*self._explicit_settings, *self._environment})

    def __repr__(self) -> str:
        return f'<Settings "{self.SETTINGS_MODULE}">'


class Defaults:
    """The defaults that the settings classes of the installed plugins give."""

    SETTINGS_MODULE = None

    def __getattr__(self, name: str) -> Any:
        if not name.isupper():
            raise AttributeError(f"'Settings' object has no attribute {name!r}")
        value = self.__dict__[name] = _default(name)
        return value

    def __dir__(self) -> Iterable[str]:
        return ()

    def is_overridden(self, setting: str) -> bool:
        """Return `False`: these are the defaults."""
        return False


class UserSettingsHolder:
    """Settings given by hand over other settings, which stay as they are."""

    SETTINGS_MODULE = None

    def __init__(self, default_settings: Any) -> None:
        self.__dict__.update(_deleted=set(), default_settings=default_settings)

    def __getattr__(self, name: str) -> Any:
        if not name.isupper() or name in self._deleted:
            raise AttributeError(f"'Settings' object has no attribute {name!r}")
        return getattr(self.default_settings, name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._deleted.discard(name)
        self.__dict__[name] = value

    def __delattr__(self, name: str) -> None:
        self._deleted.add(name)
        self.__dict__.pop(name, None)

    def __dir__(self) -> Iterable[str]:
        names = {n for n in (*self.__dict__, *dir(self.default_settings)) if n.isupper()}
        return sorted(names - self._deleted)

    def is_overridden(self, setting: str) -> bool:
        """Tell whether the setting was given, here or below."""
        below: Any = getattr(self.default_settings, "is_overridden", None)
        own = setting in self._deleted or setting in self.__dict__
        return own or (below is not None and bool(below(setting)))

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


settings: LazySettings = LazySettings()


class override_settings(ContextDecorator):  # noqa: N801 - Django's name
    """Change settings for a block, a function (sync or async) or a class of tests.

    Implementations of `setting_changed` are told on the way in and out. A class that follows
    Django's protocol (`_overridden_settings`) gets the settings for its class set-up too; of any
    other class each `test*` method is decorated.
    """

    def __init__(self, **kwargs: Any) -> None:
        self.options: dict[str, Any] = kwargs
        self.wrapped: Any = None

    def __enter__(self) -> None:
        self.enable()

    def __exit__(self, *exc_info: object) -> None:
        self.disable()

    def enable(self) -> None:
        """Put the changed settings in force."""
        from .registry import apps

        if "INSTALLED_APPS" in self.options:
            try:
                apps.set_installed_apps(self.options["INSTALLED_APPS"])
            except Exception:
                apps.unset_installed_apps()
                raise
        override = UserSettingsHolder(settings._wrapped if settings.configured else _read())
        for name, value in self.options.items():
            setattr(override, name, value)
        self.wrapped, settings._wrapped = settings._wrapped, override
        try:
            self._tell(True)
        except Exception:
            with suppress(Exception):  # what goes wrong on the way out is of less interest
                self.disable()
            raise

    def disable(self) -> None:
        """Put the settings back."""
        from .registry import apps

        if "INSTALLED_APPS" in self.options:
            apps.unset_installed_apps()
        settings._wrapped, self.wrapped = self.wrapped, None
        self._tell(False)

    def _tell(self, enter: bool) -> None:
        failures: list[Exception] = []
        for name, given in self.options.items():
            value = given if enter else getattr(settings, name, None)
            try:
                setting_changed.call(setting=name, value=value, enter=enter)
            except Exception as error:
                if enter:
                    raise
                failures.append(error)
        if failures:
            raise failures[0]

    def save_options(self, test_func: Any) -> None:
        """Add the options to those that a test class already overrides."""
        test_func._overridden_settings = {**(test_func._overridden_settings or {}), **self.options}

    def decorate_class(self, cls: Any) -> Any:
        """Change the settings for the tests of a class."""
        if hasattr(cls, "_overridden_settings"):
            self.save_options(cls)
            return cls
        for name in [name for name in dir(cls) if name.startswith("test")]:
            if callable(method := getattr(cls, name)):
                setattr(cls, name, self(method))
        return cls

    def __call__(self, decorated: T) -> T:  # pyright: ignore
        function: Any = decorated
        if isinstance(function, type):
            return self.decorate_class(function)  # type: ignore[no-any-return]  # the same class
        from inspect import iscoroutinefunction

        if iscoroutinefunction(function):

            @wraps(function)
            async def ainner(*args: Any, **kwargs: Any) -> Any:
                with self.copied():
                    return await function(*args, **kwargs)

            return ainner  # type: ignore[return-value]  # pyright: ignore
        else:

            @wraps(function)
            def inner(*args: Any, **kwargs: Any) -> Any:
                with self.copied():
                    return function(*args, **kwargs)

            return inner  # type: ignore[return-value]  # pyright: ignore

    def copied(self) -> override_settings:
        """Return another one of the same changes: each call of a decorated function takes one."""
        return type(self)(**self.options)


def _read() -> Any:
    settings._setup()
    return settings._wrapped
