"""The headers of a response."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Mapping
from email.header import Header
from typing import Any

from fastjango.http.exceptions import BadHeaderError
from fastjango.values.datastructures import CaseInsensitiveMapping

_LINE_BREAK = re.compile(r"[\r\n]")


class ResponseHeaders(CaseInsensitiveMapping[str]):
    """Headers of a response, in any case, in the order they were set.

    Raises:
        BadHeaderError: A name or value contains a line break.
    """

    def __init__(self, data: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        self._store: dict[str, tuple[str, str]] = {}
        if data:
            for header, value in self._unpack_items(data):
                self[header] = value

    @staticmethod
    def _convert_to_charset(value: Any, charset: str, mime_encode: bool = False) -> str:
        """Return a text that fits a charset; `mime_encode` wraps what does not (RFC 2047)."""
        try:
            if isinstance(value, bytes):
                text = value.decode(charset)
            else:
                text = value if isinstance(value, str) else str(value)
                text.encode(charset)
        except UnicodeError as error:
            raw = value.decode("latin-1") if isinstance(value, bytes) else str(value)
            if _LINE_BREAK.search(raw):
                raise BadHeaderError(
                    f"Header values can't contain newlines (got {value!r})"
                ) from error
            if not mime_encode:
                if isinstance(error, (UnicodeEncodeError, UnicodeDecodeError)):
                    error.reason += f", HTTP response headers must be in {charset} format"
                raise
            try:
                # No folding: a folded header is a line break on the wire.
                text = Header(value, "utf-8", maxlinelen=sys.maxsize).encode(linesep="")
            except UnicodeError:
                # Lone surrogates fit no charset at all.
                raise BadHeaderError(f"Header value {value!r} cannot be encoded.") from error
        if _LINE_BREAK.search(text) or "\x00" in text:
            raise BadHeaderError(f"Header values can't contain newlines (got {text!r})")
        return text

    def __delitem__(self, key: str) -> None:
        self.pop(key)

    def __setitem__(self, key: Any, value: Any) -> None:
        name = self._convert_to_charset(key, "ascii")
        self._store[name.lower()] = (
            name,
            self._convert_to_charset(value, "latin-1", mime_encode=True),
        )

    def pop(self, key: str, default: Any = None) -> Any:
        """Remove a header; return its name and value as a pair, or `default`."""
        return self._store.pop(key.lower(), default)

    def setdefault(self, key: str, value: Any) -> None:
        """Set a header unless it is there."""
        if key not in self:
            self[key] = value
