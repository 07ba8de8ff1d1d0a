"""The app registry: boots the selected apps and knows their models."""

# pyright: reportPrivateUsage=false
# (Model._meta is used from outside of its class.)

from __future__ import annotations

import functools
import threading
import warnings
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from contextlib import contextmanager
from enum import StrEnum
from typing import Any, cast

from .config import AppConfig, ModelClass
from .exceptions import AppRegistryNotReady, ImproperlyConfigured, PluginError
from .hooks import Hook
from .plugins import Plugin, by_name, describe, discover, order, refusal, select

__all__ = ["Phase", "Registry", "apps"]


class Phase(StrEnum):
    """How far the boot of a registry is; the phases follow each other in this order."""

    NEW = "new"
    DISCOVER = "discover"
    SELECT = "select"
    ORDER = "order"
    IMPORT = "import"
    MODELS = "models"
    READY = "ready"
    FREEZE = "freeze"


class Registry:
    """The installed apps and their models.

    Args:
        installed_apps: Entries as in `INSTALLED_APPS`, booted at once; `None` leaves that to
            `populate`.
        tolerant: Whether to leave a broken plugin out and keep its error in `failures`.

    Attributes:
        phase: The last phase that was begun.
        all_models: Every imported model, by app label and model name.
        hidden: Installed apps that `set_available_apps` does not show.
        failures: Errors of plugins that a tolerant boot left out.
    """

    apps_ready: bool
    models_ready: bool
    ready: bool
    loading: bool
    phase: Phase

    def __init__(
        self, installed_apps: Iterable[str | AppConfig] | None = (), *, tolerant: bool = False
    ) -> None:
        self.all_models: defaultdict[str, dict[str, Any]] = defaultdict(dict)
        self.app_configs: dict[str, AppConfig] = {}
        self.stored_app_configs: list[dict[str, AppConfig]] = []
        self.hidden: list[AppConfig] = []
        self.apps_ready = self.models_ready = self.ready = self.loading = False
        self.ready_event: threading.Event = threading.Event()
        self.tolerant = tolerant
        self.failures: list[PluginError] = []
        self.phase = Phase.NEW
        self._lock = threading.RLock()
        self._pending_operations: defaultdict[tuple[str, str], list[Callable[..., Any]]]
        self._pending_operations = defaultdict(list)
        # Set by `setup`: what looks at the selected apps' settings before they are imported.
        self.validate: Callable[[list[AppConfig]], None] = lambda configs: None
        self._found: dict[tuple[Any, ...], Any] = {}
        if installed_apps is not None:
            self.populate(installed_apps)

    def populate(self, installed_apps: Iterable[str | AppConfig] = ()) -> None:
        """Boot: discover, select, order, import, models, ready, freeze.

        Safe to call from several threads and more than once; not from within the boot.

        Raises:
            PluginError: A selected plugin cannot be used.
            ImproperlyConfigured: The list is wrong in another way.
            RuntimeError: Called while this registry boots.
        """
        if self.ready:
            return
        with self._lock:
            if self.ready:
                return
            if self.loading:
                raise RuntimeError("populate() isn't reentrant")
            self.loading = True
            try:
                self._boot(list(installed_apps))
            except BaseException:
                self.loading = False
                raise

    def _enter(self, phase: Phase, detail: object = "") -> None:
        self.phase = phase
        import logging  # slow to load, and only a boot logs

        logging.getLogger("fastjango.core.boot").debug("boot: %s %s", phase, detail)

    def _boot(self, entries: list[str | AppConfig]) -> None:
        self.failures.clear()
        self._enter(Phase.DISCOVER)
        plugins: dict[str, Plugin] = {}
        if any(isinstance(entry, str) for entry in entries):
            found = discover()
            with self._guarded():
                plugins = by_name(found)
            if self.failures:  # of a tolerant boot: go on without the names claimed twice
                counts = Counter(plugin.name for plugin in found)
                plugins = {p.name: p for p in found if counts[p.name] == 1}
                entries = [e for e in entries if counts[str(e)] < 2]
        self._enter(Phase.SELECT, entries)
        configs: list[AppConfig] = []
        for entry in entries:
            with self._guarded():
                configs.append(select(entry, plugins) if isinstance(entry, str) else entry)
        self.validate(configs)
        self._enter(Phase.ORDER)
        with self._guarded():
            configs = order(configs)
        self._enter(Phase.IMPORT, [config.name for config in configs])
        self.app_configs = self._labelled(configs)
        self.apps_ready = True
        self._enter(Phase.MODELS)
        for config in configs:
            with self._guarded(config, "its models cannot be imported"):
                config.import_models()
        self.clear_cache()
        self.models_ready = True
        self._enter(Phase.READY)
        if configs:
            Hook.freeze_all(False)
        for config in list(self.app_configs.values()):
            with self._guarded(config, "its ready() failed"):
                config.ready()
        self._enter(Phase.FREEZE)
        if configs:  # an empty registry, as tests make them, starts no application
            Hook.freeze_all()
        self.loading, self.ready = False, True
        self.ready_event.set()

    def _labelled(self, configs: list[AppConfig]) -> dict[str, AppConfig]:
        labelled: dict[str, AppConfig] = {}
        for config in configs:
            with self._guarded():
                if (other := labelled.setdefault(config.label, config)) is not config:
                    message = f"Application labels aren't unique, duplicates: {config.label}"
                    if config.plugin is None and other.plugin is None:
                        raise ImproperlyConfigured(message)
                    raise refusal(
                        config if config.plugin else other,
                        f"uses the label of another app. {message}, of {other.name!r} and "
                        f"{config.name!r}.",
                        f"Remove one of the two from INSTALLED_APPS, or list one by an AppConfig "
                        f"subclass with a label other than {config.label!r}.",
                    )
            config.apps = self
        counts = Counter(config.name for config in labelled.values())
        if duplicates := [name for name, count in counts.items() if count > 1]:
            raise ImproperlyConfigured(
                f"Application names aren't unique, duplicates: {', '.join(duplicates)}"
            )
        return labelled

    @contextmanager
    def _guarded(self, config: AppConfig | None = None, what: str = "") -> Any:
        """Name the plugin in an error of its code; in a tolerant boot, keep it and go on."""
        try:
            yield
        except PluginError as error:
            failure = error
        except Exception as error:
            if config is None or config.plugin is None:
                raise
            failure = refusal(config, f"failed: {what}: {describe(error)}.")
            failure.__cause__ = error
        else:
            return
        if not self.tolerant:
            raise failure
        self.failures.append(failure)
        if config is not None:
            self.app_configs.pop(config.label, None)

    def check_apps_ready(self) -> None:
        """Raise `AppRegistryNotReady` unless all apps were imported."""
        if not self.apps_ready:
            from .conf import settings

            settings.INSTALLED_APPS  # noqa: B018 - unconfigured settings are the better error
            raise AppRegistryNotReady("Apps aren't loaded yet.")

    def check_models_ready(self) -> None:
        """Raise `AppRegistryNotReady` unless all models were imported."""
        if not self.models_ready:
            raise AppRegistryNotReady("Models aren't loaded yet.")

    def get_app_configs(self) -> Iterable[AppConfig]:
        """Return the apps in boot order."""
        self.check_apps_ready()
        return self.app_configs.values()

    def get_app_config(self, app_label: str) -> AppConfig:
        """Return the app of a label.

        Raises:
            LookupError: There is none; the message suggests a label for an app's path.
        """
        self.check_apps_ready()
        if (config := self.app_configs.get(app_label)) is not None:
            return config
        labels = [c.label for c in self.app_configs.values() if c.name == app_label]
        hint = f" Did you mean '{labels[0]}'?" if labels else ""
        raise LookupError(f"No installed app with label '{app_label}'.{hint}")

    def get_models(
        self, include_auto_created: bool = False, include_swapped: bool = False
    ) -> list[Any]:
        """Return the models of all apps, without join tables and swapped models unless asked."""
        self.check_models_ready()
        wanted = include_auto_created, include_swapped
        if wanted not in self._found:
            configs = self.app_configs.values()
            self._found[wanted] = [model for c in configs for model in c.get_models(*wanted)]
        return cast("list[Any]", self._found[wanted])

    def get_model(
        self, app_label: str, model_name: str | None = None, require_ready: bool = True
    ) -> Any:
        """Return a model by label and name, or by `"label.Name"`; the name in any case.

        Raises:
            LookupError: There is no such app or model.
            ValueError: A single argument without exactly one dot.
        """
        if require_ready:
            self.check_models_ready()
        else:
            self.check_apps_ready()
        if model_name is None:
            app_label, model_name = app_label.split(".")
        config = self.get_app_config(app_label)
        if not require_ready and config.models is None:
            config.import_models()
        return config.get_model(model_name, require_ready=require_ready)

    def register_model(self, app_label: str, model: ModelClass) -> None:
        """Take note of a model class; the class is complete, as waiting functions get it.

        Raises:
            RuntimeError: Another class has this name in the app.
        """
        name, models = model._meta.model_name, self.all_models[app_label]
        if (other := models.get(name)) is not None:
            if (model.__name__, model.__module__) != (other.__name__, other.__module__):
                raise RuntimeError(
                    f"Conflicting '{name}' models in application '{app_label}': {other} and "
                    f"{model}."
                )
            warnings.warn(
                f"Model '{app_label}.{name}' was already registered. Reloading models is not "
                "advised as it can lead to inconsistencies, most notably with related models.",
                RuntimeWarning,
                stacklevel=2,
            )
        models[name] = model
        self.do_pending_operations(model)
        self.clear_cache()

    def is_installed(self, app_name: str) -> bool:
        """Tell whether the app of this dotted path is installed."""
        self.check_apps_ready()
        return any(config.name == app_name for config in self.app_configs.values())

    def get_containing_app_config(self, object_name: str) -> AppConfig | None:
        """Return the innermost app whose package holds an object, given by dotted path."""
        self.check_apps_ready()
        inside = [
            c for c in self.app_configs.values() if f"{object_name}.".startswith(f"{c.name}.")
        ]
        return max(inside, key=lambda config: len(config.name), default=None)

    def get_registered_model(self, app_label: str, model_name: str) -> Any:
        """Return an imported model, whether its app is installed or not; works during the boot.

        Raises:
            LookupError: No such model was imported.
        """
        if (model := self.all_models[app_label].get(model_name.lower())) is None:
            raise LookupError(f"Model '{app_label}.{model_name}' not registered.")
        return model

    def get_swappable_settings_name(self, to_string: str) -> str | None:
        """Return the setting that swaps a model given as `"label.Name"`, `None` if none does."""
        to_string = to_string.lower()
        if (to_string,) not in self._found:
            self._found[to_string,] = self._swappable_settings_name(to_string)
        return cast("str | None", self._found[to_string,])

    def _swappable_settings_name(self, to_string: str) -> str | None:
        for model in self.get_models(include_swapped=True):
            meta = model._meta
            swapped = meta.swapped and meta.swapped.lower() == to_string
            if swapped or (meta.swappable and meta.label_lower == to_string):
                return str(meta.swappable)
        return None

    def set_available_apps(self, available: Iterable[str]) -> None:
        """Show only some of the installed apps, until `unset_available_apps`."""
        names = set(available)
        if extra := names - {config.name for config in self.get_app_configs()}:
            raise ValueError(
                "Available apps isn't a subset of installed apps, extra apps: "
                f"{', '.join(sorted(extra))}"
            )
        self.stored_app_configs.append(self.app_configs)
        self.hidden = [c for c in self.app_configs.values() if c.name not in names]
        self.app_configs = {k: c for k, c in self.app_configs.items() if c.name in names}
        self.clear_cache()

    def unset_available_apps(self) -> None:
        """Undo `set_available_apps`."""
        self.app_configs = self.stored_app_configs.pop()
        self.hidden = []
        self.clear_cache()

    def set_installed_apps(self, installed: Iterable[str | AppConfig]) -> None:
        """Boot another list of apps, until `unset_installed_apps`; models stay registered.

        The two calls must be balanced even when this one raises.
        """
        if not self.ready:
            raise AppRegistryNotReady("App registry isn't ready yet.")
        self.stored_app_configs.append(self.app_configs)
        self.app_configs = {}
        self.apps_ready = self.models_ready = self.loading = self.ready = False
        self.clear_cache()
        self.populate(installed)

    def unset_installed_apps(self) -> None:
        """Undo `set_installed_apps`."""
        self.app_configs = self.stored_app_configs.pop()
        self.apps_ready = self.models_ready = self.ready = True
        self.clear_cache()

    def clear_cache(self) -> None:
        """Forget what was computed from the models."""
        self._found.clear()
        if self.ready:
            for config in self.app_configs.values():
                for model in config.get_models(include_auto_created=True):
                    model._meta._expire_cache()

    def lazy_model_operation(
        self, function: Callable[..., Any], *model_keys: tuple[str, str]
    ) -> None:
        """Call `function` with the models of the keys as soon as all of them are registered.

        Args:
            model_keys: Pairs of app label and model name in lower case.
        """
        if not model_keys:
            function()
            return
        next_key, *more_keys = model_keys

        def apply_next_model(model: Any) -> None:
            self.lazy_model_operation(functools.partial(function, model), *more_keys)

        apply_next_model.func = function  # type: ignore[attr-defined]  # pyright: ignore
        try:
            model = self.get_registered_model(*next_key)
        except LookupError:
            self._pending_operations[next_key].append(apply_next_model)
        else:
            apply_next_model(model)

    def do_pending_operations(self, model: ModelClass) -> None:
        """Hand a new model to the functions that wait for it."""
        key = model._meta.app_label, model._meta.model_name
        for function in self._pending_operations.pop(key, []):
            function(model)


apps: Registry = Registry(None)
