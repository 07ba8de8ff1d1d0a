"""Copies of a field: in memory, pickled, and written down in a migration."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false

# A copy is of the class of its original, which only run time knows.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import copy
from typing import Any, Self

from fastjango.values.choices import CallableChoiceIterator

from .not_provided import NOT_PROVIDED

__all__ = ["Empty", "FieldCopies"]

# Modules whose fields are public under `fastjango.orm.models`.
_PUBLIC_PREFIX = "fastjango.orm.fields."

# Keyword, attribute holding the value given, value that means "not given".
_DECONSTRUCTED: tuple[tuple[str, str, object], ...] = (
    ("verbose_name", "_verbose_name", None),
    ("primary_key", "primary_key", False),
    ("max_length", "max_length", None),
    ("unique", "_unique", False),
    ("blank", "blank", False),
    ("null", "null", False),
    ("db_index", "db_index", False),
    ("default", "default", NOT_PROVIDED),
    ("db_default", "db_default", NOT_PROVIDED),
    ("editable", "editable", True),
    ("serialize", "serialize", True),
    ("unique_for_date", "unique_for_date", None),
    ("unique_for_month", "unique_for_month", None),
    ("unique_for_year", "unique_for_year", None),
    ("choices", "choices", None),
    ("help_text", "help_text", ""),
    ("db_column", "db_column", None),
    ("db_comment", "db_comment", None),
    ("db_tablespace", "_db_tablespace", None),
    ("auto_created", "auto_created", False),
    ("validators", "_validators", []),
    ("error_messages", "_error_messages", None),
)


class Empty:
    """An instance whose class is set afterwards."""


def load_field(app_label: str, model_name: str, field_name: str) -> Any:
    """Find a field of a registered model; what a pickled field turns back into."""
    from fastjango.core import apps

    return apps.get_model(app_label, model_name)._meta.get_field(field_name)


def empty_field(of_cls: type[Any]) -> Any:
    """An uninitialised field, which unpickling fills."""
    new: Any = Empty()
    new.__class__ = of_cls
    return new


class FieldCopies:
    """The part of `Field` that makes copies and describes the field for making one."""

    name: Any
    remote_field: Any
    model: Any

    def __deepcopy__(self, memodict: dict[int, object]) -> Self:
        # Options are not meant to change after creation, so a flat copy is enough, except for
        # the relation, which points back.
        new = copy.copy(self)
        if self.remote_field:
            new.remote_field = copy.copy(self.remote_field)
            if getattr(self.remote_field, "field", None) is self:
                new.remote_field.field = new
        memodict[id(self)] = new
        return new

    def __copy__(self) -> Self:
        new: Any = Empty()
        new.__class__ = self.__class__
        new.__dict__ = self.__dict__.copy()
        return new

    def __reduce__(self) -> Any:
        if hasattr(self, "model"):
            opts = self.model._meta
            return load_field, (opts.app_label, opts.object_name, self.name)
        state = self.__dict__.copy()
        state.pop("_get_default", None)  # may hold a closure
        return empty_field, (self.__class__,), state

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """What is needed to write the field down in a migration.

        Returns:
            Name (or `None`), import path, positional arguments and keyword arguments; options
            with their default values are left out.
        """
        keywords: dict[str, Any] = {}
        for keyword, attribute, absent in _DECONSTRUCTED:
            value = getattr(self, attribute)
            if value is absent or (keyword in ("help_text", "validators") and value == absent):
                continue
            if keyword == "choices" and isinstance(value, CallableChoiceIterator):
                value = value.func
            keywords[keyword] = value
        return self.name, self._import_path(), [], keywords

    def _import_path(self) -> str:
        path = f"{type(self).__module__}.{type(self).__qualname__}"
        if path.startswith(_PUBLIC_PREFIX):
            return f"fastjango.orm.models.{type(self).__qualname__}"
        return path

    def clone(self) -> Self:
        """A new field with the same options, attached to no model."""
        _name, _path, args, kwargs = self.deconstruct()
        return type(self)(*args, **kwargs)
