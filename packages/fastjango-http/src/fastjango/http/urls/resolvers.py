"""Patterns and resolvers: the tree a URLconf becomes, walked both ways.

`resolve()` goes from a path to a view, `reverse()` from a view's name to a path.
"""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any, cast

from fastjango.core.checks import CheckMessage, Error
from fastjango.core.checks import Warning as CheckWarning
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.core.translation import get_language
from fastjango.http.exceptions import NoReverseMatch, Resolver404
from fastjango.http.urlconfs import get_default_urlconf
from fastjango.http.urls.callables import get_callable
from fastjango.http.urls.converters import Converter
from fastjango.http.urls.match import ResolverMatch
from fastjango.http.urls.patterns import (
    LocalePrefixPattern,
    LocaleRegexDescriptor,
    Pattern,
    RegexPattern,
    RoutePattern,
)
from fastjango.http.urls.reversing import Possibility, no_match_message, written_path
from fastjango.values.datastructures import MultiValueDict
from fastjango.values.regex_helper import normalize

__all__ = [
    "LocalePrefixPattern",
    "LocaleRegexDescriptor",
    "RegexPattern",
    "ResolverMatch",
    "RoutePattern",
    "URLPattern",
    "URLResolver",
    "get_ns_resolver",
    "get_resolver",
]


class URLPattern:
    """One entry of a URLconf that leads to a view."""

    def __init__(
        self,
        pattern: Pattern,
        callback: Callable[..., Any],
        default_args: dict[str, Any] | None = None,
        name: str | None = None,
    ) -> None:
        self.pattern = pattern
        self.callback = callback
        self.default_args: dict[str, Any] = default_args or {}
        self.name = name
        # Middleware of its own, outermost first.
        self.middleware: Sequence[Any] = ()

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__} {self.pattern.describe()}>"

    def check(self) -> list[CheckMessage]:
        """Return warnings about the name, the pattern and the view."""
        return [*self._check_pattern_name(), *self.pattern.check(), *self._check_callback()]

    def _check_pattern_name(self) -> list[CheckMessage]:
        if self.pattern.name is None or ":" not in self.pattern.name:
            return []
        return [
            CheckWarning(
                f"Your URL pattern {self.pattern.describe()} has a name including a ':'. Remove "
                "the colon, to avoid ambiguous namespace references.",
                id="urls.W003",
            )
        ]

    def _check_callback(self) -> list[CheckMessage]:
        from fastjango.http.views.base import View

        view = self.callback
        if not (inspect.isclass(view) and issubclass(view, View)):
            return []
        return [
            Error(
                f"Your URL pattern {self.pattern.describe()} has an invalid view, pass "
                f"{view.__name__}.as_view() instead of {view.__name__}.",
                id="urls.E009",
            )
        ]

    def resolve(self, path: str) -> ResolverMatch | None:
        """Return the match for all that is left of a path, or `None`."""
        found = self.pattern.match(path)
        if found is None:
            return None
        _, args, captured = found
        return ResolverMatch(
            self.callback,
            args,
            {**captured, **self.default_args},
            self.pattern.name,
            route=str(self.pattern),
            captured_kwargs=captured,
            extra_kwargs=self.default_args,
        )

    @cached_property
    def lookup_str(self) -> str:
        """The view's dotted path, for example `blog.views.post`."""
        callback: Any = self.callback
        if isinstance(callback, functools.partial):
            callback = callback.func
        if hasattr(callback, "view_class"):
            callback = callback.view_class
        elif not hasattr(callback, "__name__"):
            return f"{callback.__module__}.{type(callback).__name__}"
        return f"{callback.__module__}.{callback.__qualname__}"


