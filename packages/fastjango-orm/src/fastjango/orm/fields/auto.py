"""Primary keys that the database counts up."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from .numbers import BigIntegerField, IntegerField, SmallIntegerField
from .typing import FieldOptions, Text

if TYPE_CHECKING:
    from typing_extensions import Unpack

__all__ = ["AutoField", "AutoFieldMixin", "BigAutoField", "SmallAutoField"]


class AutoFieldMixin:
    """What makes an integer field count by itself."""

    db_returning = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["blank"] = True
        super().__init__(*args, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: it must be the primary key."""
        me: Any = self
        errors: list[Any] = super().check(**kwargs)  # type: ignore[misc]  # Field's
        if not me.primary_key:
            errors += me._error("AutoFields must set primary_key=True.", "fields.E100")
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()  # type: ignore[misc]  # Field's
        del kwargs["blank"]
        kwargs["primary_key"] = True
        return name, path, args, kwargs

    def validate(self, value: Any, model_instance: Any) -> None:
        """Nothing: the database makes the value."""

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """The number itself."""
        return value if prepared else self.get_prep_value(value)  # type: ignore[attr-defined]  # Field's

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """The number, if the database accepts it for a counting column."""
        if hasattr(value, "as_sql"):
            return value
        me: Any = self
        value = connection.ops.validate_autopk_value(me.get_prep_value(value))
        return self.get_db_prep_value(value, connection=connection, prepared=True)

    def contribute_to_class(
        self, cls: Any, name: str, private_only: bool = False, **kwargs: Any
    ) -> None:
        """Become the one counting field of the model.

        Raises:
            ValueError: The model has one already.
        """
        if cls._meta.auto_field:
            raise ValueError(
                f"Model {cls._meta.label} can't have more than one auto-generated field."
            )
        super().contribute_to_class(cls, name, private_only=private_only, **kwargs)  # type: ignore[misc]  # Field's
        cls._meta.auto_field = self

    def formfield(self, **kwargs: Any) -> None:
        """No form shows it."""


class AutoFieldMeta(type):
    """Lets the three counting fields pass as `AutoField`."""

    def __instancecheck__(cls, instance: object) -> bool:
        return isinstance(instance, (BigAutoField, SmallAutoField)) or super().__instancecheck__(
            instance
        )

    def __subclasscheck__(cls, subclass: type) -> bool:
        return issubclass(subclass, (BigAutoField, SmallAutoField)) or super().__subclasscheck__(
            subclass
        )


class AutoField(AutoFieldMixin, IntegerField[int | str | None, int], metaclass=AutoFieldMeta):
    """A 32-bit integer that the database counts up."""

    if TYPE_CHECKING:

        def __init__(
            self,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...

    def get_internal_type(self) -> str:
        """Counting columns have types of their own."""
        return "AutoField"

    def rel_db_type(self, connection: Any) -> str | None:
        """Foreign keys are plain integers."""
        return IntegerField().db_type(connection=connection)


class BigAutoField(AutoFieldMixin, BigIntegerField[int | str | None, int]):
    """A 64-bit integer that the database counts up."""

    if TYPE_CHECKING:

        def __init__(
            self,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...

    def get_internal_type(self) -> str:
        """Counting columns have types of their own."""
        return "BigAutoField"

    def rel_db_type(self, connection: Any) -> str | None:
        """Foreign keys are plain integers."""
        return BigIntegerField().db_type(connection=connection)


class SmallAutoField(AutoFieldMixin, SmallIntegerField[int | str | None, int]):
    """A 16-bit integer that the database counts up."""

    if TYPE_CHECKING:

        def __init__(
            self,
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...

    def get_internal_type(self) -> str:
        """Counting columns have types of their own."""
        return "SmallAutoField"

    def rel_db_type(self, connection: Any) -> str | None:
        """Foreign keys are plain integers."""
        return SmallIntegerField().db_type(connection=connection)
