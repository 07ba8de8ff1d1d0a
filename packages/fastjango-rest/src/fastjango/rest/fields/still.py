"""Fields that never wait: what they read and show depends on the value and on settings alone."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Validators and defaults may be anything.

from __future__ import annotations

from typing import Any

from fastjango.rest.fields.base import empty
from fastjango.rest.fields.choices import ChoiceField
from fastjango.rest.fields.composite import JSONField
from fastjango.rest.fields.numbers import (
    BigIntegerField,
    BooleanField,
    DecimalField,
    FloatField,
    IntegerField,
)
from fastjango.rest.fields.other import ReadOnlyField
from fastjango.rest.fields.temporal import DateField, DateTimeField, DurationField, TimeField
from fastjango.rest.fields.text import (
    CharField,
    EmailField,
    IPAddressField,
    RegexField,
    SlugField,
    URLField,
    UUIDField,
)
from fastjango.rest.validators import ProhibitSurrogateCharactersValidator

__all__ = ["STILL_FIELDS", "is_still"]

STILL_FIELDS = frozenset({
    BigIntegerField, BooleanField, CharField, ChoiceField, DateField, DateTimeField, DecimalField,
    DurationField, EmailField, FloatField, IPAddressField, IntegerField, JSONField, ReadOnlyField,
    RegexField, SlugField, TimeField, URLField, UUIDField,
})  # fmt: skip
"""The classes themselves; a subclass may do anything."""


def _is_still_class(cls: type[Any]) -> bool:
    own = cls.__module__ == "fastjango.values.validators"
    return own or cls is ProhibitSurrogateCharactersValidator


def is_still(field: Any) -> bool:
    """Whether validating a field cannot have to wait, so that both edges may just call it."""
    if type(field) not in STILL_FIELDS:
        return False
    if field.default is not empty and callable(field.default):
        return False
    for validator in field.validators:
        if not _is_still_class(type(validator)) or callable(getattr(validator, "limit_value", 0)):
            return False
    return True
