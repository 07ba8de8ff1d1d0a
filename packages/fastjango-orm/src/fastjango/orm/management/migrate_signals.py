"""Tells applications that a database is going to be migrated, or was."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from fastjango.core import apps as installed_apps
from fastjango.core.imports import module_has_submodule
from fastjango.orm.signals import pre_migrate

__all__ = ["import_receivers", "send_to_apps"]


def import_receivers() -> None:
    """Import the module `management` of every app: receivers of these signals may live there."""
    for app_config in installed_apps.get_app_configs():
        if app_config.module and module_has_submodule(app_config.module, "management"):
            import_module(".management", app_config.name)


def send_to_apps(
    signal: Any,
    *,
    verbosity: int,
    interactive: bool,
    using: str,
    stdout: Any,
    apps: Any = installed_apps,
    plan: Any = (),
) -> None:
    """Send `pre_migrate` or `post_migrate` for every app that has models.

    Args:
        signal: Which of the two.
        verbosity: From 2 on each app is named.
        interactive: Whether receivers may ask.
        using: Alias of the database.
        stdout: Where receivers may write.
        apps: Registry with the models as they are in the database.
        plan: `(migration, backwards)` pairs that are run.
    """
    when = "pre" if signal is pre_migrate else "post"
    for app_config in installed_apps.get_app_configs():
        if app_config.models_module is None:
            continue
        if verbosity >= 2:
            stdout.write(f"Running {when}-migrate handlers for application {app_config.label}")
        signal.send(
            sender=app_config,
            app_config=app_config,
            verbosity=verbosity,
            interactive=interactive,
            using=using,
            apps=apps,
            plan=list(plan),
            stdout=stdout,
        )
