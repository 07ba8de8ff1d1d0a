"""Which encoding a client takes, and compressing with it.

Brotli and Zstandard are used where `brotli` and `zstandard` are installed, with the extra
`fastjango-http[compression]`; gzip always is.
"""

from __future__ import annotations

import importlib
import secrets
import zlib
from collections.abc import Callable
from typing import Any, Protocol, cast

from fastjango.values.text import compress_string

__all__ = ["Compressor", "available", "choose", "compress", "stream"]

#: Bound of the random bytes in a gzip header: the length of a page tells nothing (BREACH).
MAX_RANDOM_BYTES = 100


class Compressor(Protocol):
    """Compresses a stream chunk by chunk."""

    def compress(self, data: bytes) -> bytes:
        """Take data; give what is ready."""
        ...

    def flush(self) -> bytes:
        """End the stream."""
        ...


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


def available() -> list[str]:
    """Encodings that this process can write, best first."""
    names: list[str] = []
    if _module("zstandard") is not None:
        names.append("zstd")
    if _module("brotli") is not None:
        names.append("br")
    return [*names, "gzip"]


def choose(accept_encoding: str, offered: list[str]) -> str | None:
    """The first offered encoding that the client takes (RFC 9110, section 12.5.3).

    Args:
        accept_encoding: The request's header.
        offered: Encodings in the order of preference.
    """
    weights: dict[str, float] = {}
    for part in accept_encoding.split(","):
        name, _, parameter = part.strip().partition(";")
        weight = 1.0
        key, _, value = parameter.strip().partition("=")
        if key.strip().lower() == "q":
            try:
                weight = float(value)
            except ValueError:
                weight = 0.0
        if name:
            weights[name.strip().lower()] = weight
    best: str | None = None
    best_weight = 0.0
    for name in offered:
        weight = weights.get(name, weights.get("*", 0.0))
        if weight > best_weight:
            best, best_weight = name, weight
    return best


def compress(encoding: str, data: bytes, max_random_bytes: int = MAX_RANDOM_BYTES) -> bytes:
    """Compress a whole body."""
    if encoding == "gzip":
        return compress_string(data, max_random_bytes=max_random_bytes)
    if encoding == "br":
        return cast("bytes", _module("brotli").compress(data, quality=4))
    return cast("bytes", _module("zstandard").ZstdCompressor(level=3).compress(data))


def _with_random_name(data: bytes) -> bytes:
    """Put a file name of random length into the header of a gzip stream that has none."""
    name = b"a" * secrets.randbelow(MAX_RANDOM_BYTES)
    # RFC 1952: flag 8 announces a name after the ten bytes of the fixed header.
    return data[:3] + b"\x08" + data[4:10] + name + b"\x00" + data[10:]


def _gzip_stream() -> Callable[[bytes, bool], bytes]:
    gzip = zlib.compressobj(6, zlib.DEFLATED, 31)
    begun = False

    def gzip_chunk(chunk: bytes, last: bool) -> bytes:
        nonlocal begun
        out = gzip.compress(chunk) + gzip.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
        if begun:
            return out
        begun = True
        return _with_random_name(out)

    return gzip_chunk


def stream(encoding: str) -> Callable[[bytes, bool], bytes]:
    """A transformation for a streamed body: each chunk is flushed, so that nothing is held back."""
    if encoding == "gzip":
        return _gzip_stream()
    if encoding == "br":
        brotli = _module("brotli").Compressor(quality=4)

        def brotli_chunk(chunk: bytes, last: bool) -> bytes:
            out = brotli.process(chunk)
            return cast("bytes", out + (brotli.finish() if last else brotli.flush()))

        return brotli_chunk
    module = _module("zstandard")
    zstd = module.ZstdCompressor(level=3).compressobj()

    def zstd_chunk(chunk: bytes, last: bool) -> bytes:
        mode = module.COMPRESSOBJ_FLUSH_FINISH if last else module.COMPRESSOBJ_FLUSH_BLOCK
        return cast("bytes", zstd.compress(chunk) + zstd.flush(mode))

    return zstd_chunk
