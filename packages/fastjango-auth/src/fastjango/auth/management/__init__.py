"""Permissions that follow the models when migrations run, and names for new superusers."""

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false
# `_meta` and `_default_manager` are for everybody.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import getpass
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastjango.auth.authentication import get_permission_codename
from fastjango.contenttypes.management import create_contenttypes
from fastjango.core import apps as global_apps
from fastjango.core.exceptions import ValidationError
from fastjango.core.management.color import color_style
from fastjango.orm import DEFAULT_DB_ALIAS
from fastjango.orm.migrations.operations.models import RenameModel
from fastjango.orm.router import router
from fastjango.orm.transaction import atomic

__all__ = [
    "create_permissions",
    "get_builtin_permissions",
    "get_default_username",
    "get_system_username",
    "rename_permissions_after_model_rename",
]


def get_builtin_permissions(opts: Any) -> list[tuple[str, str]]:
    """Return codename and name of the permissions that every model has: add, change and so on."""
    return [
        (get_permission_codename(action, opts), f"Can {action} {opts.verbose_name_raw}")
        for action in opts.default_permissions
    ]


def _all_permissions(opts: Any) -> list[tuple[str, str]]:
    return [*get_builtin_permissions(opts), *opts.permissions]


def _lacking(permission_model: Any, types: Mapping[Any, Any], using: str) -> Iterator[Any]:
    """Yield new permissions, not saved yet, for what some models have no permission for.

    Args:
        types: The models' content types, in the order of the permissions.
    """
    rows = permission_model.objects.using(using).filter(content_type__in=set(types.values()))
    known = set(rows.values_list("content_type", "codename"))
    for model, content_type in types.items():
        for codename, name in _all_permissions(model._meta):
            if (content_type.pk, codename) not in known:
                permission = permission_model()
                permission._state.db = using
                permission.codename = codename
                permission.name = name
                permission.content_type = content_type
                yield permission


def create_permissions(
    app_config: Any,
    verbosity: int = 2,
    interactive: bool = True,
    using: str = DEFAULT_DB_ALIAS,
    apps: Any = global_apps,
    **kwargs: Any,
) -> None:
    """Make the permissions that an app's models lack.

    Side effects: up to four queries; prints with `verbosity` 2.
    """
    if not app_config.models_module:
        return
    try:
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:
        return
    if not router.allow_migrate_model(using, permission_model):
        return
    # This app may come before that of content types.
    create_contenttypes(
        app_config,
        verbosity=verbosity,
        interactive=interactive,
        using=using,
        apps=apps,
        **kwargs,
    )
    try:
        app_config = apps.get_app_config(app_config.label)
        type_model = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        return
    models = list(app_config.get_models())
    types = type_model.objects.db_manager(using).get_for_models(*models, for_concrete_models=False)
    new = list(_lacking(permission_model, {model: types[model] for model in models}, using))
    permission_model.objects.using(using).bulk_create(new)
    if verbosity >= 2:
        for permission in new:
            print(f"Adding permission '{permission}'")  # noqa: T201


def _renamed_models(plan: Iterable[Any], app_label: str) -> dict[str, tuple[str, str]]:
    """Return old and new name of the models of an app that a plan renames, by new name.

    A chain of renames counts as one. Old names and keys are in lower case.
    """
    renamed: dict[str, tuple[str, str]] = {}
    for migration, backward in plan:
        if migration.app_label != app_label:
            continue
        operations = reversed(migration.operations) if backward else migration.operations
        for operation in operations:
            if not isinstance(operation, RenameModel):
                continue
            old, new = operation.old_name, operation.new_name
            if backward:
                old, new = new, old
            first = renamed.pop(old.lower(), (old.lower(), old))[0]
            renamed[new.lower()] = (first, new)
    return renamed


def _actions_and_name(apps: Any, app_label: str, model_name: str) -> tuple[Any, str]:
    try:
        opts = apps.get_model(app_label, model_name)._meta
    except LookupError:
        # The model is not there in this state of the migrations, as when all are undone.
        return apps.get_model("auth", "Permission")._meta.default_permissions, model_name
    return opts.default_permissions, opts.verbose_name_raw


