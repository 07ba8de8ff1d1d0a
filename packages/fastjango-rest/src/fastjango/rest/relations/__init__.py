"""Fields whose values are related objects, with REST framework's names, options and texts."""

from fastjango.rest.relations.base import PKOnlyObject, RelatedField, StringRelatedField
from fastjango.rest.relations.keys import PrimaryKeyRelatedField, SlugRelatedField
from fastjango.rest.relations.links import (
    Hyperlink,
    HyperlinkedIdentityField,
    HyperlinkedRelatedField,
    ObjectTypeError,
    ObjectValueError,
)
from fastjango.rest.relations.many import ManyRelatedField

__all__ = [
    "Hyperlink",
    "HyperlinkedIdentityField",
    "HyperlinkedRelatedField",
    "ManyRelatedField",
    "ObjectTypeError",
    "ObjectValueError",
    "PKOnlyObject",
    "PrimaryKeyRelatedField",
    "RelatedField",
    "SlugRelatedField",
    "StringRelatedField",
]
