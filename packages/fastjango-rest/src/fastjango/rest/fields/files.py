"""Fields of uploaded files and images."""

from __future__ import annotations

from io import BytesIO
from typing import Any, ClassVar

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.translation import gettext_lazy as _
from fastjango.rest.fields.base import Field
from fastjango.rest.settings import api_settings
from fastjango.values.validators import validate_image_file_extension

__all__ = ["FileField", "ImageField"]


class FileField(Field):
    """An uploaded file; shown as its URL or name.

    Args:
        max_length: The most characters of its name.
        allow_empty_file: Whether it may have no content.
        use_url: Whether it is shown as a URL; `UPLOADED_FILES_USE_URL` if absent.
        **kwargs: Options of every field.
    """

    default_error_messages: ClassVar[dict[str, Any]] = {
        "required": _("No file was submitted."),
        "invalid": _("The submitted data was not a file. Check the encoding type on the form."),
        "no_name": _("No filename could be determined."),
        "empty": _("The submitted file is empty."),
        "max_length": _(
            "Ensure this filename has at most {max_length} characters (it has {length})."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        self.max_length: int | None = kwargs.pop("max_length", None)
        self.allow_empty_file: bool = kwargs.pop("allow_empty_file", False)
        if "use_url" in kwargs:
            self.use_url: bool = kwargs.pop("use_url")
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the upload, whose name and size are checked."""
        try:
            name, size = data.name, data.size
        except AttributeError:
            self.fail("invalid")
        if not name:
            self.fail("no_name")
        if not self.allow_empty_file and not size:
            self.fail("empty")
        if self.max_length and len(name) > self.max_length:
            self.fail("max_length", max_length=self.max_length, length=len(name))
        return data

    def to_representation(self, value: Any) -> Any:
        """Return the file's URL, absolute if the context has a request, or its name."""
        if not value:
            return None
        if not getattr(self, "use_url", api_settings.UPLOADED_FILES_USE_URL):
            return value.name
        try:
            url = value.url
        except AttributeError:
            return None
        request = self.context.get("request", None)
        return url if request is None else request.build_absolute_uri(url)


class ImageField(FileField):
    """An uploaded file that Pillow knows as an image; options as for `FileField`."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid_image": _(
            "Upload a valid image. The file you uploaded was either not an image or a corrupted "
            "image."
        ),
    }

    def __init__(self, **kwargs: Any) -> None:
        # A form field class that does the checking instead; REST framework's name.
        self._form_field_class: Any = kwargs.pop("_DjangoImageField", None)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Any:
        """Return the upload with the image's type as `content_type`.

        Raises:
            ImproperlyConfigured: Pillow is not installed.
        """
        upload = super().to_internal_value(data)
        if self._form_field_class is not None:
            form_field = self._form_field_class()
            form_field.error_messages = self.error_messages
            return form_field.clean(upload)
        self._verify(upload)
        validate_image_file_extension(upload)
        return upload

    def _verify(self, upload: Any) -> None:
        try:
            from PIL import Image  # type: ignore[import-not-found,unused-ignore]  # pyright: ignore
        except ImportError as error:
            raise ImproperlyConfigured(
                "ImageField reads images with Pillow, which is not installed. Install "
                "`pillow`, or use FileField."
            ) from error
        upload.seek(0)
        source: Any = BytesIO(upload.read())
        try:
            image: Any = Image.open(source)  # pyright: ignore[reportUnknownMemberType]
            image.verify()
            upload.image = image
            upload.content_type = Image.MIME.get(image.format)  # pyright: ignore[reportUnknownMemberType]
        except Exception:  # what Pillow raises depends on the format
            self.fail("invalid_image")
        upload.seek(0)
