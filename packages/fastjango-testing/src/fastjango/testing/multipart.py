"""Forms with files, encoded as browsers send them."""

import mimetypes
from collections.abc import Iterable, Iterator, Mapping
from pathlib import PurePath
from typing import Any, Final

from fastjango.core.conf import settings
from fastjango.values.encoding import force_bytes

__all__ = ["BOUNDARY", "MULTIPART_CONTENT", "encode_file", "encode_multipart"]

BOUNDARY: Final = "BoUnDaRyStRiNg"
MULTIPART_CONTENT: Final = f"multipart/form-data; boundary={BOUNDARY}"


def _to_bytes(value: Any) -> bytes:
    encoded: bytes = force_bytes(value, settings.DEFAULT_CHARSET)
    return encoded


def _is_file(value: Any) -> bool:
    return callable(getattr(value, "read", None))


def encode_multipart(boundary: str, data: Mapping[str, Any]) -> bytes:
    """Return the body of a multipart form.

    Args:
        boundary: What stands between the parts.
        data: Fields by name: texts, files (anything with `read`), and iterables of them.

    Raises:
        TypeError: A value is None.
    """
    lines: list[bytes] = []
    for key, value in data.items():
        if value is None:
            raise TypeError(
                f"Cannot encode None for key '{key}' as POST data. Did you mean to pass an empty "
                "string or omit the value?"
            )
        for item in _items(value):
            if _is_file(item):
                lines += encode_file(boundary, key, item)
            else:
                disposition = f'Content-Disposition: form-data; name="{key}"'
                lines += [_to_bytes(line) for line in (f"--{boundary}", disposition, "", item)]
    lines += [_to_bytes(f"--{boundary}--"), b""]
    return b"\r\n".join(lines)


def _items(value: Any) -> Iterator[Any]:
    if _is_file(value) or isinstance(value, str) or not isinstance(value, Iterable):
        yield value
    else:
        yield from value


def encode_file(boundary: str, key: str, file: Any) -> list[bytes]:
    """Return the lines of a file's part: its name, its type (guessed from the name) and content."""
    name = getattr(file, "name", None)  # a number for temporary files
    filename = PurePath(name).name if isinstance(name, str) else ""
    content_type = getattr(file, "content_type", None)
    if not hasattr(file, "content_type") and filename:
        content_type = mimetypes.guess_type(filename)[0]
    disposition = f'Content-Disposition: form-data; name="{key}"; filename="{filename or key}"'
    return [
        _to_bytes(f"--{boundary}"),
        _to_bytes(disposition),
        _to_bytes(f"Content-Type: {content_type or 'application/octet-stream'}"),
        b"",
        _to_bytes(file.read()),
    ]
