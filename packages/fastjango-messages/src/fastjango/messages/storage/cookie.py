"""Messages in a signed cookie, in Django's format."""

from __future__ import annotations

import binascii
import json
from collections.abc import Callable, Sequence
from typing import Any, cast

from fastjango.core import settings, signing
from fastjango.http.cookies import SimpleCookie
from fastjango.messages.storage.base import BaseStorage, Message, Retrieved
from fastjango.values.safestring import SafeData, mark_safe

__all__ = [
    "CookieStorage",
    "MessageDecoder",
    "MessageEncoder",
    "MessagePartGatherSerializer",
    "MessagePartSerializer",
    "MessageSerializer",
    "bisect_keep_left",
    "bisect_keep_right",
]


class MessageEncoder(json.JSONEncoder):
    """Writes messages as short lists."""

    message_key = "__json_message"

    def default(self, o: Any) -> Any:
        """Return a message as a list: mark, whether it is safe HTML, level, text, tags."""
        if not isinstance(o, Message):
            return super().default(o)
        written = [self.message_key, int(isinstance(o.message, SafeData)), o.level, o.message]
        return written if o.extra_tags is None else [*written, o.extra_tags]


class MessageDecoder(json.JSONDecoder):
    """Reads what `MessageEncoder` wrote."""

    def process_messages(self, obj: Any) -> Any:
        """Return `obj` with messages in place of their lists, at any depth."""
        if isinstance(obj, list) and obj:
            items: list[Any] = obj  # pyright: ignore[reportUnknownVariableType]  # of anything
            if items[0] == MessageEncoder.message_key:
                _mark, is_safe, level, text, *tags = items
                return Message(level, mark_safe(text) if is_safe else text, *tags)
            return [self.process_messages(item) for item in items]
        if isinstance(obj, dict):
            pairs: dict[str, Any] = obj  # pyright: ignore[reportUnknownVariableType]  # of anything
            return {key: self.process_messages(value) for key, value in pairs.items()}
        return cast("Any", obj)

    def decode(self, s: str, *args: Any, **kwargs: Any) -> Any:
        """Return what JSON text stands for."""
        return self.process_messages(super().decode(s, *args, **kwargs))


class MessagePartSerializer:
    """Writes each message by itself, so that each is written once however many fit."""

    def dumps(self, obj: Sequence[Any]) -> list[str]:
        """Return the JSON of each."""
        return [json.dumps(one, separators=(",", ":"), cls=MessageEncoder) for one in obj]


class MessagePartGatherSerializer:
    """Puts together what `MessagePartSerializer` wrote."""

    def dumps(self, obj: Sequence[str]) -> bytes:
        """Return the JSON of the list."""
        return f"[{','.join(obj)}]".encode("latin-1")

    def loads(self, data: bytes) -> Any:
        """Return the messages."""
        return MessageSerializer().loads(data)


class MessageSerializer:
    """Reads the messages of a cookie."""

    def dumps(self, obj: Sequence[Any]) -> bytes:
        """Return the JSON of messages."""
        return MessagePartGatherSerializer().dumps(MessagePartSerializer().dumps(obj))

    def loads(self, data: bytes) -> Any:
        """Return the messages that the JSON stands for."""
        return json.loads(data.decode("latin-1"), cls=MessageDecoder)


class CookieStorage(BaseStorage):
    """Keeps messages in a cookie of at most 2048 bytes; it is signed, not secret.

    What does not fit is not kept; a mark at the end of the list says so.
    """

    cookie_name = "messages"
    max_cookie_size = 2048  # bytes; leaves room for others in the 4096 of some servers
    not_finished = "__messagesnotfinished__"
    not_finished_json = json.dumps("__messagesnotfinished__")
    key_salt = "django.contrib.messages"

    def __init__(self, request: Any) -> None:
        super().__init__(request)
        self.signer = signing.get_cookie_signer(salt=self.key_salt)

    def _get(self) -> Retrieved:
        messages = self._decode(self.request.COOKIES.get(self.cookie_name))
        complete = not (messages and messages[-1] == self.not_finished)
        if messages and not complete:
            messages.pop()
        return messages, complete

    async def _aget(self) -> Retrieved:
        return self._get()

    def _update_cookie(self, encoded_data: str | None, response: Any) -> None:
        """Set the cookie, or delete it if there is nothing for it."""
        options = {
            "domain": settings.SESSION_COOKIE_DOMAIN,
            "samesite": settings.SESSION_COOKIE_SAMESITE,
        }
        if not encoded_data:
            response.delete_cookie(self.cookie_name, **options)
            return
        response.set_cookie(
            self.cookie_name,
            encoded_data,
            secure=settings.SESSION_COOKIE_SECURE or False,
            httponly=settings.SESSION_COOKIE_HTTPONLY or False,
            **options,
        )

    def _is_too_large(self, encoded_data: str | None) -> bool:
        """Whether a cookie would grow over the limit, quotes and escapes included."""
        if not encoded_data:
            return False
        return len(SimpleCookie().value_encode(encoded_data)[1]) > self.max_cookie_size

    def _encode_partly(self, parts: Sequence[str]) -> str | None:
        return self._encode_parts([*parts, self.not_finished_json], encode_empty=True)

    def _store(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        left_out: Sequence[Any] = []
        parts = MessagePartSerializer().dumps(messages)
        encoded = self._encode_parts(parts)
        if self.max_cookie_size and self._is_too_large(encoded):

            def does_not_fit(some: Sequence[str]) -> bool:
                return self._is_too_large(self._encode_partly(some))

            if remove_oldest:
                index = bisect_keep_right(parts, fn=does_not_fit)
                left_out, parts = messages[:index], parts[index:]
            else:
                index = bisect_keep_left(parts, fn=does_not_fit)
                left_out, parts = messages[index:], parts[:index]
            encoded = self._encode_partly(parts)
        self._update_cookie(encoded, response)
        return left_out

    async def _astore(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        return self._store(messages, response, remove_oldest)

    def _encode_parts(self, messages: Sequence[str], encode_empty: bool = False) -> str | None:
        """Return written messages as signed text."""
        if not messages and not encode_empty:
            return None
        return self.signer.sign_object(
            messages, serializer=MessagePartGatherSerializer, compress=True
        )

    def _encode(self, messages: Sequence[Any], encode_empty: bool = False) -> str | None:
        """Return messages as signed text."""
        return self._encode_parts(MessagePartSerializer().dumps(messages), encode_empty)

    def _decode(self, data: str | None) -> list[Any] | None:
        """Return the messages of a cookie; `None` if there are none, or it was changed."""
        if not data:
            return None
        try:
            found: list[Any] = self.signer.unsign_object(data, serializer=MessageSerializer)
        except (signing.BadSignature, binascii.Error, json.JSONDecodeError):
            # Counts as read, so that the cookie goes.
            self.used = True
            return None
        return found


def bisect_keep_left(a: Sequence[Any], fn: Callable[[Sequence[Any]], bool]) -> int:
    """Return how many of the first items can be taken before `fn` of them becomes true."""
    low, high = 0, len(a)
    while low < high:
        middle = (low + high) // 2
        if fn(a[: middle + 1]):
            high = middle
        else:
            low = middle + 1
    return low


def bisect_keep_right(a: Sequence[Any], fn: Callable[[Sequence[Any]], bool]) -> int:
    """Return how many of the first items have to go before `fn` of the others becomes false."""
    low, high = 0, len(a)
    while low < high:
        middle = (low + high) // 2
        if fn(a[middle:]):
            low = middle + 1
        else:
            high = middle
    return low
