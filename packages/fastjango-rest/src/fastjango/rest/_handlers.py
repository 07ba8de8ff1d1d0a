"""The handlers of a view: which one answers a method, and the callable of a view class."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Views are of any type.

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from fastjango.core.aio import is_loop_running
from fastjango.http.aio import run_in_thread
from fastjango.http.invocation import wrap_view
from fastjango.rest import _routes
from fastjango.rest._steps import picked
from fastjango.values.decorators import iscoroutinefunction, markcoroutinefunction


class Keywords:
    """The keyword arguments of a handler on their way through a step."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values


def in_transaction(handler: Any) -> Callable[..., Any]:
    def call(request: Any, *args: Any) -> Any:
        *positional, kwargs = args
        return wrap_view(handler)(request, *positional, **kwargs.values)

    return call


@functools.lru_cache(maxsize=4096)
def _takes_keyword(function: Any, name: str) -> bool:
    parameters = inspect.signature(function).parameters
    return name in parameters or any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()
    )


def takes(handler: Any, name: str) -> bool:
    return _takes_keyword(getattr(handler, "__func__", handler), name)


def twin_of(view: Any, name: str) -> Any:
    """Return the asynchronous twin of a handler if it is the one to call, else `None`."""
    bound = view.__dict__.get(name)
    if bound is not None:
        # A view set has bound an action to the method.
        name = getattr(bound, "__name__", name)
        if getattr(bound, "__self__", None) is not view:
            return None
    owner: type[Any] = type(view)
    twin = "a" + name
    if hasattr(owner, twin) and picked(owner, name, twin) == twin:
        return getattr(view, twin)
    return None


def needs_loop(view: Any, name: str) -> bool:
    handler = getattr(view, name, None)
    if handler is None:
        return False
    return iscoroutinefunction(handler) or _routes.declares_parameters(handler)


def check_initkwargs(cls: Any, initkwargs: dict[str, Any]) -> None:
    for key in initkwargs:
        if key in cls.http_method_names:
            raise TypeError(
                f"The method name {key} is not accepted as a keyword argument to {cls.__name__}()."
            )
        if not hasattr(cls, key):
            raise TypeError(
                f"{cls.__name__}() received an invalid keyword {key!r}. as_view only accepts "
                "arguments that are already attributes of the class."
            )


class _OwnTransactions(set[str]):
    """Names of databases whose transaction the view starts itself: all of them."""

    def __contains__(self, alias: object) -> bool:
        return True


def make_view(cls: Any, initkwargs: dict[str, Any], bind: Callable[..., Any]) -> Any:
    """Return the callable of a view class."""

    def view(request: Any, *args: Any, **kwargs: Any) -> Any:
        self = bind(request, args, kwargs)
        if not is_loop_running():
            return self.dispatch(request, *args, **kwargs)
        if picked(cls, "dispatch", "adispatch") == "adispatch":
            return self.adispatch(request, *args, **kwargs)
        if iscoroutinefunction(self.dispatch):
            return self.dispatch(request, *args, **kwargs)
        return run_in_thread(functools.partial(self.dispatch, request, *args, **kwargs))

    made: Any = view
    made.view_class = made.cls = cls
    made.view_initkwargs = made.initkwargs = initkwargs
    made.__doc__, made.__module__ = cls.__doc__, cls.__module__
    made.__name__ = made.__qualname__ = cls.__name__
    made.__dict__.update(cls.dispatch.__dict__)
    # Sessions are checked against forgery by SessionAuthentication, other credentials need no
    # check; who may come in is for permissions to say.
    made.csrf_exempt = True
    made.login_required = False
    # The handler alone runs inside ATOMIC_REQUESTS, on the connection of its own edge.
    made._non_atomic_requests = _OwnTransactions()
    markcoroutinefunction(made)
    return made
