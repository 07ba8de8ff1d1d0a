"""Routers: patterns, with names, for view sets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http.exceptions import NoReverseMatch
from fastjango.http.urls import path, re_path
from fastjango.rest.response import Response
from fastjango.rest.reverse import reverse
from fastjango.rest.settings import api_settings
from fastjango.rest.urlpatterns import format_suffix_patterns
from fastjango.rest.views import APIView

__all__ = ["APIRootView", "BaseRouter", "DefaultRouter", "DynamicRoute", "NestedDefaultRouter",
           "NestedSimpleRouter", "Route", "SimpleRouter"]  # fmt: skip


class Route(NamedTuple):
    """A pattern of every view set: template of the address, actions by method, template of the
    name, whether it is about one object, attributes of the view."""

    url: str
    mapping: Mapping[str, str]
    name: str
    detail: bool
    initkwargs: Mapping[str, Any]


class DynamicRoute(NamedTuple):
    """A pattern of every extra action of a view set."""

    url: str
    name: str
    detail: bool
    initkwargs: Mapping[str, Any]


class BaseRouter:
    """Keeps view sets by prefix; `urls` are their patterns."""

    def __init__(self) -> None:
        self.registry: list[tuple[str, Any, str]] = []
        self._urls: list[Any] | None = None

    def register(self, prefix: str, viewset: Any, basename: str | None = None) -> None:
        """Add a view set.

        Args:
            prefix: What its addresses begin with.
            viewset: The class.
            basename: What the names of its routes begin with; the model's name by default.

        Raises:
            ImproperlyConfigured: The base name is taken.
        """
        if basename is None:
            basename = self.get_default_basename(viewset)
        if self.is_already_registered(basename):
            raise ImproperlyConfigured(
                f'Router with basename "{basename}" is already registered. Please provide a unique '
                f'basename for viewset "{viewset}"'
            )
        self.registry.append((prefix, viewset, basename))
        self._urls = None

    def is_already_registered(self, new_basename: str) -> bool:
        """Whether a base name is taken."""
        return any(basename == new_basename for _, _, basename in self.registry)

    def get_default_basename(self, viewset: Any) -> str:
        """Return the base name of a view set that was registered without one."""
        raise NotImplementedError(f"{type(self).__name__} must define get_default_basename().")

    def get_urls(self) -> list[Any]:
        """Return the patterns."""
        raise NotImplementedError(f"{type(self).__name__} must define get_urls().")

    @property
    def urls(self) -> list[Any]:
        """The patterns, made once."""
        if self._urls is None:
            self._urls = self.get_urls()
        return self._urls


class SimpleRouter(BaseRouter):
    """Makes list, detail and extra action routes for each view set.

    Args:
        trailing_slash: Whether addresses end in a slash.
        use_regex_path: Whether prefixes and lookups are regular expressions, or parts of routes
            as `path()` takes them.
    """

    routes: list[Route | DynamicRoute] = [
        Route(
            url=r"^{prefix}{trailing_slash}$",
            mapping={"get": "list", "post": "create"},
            name="{basename}-list",
            detail=False,
            initkwargs={"suffix": "List"},
        ),
        DynamicRoute(
            url=r"^{prefix}/{url_path}{trailing_slash}$",
            name="{basename}-{url_name}",
            detail=False,
            initkwargs={},
        ),
        Route(
            url=r"^{prefix}/{lookup}{trailing_slash}$",
            mapping={
                "get": "retrieve",
                "put": "update",
                "patch": "partial_update",
                "delete": "destroy",
            },
            name="{basename}-detail",
            detail=True,
            initkwargs={"suffix": "Instance"},
        ),
        DynamicRoute(
            url=r"^{prefix}/{lookup}/{url_path}{trailing_slash}$",
            name="{basename}-{url_name}",
            detail=True,
            initkwargs={},
        ),
    ]

    def __init__(self, trailing_slash: bool = True, use_regex_path: bool = True) -> None:
        self.trailing_slash = "/" if trailing_slash else ""
        self._use_regex = use_regex_path
        if use_regex_path:
            self._base_pattern = "(?P<{lookup_prefix}{lookup_url_kwarg}>{lookup_value})"
            self._default_value_pattern = "[^/.]+"
            self._url_conf: Any = re_path
        else:
            self._base_pattern = "<{lookup_value}:{lookup_prefix}{lookup_url_kwarg}>"
            self._default_value_pattern = "str"
            self._url_conf = path
            self.routes = [
                route._replace(url=route.url.removeprefix("^").removesuffix("$"))
                for route in self.routes
            ]
        super().__init__()

    def get_default_basename(self, viewset: Any) -> str:
        """Return the name of the view set's model, in lower case.

        Raises:
            AssertionError: It has no `queryset`.
        """
        queryset = getattr(viewset, "queryset", None)
        if queryset is None:
            raise AssertionError(
                "`basename` argument not specified, and could not automatically determine the name "
                "from the viewset, as it does not have a `.queryset` attribute."
            )
        return str(queryset.model._meta.object_name.lower())

    def get_routes(self, viewset: Any) -> list[Route]:
        """Return the routes of a view set, its extra actions included.

        Raises:
            ImproperlyConfigured: An extra action has the name of a usual one.
        """
        known = {
            action
            for route in self.routes
            if isinstance(route, Route)
            for action in route.mapping.values()
        }
        extra = viewset.get_extra_actions()
        wrong = [action.__name__ for action in extra if action.__name__ in known]
        if wrong:
            raise ImproperlyConfigured(
                "Cannot use the @action decorator on the following methods, as they are existing "
                f"routes: {', '.join(wrong)}"
            )
        found: list[Route] = []
        for route in self.routes:
            if isinstance(route, DynamicRoute):
                found += [
                    self._get_dynamic_route(route, action)
                    for action in extra
                    if action.detail == route.detail
                ]
            else:
                found.append(route)
        return found

    def _get_dynamic_route(self, route: DynamicRoute, action: Any) -> Route:
        # Braces of a regular expression are none of the template's.
        url_path = action.url_path.replace("{", "{{").replace("}", "}}")
        return Route(
            url=route.url.replace("{url_path}", url_path),
            mapping=action.mapping,
            name=route.name.replace("{url_name}", action.url_name),
            detail=route.detail,
            initkwargs={**route.initkwargs, **action.kwargs},
        )

    def get_method_map(self, viewset: Any, method_map: Mapping[str, str]) -> dict[str, str]:
        """Return the part of a mapping that a view set has actions for."""
        return {method: name for method, name in method_map.items() if hasattr(viewset, name)}

    def get_lookup_regex(self, viewset: Any, lookup_prefix: str = "") -> str:
        """Return the part of the address that names one object.

        Args:
            viewset: The view set.
            lookup_prefix: What the argument's name begins with; for nested routers.
        """
        field = getattr(viewset, "lookup_field", "pk")
        value = None
        if not self._use_regex:
            value = getattr(viewset, "lookup_value_converter", None)
        if value is None:
            value = getattr(viewset, "lookup_value_regex", self._default_value_pattern)
        return self._base_pattern.format(
            lookup_prefix=lookup_prefix,
            lookup_url_kwarg=getattr(viewset, "lookup_url_kwarg", None) or field,
            lookup_value=value,
        )

    def get_urls(self) -> list[Any]:
        """Return the patterns of the view sets."""
        found: list[Any] = []
        for prefix, viewset, basename in self.registry:
            lookup = self.get_lookup_regex(viewset)
            for route in self.get_routes(viewset):
                mapping = self.get_method_map(viewset, route.mapping)
                if not mapping:
                    continue
                address = route.url.format(
                    prefix=prefix, lookup=lookup, trailing_slash=self.trailing_slash
                )
                if not prefix:
                    # What includes the router ends in a slash of its own.
                    address = address.removeprefix("^")
                    address = address.removeprefix("/")
                    address = f"^{address}" if self._use_regex else address
                initkwargs = {**route.initkwargs, "basename": basename, "detail": route.detail}
                view = viewset.as_view(mapping, **initkwargs)
                name = route.name.format(basename=basename)
                found.append(self._url_conf(address, view, name=name))
        return found


class APIRootView(APIView):
    """The list of everything the router knows."""

    _ignore_model_permissions = True
    exclude_from_schema = True
    api_root_dict: dict[str, str] | None = None

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Return the addresses of the lists by prefix."""
        match = request.resolver_match
        namespace = match.namespace if match is not None else ""
        found: dict[str, str] = {}
        for key, name in (self.api_root_dict or {}).items():
            full = f"{namespace}:{name}" if namespace else name
            try:
                found[key] = reverse(
                    full, args=args, kwargs=kwargs, request=request, format=kwargs.get("format")
                )
            except NoReverseMatch:
                # There are routes to single objects alone.
                continue
        return Response(found)


