"""Text: wrapping, cutting, splitting, slugs and compression, as in `django.utils.text`."""

import re
import secrets
import textwrap
import unicodedata
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Iterator, Sequence
from gzip import FNAME, GzipFile
from gzip import compress as gzip_compress
from io import BytesIO
from typing import Any, Final

from fastjango.core.exceptions import SuspiciousFileOperation
from fastjango.core.functional import keep_lazy_text, lazy
from fastjango.core.translation import gettext as _
from fastjango.core.translation import gettext_lazy
from fastjango.values._truncation import Truncator, add_truncation_text
from fastjango.values.regex_helper import lazy_re_compile

__all__ = [
    "Truncator",
    "acompress_sequence",
    "add_truncation_text",
    "camel_case_to_spaces",
    "capfirst",
    "compress_sequence",
    "compress_string",
    "format_lazy",
    "get_text_list",
    "get_valid_filename",
    "normalize_newlines",
    "phone2numeric",
    "slugify",
    "smart_split",
    "trim_value",
    "unescape_string_literal",
    "wrap",
]

_NEWLINES: Final = lazy_re_compile(r"\r\n|\r")
_CAMEL_CASE: Final = lazy_re_compile(r"(((?<=[a-z])[A-Z])|([A-Z](?![A-Z]|$)))")
_PHONE_KEYS: Final = str.maketrans("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999")
OR: Final = gettext_lazy("or")
_GZIP_LEVEL: Final = 6
_GZIP_HEADER: Final = 10  # bytes of a gzip header without a file name

# A token with quoted parts in it, or a run of anything but white space.
smart_split_re: Final = lazy_re_compile(
    r"""
    ((?:
        [^\s'"]*
        (?:
            (?:"(?:[^"\\]|\\.)*" | '(?:[^'\\]|\\.)*')
            [^\s'"]*
        )+
    ) | \S+)
    """,
    re.VERBOSE,
)


@keep_lazy_text
def capfirst(x: Any) -> Any:
    """Return the text with its first letter in upper case; empty values come back unchanged."""
    if not x:
        return x
    text = x if isinstance(x, str) else str(x)
    return text[0].upper() + text[1:]


