"""Adding and reading the messages of a request."""

from __future__ import annotations

from typing import Any

from fastjango.messages import constants
from fastjango.messages.exceptions import MessageFailure
from fastjango.messages.storage import default_storage

__all__ = [
    "MessageFailure",
    "add_message",
    "aget_messages",
    "debug",
    "error",
    "get_level",
    "get_messages",
    "info",
    "set_level",
    "success",
    "warning",
]

SCOPE_KEY = "fastjango.messages"
"""Key of the ASGI scope: `None` until the request has a storage, then that."""


def find_storage(request: Any) -> Any:
    """Return the storage of a request, made at first use; `None` without the middleware."""
    own = getattr(request, "_messages", None)
    if own is not None:
        return own
    scope = getattr(request, "scope", None)
    if not isinstance(scope, dict) or SCOPE_KEY not in scope:
        return None
    if scope[SCOPE_KEY] is None:
        from fastjango.http.request import HttpRequest

        if not isinstance(request, HttpRequest):
            # A path operation has Starlette's request; the storage needs its cookies as ours.
            request = HttpRequest.from_scope(scope)  # pyright: ignore[reportUnknownArgumentType]
        scope[SCOPE_KEY] = default_storage(request)
    return scope[SCOPE_KEY]  # pyright: ignore[reportUnknownVariableType]  # of an ASGI scope


def add_message(
    request: Any, level: int, message: Any, extra_tags: Any = "", fail_silently: bool = False
) -> None:
    """Have a message shown by the next page that shows messages.

    It waits for nothing, so there is no asynchronous twin.

    Args:
        request: The request.
        level: How important it is, such as `messages.INFO`.
        message: The text.
        extra_tags: Tags of its own, separated by spaces.
        fail_silently: Whether to drop it where there is no middleware.

    Raises:
        TypeError: `request` is none.
        MessageFailure: There is no middleware.
    """
    storage = find_storage(request)
    if storage is not None:
        storage.add(level, message, extra_tags)
        return
    if not hasattr(request, "META") and not hasattr(request, "scope"):
        raise TypeError(
            "add_message() argument must be an HttpRequest object, not "
            f"'{request.__class__.__name__}'."
        )
    if not fail_silently:
        raise MessageFailure(
            "You cannot add messages without installing "
            "fastjango.messages.middleware.MessageMiddleware"
        )


def get_messages(request: Any) -> Any:
    """Return the messages that wait, an empty list without the middleware.

    Iterating over them counts as showing them. On an event loop, messages that are in the session
    are read with `async for`, or after `await aget_messages(request)`.
    """
    storage = find_storage(request)
    return [] if storage is None else storage


async def aget_messages(request: Any) -> Any:
    """Asynchronous twin of `get_messages`: what it returns can be iterated over plainly."""
    storage = find_storage(request)
    if storage is None:
        return []
    await storage.aload()
    return storage


def get_level(request: Any) -> int:
    """Return the lowest level that is taken: `MESSAGE_LEVEL`, unless the request has its own."""
    storage = find_storage(request)
    if storage is None:
        storage = default_storage(request)
    return int(storage.level)


def set_level(request: Any, level: int | None) -> bool:
    """Set the lowest level that is taken for the time of a request.

    Args:
        request: The request.
        level: The level; that of `MESSAGE_LEVEL` if `None`.

    Returns:
        Whether there is a middleware to take messages at all.
    """
    storage = find_storage(request)
    if storage is None:
        return False
    storage.level = level
    return True


def debug(request: Any, message: Any, extra_tags: Any = "", fail_silently: bool = False) -> None:
    """Add a message for developers; below the default `MESSAGE_LEVEL`."""
    add_message(request, constants.DEBUG, message, extra_tags, fail_silently)


def info(request: Any, message: Any, extra_tags: Any = "", fail_silently: bool = False) -> None:
    """Add a message that informs."""
    add_message(request, constants.INFO, message, extra_tags, fail_silently)


def success(request: Any, message: Any, extra_tags: Any = "", fail_silently: bool = False) -> None:
    """Add a message that something worked."""
    add_message(request, constants.SUCCESS, message, extra_tags, fail_silently)


def warning(request: Any, message: Any, extra_tags: Any = "", fail_silently: bool = False) -> None:
    """Add a message that warns."""
    add_message(request, constants.WARNING, message, extra_tags, fail_silently)


def error(request: Any, message: Any, extra_tags: Any = "", fail_silently: bool = False) -> None:
    """Add a message that something did not work."""
    add_message(request, constants.ERROR, message, extra_tags, fail_silently)
