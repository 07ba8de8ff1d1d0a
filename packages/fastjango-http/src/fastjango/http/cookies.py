"""Cookies: reading the `Cookie` header, and the class that writes `Set-Cookie`."""

from __future__ import annotations

from http.cookies import SimpleCookie, _unquote  # pyright: ignore

__all__ = ["SimpleCookie", "parse_cookie"]


def parse_cookie(cookie: str) -> dict[str, str]:
    """Return the cookies of a `Cookie` header by name; a later one of the same name wins.

    Reads what browsers send rather than what RFC 6265 allows: a chunk without `=` is a value
    without a name.
    """
    found: dict[str, str] = {}
    for chunk in cookie.split(";"):
        name, separator, value = chunk.partition("=")
        if not separator:
            name, value = "", chunk
        name, value = name.strip(), value.strip()
        if name or value:
            # The same unquoting as the standard library uses when it loads a cookie.
            found[name] = _unquote(value)
    return found
