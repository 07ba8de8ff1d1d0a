"""`JSONField`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal, overload

from fastjango.core import checks
from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _

from .base import Field
from .field_checks import lacks, migratable_connections
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["CheckFieldDefaultMixin", "JSONField"]


class CheckFieldDefaultMixin:
    """Warns of a mutable default that all instances would share."""

    _default_hint: tuple[str, str] = ("<valid default>", "<invalid default>")

    def _check_default(self) -> list[Any]:
        me: Any = self
        if not me.has_default() or me.default is None or callable(me.default):
            return []
        good, bad = self._default_hint
        return [
            checks.Warning(
                f"{type(self).__name__} default should be a callable instead of an instance so "
                "that it's not shared between all field instances.",
                hint=f"Use a callable instead, e.g., use `{good}` instead of `{bad}`.",
                obj=self,
                id="fields.E010",
            )
        ]

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: a mutable default must be made by a function."""
        errors: list[Any] = super().check(**kwargs)  # type: ignore[misc]  # Field's
        return [*errors, *self._check_default()]


class JSONField(CheckFieldDefaultMixin, Field[SetT, GetT]):
    """Anything JSON can express: `jsonb` on PostgreSQL, `json` on MySQL, checked text elsewhere.

    Args:
        encoder: Subclass of `json.JSONEncoder` for values JSON does not know.
        decoder: Subclass of `json.JSONDecoder` for reading.
    """

    empty_strings_allowed = False
    description: Any = _("A JSON object")
    default_error_messages = {"invalid": _("Value must be valid JSON.")}
    _default_hint = ("dict", "{}")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: JSONField[Any, Any],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            encoder: type[json.JSONEncoder] | None = ...,
            decoder: type[json.JSONDecoder] | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: JSONField[Any | None, Any | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            encoder: type[json.JSONEncoder] | None = ...,
            decoder: type[json.JSONDecoder] | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        encoder: type[json.JSONEncoder] | None
        decoder: type[json.JSONDecoder] | None

    else:

        def __init__(self, verbose_name=None, name=None, encoder=None, decoder=None, **kwargs):
            if encoder and not callable(encoder):
                raise ValueError("The encoder parameter must be a callable object.")
            if decoder and not callable(decoder):
                raise ValueError("The decoder parameter must be a callable object.")
            self.encoder = encoder
            self.decoder = decoder
            super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: the database must have JSON."""
        errors = super().check(**kwargs)
        for connection in migratable_connections(kwargs.get("databases"), self.model):
            opts = self.model._meta
            if opts.required_db_vendor and opts.required_db_vendor != connection.vendor:
                continue
            if lacks(connection, "supports_json_field", self.model):
                errors.append(
                    checks.Error(
                        f"{connection.display_name} does not support JSONFields.",
                        obj=self.model,
                        id="fields.E180",
                    )
                )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self.encoder is not None:
            kwargs["encoder"] = self.encoder
        if self.decoder is not None:
            kwargs["decoder"] = self.decoder
        return name, path, args, kwargs

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The value that the database's JSON text stands for."""
        if value is None:
            return value
        if not isinstance(value, (str, bytes, bytearray)):
            # A part taken out by a key path arrives in the type SQL gave it.
            return value
        try:
            return json.loads(value, cls=self.decoder)
        except json.JSONDecodeError:
            return value

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "JSONField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """JSON text as the driver takes it."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_json_value(value, self.encoder)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """JSON text; `None` is SQL `NULL`, `Value(None, JSONField())` is JSON `null`."""
        if value is None:
            return value
        from fastjango.orm.query.expressions import Value

        if (
            isinstance(value, Value)
            and value.value is None
            and isinstance(value.output_field, JSONField)
        ):
            value = None
        return super().get_db_prep_save(value, connection)

    def get_transform(self, lookup_name: str) -> Any:
        """A registered transform, or else the key `lookup_name` of the object."""
        transform = super().get_transform(lookup_name)
        if transform:
            return transform
        from fastjango.orm.query.lookups.json import KeyTransformFactory

        return KeyTransformFactory(lookup_name)

    def validate(self, value: Any, model_instance: Any) -> None:
        """Also: the encoder must be able to write the value."""
        super().validate(value, model_instance)
        try:
            json.dumps(value, cls=self.encoder)
        except TypeError:
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None

    def value_to_string(self, obj: Any) -> Any:
        """The value itself: serializers write JSON."""
        return self.value_from_object(obj)

    def formfield(self, **kwargs: Any) -> Any:
        """A JSON input."""
        defaults = {"form_class": "JSONField", "encoder": self.encoder, "decoder": self.decoder}
        return super().formfield(**{**defaults, **kwargs})
