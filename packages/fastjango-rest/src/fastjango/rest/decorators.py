"""`@api_view` for functions, policies for these, and `@action` for methods of view sets."""

# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# What a project gives is of any type until it has been looked at.

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fastjango.rest.openapi import MARK, refuse_inspector
from fastjango.rest.views import APIView
from fastjango.values.decorators import iscoroutinefunction

__all__ = ["MethodMapper", "action", "api_view", "authentication_classes",
           "content_negotiation_class", "metadata_class", "parser_classes", "permission_classes",
           "renderer_classes", "schema", "throttle_classes", "throttle_scope",
           "versioning_class"]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])
_POLICIES = (
    "renderer_classes", "parser_classes", "authentication_classes", "throttle_classes",
    "throttle_scope", "permission_classes", "content_negotiation_class", "metadata_class",
    "versioning_class", "schema",
)  # fmt: skip


def api_view(http_method_names: Sequence[str] | None = None) -> Callable[[Any], Any]:
    """Turn a function that takes the API's request, sync or async, into a view.

    Args:
        http_method_names: The methods it answers; GET alone if `None`.

    Raises:
        TypeError: No list was given.
    """
    given: Any = http_method_names
    if isinstance(given, types.FunctionType):
        raise TypeError("@api_view missing list of allowed HTTP methods. Write @api_view(['GET']).")
    names: Any = ["GET"] if given is None else given
    if not isinstance(names, (list, tuple)):
        raise TypeError(f"@api_view expected a list of strings, received {type(names).__name__}")

    def decorator(func: Any) -> Any:
        handler = _handler(func)
        namespace: dict[str, Any] = {
            "__doc__": func.__doc__,
            "__module__": func.__module__,
            "http_method_names": [name.lower() for name in {*names, "options"}],
            **{name.lower(): handler for name in names},
            **{name: getattr(func, name) for name in _POLICIES if hasattr(func, name)},
        }
        namespace.setdefault("throttle_scope", None)
        # Adding HEAD to GET, as every class-based view does.
        if "GET" in (name.upper() for name in names):
            namespace["http_method_names"].append("head")
        return type(func.__name__, (APIView,), namespace).as_view()  # type: ignore[attr-defined]

    return decorator


def _handler(func: Any) -> Any:
    if iscoroutinefunction(func):

        @functools.wraps(func)
        async def async_handler(self: Any, *args: Any, **kwargs: Any) -> Any:
            return await func(*args, **kwargs)

        return async_handler

    @functools.wraps(func)
    def handler(self: Any, *args: Any, **kwargs: Any) -> Any:
        return func(*args, **kwargs)

    return handler


def _policy(name: str, value: Any) -> Callable[[F], F]:
    def decorator(func: F) -> F:
        view_class = getattr(func, "view_class", None)
        if isinstance(view_class, type) and issubclass(view_class, APIView):
            raise TypeError(
                f"@{name} must come after (below) the @api_view decorator, so that the view is "
                "made with it."
            )
        setattr(func, name, value)
        return func

    return decorator


def renderer_classes(renderer_classes: Sequence[Any]) -> Callable[[F], F]:
    """Set the renderers of a function; stands below `@api_view`."""
    return _policy("renderer_classes", renderer_classes)


def parser_classes(parser_classes: Sequence[Any]) -> Callable[[F], F]:
    """Set the parsers of a function; stands below `@api_view`."""
    return _policy("parser_classes", parser_classes)


def authentication_classes(authentication_classes: Sequence[Any]) -> Callable[[F], F]:
    """Set the authenticators of a function; stands below `@api_view`."""
    return _policy("authentication_classes", authentication_classes)


def throttle_classes(throttle_classes: Sequence[Any]) -> Callable[[F], F]:
    """Set the throttles of a function; stands below `@api_view`."""
    return _policy("throttle_classes", throttle_classes)


def throttle_scope(throttle_scope: str) -> Callable[[F], F]:
    """Set the scope for `ScopedRateThrottle`; stands below `@api_view`."""
    return _policy("throttle_scope", throttle_scope)


def permission_classes(permission_classes: Sequence[Any]) -> Callable[[F], F]:
    """Set the permissions of a function; stands below `@api_view`."""
    return _policy("permission_classes", permission_classes)


