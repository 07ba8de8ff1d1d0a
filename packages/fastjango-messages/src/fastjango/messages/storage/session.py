"""Messages in the session."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.messages.storage.base import BaseStorage, Retrieved
from fastjango.messages.storage.cookie import MessageDecoder, MessageEncoder

__all__ = ["SessionStorage"]


class SessionStorage(BaseStorage):
    """Keeps messages in the session, however many.

    Raises:
        ImproperlyConfigured: The request has no session.
    """

    session_key = "_messages"

    def __init__(self, request: Any) -> None:
        if not hasattr(request, "session"):
            raise ImproperlyConfigured(
                "The session-based temporary message storage requires session middleware to be "
                "installed, and come before the message middleware in the MIDDLEWARE list."
            )
        super().__init__(request)

    def _get(self) -> Retrieved:
        return self.deserialize_messages(self.request.session.get(self.session_key)), True

    async def _aget(self) -> Retrieved:
        found = await self.request.session.aget(self.session_key)
        return self.deserialize_messages(found), True

    def _store(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        if messages:
            self.request.session[self.session_key] = self.serialize_messages(messages)
        else:
            self.request.session.pop(self.session_key, None)
        return []

    async def _astore(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        if messages:
            await self.request.session.aset(self.session_key, self.serialize_messages(messages))
        else:
            await self.request.session.apop(self.session_key, None)
        return []

    def serialize_messages(self, messages: Sequence[Any]) -> str:
        """Return messages as JSON."""
        return MessageEncoder().encode(messages)

    def deserialize_messages(self, data: Any) -> Any:
        """Return the messages of JSON; anything else as it is."""
        if data and isinstance(data, str):
            return json.loads(data, cls=MessageDecoder)
        return data
