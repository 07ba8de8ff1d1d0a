"""The three ways to describe a part of a path: a route, a regular expression, a language."""

from __future__ import annotations

import functools
import re
import string
from typing import TYPE_CHECKING, Any, Protocol, overload

from fastjango.core import settings
from fastjango.core.checks import CheckMessage
from fastjango.core.checks import Warning as CheckWarning
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.translation import get_language
from fastjango.http.urls import converters as converter_registry
from fastjango.http.urls.converters import Converter, get_converters

if TYPE_CHECKING:
    from fastjango.core.functional import Promise

__all__ = [
    "LocalePrefixPattern",
    "LocaleRegexDescriptor",
    "PathMatch",
    "Pattern",
    "RegexPattern",
    "RoutePattern",
]

PathMatch = tuple[str, tuple[Any, ...], dict[str, Any]]
"""What `match()` returns: the rest of the path, positional and keyword arguments."""

_PARAMETER = re.compile(r"<(?:(?P<converter>[^>:]+):)?(?P<parameter>[^>]+)>")
_WHITESPACE = frozenset(string.whitespace)


class Pattern(Protocol):
    """One segment of a URLconf: matches the start of a path and describes itself."""

    name: str | None
    converters: dict[str, Converter]

    @property
    def regex(self) -> Any:
        """The compiled expression for the active language."""
        ...

    def match(self, path: str) -> PathMatch | None:
        """Match the start of `path`, or return `None`."""
        ...

    def check(self) -> list[CheckMessage]:
        """Return what a system check has to say about the pattern."""
        ...

    def describe(self) -> str:
        """Return the pattern as warnings quote it."""
        ...


@functools.lru_cache
def _route_to_regex(route: str, is_endpoint: bool) -> tuple[str, dict[str, Converter]]:
    """Compile a route such as `blog/<int:pk>/` to an expression and its converters.

    Raises:
        ImproperlyConfigured: Unknown converter, bad parameter name, or white space in brackets.
    """
    known = get_converters()
    parts = ["^"]
    converters: dict[str, Converter] = {}
    position = 0
    for found in _PARAMETER.finditer(route):
        if not _WHITESPACE.isdisjoint(found[0]):
            raise ImproperlyConfigured(
                f"URL route {route!r} cannot contain whitespace in angle brackets <…>."
            )
        converter_name = found["converter"] or "str"
        parameter = found["parameter"]
        if not parameter.isidentifier():
            raise ImproperlyConfigured(
                f"URL route {route!r} uses parameter name {parameter!r} which "
                "isn't a valid Python identifier."
            )
        if converter_name not in known:
            raise ImproperlyConfigured(
                f"URL route {route!r} uses invalid converter {converter_name!r}."
            )
        converters[parameter] = converter = known[converter_name]
        parts.append(re.escape(route[position : found.start()]))
        parts.append(f"(?P<{parameter}>{converter.regex})")
        position = found.end()
    parts.append(re.escape(route[position:]))
    if is_endpoint:
        parts.append(r"\Z")
    return "".join(parts), converters


converter_registry._on_registration.append(_route_to_regex.cache_clear)  # pyright: ignore[reportPrivateUsage]  # same package


class _Described:
    """What route and expression patterns share: how warnings quote and judge them."""

    name: str | None
    _regex: Any

    def describe(self) -> str:
        """Return the pattern as warnings quote it, with its name if it has one."""
        text = f"'{self}'"
        return f"{text} [name='{self.name}']" if self.name else text

    def _check_starts_with_slash(self) -> list[CheckMessage]:
        if not settings.APPEND_SLASH:
            # Without APPEND_SLASH a leading slash can be meant.
            return []
        regex = str(self._regex)
        if regex.startswith(("/", "^/", "^\\/")) and not regex.endswith("/"):
            return [
                CheckWarning(
                    f"Your URL pattern {self.describe()} has a route beginning with a '/'. "
                    "Remove this slash as it is unnecessary. If this pattern is targeted in an "
                    "include(), ensure the include() pattern has a trailing '/'.",
                    id="urls.W002",
                )
            ]
        return []


