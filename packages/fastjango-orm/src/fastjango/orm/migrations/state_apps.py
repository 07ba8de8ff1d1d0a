"""A registry that holds historical models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastjango.core import AppConfig
from fastjango.core import apps as global_apps
from fastjango.core.registry import Registry

from .exceptions import InvalidBasesError
from .model_state import ModelState
from .references import resolve_relation

__all__ = ["AppConfigStub", "StateApps"]

Key = tuple[str, str]


class AppConfigStub(AppConfig):
    """An app of a historical registry: a label and nothing else."""

    def __init__(self, label: str) -> None:
        self.apps = None  # type: ignore[assignment]  # set by the registry it is put in
        self.models = {}
        self.label = label
        self.name = label
        self.module = None
        self.models_module = None

    def import_models(self) -> None:
        """Take the registry's models of this app."""
        self.models = self.apps.all_models[self.label]


class StateApps(Registry):
    """The models of a `ProjectState` as classes.

    Args:
        real_apps: Labels of apps whose present models take part.
        models: Model states by key.
        ignore_swappable: Whether a model that a setting swaps out is used all the same.

    Raises:
        InvalidBasesError: Bases cannot be resolved in any order.
    """

    def __init__(
        self,
        real_apps: Iterable[str],
        models: Mapping[Key, ModelState],
        ignore_swappable: bool = False,
    ) -> None:
        real: dict[Key, ModelState] = {}
        for label in sorted(real_apps):
            for model in global_apps.get_app_config(label).get_models():
                state = ModelState.from_model(model, exclude_rels=False)
                real[state.key] = state
        self.real_models = real
        labels = {key[0] for key in models} | set(real_apps)
        self._stub_labels = labels
        super().__init__([])
        self._install_stubs(labels)
        self.render_multiple([*models.values(), *real.values()])

    def _install_stubs(self, labels: Iterable[str]) -> None:
        for label in sorted(labels):
            if label not in self.app_configs:
                stub = AppConfigStub(label)
                stub.apps = self
                self.app_configs[label] = stub
                stub.import_models()
        self.apps_ready = self.models_ready = self.ready = True

    def render_multiple(self, model_states: Iterable[ModelState]) -> None:
        """Render states, bases before what is derived from them."""
        waiting = list(model_states)
        while waiting:
            later: list[ModelState] = []
            for state in waiting:
                try:
                    state.render(self)
                except InvalidBasesError:
                    later.append(state)
            if len(later) == len(waiting):
                names = ", ".join(repr(state) for state in later)
                raise InvalidBasesError(
                    f"Cannot resolve bases for [{names}]\nThis can happen if you are inheriting"
                    " models from an app with migrations (e.g. contrib.auth)\n in an app with no"
                    " migrations; add migrations to the app."
                )
            waiting = later
        self.clear_cache()

    def rendered_again(self, models: Mapping[Key, ModelState], dirty: set[Key]) -> StateApps:
        """A registry for changed states that shares every class the change cannot reach."""
        touched = self._reach(models, dirty)
        copy = StateApps.__new__(StateApps)
        copy.real_models = self.real_models
        copy._stub_labels = self._stub_labels | {key[0] for key in models}
        Registry.__init__(copy, [])
        for label, classes in self.all_models.items():
            for name, model in classes.items():
                if (label, name) not in touched and not model._meta.auto_created:
                    copy.all_models[label][name] = model
        for label, classes in self.all_models.items():
            for name, model in classes.items():
                owner = model._meta.auto_created
                if owner and (owner._meta.app_label, owner._meta.model_name) not in touched:
                    copy.all_models[label][name] = model
        copy._install_stubs(copy._stub_labels)
        known = {**self.real_models, **models}
        copy.render_multiple([known[key] for key in known if key in touched])
        return copy

    def _reach(self, models: Mapping[Key, ModelState], dirty: set[Key]) -> set[Key]:
        """Every model that a change of the dirty ones can be seen from, over any relation."""
        edges: dict[Key, set[Key]] = {}

        def link(one: Key, other: Key) -> None:
            edges.setdefault(one, set()).add(other)
            edges.setdefault(other, set()).add(one)

        for key, state in {**self.real_models, **models}.items():
            for target in _targets(state):
                link(key, target)
        for label, classes in self.all_models.items():
            for name, model in classes.items():
                for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
                    if field.remote_field and field.remote_field.model is not None:
                        link((label, name), resolve_relation(field.remote_field.model, label, name))
        reached: set[Key] = set()
        stack = list(dirty)
        while stack:
            key = stack.pop()
            if key not in reached:
                reached.add(key)
                stack.extend(edges.get(key, ()))
        return reached

    def register_model(self, app_label: str, model: Any) -> None:
        """Register a class, making its app if need be."""
        self.all_models[app_label][model._meta.model_name] = model
        if app_label not in self.app_configs:
            self._install_stubs([app_label])
        config: Any = self.app_configs[app_label]
        config.models[model._meta.model_name] = model
        self.do_pending_operations(model)
        self.clear_cache()


def _targets(state: ModelState) -> Iterable[Key]:
    """The models that a state's relations and bases name."""
    for field in state.fields.values():
        remote = field.remote_field
        if not remote:
            continue
        yield resolve_relation(remote.model, *state.key)
        through = getattr(remote, "through", None)
        if through:
            yield resolve_relation(through, *state.key)
    bases: tuple[Any, ...] = state.bases
    for base in bases:
        if isinstance(base, str) or (hasattr(base, "_meta") and not base._meta.abstract):
            yield resolve_relation(base, *state.key)
