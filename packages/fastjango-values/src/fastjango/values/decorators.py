"""Decorators made of other things, as in `django.utils.decorators`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import asyncio
import inspect
import sys
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial, update_wrapper, wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar

__all__ = [
    "async_only_middleware",
    "classonlymethod",
    "decorator_from_middleware",
    "decorator_from_middleware_with_args",
    "iscoroutinefunction",
    "make_middleware_decorator",
    "markcoroutinefunction",
    "method_decorator",
    "sync_and_async_middleware",
    "sync_only_middleware",
]

F = TypeVar("F", bound=Callable[..., Any])
View = Callable[..., Any]

if sys.version_info >= (3, 12):
    iscoroutinefunction = inspect.iscoroutinefunction
    markcoroutinefunction = inspect.markcoroutinefunction
else:
    # The mark that asyncio knows; it has no public name.
    _MARK: Final[Any] = getattr(asyncio.coroutines, "_is_coroutine")  # noqa: B009

    def iscoroutinefunction(func: Any) -> bool:
        """Tell whether calling the object gives an awaitable: `async def`, or marked as such."""
        while isinstance(func, partial):
            func = func.func
        is_coroutine: Any = getattr(asyncio, "iscoroutinefunction")  # noqa: B009  # later deprecated
        return bool(is_coroutine(func)) or getattr(func, "_is_coroutine", None) is _MARK

    def markcoroutinefunction(func: F) -> F:
        """Mark a callable that returns an awaitable as a coroutine function."""
        func._is_coroutine = _MARK  # type: ignore[attr-defined]
        return func


if TYPE_CHECKING:
    _ClassMethod = classmethod[Any, ..., Any]
else:
    _ClassMethod = classmethod  # which takes no parameters as the program runs


class classonlymethod(_ClassMethod):  # noqa: N801  # Django's name
    """A class method that instances do not have."""

    def __get__(self, instance: Any, cls: type[Any] | None = None) -> Any:
        if instance is not None:
            raise AttributeError("This method is available only on the class, not on instances.")
        return super().__get__(instance, cls)


def _copy_attributes(wrapper: View, decorator: Callable[[View], View]) -> None:
    """Give a wrapper the attributes that a decorator adds to what it decorates."""

    @decorator
    def sample(*args: Any, **kwargs: Any) -> None:
        """Only its attributes are looked at."""

    update_wrapper(wrapper, sample)


def _decorate_method(decorators: Any, method: Any) -> View:
    chain: list[Callable[[View], View]]
    if isinstance(decorators, Iterable):
        if not isinstance(decorators, Sequence):
            raise TypeError(
                f"The decorators {decorators!r} have no order. Give method_decorator() a list."
            )
        chain = list(decorators)[::-1]
    else:
        chain = [decorators]

    def wrapper(self: Any, *args: Any, **kwargs: Any) -> Any:
        # Functions can carry attributes and bound methods cannot, hence the partial.
        bound: Any = wraps(method)(partial(method.__get__(self, type(self))))
        for decorator in chain:
            bound = decorator(bound)
        return bound(*args, **kwargs)

    for decorator in chain:
        _copy_attributes(wrapper, decorator)
    update_wrapper(wrapper, method)
    if iscoroutinefunction(method):
        markcoroutinefunction(wrapper)
    return wrapper


def method_decorator(decorator: Any, name: str = "") -> Callable[[Any], Any]:
    """Turn decorators of functions into one of methods.

    Args:
        decorator: A decorator, or several of them in the order in which they would be written.
        name: On a class: the name of the method to decorate.

    Raises:
        ValueError: The class has no such method (when it is decorated).
        TypeError: The class's attribute is not callable, or the decorators come in no order, as
            those of a set (when it is decorated).
    """

    def decorate(obj: Any) -> Any:
        if not isinstance(obj, type):
            return _decorate_method(decorator, obj)
        if not (name and hasattr(obj, name)):
            raise ValueError(
                "The keyword argument `name` must be the name of a method of the decorated "
                f"class: {obj}. Got '{name}' instead."
            )
        method = getattr(obj, name)
        if not callable(method):
            raise TypeError(
                f"Cannot decorate '{name}' as it isn't a callable attribute of {obj} ({method})."
            )
        setattr(obj, name, _decorate_method(decorator, method))
        return obj

    if not hasattr(decorator, "__iter__"):
        update_wrapper(decorate, decorator)
    named = decorator if hasattr(decorator, "__name__") else type(decorator)
    decorate.__name__ = f"method_decorator({named.__name__})"
    return decorate


def decorator_from_middleware_with_args(middleware_class: Any) -> Callable[..., Any]:
    """Return a view decorator that takes the middleware's arguments: `cache_page(3600)`."""
    return make_middleware_decorator(middleware_class)


