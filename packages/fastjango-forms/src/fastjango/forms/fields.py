"""Fields, as in `django.forms.fields`."""

from ._choice_fields import (
    BooleanField,
    ChoiceField,
    FilePathField,
    MultipleChoiceField,
    NullBooleanField,
    TypedChoiceField,
    TypedMultipleChoiceField,
)
from ._field import Field
from ._file_fields import FileField, ImageField
from ._multi_fields import ComboField, MultiValueField, SplitDateTimeField
from ._number_fields import DecimalField, FloatField, IntegerField
from ._temporal_fields import (
    BaseTemporalField,
    DateField,
    DateTimeField,
    DateTimeFormatsIterator,
    DurationField,
    TimeField,
)
from ._text_fields import (
    CharField,
    EmailField,
    GenericIPAddressField,
    InvalidJSONInput,
    JSONField,
    JSONString,
    RegexField,
    SlugField,
    URLField,
    UUIDField,
)

__all__ = [
    "BaseTemporalField",
    "BooleanField",
    "CharField",
    "ChoiceField",
    "ComboField",
    "DateField",
    "DateTimeField",
    "DateTimeFormatsIterator",
    "DecimalField",
    "DurationField",
    "EmailField",
    "Field",
    "FileField",
    "FilePathField",
    "FloatField",
    "GenericIPAddressField",
    "ImageField",
    "IntegerField",
    "InvalidJSONInput",
    "JSONField",
    "JSONString",
    "MultiValueField",
    "MultipleChoiceField",
    "NullBooleanField",
    "RegexField",
    "SlugField",
    "SplitDateTimeField",
    "TimeField",
    "TypedChoiceField",
    "TypedMultipleChoiceField",
    "URLField",
    "UUIDField",
]
