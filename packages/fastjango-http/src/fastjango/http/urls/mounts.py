"""Includes that are not lists of patterns: FastAPI routers and whole ASGI applications."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter
from fastapi.routing import iter_route_contexts
from fastjango.core.checks import CheckMessage
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.http.urls.converters import Converter
from fastjango.http.urls.match import ResolverMatch
from fastjango.http.urls.patterns import PathMatch, RegexPattern, RoutePattern
from fastjango.http.urls.resolvers import URLPattern, URLResolver
from starlette.applications import Starlette
from starlette.convertors import Convertor
from starlette.types import ASGIApp

if TYPE_CHECKING:
    from fastjango.core.functional import Promise

__all__ = ["MountPattern", "RouterResolver", "is_asgi_app"]

_ASGI_PARAMETERS = ["scope", "receive", "send"]


def is_asgi_app(candidate: object) -> bool:
    """Whether an object is an ASGI application: by its class, or by its three parameters."""
    if isinstance(candidate, Starlette):
        return True
    if not callable(candidate) or inspect.isclass(candidate):
        return False
    try:
        parameters = inspect.signature(candidate).parameters
    except (TypeError, ValueError):
        return False
    return list(parameters) == _ASGI_PARAMETERS


def _prefix_route(route: str | Promise, kind: type[RoutePattern] | type[RegexPattern]) -> str:
    """Return the prefix of a mount without its trailing slash.

    Raises:
        ImproperlyConfigured: The prefix is an expression or translated, which FastAPI's routing
            cannot express.
    """
    if kind is RegexPattern:
        literal = str(route).removeprefix("^")
        if literal != re.escape(literal).replace("\\-", "-"):
            raise ImproperlyConfigured(
                f"re_path({str(route)!r}, ...) includes a router or an ASGI application under a "
                "regular expression. Use path() with converters instead."
            )
        route = literal
    if not isinstance(route, str):
        raise ImproperlyConfigured(
            f"A translated route ({str(route)!r}) cannot include a router or an ASGI application. "
            "Include it under an untranslated path()."
        )
    return route.removesuffix("/")


class ConvertorAdapter:
    """A Starlette convertor with the methods of a Django converter."""

    def __init__(self, convertor: Convertor[Any]) -> None:
        self.regex: str = convertor.regex
        self._convertor = convertor

    def to_python(self, value: str) -> Any:
        """Convert the matched text."""
        return self._convertor.convert(value)

    def to_url(self, value: Any) -> str:
        """Convert a value given to `reverse()`; what the convertor refuses is no match."""
        try:
            return self._convertor.to_string(value)
        except (AssertionError, TypeError) as error:
            raise ValueError(str(error)) from error


class ApiPattern(RegexPattern):
    """The path of a FastAPI route, seen as one segment of a URLconf."""

    def __init__(self, path: str, route: Any, name: str | None, under_slash: bool) -> None:
        self.path: str = path.removeprefix("/") if under_slash else path
        source: str = route.path_regex.pattern.removeprefix("^").removesuffix("$")
        super().__init__(
            "^" + (source.removeprefix("/") if under_slash else source) + r"\Z", name, True
        )
        self.converters: dict[str, Converter] = {
            key: ConvertorAdapter(convertor) for key, convertor in route.param_convertors.items()
        }

    def match(self, path: str) -> PathMatch | None:
        """Match all of `path` and convert the parameters as FastAPI would."""
        found = self.regex.search(path)
        if found is None:
            return None
        try:
            kwargs = {
                key: self.converters[key].to_python(value)
                for key, value in found.groupdict().items()
            }
        except ValueError:
            return None
        return "", (), kwargs

    def check(self) -> list[CheckMessage]:
        """Return no messages: FastAPI has judged the path already."""
        return []

    def __str__(self) -> str:
        return self.path


class RouterResolver(URLResolver):
    """An included `APIRouter`: its routes can be reversed and resolved like patterns."""

    urlconf_name: APIRouter

    @classmethod
    def for_route(
        cls,
        kind: type[RoutePattern] | type[RegexPattern],
        route: str | Promise,
        router: APIRouter,
        kwargs: dict[str, Any] | None,
        app_name: str | None,
        namespace: str | None,
    ) -> RouterResolver:
        """Build the resolver of `path(route, include(router))`.

        Raises:
            ImproperlyConfigured: Extra arguments were given, which path operations cannot take.
        """
        prefix = _prefix_route(route, kind)
        if kwargs:
            raise ImproperlyConfigured(
                f"path({str(route)!r}, include(<router>), kwargs=...) cannot pass extra arguments "
                "to the path operations of a router. Use dependencies instead."
            )
        return cls(RoutePattern(prefix), router, None, app_name, namespace)

    @property
    def router(self) -> APIRouter:
        """The included router."""
        return self.urlconf_name

    @cached_property
    def url_patterns(self) -> Sequence[Any]:
        """The router's routes as patterns, those of routers inside it too."""
        under_slash = not str(self.pattern)
        entries: list[URLPattern] = []
        for context in iter_route_contexts(self.router.routes):
            path, endpoint = context.path, context.endpoint
            if path is None or endpoint is None or getattr(context, "path_regex", None) is None:
                continue
            pattern = ApiPattern(path, context, context.name, under_slash)
            entries.append(URLPattern(pattern, endpoint, None, context.name))
        return entries


class MountPattern(URLPattern):
    """An ASGI application under a prefix; it matches everything below."""

    @classmethod
    def for_route(
        cls,
        kind: type[RoutePattern] | type[RegexPattern],
        route: str | Promise,
        app: ASGIApp,
        name: str | None,
    ) -> MountPattern:
        """Build the pattern of `path(route, include(app))`."""
        pattern = RoutePattern(_prefix_route(route, kind), name=name)
        return cls(pattern, app, None, name)

    @property
    def app(self) -> Callable[..., Any]:
        """The mounted application."""
        return self.callback

    def resolve(self, path: str) -> ResolverMatch | None:
        """Return a match whose view is the application, for any path below the prefix."""
        found = self.pattern.match(path)
        if found is None:
            return None
        rest, args, captured = found
        if rest and not rest.startswith("/") and str(self.pattern):
            return None
        return ResolverMatch(
            self.callback,
            args,
            captured,
            self.pattern.name,
            route=str(self.pattern),
            captured_kwargs=captured,
            extra_kwargs={},
        )
