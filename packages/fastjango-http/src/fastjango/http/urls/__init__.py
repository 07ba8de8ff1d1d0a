"""URLconfs: patterns, resolving and reversing, and the routes that come of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastjango.http.exceptions import NoReverseMatch, Resolver404
from fastjango.http.urls.base import (
    clear_url_caches,
    is_valid_path,
    resolve,
    reverse,
    reverse_lazy,
    translate_url,
)
from fastjango.http.urls.callables import get_callable, get_mod_func
from fastjango.http.urls.conf import include, path, re_path
from fastjango.http.urls.context import (
    clear_script_prefix,
    get_script_prefix,
    get_urlconf,
    set_script_prefix,
    set_urlconf,
)
from fastjango.http.urls.converters import get_converters, register_converter
from fastjango.http.urls.match import ResolverMatch
from fastjango.http.urls.patterns import LocalePrefixPattern, RegexPattern, RoutePattern
from fastjango.http.urls.resolvers import (
    URLPattern,
    URLResolver,
    get_ns_resolver,
    get_resolver,
)

if TYPE_CHECKING:
    from fastjango.http.urls.routes import build_routes

__all__ = [
    "LocalePrefixPattern",
    "NoReverseMatch",
    "RegexPattern",
    "Resolver404",
    "ResolverMatch",
    "RoutePattern",
    "URLPattern",
    "URLResolver",
    "build_routes",
    "clear_script_prefix",
    "clear_url_caches",
    "get_callable",
    "get_converters",
    "get_mod_func",
    "get_ns_resolver",
    "get_resolver",
    "get_script_prefix",
    "get_urlconf",
    "include",
    "is_valid_path",
    "path",
    "re_path",
    "register_converter",
    "resolve",
    "reverse",
    "reverse_lazy",
    "set_script_prefix",
    "set_urlconf",
    "translate_url",
]


def __getattr__(name: str) -> object:
    # Routes need the request, and the request needs this package.
    if name == "build_routes":
        from fastjango.http.urls.routes import build_routes

        return build_routes
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
