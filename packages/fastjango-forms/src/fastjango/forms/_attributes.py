"""Attributes of HTML elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastjango.values.html import conditional_escape
from fastjango.values.safestring import SafeString

__all__ = ["flatatt"]


def flatatt(attrs: Mapping[str, Any]) -> SafeString:
    """Return attributes as the text of an HTML tag, each after a space; all values escaped.

    Args:
        attrs: Values by name. `True` gives the bare name, `False` and `None` leave it out. The
            names are written as they are.
    """
    pairs: list[tuple[str, Any]] = []
    flags: list[str] = []
    for name, value in attrs.items():
        if isinstance(value, bool):
            if value:
                flags.append(name)
        elif value is not None:
            pairs.append((name, value))
    texts = [
        f' {conditional_escape(name)}="{conditional_escape(value)}"'
        for name, value in sorted(pairs)
    ]
    texts += [f" {conditional_escape(name)}" for name in sorted(flags)]
    return SafeString("".join(texts))
