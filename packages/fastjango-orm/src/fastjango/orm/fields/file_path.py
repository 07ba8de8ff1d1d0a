"""The field holding the path of a file of the server; uploads are in `files`."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, overload

from fastjango.core.translation import gettext_lazy as _

from .base import Field
from .typing import FieldOptions, GetT, SetT, Text

if TYPE_CHECKING:
    from fastjango.orm.query.expressions import Combinable
    from typing_extensions import Unpack

__all__ = ["FilePathField"]


class FilePathField(Field[SetT, GetT]):
    """Path of a file in a directory of the server.

    Args:
        path: Directory, or function giving it.
        match: Regular expression that file names must match.
        recursive: Whether to look into subdirectories.
        allow_files: Whether files may be chosen.
        allow_folders: Whether directories may be chosen.
    """

    description: Any = _("File path")

    if TYPE_CHECKING:
        path: str | Callable[[], str]
        match: str | None
        recursive: bool
        allow_files: bool
        allow_folders: bool

        @overload
        def __init__(
            self: FilePathField[str | Combinable, str],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            path: str | Callable[[], str] = ...,
            match: str | None = ...,
            recursive: bool = ...,
            allow_files: bool = ...,
            allow_folders: bool = ...,
            *,
            null: Literal[False] = ...,
            **options: Unpack[FieldOptions],
        ) -> None: ...
        @overload
        def __init__(
            self: FilePathField[str | Combinable | None, str | None],
            verbose_name: Text | None = ...,
            name: str | None = ...,
            path: str | Callable[[], str] = ...,
            match: str | None = ...,
            recursive: bool = ...,
            allow_files: bool = ...,
            allow_folders: bool = ...,
            *,
            null: Literal[True],
            **options: Unpack[FieldOptions],
        ) -> None: ...
        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    else:

        def __init__(
            self,
            verbose_name=None,
            name=None,
            path="",
            match=None,
            recursive=False,
            allow_files=True,
            allow_folders=False,
            **kwargs,
        ):
            self.path, self.match, self.recursive = path, match, recursive
            self.allow_files, self.allow_folders = allow_files, allow_folders
            kwargs.setdefault("max_length", 100)
            super().__init__(verbose_name, name, **kwargs)

    def check(self, **kwargs: Any) -> list[Any]:
        """Also: files or folders must be allowed."""
        errors = super().check(**kwargs)
        if not self.allow_files and not self.allow_folders:
            errors += self._error(
                "FilePathFields must have either 'allow_files' or 'allow_folders' set to True.",
                "fields.E140",
            )
        return errors

    def deconstruct(self) -> tuple[Any, str, list[Any], dict[str, Any]]:
        """See `Field.deconstruct`."""
        name, path, args, kwargs = super().deconstruct()
        for option, absent in (
            ("path", ""),
            ("match", None),
            ("recursive", False),
            ("allow_files", True),
            ("allow_folders", False),
        ):
            if getattr(self, option) != absent:
                kwargs[option] = getattr(self, option)
        if kwargs.get("max_length") == 100:
            del kwargs["max_length"]
        return name, path, args, kwargs

    def get_prep_value(self, value: Any) -> Any:
        """Text, `None` stays."""
        value = super().get_prep_value(value)
        return None if value is None else str(value)

    def get_internal_type(self) -> str:
        """Subclasses share the column type."""
        return "FilePathField"

    def formfield(self, **kwargs: Any) -> Any:
        """A choice among the files found."""
        defaults = {
            "path": self.path() if callable(self.path) else self.path,
            "match": self.match,
            "recursive": self.recursive,
            "form_class": "FilePathField",
            "allow_files": self.allow_files,
            "allow_folders": self.allow_folders,
        }
        return super().formfield(**{**defaults, **kwargs})
