"""Fields holding addresses of the Internet Protocol."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, overload

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.values import validators
from fastjango.values.ipv6 import MAX_IPV6_ADDRESS_LENGTH, clean_ipv6_address

from .base import Field
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = ["GenericIPAddressField", "IPAddressField"]


class IPAddressField(Field[SetT, GetT]):
    """Kept for historical migrations only."""

    empty_strings_allowed = False
    description: Any = _("IPv4 address")
    system_check_removed_details = {
        "msg": "IPAddressField has been removed except for support in historical migrations.",
        "hint": "Use GenericIPAddressField instead.",
        "id": "fields.E900",
    }

    if not TYPE_CHECKING:

        def __init__(self, *args, **kwargs):
            kwargs["max_length"] = 15
            super().__init__(*args, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        del kwargs["max_length"]
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Text, `None` stays."""
        value = super().get_prep_value(value)
        return None if value is None else str(value)

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "IPAddressField"


class GenericIPAddressField(Field[SetT, GetT]):
    """An IPv4 or IPv6 address as text.

    Args:
        protocol: `"both"`, `"IPv4"` or `"IPv6"`.
        unpack_ipv4: Turn `::ffff:192.0.2.1` into `192.0.2.1`.
    """

    empty_strings_allowed = False
    description: Any = _("IP address")
    default_error_messages = {"invalid": _("Enter a valid %(protocol)s address.")}

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: GenericIPAddressField[str | Combinable, str],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            protocol: str = ...,
            unpack_ipv4: bool = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: GenericIPAddressField[str | Combinable | None, str | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            protocol: str = ...,
            unpack_ipv4: bool = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        protocol: str
        unpack_ipv4: bool

    else:

        def __init__(
            self, verbose_name=None, name=None, protocol="both", unpack_ipv4=False, *args, **kwargs
        ):
            self.unpack_ipv4 = unpack_ipv4
            self.protocol = protocol
            self.default_validators = validators.ip_address_validators(protocol, unpack_ipv4)
            kwargs["max_length"] = MAX_IPV6_ADDRESS_LENGTH
            super().__init__(verbose_name, name, *args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: blank values need `NULL`."""
        errors = super().check(**kwargs)
        if not self.null and self.blank:
            errors += self._error(
                "GenericIPAddressFields cannot have blank=True if null=False, as blank values are "
                "stored as nulls.",
                "fields.E150",
            )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self.unpack_ipv4 is not False:
            kwargs["unpack_ipv4"] = self.unpack_ipv4
        if self.protocol != "both":
            kwargs["protocol"] = self.protocol
        if kwargs.get("max_length") == self.max_length:
            del kwargs["max_length"]
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "GenericIPAddressField"

    def to_python(self, value: Any) -> Any:
        """The address in its shortest spelling."""
        if value is None:
            return None
        value = str(value).strip()
        if ":" in value:
            return clean_ipv6_address(value, self.unpack_ipv4, self.error_messages["invalid"])
        return value

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """An address as the driver takes it."""
        if not prepared:
            value = self.get_prep_value(value)
        return connection.ops.adapt_ipaddressfield_value(value)

    def get_prep_value(self, value: Any) -> Any:
        """The address in its shortest spelling if it is one, else the text as it is."""
        value = super().get_prep_value(value)
        if value is None:
            return None
        if value and ":" in value:
            try:
                return clean_ipv6_address(value, self.unpack_ipv4)
            except ValidationError:
                pass
        return str(value)

    def formfield(self, **kwargs: Any) -> Any:
        """An address input."""
        defaults = {"protocol": self.protocol, "form_class": "GenericIPAddressField"}
        return super().formfield(**{**defaults, **kwargs})