def content_negotiation_class(content_negotiation_class: Any) -> Callable[[F], F]:
    """Set the negotiation class of a function; stands below `@api_view`."""
    return _policy("content_negotiation_class", content_negotiation_class)


def metadata_class(metadata_class: Any) -> Callable[[F], F]:
    """Set the metadata class of a function; stands below `@api_view`."""
    return _policy("metadata_class", metadata_class)


def versioning_class(versioning_class: Any) -> Callable[[F], F]:
    """Set the versioning class of a function; stands below `@api_view`."""
    return _policy("versioning_class", versioning_class)


def schema(view_inspector: Any) -> Callable[[F], F]:
    """Leave a function out of OpenAPI with `None`; `extend_schema` says anything else.

    Raises:
        RestConfigurationError: The argument is not `None`.
    """

    def decorator(func: F) -> F:
        if view_inspector is not None:
            refuse_inspector(f"{func.__module__}.{func.__qualname__}", view_inspector)
        _policy("schema", view_inspector)(func)
        setattr(func, MARK, {**getattr(func, MARK, {}), "exclude": True})
        return func

    return decorator


class MethodMapper(dict[str, str]):
    """Which method of a view set answers which HTTP method of an extra action.

    Args:
        action: The decorated method.
        methods: The HTTP methods it answers, in lower case.
    """

    def __init__(self, action: Any, methods: Sequence[str]) -> None:
        super().__init__()
        self.action = action
        for method in methods:
            self[method] = action.__name__

    def _map(self, method: str, func: F) -> F:
        if method in self:
            raise ValueError(f"Method {method!r} has already been mapped to '.{self[method]}'.")
        if func.__name__ == self.action.__name__:
            raise ValueError(
                "Method mapping does not behave like the property decorator. You cannot use the "
                "same method name for each mapping declaration."
            )
        self[method] = func.__name__
        return func

    def get(self, func: Any, default: Any = None) -> Any:
        """Let another method answer GET; with a text, look up as any dict does."""
        if isinstance(func, str):
            return super().get(func, default)
        return self._map("get", func)

    def post(self, func: F) -> F:
        """Let another method answer POST."""
        return self._map("post", func)

    def put(self, func: F) -> F:
        """Let another method answer PUT."""
        return self._map("put", func)

    def patch(self, func: F) -> F:
        """Let another method answer PATCH."""
        return self._map("patch", func)

    def delete(self, func: F) -> F:
        """Let another method answer DELETE."""
        return self._map("delete", func)

    def head(self, func: F) -> F:
        """Let another method answer HEAD."""
        return self._map("head", func)

    def options(self, func: F) -> F:
        """Let another method answer OPTIONS."""
        return self._map("options", func)

    def trace(self, func: F) -> F:
        """Let another method answer TRACE."""
        return self._map("trace", func)


def action(
    methods: Sequence[str] | None = None,
    detail: bool | None = None,
    url_path: str | None = None,
    url_name: str | None = None,
    **kwargs: Any,
) -> Callable[[F], F]:
    """Give a view set's method an address of its own.

    Args:
        methods: The HTTP methods; GET alone if `None`.
        detail: Whether it is about one object (`/users/1/ban/`) or all (`/users/recent/`).
        url_path: The part of the address; the method's name by default.
        url_name: The part of the route's name; the method's name with hyphens by default.
        kwargs: Attributes of the view for this action, such as `permission_classes`.

    Raises:
        TypeError: `detail` is missing, or both `name` and `suffix` are given.
    """
    if detail is None:
        raise TypeError("@action() missing required argument: 'detail'")
    if "name" in kwargs and "suffix" in kwargs:
        raise TypeError("`name` and `suffix` are mutually exclusive arguments.")
    lowered = [method.lower() for method in (["get"] if methods is None else methods)]

    def decorator(func: F) -> F:
        made: Any = func
        made.mapping = MethodMapper(func, lowered)
        made.detail = detail
        made.url_path = url_path or func.__name__
        made.url_name = url_name or func.__name__.replace("_", "-")
        made.kwargs = dict(kwargs)
        if "name" not in kwargs and "suffix" not in kwargs:
            made.kwargs["name"] = func.__name__.replace("_", " ").capitalize()
        made.kwargs["description"] = func.__doc__ or None
        return func

    return decorator
