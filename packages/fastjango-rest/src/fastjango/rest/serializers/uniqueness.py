"""What a model's constraints ask of its serializer."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Model fields are dynamic.

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from fastjango.core import timezone
from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.orm import models
from fastjango.rest.fields.base import empty
from fastjango.rest.fields.defaults import CreateOnlyDefault
from fastjango.rest.fields.other import HiddenField
from fastjango.rest.model_info import get_field_info
from fastjango.rest.validators import (
    UniqueForDateValidator,
    UniqueForMonthValidator,
    UniqueForYearValidator,
    UniqueTogetherValidator,
)

__all__ = ["UniquenessMixin"]


def _simple(source: str) -> bool:
    return source != "*" and "." not in source


def _default(model_field: Any) -> Any:
    """Return the value of a field that input leaves out, or `empty`."""
    if getattr(model_field, "auto_now_add", None):
        return CreateOnlyDefault(timezone.now)
    if getattr(model_field, "auto_now", None):
        return timezone.now
    if model_field.has_default():
        return model_field.default
    if model_field.null:
        return None
    if model_field.blank and isinstance(model_field, (models.CharField, models.TextField)):
        # It is saved as the empty text.
        return ""
    return empty


class UniquenessMixin:
    """The part of `ModelSerializer` that knows about unique columns."""

    Meta: Any
    fields: Any

    def get_unique_together_constraints(
        self, model: Any
    ) -> Iterator[tuple[Any, Any, list[str], Any, Any, Any]]:
        """Yield what is unique together, of the model and its parents.

        Yields:
            Names of fields, rows that count, names that the condition reads, the condition,
            whether `NULL` is distinct, and the constraint (`None` for `unique_together`).
        """
        manager = model._default_manager
        for parent in [model, *model._meta.parents]:
            for names in parent._meta.unique_together:
                yield names, manager, [], None, None, None
            for constraint in parent._meta.constraints:
                if not isinstance(constraint, models.UniqueConstraint) or not constraint.fields:
                    continue
                condition = constraint.condition
                read = [] if condition is None else list(condition.referenced_base_fields)
                if len({*constraint.fields, *read}) > 1:
                    distinct = constraint.nulls_distinct
                    yield constraint.fields, manager, read, condition, distinct, constraint

    def get_uniqueness_extra_kwargs(
        self, field_names: Sequence[str], declared_fields: Any, extra_kwargs: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return options and hidden fields that constraints need.

        Args:
            field_names: The serializer's fields.
            declared_fields: Those declared on the class.
            extra_kwargs: Options by field so far.

        Returns:
            Options by field, and fields to add.
        """
        if getattr(self.Meta, "validators", None) is not None:
            return extra_kwargs, {}
        model = self.Meta.model
        model_fields = self._get_model_fields(field_names, declared_fields, extra_kwargs)
        wanted: set[str] = set()
        for field in model_fields.values():
            wanted |= {field.unique_for_date, field.unique_for_month, field.unique_for_year}
        wanted -= {None}
        for names, _, read, _, _, _ in self.get_unique_together_constraints(model):
            if set(model_fields).issuperset([*names, *read]):
                wanted.update(names, read)
        hidden: dict[str, Any] = {}
        for name in sorted(wanted):
            default = _default(model._meta.get_field(name))
            if name in model_fields:
                option = {"required": True} if default is empty else {"default": default}
                extra_kwargs[name] = {**option, **extra_kwargs.get(name, {})}
            elif default is not empty:
                hidden[name] = HiddenField(default=default)
        return extra_kwargs, hidden

    def _get_model_fields(
        self, field_names: Sequence[str], declared_fields: Any, extra_kwargs: Any
    ) -> dict[str, Any]:
        """Return the model fields that the serializer's fields stand for, by source."""
        found: dict[str, Any] = {}
        for name in field_names:
            if name in declared_fields:
                source = declared_fields[name].source or name
            else:
                source = extra_kwargs.get(name, {}).get("source", name)
            if not _simple(source):
                continue
            try:
                field = self.Meta.model._meta.get_field(source)
            except FieldDoesNotExist:
                continue
            if isinstance(field, models.Field):
                found[source] = field
        return found

    def _violation_message(self, constraint: Any) -> Any:
        """Return the text that a constraint was given; `None` for the usual one."""
        message = constraint.get_violation_error_message()
        usual = constraint.default_violation_error_message % {"name": constraint.name}
        return None if message == usual else message

    def _names_by_source(self) -> dict[str, list[str]]:
        """Return the fields that take part in uniqueness, by source."""
        found: dict[str, list[str]] = defaultdict(list)
        for field in self.fields.values():
            if _simple(field.source) and (not field.read_only or field.default is not empty):
                found[field.source].append(field.field_name)
        return found

    def get_unique_together_validators(self) -> list[Any]:
        """Return the validators of what is unique together."""
        model = self.Meta.model
        constraints = list(self.get_unique_together_constraints(model))
        if not constraints:
            return []
        names_by_source = self._names_by_source()
        found: list[Any] = []
        for (
            sources,
            queryset,
            read,
            condition,
            nulls_distinct,
            constraint,
        ) in constraints:
            needed = {*sources, *read}
            if not needed.issubset(names_by_source):
                continue
            for source in needed:
                if len(names_by_source[source]) != 1:
                    raise AssertionError(
                        f"Unable to create `UniqueTogetherValidator` for `{model.__name__}."
                        f"{source}` as `{self.__class__.__name__}` has multiple fields "
                        f"({', '.join(names_by_source[source])}) that map to this model field. "
                        "Either remove the extra fields, or override `Meta.validators` with a "
                        "`UniqueTogetherValidator` using the desired field names."
                    )
            found.append(
                UniqueTogetherValidator(
                    queryset=queryset,
                    fields=tuple(names_by_source[source][0] for source in sources),
                    condition_fields=tuple(names_by_source[source][0] for source in read),
                    condition=condition,
                    message=self._violation_message(constraint) if constraint else None,
                    code=getattr(constraint, "violation_error_code", None),
                    nulls_distinct=nulls_distinct,
                )
            )
        return found

    def get_unique_for_date_validators(self) -> list[Any]:
        """Return the validators of `unique_for_date`, `unique_for_month`, `unique_for_year`."""
        manager = self.Meta.model._default_manager
        sources = [field.source for field in self.fields.values()]
        kinds = (
            ("unique_for_date", UniqueForDateValidator),
            ("unique_for_month", UniqueForMonthValidator),
            ("unique_for_year", UniqueForYearValidator),
        )
        return [
            kind(queryset=manager, field=name, date_field=getattr(field, option))
            for name, field in get_field_info(self.Meta.model).fields_and_pk.items()
            for option, kind in kinds
            if getattr(field, option) and name in sources
        ]
