"""Following the source of a field through an object."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Objects may be anything.

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from typing import Any

from fastjango.core.exceptions import ObjectDoesNotExist

__all__ = ["BuiltinSignatureError", "get_attribute", "is_simple_callable"]


class BuiltinSignatureError(Exception):
    """A source names a built-in function, whose signature Python does not show."""


def is_simple_callable(obj: Any) -> bool:
    """Whether an attribute is a function or method that can be called without arguments.

    Raises:
        BuiltinSignatureError: It is a built-in function.
    """
    if not callable(obj):
        return False
    if inspect.isbuiltin(obj):
        raise BuiltinSignatureError(
            "Built-in function signatures are not inspectable. "
            "Wrap the function call in a simple, pure Python function."
        )
    if not (inspect.isfunction(obj) or inspect.ismethod(obj) or isinstance(obj, functools.partial)):
        return False
    return all(
        param.kind in (param.VAR_POSITIONAL, param.VAR_KEYWORD) or param.default is not param.empty
        for param in inspect.signature(obj).parameters.values()
    )


def get_attribute(instance: Any, attrs: Any) -> Any:
    """Follow names through attributes and mappings; callables on the way are called.

    Args:
        instance: Where the path begins.
        attrs: The names.

    Returns:
        The value; `None` where a related object does not exist.

    Raises:
        ValueError: A callable on the way raised `AttributeError` or `KeyError`.
    """
    for attr in attrs:
        try:
            if isinstance(instance, Mapping):
                instance = instance[attr]
            else:
                instance = getattr(instance, attr)
        except ObjectDoesNotExist:
            return None
        if is_simple_callable(instance):
            try:
                instance = instance()
            except (AttributeError, KeyError) as error:
                # Raised as it is, it would look like a missing attribute.
                raise ValueError(
                    f'Exception raised in callable attribute "{attr}"; '
                    f"original exception was: {error}"
                ) from error
    return instance
