"""Keeps the table of content types in step with the models when migrations run."""

from __future__ import annotations

import warnings
from typing import Any

from fastjango.core import apps as global_apps
from fastjango.orm import DEFAULT_DB_ALIAS
from fastjango.orm.exceptions import IntegrityError
from fastjango.orm.migrations.operations.models import RenameModel
from fastjango.orm.migrations.operations.special import RunPython
from fastjango.orm.router import router
from fastjango.orm.transaction import atomic

__all__ = ["RenameContentType", "create_contenttypes", "inject_rename_contenttypes_operations"]


class RenameContentType(RunPython):
    """Renames the content type of a renamed model.

    Args:
        app_label: Label of the model's app.
        old_model: Its name before, in lower case.
        new_model: Its name after, in lower case.
    """

    def __init__(self, app_label: str, old_model: str, new_model: str) -> None:
        self.app_label = app_label
        self.old_model = old_model
        self.new_model = new_model
        super().__init__(self.rename_forward, self.rename_backward)

    def _rename(self, apps: Any, schema_editor: Any, old: str, new: str) -> None:
        model = apps.get_model("contenttypes", "ContentType")
        db = schema_editor.connection.alias
        if not router.allow_migrate_model(db, model):
            return
        found = model.objects.using(db).filter(app_label=self.app_label, model=old).first()
        if found is None:
            return
        found.model = new
        try:
            with atomic(using=db):
                found.save(using=db, update_fields={"model"})
        except IntegrityError:
            warnings.warn(
                f"Could not rename content type '{self.app_label}.{old}' to '{new}' due to an "
                "existing conflicting content type. Run 'remove_stale_contenttypes' to clean up "
                "stale entries.",
                RuntimeWarning,
                stacklevel=2,
            )
            found.model = old
        else:
            model.objects.clear_cache()

    def rename_forward(self, apps: Any, schema_editor: Any) -> None:
        """Rename as the model was renamed."""
        self._rename(apps, schema_editor, self.old_model, self.new_model)

    def rename_backward(self, apps: Any, schema_editor: Any) -> None:
        """Rename back."""
        self._rename(apps, schema_editor, self.new_model, self.old_model)


def inject_rename_contenttypes_operations(
    plan: Any = None, apps: Any = global_apps, using: str = DEFAULT_DB_ALIAS, **kwargs: Any
) -> None:
    """Put a `RenameContentType` behind every planned `RenameModel`."""
    if plan is None:
        return
    try:
        model = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        available = False
    else:
        if not router.allow_migrate_model(using, model):
            return
        available = True
    for migration, backward in plan:
        if (migration.app_label, migration.name) == ("contenttypes", "0001_initial"):
            if backward:
                # From here on there is no table of content types.
                return
            available = True
            continue
        if not available:
            continue
        operations: list[Any] = []
        for operation in migration.operations:
            operations.append(operation)
            if isinstance(operation, RenameModel):
                names = (operation.old_name_lower, operation.new_name_lower)
                operations.append(RenameContentType(migration.app_label, *names))
        migration.operations[:] = operations


def create_contenttypes(
    app_config: Any,
    verbosity: int = 2,
    interactive: bool = True,
    using: str = DEFAULT_DB_ALIAS,
    apps: Any = global_apps,
    **kwargs: Any,
) -> None:
    """Make the content types that an app's models lack.

    Side effects: up to two queries; prints with `verbosity` 2.
    """
    if not app_config.models_module:
        return
    try:
        app_config = apps.get_app_config(app_config.label)
        model = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        return
    if not router.allow_migrate_model(using, model):
        return
    names = {one._meta.model_name for one in app_config.get_models()}
    if not names:
        return
    model.objects.clear_cache()
    rows = model.objects.using(using)
    known = set(rows.filter(app_label=app_config.label).values_list("model", flat=True))
    new = [model(app_label=app_config.label, model=name) for name in sorted(names - known)]
    rows.bulk_create(new)
    if verbosity >= 2:
        for one in new:
            print(f"Adding content type '{one.app_label} | {one.model}'")  # noqa: T201
