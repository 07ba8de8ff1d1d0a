"""Files that came with a request."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from io import BytesIO
from typing import Any, Self

from fastjango.core import settings
from fastjango.http.uploads.files import File, validate_file_name

__all__ = ["InMemoryUploadedFile", "SimpleUploadedFile", "TemporaryUploadedFile", "UploadedFile"]

MAX_NAME_LENGTH = 255  # characters; longer names trouble file systems
MAX_EXTENSION_LENGTH = 100  # bytes; temporary files go without a longer one


class UploadedFile(File):
    """A file a client sent. Its name is only a base name; type and charset are as claimed."""

    def __init__(
        self,
        file: Any = None,
        name: str | None = None,
        content_type: str | None = None,
        size: int | None = None,
        charset: str | None = None,
        content_type_extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(file, name)
        self.size = size
        self.content_type = content_type
        self.charset = charset
        self.content_type_extra = content_type_extra

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self.name} ({self.content_type})>"

    def __bool__(self) -> bool:
        return bool(self.name)

    @property
    def name(self) -> str | None:
        """The base name, cut to 255 characters with its extension kept."""
        return self._name

    @name.setter
    def name(self, name: str | None) -> None:
        if name is not None:
            name = os.path.basename(name)  # noqa: PTH119 - a claim, not a path
            if len(name) > MAX_NAME_LENGTH:
                stem, extension = os.path.splitext(name)  # noqa: PTH122 - as above
                extension = extension[:MAX_NAME_LENGTH]
                name = stem[: MAX_NAME_LENGTH - len(extension)] + extension
            name = validate_file_name(name)
        self._name = name


class TemporaryUploadedFile(UploadedFile):
    """An upload kept in a temporary file, which is deleted when it is closed."""

    def __init__(
        self,
        name: str,
        content_type: str | None,
        size: int | None,
        charset: str | None,
        content_type_extra: Mapping[str, Any] | None = None,
    ) -> None:
        extension = os.path.splitext(name)[1]  # noqa: PTH122 - a claim, not a path
        if len(extension.encode(errors="replace")) > MAX_EXTENSION_LENGTH:
            extension = ""
        file = tempfile.NamedTemporaryFile(  # noqa: SIM115 - the upload owns and closes it
            suffix=f".upload{extension}", dir=settings.FILE_UPLOAD_TEMP_DIR
        )
        super().__init__(file, name, content_type, size, charset, content_type_extra)

    def temporary_file_path(self) -> str:
        """Return the full path of the temporary file."""
        path: str = self.file.name
        return path

    def close(self) -> None:
        """Close and delete the file; it may have been moved away in the meantime."""
        try:
            self.file.close()
        except FileNotFoundError:
            pass


class InMemoryUploadedFile(UploadedFile):
    """An upload kept in memory."""

    def __init__(
        self,
        file: Any,
        field_name: str | None,
        name: str | None,
        content_type: str | None,
        size: int | None,
        charset: str | None,
        content_type_extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(file, name, content_type, size, charset, content_type_extra)
        self.field_name = field_name

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Go back to the start."""
        self.file.seek(0)
        return self

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Yield all of it at once: it is in memory already."""
        self.file.seek(0)
        yield self.read()

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        """Return `False`."""
        return False


class SimpleUploadedFile(InMemoryUploadedFile):
    """An upload made from a name and its content; handy in tests."""

    def __init__(self, name: str, content: bytes | None, content_type: str = "text/plain") -> None:
        content = content or b""
        super().__init__(BytesIO(content), None, name, content_type, len(content), None, None)

    @classmethod
    def from_dict(cls, file_dict: Mapping[str, Any]) -> Self:
        """Build one from a mapping with `filename`, `content` and perhaps `content-type`."""
        return cls(
            file_dict["filename"],
            file_dict["content"],
            file_dict.get("content-type", "text/plain"),
        )
