"""What templates get."""

from __future__ import annotations

from typing import Any

from fastjango.messages.api import get_messages
from fastjango.messages.constants import DEFAULT_LEVELS

__all__ = ["messages"]


def messages(request: Any) -> dict[str, Any]:
    """Return `messages` and `DEFAULT_MESSAGE_LEVELS`."""
    return {"messages": get_messages(request), "DEFAULT_MESSAGE_LEVELS": DEFAULT_LEVELS}
