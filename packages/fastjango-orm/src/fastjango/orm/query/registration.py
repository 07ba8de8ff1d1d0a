"""Gives the field classes their built-in lookups and transforms."""

from __future__ import annotations

from typing import Any

__all__ = ["register_builtin_lookups"]


def register_builtin_lookups() -> None:
    """Register every built-in lookup; `fastjango.orm.fields` calls it once, at its end."""
    from fastjango.orm.query.fieldtypes import fields
    from fastjango.orm.query.functions import datetime as dates
    from fastjango.orm.query.lookups import builtin, json, related, tuples

    lookup: Any
    for lookup in (
        builtin.Exact,
        builtin.IExact,
        builtin.GreaterThan,
        builtin.GreaterThanOrEqual,
        builtin.LessThan,
        builtin.LessThanOrEqual,
        builtin.In,
        builtin.Contains,
        builtin.IContains,
        builtin.StartsWith,
        builtin.IStartsWith,
        builtin.EndsWith,
        builtin.IEndsWith,
        builtin.Range,
        builtin.IsNull,
        builtin.Regex,
        builtin.IRegex,
    ):
        fields.Field.register_lookup(lookup)
    for lookup in (
        builtin.IntegerFieldExact,
        builtin.IntegerGreaterThan,
        builtin.IntegerGreaterThanOrEqual,
        builtin.IntegerLessThan,
        builtin.IntegerLessThanOrEqual,
    ):
        fields.IntegerField.register_lookup(lookup)
    for lookup in (
        builtin.UUIDIExact,
        builtin.UUIDContains,
        builtin.UUIDIContains,
        builtin.UUIDStartsWith,
        builtin.UUIDIStartsWith,
        builtin.UUIDEndsWith,
        builtin.UUIDIEndsWith,
    ):
        fields.UUIDField.register_lookup(lookup)
    for lookup in (
        json.DataContains,
        json.ContainedBy,
        json.HasKey,
        json.HasKeys,
        json.HasAnyKeys,
        json.JSONExact,
        json.JSONIContains,
        json.JSONIn,
    ):
        fields.JSONField.register_lookup(lookup)
    for lookup in (
        related.RelatedIn,
        related.RelatedExact,
        related.RelatedLessThan,
        related.RelatedGreaterThan,
        related.RelatedGreaterThanOrEqual,
        related.RelatedLessThanOrEqual,
        related.RelatedIsNull,
    ):
        fields.ForeignObject.register_lookup(lookup)
    for lookup in (
        tuples.TupleExact,
        tuples.TupleGreaterThan,
        tuples.TupleGreaterThanOrEqual,
        tuples.TupleLessThan,
        tuples.TupleLessThanOrEqual,
        tuples.TupleIn,
        tuples.TupleIsNull,
    ):
        fields.CompositePrimaryKey.register_lookup(lookup)
    fields.ForeignObject.isolated_lookups = True
    dates.register_date_transforms()
