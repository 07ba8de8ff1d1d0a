"""`reverse()` and `resolve()`, and what helps with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlencode, urlsplit, urlunsplit

from fastjango.core.functional import lazy
from fastjango.core.translation import override
from fastjango.http.exceptions import NoReverseMatch, Resolver404
from fastjango.http.querydict import QueryDict
from fastjango.http.urls.callables import get_callable
from fastjango.http.urls.context import get_script_prefix, get_urlconf
from fastjango.http.urls.converters import Converter
from fastjango.http.urls.match import ResolverMatch
from fastjango.http.urls.resolvers import (
    URLResolver,
    clear_resolver_caches,
    get_ns_resolver,
    get_resolver,
)

__all__ = [
    "clear_url_caches",
    "is_valid_path",
    "resolve",
    "reverse",
    "reverse_lazy",
    "translate_url",
]

Query = QueryDict | Mapping[str, Any] | Sequence[tuple[str, Any]]


def resolve(path: Any, urlconf: Any = None) -> ResolverMatch:
    """Return the view, arguments and names a path leads to.

    Args:
        path: A path with its leading slash and without the script prefix; may be lazy.
        urlconf: A URLconf other than the current one.

    Raises:
        Resolver404: No pattern matches.
    """
    return get_resolver(get_urlconf() if urlconf is None else urlconf).resolve(path)


def reverse(
    viewname: str | Callable[..., Any] | Any,
    urlconf: Any = None,
    args: Sequence[Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    current_app: str | None = None,
    *,
    query: Query | None = None,
    fragment: str | None = None,
) -> str:
    """Return the URL path of a view, the script prefix included.

    Args:
        viewname: A pattern's name, with its namespaces before colons, or the view itself.
        urlconf: A URLconf other than the current one.
        args: Positional arguments of the view; not together with `kwargs`.
        kwargs: Keyword arguments of the view.
        current_app: Instance namespaces to prefer, colon-separated.
        query: What to append after `?`: a `QueryDict`, a mapping, or pairs; lists repeat a key.
        fragment: What to append after `#`, used as it is.

    Raises:
        NoReverseMatch: No pattern has that name and takes these arguments.
    """
    resolver = get_resolver(get_urlconf() if urlconf is None else urlconf)
    view: Any = viewname
    if isinstance(viewname, str):
        *path, view = viewname.split(":")
        if path:
            resolver = _enter_namespaces(resolver, path, current_app)
    url = resolver._reverse_with_prefix(  # pyright: ignore[reportPrivateUsage]  # same package
        view, get_script_prefix(), *(args or ()), **(kwargs or {})
    )
    if query is not None:
        text = query.urlencode() if isinstance(query, QueryDict) else urlencode(query, doseq=True)
        if text:
            url += "?" + text
    if fragment is not None:
        url += "#" + fragment
    return url


def _enter_namespaces(
    resolver: URLResolver, path: Sequence[str], current_app: str | None
) -> URLResolver:
    """Follow namespaces down from the root, choosing instances as `current_app` asks."""
    preferred: list[str] | None = current_app.split(":")[::-1] if current_app else None
    entered: list[str] = []
    prefix = ""
    converters: dict[str, Converter] = {}
    for wanted in path:
        current = preferred.pop() if preferred else None
        namespace = _choose_instance(resolver.app_dict.get(wanted), wanted, current)
        if namespace != current:
            preferred = None
        try:
            extra, resolver = resolver.namespace_dict[namespace]
        except KeyError:
            inside = f" inside '{':'.join(entered)}'" if entered else ""
            raise NoReverseMatch(f"{namespace!r} is not a registered namespace{inside}") from None
        entered.append(namespace)
        prefix += extra
        converters.update(resolver.pattern.converters)
    if prefix:
        resolver = get_ns_resolver(prefix, resolver, tuple(converters.items()))
    return resolver


def _choose_instance(instances: list[str] | None, wanted: str, current: str | None) -> str:
    """Return the instance namespace for a part of a view name."""
    if instances is None:
        return wanted
    if current and current in instances:
        return current
    # The name of an application without an instance of that very name: its first instance.
    return wanted if wanted in instances else instances[0]


reverse_lazy: Callable[..., str] = lazy(reverse, str)


def clear_url_caches() -> None:
    """Forget every resolver and imported view, so that changed URLconfs are read again."""
    get_callable.cache_clear()
    clear_resolver_caches()


def is_valid_path(path: Any, urlconf: Any = None) -> ResolverMatch | bool:
    """Return the match of a path, or `False` instead of an exception."""
    try:
        return resolve(path, urlconf)
    except Resolver404:
        return False


def translate_url(url: str, lang_code: str) -> str:
    """Return the URL of the same view in another language, or the URL as it is if there is none.

    Args:
        url: A path or an absolute URL.
        lang_code: The language to activate while reversing.
    """
    parsed = urlsplit(url)
    try:
        match = resolve(unquote(parsed.path))
    except Resolver404:
        return url
    if match.url_name is None:
        return url
    name = ":".join([*match.namespaces, match.url_name])
    with override(lang_code):
        try:
            translated = reverse(name, args=match.args, kwargs=match.kwargs)
        except NoReverseMatch:
            return url
    return urlunsplit((parsed.scheme, parsed.netloc, translated, parsed.query, parsed.fragment))
