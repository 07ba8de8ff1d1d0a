"""`QueryDict`: a query string or a form, with several values for a name."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Self
from urllib.parse import parse_qsl, quote, urlencode

from fastjango.core import settings
from fastjango.core.exceptions import TooManyFieldsSent
from fastjango.values.datastructures import MultiValueDict

__all__ = ["QueryDict", "bytes_to_text"]


def bytes_to_text(value: Any, encoding: str) -> Any:
    """Decode bytes, replacing what cannot be decoded; any other value is returned as it is."""
    return str(value, encoding, "replace") if isinstance(value, bytes) else value


def _decode(query_string: bytes, encoding: str) -> str:
    """Decode what should be ASCII; some clients send raw bytes all the same."""
    try:
        return query_string.decode(encoding)
    except UnicodeDecodeError:
        return query_string.decode("iso-8859-1")


class QueryDict(MultiValueDict[str, Any]):
    """The parsed form of a query string; immutable unless asked otherwise or copied.

    Args:
        query_string: Text or bytes such as `a=1&a=2&b=3`.
        mutable: Whether the dictionary may be changed.
        encoding: Character set of percent-encoded bytes, `DEFAULT_CHARSET` by default.

    Raises:
        TooManyFieldsSent: More than `DATA_UPLOAD_MAX_NUMBER_FIELDS` pairs.
    """

    # Also read while unpickling, before __init__'s values are there.
    _mutable: bool = True
    _encoding: str | None = None

    def __init__(
        self,
        query_string: str | bytes | None = None,
        mutable: bool = False,
        encoding: str | None = None,
    ) -> None:
        super().__init__()
        self._encoding = encoding or settings.DEFAULT_CHARSET
        if query_string:
            self._parse(query_string)
        self._mutable = mutable

    def _parse(self, query_string: str | bytes) -> None:
        encoding = self.encoding
        text = _decode(query_string, encoding) if isinstance(query_string, bytes) else query_string
        try:
            pairs = parse_qsl(
                text,
                keep_blank_values=True,
                encoding=encoding,
                max_num_fields=settings.DATA_UPLOAD_MAX_NUMBER_FIELDS,
            )
        except ValueError as error:
            # Not strict parsing, so only the number of fields can be wrong.
            raise TooManyFieldsSent(
                "The number of GET/POST parameters exceeded settings.DATA_UPLOAD_MAX_NUMBER_FIELDS."
            ) from error
        for key, value in pairs:
            self.appendlist(key, value)

    @classmethod
    def fromkeys(  # type: ignore[override]  # Django's signature
        cls,
        iterable: Iterable[Any],
        value: Any = "",
        mutable: bool = False,
        encoding: str | None = None,
    ) -> Self:
        """Return a dictionary with one value for each key; a repeated key gets it twice."""
        result = cls("", mutable=True, encoding=encoding)
        for key in iterable:
            result.appendlist(key, value)
        if not mutable:
            result._mutable = False
        return result

    @property
    def encoding(self) -> str:
        """The character set in which bytes are decoded and values are encoded."""
        if self._encoding is None:
            self._encoding = str(settings.DEFAULT_CHARSET)
        return self._encoding

    @encoding.setter
    def encoding(self, value: str | None) -> None:
        self._encoding = value

    def _assert_mutable(self) -> None:
        if not self._mutable:
            raise AttributeError("This QueryDict instance is immutable")

    def __setitem__(self, key: Any, value: Any) -> None:
        self._assert_mutable()
        super().__setitem__(bytes_to_text(key, self.encoding), bytes_to_text(value, self.encoding))

    def __delitem__(self, key: str) -> None:
        self._assert_mutable()
        super().__delitem__(key)

    def __copy__(self) -> Self:
        result = self.__class__("", mutable=True, encoding=self.encoding)
        for key, values in self.lists():
            result.setlist(key, values)
        return result

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        result = self.__class__("", mutable=True, encoding=self.encoding)
        memo[id(self)] = result
        for key, values in self.lists():
            result.setlist(copy.deepcopy(key, memo), copy.deepcopy(values, memo))
        return result

    def setlist(self, key: Any, list_: Iterable[Any]) -> None:
        """Replace all values of a key."""
        self._assert_mutable()
        encoding = self.encoding
        super().setlist(
            bytes_to_text(key, encoding), [bytes_to_text(value, encoding) for value in list_]
        )

    def setlistdefault(self, key: str, default_list: list[Any] | None = None) -> list[Any]:
        """Store a list for a missing key, and return the stored list."""
        self._assert_mutable()
        return super().setlistdefault(key, default_list)

    def appendlist(self, key: Any, value: Any) -> None:
        """Add a value to those of a key."""
        self._assert_mutable()
        super().appendlist(bytes_to_text(key, self.encoding), bytes_to_text(value, self.encoding))

    def pop(self, key: str, *args: Any) -> Any:
        """Remove a key and return its list of values."""
        self._assert_mutable()
        return super().pop(key, *args)

    def popitem(self) -> tuple[str, Any]:
        """Remove and return the last key with its list of values."""
        self._assert_mutable()
        return super().popitem()

    def clear(self) -> None:
        """Remove everything."""
        self._assert_mutable()
        super().clear()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        """Store a value for a missing key, and return the key's last value."""
        self._assert_mutable()
        encoding = self.encoding
        return super().setdefault(bytes_to_text(key, encoding), bytes_to_text(default, encoding))

    def copy(self) -> Self:
        """Return a mutable deep copy."""
        return self.__deepcopy__({})

    def urlencode(self, safe: str | None = None) -> str:
        """Return the pairs as a query string.

        Args:
            safe: Characters that need no quoting, for example `"/"` in a `next` parameter.
        """
        encoding = self.encoding
        output: list[str] = []
        for key, values in self.lists():
            raw_key = key.encode(encoding)
            for value in values:
                raw_value = str(value).encode(encoding)
                if safe:
                    octets = safe.encode(encoding)
                    output.append(f"{quote(raw_key, octets)}={quote(raw_value, octets)}")
                else:
                    output.append(urlencode({raw_key: raw_value}))
        return "&".join(output)
