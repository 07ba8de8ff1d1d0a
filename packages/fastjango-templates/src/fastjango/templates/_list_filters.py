"""Filters of lists and other collections."""

from __future__ import annotations

import random as random_module
from collections.abc import Callable, Iterable, Iterator, Mapping
from operator import itemgetter
from types import GeneratorType
from typing import Any, cast

import jinja2
import jinja2.filters
from fastjango.templates.filtering import filter_options, limited, stringfilter
from fastjango.values.html import conditional_escape
from fastjango.values.safestring import mark_safe


@stringfilter
def make_list(value: str) -> list[str]:
    """Return the characters of a text, or the digits of a number, as a list."""
    limited("make_list", value)
    return list(value)


@filter_options(is_safe=True)
def escapeseq(value: Iterable[Any]) -> list[Any]:
    """Return the items, each of them escaped unless it is safe."""
    return [conditional_escape(item) for item in value]


@filter_options(is_safe=True)
def safeseq(value: Iterable[Any]) -> list[Any]:
    """Return the items, each of them as text marked as safe."""
    return [mark_safe(item) for item in value]


def property_resolver(arg: Any) -> Callable[[Any], Any]:
    """Return a function that gets an item by its number, or follows dotted keys and attributes.

    Raises:
        AttributeError: The path leads to a private name.
    """
    try:
        float(arg)
    except ValueError:
        if "._" in arg or arg[0] == "_":
            raise AttributeError("Access to private variables is forbidden.") from None
        parts: list[str] = arg.split(".")

        def resolve(value: Any) -> Any:
            for part in parts:
                try:
                    value = value[part]
                except (AttributeError, IndexError, KeyError, TypeError, ValueError):
                    value = getattr(value, part)
            return value

        return resolve
    return itemgetter(arg)


def _sorted(value: Any, arg: Any, *, reverse: bool) -> Any:
    try:
        return sorted(value, key=property_resolver(arg), reverse=reverse)
    except (AttributeError, TypeError):
        return ""


def dictsort(value: Any, arg: Any = None, by: str | None = None, reverse: bool = False) -> Any:
    """Return a list of dictionaries or objects sorted by one of their keys or attributes.

    Without an argument, and for a mapping, it is Jinja2's filter: pairs sorted by key (or value).

    Args:
        value: The list.
        arg: A key, a dotted path or an index.
        by: `"key"` or `"value"`, for a mapping.
        reverse: Whether to begin with the last.
    """
    if isinstance(value, Mapping) and not isinstance(arg, str):
        mapping = cast("Mapping[Any, Any]", value)  # type: ignore[redundant-cast]  # pyright cannot tell
        side: Any = by or "key"
        return jinja2.filters.do_dictsort(mapping, bool(arg), side, reverse)
    return _sorted(value, arg, reverse=reverse)


def dictsortreversed(value: Any, arg: Any) -> Any:
    """Do what `dictsort` does, the last one first."""
    return _sorted(value, arg, reverse=True)


def first(value: Any) -> Any:
    """Return the first item, `""` if there is none."""
    try:
        return value[0]
    except (IndexError, KeyError):
        return ""
    except TypeError:
        # Generators and sets, which Jinja2's own filter takes.
        return next(iter(value), "")


@filter_options(is_safe=True)
def last(value: Any) -> Any:
    """Return the last item, `""` if there is none."""
    try:
        return value[-1]
    except (IndexError, KeyError):
        return ""
    except TypeError:
        return next(reversed(value), "")


@filter_options(is_safe=True, needs_autoescape=True)
def join(value: Any, arg: Any = "", attribute: Any = None, *, autoescape: bool = True) -> Any:
    """Return the items as one text.

    Args:
        value: The items.
        arg: What comes between them.
        attribute: Join this attribute of the items, as in Jinja2.
        autoescape: Whether items and separator that are not safe are escaped.
    """
    if attribute is not None:
        value = [property_resolver(attribute)(item) for item in value]
    try:
        if autoescape:
            data = conditional_escape(arg).join([conditional_escape(item) for item in value])
        else:
            data = arg.join([str(item) for item in value])
    except TypeError:
        return value
    return mark_safe(data)


def length(value: Any) -> int:
    """Return the number of items, 0 for what has none."""
    try:
        return len(value)
    except (ValueError, TypeError):
        return 0


@filter_options(is_safe=True, varies=True)
def random(value: Any) -> Any:
    """Return any of the items, `""` if there is none."""
    try:
        return random_module.choice(value)
    except IndexError:
        return ""


@filter_options(is_safe=True)
def slice_filter(value: Any, arg: Any, fill_with: Any = None) -> Any:
    """Return a part of a list: `"1:3"`, with the meaning of Python's slices.

    With a number it is Jinja2's filter: the items in so many columns.
    """
    if isinstance(arg, int):
        return list(_columns(list(value), arg, fill_with))
    try:
        bounds = [int(part) if part else None for part in str(arg).split(":")]
        return value[slice(*bounds)]
    except (ValueError, TypeError, KeyError):
        return value


def _columns(items: list[Any], count: int, fill_with: Any) -> Iterator[list[Any]]:
    size, more = divmod(len(items), count)
    start = 0
    for number in range(count):
        end = start + size + (number < more)
        column = items[start:end]
        if fill_with is not None and more and number >= more:
            column.append(fill_with)
        start = end
        yield column


def _walk(items: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Yield each item with the list that follows it, `None` if none does."""
    queue = iter(items)
    waiting: list[Any] = []
    for item in queue:
        if waiting and isinstance(item, (list, tuple, GeneratorType)):
            yield waiting.pop(), item
        else:
            if waiting:
                yield waiting.pop(), None
            waiting.append(item)
    if waiting:
        yield waiting.pop(), None


@filter_options(is_safe=True, needs_autoescape=True)
def unordered_list(value: Any, autoescape: bool = True) -> str:
    """Return nested lists as `<li>` elements, without the outer `<ul>`."""

    def written(items: Iterable[Any], depth: int) -> str:
        tabs = "\t" * depth
        lines: list[str] = []
        for item, children in _walk(items):
            inner = ""
            if children:
                inner = f"\n{tabs}<ul>\n{written(children, depth + 1)}\n{tabs}</ul>\n{tabs}"
            shown = conditional_escape(item) if autoescape else item
            lines.append(f"{tabs}<li>{shown}{inner}</li>")
        return "\n".join(lines)

    return mark_safe(written(value, 1))  # type: ignore[no-any-return]
