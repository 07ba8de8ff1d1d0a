"""`View`: a class whose methods answer the HTTP methods."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import classproperty
from fastjango.core.twins import check_twins
from fastjango.http.response import HttpResponse
from fastjango.http.views._refusals import method_not_allowed
from fastjango.values.decorators import (
    classonlymethod,
    iscoroutinefunction,
    markcoroutinefunction,
)

__all__ = ["View"]


class View:
    """Base of class-based views: `get()`, `post()` and so on answer these methods.

    `as_view()` makes the callable for a URLconf; every request gets an instance of its own.

    Args:
        kwargs: Values for attributes, as given to `as_view()`.
    """

    http_method_names: list[str] = [
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
        "trace",
    ]
    request: Any
    head: Any
    args: tuple[Any, ...]
    kwargs: dict[str, Any]

    def __init__(self, **kwargs: Any) -> None:
        for key, value in kwargs.items():
            setattr(self, key, value)

    @classproperty
    def view_is_async(cls) -> Any:  # noqa: N805 - the class is what it receives
        """Whether the handlers are coroutine functions.

        A subclass may assign `True`: the handlers of generic views then do all their waiting on
        the loop, by their asynchronous twins.

        Raises:
            ImproperlyConfigured: Some are and some are not.
        """
        handlers = [
            getattr(cls, method)
            for method in cls.http_method_names
            if method != "options" and hasattr(cls, method)
        ]
        if not handlers:
            return False
        is_async = iscoroutinefunction(handlers[0])
        if not all(iscoroutinefunction(handler) == is_async for handler in handlers[1:]):
            raise ImproperlyConfigured(
                f"{cls.__qualname__} HTTP handlers must either be all sync or all async."  # type: ignore[attr-defined]  # pyright: ignore
            )
        return is_async

    @classonlymethod
    def as_view(cls: Any, **initkwargs: Any) -> Callable[..., Any]:  # noqa: N805 - a class method
        """Return a view function for a URLconf.

        Args:
            initkwargs: Values for attributes that the class has.

        Raises:
            TypeError: A name is that of an HTTP method, or no attribute of the class.
            ImproperlyConfigured: The view is asynchronous, and overrides a synchronous method of
                a generic view, of which only the asynchronous twin would be called.
        """
        for key in initkwargs:
            if key in cls.http_method_names:
                raise TypeError(
                    f"The method name {key} is not accepted as a keyword argument to "
                    f"{cls.__name__}()."
                )
            if not hasattr(cls, key):
                raise TypeError(
                    f"{cls.__name__}() received an invalid keyword {key!r}. as_view only accepts "
                    "arguments that are already attributes of the class."
                )

        def view(request: Any, *args: Any, **kwargs: Any) -> Any:
            self = cls(**initkwargs)
            self.setup(request, *args, **kwargs)
            if not hasattr(self, "request"):
                raise AttributeError(
                    f"{cls.__name__} instance has no 'request' attribute. Did you override "
                    "setup() and forget to call super()?"
                )
            return self.dispatch(request, *args, **kwargs)

        view.view_class = cls  # type: ignore[attr-defined]  # pyright: ignore
        view.view_initkwargs = initkwargs  # type: ignore[attr-defined]  # pyright: ignore
        # __name__ stays "view": view_class is what names a class-based view.
        view.__doc__ = cls.__doc__
        view.__module__ = cls.__module__
        view.__annotations__ = cls.dispatch.__annotations__
        # Marks set by decorators on dispatch(), such as csrf_exempt.
        view.__dict__.update(cls.dispatch.__dict__)
        if cls.view_is_async:
            check_twins(cls, frozenset(cls.http_method_names))
            markcoroutinefunction(view)
        return view

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Prepare the instance for one request; override it to prepare more."""
        if hasattr(self, "get") and not hasattr(self, "head"):
            self.head = self.get  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]  # only subclasses have it
        self.request = request
        self.args = args
        self.kwargs = kwargs

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Call the handler of the request's method, or answer 405."""
        method: str = request.method.lower()
        handler = self.http_method_not_allowed
        if method in self.http_method_names:
            handler = getattr(self, method, handler)
        return handler(request, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer 405 with the methods that are allowed."""
        return self._hand_back(method_not_allowed(request, self._allowed_methods()))

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer OPTIONS with the methods that are allowed."""
        response = HttpResponse()
        response.headers["Allow"] = ", ".join(self._allowed_methods())
        response.headers["Content-Length"] = "0"
        return self._hand_back(response)

    def _hand_back(self, response: HttpResponse) -> Any:
        """Return the response as this view's handlers do: as it is, or as a coroutine."""
        if not self.view_is_async:
            return response

        async def answer() -> HttpResponse:
            return response

        return answer()

    def _allowed_methods(self) -> list[str]:
        return [method.upper() for method in self.http_method_names if hasattr(self, method)]
