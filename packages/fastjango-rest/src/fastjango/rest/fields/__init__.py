"""The fields of serializers, with REST framework's names, options, texts and codes."""

from fastjango.rest.fields.attributes import (
    BuiltinSignatureError,
    get_attribute,
    is_simple_callable,
)
from fastjango.rest.fields.base import Field, empty
from fastjango.rest.fields.choices import (
    ChoiceField,
    FilePathField,
    MultipleChoiceField,
    flatten_choices_dict,
    iter_options,
    to_choices_dict,
)
from fastjango.rest.fields.composite import DictField, HStoreField, JSONField, ListField
from fastjango.rest.fields.defaults import CreateOnlyDefault, CurrentUserDefault, SkipField
from fastjango.rest.fields.files import FileField, ImageField
from fastjango.rest.fields.messages import get_error_detail
from fastjango.rest.fields.numbers import (
    BigIntegerField,
    BooleanField,
    DecimalField,
    FloatField,
    IntegerField,
)
from fastjango.rest.fields.other import (
    HiddenField,
    ModelField,
    ReadOnlyField,
    SerializerMethodField,
)
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

__all__ = [
    "BigIntegerField",
    "BooleanField",
    "BuiltinSignatureError",
    "CharField",
    "ChoiceField",
    "CreateOnlyDefault",
    "CurrentUserDefault",
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DictField",
    "DurationField",
    "EmailField",
    "Field",
    "FileField",
    "FilePathField",
    "FloatField",
    "HStoreField",
    "HiddenField",
    "IPAddressField",
    "ImageField",
    "IntegerField",
    "JSONField",
    "ListField",
    "ModelField",
    "MultipleChoiceField",
    "ReadOnlyField",
    "RegexField",
    "SerializerMethodField",
    "SkipField",
    "SlugField",
    "TimeField",
    "URLField",
    "UUIDField",
    "empty",
    "flatten_choices_dict",
    "get_attribute",
    "get_error_detail",
    "is_simple_callable",
    "iter_options",
    "to_choices_dict",
]
