"""Lists and mappings out of the flat names of an HTML form."""

from __future__ import annotations

import re
from typing import Any

from fastjango.values.datastructures import MultiValueDict

__all__ = ["is_html_input", "parse_html_dict", "parse_html_list"]

_REQUIRED = object()


def is_html_input(dictionary: Any) -> bool:
    """Whether the input is a form's, where one name may have several values."""
    return hasattr(dictionary, "getlist")


def parse_html_list(dictionary: Any, prefix: str = "", default: Any = None) -> Any:
    """Return the list that names such as `tags[0]` or `items[0]title` spell.

    Args:
        dictionary: The form's input.
        prefix: What the names begin with.
        default: What to return if there are no such names.

    Returns:
        Texts, or multi-valued mappings where something follows the bracket.
    """
    found: dict[int, Any] = {}
    # int() refuses longer numbers; nobody counts that far.
    pattern = re.compile(rf"^{re.escape(prefix)}\[([0-9]{{1,9}})\](.*)$")
    for name, value in dictionary.items():
        match = pattern.match(name)
        if match is None:
            continue
        index, key = int(match[1]), match[2]
        if not key:
            found[index] = value
        elif isinstance(found.get(index), dict):
            found[index][key] = value
        else:
            found[index] = MultiValueDict({key: [value]})
    return [found[index] for index in sorted(found)] if found else default


def parse_html_dict(dictionary: Any, prefix: str = "", default: Any = _REQUIRED) -> Any:
    """Return the mapping that names such as `profile.name` spell.

    Args:
        dictionary: The form's input.
        prefix: What the names begin with.
        default: What to return if there are no such names; an empty mapping if absent.
    """
    found: MultiValueDict[str, Any] = MultiValueDict()
    pattern = re.compile(rf"^{re.escape(prefix)}\.(.+)$")
    for name in dictionary:
        if (match := pattern.match(name)) is not None:
            found.setlist(match[1], dictionary.getlist(name))
    return found if found or default is _REQUIRED else default
