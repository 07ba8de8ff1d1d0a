"""URLconfs that include themselves: routes are made at start, and would never end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

__all__ = ["CIRCLE_HINT", "find_circle"]

#: What to do about a circle.
CIRCLE_HINT = (
    "Routes are made when the site starts, so an include() cannot lead back to a URLconf above "
    "it. Take one of them out; a path converter takes paths of any depth."
)


def find_circle(urlpatterns: Any, above: tuple[int, ...] = ()) -> str | None:
    """Return what leads from a URLconf back to itself.

    Args:
        urlpatterns: The entries to look at.
        above: Identities of the lists of entries that these are included in.

    Returns:
        The routes of the includes that lead around, from the outermost, and the URLconf; `None`
        if no entry leads back.
    """
    if not isinstance(urlpatterns, Iterable):
        return None
    entries = cast("Iterable[Any]", urlpatterns)  # type: ignore[redundant-cast]  # pyright cannot tell
    above = (*above, id(entries))
    for entry in entries:
        below = getattr(entry, "url_patterns", None)
        if below is None:
            continue
        if id(below) in above:
            module = entry.urlconf_module
            name = getattr(module, "__name__", None) or entry.urlconf_name
            return f"{str(entry.pattern)!r} includes {name!r} again"
        found = find_circle(below, above)
        if found is not None:
            return f"{str(entry.pattern)!r}, {found}"
    return None
