"""The field holding lengths of time."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any, Literal, overload

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.values.dateparse import parse_duration
from fastjango.values.duration import duration_string

from .base import Field
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = ["DurationField"]


class DurationField(Field[SetT, GetT]):
    """A `timedelta`: `interval` on PostgreSQL, microseconds in a `bigint` elsewhere."""

    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _(
            "“%(value)s” value has an invalid format. It must be in "
            "[DD] [[HH:]MM:]ss[.uuuuuu] format."
        )
    }
    description: Any = _("Duration")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: DurationField[datetime.timedelta | str | Combinable, datetime.timedelta],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: DurationField[
                datetime.timedelta | str | Combinable | None, datetime.timedelta | None
            ],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "DurationField"

    def to_python(self, value: Any) -> Any:
        """A `timedelta`, `None` stays."""
        if value is None or isinstance(value, datetime.timedelta):
            return value
        try:
            parsed = parse_duration(value)
        except (ValueError, OverflowError):
            parsed = None
        if parsed is None:
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            )
        return parsed

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """A duration as the driver takes it.

        Raises:
            TypeError: It is none, and the database would not say so.
        """
        try:
            return connection.ops.adapt_durationfield_value(value)
        except TypeError as error:
            raise TypeError(
                f"Field '{self.name}' expected a datetime.timedelta but got {value!r}."
            ) from error

    def value_to_string(self, obj: Any) -> str:
        """`[DD ]HH:MM:SS[.ffffff]`, empty for `None`."""
        value = self.value_from_object(obj)
        return "" if value is None else duration_string(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A duration input."""
        return super().formfield(**{"form_class": "DurationField", **kwargs})