class URLResolver:
    """An `include()`, or the root of all: a pattern and the patterns below it."""

    def __init__(
        self,
        pattern: Pattern,
        urlconf_name: Any,
        default_kwargs: dict[str, Any] | None = None,
        app_name: str | None = None,
        namespace: str | None = None,
    ) -> None:
        self.pattern = pattern
        # A dotted path, an object with `urlpatterns`, or the list itself.
        self.urlconf_name = urlconf_name
        self.callback: Any = None
        self.default_kwargs: dict[str, Any] = default_kwargs or {}
        self.namespace = namespace
        self.app_name = app_name
        # Middleware around everything below, outermost first.
        self.middleware: Sequence[Any] = ()
        self._reverse_dict: dict[str | None, MultiValueDict[Any, Possibility]] = {}
        self._namespace_dict: dict[str | None, dict[str, tuple[str, URLResolver]]] = {}
        self._app_dict: dict[str | None, dict[str, list[str]]] = {}
        self._callback_strs: set[str] = set()
        self._populated = False
        self._local = threading.local()

    def __repr__(self) -> str:
        name: Any = self.urlconf_name
        # A whole list can be huge.
        if isinstance(name, list) and name:
            first = cast("list[Any]", name)[0]  # type: ignore[redundant-cast]  # pyright cannot tell
            urlconf = f"<{type(first).__name__} list>"
        else:
            urlconf = repr(cast("Any", name))
        return (
            f"<{self.__class__.__name__} {urlconf} ({self.app_name}:{self.namespace}) "
            f"{self.pattern.describe()}>"
        )

    def check(self) -> list[CheckMessage]:
        """Return the warnings of everything below, else those of the own pattern."""
        from fastjango.http.urls.checks import check_resolver

        messages = [message for entry in self.url_patterns for message in check_resolver(entry)]
        return messages or self.pattern.check()

    # --- populating the dictionaries that reverse() reads -------------------------------

    def _populate(self) -> None:
        # A URLconf that includes itself would recurse for ever; other threads may populate at
        # the same time, so the mark is per thread.
        if getattr(self._local, "populating", False):
            return
        self._local.populating = True
        try:
            lookups: MultiValueDict[Any, Possibility] = MultiValueDict()
            namespaces: dict[str, tuple[str, URLResolver]] = {}
            apps: dict[str, list[str]] = {}
            language = get_language()
            for entry in reversed(self.url_patterns):
                prefix = entry.pattern.regex.pattern.removeprefix("^")
                if isinstance(entry, URLPattern):
                    self._add_pattern(entry, prefix, lookups)
                else:
                    self._add_resolver(entry, prefix, lookups, namespaces, apps)
                    self._callback_strs.update(entry._callback_strs)
            self._namespace_dict[language] = namespaces
            self._app_dict[language] = apps
            self._reverse_dict[language] = lookups
            self._populated = True
        finally:
            self._local.populating = False

    def _add_pattern(
        self, entry: URLPattern, prefix: str, lookups: MultiValueDict[Any, Possibility]
    ) -> None:
        self._callback_strs.add(entry.lookup_str)
        possibility: Possibility = (
            normalize(entry.pattern.regex.pattern),
            prefix,
            entry.default_args,
            entry.pattern.converters,
        )
        lookups.appendlist(entry.callback, possibility)
        if entry.name is not None:
            lookups.appendlist(entry.name, possibility)

    def _add_resolver(
        self,
        entry: URLResolver,
        prefix: str,
        lookups: MultiValueDict[Any, Possibility],
        namespaces: dict[str, tuple[str, URLResolver]],
        apps: dict[str, list[str]],
    ) -> None:
        entry._populate()
        if entry.app_name:
            namespace = entry.namespace or entry.app_name
            apps.setdefault(entry.app_name, []).append(namespace)
            namespaces[namespace] = (prefix, entry)
            return
        for name in entry.reverse_dict:
            for _, pattern, defaults, converters in entry.reverse_dict.getlist(name):
                lookups.appendlist(
                    name,
                    (
                        normalize(prefix + pattern),
                        prefix + pattern,
                        {**defaults, **entry.default_kwargs},
                        {**self.pattern.converters, **entry.pattern.converters, **converters},
                    ),
                )
        for namespace, (sub_prefix, sub_resolver) in entry.namespace_dict.items():
            sub_resolver.pattern.converters.update(entry.pattern.converters)
            namespaces[namespace] = (prefix + sub_prefix, sub_resolver)
        for app_name, found in entry.app_dict.items():
            apps.setdefault(app_name, []).extend(found)

    @property
    def reverse_dict(self) -> MultiValueDict[Any, Possibility]:
        """Ways to write a URL by view and by name, for the active language."""
        language = get_language()
        if language not in self._reverse_dict:
            self._populate()
        return self._reverse_dict[language]

    @property
    def namespace_dict(self) -> dict[str, tuple[str, URLResolver]]:
        """Prefix expression and resolver by instance namespace, for the active language."""
        language = get_language()
        if language not in self._namespace_dict:
            self._populate()
        return self._namespace_dict[language]

    @property
    def app_dict(self) -> dict[str, list[str]]:
        """Instance namespaces by application namespace, for the active language."""
        language = get_language()
        if language not in self._app_dict:
            self._populate()
        return self._app_dict[language]

    def _is_callback(self, name: str) -> bool:
        if not self._populated:
            self._populate()
        return name in self._callback_strs

    # --- from a path to a view ----------------------------------------------------------

    @staticmethod
    def _extend_tried(
        tried: list[list[Any]], pattern: Any, sub_tried: list[list[Any]] | None = None
    ) -> None:
        if sub_tried is None:
            tried.append([pattern])
        else:
            tried.extend([pattern, *below] for below in sub_tried)

    @staticmethod
    def _join_route(route1: str, route2: str) -> str:
        """Join two routes; a `^` at the start of the second is dropped."""
        return route1 + route2.removeprefix("^") if route1 else route2

    def resolve(self, path: Any) -> ResolverMatch:
        """Return the first match for a path.

        Args:
            path: The path, with its leading slash for the root resolver; may be lazy.

        Raises:
            Resolver404: Nothing below matches; the argument lists the patterns tried.
        """
        path = str(path)
        found = self.pattern.match(path)
        if found is None:
            raise Resolver404({"path": path})
        rest, args, kwargs = found
        tried: list[list[Any]] = []
        for entry in self.url_patterns:
            try:
                below = entry.resolve(rest)
            except Resolver404 as error:
                self._extend_tried(tried, entry, error.args[0].get("tried"))
                continue
            if below is None:
                tried.append([entry])
                continue
            self._extend_tried(tried, entry, below.tried)
            return self._merge(entry, below, args, kwargs, tried)
        raise Resolver404({"tried": tried, "path": rest})

    def _merge(
        self,
        entry: URLPattern | URLResolver,
        below: ResolverMatch,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        tried: list[list[Any]],
    ) -> ResolverMatch:
        merged = {**kwargs, **self.default_kwargs, **below.kwargs}
        # Named groups anywhere make all unnamed ones disappear.
        merged_args = below.args if merged else args + below.args
        route = "" if isinstance(entry, URLPattern) else str(entry.pattern)
        return ResolverMatch(
            below.func,
            merged_args,
            merged,
            below.url_name,
            [self.app_name, *below.app_names],
            [self.namespace, *below.namespaces],
            self._join_route(route, below.route or ""),
            tried,
            captured_kwargs=below.captured_kwargs,
            extra_kwargs={**self.default_kwargs, **(below.extra_kwargs or {})},
        )

    @cached_property
    def urlconf_module(self) -> Any:
        """The imported URLconf: a module, an object with `urlpatterns`, or a list."""
        if isinstance(self.urlconf_name, str):
            return import_module(self.urlconf_name)
        return self.urlconf_name

    @cached_property
    def url_patterns(self) -> Sequence[Any]:
        """The entries below this one, in declared order.

        Raises:
            ImproperlyConfigured: The URLconf holds no patterns.
        """
        patterns: Sequence[Any] = getattr(self.urlconf_module, "urlpatterns", self.urlconf_module)
        try:
            iter(patterns)
        except TypeError as error:
            raise ImproperlyConfigured(
                f"The included URLconf '{self.urlconf_name}' does not appear to have any "
                "patterns in it. If you see the 'urlpatterns' variable with valid patterns in "
                "the file then the issue is probably caused by a circular import."
            ) from error
        return patterns

    def resolve_error_handler(self, view_type: int) -> Callable[..., Any]:
        """Return the URLconf's `handler400` and so on, or the framework's own.

        Args:
            view_type: The status: 400, 403, 404 or 500.
        """
        callback = getattr(self.urlconf_module, f"handler{view_type}", None)
        if not callback:
            from fastjango.http.urls import handlers

            callback = getattr(handlers, f"handler{view_type}")
        view: Callable[..., Any] = get_callable(callback)
        return view

    # --- from a view to a path ----------------------------------------------------------

    def reverse(self, lookup_view: Any, *args: Any, **kwargs: Any) -> str:
        """Return the path of a view below this resolver, without a script prefix.

        Raises:
            NoReverseMatch: No pattern has that name and takes these arguments.
        """
        return self._reverse_with_prefix(lookup_view, "", *args, **kwargs)

    def _reverse_with_prefix(
        self, lookup_view: Any, _prefix: str, *args: Any, **kwargs: Any
    ) -> str:
        if args and kwargs:
            raise ValueError("Don't mix *args and **kwargs in call to reverse()!")
        if not self._populated:
            self._populate()
        possibilities = self.reverse_dict.getlist(lookup_view)
        path = written_path(possibilities, _prefix, args, kwargs)
        if path is not None:
            return path
        patterns = [entry[1] for entry in possibilities]
        raise NoReverseMatch(no_match_message(lookup_view, patterns, args, kwargs))


