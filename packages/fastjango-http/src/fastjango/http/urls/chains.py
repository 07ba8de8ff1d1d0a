"""A chain: the patterns from the root of a URLconf down to one view, matched as a whole."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fastjango.core.functional import cached_property
from fastjango.http.urls.converters import Converter, get_converters
from fastjango.http.urls.match import ResolverMatch
from fastjango.http.urls.patterns import Pattern, RoutePattern
from fastjango.http.urls.resolvers import URLPattern, URLResolver

__all__ = ["Chain", "ChainMatch"]

_PARAMETER = re.compile(r"<(?:(?P<converter>[^>:]+):)?(?P<parameter>[^>]+)>")


@dataclass(slots=True, frozen=True)
class ChainMatch:
    """What a path gave.

    Attributes:
        args: Positional arguments for the view.
        kwargs: Keyword arguments, extra ones included.
        captured: Those of them that the last pattern captured.
    """

    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    captured: dict[str, Any]


class Chain:
    """The entries from the root to a view; the root itself has none.

    Levels are matched one after another without going back, exactly as resolvers do.
    """

    def __init__(self, entries: tuple[URLResolver | URLPattern, ...]) -> None:
        self.entries = entries
        self.patterns: tuple[Pattern, ...] = tuple(entry.pattern for entry in entries)

    @classmethod
    def root(cls) -> Chain:
        """Return the chain of the root."""
        return cls(())

    def down(self, entry: URLResolver | URLPattern) -> Chain:
        """Return the chain one level below."""
        return Chain((*self.entries, entry))

    @cached_property
    def defaults(self) -> list[dict[str, Any]]:
        """The extra arguments of each level."""
        return [
            entry.default_args if isinstance(entry, URLPattern) else entry.default_kwargs
            for entry in self.entries
        ]

    @cached_property
    def middleware(self) -> list[Any]:
        """The middleware of all levels, outermost first."""
        return [one for entry in self.entries for one in entry.middleware]

    @cached_property
    def parameters(self) -> frozenset[str]:
        """Names of the keyword arguments a view may get from this chain."""
        names: set[str] = set()
        for pattern, extra in zip(self.patterns, self.defaults, strict=True):
            names.update(pattern.converters)
            if not isinstance(pattern, RoutePattern):
                names.update(pattern.regex.groupindex)
            names.update(extra)
        return frozenset(names)

    @cached_property
    def converters(self) -> dict[str, Converter]:
        """Converters by parameter; an inner level hides an outer one of the same name."""
        found: dict[str, Converter] = {}
        for pattern in self.patterns:
            found.update(pattern.converters)
        return found

    @cached_property
    def is_plain(self) -> bool:
        """Whether all levels are untranslated routes, so that one expression can stand for them."""
        return all(
            isinstance(pattern, RoutePattern)
            and not pattern.is_translated
            and not any(_has_groups(converter.regex) for converter in pattern.converters.values())
            for pattern in self.patterns
        )

    @cached_property
    def route(self) -> str:
        """The patterns joined, as `ResolverMatch.route` shows them."""
        joined = ""
        for pattern in self.patterns:
            text = str(pattern)
            joined = joined + text.removeprefix("^") if joined else text
        return joined

    @cached_property
    def path_format(self) -> str:
        """The path with `{parameter}` parts, for people, OpenAPI and the route index."""
        if self.is_plain:
            return "/" + _PARAMETER.sub(lambda found: "{" + found["parameter"] + "}", self.route)
        return "/" + re.sub(r"[$^]|\\Z", "", self.route)

    @cached_property
    def literal_prefix(self) -> str:
        """What every matching path begins with, up to the first variable part."""
        if not self.is_plain:
            return "/" + self._literal_before_expressions()
        return "/" + self.route.split("<", 1)[0]

    def _literal_before_expressions(self) -> str:
        literal = ""
        for pattern in self.patterns:
            if not isinstance(pattern, RoutePattern) or pattern.is_translated:
                break
            head, bracket, _ = str(pattern).partition("<")
            literal += head
            if bracket:
                break
        return literal

    @cached_property
    def static_path(self) -> str | None:
        """The one path that matches, or `None` if several may."""
        return "/" + self.route if self.is_plain and "<" not in self.route else None

    # --- matching -----------------------------------------------------------------------

    def match(self, path: str) -> ChainMatch | None:
        """Match a whole path with its leading slash."""
        if self.static_path is not None:
            return self._static_match if path == self.static_path else None
        if self.is_plain:
            return self._match_compiled(path)
        return self._match_levels(path)

    @cached_property
    def _static_match(self) -> ChainMatch:
        merged: dict[str, Any] = {}
        for extra in self.defaults:
            merged.update(extra)
        return ChainMatch((), merged, {})

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """One expression for all levels; `p0`, `p1`... are the parameters in order."""
        return re.compile(self._compiled[0])

    @cached_property
    def _compiled(self) -> tuple[str, list[list[tuple[str, str, Callable[[str], Any]]]]]:
        """The expression, and for each level its groups, parameters and conversions."""
        known = get_converters()
        parts = ["/"]
        levels: list[list[tuple[str, str, Callable[[str], Any]]]] = []
        count = 0
        for pattern in self.patterns:
            text, position = str(pattern), 0
            level: list[tuple[str, str, Callable[[str], Any]]] = []
            # An atomic group: what a level has matched is not given back to the next.
            parts.append("(?>")
            for found in _PARAMETER.finditer(text):
                converter = known[found["converter"] or "str"]
                group = f"p{count}"
                count += 1
                parts.append(re.escape(text[position : found.start()]))
                parts.append(f"(?P<{group}>{converter.regex})")
                level.append((group, found["parameter"], converter.to_python))
                position = found.end()
            parts.append(re.escape(text[position:]))
            last = len(levels) == len(self.patterns) - 1
            parts.append(r"\Z)" if last else ")")
            levels.append(level)
        return "".join(parts), levels

    def _match_compiled(self, path: str) -> ChainMatch | None:
        found = self.regex.match(path)
        if found is None:
            return None
        merged: dict[str, Any] = {}
        captured: dict[str, Any] = {}
        try:
            for level, extra in zip(self._compiled[1], self.defaults, strict=True):
                captured = {parameter: convert(found[group]) for group, parameter, convert in level}
                merged.update(captured)
                merged.update(extra)
        except ValueError:
            return None
        return ChainMatch((), merged, captured)

    def _match_levels(self, path: str) -> ChainMatch | None:
        if not path.startswith("/"):
            return None
        rest = path[1:]
        captured: dict[str, Any] = {}
        collected: list[tuple[tuple[Any, ...], dict[str, Any]]] = []
        for pattern, extra in zip(self.patterns, self.defaults, strict=True):
            found = pattern.match(rest)
            if found is None:
                return None
            rest, level_args, captured = found
            collected.append((level_args, {**captured, **extra}))
        # From the inside out, as resolvers hand their matches up: positional arguments of outer
        # levels count only while there is no keyword.
        args, merged = collected.pop() if collected else ((), {})
        for level_args, level_kwargs in reversed(collected):
            merged = {**level_kwargs, **merged}
            args = args if merged else level_args + args
        return ChainMatch(args, merged, captured)

    # --- names --------------------------------------------------------------------------

    @cached_property
    def namespaces(self) -> list[str | None]:
        """Instance namespaces from the outside in."""
        return [getattr(entry, "namespace", None) for entry in self.entries]

    @cached_property
    def app_names(self) -> list[str | None]:
        """Application namespaces from the outside in."""
        return [getattr(entry, "app_name", None) for entry in self.entries]

    def resolver_match(self, view: Any, name: str | None, found: ChainMatch) -> ResolverMatch:
        """Return the `ResolverMatch` for a path that matched; the patterns tried are not kept."""
        extra: dict[str, Any] = {}
        for level in self.defaults:
            extra.update(level)
        return ResolverMatch(
            view,
            found.args,
            found.kwargs,
            name,
            self.app_names,
            self.namespaces,
            self.route,
            captured_kwargs=found.captured,
            extra_kwargs=extra,
        )


def _has_groups(regex: str) -> bool:
    """Whether a converter's expression has groups or references that a joined one could upset."""
    return ("(" in regex.replace("\\(", "") and re.compile(regex).groups > 0) or "(?" in regex
