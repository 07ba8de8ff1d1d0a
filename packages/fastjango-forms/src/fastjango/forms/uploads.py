"""Fields for uploads that look at what arrives: its size, its content, and how much of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from fastjango.core.exceptions import ValidationError
from fastjango.core.translation import gettext_lazy as _
from fastjango.core.translation import ngettext_lazy

from ._file_fields import FileField
from ._file_widgets import FileInput
from .sniffing import content_type_of, head_of, is_accepted

__all__ = ["CheckedFileField", "MultipleFileField", "MultipleFileInput"]

MAX_FILE_SIZE = 10 * 2**20  # bytes of one file, by default
MAX_TOTAL_SIZE = 50 * 2**20  # bytes of all files of a field, by default
MAX_FILES = 20  # files of a field, by default


class CheckedFileField(FileField):
    """An uploaded file whose content decides what it is.

    The first bytes are compared with the content types that are wanted and with the extension of
    the name; the cleaned file has the type that was found in `content_type`, whatever the client
    claimed.

    Args:
        content_types: Types that are accepted, such as `"application/pdf"` or `"image/*"`; any if
            `None`. Markup that browsers run (SVG, HTML) is accepted only by its own name.
        max_size: Bytes a file may have, 10 MiB by default; `None` for no limit but that of the
            site, `REQUEST_MAX_BODY_SIZE`.
        kwargs: What else a file field takes.
    """

    default_error_messages: dict[str, Any] = {
        "content_type": _("Files of the type %(type)s are not accepted here."),
        "mismatch": _("The content of this file is not what its name says."),
        "max_size": _("This file is too large: it has %(size)d bytes, %(max)d are accepted."),
    }

    def __init__(
        self,
        *,
        content_types: Sequence[str] | None = None,
        max_size: int | None = MAX_FILE_SIZE,
        **kwargs: Any,
    ) -> None:
        self.content_types = None if content_types is None else tuple(content_types)
        self.max_size = max_size
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the file after a look at its size and its beginning."""
        file = super().to_python(value)
        if file is None:
            return None
        if self.max_size is not None and file.size > self.max_size:
            raise self._error("max_size", size=file.size, max=self.max_size)
        kind = content_type_of(file.name, head_of(file))
        if kind is None:
            raise self._error("mismatch")
        if self.content_types is not None and not is_accepted(kind, self.content_types):
            raise self._error("content_type", type=kind)
        file.content_type = kind
        return file

    def widget_attrs(self, widget: Any) -> dict[str, Any]:
        """Return `accept`, for browsers to offer what is accepted."""
        attrs = super().widget_attrs(widget)
        if self.content_types is not None and isinstance(widget, FileInput):
            attrs.setdefault("accept", ",".join(self.content_types))
        return attrs


class MultipleFileInput(FileInput):
    """A file input that takes several files."""

    allow_multiple_selected = True


class MultipleFileField(CheckedFileField):
    """Several uploaded files under one name; its value is a list.

    Args:
        max_files: Files there may be, 20 by default.
        max_total: Bytes they may have together, 50 MiB by default; `None` for no limit.
        kwargs: What else `CheckedFileField` takes; its limits hold for each file.
    """

    widget: Any = MultipleFileInput
    default_error_messages: dict[str, Any] = {
        "max_files": ngettext_lazy(
            "At most %(max)d file is accepted here.",
            "At most %(max)d files are accepted here.",
            "max",
        ),
        "max_total": _("These files are too large together: %(max)d bytes are accepted."),
    }

    def __init__(
        self,
        *,
        max_files: int = MAX_FILES,
        max_total: int | None = MAX_TOTAL_SIZE,
        **kwargs: Any,
    ) -> None:
        self.max_files, self.max_total = max_files, max_total
        super().__init__(**kwargs)

    def _files(self, value: Any) -> list[Any]:
        """Return the submitted files, within the limits on all of them."""
        is_many = isinstance(value, list | tuple)
        files: list[Any] = list(cast("Any", value)) if is_many else [value]
        files = [file for file in files if file not in self.empty_values and file is not False]
        if len(files) > self.max_files:
            raise self._error("max_files", max=self.max_files)
        total = sum(getattr(file, "size", 0) or 0 for file in files)
        if self.max_total is not None and total > self.max_total:
            raise self._error("max_total", max=self.max_total)
        return files

    def clean(self, value: Any, initial: Any = None) -> list[Any]:
        """Return the files; the initial ones if none were submitted."""
        files = self._files(value)
        if not files:
            return self._none(initial)
        cleaned: list[Any] = []
        errors: list[Any] = []
        for file in files:
            try:
                cleaned.append(super().clean(file))
            except ValidationError as error:
                errors.extend(error.error_list)
        return self._settled(cleaned, errors)

    async def aclean(self, value: Any, initial: Any = None) -> list[Any]:
        """Do what `clean()` does, and await validators that are async."""
        files = self._files(value)
        if not files:
            return self._none(initial)
        cleaned: list[Any] = []
        errors: list[Any] = []
        for file in files:
            try:
                cleaned.append(await super().aclean(file))
            except ValidationError as error:
                errors.extend(error.error_list)
        return self._settled(cleaned, errors)

    def _none(self, initial: Any) -> list[Any]:
        if self.required and not initial:
            raise self._error("required")
        return list(initial or [])

    def _settled(self, cleaned: list[Any], errors: list[Any]) -> list[Any]:
        if errors:
            raise ValidationError(errors)
        return cleaned

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether files were submitted."""
        return not self.disabled and bool(data)
