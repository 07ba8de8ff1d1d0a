"""Messages in the cookie, and in the session what does not fit there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastjango.messages.storage.base import BaseStorage, Retrieved
from fastjango.messages.storage.cookie import CookieStorage
from fastjango.messages.storage.session import SessionStorage

__all__ = ["FallbackStorage"]


class FallbackStorage(BaseStorage):
    """Keeps messages in the first storage that has room; the next ones are seldom touched."""

    storage_classes: tuple[type[BaseStorage], ...] = (CookieStorage, SessionStorage)

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.storages = [cls(request) for cls in self.storage_classes]
        self._used_storages: set[BaseStorage] = set()

    def _gather(self, storage: BaseStorage, found: Retrieved, into: list[Any]) -> bool:
        """Take what one storage has; tell whether the next one has to be asked."""
        messages, complete = found
        if messages is None:
            return False
        if messages:
            self._used_storages.add(storage)
        into.extend(messages)
        return not complete

    def _get(self) -> Retrieved:
        messages: list[Any] = []
        complete = True
        for storage in self.storages:
            found = storage._get()
            complete = found[1]
            if not self._gather(storage, found, messages):
                break
        return messages, complete

    async def _aget(self) -> Retrieved:
        messages: list[Any] = []
        complete = True
        for storage in self.storages:
            found = await storage._aget()
            complete = found[1]
            if not self._gather(storage, found, messages):
                break
        return messages, complete

    def _store(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        for storage in self.storages:
            if messages:
                messages = storage._store(messages, response, remove_oldest=False)
            elif storage in self._used_storages:
                # What it had is read, or has gone to another.
                storage._store([], response)
                self._used_storages.remove(storage)
        return messages

    async def _astore(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        for storage in self.storages:
            if messages:
                messages = await storage._astore(messages, response, remove_oldest=False)
            elif storage in self._used_storages:
                await storage._astore([], response)
                self._used_storages.remove(storage)
        return messages
