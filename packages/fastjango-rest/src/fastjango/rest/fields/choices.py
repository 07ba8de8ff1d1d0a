"""Fields whose values come from a list."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Choices may be anything.

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, ClassVar

from fastjango.core.translation import gettext_lazy as _
from fastjango.rest._html_input import is_html_input
from fastjango.rest.fields.base import Field, empty

__all__ = [
    "ChoiceField",
    "FilePathField",
    "MultipleChoiceField",
    "flatten_choices_dict",
    "iter_options",
    "to_choices_dict",
]


def to_choices_dict(choices: Any) -> dict[Any, Any]:
    """Return choices of any style as a dict, groups as dicts within it.

    Args:
        choices: Values, pairs of value and text, or pairs of group and choices.
    """
    found: dict[Any, Any] = {}
    for choice in choices:
        if not isinstance(choice, (list, tuple)):
            found[choice] = choice
            continue
        key, value = choice
        found[key] = to_choices_dict(value) if isinstance(value, (list, tuple)) else value
    return found


def flatten_choices_dict(choices: dict[Any, Any]) -> dict[Any, Any]:
    """Return the choices of all groups in one dict."""
    found: dict[Any, Any] = {}
    for key, value in choices.items():
        if isinstance(value, dict):
            found.update(value)
        else:
            found[key] = value
    return found


class _Option:
    """One entry of a select element, or the edge of a group."""

    def __init__(
        self,
        value: Any = None,
        display_text: Any = None,
        *,
        disabled: bool = False,
        label: Any = None,
        starts: bool = False,
        ends: bool = False,
    ) -> None:
        self.value = value
        self.display_text = display_text
        self.disabled = disabled
        self.label = label
        self.start_option_group = starts
        self.end_option_group = ends


def iter_options(
    grouped_choices: dict[Any, Any], cutoff: int | None = None, cutoff_text: Any = None
) -> Iterator[Any]:
    """Yield what a select element shows.

    Args:
        grouped_choices: Choices, groups as dicts within.
        cutoff: The most choices to show.
        cutoff_text: Text of a last, disabled one, with `{count}` in it.
    """
    count = 0
    for key, value in grouped_choices.items():
        if cutoff and count >= cutoff:
            break
        if not isinstance(value, dict):
            yield _Option(key, value)
            count += 1
            continue
        yield _Option(label=key, starts=True)
        for sub_key, sub_value in value.items():
            if cutoff and count >= cutoff:
                break
            yield _Option(sub_key, sub_value)
            count += 1
        yield _Option(ends=True)
    if cutoff and count >= cutoff and cutoff_text:
        yield _Option("n/a", str(cutoff_text).format(count=cutoff), disabled=True)


def _plain(value: Any) -> Any:
    """Return the value of a member whose text is its name."""
    return value.value if isinstance(value, Enum) and str(value) != str(value.value) else value


class ChoiceField(Field):
    """A value out of a list.

    Args:
        choices: Values, pairs of value and text, or groups of these.
        html_cutoff: The most choices of a select element.
        html_cutoff_text: The text of its last entry then.
        allow_blank: Whether the empty text is a value.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _('"{input}" is not a valid choice.')
    }
    html_cutoff: Any = None
    html_cutoff_text: Any = _("More than {count} items...")

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        self.choices = choices
        self.html_cutoff = kwargs.pop("html_cutoff", self.html_cutoff)
        self.html_cutoff_text = kwargs.pop("html_cutoff_text", self.html_cutoff_text)
        self.allow_blank: bool = kwargs.pop("allow_blank", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the choice whose text is the input's."""
        if data == "" and self.allow_blank:
            return ""
        try:
            return self.choice_strings_to_values[str(_plain(data))]
        except (KeyError, ValueError):  # ValueError: an integer too long to write
            self.fail("invalid_choice", input=_short(data))

    def to_representation(self, value: Any) -> Any:
        """Return the choice's value."""
        if value in ("", None):
            return value
        value = _plain(value)
        return self.choice_strings_to_values.get(str(value), value)

    def iter_options(self) -> Iterator[Any]:
        """Yield what a select element shows."""
        return iter_options(
            self.grouped_choices, cutoff=self.html_cutoff, cutoff_text=self.html_cutoff_text
        )

    @property
    def choices(self) -> dict[Any, Any]:
        """Texts by value, without groups."""
        return self._choices

    @choices.setter
    def choices(self, choices: Any) -> None:
        self.grouped_choices: dict[Any, Any] = to_choices_dict(choices)
        self._choices = flatten_choices_dict(self.grouped_choices)
        # Input is text more often than not; the value keeps its type.
        self.choice_strings_to_values: dict[str, Any] = {
            str(_plain(key)): key for key in self._choices
        }


def _short(data: Any) -> Any:
    """Return what can be written into a message."""
    try:
        str(data)
    except ValueError:
        return "..."
    return data


class MultipleChoiceField(ChoiceField):
    """Values out of a list, each once, in the order given.

    Args:
        choices: As for `ChoiceField`.
        allow_empty: Whether there may be none.
        **kwargs: Options of `ChoiceField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _('"{input}" is not a valid choice.'),
        "not_a_list": _('Expected a list of items but got type "{input_type}".'),
        "empty": _("This selection may not be empty."),
    }
    default_empty_html: Any = []

    def __init__(self, choices: Any, *, allow_empty: bool = True, **kwargs: Any) -> None:
        self.allow_empty = allow_empty
        super().__init__(choices, **kwargs)

    def get_value(self, dictionary: Any) -> Any:
        """Return all values of a form's name, or the entry of a mapping."""
        if self.field_name not in dictionary and getattr(self.root, "partial", False):
            return empty
        if is_html_input(dictionary):
            return dictionary.getlist(self.field_name)
        return dictionary.get(self.field_name, empty)

    def to_internal_value(self, data: Any) -> Any:
        """Return the choices as a list without repetitions."""
        if isinstance(data, (str, Mapping)) or not hasattr(data, "__iter__"):
            self.fail("not_a_list", input_type=type(data).__name__)
        if not self.allow_empty and len(data) == 0:
            self.fail("empty")
        one = super().to_internal_value
        return list(dict.fromkeys([one(item) for item in data]))

    def to_representation(self, value: Any) -> Any:
        """Return the choices as a list without repetitions."""
        known = self.choice_strings_to_values
        return list(dict.fromkeys([known.get(str(item), item) for item in value]))


def _paths(
    path: str, match: str | None, recursive: bool, allow_files: bool, allow_folders: bool
) -> Iterator[tuple[str, str]]:
    """Yield the entries of a folder, with the text to show for each."""
    pattern = None if match is None else re.compile(match)
    for root, folders, files in sorted(os.walk(path)):
        names = sorted(files) if allow_files else []
        names += sorted(folders) if allow_folders else []
        for name in names if recursive else sorted(names):
            if name == "__pycache__" or (pattern and not pattern.search(name)):
                continue
            full = str(Path(root) / name)
            yield full, full.replace(path, "", 1) if recursive else name
        if not recursive:
            return


class FilePathField(ChoiceField):
    """The path of a file of a folder, read when the field is made.

    Args:
        path: The folder.
        match: A regular expression that names of files have to fit.
        recursive: Whether folders within count.
        allow_files: Whether files may be chosen.
        allow_folders: Whether folders may be chosen.
        required: As for every field.
        **kwargs: Options of `ChoiceField`.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_choice": _('"{input}" is not a valid path choice.')
    }

    def __init__(
        self,
        path: Any,
        match: str | None = None,
        recursive: bool = False,
        allow_files: bool = True,
        allow_folders: bool = False,
        required: bool | None = None,
        **kwargs: Any,
    ) -> None:
        folder = str(path() if callable(path) else path)
        choices = list(_paths(folder, match, recursive, allow_files, allow_folders))
        if not required:
            choices.insert(0, ("", "---------"))
        super().__init__(choices=choices, required=required, **kwargs)
