"""Fields for relations to objects of any model."""

from __future__ import annotations

from .generic_foreign_key import GenericForeignKey, GenericForeignKeyDescriptor
from .generic_manager import create_generic_related_manager
from .generic_relation import GenericRel, GenericRelation, ReverseGenericManyToOneDescriptor

__all__ = [
    "GenericForeignKey",
    "GenericForeignKeyDescriptor",
    "GenericRel",
    "GenericRelation",
    "ReverseGenericManyToOneDescriptor",
    "create_generic_related_manager",
]
