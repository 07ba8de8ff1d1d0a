"""Media types of bodies and `Accept` headers, and how specific they are (RFC 9110, 12.5.1)."""

from __future__ import annotations

from collections.abc import Iterable

from fastjango.values.http import parse_header_parameters

__all__ = ["MediaType", "is_form_media_type", "media_type_matches", "order_by_precedence"]

_FORMS = frozenset({"application/x-www-form-urlencoded", "multipart/form-data"})


class MediaType:
    """A media type or range with its parameters.

    Args:
        text: As it stands in a header; nonsense becomes a type that matches nothing.
    """

    def __init__(self, text: str | None) -> None:
        self.orig: str = text or ""
        self.full_type: str = ""
        self.params: dict[str, str] = {}
        try:
            self.full_type, self.params = parse_header_parameters(self.orig)
        except ValueError:
            pass
        main_type, _, sub_type = self.full_type.partition("/")
        self.main_type: str = main_type
        self.sub_type: str = sub_type

    def match(self, other: MediaType) -> bool:
        """Whether this type, with all its parameters but `q`, fits another one."""
        for key, value in self.params.items():
            if key != "q" and other.params.get(key) != value:
                return False
        return _part_fits(self.sub_type, other.sub_type) and _part_fits(
            self.main_type, other.main_type
        )

    @property
    def precedence(self) -> int:
        """How specific it is: 0 for `*/*`, 1 for `type/*`, 2 for a type, 3 with parameters."""
        if self.main_type == "*":
            return 0
        if self.sub_type == "*":
            return 1
        return 2 if not self.params or list(self.params) == ["q"] else 3

    def __str__(self) -> str:
        params = "".join(f"; {key}={value}" for key, value in self.params.items())
        return f"{self.main_type}/{self.sub_type}{params}"


def _part_fits(one: str, other: str) -> bool:
    return one == other or "*" in (one, other)


def media_type_matches(one: str | None, other: str | None) -> bool:
    """Whether the first media type is the second or a range that holds it."""
    return MediaType(one).match(MediaType(other))


def order_by_precedence(texts: Iterable[str]) -> list[list[MediaType]]:
    """Return media types in groups, the most specific ones first; their order stays in a group."""
    groups: list[list[MediaType]] = [[], [], [], []]
    for text in dict.fromkeys(texts):
        media_type = MediaType(text)
        groups[3 - media_type.precedence].append(media_type)
    return [group for group in groups if group]


def is_form_media_type(media_type: str | None) -> bool:
    """Whether a body of this type is an HTML form's."""
    return bool(media_type) and MediaType(media_type).full_type in _FORMS
