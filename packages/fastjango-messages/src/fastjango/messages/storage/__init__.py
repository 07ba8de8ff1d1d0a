"""Where messages wait for the page that shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastjango.core import settings
from fastjango.core.imports import import_string

if TYPE_CHECKING:
    from fastjango.messages.storage.base import BaseStorage

__all__ = ["default_storage"]


def default_storage(request: Any) -> BaseStorage:
    """Return the storage of a request, of the class that `MESSAGE_STORAGE` names."""
    cls: type[BaseStorage] = import_string(settings.MESSAGE_STORAGE)
    return cls(request)
