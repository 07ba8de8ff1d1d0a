"""System checks of generic relations and model names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fastjango.core import apps
from fastjango.core.checks import Error

__all__ = ["check_generic_foreign_keys", "check_model_name_lengths"]

#: Longest model name that the column of content types takes, in characters.
LONGEST_NAME = 100


def _models(app_configs: Iterable[Any] | None) -> list[Any]:
    if app_configs is None:
        return list(apps.get_models())
    return [model for config in app_configs for model in config.get_models()]


def _attributes(model: type) -> list[object]:
    return list(vars(model).values())


def check_generic_foreign_keys(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Check every `GenericForeignKey`."""
    from .generic_foreign_key import GenericForeignKeyDescriptor

    return [
        error
        for model in _models(app_configs)
        for attribute in _attributes(model)
        if isinstance(attribute, GenericForeignKeyDescriptor)
        for error in attribute.field.check()
    ]


def check_model_name_lengths(app_configs: Any, **kwargs: Any) -> list[Any]:
    """Refuse model names that do not fit into the table of content types."""
    return [
        Error(
            f"Model names must be at most {LONGEST_NAME} characters (got "
            f"{len(model._meta.model_name)}).",
            obj=model,
            id="contenttypes.E005",
        )
        for model in _models(app_configs)
        if len(model._meta.model_name) > LONGEST_NAME
    ]