@keep_lazy_text
def wrap(text: str, width: int) -> str:
    """Break lines at white space so that they fit `width` characters.

    Existing line breaks (`\\n`) and white space stay; the space at a new break goes. Words longer
    than a line are not broken.
    """
    wrapper = textwrap.TextWrapper(
        width=width, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
    lines: list[str] = []
    for line in text.splitlines():
        lines += wrapper.wrap(line) or [line]
    if text.endswith("\n"):
        lines.append("")
    return "\n".join(lines)


def trim_value(value: Any, limit: int = 4096) -> tuple[Any, str]:
    """Cut text to `limit` characters for showing it.

    Returns:
        The value (cut only if it is text) and a note on what was cut off, `""` when nothing was.
    """
    if isinstance(value, str) and (length := len(value)) > limit:
        return value[:limit], f"… <trimmed {length - limit} chars out of {length}>"
    return value, ""


@keep_lazy_text
def get_valid_filename(name: Any) -> str:
    """Return text made fit for a file name: spaces become `_`, other signs than `-_.` go.

    Raises:
        SuspiciousFileOperation: Nothing but dots is left.
    """
    cleaned = re.sub(r"(?u)[^-\w.]", "", str(name).strip().replace(" ", "_"))
    if cleaned in {"", ".", ".."}:
        raise SuspiciousFileOperation(f"Could not derive file name from '{name}'")
    return cleaned


@keep_lazy_text
def get_text_list(list_: Sequence[Any], last_word: Any = OR) -> str:
    """Return the items as an enumeration: `"a, b or c"`; nothing gives `""`."""
    if not list_:
        return ""
    *others, last = [str(item) for item in list_]
    return f"{_(', ').join(others)} {last_word!s} {last}" if others else last


@keep_lazy_text
def normalize_newlines(text: Any) -> str:
    r"""Return the text with `\r\n` and `\r` turned into `\n`."""
    return _NEWLINES.sub("\n", str(text))


@keep_lazy_text
def phone2numeric(phone: str) -> str:
    """Return a phone number with its letters replaced by the digits of their keys."""
    return phone.lower().translate(_PHONE_KEYS)


def _random_file_name(max_random_bytes: int) -> bytes:
    return b"a" * secrets.randbelow(max_random_bytes)


def compress_string(s: bytes, *, max_random_bytes: int | None = None) -> bytes:
    """Return gzip data.

    Args:
        max_random_bytes: Add a file name of random length below this, so that the size of a
            response does not tell about its content (the BREACH attack).
    """
    compressed = gzip_compress(s, compresslevel=_GZIP_LEVEL, mtime=0)
    if not max_random_bytes:
        return compressed
    header = bytearray(compressed[:_GZIP_HEADER])
    header[3] = FNAME
    return bytes(header) + _random_file_name(max_random_bytes) + b"\x00" + compressed[_GZIP_HEADER:]


class StreamingBuffer(BytesIO):
    """A buffer that forgets what has been read."""

    def read(self, size: int | None = -1, /) -> bytes:
        """Return everything written since the last call."""
        data = self.getvalue()
        self.seek(0)
        self.truncate()
        return data


def _gzip_file(buffer: StreamingBuffer, max_random_bytes: int | None) -> GzipFile:
    name: Any = _random_file_name(max_random_bytes) if max_random_bytes else None
    return GzipFile(filename=name, mode="wb", compresslevel=_GZIP_LEVEL, fileobj=buffer, mtime=0)


def compress_sequence(
    sequence: Iterable[bytes], *, max_random_bytes: int | None = None
) -> Iterator[bytes]:
    """Yield gzip data for a stream, each piece as soon as it is compressed."""
    buffer = StreamingBuffer()
    with _gzip_file(buffer, max_random_bytes) as file:
        yield buffer.read()
        for item in sequence:
            file.write(item)
            file.flush()
            if data := buffer.read():
                yield data
    yield buffer.read()


async def acompress_sequence(
    sequence: AsyncIterable[bytes], *, max_random_bytes: int | None = None
) -> AsyncIterator[bytes]:
    """Yield gzip data for an asynchronous stream, each piece as soon as it is compressed."""
    buffer = StreamingBuffer()
    with _gzip_file(buffer, max_random_bytes) as file:
        yield buffer.read()
        async for item in sequence:
            file.write(item)
            file.flush()
            if data := buffer.read():
                yield data
    yield buffer.read()


def smart_split(text: Any) -> Iterator[str]:
    r"""Yield the words of a text; quoted phrases stay whole, with their quotes and backslashes."""
    for match in smart_split_re.finditer(str(text)):
        yield match[0]


@keep_lazy_text
def unescape_string_literal(s: str) -> str:
    r"""Return what a quoted literal stands for: `'"a \"b\""'` gives `a "b"`.

    Raises:
        ValueError: The text does not begin and end with the same quote.
    """
    if not s or s[0] not in "\"'" or s[-1] != s[0]:
        raise ValueError(f"Not a string literal: {s!r}")
    quote = s[0]
    return s[1:-1].replace(f"\\{quote}", quote).replace("\\\\", "\\")


@keep_lazy_text
def slugify(value: Any, allow_unicode: bool = False) -> str:
    """Return text for a URL: lower case, words joined by `-`, other signs than `_` dropped.

    Args:
        allow_unicode: Keep letters beyond ASCII (in NFKC form) instead of dropping them.
    """
    text = str(value)
    if allow_unicode:
        text = unicodedata.normalize("NFKC", text)
    else:
        text = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii")
    text = re.sub(r"[^\w\s-]", "", text.lower())
    return re.sub(r"[-\s]+", "-", text).strip("-_")


def camel_case_to_spaces(value: str) -> str:
    """Return `"HTTPServer nameGiven"` as `"http server name given"`."""
    return _CAMEL_CASE.sub(r" \1", value).strip().lower()


def _format_lazy(format_string: Any, *args: Any, **kwargs: Any) -> str:
    return str(format_string.format(*args, **kwargs))


format_lazy: Callable[..., str] = lazy(_format_lazy, str)
