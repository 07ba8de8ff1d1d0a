"""Fields holding text."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportUnnecessaryIsInstance=false

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, overload

from fastjango.core.translation import gettext_lazy as _
from fastjango.values import validators

from .base import Field
from .field_checks import lacks, migratable_connections
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = [
    "CharField",
    "CommaSeparatedIntegerField",
    "EmailField",
    "SlugField",
    "TextField",
    "URLField",
]


class _CollatedField(Field[SetT, GetT]):
    """What `CharField` and `TextField` share: text values and a collation."""

    # Feature flag and check that tell whether the database has collations for this column type.
    _collation_feature: ClassVar[str]
    _plural: ClassVar[str]

    def __init__(self, *args: Any, db_collation: str | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.db_collation = db_collation

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: the database must know collations, if one is asked for."""
        return [
            *super().check(**kwargs),
            *self._check_db_collation(kwargs.get("databases") or []),
        ]

    def _check_db_collation(self, databases: Sequence[str]) -> list[Any]:
        feature = self._collation_feature
        if self.db_collation is None:
            return []
        errors: list[Any] = []
        for connection in migratable_connections(databases, self.model):
            if lacks(connection, feature, self.model):
                errors += self._error(
                    f"{connection.display_name} does not support a database collation on "
                    f"{self._plural}.",
                    "fields.E190",
                )
        return errors

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        """Type, check and collation."""
        return {**super().db_parameters(connection), "collation": self.db_collation}

    def to_python(self, value: Any) -> Any:
        """Text; anything else is turned into text."""
        if isinstance(value, str) or value is None:
            return value
        return str(value)

    def get_prep_value(self, value: Any) -> Any:
        """Text, `None` stays."""
        return self.to_python(super().get_prep_value(value))

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self.db_collation:
            kwargs["db_collation"] = self.db_collation
        return name, path, args, kwargs

    def slice_expression(self, expression: Any, start: int, length: int | None) -> Any:
        """Part of the text, counted from 1."""
        from fastjango.orm.query.functions import Substr

        return Substr(expression, start, length)


class CharField(_CollatedField[SetT, GetT]):
    """Short text of at most `max_length` characters."""

    _collation_feature = "supports_collation_on_charfield"
    _plural = "CharFields"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: CharField[str | Combinable, str],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: CharField[str | Combinable | None, str | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(self, *args, db_collation=None, **kwargs):
            super().__init__(*args, db_collation=db_collation, **kwargs)
            if self.max_length is not None:
                self.validators.append(validators.MaxLengthValidator(self.max_length))

    @property
    def description(self) -> Any:
        """What kind of field this is, in words."""
        if self.max_length is None:
            return _("String (unlimited)")
        return _("String (up to %(max_length)s)")

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: `max_length` must be given where the database needs it, and be positive."""
        return [*super().check(**kwargs), *self._check_max_length_attribute()]

    def _check_max_length_attribute(self) -> list[Any]:
        length = self.max_length
        if length is None:
            from fastjango.orm import connection

            if not lacks(connection, "supports_unlimited_charfield", self.model):
                return []
            return self._error("CharFields must define a 'max_length' attribute.", "fields.E120")
        if not isinstance(length, int) or isinstance(length, bool) or length <= 0:
            return self._error("'max_length' must be a positive integer.", "fields.E121")
        return []

    def cast_db_type(self, connection: Any) -> str | None:
        """Type to name in a `CAST`."""
        if self.max_length is None:
            return connection.ops.cast_char_field_without_max_length
        return super().cast_db_type(connection)

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "CharField"

    def formfield(self, **kwargs: Any) -> Any:
        """A text input."""
        defaults: dict[str, Any] = {"max_length": self.max_length}
        if self.null:
            defaults["empty_value"] = None
        return super().formfield(**{**defaults, **kwargs})


class CommaSeparatedIntegerField(CharField[SetT, GetT]):
    """Kept for historical migrations only."""

    default_validators = [validators.validate_comma_separated_integer_list]
    description: Any = _("Comma-separated integers")
    system_check_removed_details = {
        "msg": (
            "CommaSeparatedIntegerField is removed except for support in historical migrations."
        ),
        "hint": "Use CharField(validators=[validate_comma_separated_integer_list]) instead.",
        "id": "fields.E901",
    }


class EmailField(CharField[SetT, GetT]):
    """An email address of at most 254 characters (RFC 5321) by default."""

    default_validators = [validators.validate_email]
    description: Any = _("Email address")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: EmailField[str | Combinable, str],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: EmailField[str | Combinable | None, str | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(self, *args, **kwargs):
            kwargs.setdefault("max_length", 254)
            super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        """An email input."""
        return super().formfield(**{"form_class": "EmailField", **kwargs})


class SlugField(CharField[SetT, GetT]):
    """Letters, digits, hyphens and underscores; indexed by default."""

    default_validators = [validators.validate_slug]
    description: Any = _("Slug (up to %(max_length)s)")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: SlugField[str | Combinable, str],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            allow_unicode: bool = ...,
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: SlugField[str | Combinable | None, str | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            allow_unicode: bool = ...,
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

        allow_unicode: bool

    else:

        def __init__(self, *args, max_length=50, db_index=True, allow_unicode=False, **kwargs):
            self.allow_unicode = allow_unicode
            if allow_unicode:
                self.default_validators = [validators.validate_unicode_slug]
            super().__init__(*args, max_length=max_length, db_index=db_index, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 50:
            del kwargs["max_length"]
        if self.db_index is False:
            kwargs["db_index"] = False
        else:
            del kwargs["db_index"]
        if self.allow_unicode is not False:
            kwargs["allow_unicode"] = self.allow_unicode
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Slugs have a column type entry of their own."""
        return "SlugField"

    def formfield(self, **kwargs: Any) -> Any:
        """A slug input."""
        defaults = {"form_class": "SlugField", "allow_unicode": self.allow_unicode}
        return super().formfield(**{**defaults, **kwargs})


class URLField(CharField[SetT, GetT]):
    """A URL of at most 200 characters by default."""

    default_validators = [validators.URLValidator()]
    description: Any = _("URL")

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: URLField[str | Combinable, str],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: URLField[str | Combinable | None, str | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(self, verbose_name=None, name=None, **kwargs):
            kwargs.setdefault("max_length", 200)
            super().__init__(verbose_name, name, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 200:
            del kwargs["max_length"]
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """A URL input."""
        return super().formfield(**{"form_class": "URLField", **kwargs})


class TextField(_CollatedField[SetT, GetT]):
    """Text of any length."""

    description: Any = _("Text")
    _collation_feature = "supports_collation_on_textfield"
    _plural = "TextFields"

    if TYPE_CHECKING:

        @overload
        def __init__(
            self: TextField[str | Combinable, str],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[False] = ...,
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: TextField[str | Combinable | None, str | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            *,
            null: Literal[True],
            db_collation: str | None = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "TextField"

    def formfield(self, **kwargs: Any) -> Any:
        """A text area; `max_length` limits the form field only."""
        defaults: dict[str, Any] = {"max_length": self.max_length}
        if self.choices is None:
            defaults["widget"] = "Textarea"
        return super().formfield(**{**defaults, **kwargs})
