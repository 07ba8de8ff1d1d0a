"""What functions accept, as in `django.utils.inspect`."""

import functools
import inspect
import sys
from collections.abc import Callable
from inspect import Parameter
from typing import Any, Final

__all__ = [
    "func_accepts_kwargs",
    "func_accepts_var_args",
    "func_supports_parameter",
    "get_func_args",
    "get_func_full_args",
    "is_module_level_function",
    "method_has_no_args",
    "signature",
]

_NAMED: Final = (
    Parameter.POSITIONAL_ONLY,
    Parameter.KEYWORD_ONLY,
    Parameter.POSITIONAL_OR_KEYWORD,
)


def signature(obj: Callable[..., Any]) -> inspect.Signature:
    """Return a signature without evaluating annotations that are deferred (Python 3.14)."""
    if sys.version_info >= (3, 14):
        import annotationlib  # new in 3.14

        return inspect.signature(obj, annotation_format=annotationlib.Format.FORWARDREF)
    return inspect.signature(obj)


@functools.lru_cache(maxsize=512)
def _get_func_parameters(func: Callable[..., Any], remove_first: bool) -> tuple[Parameter, ...]:
    parameters = tuple(signature(func).parameters.values())
    return parameters[1:] if remove_first else parameters


def _get_callable_parameters(target: Any) -> tuple[Parameter, ...]:
    """Return the parameters that a caller gives; remembered by function."""
    if inspect.ismethod(target):
        return _get_func_parameters(target.__func__, remove_first=True)
    return _get_func_parameters(target, remove_first=False)


def get_func_args(func: Callable[..., Any]) -> list[str]:
    """Return the names of a function's parameters, without `*args` and `**kwargs`."""
    return [
        parameter.name for parameter in _get_callable_parameters(func) if parameter.kind in _NAMED
    ]


def get_func_full_args(func: Callable[..., Any]) -> list[tuple[Any, ...]]:
    """Return a tuple for each parameter but `self`: its name (with `*` or `**`) and default."""
    marks: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
    found: list[tuple[Any, ...]] = []
    for parameter in _get_callable_parameters(func):
        if parameter.name == "self":
            continue
        name = marks.get(parameter.kind, "") + parameter.name
        has_default = parameter.default is not Parameter.empty
        found.append((name, parameter.default) if has_default else (name,))
    return found


def func_accepts_kwargs(func: Callable[..., Any]) -> bool:
    """Tell whether a function takes any keyword argument (`**kwargs`)."""
    return any(
        parameter.kind == Parameter.VAR_KEYWORD for parameter in _get_callable_parameters(func)
    )


def func_accepts_var_args(func: Callable[..., Any]) -> bool:
    """Tell whether a function takes any number of positional arguments (`*args`)."""
    return any(
        parameter.kind == Parameter.VAR_POSITIONAL for parameter in _get_callable_parameters(func)
    )


def method_has_no_args(meth: Callable[..., Any]) -> bool:
    """Tell whether a method takes nothing but `self`."""
    return len(get_func_args(meth)) == (0 if inspect.ismethod(meth) else 1)


def func_supports_parameter(func: Callable[..., Any], name: str) -> bool:
    """Tell whether a function has a parameter of that name."""
    return any(parameter.name == name for parameter in _get_callable_parameters(func))


def is_module_level_function(func: Any) -> bool:
    """Tell whether the object is a function that can be imported from its module."""
    return inspect.isfunction(func) and "<locals>" not in func.__qualname__
