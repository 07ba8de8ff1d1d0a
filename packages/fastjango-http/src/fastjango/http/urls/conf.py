"""`path()`, `re_path()` and `include()`: what a URLconf is written with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any, cast, overload

from fastapi import APIRouter
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.urls.mounts import MountPattern, RouterResolver, is_asgi_app
from fastjango.http.urls.patterns import LocalePrefixPattern, RegexPattern, RoutePattern
from fastjango.http.urls.resolvers import URLPattern, URLResolver
from starlette.types import ASGIApp

if TYPE_CHECKING:
    from fastjango.core.functional import Promise

__all__ = ["include", "path", "re_path"]


class Included(tuple[Any, str | None, str | None]):
    """What `include()` returns: the URLconf, its application and its instance namespace.

    Attributes:
        middleware: What stands around the views below, outermost first.
    """

    middleware: Sequence[Any] = ()


Includable = str | ModuleType | APIRouter | ASGIApp | Sequence[Any] | Any


def include(
    arg: Includable, namespace: str | None = None, *, middleware: Sequence[Any] = ()
) -> Included:
    """Take over the patterns of another URLconf.

    Args:
        arg: A dotted path or a module with `urlpatterns`; a list of patterns; a 2-tuple of a list
            (or router) and an application namespace; a `Router`/`APIRouter`, which keeps its
            OpenAPI entries, dependencies and tags; or any ASGI application, which is mounted.
        namespace: The instance namespace; the application namespace by default. A router needs no
            application namespace of its own: the instance namespace serves as both.
        middleware: Middleware around every view below, outermost first: what `MIDDLEWARE` takes.

    Returns:
        Something to hand to `path()` or `re_path()` as the view.

    Raises:
        ImproperlyConfigured: A tuple of another length, or a namespace without application name.
    """
    app_name: str | None = None
    urlconf: Any = arg
    if isinstance(arg, tuple):
        hint: tuple[Any, ...] = arg  # pyright: ignore[reportUnknownVariableType]  # of anything
        try:
            urlconf, app_name = hint
        except ValueError:
            if namespace:
                raise ImproperlyConfigured(
                    "Cannot override the namespace for a dynamic module that provides a namespace."
                ) from None
            raise ImproperlyConfigured(
                f"Passing a {len(hint)}-tuple to include() is not supported. Pass a 2-tuple "
                "containing the list of patterns and app_name, and provide the namespace argument "
                "to include() instead."
            ) from None
    if isinstance(urlconf, str):
        urlconf = import_module(urlconf)
    if isinstance(urlconf, APIRouter):
        app_name = app_name or namespace
    patterns: Any = getattr(urlconf, "urlpatterns", urlconf)
    app_name = getattr(urlconf, "app_name", app_name)
    if namespace and not app_name:
        raise ImproperlyConfigured(
            "Specifying a namespace in include() without providing an app_name is not supported. "
            "Set the app_name attribute in the included module, or pass a 2-tuple containing the "
            "list of patterns and app_name instead."
        )
    if isinstance(patterns, (list, tuple)):
        _refuse_nested_locale_prefix(cast("Sequence[Any]", patterns))
    included = Included((urlconf, app_name, namespace or app_name))
    included.middleware = tuple(middleware)
    return included


def _refuse_nested_locale_prefix(patterns: Sequence[Any]) -> None:
    for entry in patterns:
        if isinstance(getattr(entry, "pattern", None), LocalePrefixPattern):
            raise ImproperlyConfigured("Using i18n_patterns in an included URLconf is not allowed.")


@overload
def path(
    route: str | Promise,
    view: Callable[..., Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
    *,
    middleware: Sequence[Any] = (),
) -> URLPattern: ...
@overload
def path(
    route: str | Promise,
    view: Included | list[Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
    *,
    middleware: Sequence[Any] = (),
) -> URLResolver: ...
def path(
    route: str | Promise,
    view: Callable[..., Any] | Included | list[Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
    *,
    middleware: Sequence[Any] = (),
) -> URLPattern | URLResolver:
    """Map a route to a view or to the result of `include()`.

    Args:
        route: A path without its leading slash, with `<converter:parameter>` parts.
        view: A view of any kind (see `fastjango.http.views`), or what `include()` returned.
        kwargs: Additional arguments for the view.
        name: The name by which `reverse()` finds the pattern.
        middleware: Middleware around this view, or around all below: what `MIDDLEWARE` takes.

    Raises:
        TypeError: The view is neither callable nor an include, or `kwargs` is no dict.
        ImproperlyConfigured: The route names an unknown converter or a bad parameter.
    """
    return _with_middleware(_make(RoutePattern, route, view, kwargs, name), view, middleware)


@overload
def re_path(
    route: str | Promise,
    view: Callable[..., Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
    *,
    middleware: Sequence[Any] = (),
) -> URLPattern: ...
@overload
def re_path(
    route: str | Promise,
    view: Included | list[Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
    *,
    middleware: Sequence[Any] = (),
) -> URLResolver: ...
def re_path(
    route: str | Promise,
    view: Callable[..., Any] | Included | list[Any],
    kwargs: dict[str, Any] | None = None,
    name: str | None = None,
    *,
    middleware: Sequence[Any] = (),
) -> URLPattern | URLResolver:
    r"""Map a regular expression to a view or to the result of `include()`.

    Named groups become keyword arguments; only if there are none, unnamed groups become
    positional ones. All values are texts. The arguments are those of `path()`.
    """
    return _with_middleware(_make(RegexPattern, route, view, kwargs, name), view, middleware)


def _with_middleware(
    entry: URLPattern | URLResolver, view: Any, middleware: Sequence[Any]
) -> URLPattern | URLResolver:
    """Hand an entry its own middleware and that of its include.

    Raises:
        ImproperlyConfigured: A router was included with middleware, which FastAPI cannot express.
    """
    entry.middleware = (*middleware, *getattr(view, "middleware", ()))
    if entry.middleware and isinstance(entry, RouterResolver):
        raise ImproperlyConfigured(
            f"The router under '{entry.pattern}' cannot have middleware of its own. Give it "
            "dependencies, or list the middleware in MIDDLEWARE."
        )
    return entry


def _make(
    pattern_class: type[RoutePattern] | type[RegexPattern],
    route: str | Promise,
    view: Any,
    kwargs: dict[str, Any] | None,
    name: str | None,
) -> URLPattern | URLResolver:
    from fastjango.http.views.base import View

    if kwargs is not None and not isinstance(kwargs, dict):  # pyright: ignore[reportUnnecessaryIsInstance]  # a common mistake
        raise TypeError(f"kwargs argument must be a dict, but got {kwargs.__class__.__name__}.")
    if isinstance(view, (list, tuple)):
        included = cast("Sequence[Any]", view)
        return _make_include(pattern_class, route, included, kwargs, name)
    if callable(view):
        pattern = pattern_class(route, name=name, is_endpoint=True)
        return URLPattern(pattern, view, kwargs, name)
    if isinstance(view, View):
        view_class = view.__class__.__name__
        raise TypeError(
            f"view must be a callable, pass {view_class}.as_view(), not {view_class}()."
        )
    raise TypeError("view must be a callable or a list/tuple in the case of include().")


def _make_include(
    pattern_class: type[RoutePattern] | type[RegexPattern],
    route: str | Promise,
    view: Sequence[Any],
    kwargs: dict[str, Any] | None,
    name: str | None,
) -> URLPattern | URLResolver:
    urlconf, app_name, namespace = view
    if isinstance(urlconf, APIRouter):
        return RouterResolver.for_route(pattern_class, route, urlconf, kwargs, app_name, namespace)
    if not hasattr(urlconf, "urlpatterns") and is_asgi_app(urlconf):
        return MountPattern.for_route(pattern_class, route, urlconf, name)
    pattern = pattern_class(route, is_endpoint=False)
    return URLResolver(pattern, urlconf, kwargs, app_name=app_name, namespace=namespace)
