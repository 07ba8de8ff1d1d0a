"""Plans the creation and deletion of models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import operations
from .dependencies import DependencyType, OperationDependency
from .references import get_references, resolve_relation
from .state import ModelState

if TYPE_CHECKING:
    from .changes import ChangeFinder

__all__ = ["plan_created_models", "plan_deleted_models"]

Key = tuple[str, str]
_Kind = DependencyType

#: Options that are operations of their own, behind those that make the fields.
_PLANNED_APART = frozenset(
    {"constraints", "index_together", "indexes", "order_with_respect_to", "unique_together"}
)


def _relations_of(state: ModelState) -> dict[str, Any]:
    """Fields that must be added after the models that they point at."""
    related: dict[str, Any] = {}
    for name, field in state.fields.items():
        remote = field.remote_field
        if not remote:
            continue
        if remote.model:
            related[name] = field
        through = getattr(remote, "through", None)
        if through:
            related[name] = field
    return related


def _inherited_key(field: Any) -> bool:
    return bool(field.primary_key or getattr(field.remote_field, "parent_link", False))


def plan_created_models(finder: ChangeFinder) -> None:
    """Plan every new model: its table first, what points at other models after them."""
    # A model that became managed is created as well.
    old = finder.old_models | finder.old_unmanaged
    added = finder.new_models - old
    for label, name in sorted(added, key=lambda key: _creation_order(finder, key), reverse=True):
        _plan_created_model(finder, label, name)
    for label, name in sorted(finder.new_unmanaged - old):
        _plan_created_model(finder, label, name)
    for label, name in sorted(finder.new_proxies - finder.old_proxies):
        _plan_created_proxy(finder, label, name)


def _creation_order(finder: ChangeFinder, key: Key) -> tuple[str, str]:
    """Swappable models are planned first, then by name."""
    state = finder.to_state.models[key]
    rank = "___" if state.options.get("swappable") else "___" + key[0]
    return rank, key[1]


def _plan_created_model(finder: ChangeFinder, label: str, name: str) -> None:
    state = finder.to_state.models[label, name]
    related = _relations_of(state)
    primary = next(
        (field_name for field_name, field in related.items() if _inherited_key(field)), None
    )
    dependencies = [
        OperationDependency(label, name, None, _Kind.REMOVE),
        *_base_dependencies(state),
    ]
    if primary is not None:
        dependencies += finder.relation_dependencies(label, name, related[primary])
    later = {field_name for field_name in related if field_name != primary}
    finder.plan(
        label,
        operations.CreateModel(
            name=state.name,
            fields=[item for item in state.fields.items() if item[0] not in later],
            options={k: v for k, v in state.options.items() if k not in _PLANNED_APART},
            bases=state.bases,
            managers=state.managers,
        ),
        dependencies,
        first=True,
    )
    if not state.options.get("managed", True):
        # The table is somebody else's: the relations are state only, and in the model at once.
        _complete_unmanaged(finder, label, state)
        return
    created = OperationDependency(label, name, None, _Kind.CREATE)
    for field_name in sorted(later):
        field = related[field_name]
        waits = [*finder.relation_dependencies(label, name, field), created]
        finder.plan(
            label, operations.AddField(state.name, field_name, field), list(dict.fromkeys(waits))
        )
    _plan_options_apart(
        finder,
        state,
        [*(_created_field(state, field_name) for field_name in sorted(related)), created],
    )


def _created_field(state: ModelState, name: str) -> OperationDependency:
    """What waits until a field of a model is there."""
    return OperationDependency(state.app_label, state.name_lower, name, _Kind.CREATE)


def _plan_options_apart(
    finder: ChangeFinder, state: ModelState, dependencies: list[OperationDependency]
) -> None:
    """Plan the options of a new model that need all of its fields."""
    label, options = state.app_label, state.options
    order = options.get("order_with_respect_to")
    if order:
        finder.plan(
            label,
            operations.AlterOrderWithRespectTo(state.name, order),
            [_created_field(state, order), *dependencies],
        )
    for index in options["indexes"]:
        finder.plan(label, operations.AddIndex(state.name, index), dependencies)
    for constraint in options["constraints"]:
        finder.plan(label, operations.AddConstraint(state.name, constraint), dependencies)
    together = options.get("unique_together")
    if together:
        finder.plan(label, operations.AlterUniqueTogether(state.name, together), dependencies)


def _base_dependencies(state: ModelState) -> list[OperationDependency]:
    found: list[OperationDependency] = []
    for base in state.bases:
        if isinstance(base, str) and "." in base:
            target, target_name = base.split(".", 1)
            found.append(OperationDependency(target, target_name, None, _Kind.CREATE))
    return found


def _complete_unmanaged(finder: ChangeFinder, label: str, state: ModelState) -> None:
    """Put the relations of an unmanaged model into its `CreateModel`."""
    item = finder.planned[label][0]
    whole = operations.CreateModel(
        name=state.name,
        fields=list(state.fields.items()),
        options={
            key: value
            for key, value in state.options.items()
            if value or key not in ("indexes", "constraints")
        },
        bases=state.bases,
        managers=state.managers,
    )
    item.operation = whole


def _plan_created_proxy(finder: ChangeFinder, label: str, name: str) -> None:
    state = finder.to_state.models[label, name]
    dependencies = [
        OperationDependency(label, name, None, _Kind.REMOVE),
        *_base_dependencies(state),
    ]
    options = {
        key: value
        for key, value in state.options.items()
        if key not in ("indexes", "constraints") or value
    }
    finder.plan(
        label,
        operations.CreateModel(
            name=state.name,
            fields=[],
            options=options,
            bases=state.bases,
            managers=state.managers,
        ),
        dependencies,
    )


def plan_deleted_models(finder: ChangeFinder) -> None:
    """Plan the end of every model that is gone: first what points at it and what it points at."""
    new = finder.new_models | finder.new_unmanaged
    for label, name in sorted(finder.old_models - new):
        _plan_deleted_model(finder, label, name)
    for label, name in sorted(finder.old_unmanaged - new):
        state = finder.from_state.models[label, name]
        finder.plan(label, operations.DeleteModel(state.name))
    for label, name in sorted(finder.old_proxies - finder.new_proxies):
        if (label, name) not in finder.new_models:
            finder.plan(label, operations.DeleteModel(finder.from_state.models[label, name].name))


def _plan_deleted_model(finder: ChangeFinder, label: str, name: str) -> None:
    state = finder.from_state.models[label, name]
    related = _relations_of(state)
    if state.options.get("unique_together"):
        finder.plan(label, operations.AlterUniqueTogether(state.name, None))
    for field_name in sorted(related):
        finder.plan(label, operations.RemoveField(state.name, field_name))
    dependencies: list[OperationDependency] = []
    for holder, field_name, field, reference in get_references(finder.from_state, (label, name)):
        holder_key: tuple[str, str] = holder.key
        dependencies.append(
            OperationDependency(holder_key[0], holder_key[1], field_name, _Kind.REMOVE)
        )
        if not field.many_to_many:
            dependencies.append(
                OperationDependency(holder_key[0], holder_key[1], field_name, _Kind.ALTER)
            )
        if reference.through:
            dependencies.append(
                OperationDependency(holder_key[0], holder_key[1], field_name, _Kind.REMOVE)
            )
    for key, other in finder.from_state.models.items():
        if any(
            isinstance(base, str) and resolve_relation(base) == (label, name)
            for base in other.bases
        ):
            # Derived models go first, or stop being derived.
            dependencies.append(OperationDependency(*key, None, _Kind.REMOVE))
    dependencies += [
        OperationDependency(label, name, field_name, _Kind.REMOVE) for field_name in sorted(related)
    ]
    if state.options.get("unique_together"):
        dependencies.append(OperationDependency(label, name, None, _Kind.ALTER_FOO_TOGETHER))
    finder.plan(label, operations.DeleteModel(state.name), list(dict.fromkeys(dependencies)))
