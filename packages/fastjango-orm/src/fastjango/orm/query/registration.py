"""Gives the field classes their built-in lookups and transforms."""

from __future__ import annotations

__all__ = ["register_builtin_lookups"]


def register_builtin_lookups() -> None:
    """Register every built-in lookup; `fastjango.orm.fields` calls it once, at its end."""
    from fastjango.orm.query.fieldtypes import fields
    from fastjango.orm.query.functions import datetime as dates
    from fastjango.orm.query.lookups import related, tuples
    from fastjango.orm.query.lookups.builtin import comparisons, integers, patterns, uuids
    from fastjango.orm.query.lookups.json import documents

    for field, lookups in (
        (fields.Field, comparisons.COMPARISON_LOOKUPS),
        (fields.Field, patterns.PATTERN_LOOKUPS),
        (fields.IntegerField, integers.INTEGER_LOOKUPS),
        (fields.UUIDField, uuids.UUID_LOOKUPS),
        (fields.JSONField, documents.JSON_LOOKUPS),
        (fields.ForeignObject, related.RELATION_LOOKUPS),
        (fields.CompositePrimaryKey, tuples.tuple_lookups.values()),
    ):
        for lookup in lookups:
            field.register_lookup(lookup)
    fields.ForeignObject.isolated_lookups = True
    dates.register_date_transforms()
