"""`File`: a file object with a name, a size and reading in chunks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from io import BytesIO, StringIO, UnsupportedOperation
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self

from fastjango.core.exceptions import SuspiciousFileOperation
from fastjango.http.attributes import lazy_attribute

__all__ = ["ContentFile", "File", "FileProxyMixin", "validate_file_name"]


def validate_file_name(name: str, allow_relative_path: bool = False) -> str:
    """Return a file name if it is one.

    Args:
        name: The name to judge.
        allow_relative_path: Whether folders below the current one may be part of it.

    Raises:
        SuspiciousFileOperation: The name is empty, leads elsewhere, or holds path separators.
    """
    base_name = os.path.basename(name)  # noqa: PTH119 - a claim, not a path
    if base_name in {"", ".", ".."}:
        raise SuspiciousFileOperation(f"Could not derive file name from '{name}'")
    if allow_relative_path:
        path = PurePosixPath(str(name).replace("\\", "/"))
        if path.is_absolute() or ".." in path.parts:
            raise SuspiciousFileOperation(f"Detected path traversal attempt in '{name}'")
    elif name != base_name:
        raise SuspiciousFileOperation(f"File name '{name}' includes path elements")
    return name


def _forwarded(name: str) -> property:
    def read(self: FileProxyMixin) -> Any:
        return getattr(self.file, name)

    return property(read, doc=f"The underlying file's `{name}`.")


class FileProxyMixin:
    """Passes the methods of a file object on to `self.file`."""

    file: Any

    encoding: Any = _forwarded("encoding")
    fileno: Any = _forwarded("fileno")
    flush: Any = _forwarded("flush")
    isatty: Any = _forwarded("isatty")
    newlines: Any = _forwarded("newlines")
    read: Any = _forwarded("read")
    readinto: Any = _forwarded("readinto")
    readline: Any = _forwarded("readline")
    readlines: Any = _forwarded("readlines")
    seek: Any = _forwarded("seek")
    tell: Any = _forwarded("tell")
    truncate: Any = _forwarded("truncate")
    write: Any = _forwarded("write")
    writelines: Any = _forwarded("writelines")

    @property
    def closed(self) -> bool:
        """Whether there is no open file behind this object."""
        return not self.file or self.file.closed

    def readable(self) -> bool:
        """Whether the file can be read."""
        if self.closed:
            return False
        return bool(self.file.readable()) if hasattr(self.file, "readable") else True

    def writable(self) -> bool:
        """Whether the file can be written."""
        if self.closed:
            return False
        if hasattr(self.file, "writable"):
            return bool(self.file.writable())
        return "w" in getattr(self.file, "mode", "")

    def seekable(self) -> bool:
        """Whether the file can be read in any order."""
        if self.closed:
            return False
        return bool(self.file.seekable()) if hasattr(self.file, "seekable") else True

    def __iter__(self) -> Iterator[Any]:
        return iter(self.file)


class File(FileProxyMixin):
    """A named file around any file object.

    Args:
        file: The file object.
        name: Its name; that of the file object by default.
    """

    file: Any
    DEFAULT_CHUNK_SIZE = 64 * 2**10  # bytes

    def __init__(self, file: Any, name: str | None = None) -> None:
        self.file = file
        self.name: Any = getattr(file, "name", None) if name is None else name
        if hasattr(file, "mode"):
            self.mode: Any = file.mode

    def __str__(self) -> str:
        return self.name or ""

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self.name or 'None'}>"

    def __bool__(self) -> bool:
        return True

    def __len__(self) -> int:
        size: int = self.size
        return size

    @lazy_attribute
    def size(self) -> Any:
        """The size in bytes.

        Raises:
            AttributeError: Nothing about the file object tells its size.
        """
        if hasattr(self.file, "size"):
            return self.file.size
        if hasattr(self.file, "name"):
            try:
                return Path(self.file.name).stat().st_size
            except (OSError, TypeError):
                pass
        if hasattr(self.file, "tell") and hasattr(self.file, "seek"):
            position = self.file.tell()
            self.file.seek(0, os.SEEK_END)
            size = self.file.tell()
            self.file.seek(position)
            return size
        raise AttributeError("Unable to determine the file's size.")

    def chunks(self, chunk_size: int | None = None) -> Iterator[Any]:
        """Yield the content from the start.

        Args:
            chunk_size: Bytes (or characters) at a time, `DEFAULT_CHUNK_SIZE` by default.
        """
        size = chunk_size or self.DEFAULT_CHUNK_SIZE
        try:
            self.seek(0)
        except (AttributeError, UnsupportedOperation):
            pass
        while data := self.read(size):
            yield data

    def multiple_chunks(self, chunk_size: int | None = None) -> bool:
        """Whether `chunks()` yields more than once."""
        return bool(self.size > (chunk_size or self.DEFAULT_CHUNK_SIZE))

    def __iter__(self) -> Iterator[Any]:
        """Yield lines; `\\n`, `\\r` and `\\r\\n` end one, wherever the chunks happen to end."""
        pending: Any = None
        for chunk in self.chunks():
            for line in chunk.splitlines(True):
                if pending is not None:
                    if _ends_with(pending, "\r") and line not in ("\n", b"\n"):
                        # The chunk ended right after a bare carriage return.
                        yield pending
                    else:
                        line = pending + line
                    pending = None
                if _ends_with(line, "\n"):
                    yield line
                else:
                    pending = line
        if pending is not None:
            yield pending

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        self.close()

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Open the file again, or go back to its start if it is open.

        Takes what the built-in `open()` takes.

        Raises:
            ValueError: The file is closed and nothing by its name exists.
        """
        if not self.closed:
            self.seek(0)
        elif self.name and Path(self.name).exists():
            # close() closes it; a path's own open() knows no opener
            self.file = open(self.name, mode or self.mode, *args, **kwargs)  # noqa: SIM115, PTH123
        else:
            raise ValueError("The file cannot be reopened.")
        return self

    def close(self) -> None:
        """Close the underlying file."""
        self.file.close()


class ContentFile(File):
    """A file whose content is given as text or bytes."""

    def __init__(self, content: str | bytes, name: str | None = None) -> None:
        stream = StringIO(content) if isinstance(content, str) else BytesIO(content)
        super().__init__(stream, name=name)
        self.size = len(content)

    def __str__(self) -> str:
        return "Raw content"

    def open(self, mode: str | None = None, *args: Any, **kwargs: Any) -> Self:
        """Go back to the start."""
        self.seek(0)
        return self

    def close(self) -> None:
        """Do nothing: there is nothing to release."""

    def write(self, data: Any) -> int:  # pyright: ignore[reportIncompatibleVariableOverride]  # a method for a forwarded one
        """Write at the current position; the size is computed anew."""
        self.__dict__.pop("size", None)
        written: int = self.file.write(data)
        return written


def _ends_with(line: str | bytes, end: str) -> bool:
    return line.endswith(end) if isinstance(line, str) else line.endswith(end.encode("ascii"))
