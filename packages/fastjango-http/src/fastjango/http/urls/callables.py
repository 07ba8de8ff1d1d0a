"""Turning dotted paths into views (`django.urls.utils`)."""

from __future__ import annotations

import functools
from importlib import import_module
from typing import Any

from fastjango.core.exceptions import ViewDoesNotExist
from fastjango.core.imports import module_has_submodule

__all__ = ["get_callable", "get_mod_func"]


@functools.cache
def get_callable(lookup_view: Any) -> Any:
    """Return the view a dotted path names; a callable is returned as it is.

    Raises:
        ImportError: The path has no dot, or importing its module failed.
        ViewDoesNotExist: The module or the attribute does not exist, or is not callable.
    """
    if callable(lookup_view):
        return lookup_view
    if not isinstance(lookup_view, str):
        raise ViewDoesNotExist(f"'{lookup_view}' is not a callable or a dot-notation path")
    module_name, attribute = get_mod_func(lookup_view)
    if not attribute:
        raise ImportError(f"Could not import '{lookup_view}'. The path must be fully qualified.")
    try:
        module = import_module(module_name)
    except ImportError:
        parent, child = get_mod_func(module_name)
        if child and not module_has_submodule(import_module(parent), child):
            raise ViewDoesNotExist(
                f"Could not import '{lookup_view}'. Parent module {module_name} does not exist."
            ) from None
        raise
    try:
        view = getattr(module, attribute)
    except AttributeError:
        raise ViewDoesNotExist(
            f"Could not import '{lookup_view}'. View does not exist in module {module_name}."
        ) from None
    if not callable(view):
        raise ViewDoesNotExist(
            f"Could not import '{module_name}.{attribute}'. View is not callable."
        )
    return view


def get_mod_func(callback: str) -> tuple[str, str]:
    """Split `"a.b.c"` into `("a.b", "c")`; without a dot the second part is empty."""
    module, dot, name = callback.rpartition(".")
    return (module, name) if dot else (callback, "")