def decorator_from_middleware(middleware_class: Any) -> Callable[[View], View]:
    """Return a view decorator that puts one middleware, made without arguments, round a view."""
    decorator: Callable[[View], View] = make_middleware_decorator(middleware_class)()
    return decorator


class _Around:
    """Calls a middleware's hooks round one view."""

    def __init__(self, middleware: Any, view: View) -> None:
        self.middleware, self.view = middleware, view

    def before(self, request: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return the response of `process_request` or `process_view`, if there is one."""
        if hasattr(self.middleware, "process_request"):
            result = self.middleware.process_request(request)
            if result is not None:
                return result
        if hasattr(self.middleware, "process_view"):
            return self.middleware.process_view(request, self.view, args, kwargs)
        return None

    def failed(self, request: Any, error: Exception) -> Any:
        """Return the response of `process_exception`, None when there is none."""
        if hasattr(self.middleware, "process_exception"):
            return self.middleware.process_exception(request, error)
        return None

    def after(self, request: Any, response: Any) -> Any:
        """Return the response after the middleware has seen it, once it is rendered."""
        if hasattr(response, "render") and callable(response.render):
            if hasattr(self.middleware, "process_template_response"):
                response = self.middleware.process_template_response(request, response)
            if hasattr(self.middleware, "process_response"):
                response.add_post_render_callback(
                    lambda rendered: self.middleware.process_response(request, rendered)
                )
            return response
        if hasattr(self.middleware, "process_response"):
            return self.middleware.process_response(request, response)
        return response


def make_middleware_decorator(middleware_class: Any) -> Callable[..., Any]:
    """Return a function of the middleware's arguments that returns a view decorator.

    Views may be sync or async; the middleware's `process_*` methods are called in place.
    """

    def make(*m_args: Any, **m_kwargs: Any) -> Callable[[View], View]:
        def decorate(view_func: View) -> View:
            around = _Around(middleware_class(view_func, *m_args, **m_kwargs), view_func)

            def view(request: Any, *args: Any, **kwargs: Any) -> Any:
                result = around.before(request, args, kwargs)
                if result is not None:
                    return result
                try:
                    response = view_func(request, *args, **kwargs)
                except Exception as error:
                    result = around.failed(request, error)
                    if result is None:
                        raise
                    return result
                return around.after(request, response)

            async def async_view(request: Any, *args: Any, **kwargs: Any) -> Any:
                result = around.before(request, args, kwargs)
                if result is not None:
                    return result
                pending: Awaitable[Any] = view_func(request, *args, **kwargs)
                try:
                    response = await pending
                except Exception as error:
                    result = around.failed(request, error)
                    if result is None:
                        raise
                    return result
                return around.after(request, response)

            return wraps(view_func)(async_view if iscoroutinefunction(view_func) else view)

        return decorate

    return make


def _capabilities(func: F, *, sync: bool, asynchronous: bool) -> F:
    target: Any = func
    target.sync_capable, target.async_capable = sync, asynchronous
    return func


def sync_and_async_middleware(func: F) -> F:
    """Mark a middleware factory whose middleware takes sync and async requests."""
    return _capabilities(func, sync=True, asynchronous=True)


def sync_only_middleware(func: F) -> F:
    """Mark a middleware factory whose middleware takes sync requests only (the default)."""
    return _capabilities(func, sync=True, asynchronous=False)


def async_only_middleware(func: F) -> F:
    """Mark a middleware factory whose middleware takes async requests only."""
    return _capabilities(func, sync=False, asynchronous=True)
