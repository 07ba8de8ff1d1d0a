"""System checks of URLconfs: Django's, and what first-match-wins makes of doubled patterns."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from fastjango.core import settings
from fastjango.core.checks import CheckMessage, Error, Tags, register
from fastjango.core.checks import Warning as CheckWarning
from fastjango.core.exceptions import ViewDoesNotExist
from fastjango.http.urls.chains import Chain
from fastjango.http.urls.circles import CIRCLE_HINT, find_circle
from fastjango.http.urls.mounts import ApiPattern, MountPattern
from fastjango.http.urls.resolvers import URLPattern, URLResolver, get_resolver
from fastjango.http.urls.styles import ViewStyle, style_of

__all__ = [
    "check_custom_error_handlers",
    "check_resolver",
    "check_url_config",
    "check_url_namespaces_unique",
    "check_url_reachable",
    "check_url_settings",
]

# Texts that no literal part of a route is likely to be.
_SAMPLES = {
    "int": "82917346",
    "path": "zq9-sample",
    "slug": "zq9-sample",
    "str": "zq9-sample",
    "uuid": "00000000-0000-4000-8000-000000000000",
}


def _has_urlconf() -> bool:
    return bool(getattr(settings, "ROOT_URLCONF", None))


@register(Tags.urls)
def check_url_config(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check every pattern of the URLconf, and that it does not include itself."""
    if not _has_urlconf():
        return []
    resolver = get_resolver()
    circle = find_circle(resolver.url_patterns)
    if circle is not None:
        text = f"The URLconf {resolver.urlconf_name!r} includes itself: {circle}."
        return [Error(text, hint=CIRCLE_HINT, id="http.E001")]
    return check_resolver(resolver)


def check_resolver(resolver: Any) -> list[CheckMessage]:
    """Check one entry of a URLconf and all below it."""
    check = getattr(resolver, "check", None)
    if check is not None:
        messages: list[CheckMessage] = check()
        return messages
    return [] if hasattr(resolver, "resolve") else get_warning_for_invalid_pattern(resolver)


def get_warning_for_invalid_pattern(pattern: Any) -> list[CheckMessage]:
    """Return the error for an entry that is no pattern."""
    hint = None
    if isinstance(pattern, str):
        hint = (
            f"Try removing the string '{pattern}'. The list of urlpatterns should not have a "
            "prefix string as the first element."
        )
    elif isinstance(pattern, tuple):
        hint = "Try using path() instead of a tuple."
    return [
        Error(
            f"Your URL pattern {pattern!r} is invalid. Ensure that urlpatterns is a list of "
            "path() and/or re_path() instances.",
            hint=hint,
            id="urls.E004",
        )
    ]


