"""Unpaired surrogates: text that no encoding can write, such as JSON may hand in."""

from __future__ import annotations

__all__ = ["has_surrogates", "without_surrogates"]


def has_surrogates(text: str) -> bool:
    """Tell whether a text has an unpaired surrogate, so that UTF-8 cannot hold it."""
    if text.isascii():
        return False
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def without_surrogates(text: str) -> str:
    """Return the text with a replacement character for each unpaired surrogate."""
    if has_surrogates(text):
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