class LocaleRegexDescriptor:
    """The compiled expression of a pattern: kept once, or once for each language if translated."""

    @overload
    def __get__(self, instance: None, cls: type | None = None) -> LocaleRegexDescriptor: ...
    @overload
    def __get__(self, instance: Any, cls: type | None = None) -> re.Pattern[str]: ...
    def __get__(
        self, instance: Any, cls: type | None = None
    ) -> re.Pattern[str] | LocaleRegexDescriptor:
        if instance is None:
            return self
        if not instance.is_translated:
            # In the instance, where it is found before this descriptor from now on.
            compiled: re.Pattern[str] = self._compile(instance.regex_source())
            instance.__dict__["regex"] = compiled
            return compiled
        kept: dict[str | None, re.Pattern[str]] = instance._regex_dict
        language = get_language()
        if language not in kept:
            kept[language] = self._compile(instance.regex_source())
        return kept[language]

    @staticmethod
    def _compile(regex: str) -> re.Pattern[str]:
        try:
            return re.compile(regex)
        except re.error as error:
            raise ImproperlyConfigured(
                f'"{regex}" is not a valid regular expression: {error}'
            ) from error


class RegexPattern(_Described):
    """A regular expression, as `re_path()` takes it; it may be a lazily translated text."""

    regex: LocaleRegexDescriptor = LocaleRegexDescriptor()

    def __init__(
        self, regex: str | Promise, name: str | None = None, is_endpoint: bool = False
    ) -> None:
        self._regex = regex
        self._regex_dict: dict[str | None, re.Pattern[str]] = {}
        self._is_endpoint = is_endpoint
        self.name = name
        self.converters: dict[str, Converter] = {}

    @property
    def is_translated(self) -> bool:
        """Whether the expression is a lazily translated text."""
        return not isinstance(self._regex, str)

    def regex_source(self) -> str:
        """Return the expression for the active language."""
        return str(self._regex)

    def match(self, path: str) -> PathMatch | None:
        """Search `path`; named groups become keywords, and only without them do others count."""
        regex = self.regex
        if self._is_endpoint and regex.pattern.endswith("$"):
            # A `$` alone would also accept a trailing line break.
            found = regex.fullmatch(path)
        else:
            found = regex.search(path)
        if found is None:
            return None
        named = found.groupdict()
        args = () if named else found.groups()
        kwargs = {key: value for key, value in named.items() if value is not None}
        return path[found.end() :], args, kwargs

    def check(self) -> list[CheckMessage]:
        """Warn about a leading slash, and about `$` before an `include()`."""
        messages = self._check_starts_with_slash()
        if not self._is_endpoint:
            messages.extend(self._check_include_trailing_dollar())
        return messages

    def _check_include_trailing_dollar(self) -> list[CheckMessage]:
        regex = str(self._regex)
        if regex.endswith("$") and not regex.endswith(r"\$"):
            return [
                CheckWarning(
                    f"Your URL pattern {self.describe()} uses include with a route ending with "
                    "a '$'. Remove the dollar from the route to avoid problems including URLs.",
                    id="urls.W001",
                )
            ]
        return []

    def __str__(self) -> str:
        return str(self._regex)