class DefaultRouter(SimpleRouter):
    """A simple router with a root view and format suffixes.

    Args:
        args: What `SimpleRouter` takes.
        root_renderers: Renderers of the root view; the default ones if absent.
        kwargs: What `SimpleRouter` takes.
    """

    include_root_view = True
    include_format_suffixes = True
    root_view_name = "api-root"
    APIRootView = APIRootView

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.root_renderers: Any = kwargs.pop("root_renderers", None) or list(
            api_settings.DEFAULT_RENDERER_CLASSES
        )
        super().__init__(*args, **kwargs)

    def get_api_root_view(self, api_urls: Any = None) -> Any:
        """Return the view of the root."""
        names: dict[str, str] = {}
        for prefix, _, basename in self.registry:
            names[prefix] = self.routes[0].name.format(basename=basename)
        return self.APIRootView.as_view(api_root_dict=names, renderer_classes=self.root_renderers)

    def get_urls(self) -> list[Any]:
        """Return the patterns of the view sets, of the root, and those with a format suffix."""
        urls = super().get_urls()
        if self.include_root_view:
            urls.append(path("", self.get_api_root_view(api_urls=urls), name=self.root_view_name))
        return format_suffix_patterns(urls) if self.include_format_suffixes else urls


class _Nested(SimpleRouter):
    """A router below the objects of another one: `/articles/<article_pk>/comments/`.

    Args:
        parent: The other router.
        parent_prefix: The prefix under which it has the view set above.
        lookup: What the arguments of the object above begin with; `article` gives `article_pk`.
        args: What the router takes.
        kwargs: What the router takes.

    Raises:
        ImproperlyConfigured: The other router has no such prefix.
    """

    routes: list[Route | DynamicRoute]

    def __init__(
        self, parent: SimpleRouter, parent_prefix: str, *args: Any, lookup: str | None = None,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        kwargs.setdefault("trailing_slash", bool(parent.trailing_slash))
        kwargs.setdefault("use_regex_path", parent._use_regex)
        super().__init__(*args, **kwargs)
        self.nest_prefix: str = f"{lookup or parent_prefix.rstrip('s').replace('/', '_')}_"
        above = [item for item in parent.registry if item[0] == parent_prefix]
        if not above:
            known = ", ".join(sorted(prefix for prefix, _, _ in parent.registry))
            raise ImproperlyConfigured(
                f"The parent router has nothing registered under {parent_prefix!r}. It has: "
                f"{known or 'nothing'}."
            )
        outer = getattr(parent, "nested_under", "")
        part = parent.get_lookup_regex(above[0][1], lookup_prefix=self.nest_prefix)
        self.nested_under: str = f"{outer}{parent_prefix}/{part}/"
        # The text goes through str.format() once more.
        self._escaped: str = self.nested_under.replace("{", "{{").replace("}", "}}")
        start = "^" if self._use_regex else ""
        self.routes = [
            route._replace(url=f"{start}{self._escaped}{route.url.removeprefix('^')}")
            for route in self.routes
        ]


class NestedSimpleRouter(_Nested):
    """A simple router below the objects of another one."""


class NestedDefaultRouter(_Nested):
    """The same, with format suffixes."""

    def get_urls(self) -> list[Any]:
        """Return the patterns of the view sets, and those with a format suffix."""
        return format_suffix_patterns(super().get_urls())
