"""Fields of files."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.core.translation import ngettext_lazy
from fastjango.values import validators

from ._field import Field
from ._file_widgets import FILE_INPUT_CONTRADICTION, ClearableFileInput, FileInput
from ._widget import Widget

__all__ = ["FileField", "ImageField"]

_DONE = object()  # the value needs no further checks


class FileField(Field):
    """An uploaded file.

    Args:
        max_length: The most characters of the file's name.
        allow_empty_file: Accept a file without content.
    """

    widget: Any = ClearableFileInput
    default_error_messages: dict[str, Any] = {
        "invalid": _("No file was submitted. Check the encoding type on the form."),
        "missing": _("No file was submitted."),
        "empty": _("The submitted file is empty."),
        "max_length": ngettext_lazy(
            "Ensure this filename has at most %(max)d character (it has %(length)d).",
            "Ensure this filename has at most %(max)d characters (it has %(length)d).",
            "max",
        ),
        "contradiction": _("Please either submit a file or check the clear checkbox, not both."),
    }

    def __init__(
        self, *, max_length: int | None = None, allow_empty_file: bool = False, **kwargs: Any
    ) -> None:
        self.max_length = max_length
        self.allow_empty_file = allow_empty_file
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        """Return the file, `None` for none."""
        if value in self.empty_values:
            return None
        try:
            name, size = value.name, value.size
        except AttributeError:
            raise self._error("invalid") from None
        if self.max_length is not None and len(name) > self.max_length:
            raise self._error("max_length", max=self.max_length, length=len(name))
        if not name:
            raise self._error("invalid")
        if not self.allow_empty_file and not size:
            raise self._error("empty")
        return value

    def _settle(self, data: Any, initial: Any) -> tuple[Any, Any]:
        """Return `_DONE` and the cleaned value, or `None` and the data that is to be checked."""
        if data is FILE_INPUT_CONTRADICTION:
            raise self._error("contradiction")
        if data is False:  # the wish to have no file
            if not self.required:
                return _DONE, False
            data = None
        return (_DONE, initial) if not data and initial else (None, data)

    def clean(self, value: Any, initial: Any = None) -> Any:
        """Return the file; `initial` if none was submitted, `False` to remove it."""
        done, value = self._settle(value, initial)
        return value if done else super().clean(value)

    async def aclean(self, value: Any, initial: Any = None) -> Any:
        """Do what `clean` does, and await validators that are async."""
        done, value = self._settle(value, initial)
        return value if done else await super().aclean(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """Return the initial file: browsers let no page choose one."""
        return initial

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Tell whether a file was submitted."""
        return not self.disabled and data is not None

    def _clean_bound_field(self, bf: Any) -> Any:
        return self.clean(bf.initial if self.disabled else bf.data, bf.initial)

    def _aclean_bound_field(self, bf: Any) -> Any:
        return self.aclean(bf.initial if self.disabled else bf.data, bf.initial)


class ImageField(FileField):
    """An uploaded image of a format that Pillow knows; needs the extra `images`.

    The cleaned file has the attributes `image`, the Pillow object (verified, so only good for its
    properties), and `content_type`.
    """

    default_validators: Any = [validators.validate_image_file_extension]
    default_error_messages: dict[str, Any] = {
        "invalid_image": _(
            "Upload a valid image. The file you uploaded was either not an image or a corrupted "
            "image."
        ),
    }

    def to_python(self, value: Any) -> Any:
        """Return the file after Pillow has looked at it."""
        file = super().to_python(value)
        if file is None:
            return None
        from PIL import Image

        if hasattr(value, "temporary_file_path"):
            source = value.temporary_file_path()
        else:
            source = BytesIO(value.read() if hasattr(value, "read") else value["content"])
        try:
            # Only the header is read: loading the pixels of a crafted image could fill the memory.
            image = Image.open(source)
            image.verify()
            file.image = image
            file.content_type = Image.MIME.get(image.format or "")
        except Exception as error:  # Pillow's plugins raise whatever they like
            raise self._error("invalid_image") from error
        if callable(getattr(file, "seek", None)):
            file.seek(0)
        return file

    def widget_attrs(self, widget: Widget) -> dict[str, Any]:
        """Return `accept`."""
        attrs = super().widget_attrs(widget)
        if isinstance(widget, FileInput) and "accept" not in widget.attrs:
            attrs.setdefault("accept", "image/*")
        return attrs
