"""Fields of truth values and choices."""
# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from __future__ import annotations

import operator
import os
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any, Self

from fastjango.core.exceptions import ValidationError
from fastjango.core.functional import Promise
from fastjango.core.translation import gettext_lazy as _
from fastjango.values.choices import get_blank_choice_label, normalize_choices

from ._choice_widgets import NullBooleanSelect, Select, SelectMultiple
from ._field import Field
from ._widget import CheckboxInput, MultipleHiddenInput

__all__ = [
    "BooleanField",
    "ChoiceField",
    "FilePathField",
    "MultipleChoiceField",
    "NullBooleanField",
    "TypedChoiceField",
    "TypedMultipleChoiceField",
]


class BooleanField(Field):
    """A truth value; a required one must be true."""

    widget: Any = CheckboxInput

    def to_python(self, value: Any) -> Any:
        """Return the truth value; the texts "False" and "0" are false too."""
        if isinstance(value, str) and value.lower() in ("false", "0"):
            value = False
        else:
            value = bool(value)
        return super().to_python(value)

    def validate(self, value: Any) -> None:
        """Refuse false when a value is required."""
        if not value and self.required:
            raise self._error("required")

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the truth values differ."""
        return not self.disabled and self.to_python(initial) != self.to_python(data)


class NullBooleanField(BooleanField):
    """Yes, no, or `None` for anything else."""

    widget: Any = NullBooleanSelect

    def to_python(self, value: Any) -> Any:
        """Return the truth value, `None` for an unknown one."""
        if value in (True, "True", "true", "1"):
            return True
        return False if value in (False, "False", "false", "0") else None

    def validate(self, value: Any) -> None:
        """Accept every value."""


class ChoiceField(Field):
    """One of several choices, as text.

    Args:
        choices: Pairs of value and label, in groups if wanted; a mapping, an enumeration, or a
            function that gives them each time.
    """

    widget: Any = Select
    default_error_messages: dict[str, Any] = {
        "invalid_choice": _(
            "Select a valid choice. %(value)s is not one of the available choices."
        ),
    }

    def __init__(self, *, choices: Any = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices = choices

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        result = super().__deepcopy__(memo)
        choices: Any = self._choices
        # Pairs of texts and numbers cannot change: a new list of them is a deep copy.
        if isinstance(choices, list) and _are_plain_pairs(choices):  # pyright: ignore
            result._choices = choices[:]
        else:
            result._choices = deepcopy(choices, memo)
        return result

    @property
    def choices(self) -> Any:
        """The choices; setting them sets those of the widget too."""
        return self._choices

    @choices.setter
    def choices(self, value: Any) -> None:
        self._choices = self.widget.choices = normalize_choices(value)

    def to_python(self, value: Any) -> Any:
        """Return the text of the value."""
        return "" if value in self.empty_values else str(value)

    def validate(self, value: Any) -> None:
        """Refuse what is not among the choices."""
        super().validate(value)
        if value and not self.valid_value(value):
            raise self._error("invalid_choice", value=value)

    def valid_value(self, value: Any) -> bool:
        """Tell whether a value is among the choices."""
        text = str(value)
        return any(value == key or text == str(key) for key in self._values())

    def _values(self) -> Iterator[Any]:
        for key, label in self.choices:
            if isinstance(label, (list, tuple)):
                yield from (subkey for subkey, _sublabel in label)  # pyright: ignore
            else:
                yield key


def _are_plain_pairs(choices: list[Any]) -> bool:
    for choice in choices:
        if type(choice) is not tuple:
            return False
        for part in choice:  # pyright: ignore[reportUnknownVariableType]
            if not isinstance(part, (str, int, float, Promise, type(None))):
                return False
    return True


def _same(value: Any) -> Any:
    return value


class TypedChoiceField(ChoiceField):
    """One of several choices, as a value of another type.

    Args:
        coerce: Turns the text into the value.
        empty_value: What nothing selected is cleaned to.
    """

    def __init__(
        self, *, coerce: Callable[[Any], Any] = _same, empty_value: Any = "", **kwargs: Any
    ) -> None:
        self.coerce = coerce
        self.empty_value = empty_value
        super().__init__(**kwargs)

    def _coerce(self, value: Any) -> Any:
        if value == self.empty_value or value in self.empty_values:
            return self.empty_value
        try:
            return self.coerce(value)
        except (ValueError, TypeError, ValidationError):
            raise self._error("invalid_choice", value=value) from None

    def clean(self, value: Any) -> Any:
        """Return the value of the selected choice."""
        return self._coerce(super().clean(value))

    async def aclean(self, value: Any) -> Any:
        """Do what `clean` does, and await validators that are async."""
        return self._coerce(await super().aclean(value))


class MultipleChoiceField(ChoiceField):
    """Several of the choices, as a list of texts."""

    hidden_widget: Any = MultipleHiddenInput
    widget: Any = SelectMultiple
    default_error_messages: dict[str, Any] = {
        "invalid_choice": _(
            "Select a valid choice. %(value)s is not one of the available choices."
        ),
        "invalid_list": _("Enter a list of values."),
    }

    def to_python(self, value: Any) -> Any:
        """Return the list of texts."""
        if not value:
            return []
        if not isinstance(value, (list, tuple)):
            raise self._error("invalid_list")
        items: Any = value
        return [str(item) for item in items]

    def validate(self, value: Any) -> None:
        """Refuse a list with a value that is not among the choices."""
        if self.required and not value:
            raise self._error("required")
        for item in dict.fromkeys(value):
            if not self.valid_value(item):
                raise self._error("invalid_choice", value=item)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether the selected values differ; their order does not count."""
        if self.disabled:
            return False
        before, after = initial or [], data or []
        try:
            if len(before) != len(after):
                return True
            return {str(value) for value in before} != {str(value) for value in after}
        except TypeError:  # what came is no list
            return True