class RoutePattern(_Described):
    """A route with `<converter:parameter>` parts, as `path()` takes it."""

    regex: LocaleRegexDescriptor = LocaleRegexDescriptor()

    def __init__(
        self, route: str | Promise, name: str | None = None, is_endpoint: bool = False
    ) -> None:
        self._route = route
        compiled: tuple[str, dict[str, Converter]] = self._compile(str(route), is_endpoint)
        self._regex = compiled[0]
        self.converters: dict[str, Converter] = compiled[1]
        self._regex_dict: dict[str | None, re.Pattern[str]] = {}
        self._is_endpoint = is_endpoint
        self.name = name

    @staticmethod
    def _compile(route: str, is_endpoint: bool) -> tuple[str, dict[str, Converter]]:
        regex, converters = _route_to_regex(route, is_endpoint)
        # Resolvers add the converters of their parents, so every pattern owns its mapping.
        return regex, dict(converters)

    @property
    def is_translated(self) -> bool:
        """Whether the route is a lazily translated text, so that it depends on the language."""
        return not isinstance(self._route, str)

    def regex_source(self) -> str:
        """Return the expression the route stands for in the active language."""
        return _route_to_regex(str(self._route), self._is_endpoint)[0]

    def match(self, path: str) -> PathMatch | None:
        """Match the start of `path` (all of it for an endpoint) and convert the parameters."""
        if self.converters:
            found = self.regex.search(path)
            if found is None:
                return None
            kwargs: dict[str, Any] = found.groupdict()
            try:
                for key, value in kwargs.items():
                    kwargs[key] = self.converters[key].to_python(value)
            except ValueError:
                return None
            return path[found.end() :], (), kwargs
        route = str(self._route)
        if self._is_endpoint:
            return ("", (), {}) if route == path else None
        return (path.removeprefix(route), (), {}) if path.startswith(route) else None

    def check(self) -> list[CheckMessage]:
        """Warn about leading slashes, unbalanced brackets, and leftovers of `url()`."""
        messages = [*self._check_starts_with_slash(), *self._check_angle_brackets()]
        route = str(self._route)
        if "(?P<" in route or route.startswith("^") or route.endswith("$"):
            messages.append(
                CheckWarning(
                    f"Your URL pattern {self.describe()} has a route that contains '(?P<', "
                    "begins with a '^', or ends with a '$'. This was likely an oversight when "
                    "migrating to fastjango.http.path().",
                    id="2_0.W001",
                )
            )
        return messages

    def _check_angle_brackets(self) -> list[CheckMessage]:
        messages: list[CheckMessage] = []
        depth = 0
        for bracket in re.findall(r"[<>]", str(self._route)):
            depth += 1 if bracket == "<" else -1
            if depth < 0:
                messages.append(self._unmatched(">"))
                depth = 0
        if depth > 0:
            messages.append(self._unmatched("<"))
        return messages

    def _unmatched(self, bracket: str) -> CheckMessage:
        return CheckWarning(
            f"Your URL pattern {self.describe()} has an unmatched '{bracket}' bracket.",
            id="urls.W010",
        )

    def __str__(self) -> str:
        return str(self._route)


class LocalePrefixPattern:
    """The language code of the active language as a prefix; `i18n_patterns()` makes these."""

    name: str | None = None

    def __init__(self, prefix_default_language: bool = True) -> None:
        self.prefix_default_language = prefix_default_language
        self.converters: dict[str, Converter] = {}

    @property
    def regex(self) -> re.Pattern[str]:
        """The expression for the active language's prefix; `reverse()` reads it."""
        return re.compile(re.escape(self.language_prefix))

    @property
    def language_prefix(self) -> str:
        """The prefix with its slash, or `""` for an unprefixed default language."""
        language = get_language() or settings.LANGUAGE_CODE
        if language == settings.LANGUAGE_CODE and not self.prefix_default_language:
            return ""
        return f"{language}/"

    def match(self, path: str) -> PathMatch | None:
        """Match the active language's prefix at the start of `path`."""
        prefix = self.language_prefix
        return (path.removeprefix(prefix), (), {}) if path.startswith(prefix) else None

    def check(self) -> list[CheckMessage]:
        """Return no messages: there is nothing to get wrong."""
        return []

    def describe(self) -> str:
        """Return the pattern as warnings quote it."""
        return f"'{self}'"

    def __str__(self) -> str:
        return self.language_prefix
