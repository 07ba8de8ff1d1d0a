"""Import of modules and objects by dotted name."""

from __future__ import annotations

import copy
import os
import sys
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

__all__ = [
    "autodiscover_modules", "cached_import", "import_string", "module_dir",
    "module_has_submodule",
]  # fmt: skip


def cached_import(module_path: str, class_name: str) -> Any:
    """Return an attribute of a module, importing the module unless it is wholly loaded."""
    module = sys.modules.get(module_path)
    spec = getattr(module, "__spec__", None)
    if module is None or spec is None or getattr(spec, "_initializing", False):
        module = import_module(module_path)
    return getattr(module, class_name)


def import_string(dotted_path: str) -> Any:
    """Import the object that a dotted path names.

    Raises:
        ImportError: The path has no dot, the module cannot be imported, or it lacks the name.
    """
    module_path, dot, class_name = dotted_path.rpartition(".")
    if not dot:
        raise ImportError(f"{dotted_path} doesn't look like a module path")
    try:
        return cached_import(module_path, class_name)
    except AttributeError as error:
        raise ImportError(
            f'Module "{module_path}" does not define a "{class_name}" attribute/class'
        ) from error


def module_has_submodule(package: ModuleType, module_name: str) -> bool:
    """Tell whether `package` has the submodule, without importing it."""
    try:
        name, path = package.__name__, package.__path__
    except AttributeError:
        return False
    try:
        return find_spec(f"{name}.{module_name}", path) is not None  # type: ignore[arg-type]  # pyright: ignore
    except ModuleNotFoundError:
        return False


def module_dir(module: ModuleType) -> str:
    """Return the folder that holds a module.

    Raises:
        ValueError: It is spread over several folders, or over none.
    """
    paths = list(getattr(module, "__path__", []))
    if len(paths) == 1:
        return str(paths[0])
    if (filename := getattr(module, "__file__", None)) is not None:
        return os.path.dirname(str(filename))  # noqa: PTH120 - pathlib is slow to import
    raise ValueError(f"Cannot determine directory containing {module}")


def autodiscover_modules(*args: str, register_to: Any = None) -> None:
    """Import the named submodules of every installed app that has them.

    Args:
        register_to: An object whose `_registry` is put back if an import fails, so that it can be
            tried again.
    """
    from .registry import apps

    for config in apps.get_app_configs():
        for name in args:
            before = copy.copy(register_to._registry) if register_to else None
            try:
                import_module(f"{config.name}.{name}")
            except Exception:
                if register_to:
                    register_to._registry = before
                if config.module is not None and module_has_submodule(config.module, name):
                    raise
