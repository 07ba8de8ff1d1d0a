"""`CompositePrimaryKey`."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnnecessaryIsInstance=false

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

from fastjango.core.functional import cached_property

from .attributes import CompositeAttribute
from .base import NOT_PROVIDED, Field

__all__ = ["CompositePrimaryKey", "unnest"]


class _One:
    """An object with one attribute, for fields that read values from objects."""

    def __init__(self, name: str, value: Any) -> None:
        setattr(self, name, value)


class CompositePrimaryKey(Field[Any, Any]):
    """A primary key of several columns; must be named `pk`.

    Args:
        args: Names of the fields, at least two.
    """

    descriptor_class: ClassVar[type[Any]] = CompositeAttribute

    def __init__(self, *args: str, **kwargs: Any) -> None:
        if not args or not all(isinstance(a, str) for a in args) or len(set(args)) != len(args):
            raise ValueError("CompositePrimaryKey args must be unique strings.")
        if len(args) == 1:
            raise ValueError("CompositePrimaryKey must include at least two fields.")
        if kwargs.get("default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("CompositePrimaryKey cannot have a default.")
        if kwargs.get("db_default", NOT_PROVIDED) is not NOT_PROVIDED:
            raise ValueError("CompositePrimaryKey cannot have a database default.")
        if kwargs.get("db_column") is not None:
            raise ValueError("CompositePrimaryKey cannot have a db_column.")
        if kwargs.setdefault("editable", False):
            raise ValueError("CompositePrimaryKey cannot be editable.")
        if not kwargs.setdefault("primary_key", True):
            raise ValueError("CompositePrimaryKey must be a primary key.")
        if not kwargs.setdefault("blank", True):
            raise ValueError("CompositePrimaryKey must be blank.")
        self.field_names = args
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        """See `Field.deconstruct`; the positional arguments are the names."""
        name, path, _args, kwargs = super().deconstruct()
        return name, path, self.field_names, kwargs

    @cached_property
    def fields(self) -> tuple[Any, ...]:
        """The fields that make up the key."""
        opts = self.model._meta
        return tuple(opts.get_field(name) for name in self.field_names)

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that make up the key."""
        return tuple(field.column for field in self.fields)

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the primary key of the model."""
        super().contribute_to_class(cls, name, private_only=private_only)
        cls._meta.pk = self
        setattr(cls, self.attname, self.descriptor_class(self))

    def get_attname_column(self) -> tuple[str, str | None]:
        """There is no column of its own."""
        return self.get_attname(), None

    def __iter__(self) -> Iterator[Any]:
        return iter(self.fields)

    def __len__(self) -> int:
        return len(self.field_names)

    @cached_property
    def cached_col(self) -> Any:
        """Expression of the columns in the model's own table."""
        from fastjango.orm.query.expressions import ColPairs

        return ColPairs(self.model._meta.db_table, self.fields, self.fields, self)

    def get_col(self, alias: str, output_field: Any = None) -> Any:
        """Expression of the columns in the table called `alias`."""
        if alias == self.model._meta.db_table and (output_field is None or output_field == self):
            return self.cached_col
        from fastjango.orm.query.expressions import ColPairs

        return ColPairs(alias, self.fields, self.fields, output_field)

    def get_pk_value_on_save(self, instance: Any) -> tuple[Any, ...]:
        """Key for an instance saved without one, as far as its fields have defaults."""
        values: list[Any] = []
        for field in self.fields:
            value = field.value_from_object(instance)
            values.append(field.get_pk_value_on_save(instance) if value is None else value)
        return tuple(values)

    def _check_field_name(self) -> list[Any]:
        if self.name == "pk":
            return []
        return self._error("'CompositePrimaryKey' must be named 'pk'.", "fields.E013")

    def value_to_string(self, obj: Any) -> str:
        """A JSON list of the parts as text."""
        pairs = zip(self.fields, self.value_from_object(obj), strict=True)
        parts = [field.value_to_string(_One(field.attname, value)) for field, value in pairs]
        return json.dumps(parts, ensure_ascii=False)

    def to_python(self, value: Any) -> Any:
        """The parts, each converted, from a JSON list."""
        if isinstance(value, str):
            pairs = zip(self.fields, json.loads(value), strict=True)
            return [field.to_python(part) for field, part in pairs]
        return value


def unnest(fields: Iterable[Any]) -> list[Any]:
    """The fields, composite keys replaced by their parts."""
    result: list[Any] = []
    for field in fields:
        if isinstance(field, CompositePrimaryKey):
            result.extend(field.fields)
        else:
            result.append(field)
    return result
