"""API views: classes whose methods are path operations, and options for single ones."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar, Unpack

from fastjango.http.urls.styles import OPERATION_MARK
from fastjango.http.views.options import OperationOptions
from fastjango.values.decorators import classonlymethod, iscoroutinefunction

__all__ = ["ApiView", "OperationOptions", "operation"]

F = TypeVar("F", bound=Callable[..., Any])


def operation(**options: Unpack[OperationOptions]) -> Callable[[F], F]:
    """Say how a view in FastAPI style is registered: methods, status, tags and the like.

    Works on functions under `path()` and on methods of an `ApiView`.

    Args:
        options: What FastAPI's route decorators take.
    """

    def decorator(view: F) -> F:
        known: dict[str, Any] = getattr(view, OPERATION_MARK, {})
        setattr(view, OPERATION_MARK, {**known, **options})
        return view

    return decorator


class ApiView:
    """Base of API views: `get()`, `post()` and so on declare their own parameters, as in FastAPI.

    Each method is a path operation of its own, with validation and an entry in OpenAPI. Every
    request gets an instance; arguments of `as_view()` become its attributes.
    """

    is_api_view = True
    http_method_names: list[str] = ["get", "post", "put", "patch", "delete", "head", "options"]

    def __init__(self, **kwargs: Any) -> None:
        for key, value in kwargs.items():
            setattr(self, key, value)

    @classonlymethod
    def as_view(cls: Any, **initkwargs: Any) -> Callable[..., Any]:  # noqa: N805 - a class method
        """Return what `path()` takes.

        Args:
            initkwargs: Values for attributes that the class has.

        Raises:
            TypeError: A name is that of a method, or no attribute of the class.
        """
        for key in initkwargs:
            if key in cls.http_method_names or not hasattr(cls, key):
                raise TypeError(
                    f"{cls.__name__}.as_view() received {key!r}. It takes names of attributes "
                    "that the class has, except those of HTTP methods."
                )

        def view(*args: Any, **kwargs: Any) -> Any:
            raise TypeError(
                f"{cls.__name__} is an API view: its methods are called by the application with "
                "the parameters they declare. Send it a request through a test client."
            )

        view.view_class = cls  # type: ignore[attr-defined]  # pyright: ignore
        view.view_initkwargs = initkwargs  # type: ignore[attr-defined]  # pyright: ignore
        view.__doc__ = cls.__doc__
        view.__module__ = cls.__module__
        for mark in _VIEW_MARKS:
            if hasattr(cls, mark):
                setattr(view, mark, getattr(cls, mark))
        return view

    @classonlymethod
    def operations(
        cls: Any,  # noqa: N805 - a class method
        initkwargs: dict[str, Any],
    ) -> Iterator[tuple[str, Callable[..., Any], dict[str, Any]]]:
        """Yield method, endpoint and options of each path operation.

        Args:
            initkwargs: The arguments of `as_view()`.
        """
        for name in cls.http_method_names:
            handler = getattr(cls, name, None)
            if handler is not None:
                options: dict[str, Any] = dict(getattr(handler, OPERATION_MARK, {}))
                endpoint = _endpoint(cls, handler, name, initkwargs)
                yield name.upper(), endpoint, options


_VIEW_MARKS = frozenset({"csrf_exempt", "should_append_slash", "login_required"})


def _endpoint(
    cls: type[ApiView], handler: Any, name: str, initkwargs: dict[str, Any]
) -> Callable[..., Any]:
    """Return a function with the method's parameters that calls it on a fresh instance."""
    if iscoroutinefunction(handler):

        @functools.wraps(handler)
        async def async_endpoint(**kwargs: Any) -> Any:
            return await getattr(cls(**initkwargs), name)(**kwargs)

        endpoint: Any = async_endpoint
    else:

        @functools.wraps(handler)
        def sync_endpoint(**kwargs: Any) -> Any:
            return getattr(cls(**initkwargs), name)(**kwargs)

        endpoint = sync_endpoint

    signature = inspect.signature(handler)
    _, *parameters = signature.parameters.values()
    endpoint.__signature__ = signature.replace(parameters=parameters)
    endpoint.__name__ = f"{cls.__name__}_{name}"
    for mark in _VIEW_MARKS:
        if hasattr(cls, mark):
            setattr(endpoint, mark, getattr(cls, mark))
    result: Callable[..., Any] = endpoint
    return result