class _Renaming:
    """The permissions to rename in one app, and those that are in the way."""

    def __init__(self, apps: Any, app_label: str, renamed: dict[str, tuple[str, str]]) -> None:
        self.apps = apps
        self.app_label = app_label
        self.renamed = renamed
        self.planned: list[tuple[Any, str, str, str]] = []
        self.conflicts: list[tuple[Any, str, str]] = []

    def plan(self, held: dict[str, dict[str, Any]]) -> None:
        """Compare with the permissions that there are, by model and codename."""
        for new, (old, spelled) in self.renamed.items():
            codenames = held.get(new)
            if codenames is None:
                # The content type was not renamed, because there was another one.
                continue
            actions, verbose_name = _actions_and_name(self.apps, self.app_label, spelled)
            for action in actions:
                before, after = f"{action}_{old}", f"{action}_{new}"
                permission = codenames.get(before)
                if permission is None:
                    continue
                if codenames.get(after, permission) is not permission:
                    self.conflicts.append((permission.pk, before, after))
                    continue
                self.planned.append((permission, before, after, f"Can {action} {verbose_name}"))

    def refuse_conflicts(self, verbosity: int, stdout: Any) -> None:
        """Raise if a permission is in the way."""
        if not self.conflicts:
            return
        if verbosity:
            style = color_style()
            for pk, before, after in self.conflicts:
                message = (
                    f"Failed to rename permission {pk} from '{before}' to '{after}'. "
                    "Please resolve the conflict manually.\n"
                )
                stdout.write(style.WARNING(message))
        raise RuntimeError(f"{len(self.conflicts)} permission rename conflict(s) detected.")


def rename_permissions_after_model_rename(
    app_config: Any,
    verbosity: int = 2,
    plan: Iterable[Any] | None = None,
    using: str = DEFAULT_DB_ALIAS,
    apps: Any = global_apps,
    stdout: Any = sys.stdout,
    **kwargs: Any,
) -> None:
    """Rename the permissions of models that migrations have renamed.

    Raises:
        RuntimeError: A permission of the new name is there already.
    """
    if not app_config.models_module:
        return
    try:
        permission_model = apps.get_model("auth", "Permission")
        type_model = apps.get_model("contenttypes", "ContentType")
    except LookupError:
        return
    db = using or router.db_for_write(permission_model)
    if not router.allow_migrate_model(db, permission_model):
        return
    label = app_config.label
    renamed = _renamed_models(plan or (), label)
    if not renamed:
        return
    types = type_model.objects.using(db).filter(app_label=label, model__in=list(renamed))
    held = {
        one.model: {permission.codename: permission for permission in one.permission_set.all()}
        for one in types.prefetch_related("permission_set")
    }
    renaming = _Renaming(apps, label, renamed)
    renaming.plan(held)
    renaming.refuse_conflicts(verbosity, stdout)
    with atomic(using=db):
        for permission, _before, after, name in renaming.planned:
            permission.codename = after
            permission.name = name
            permission.save(update_fields={"codename", "name"}, using=db)
    if verbosity >= 2:
        for _permission, before, after, _name in renaming.planned:
            stdout.write(f"Renamed permission(s): {label}.{before} → {after}\n")


def get_system_username() -> str:
    """Return the name of the account that runs this process, `""` if it has none."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        # Which one depends on the version of Python; a container may have no account database.
        return ""


def get_default_username(check_db: bool = True, database: str = DEFAULT_DB_ALIAS) -> str:
    """Return the name of the account that runs this process, if a user could have it.

    Args:
        check_db: Return `""` if a user has it already.
        database: Where to look for that user.

    Returns:
        `""` if there is no such name, or if the user model is not the built-in one.
    """
    # Modules of this package are imported before models are.
    from fastjango.auth.models import User

    if User._meta.swapped:
        return ""
    name = unicodedata.normalize("NFKD", get_system_username())
    name = name.encode("ascii", "ignore").decode("ascii").replace(" ", "").lower()
    try:
        User._meta.get_field("username").run_validators(name)
    except ValidationError:
        return ""
    taken = (
        check_db
        and name
        and User._default_manager.db_manager(database).filter(username=name).exists()
    )
    return "" if taken else name
