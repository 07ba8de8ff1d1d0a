"""Decorators that keep secrets out of error reports."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from fastjango.http.request import HttpRequest
from fastjango.values.decorators import iscoroutinefunction

__all__ = ["sensitive_post_parameters", "sensitive_variables"]

F = TypeVar("F", bound=Callable[..., Any])

ALL = "__ALL__"

# The frame of a coroutine or a generator does not lead to its wrapper, so the names are
# kept by place of definition.
coroutine_functions_to_sensitive_variables: dict[int, tuple[str, ...] | str] = {}


def sensitive_variables(*variables: str) -> Callable[[F], F]:
    """Hide local variables of a function in error reports.

    Args:
        variables: Their names; all of them if none is given.

    Raises:
        TypeError: The decorator was used without calling it.
    """
    if len(variables) == 1 and callable(variables[0]):
        raise TypeError(
            "sensitive_variables() must be called to use it as a decorator, e.g., use "
            "@sensitive_variables(), not @sensitive_variables."
        )
    hidden: tuple[str, ...] | str = variables or ALL

    def decorator(func: F) -> F:
        if (
            iscoroutinefunction(func)
            or inspect.isgeneratorfunction(func)
            or inspect.isasyncgenfunction(func)
        ):
            coroutine_functions_to_sensitive_variables[_place(func)] = hidden
            return func

        @wraps(func)
        def sensitive_variables_wrapper(*func_args: Any, **func_kwargs: Any) -> Any:
            # Error reports find this frame by the wrapper's name, and read the attribute.
            sensitive_variables_wrapper.sensitive_variables = hidden  # type: ignore[attr-defined]  # pyright: ignore
            return func(*func_args, **func_kwargs)

        return cast("F", sensitive_variables_wrapper)

    return decorator


def _place(func: Callable[..., Any]) -> int:
    """Return a key for where a function is defined.

    Raises:
        ValueError: It is not defined in a Python file.
    """
    innermost: Any = func
    while getattr(innermost, "__wrapped__", None) is not None:
        innermost = innermost.__wrapped__
    try:
        file = inspect.getfile(innermost)
    except TypeError:
        raise ValueError(
            f"{getattr(func, '__name__', func)} cannot safely be wrapped by "
            "@sensitive_variables, make it either non-async or defined in a Python file (not a "
            "builtin or from a native extension)."
        ) from None
    return hash(f"{file}:{innermost.__code__.co_firstlineno}")


def sensitive_post_parameters(*parameters: str) -> Callable[[F], F]:
    """Hide POST parameters of a view in error reports.

    Args:
        parameters: Their names; all of them if none is given.

    Raises:
        TypeError: The decorator was used without calling it.
    """
    if len(parameters) == 1 and callable(parameters[0]):
        raise TypeError(
            "sensitive_post_parameters() must be called to use it as a decorator, e.g., use "
            "@sensitive_post_parameters(), not @sensitive_post_parameters."
        )
    hidden: tuple[str, ...] | str = parameters or ALL

    def mark(request: Any) -> None:
        if not isinstance(request, HttpRequest):
            raise TypeError(
                "sensitive_post_parameters didn't receive an HttpRequest object. If you are "
                "decorating a classmethod, make sure to use @method_decorator."
            )
        request.sensitive_post_parameters = hidden  # type: ignore[attr-defined]  # pyright: ignore

    def decorator(view: F) -> F:
        if iscoroutinefunction(view):

            @wraps(view)
            async def async_wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
                mark(request)
                return await view(request, *args, **kwargs)

            return cast("F", async_wrapper)

        @wraps(view)
        def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            mark(request)
            return view(request, *args, **kwargs)

        return cast("F", wrapper)

    return decorator
