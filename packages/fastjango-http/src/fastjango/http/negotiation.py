"""Content negotiation: media types, and which of them a client prefers (RFC 9110, 12.5.1)."""

from __future__ import annotations

import operator
from collections.abc import Sequence

from fastjango.core.functional import cached_property
from fastjango.values.http import parse_header_parameters

__all__ = ["MediaType", "parse_accept"]


class MediaType:
    """A media type or range with its parameters, such as `text/*; q=0.5`."""

    def __init__(self, media_type_raw_line: str | MediaType | None) -> None:
        line = str(media_type_raw_line) if media_type_raw_line else ""
        full_type, params = parse_header_parameters(line)
        main_type, _, sub_type = full_type.partition("/")
        self.params: dict[str, str] = params
        self.main_type: str = main_type
        self.sub_type: str = sub_type

    def __str__(self) -> str:
        sub_type = f"/{self.sub_type}" if self.sub_type else ""
        params = "".join(f"; {key}={value}" for key, value in self.params.items())
        return f"{self.main_type}{sub_type}{params}"

    def __repr__(self) -> str:
        return f"<{self.__class__.__qualname__}: {self}>"

    @cached_property
    def range_params(self) -> dict[str, str]:
        """The parameters without the quality."""
        return {key: value for key, value in self.params.items() if key != "q"}

    def match(self, other: str | MediaType | None) -> bool:
        """Whether two types or ranges have something in common."""
        if not other:
            return False
        if not isinstance(other, MediaType):
            other = MediaType(other)
        halves = ((self.main_type, other.main_type), (self.sub_type, other.sub_type))
        for mine, theirs in halves:
            if not mine or not theirs:
                return False
            if mine != theirs and "*" not in (mine, theirs):
                return False
        if bool(self.range_params) == bool(other.range_params):
            return self.range_params == other.range_params
        # A type with parameters falls under a range without; the reverse does not hold.
        return bool(self.range_params)

    @cached_property
    def quality(self) -> float:
        """The weight between 0 and 1; an invalid one counts as 1."""
        try:
            quality = float(self.params.get("q", 1))
        except ValueError:
            return 1
        return round(quality, 3) if 0 <= quality <= 1 else 1

    @property
    def specificity(self) -> int:
        """How narrow the range is: 0 for `*/*`, 1 for `text/*`, 2 for a type, 3 with parameters."""
        if self.main_type == "*":
            return 0
        if self.sub_type == "*":
            return 1
        return 3 if self.range_params else 2


def parse_accept(header: str) -> list[MediaType]:
    """Return the ranges of an `Accept` header, the preferred first, without those of quality 0."""
    ranges = (_parse_range(token) for token in header.split(",") if token.strip())
    return sorted(
        (found for found in ranges if found is not None and found.quality != 0),
        key=operator.attrgetter("quality", "specificity"),
        reverse=True,
    )


def _parse_range(token: str) -> MediaType | None:
    try:
        return MediaType(token)
    except ValueError:
        # A range that nobody can read accepts nothing; it is no reason to fail.
        return None


def best_match(accepted: Sequence[MediaType], media_type: str | MediaType) -> MediaType | None:
    """Return the most specific accepted range that covers a type, or `None`."""
    wanted = MediaType(media_type)
    by_precedence = sorted(
        accepted, key=operator.attrgetter("specificity", "quality"), reverse=True
    )
    return next((candidate for candidate in by_precedence if wanted.match(candidate)), None)
