"""Choices of fields and widgets, as in `django.utils.choices`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import enum
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice, tee, zip_longest
from typing import Any, ClassVar

from fastjango.core.conf import settings
from fastjango.core.functional import Promise, lazy
from fastjango.core.translation import gettext_lazy as _

__all__ = [
    "BLANK_CHOICE_LABEL",
    "BaseChoiceIterator",
    "BlankChoiceIterator",
    "CallableChoiceIterator",
    "flatten_choices",
    "get_blank_choice_label",
    "normalize_choices",
]

BLANK_CHOICE_LABEL: Any = _("- Select an option -")


def get_blank_choice_label() -> Any:
    """Return the label of the choice that stands for none.

    Dashes when `settings.USE_BLANK_CHOICE_DASH` asks for those of older releases of Django. The
    settings are read when the label is shown: forms are often defined before they are there.
    """
    return _blank_choice_label()


def _read_blank_choice_label() -> str:
    return "---------" if settings.USE_BLANK_CHOICE_DASH else str(BLANK_CHOICE_LABEL)


_blank_choice_label = lazy(_read_blank_choice_label, str)


class BaseChoiceIterator:
    """Choices that are worked out at each iteration."""

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError("BaseChoiceIterator subclasses must implement __iter__().")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Iterable):
            end = object()
            pairs = zip_longest(self, other, fillvalue=end)
            return all(mine == theirs for mine, theirs in pairs)
        return super().__eq__(other)

    __hash__: ClassVar[None]  # type: ignore[assignment]  # pyright: ignore  # choices may change

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice) or index < 0:
            return list(self)[index]
        try:
            return next(islice(self, index, index + 1))
        except StopIteration:
            raise IndexError("index out of range") from None


class BlankChoiceIterator(BaseChoiceIterator):
    """Choices with a blank one put first, unless there is one."""

    def __init__(self, choices: Iterable[Any], blank_choice: Iterable[Any]) -> None:
        self.choices = choices
        self.blank_choice = blank_choice

    def __iter__(self) -> Iterator[Any]:
        choices, looked_through = tee(self.choices)
        if not any(value in ("", None) for value, _label in flatten_choices(looked_through)):
            yield from self.blank_choice
        yield from choices


class CallableChoiceIterator(BaseChoiceIterator):
    """Choices that a function gives."""

    def __init__(self, func: Callable[[], Any]) -> None:
        self.func = func

    def __iter__(self) -> Iterator[Any]:
        yield from normalize_choices(self.func())


def flatten_choices(choices: Iterable[Any] | None) -> Iterator[tuple[Any, Any]]:
    """Yield the pairs of value and label, those inside groups too."""
    for value, label in choices or ():
        if isinstance(label, (list, tuple)):
            yield from label
        else:
            yield value, label


def normalize_choices(value: Any, *, depth: int = 0) -> Any:
    """Return choices as a list of pairs, whatever form they were given in.

    Mappings, enumerations with `choices`, iterators and nested groups become lists; functions
    stay lazy. What cannot be choices comes back unchanged, for a system check to report.
    """
    if isinstance(value, (BaseChoiceIterator, Promise, bytes, str)):
        return value
    if isinstance(value, enum.EnumType) and hasattr(value, "choices"):
        return getattr(value, "choices")  # noqa: B009  # of the metaclass of choices
    if depth < 2 and isinstance(value, Mapping):
        value = value.items()
    elif not (depth < 2 and _holds_choices(value)):
        if not callable(value) or depth >= 2:
            return value
        if depth == 0:
            return CallableChoiceIterator(value)
        call: Any = value
        value = call()
    try:
        return [(key, normalize_choices(label, depth=depth + 1)) for key, label in value]
    except (TypeError, ValueError):  # not iterable, or no pairs
        return value


def _holds_choices(value: Any) -> bool:
    if isinstance(value, Iterator):
        return True  # looking at its items would use them up
    if not isinstance(value, Iterable):
        return False
    items: Iterable[Any] = value
    return not any(isinstance(item, (Promise, bytes, str)) for item in items)
