"""What a file is, told by its first bytes: neither its name nor the client's claim counts."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from typing import Any

__all__ = ["PEEK", "content_type_of", "sniff_content_type"]

PEEK = 2048  # bytes that are looked at

_PREFIXES: tuple[tuple[bytes, str], ...] = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"BM", "image/bmp"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"\x00\x00\x01\x00", "image/vnd.microsoft.icon"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b", "application/gzip"),
    (b"BZh", "application/x-bzip2"),
    (b"\xfd7zXZ\x00", "application/x-xz"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"fLaC", "audio/flac"),
    (b"OggS", "application/ogg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-elf"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
)
_RIFF = {b"WEBP": "image/webp", b"WAVE": "audio/x-wav", b"AVI ": "video/x-msvideo"}
_BRANDS = {
    b"avif": "image/avif",
    b"heic": "image/heic",
    b"M4A ": "audio/mp4",
    b"qt  ": "video/quicktime",
}
# Markup that a browser runs, wherever in the beginning it stands.
_ACTIVE = (
    (b"<svg", "image/svg+xml"),
    (b"<!doctype html", "text/html"),
    (b"<html", "text/html"),
    (b"<script", "text/html"),
    (b"<body", "text/html"),
    (b"<iframe", "text/html"),
    (b"<img", "text/html"),
)
# Formats whose bytes are those of a container; the name tells which it is.
_CONTAINED: dict[str, tuple[str, ...]] = {
    "application/zip": (
        "application/vnd.openxmlformats-officedocument.",
        "application/vnd.oasis.opendocument.",
        "application/epub+zip",
        "application/java-archive",
        "application/vnd.ms-excel.",
        "application/vnd.ms-word.",
    ),
    "application/x-ole-storage": ("application/msword", "application/vnd.ms-"),
    "application/ogg": ("audio/ogg", "video/ogg", "audio/opus"),
    "video/mp4": ("audio/mp4", "video/quicktime", "video/mp4"),
    "video/webm": ("audio/webm", "video/x-matroska"),
    "text/plain": ("text/", "application/json", "application/yaml", "application/toml"),
    "text/xml": ("application/xml", "application/rss+xml", "application/atom+xml"),
}
_NOT_BY_NAME = frozenset({"text/html", "image/svg+xml", "text/javascript", "application/xhtml+xml"})


def sniff_content_type(head: bytes) -> str:
    """Return the content type that the first bytes of a file tell.

    Args:
        head: At least 2,048 bytes of its beginning, or all of it.

    Returns:
        A content type; `text/plain` for text, `application/octet-stream` for what is not known.
    """
    head = head[:PEEK]
    for prefix, kind in _PREFIXES:
        if head.startswith(prefix):
            return kind
    if head[:4] == b"RIFF" and head[8:12] in _RIFF:
        return _RIFF[head[8:12]]
    if head[4:8] == b"ftyp":
        return _BRANDS.get(head[8:12], "video/mp4")
    if head[257:262] == b"ustar":
        return "application/x-tar"
    return _text_type(head)


def _text_type(head: bytes) -> str:
    lowered = head.lower()
    for mark, kind in _ACTIVE:
        if mark in lowered:
            return kind
    if lowered.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<?xml"):
        return "text/xml"
    if any(byte < 32 and byte not in b"\t\n\r\f\x1b\b" for byte in head):
        return "application/octet-stream"
    try:
        # The last character may be cut in two.
        head.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(head) - 3:
            return "application/octet-stream"
    return "text/plain"


def content_type_of(name: str, head: bytes) -> str | None:
    """Return what a file is, by its bytes and, within a container format, by its name.

    Args:
        name: The name of the file.
        head: Its beginning.

    Returns:
        A content type; `None` if the extension is that of another one than the bytes tell.
    """
    sniffed = sniff_content_type(head)
    named = mimetypes.guess_type(name)[0]
    if named is None or named == sniffed:
        return sniffed
    if named not in _NOT_BY_NAME and named.startswith(_CONTAINED.get(sniffed, ())):
        return named
    if sniffed == "text/xml" and named == "application/xml":
        return named
    return None if sniffed != "application/octet-stream" else _unknown(named)


def _unknown(named: str) -> str | None:
    """Return the type of a name whose bytes say nothing; `None` if they should have."""
    known = {kind for _prefix, kind in _PREFIXES} | set(_RIFF.values()) | set(_BRANDS.values())
    has_marks = named in known or named.startswith(("image/", "text/")) or named in _NOT_BY_NAME
    return None if has_marks else "application/octet-stream"


def is_accepted(kind: str, accepted: Iterable[str]) -> bool:
    """Tell whether a content type is one of several, of which some may be like `image/*`.

    Markup that browsers run (`image/svg+xml`, `text/html`) has to be named as such.
    """
    main = kind.partition("/")[0]
    return any(kind == one or (one == f"{main}/*" and kind not in _NOT_BY_NAME) for one in accepted)


def head_of(file: Any) -> bytes:
    """Return the beginning of a file, and go back to it."""
    file.seek(0)
    head: bytes = file.read(PEEK)
    file.seek(0)
    return head
