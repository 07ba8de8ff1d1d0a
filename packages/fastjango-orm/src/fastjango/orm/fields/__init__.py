"""Every field a model can have."""

from __future__ import annotations

from .addresses import GenericIPAddressField, IPAddressField
from .auto import AutoField, BigAutoField, SmallAutoField
from .base import BLANK_CHOICE_DASH, BLANK_CHOICE_LABEL, NOT_PROVIDED, Empty, Field
from .composite import CompositePrimaryKey
from .decimals import DecimalField
from .durations import DurationField
from .file_path import FilePathField
from .files import FieldFile, FileField, ImageField, ImageFieldFile
from .foreign_key import ForeignKey, OneToOneField
from .generated import GeneratedField
from .json import JSONField
from .many_to_many import ManyToManyField
from .numbers import (
    BigIntegerField,
    FloatField,
    IntegerField,
    OrderWrt,
    PositiveBigIntegerField,
    PositiveIntegerField,
    PositiveSmallIntegerField,
    SmallIntegerField,
)
from .related import ForeignObject, RelatedField
from .reverse import ForeignObjectRel, ManyToManyRel, ManyToOneRel, OneToOneRel
from .reverse_declaration import Reverse, ReverseOne
from .simple import (
    BinaryField,
    BooleanField,
    NullBooleanField,
    UUIDField,
)
from .temporal import DateField, DateTimeField, TimeField
from .text import (
    CharField,
    CommaSeparatedIntegerField,
    EmailField,
    SlugField,
    TextField,
    URLField,
)

__all__ = [
    "BLANK_CHOICE_DASH",
    "BLANK_CHOICE_LABEL",
    "NOT_PROVIDED",
    "AutoField",
    "BigAutoField",
    "BigIntegerField",
    "BinaryField",
    "BooleanField",
    "CharField",
    "CommaSeparatedIntegerField",
    "CompositePrimaryKey",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DurationField",
    "EmailField",
    "Empty",
    "Field",
    "FieldFile",
    "FileField",
    "FilePathField",
    "FloatField",
    "ForeignKey",
    "ForeignObject",
    "ForeignObjectRel",
    "GeneratedField",
    "GenericIPAddressField",
    "IPAddressField",
    "ImageField",
    "ImageFieldFile",
    "IntegerField",
    "JSONField",
    "ManyToManyField",
    "ManyToManyRel",
    "ManyToOneRel",
    "NullBooleanField",
    "OneToOneField",
    "OneToOneRel",
    "OrderWrt",
    "PositiveBigIntegerField",
    "PositiveIntegerField",
    "PositiveSmallIntegerField",
    "RelatedField",
    "Reverse",
    "ReverseOne",
    "SlugField",
    "SmallAutoField",
    "SmallIntegerField",
    "TextField",
    "TimeField",
    "URLField",
    "UUIDField",
]

# Lookups know the field classes, so they are registered once those exist.
from fastjango.orm.query.registration import register_builtin_lookups

register_builtin_lookups()
