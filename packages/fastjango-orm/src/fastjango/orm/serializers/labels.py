"""Models and apps that a command line names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import apps
from fastjango.core.management import CommandError

__all__ = ["chosen_models", "parse_apps_and_model_labels"]


def _config(label: str) -> Any:
    try:
        return apps.get_app_config(label)
    except LookupError as error:
        raise CommandError(str(error)) from error


def parse_apps_and_model_labels(labels: Iterable[str]) -> tuple[set[Any], set[Any]]:
    """Models (`app.Model`) and apps (`app`) among the labels.

    Raises:
        CommandError: One of them does not exist.
    """
    models: set[Any] = set()
    configs: set[Any] = set()
    for label in labels:
        if "." not in label:
            configs.add(_config(label))
            continue
        try:
            models.add(apps.get_model(label))
        except LookupError as error:
            raise CommandError(f"Unknown model: {label}") from error
    return models, configs


def chosen_models(labels: Iterable[str], excluded: set[Any], one_only: bool) -> dict[Any, Any]:
    """Models to dump by app, `None` for all of an app; every app without labels.

    Args:
        excluded: Apps to leave out.
        one_only: Exactly one model must be named.

    Raises:
        CommandError: A label does not exist, or more than one model is named.
    """
    given = list(labels)
    if one_only and (len(given) != 1 or "." not in given[0]):
        raise CommandError("You can only use --pks option with one model")
    if not given:
        configs = (c for c in apps.get_app_configs() if c.models_module is not None)
        return dict.fromkeys(config for config in configs if config not in excluded)
    chosen: dict[Any, Any] = {}
    for label in given:
        app_label, dot, name = label.partition(".")
        config = _config(app_label)
        if config.models_module is None or config in excluded:
            continue
        if not dot:
            chosen[config] = None
            continue
        try:
            model = config.get_model(name)
        except LookupError as error:
            raise CommandError(f"Unknown model: {label}") from error
        listed = chosen.setdefault(config, [])
        if listed is not None and model not in listed:
            listed.append(model)
    return chosen
