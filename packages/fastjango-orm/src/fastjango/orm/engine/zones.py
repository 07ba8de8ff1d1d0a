"""Names of time zones as SQL sees them."""

from __future__ import annotations

from fastjango.values.dateparse import parse_time

__all__ = ["split_tzname_delta"]


def split_tzname_delta(tzname: str) -> tuple[str, str | None, str | None]:
    """Split ``Europe/Paris+02:00`` into name, sign and offset; both None without an offset."""
    for sign in "+-":
        if sign in tzname:
            name, offset = tzname.rsplit(sign, 1)
            if offset and parse_time(offset):
                return name, sign, offset if ":" in offset else f"{offset}:00"
    return tzname, None, None
