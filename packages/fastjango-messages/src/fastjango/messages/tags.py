"""The tags of levels."""

from __future__ import annotations

from fastjango.core import settings
from fastjango.messages.constants import DEFAULT_TAGS

__all__ = ["get_level_tags"]


def get_level_tags() -> dict[int, str]:
    """Return the tag of each level: the default ones, with `MESSAGE_TAGS` over them."""
    own: dict[int, str] = settings.MESSAGE_TAGS
    return {**DEFAULT_TAGS, **own} if own else DEFAULT_TAGS
