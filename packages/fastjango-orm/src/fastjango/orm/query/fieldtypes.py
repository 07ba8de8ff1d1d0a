"""The field classes, looked up on first use.

Fields are built on lookups and expressions, and expressions name field classes: this
module breaks that cycle without an import inside every method.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__all__ = ["FixedField", "fields"]


class _FieldNamespace:
    """Answers `fields.IntegerField` by importing `fastjango.orm.fields` once."""

    def __getattr__(self, name: str) -> Any:
        from fastjango.orm import fields as module

        value = getattr(module, name)
        self.__dict__[name] = value
        return value


if TYPE_CHECKING:
    fields: Any
else:
    fields = _FieldNamespace()


class FixedField:
    """A class attribute that answers with one shared field instance of the named class.

    It is a non-data descriptor: an `output_field` set on an instance wins.
    """

    def __init__(self, class_name: str, **options: object) -> None:
        self.class_name = class_name
        self.options = options
        self._field: Any = None

    def __get__(self, instance: object, owner: type[object] | None = None) -> Any:
        if self._field is None:
            self._field = getattr(fields, self.class_name)(**self.options)
        return self._field
