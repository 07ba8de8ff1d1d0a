"""Enumerations whose members are choices with labels."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownMemberType=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any, cast

from fastjango.core.functional import Promise

__all__ = ["Choices", "ChoicesType", "IntegerChoices", "TextChoices"]


class ChoicesType(enum.EnumType):
    """Metaclass of `Choices`: splits labels off the values."""

    def __new__(
        metacls, classname: str, bases: tuple[type, ...], classdict: Any, **kwds: Any
    ) -> ChoicesType:
        labels: list[object] = []
        for key in classdict._member_names:
            value = classdict[key]
            if (
                isinstance(value, (list, tuple))
                and len(cast("tuple[object, ...]", value)) > 1
                and isinstance(value[-1], (Promise, str))
            ):
                *parts, label = cast("tuple[object, ...]", value)
                value = parts[0] if len(parts) == 1 else tuple(parts)
            else:
                label = key.replace("_", " ").title()
            labels.append(label)
            # dict's own method, because the enum dictionary refuses to set a member twice.
            dict.__setitem__(classdict, key, value)
        cls: Any = super().__new__(metacls, classname, bases, classdict, **kwds)
        for member, label in zip(cls.__members__.values(), labels, strict=True):
            member._label_ = label
        return cast("ChoicesType", enum.unique(cls))

    @property
    def names(cls) -> list[str]:
        """Member names; `__empty__` comes first if the class has an empty choice."""
        empty = ["__empty__"] if hasattr(cls, "__empty__") else []
        return empty + [member.name for member in cast("Any", cls)]

    @property
    def choices(cls) -> list[tuple[Any, str]]:
        """Pairs of value and label, the empty choice first."""
        empty: list[tuple[Any, str]] = (
            [(None, cast("Any", cls).__empty__)] if hasattr(cls, "__empty__") else []
        )
        return empty + [(member.value, member.label) for member in cast("Any", cls)]

    @property
    def labels(cls) -> list[str]:
        """Labels in order of `choices`."""
        return [label for _, label in cls.choices]

    @property
    def values(cls) -> list[Any]:
        """Values in order of `choices`."""
        return [value for value, _ in cls.choices]


class Choices(enum.Enum, metaclass=ChoicesType):
    """Base of enumerated choices; mix in the type of the values."""

    if TYPE_CHECKING:
        _label_: str
        do_not_call_in_templates: bool
    else:
        # Not a member: template engines call what is callable unless told not to.
        do_not_call_in_templates = enum.nonmember(True)

    @enum.property
    def label(self) -> str:
        """Human-readable name of the member."""
        return self._label_

    def __repr__(self) -> str:
        return f"{self.__class__.__qualname__}.{self._name_}"


if TYPE_CHECKING:
    # The enumerations of the standard library allow no label beside a value.
    class IntegerChoices(int, Choices):
        """Choices with integer values."""

        @enum.property
        def value(self) -> int: ...

    class TextChoices(str, Choices):
        """Choices with text values; `auto()` gives a member its own name as value."""

        @enum.property
        def value(self) -> str: ...

else:

    class IntegerChoices(Choices, enum.IntEnum):
        """Choices with integer values."""

    class TextChoices(Choices, enum.StrEnum):
        """Choices with text values; `auto()` gives a member its own name as value."""

        @staticmethod
        def _generate_next_value_(name: str, start: int, count: int, last_values: list[Any]) -> str:
            return name
