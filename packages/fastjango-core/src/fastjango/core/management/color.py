"""Colours for the terminal, by the role of a text."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from functools import cache

__all__ = ["Style", "color_style", "make_style", "no_style", "supports_color"]

# Select Graphic Rendition codes (ECMA-48) by role, for dark and for light terminals.
DARK: Mapping[str, str] = {
    **dict.fromkeys(("ERROR", "HTTP_BAD_REQUEST"), "31;1"),
    **dict.fromkeys(("SUCCESS", "SQL_FIELD"), "32;1"),
    **dict.fromkeys(("WARNING", "HTTP_NOT_FOUND"), "33;1"),
    **dict.fromkeys(("SQL_TABLE", "HTTP_INFO", "MIGRATE_LABEL"), "1"),
    **dict.fromkeys(("SQL_COLTYPE", "HTTP_REDIRECT"), "32"),
    "NOTICE": "31",
    "SQL_KEYWORD": "33",
    "HTTP_NOT_MODIFIED": "36",
    "HTTP_SUCCESS": "",
    "HTTP_SERVER_ERROR": "35;1",
    "MIGRATE_HEADING": "36;1",
}
LIGHT: Mapping[str, str] = {
    **DARK,
    "SQL_KEYWORD": "34",
    "HTTP_REDIRECT": "32;1",
    "HTTP_NOT_MODIFIED": "32",
    "HTTP_NOT_FOUND": "31",
}
PALETTES = {"dark": DARK, "light": LIGHT, "nocolor": dict.fromkeys(DARK, "")}


class Style:
    """Functions that colour a text, as attributes by role: `style.ERROR("no")`."""

    def __init__(self, palette: Mapping[str, str]) -> None:
        self._palette = palette

    def __getattr__(self, role: str) -> Callable[[str], str]:
        if role not in self._palette:
            raise AttributeError(f"There is no colour role {role!r}.")
        code = self._palette[role]
        return lambda text: f"\x1b[{code}m{text}\x1b[0m" if code else text


def supports_color() -> bool:
    """Tell whether standard output is a terminal that shows colours."""
    is_a_tty = hasattr(sys.stdout, "isatty") and sys.stdout.isatty()
    known = ["ANSICON", "WT_SESSION", "TERM_PROGRAM"]
    able = sys.platform != "win32" or any(name in os.environ for name in known)
    return is_a_tty and able and not os.environ.get("NO_COLOR")


def make_style(config_string: str = "") -> Style:
    """Return the style of a palette: `dark` (the default), `light` or `nocolor`."""
    return Style(PALETTES.get(config_string, DARK))


@cache
def no_style() -> Style:
    """Return the style that changes nothing."""
    return make_style("nocolor")


def color_style(force_color: bool = False) -> Style:
    """Return the style for standard output; `FASTJANGO_COLORS` chooses the palette."""
    if not force_color and not supports_color():
        return no_style()
    return make_style(os.environ.get("FASTJANGO_COLORS", ""))
