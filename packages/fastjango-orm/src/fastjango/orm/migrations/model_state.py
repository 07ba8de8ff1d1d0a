"""One model as it was at some point of the history."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from fastjango.core.imports import import_string

from .exceptions import InvalidBasesError
from .references import normalize_together

if TYPE_CHECKING:
    from .state_apps import StateApps

__all__ = ["ModelState"]

Key = tuple[str, str]

#: Options of `Meta` that a model state does not keep, as they say where a model lives.
_LOCATION_OPTIONS = frozenset({"apps", "app_label"})


def _freeze_option(name: str, value: Any) -> Any:
    if name in ("unique_together", "index_together"):
        return {tuple(group) for group in normalize_together(value)}
    return value


class ModelState:
    """One model at one point of the history.

    Two models that mean the same have equal states, whatever classes they came from. A state is not
    changed once it is part of a `ProjectState`; operations replace it by an edited copy.

    Args:
        app_label: Label of the model's app.
        name: Class name.
        fields: Unbound fields by name, in order.
        options: The model's `Meta`.
        bases: Base classes; other models as `"app.model"` strings.
        managers: `(name, manager)` pairs that migrations may use.

    Raises:
        ValueError: A field is bound to a model class, or an index has no name.
    """

    def __init__(
        self,
        app_label: str,
        name: str,
        fields: Sequence[tuple[str, Any]] | Mapping[str, Any],
        options: Mapping[str, Any] | None = None,
        bases: Sequence[type | str] | None = None,
        managers: Sequence[tuple[str, Any]] | None = None,
    ) -> None:
        from fastjango.orm import models

        self.app_label = app_label
        self.name = name
        self.fields: dict[str, Any] = dict(fields)
        self.options: dict[str, Any] = dict(options or {})
        self.options.setdefault("indexes", [])
        self.options.setdefault("constraints", [])
        self.bases: tuple[type | str, ...] = tuple(bases or (models.Model,))
        self.managers: list[tuple[str, Any]] = list(managers or [])
        for field_name, field in self.fields.items():
            self._refuse_bound(field_name, field)
        for index in self.options["indexes"]:
            if not index.name:
                raise ValueError(
                    "Indexes passed to ModelState require a name attribute."
                    f" {index!r} doesn't have one."
                )

    @staticmethod
    def _refuse_bound(name: str, field: Any) -> None:
        if hasattr(field, "model"):
            raise ValueError(f'ModelState.fields cannot be bound to a model - "{name}" is.')
        remote = field.remote_field
        if field.is_relation and hasattr(getattr(remote, "model", None), "_meta"):
            raise ValueError(
                f'ModelState.fields cannot refer to a model class - "{name}.to" does.'
                " Use a string reference instead."
            )
        if field.many_to_many and hasattr(getattr(remote, "through", None), "_meta"):
            raise ValueError(
                f'ModelState.fields cannot refer to a model class - "{name}.through" does.'
                " Use a string reference instead."
            )

    @cached_property
    def name_lower(self) -> str:
        """The class name in lower case."""
        return self.name.lower()

    @property
    def key(self) -> Key:
        """`(app label, lower-case name)`."""
        return self.app_label, self.name_lower

    def get_field(self, field_name: str) -> Any:
        """A field by name; `_order` means what the model is ordered with respect to."""
        if field_name == "_order":
            field_name = self.options.get("order_with_respect_to", field_name)
        return self.fields[field_name]

    def get_index_by_name(self, name: str | None) -> Any:
        """An index by name.

        Raises:
            ValueError: The model has no such index.
        """
        for index in self.options["indexes"]:
            if index.name == name:
                return index
        raise ValueError(f"No index named {name} on model {self.name}")

    def get_constraint_by_name(self, name: str) -> Any:
        """A constraint by name.

        Raises:
            ValueError: The model has no such constraint.
        """
        for constraint in self.options["constraints"]:
            if constraint.name == name:
                return constraint
        raise ValueError(f"No constraint named {name} on model {self.name}")

    # -- from and to classes ----------------------------------------------------------------

    @classmethod
    def from_model(cls, model: Any, exclude_rels: bool = False) -> ModelState:
        """The state of a model class.

        Args:
            exclude_rels: Whether to leave out relations; used while a project is loaded.
        """
        meta = model._meta
        fields: list[tuple[str, Any]] = []
        for field in meta.local_fields:
            generated_order = meta.order_with_respect_to and field.name == "_order"
            if generated_order or (field.remote_field and exclude_rels):
                continue
            fields.append((field.name, field.clone()))
        if not exclude_rels:
            fields.extend((field.name, field.clone()) for field in meta.local_many_to_many)
        return cls(
            meta.app_label,
            meta.object_name,
            fields,
            cls._options_of(model),
            cls._bases_of(model),
            cls._managers_of(model),
        )

    @staticmethod
    def _options_of(model: Any) -> dict[str, Any]:
        meta = model._meta
        options: dict[str, Any] = {}
        for name, value in meta.original_attrs.items():
            if name in _LOCATION_OPTIONS:
                continue
            if name == "indexes":
                indexes = [index.clone() for index in meta.indexes]
                for index in indexes:
                    if not index.name:
                        index.set_name_with_model(model)
                options[name] = indexes
            elif name == "constraints":
                options[name] = [constraint.clone() for constraint in meta.constraints]
            else:
                options[name] = _freeze_option(name, value)
        if meta.proxy or not meta.managed:
            for key in ("unique_together", "index_together", "order_with_respect_to"):
                options.pop(key, None)
            if meta.proxy:
                options.pop("managed", None)
        elif options.get("order_with_respect_to") in {f.name for f in meta.private_fields}:
            del options["order_with_respect_to"]
        return options

    @staticmethod
    def _bases_of(model: Any) -> tuple[type | str, ...]:
        from fastjango.orm import models

        def flatten(cls: Any) -> list[Any]:
            flat: list[Any] = []
            for base in cls.__bases__:
                if hasattr(base, "_meta") and base._meta.abstract:
                    flat.extend(flatten(base))
                else:
                    flat.append(base)
            return flat

        flat = sorted(set(flatten(model)), key=flatten(model).index)
        bases = tuple(
            base._meta.label_lower if hasattr(base, "_meta") else base
            for base in flat
            if base is not models.Model and not getattr(base, "__fastjango_internal_base__", False)
        )
        if not any(isinstance(base, str) or issubclass(base, models.Model) for base in bases):
            bases = (*bases, models.Model) if bases else (models.Model,)
        return bases

    @staticmethod
    def _managers_of(model: Any) -> list[tuple[str, Any]]:
        managers: list[tuple[str, Any]] = []
        shown: set[str] = set()
        for manager in model._meta.managers:
            if manager.name in shown:
                continue
            if manager.use_in_migrations:
                kept = _copy_manager(manager)
            elif manager is model._base_manager or manager is model._default_manager:
                from fastjango.orm import models

                kept = models.Manager()
                kept.model = manager.model
                kept.name = manager.name
            else:
                continue
            shown.add(manager.name)
            managers.append((manager.name, kept))
        return [] if _only_plain_default(managers) else managers

    def clone(self) -> ModelState:
        """A copy whose containers may be edited; fields are shared, as they never change."""
        twin = object.__new__(ModelState)
        twin.app_label = self.app_label
        twin.name = self.name
        twin.fields = dict(self.fields)
        twin.options = dict(self.options)
        twin.options["indexes"] = list(self.options["indexes"])
        twin.options["constraints"] = list(self.options["constraints"])
        twin.bases = self.bases
        twin.managers = list(self.managers)
        return twin

    def render(self, apps: StateApps) -> Any:
        """Make a model class of the state in a registry.

        Raises:
            InvalidBasesError: A base is not in the registry yet.
        """
        meta_options = dict(self.options)
        # Classes have no such option any more; the operations read it from the state.
        meta_options.pop("index_together", None)
        meta_options["indexes"] = [index.clone() for index in self.options["indexes"]]
        meta_options["constraints"] = [item.clone() for item in self.options["constraints"]]
        meta = type("Meta", (), {"app_label": self.app_label, "apps": apps, **meta_options})
        try:
            bases = tuple(
                apps.get_model(base) if isinstance(base, str) else base for base in self.bases
            )
        except LookupError as error:
            raise InvalidBasesError(
                f"Cannot resolve one or more bases from {self.bases!r}"
            ) from error
        body: dict[str, Any] = {name: field.clone() for name, field in self.fields.items()}
        body["Meta"] = meta
        body["__module__"] = "__fake__"
        body.update(self.construct_managers())
        metaclass = cast("Any", type(bases[0]) if len(bases) == 1 else _common_metaclass(bases))
        return metaclass(self.name, bases, body)

    def construct_managers(self) -> Iterable[tuple[str, Any]]:
        """Fresh copies of the managers, in order."""
        ordered = sorted(self.managers, key=lambda item: item[1].creation_counter)
        for name, manager in ordered:
            as_manager, manager_path, qs_path, args, kwargs = manager.deconstruct()
            if as_manager:
                yield name, import_string(qs_path).as_manager()
            else:
                yield name, import_string(manager_path)(*args, **kwargs)

    def __repr__(self) -> str:
        return f"<ModelState: '{self.app_label}.{self.name}'>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ModelState):
            return NotImplemented
        return (
            self.app_label == other.app_label
            and self.name == other.name
            and list(self.fields) == list(other.fields)
            and all(
                field.deconstruct()[1:] == other.fields[name].deconstruct()[1:]
                for name, field in self.fields.items()
            )
            and self.options == other.options
            and self.bases == other.bases
            and self.managers == other.managers
        )

    __hash__ = None  # type: ignore[assignment]  # states are compared, never keys


def _common_metaclass(bases: tuple[Any, ...]) -> Any:
    kinds: list[Any] = [type(base) for base in bases]
    return next(kind for kind in kinds if all(issubclass(kind, other) for other in kinds))


def _copy_manager(manager: Any) -> Any:
    twin = copy.copy(manager)
    twin._set_creation_counter()
    return twin


def _only_plain_default(managers: list[tuple[str, Any]]) -> bool:
    from fastjango.orm import models

    return (
        len(managers) == 1
        and managers[0][0] == "objects"
        and type(managers[0][1]) is (models.Manager)
    )
