"""Fields holding truth values, bytes and UUIDs."""

from __future__ import annotations

import binascii
import uuid
from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.values import validators

from .base import Field
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = [
    "BinaryField",
    "BooleanField",
    "NullBooleanField",
    "UUIDField",
]


class BooleanField(Field[SetT, GetT]):
    """True or false; with `null=True`, unknown too."""

    empty_strings_allowed = False
    default_error_messages = {
        "invalid": _("“%(value)s” value must be either True or False."),
        "invalid_nullable": _("“%(value)s” value must be either True, False, or None."),
    }
    description: Any = _("Boolean (Either True or False)")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: BooleanField[bool | Combinable, bool],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: BooleanField[bool | Combinable | None, bool | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "BooleanField"

    def to_python(self, value: Any) -> Any:
        """`True` or `False`, also from 1, 0 and their usual spellings."""
        if self.null and value in self.empty_values:
            return None
        if value in (True, False):
            return bool(value)
        if value in ("t", "True", "1"):
            return True
        if value in ("f", "False", "0"):
            return False
        raise ValidationError(
            self.error_messages["invalid_nullable" if self.null else "invalid"],
            code="invalid",
            params={"value": value},
        )

    def get_prep_value(self, value: Any) -> Any:
        """`True`, `False` or `None`."""
        value = super().get_prep_value(value)
        return None if value is None else self.to_python(value)

    def formfield(self, **kwargs: Any) -> Any:
        """A checkbox, or a choice of three with `null=True`."""
        defaults: dict[str, Any]
        if self.choices is not None:
            include_blank = not (self.has_default() or "initial" in kwargs)
            defaults = {"choices": self.get_choices(include_blank=include_blank)}
        else:
            # A required checkbox would have to be ticked, so it is never required.
            form_class = "NullBooleanField" if self.null else "BooleanField"
            defaults = {"form_class": form_class, "required": False}
        return super().formfield(**{**defaults, **kwargs})


class NullBooleanField(BooleanField[SetT, GetT]):
    """Kept for historical migrations only."""

    default_error_messages = {
        "invalid": _("“%(value)s” value must be either None, True or False."),
        "invalid_nullable": _("“%(value)s” value must be either None, True or False."),
    }
    description: Any = _("Boolean (Either True, False or None)")
    system_check_removed_details = {
        "msg": "NullBooleanField is removed except for support in historical migrations.",
        "hint": "Use BooleanField(null=True, blank=True) instead.",
        "id": "fields.E903",
    }

    if not TYPE_CHECKING:

        def __init__(self, *args, **kwargs):
            kwargs["null"] = True
            kwargs["blank"] = True
            super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["null"]
        del kwargs["blank"]
        return name, path, args, kwargs


class BinaryField(Field[SetT, GetT]):
    """Bytes; not editable by default."""

    description: Any = _("Raw binary data")
    empty_values: ClassVar[list[object]] = [None, b""]
    default_error_messages = {"invalid": _("“%(value)s” is not a valid binary value.")}

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: BinaryField[bytes | bytearray | memoryview | Combinable, bytes | memoryview],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: BinaryField[
                bytes | bytearray | memoryview | Combinable | None, bytes | memoryview | None
            ],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(self, *args, **kwargs):
            kwargs.setdefault("editable", False)
            super().__init__(*args, **kwargs)
            if self.max_length is not None:
                self.validators.append(validators.MaxLengthValidator(self.max_length))

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: the default must be bytes."""
        errors = super().check(**kwargs)
        if self.has_default() and isinstance(self.default, str):
            errors += self._error(
                "BinaryField's default cannot be a string. Use bytes content instead.",
                "fields.E170",
            )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self.editable:
            kwargs["editable"] = True
        else:
            del kwargs["editable"]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "BinaryField"

    def get_placeholder_sql(self, value: Any, compiler: Any, connection: Any) -> Any:
        """Placeholder that marks the parameter as binary where the database wants that."""
        return connection.ops.binary_placeholder_sql(value, compiler)

    def get_default(self) -> Any:
        """Default as bytes."""
        if self.has_default() and not callable(self.default):
            return self.default
        default = super().get_default()
        return b"" if default == "" else default

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Bytes as the driver takes them."""
        value = super().get_db_prep_value(value, connection, prepared)
        if value is None or hasattr(value, "as_sql"):
            return value
        # Both drivers of PostgreSQL take bytes, and only one of them the wrapper of the other.
        return (
            bytes(value) if connection.vendor == "postgresql" else connection.Database.Binary(value)
        )

    def value_to_string(self, obj: Any) -> str:
        """Base64."""
        return b64encode(self.value_from_object(obj)).decode("ascii")

    def to_python(self, value: Any) -> Any:
        """Bytes; text is taken for base64."""
        if not isinstance(value, str):
            return value
        try:
            return memoryview(b64decode(value.encode("ascii"), validate=True))
        except (UnicodeEncodeError, binascii.Error):
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None


class UUIDField(Field[SetT, GetT]):
    """A UUID: a type of its own where the database has one, 32 hexadecimal digits elsewhere."""

    default_error_messages = {"invalid": _("“%(value)s” is not a valid UUID.")}
    description: Any = _("Universally unique identifier")
    empty_strings_allowed = False

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: UUIDField[uuid.UUID | str | Combinable, uuid.UUID],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: UUIDField[uuid.UUID | str | Combinable | None, uuid.UUID | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(self, verbose_name=None, **kwargs):
            kwargs["max_length"] = 32
            super().__init__(verbose_name, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "UUIDField"

    def get_prep_value(self, value: Any) -> Any:
        """A `UUID`, `None` stays."""
        return self.to_python(super().get_prep_value(value))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """A UUID as the driver takes it."""
        if value is None or hasattr(value, "as_sql"):
            return value
        if not prepared and not isinstance(value, uuid.UUID):
            value = self.to_python(value)
        return value if connection.features.has_native_uuid_field else value.hex

    def to_python(self, value: Any) -> Any:
        """A `UUID` from its text or number."""
        if value is None or isinstance(value, uuid.UUID):
            return value
        try:
            return uuid.UUID(int=value) if isinstance(value, int) else uuid.UUID(hex=value)
        except (AttributeError, ValueError):
            raise ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None

    def formfield(self, **kwargs: Any) -> Any:
        """A UUID input."""
        return super().formfield(**{"form_class": "UUIDField", **kwargs})
