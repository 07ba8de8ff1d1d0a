"""The models of a project as they were at some point of the history, without a database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, cast

from fastjango.core.exceptions import FieldDoesNotExist

from .model_state import ModelState
from .references import (
    field_references,
    get_references,
    normalize_together,
    resolve_relation,
)
from .renamed import renamed_item
from .state_apps import AppConfigStub, StateApps

__all__ = [
    "AppConfigStub",
    "ModelState",
    "ProjectState",
    "StateApps",
    "field_references",
    "get_references",
    "normalize_together",
    "resolve_relation",
]

Key = tuple[str, str]


class ProjectState:
    """Every model of a project at one point of the history.

    Args:
        models: Model states by `(app label, lower-case name)`.
        real_apps: Labels of apps without migrations, whose present models take part.

    Attributes:
        models: The model states.
    """

    def __init__(
        self, models: Mapping[Key, ModelState] | None = None, real_apps: set[str] | None = None
    ) -> None:
        self.models: dict[Key, ModelState] = dict(models or {})
        if real_apps is None:
            real_apps = set()
        elif not isinstance(cast("object", real_apps), set):
            raise TypeError("real_apps must be a set or None.")
        self.real_apps = real_apps
        self._apps: StateApps | None = None
        self._dirty: set[Key] = set()

    @classmethod
    def from_apps(cls, apps: Any) -> ProjectState:
        """The state of the models in a registry."""
        states: dict[Key, ModelState] = {}
        for model in apps.get_models(include_swapped=True):
            state = ModelState.from_model(model)
            states[state.key] = state
        return cls(states)

    def clone(self) -> ProjectState:
        """A copy; rendered classes are shared until one of the two changes."""
        copy = ProjectState(self.models, real_apps=self.real_apps)
        copy._apps = self._apps
        copy._dirty = set(self._dirty)
        return copy

    # -- rendered classes -------------------------------------------------------------------

    @property
    def apps(self) -> StateApps:
        """A registry with the models as classes; rendered again where something changed."""
        if self._apps is None:
            self._apps = StateApps(self.real_apps, self.models)
        elif self._dirty:
            self._apps = self._apps.rendered_again(self.models, self._dirty)
        self._dirty = set()
        return self._apps

    @property
    def concrete_apps(self) -> StateApps:
        """As `apps`, freshly rendered and shared with nobody."""
        self._apps = StateApps(self.real_apps, self.models, ignore_swappable=True)
        self._dirty = set()
        return self._apps

    def _edit(self, app_label: str, name: str) -> ModelState:
        """An editable copy of a model's state, put in place of the old one."""
        key = (app_label, name.lower())
        try:
            state = self.models[key].clone()
        except KeyError as error:
            raise KeyError(
                f"{app_label}.{name} is not defined at this point of the migrations."
            ) from error
        self.models[key] = state
        self._dirty.add(key)
        return state

    # -- changes ----------------------------------------------------------------------------

    def add_model(self, model_state: ModelState) -> None:
        """Add a model."""
        self.models[model_state.key] = model_state
        self._dirty.add(model_state.key)

    def remove_model(self, app_label: str, model_name: str) -> None:
        """Remove a model."""
        key = (app_label, model_name.lower())
        del self.models[key]
        self._dirty.add(key)

    def rename_model(self, app_label: str, old_name: str, new_name: str) -> None:
        """Rename a model, and every relation and base that names it."""
        old, new = (app_label, old_name.lower()), (app_label, new_name.lower())
        renamed = self.models[old].clone()
        renamed.name = new_name
        renamed.__dict__.pop("name_lower", None)
        self.models[new] = renamed
        if new != old:
            # Keep the holders' view consistent while references are rewritten below.
            self._dirty.update((old, new))
        else:
            self._dirty.add(new)
        label = f"{app_label}.{new_name}"
        for holder_key in list(self.models):
            holder = self.models[holder_key]
            edits: dict[str, Any] = {}
            for name, field in holder.fields.items():
                reference = field_references(holder_key, field, old)
                if reference is None:
                    continue
                changed = field.clone()
                if reference.to:
                    changed.remote_field.model = label
                if reference.through:
                    changed.remote_field.through = label
                edits[name] = changed
            bases = tuple(
                label.lower() if isinstance(base, str) and resolve_relation(base) == old else base
                for base in holder.bases
            )
            if edits or bases != holder.bases:
                state = self._edit(*holder_key)
                state.fields.update(edits)
                state.bases = bases
        if new != old:
            del self.models[old]

    def alter_model_options(
        self,
        app_label: str,
        model_name: str,
        options: Mapping[str, Any],
        option_keys: Iterable[str] | None = None,
    ) -> None:
        """Set options; those of `option_keys` that are not given are unset."""
        state = self._edit(app_label, model_name)
        state.options.update(options)
        for key in option_keys or ():
            if key not in options:
                state.options.pop(key, None)

    def remove_model_options(
        self, app_label: str, model_name: str, option_name: str, option_value: Sequence[str]
    ) -> None:
        """Take one group of fields out of `unique_together` or `index_together`."""
        state = self._edit(app_label, model_name)
        if option_name in state.options:
            state.options[option_name] = {
                group for group in state.options[option_name] if tuple(group) != tuple(option_value)
            }

    def alter_model_managers(
        self, app_label: str, model_name: str, managers: Sequence[tuple[str, Any]]
    ) -> None:
        """Replace the managers that migrations may use."""
        self._edit(app_label, model_name).managers = list(managers)

    def _edit_list(
        self, app_label: str, name: str, option: str, change: Callable[[list[Any]], list[Any]]
    ) -> None:
        state = self._edit(app_label, name)
        state.options[option] = change(state.options[option])

    def add_index(self, app_label: str, model_name: str, index: Any) -> None:
        """Add an index."""
        self._edit_list(app_label, model_name, "indexes", lambda items: [*items, index])

    def remove_index(self, app_label: str, model_name: str, index_name: str) -> None:
        """Remove an index."""
        self._edit_list(
            app_label,
            model_name,
            "indexes",
            lambda items: [index for index in items if index.name != index_name],
        )

    def rename_index(
        self, app_label: str, model_name: str, old_index_name: str | None, new_index_name: str
    ) -> None:
        """Rename an index."""

        def rename(items: list[Any]) -> list[Any]:
            renamed: list[Any] = []
            for index in items:
                if index.name == old_index_name:
                    index = index.clone()
                    index.name = new_index_name
                renamed.append(index)
            return renamed

        self._edit_list(app_label, model_name, "indexes", rename)

    def add_constraint(self, app_label: str, model_name: str, constraint: Any) -> None:
        """Add a constraint."""
        self._edit_list(app_label, model_name, "constraints", lambda items: [*items, constraint])

    def remove_constraint(self, app_label: str, model_name: str, constraint_name: str) -> None:
        """Remove a constraint."""
        self._edit_list(
            app_label,
            model_name,
            "constraints",
            lambda items: [item for item in items if item.name != constraint_name],
        )

    def alter_constraint(
        self, app_label: str, model_name: str, constraint_name: str, constraint: Any
    ) -> None:
        """Replace a constraint by another of its name."""
        self._edit_list(
            app_label,
            model_name,
            "constraints",
            lambda items: [constraint if item.name == constraint_name else item for item in items],
        )

    def add_field(
        self, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool
    ) -> None:
        """Add a field; a default that is not preserved is not kept."""
        self._edit(app_label, model_name).fields[name] = _without_default(field, preserve_default)

    def remove_field(self, app_label: str, model_name: str, name: str) -> None:
        """Remove a field.

        Raises:
            FieldDoesNotExist: The model has no such field.
        """
        state = self._edit(app_label, model_name)
        if name not in state.fields:
            raise FieldDoesNotExist(f"{app_label}.{model_name} has no field named {name!r}")
        del state.fields[name]

    def alter_field(
        self, app_label: str, model_name: str, name: str, field: Any, preserve_default: bool
    ) -> None:
        """Replace a field by another of its name."""
        self._edit(app_label, model_name).fields[name] = _without_default(field, preserve_default)

    def rename_field(self, app_label: str, model_name: str, old_name: str, new_name: str) -> None:
        """Rename a field, and everything that names it.

        Raises:
            FieldDoesNotExist: The model has no such field.
        """
        state = self._edit(app_label, model_name)
        if old_name not in state.fields:
            raise FieldDoesNotExist(f"{app_label}.{model_name} has no field named {old_name!r}")
        renamed = state.fields[old_name]
        state.fields = {
            new_name if name == old_name else name: field for name, field in state.fields.items()
        }
        for field in state.fields.values():
            names = getattr(field, "from_fields", None)
            if names and old_name in names:
                field.from_fields = tuple(new_name if n == old_name else n for n in names)
        for option in ("index_together", "unique_together"):
            if option in state.options:
                state.options[option] = {
                    tuple(new_name if name == old_name else name for name in group)
                    for group in state.options[option]
                }
        if state.options.get("order_with_respect_to") == old_name:
            state.options["order_with_respect_to"] = new_name
        for option in ("indexes", "constraints"):
            state.options[option] = [
                renamed_item(item, old_name, new_name) for item in state.options[option]
            ]
        self._rename_target(state.key, renamed, old_name, new_name)

    def _rename_target(self, key: Key, renamed: Any, old_name: str, new_name: str) -> None:
        """Rewrite `to_fields` and `through_fields` of relations that name a renamed field."""
        for holder, name, field, reference in list(get_references(self, key, (old_name, renamed))):
            changed = None
            if reference.to:
                remote, to_fields = reference.to
                if getattr(remote, "field_name", None) == old_name:
                    changed = changed or field.clone()
                    changed.remote_field.field_name = new_name
                if to_fields:
                    changed = changed or field.clone()
                    changed.to_fields = tuple(
                        new_name if to_field == old_name else to_field for to_field in to_fields
                    )
            if reference.through:
                remote, through_fields = reference.through
                if through_fields:
                    changed = changed or field.clone()
                    changed.remote_field.through_fields = tuple(
                        new_name if item == old_name else item for item in through_fields
                    )
            if changed is not None:
                self._edit(*holder.key).fields[name] = changed

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ProjectState):
            return NotImplemented
        return self.models == other.models and self.real_apps == other.real_apps

    __hash__ = None  # type: ignore[assignment]  # states are compared, never keys


def _without_default(field: Any, preserve_default: bool) -> Any:
    if preserve_default:
        return field
    from fastjango.orm.fields import NOT_PROVIDED

    bare = field.clone()
    bare.default = NOT_PROVIDED
    return bare
