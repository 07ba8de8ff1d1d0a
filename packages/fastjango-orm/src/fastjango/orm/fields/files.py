"""`FileField` and `ImageField`: the columns; storing files takes the files distribution."""

# Model classes, backends and migrations hand in values that only run time knows.
# pyright: reportPrivateUsage=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import datetime
import posixpath
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, NoReturn, overload

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.translation import gettext_lazy as _

from .attributes import DeferredAttribute
from .base import Field
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = ["FieldFile", "FileDescriptor", "FileField", "ImageField", "ImageFieldFile"]


class FieldFile:
    """The file that a row refers to: its name, and its content where files can be stored.

    Attributes:
        name: Path within the storage, empty or `None` if there is no file.
    """

    def __init__(self, instance: Any, field: Any, name: str | None) -> None:
        self.instance = instance
        self.field = field
        self.name = name
        self._committed = True

    def __eq__(self, other: object) -> bool:
        return self.name == getattr(other, "name", other)

    def __hash__(self) -> int:
        return hash(self.name)

    def __bool__(self) -> bool:
        return bool(self.name)

    def __str__(self) -> str:
        return self.name or ""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self or 'None'}>"

    def __getstate__(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "_committed": True,
            "instance": self.instance,
            "field": self.field,
        }

    def _require_file(self) -> None:
        if not self:
            raise ValueError(f"The '{self.field.name}' attribute has no file associated with it.")

    def __getattr__(self, name: str) -> Any:
        if name in {"storage", "file", "path", "url", "size", "open", "save", "delete", "closed"}:
            if name in {"file", "path", "url", "size", "open"}:
                self._require_file()
            self._refuse(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _refuse(self, what: str) -> NoReturn:
        raise ImproperlyConfigured(
            f"{self.field}: {what!r} needs a file storage, and none is installed. The column keeps "
            "the name of the file; install fastjango-files to store and read contents."
        )


class ImageFieldFile(FieldFile):
    """The image that a row refers to."""


class FileDescriptor(DeferredAttribute):
    """Gives a `FieldFile` for the name in the column."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, owner)
        if isinstance(value, FieldFile):
            value.instance = instance
            return value
        if value is None or isinstance(value, str):
            value = self.field.attr_class(instance, self.field, value)  # type: ignore[attr-defined]  # FileField's
            instance.__dict__[self.field.attname] = value
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class FileField(Field[SetT, GetT]):
    """The name of a stored file, of at most 100 characters by default.

    Args:
        upload_to: Directory (with `strftime` codes) or function `(instance, filename)`.
        storage: Where the content goes.
    """

    attr_class: type[FieldFile] = FieldFile
    descriptor_class = FileDescriptor
    description: Any = _("File")
    _primary_key_set_explicitly: bool

    if TYPE_CHECKING:
        upload_to: str | Callable[[Any, str], str]
        storage: Any

        @overload
        def __init__(
            self: FileField[str | FieldFile | Combinable, FieldFile],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            upload_to: str | Callable[[Any, str], str] = ...,
            storage: Any = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: FileField[str | FieldFile | Combinable | None, FieldFile],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            upload_to: str | Callable[[Any, str], str] = ...,
            storage: Any = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(self, verbose_name=None, name=None, upload_to="", storage=None, **kwargs):
            self._primary_key_set_explicitly = "primary_key" in kwargs
            self.storage = storage
            self.upload_to = upload_to
            kwargs.setdefault("max_length", 100)
            super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: no primary key, and a directory relative to the storage."""
        errors = super().check(**kwargs)
        if self._primary_key_set_explicitly:
            errors += self._error(
                f"'primary_key' is not a valid argument for a {type(self).__name__}.",
                "fields.E201",
            )
        if isinstance(self.upload_to, str) and self.upload_to.startswith("/"):
            errors += self._error(
                f"{type(self).__name__}'s 'upload_to' argument must be a relative path, not an "
                "absolute path.",
                "fields.E202",
                "Remove the leading slash.",
            )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if kwargs.get("max_length") == 100:
            del kwargs["max_length"]
        kwargs["upload_to"] = self.upload_to
        if self.storage is not None:
            kwargs["storage"] = self.storage
        return name, path, args, kwargs

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "FileField"

    def get_prep_value(self, value: Any) -> Any:
        """The name as text, `None` stays."""
        value = super().get_prep_value(value)
        return None if value is None else str(value)

    def pre_save(self, model_instance: Any, add: bool) -> Any:
        """The file to write; content that is not stored yet needs a storage.

        Raises:
            ImproperlyConfigured: Content was assigned and there is no storage for it.
        """
        value = super().pre_save(model_instance, add)
        if not isinstance(value, FieldFile) and hasattr(value, "read"):
            self.attr_class(model_instance, self, getattr(value, "name", None))._refuse("save")
        return value

    def generate_filename(self, instance: Any, filename: str) -> str:
        """Name in the storage for an uploaded file, by `upload_to`."""
        if callable(self.upload_to):
            return self.upload_to(instance, filename)
        directory = datetime.datetime.now().strftime(str(self.upload_to))
        return posixpath.join(directory, filename)

    def save_form_data(self, instance: Any, data: Any) -> None:
        """`None` keeps the file, `False` clears it, anything else replaces it."""
        if data is not None:
            setattr(instance, self.name, data or "")

    def formfield(self, **kwargs: Any) -> Any:
        """A file input."""
        defaults = {"form_class": "FileField", "max_length": self.max_length}
        return super().formfield(**{**defaults, **kwargs})


class ImageField(FileField[SetT, GetT]):
    """The name of a stored image.

    Args:
        width_field: Field that receives the width in pixels.
        height_field: Field that receives the height in pixels.
    """

    attr_class: type[FieldFile] = ImageFieldFile
    description: Any = _("Image")

    if TYPE_CHECKING:
        width_field: str | None
        height_field: str | None

        @overload
        def __init__(
            self: ImageField[str | FieldFile | Combinable, FieldFile],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            width_field: str | None = ...,
            height_field: str | None = ...,
            *,
            upload_to: str | Callable[[Any, str], str] = ...,
            storage: Any = ...,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: ImageField[str | FieldFile | Combinable | None, FieldFile],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            width_field: str | None = ...,
            height_field: str | None = ...,
            *,
            upload_to: str | Callable[[Any, str], str] = ...,
            storage: Any = ...,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(
            self, verbose_name=None, name=None, width_field=None, height_field=None, **kwargs
        ):
            self.width_field, self.height_field = width_field, height_field
            super().__init__(verbose_name, name, **kwargs)

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        if self.width_field:
            kwargs["width_field"] = self.width_field
        if self.height_field:
            kwargs["height_field"] = self.height_field
        return name, path, args, kwargs

    def formfield(self, **kwargs: Any) -> Any:
        """An image input."""
        return super().formfield(**{"form_class": "ImageField", **kwargs})