class TypedMultipleChoiceField(MultipleChoiceField):
    """Several of the choices, as values of another type.

    Args:
        coerce: Turns a text into a value.
        empty_value: What nothing selected is cleaned to, an empty list by default.
    """

    def __init__(self, *, coerce: Callable[[Any], Any] = _same, **kwargs: Any) -> None:
        self.coerce = coerce
        self.empty_value: Any = kwargs.pop("empty_value", [])
        super().__init__(**kwargs)

    def _coerce(self, value: Any) -> Any:
        if value == self.empty_value or value in self.empty_values:
            return self.empty_value
        coerced: list[Any] = []
        for choice in value:
            try:
                coerced.append(self.coerce(choice))
            except (ValueError, TypeError, ValidationError):
                raise self._error("invalid_choice", value=choice) from None
        return coerced

    def clean(self, value: Any) -> Any:
        """Return the values of the selected choices."""
        return self._coerce(super().clean(value))

    async def aclean(self, value: Any) -> Any:
        """Do what `clean` does, and await validators that are async."""
        return self._coerce(await super().aclean(value))

    def validate(self, value: Any) -> None:
        """Refuse a list with a value that is not among the choices."""
        if value != self.empty_value:
            super().validate(value)
        elif self.required:
            raise self._error("required")


class FilePathField(ChoiceField):
    """One of the files below a folder, which is read when the field is made.

    Args:
        path: The folder.
        match: A pattern that is searched for in the names.
        recursive: Go into folders.
        allow_files: Offer files.
        allow_folders: Offer folders.

    Raises:
        OSError: The folder cannot be read.
    """

    def __init__(
        self,
        path: Any,
        *,
        match: str | None = None,
        recursive: bool = False,
        allow_files: bool = True,
        allow_folders: bool = False,
        **kwargs: Any,
    ) -> None:
        self.path, self.match, self.recursive = path, match, recursive
        self.allow_files, self.allow_folders = allow_files, allow_folders
        super().__init__(choices=(), **kwargs)
        self.set_choices()

    def set_choices(self) -> None:
        """Read the folder."""
        if self.match is not None:
            self.match_re = re.compile(self.match)
        found = self._walk() if self.recursive else self._list()
        self.choices = [*([] if self.required else [("", get_blank_choice_label())]), *found]

    def _fits(self, name: str) -> bool:
        return self.match is None or bool(self.match_re.search(name))

    def _walk(self) -> Iterator[tuple[str, str]]:
        for root, folders, files in sorted(os.walk(self.path)):
            names = sorted(files) if self.allow_files else []
            if self.allow_folders:
                names += [name for name in sorted(folders) if name != "__pycache__"]
            for name in names:
                if self._fits(name):
                    path = os.path.join(root, name)  # noqa: PTH118  # values are texts
                    yield path, path.replace(str(self.path), "", 1)

    def _list(self) -> list[tuple[str, str]]:
        with os.scandir(self.path) as entries:
            found = [
                (entry.path, entry.name)
                for entry in entries
                if entry.name != "__pycache__"
                and (
                    (self.allow_files and entry.is_file())
                    or (self.allow_folders and entry.is_dir())
                )
                and self._fits(entry.name)
            ]
        return sorted(found, key=operator.itemgetter(1))