def get_resolver(urlconf: Any = None) -> URLResolver:
    """Return the root resolver of a URLconf; see `get_default_urlconf()` for the default."""
    return _get_cached_resolver(get_default_urlconf() if urlconf is None else urlconf)


# Lists are not hashable, so resolvers of plain lists are kept by identity of the list.
_list_resolvers: dict[int, URLResolver] = {}


def _get_cached_resolver(urlconf: Any) -> URLResolver:
    try:
        return _get_hashable_resolver(urlconf)
    except TypeError:
        resolver = _list_resolvers.get(id(urlconf))
        if resolver is None or resolver.urlconf_name is not urlconf:
            resolver = _list_resolvers[id(urlconf)] = URLResolver(RegexPattern(r"^/"), urlconf)
        return resolver


@functools.cache
def _get_hashable_resolver(urlconf: Any) -> URLResolver:
    return URLResolver(RegexPattern(r"^/"), urlconf)


@functools.cache
def get_ns_resolver(
    ns_pattern: str, resolver: URLResolver, converters: tuple[tuple[str, Converter], ...]
) -> URLResolver:
    """Return a root resolver for one namespace, its parents' parameters included."""
    pattern = RegexPattern(ns_pattern)
    pattern.converters = dict(converters)
    return URLResolver(RegexPattern(r"^/"), [URLResolver(pattern, resolver.url_patterns)])


def forget_resolver(patterns: list[Any]) -> None:
    """Forget the resolver of a list of patterns that is about to change."""
    _list_resolvers.pop(id(patterns), None)


def clear_resolver_caches() -> None:
    """Forget every resolver, so that changed URLconfs are read again."""
    _get_hashable_resolver.cache_clear()
    _list_resolvers.clear()
    get_ns_resolver.cache_clear()
