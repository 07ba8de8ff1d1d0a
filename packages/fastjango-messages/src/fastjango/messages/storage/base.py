"""`Message`, and the base of what keeps messages."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from fastjango.core import settings
from fastjango.messages.tags import get_level_tags

__all__ = ["BaseStorage", "Message"]

if TYPE_CHECKING:
    LEVEL_TAGS: dict[int, str]

Retrieved = tuple[list[Any] | None, bool]
"""Messages, `None` if the storage was not used, and whether these are all that were stored."""


def __getattr__(name: str) -> Any:
    if name == "LEVEL_TAGS":
        return get_level_tags()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


class Message:
    """A text for the user of a site, with a level.

    Args:
        level: How important it is; see `fastjango.messages.constants`.
        message: The text, lazy or not.
        extra_tags: Tags of its own, separated by spaces.
    """

    def __init__(self, level: int, message: Any, extra_tags: Any = None) -> None:
        self.level = int(level)
        self.message = message
        self.extra_tags = extra_tags

    def _prepare(self) -> None:
        """Make texts of what may be lazy, so that they can be stored."""
        self.message = str(self.message)
        self.extra_tags = None if self.extra_tags is None else str(self.extra_tags)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Message):
            return NotImplemented
        return self.level == other.level and self.message == other.message

    __hash__ = None  # type: ignore[assignment]  # it changes when it is stored

    def __str__(self) -> str:
        return str(self.message)

    def __repr__(self) -> str:
        tags = f", extra_tags={self.extra_tags!r}" if self.extra_tags else ""
        return f"Message(level={self.level}, message={self.message!r}{tags})"

    @property
    def tags(self) -> str:
        """Its own tags and that of its level, separated by a space."""
        return " ".join(str(tag) for tag in (self.extra_tags, self.level_tag) if tag)

    @property
    def level_tag(self) -> str:
        """The tag of its level."""
        return get_level_tags().get(self.level, "")


class BaseStorage:
    """Takes messages of a request, and gives those that wait, once.

    Subclasses override `_get` and `_store`; those that can do so without blocking `_aget` and
    `_astore` as well, which otherwise run the former in a thread.

    Args:
        request: The request.
    """

    _loaded_data: list[Any]

    def __init__(self, request: Any) -> None:
        self.request = request
        self._queued_messages: list[Message] = []
        self._level: int | None = None
        self.used = False
        self.added_new = False

    def __len__(self) -> int:
        return len(self._loaded_messages) + len(self._queued_messages)

    def _read(self) -> Iterator[Any]:
        self.used = True
        if self._queued_messages:
            self._loaded_messages.extend(self._queued_messages)
            self._queued_messages = []
        return iter(self._loaded_messages)

    def __iter__(self) -> Iterator[Any]:
        return self._read()

    async def __aiter__(self) -> AsyncIterator[Any]:
        await self.aload()
        for message in self._read():
            yield message

    def __contains__(self, item: object) -> bool:
        return item in self._loaded_messages or item in self._queued_messages

    def __repr__(self) -> str:
        return f"<{type(self).__qualname__}: request={self.request!r}>"

    @property
    def _loaded_messages(self) -> list[Any]:
        """What waits, read at first use."""
        if not hasattr(self, "_loaded_data"):
            self._loaded_data = self._get()[0] or []
        return self._loaded_data

    async def aload(self) -> list[Any]:
        """Read what waits; afterwards the synchronous methods wait for nothing any more."""
        if not hasattr(self, "_loaded_data"):
            self._loaded_data = (await self._aget())[0] or []
        return self._loaded_data

    # --- what subclasses do -------------------------------------------------------------

    def _get(self) -> Retrieved:
        """Return what waits."""
        raise NotImplementedError("subclasses of BaseStorage must provide a _get() method")

    async def _aget(self) -> Retrieved:
        from fastjango.http.aio import run_in_thread

        return await run_in_thread(self._get)

    def _store(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        """Keep messages for the next request, in place of what waited.

        Args:
            messages: The messages.
            response: The response, for cookies.
            remove_oldest: Which to leave out if there is no room for all.

        Returns:
            Those that could not be kept.
        """
        raise NotImplementedError("subclasses of BaseStorage must provide a _store() method")

    async def _astore(
        self, messages: Sequence[Any], response: Any, remove_oldest: bool = True
    ) -> Sequence[Any]:
        from fastjango.http.aio import run_in_thread

        return await run_in_thread(self._store, messages, response, remove_oldest)

    # --- the life of messages -----------------------------------------------------------

    def _prepare_messages(self, messages: Sequence[Any]) -> None:
        for message in messages:
            message._prepare()

    def update(self, response: Any) -> Sequence[Any] | None:
        """Keep what has not been read for the next request; return what could not be kept."""
        self._prepare_messages(self._queued_messages)
        if self.used:
            return self._store(self._queued_messages, response)
        if self.added_new:
            return self._store([*self._loaded_messages, *self._queued_messages], response)
        return None

    async def aupdate(self, response: Any) -> Sequence[Any] | None:
        """Asynchronous twin of `update`."""
        self._prepare_messages(self._queued_messages)
        if self.used:
            return await self._astore(self._queued_messages, response)
        if self.added_new:
            waiting = await self.aload()
            return await self._astore([*waiting, *self._queued_messages], response)
        return None

    def add(self, level: int, message: Any, extra_tags: Any = "") -> None:
        """Take a message, unless it is empty or below the level; nothing waits for that."""
        if not message or int(level) < self.level:
            return
        self.added_new = True
        self._queued_messages.append(Message(level, message, extra_tags=extra_tags))

    @property
    def level(self) -> int:
        """The lowest level that is taken, `MESSAGE_LEVEL` unless it is set; `None` resets it."""
        return int(settings.MESSAGE_LEVEL) if self._level is None else self._level

    @level.setter
    def level(self, value: int | None) -> None:
        self._level = None if value is None else int(value)

    @level.deleter
    def level(self) -> None:
        self._level = None
