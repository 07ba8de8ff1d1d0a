"""Text and bytes: forcing, IRIs and URIs, as in `django.utils.encoding`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import codecs
import datetime
import encodings
import encodings.aliases
import functools
import locale
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final, overload
from urllib.parse import quote

from fastjango.core.functional import Promise

__all__ = [
    "DEFAULT_LOCALE_ENCODING",
    "DjangoUnicodeDecodeError",
    "escape_uri_path",
    "filepath_to_uri",
    "force_bytes",
    "force_str",
    "get_system_encoding",
    "has_surrogates",
    "iri_to_uri",
    "is_protected_type",
    "known_charset",
    "punycode",
    "repercent_broken_unicode",
    "smart_bytes",
    "smart_str",
    "uri_to_iri",
    "without_surrogates",
]

# RFC 3986 sections 2.2 and 2.3 with the percent sign, which RFC 3987 section 3.1 keeps as it is.
_IRI_SAFE: Final = "/#%[]=:;$&()+,!?*@'~"
_PATH_SAFE: Final = "/:@&+$,-_.!~*'()"
_FILE_SAFE: Final = "/~!*()'"
_PROTECTED: Final = (
    type(None),
    int,
    float,
    Decimal,
    datetime.datetime,
    datetime.date,
    datetime.time,
)


class DjangoUnicodeDecodeError(UnicodeDecodeError):
    """A `UnicodeDecodeError` that also shows the value that could not be decoded."""

    def __str__(self) -> str:
        return f"{super().__str__()}. You passed in {self.object!r} ({type(self.object)})"


def is_protected_type(obj: object) -> bool:
    """Tell whether `force_str(obj, strings_only=True)` leaves the object alone.

    Those are None, numbers, decimals, dates and times.
    """
    return isinstance(obj, _PROTECTED)


def force_str(
    s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict"
) -> Any:
    """Return the text of any object; lazy text is resolved.

    Args:
        s: Text, bytes (decoded with `encoding`) or any other object (passed to `str`).
        strings_only: Return objects of the protected types (see `is_protected_type`) unchanged.
        errors: What to do with bytes that cannot be decoded, as in `bytes.decode`.

    Raises:
        DjangoUnicodeDecodeError: The bytes are not valid in the encoding.
    """
    if issubclass(type(s), str):
        return s
    if strings_only and is_protected_type(s):
        return s
    if not isinstance(s, bytes):
        return str(s)
    try:
        return str(s, encoding, errors)
    except UnicodeDecodeError as error:
        raise DjangoUnicodeDecodeError(*error.args) from None


def smart_str(
    s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict"
) -> Any:
    """Do what `force_str` does, but hand lazy text back without resolving it."""
    if isinstance(s, Promise):
        return s
    return force_str(s, encoding, strings_only, errors)


def force_bytes(
    s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict"
) -> Any:
    """Return the bytes of any object; lazy text is resolved.

    Bytes are taken to be UTF-8 and are encoded anew when another encoding is asked for.

    Args:
        strings_only: Return objects of the protected types (see `is_protected_type`) unchanged.
    """
    if isinstance(s, bytes):
        return s if encoding == "utf-8" else s.decode("utf-8", errors).encode(encoding, errors)
    if strings_only and is_protected_type(s):
        return s
    if isinstance(s, memoryview):
        return bytes(s)
    return str(s).encode(encoding, errors)


def smart_bytes(
    s: Any, encoding: str = "utf-8", strings_only: bool = False, errors: str = "strict"
) -> Any:
    """Do what `force_bytes` does, but hand lazy text back without resolving it."""
    if isinstance(s, Promise):
        return s
    return force_bytes(s, encoding, strings_only, errors)


@overload
def iri_to_uri(iri: None) -> None: ...
@overload
def iri_to_uri(iri: str | bytes | Promise) -> str: ...
def iri_to_uri(iri: str | bytes | Promise | None) -> str | None:
    """Return the ASCII form of an IRI part that may stand in a URL (RFC 3987 section 3.1).

    What is percent-encoded already stays so; None stays None.
    """
    if iri is None:
        return None
    return quote(str(iri) if isinstance(iri, Promise) else iri, safe=_IRI_SAFE)


def _decodable_octets() -> dict[bytes, bytes]:
    unreserved = [45, 46, 95, 126, *range(65, 91), *range(97, 123)]
    table: dict[bytes, bytes] = {}
    for octet in [*unreserved, *range(0x80, 0x100)]:
        digits = f"{octet:02x}"
        for high in {digits[0], digits[0].upper()}:
            for low in {digits[1], digits[1].upper()}:
                table[(high + low).encode()] = bytes((octet,))
    return table


_DECODABLE: Final = _decodable_octets()


@overload
def uri_to_iri(uri: None) -> None: ...
@overload
def uri_to_iri(uri: str | bytes | Promise) -> str: ...
def uri_to_iri(uri: str | bytes | Promise | None) -> str | None:
    """Return the readable IRI of an ASCII URI (RFC 3987 section 3.2 without step 4).

    Only unreserved characters and valid UTF-8 sequences are decoded; None stays None.
    """
    if uri is None:
        return None
    first, *rest = bytes(force_bytes(uri)).split(b"%")
    parts = [first]
    for block in rest:
        octet = _DECODABLE.get(block[:2])
        parts += [b"%", block] if octet is None else [octet, block[2:]]
    return repercent_broken_unicode(b"".join(parts)).decode()


def repercent_broken_unicode(path: bytes) -> bytes:
    """Percent-encode the octets of a path that are not part of valid UTF-8.

    Works in one pass over the path, without recursion.
    """
    parts: list[bytes] = []
    while True:
        try:
            path.decode()
        except UnicodeDecodeError as error:
            broken = quote(path[error.start : error.end], safe=_IRI_SAFE.replace("~", ""))
            parts += [path[: error.start], broken.encode()]
            path = path[error.end :]
        else:
            return b"".join(parts) + path


def escape_uri_path(path: str) -> str:
    """Percent-encode what may not stand in the path of a URI (`;`, `=`, `?`, `%` included)."""
    return quote(path, safe=_PATH_SAFE)


@overload
def filepath_to_uri(path: None) -> None: ...
@overload
def filepath_to_uri(path: str | PurePath | Promise) -> str: ...
def filepath_to_uri(path: str | PurePath | Promise | None) -> str | None:
    """Return a file path (text or `pathlib.Path`) as part of a URL; backslashes become slashes."""
    if path is None:
        return None
    return quote(str(path).replace("\\", "/"), safe=_FILE_SAFE)


def punycode(domain: str) -> str:
    """Return the ASCII (IDNA) form of a domain name.

    Raises:
        UnicodeError: A label is empty or longer than 63 characters.
    """
    return domain.encode("idna").decode("ascii")


def known_charset(name: str) -> str | None:
    """Return a name of the codec of Python that a client asks for, None if there is none.

    `codecs.lookup()` remembers every name it has ever been asked for, and every spelling of one;
    what comes back from here is one of a limited number of names.
    """
    codec = encodings.normalize_encoding(name.lower())
    if codec not in _codec_names():
        return None
    try:
        codecs.lookup(codec)
    except LookupError:  # a module that holds no codec, or one of another system
        return None
    return name if name.lower().replace("-", "_") == codec else codec


@functools.cache
def _codec_names() -> frozenset[str]:
    """Return the names of the modules of Python's codecs, with all their aliases."""
    from pkgutil import iter_modules  # rarely needed

    modules = (module.name for module in iter_modules(encodings.__path__))
    return frozenset({*modules, *encodings.aliases.aliases})


def get_system_encoding() -> str:
    """Return the encoding of the process's locale, `"ascii"` when there is none Python knows."""
    try:
        encoding = locale.getlocale()[1] or "ascii"
        codecs.lookup(encoding)
    except Exception:  # whatever the platform says, there has to be an encoding
        return "ascii"
    return encoding


DEFAULT_LOCALE_ENCODING: Final = get_system_encoding()


def has_surrogates(text: str) -> bool:
    """Tell whether a text has an unpaired surrogate, as JSON may spell it: UTF-8 cannot hold it.

    Args:
        text: Any text.
    """
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def without_surrogates(text: str) -> str:
    """Return the text with a replacement character for each unpaired surrogate.

    Args:
        text: Any text.
    """
    if has_surrogates(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