@register(Tags.urls)
def check_url_namespaces_unique(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Warn about instance namespaces that occur more than once."""
    if not _has_urlconf() or find_circle(get_resolver().url_patterns) is not None:
        return []
    counted = Counter(_load_all_namespaces(get_resolver()))
    return [
        CheckWarning(
            f"URL namespace '{namespace}' isn't unique. You may not be able to reverse all URLs "
            "in this namespace",
            id="urls.W005",
        )
        for namespace, count in counted.items()
        if count > 1
    ]


def _load_all_namespaces(resolver: Any, parents: tuple[str, ...] = ()) -> list[str]:
    """Return all instance namespaces below a resolver, colon-separated."""
    entries: Sequence[Any] = getattr(resolver, "url_patterns", [])
    found = [
        ":".join([*parents, entry.namespace])
        for entry in entries
        if getattr(entry, "namespace", None) is not None
    ]
    for entry in entries:
        namespace = getattr(entry, "namespace", None)
        below = parents if namespace is None else (*parents, namespace)
        found.extend(_load_all_namespaces(entry, below))
    return found


@register(Tags.urls)
def check_url_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check that `STATIC_URL` and `MEDIA_URL` end with a slash."""
    messages: list[CheckMessage] = []
    for name in ("STATIC_URL", "MEDIA_URL"):
        value = getattr(settings, name, None)
        if value and not str(value).endswith("/"):
            messages.append(E006(name))
    return messages


def E006(name: str) -> Error:  # noqa: N802 - the id of the check
    """Return the error for a URL setting without a slash at its end."""
    return Error(f"The {name} setting must end with a slash.", id="urls.E006")


@register(Tags.urls)
def check_custom_error_handlers(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Check that the URLconf's error handlers exist and take the right arguments."""
    if not _has_urlconf():
        return []
    resolver = get_resolver()
    messages: list[CheckMessage] = []
    for status, parameters in ((400, 2), (403, 2), (404, 2), (500, 1)):
        try:
            handler: Any = resolver.resolve_error_handler(status)
        except (ImportError, ViewDoesNotExist) as error:
            path = getattr(resolver.urlconf_module, f"handler{status}")
            text = f"The custom handler{status} view '{path}' could not be imported."
            messages.append(Error(text, hint=str(error), id="urls.E008"))
            continue
        try:
            inspect.signature(handler).bind(*[None] * parameters)
        except TypeError:
            expected = "request, exception" if parameters == 2 else "request"
            messages.append(
                Error(
                    f"The custom handler{status} view "
                    f"'{handler.__module__}.{handler.__qualname__}' does not take the correct "
                    f"number of arguments ({expected}).",
                    id="urls.E007",
                )
            )
    return messages


# --- patterns in each other's way ---------------------------------------------------------


@register(Tags.urls)
def check_url_reachable(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Warn about doubled names, and about patterns that an earlier one keeps from matching."""
    if not _has_urlconf() or find_circle(get_resolver().url_patterns) is not None:
        return []
    entries = list(_flatten(get_resolver(), Chain.root()))
    return [*_doubled(entries), *_shadowed(entries)]


def _flatten(resolver: URLResolver, chain: Chain) -> Iterator[tuple[Chain, URLPattern]]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from _flatten(entry, chain.down(entry))
        elif isinstance(entry, URLPattern):
            yield chain.down(entry), entry


def _doubled(entries: list[tuple[Chain, URLPattern]]) -> Iterator[CheckMessage]:
    """Warn about names that lead to different views with the same parameters."""
    seen: dict[tuple[Any, ...], tuple[Chain, URLPattern]] = {}
    for chain, entry in entries:
        if entry.name is None:
            continue
        namespaces = tuple(name for name in chain.namespaces if name)
        key = (*namespaces, entry.name, chain.parameters)
        first_chain, first = seen.setdefault(key, (chain, entry))
        if first.callback is not entry.callback and first_chain.route != chain.route:
            full_name = ":".join([*namespaces, entry.name])
            yield CheckWarning(
                f"The URL name '{full_name}' is used by {first.pattern.describe()} and by "
                f"{entry.pattern.describe()}, which take the same arguments. reverse() finds only "
                "one of them.",
                hint="Give one of the patterns another name or a namespace.",
                id="http.W001",
            )


def _shadowed(entries: list[tuple[Chain, URLPattern]]) -> Iterator[CheckMessage]:
    """Warn about patterns whose every path, or whose one path, an earlier pattern takes."""
    earlier: list[tuple[Chain, URLPattern]] = []
    routes: dict[str, URLPattern] = {}
    for chain, entry in entries:
        # Operations may share a path: their methods tell them apart.
        if not chain.is_plain or _is_operation(chain, entry):
            continue
        shape = _shape(chain)
        same = routes.get(shape)
        if same is not None:
            yield _unreachable(chain, entry, same, "the same paths", "http.W002")
            continue
        sample = _sample(chain)
        if sample is not None:
            for other_chain, other in earlier:
                if other_chain.match(sample) is not None and _covers(other_chain, other, chain):
                    yield _unreachable(chain, entry, other, "every path of it", "http.W003")
                    break
        routes[shape] = entry
        earlier.append((chain, entry))


def _is_operation(chain: Chain, entry: URLPattern) -> bool:
    return (
        isinstance(entry.pattern, ApiPattern)
        or style_of(entry.callback, chain.parameters) is ViewStyle.FASTAPI
    )


def _unreachable(
    chain: Chain, entry: URLPattern, other: URLPattern, what: str, check_id: str
) -> CheckMessage:
    return CheckWarning(
        f"Your URL pattern '{chain.route}' (view {entry.lookup_str}) is never reached: "
        f"{other.pattern.describe()} comes first and matches {what}.",
        hint="Move the more specific pattern up, or remove one of them.",
        id=check_id,
    )


def _shape(chain: Chain) -> str:
    """Return the route with parameters reduced to what they match."""
    text = chain.route
    for name, converter in chain.converters.items():
        for written in (f":{name}>", f"<{name}>"):
            text = text.replace(written, f"<{converter.regex}>")
    return text


def _sample(chain: Chain) -> str | None:
    """Return a path that the chain matches; `None` if one of its converters is not known here."""
    missing = False

    def example(found: re.Match[str]) -> str:
        nonlocal missing
        sample = _SAMPLES.get(found[1] or "str")
        missing = missing or sample is None
        return sample or ""

    path = "/" + re.sub(r"<(?:([^>:]+):)?[^>]+>", example, chain.route)
    return None if missing or chain.match(path) is None else path


def _covers(other_chain: Chain, other: URLPattern, chain: Chain) -> bool:
    """Whether an earlier pattern that takes a sample takes every path of a later one."""
    if isinstance(other, MountPattern) or chain.static_path is not None:
        return True
    # Of parameters at the same place only str and path are sure to take whatever another does.
    wide = {"[^/]+", ".+"}
    return all(converter.regex in wide for converter in other_chain.converters.values()) and all(
        converter.regex != ".+" for converter in chain.converters.values()
    )


ALL = (
    check_url_config,
    check_url_namespaces_unique,
    check_url_settings,
    check_custom_error_handlers,
    check_url_reachable,
)
