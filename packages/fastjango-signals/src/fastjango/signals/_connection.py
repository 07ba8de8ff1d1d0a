"""One receiver that is connected to a signal."""

import weakref
from collections.abc import Callable, Hashable
from typing import Any, Final

from blinker import Signal as Slot

Receiver = Callable[..., Any]

_NOBODY: Final = id(None)


def make_id(target: Any) -> Hashable:
    """Return what tells two receivers or senders apart: identity, and for methods their owner."""
    if hasattr(target, "__func__"):
        return (id(target.__self__), id(target.__func__))
    return id(target)


class Connection:
    """A receiver with the sender it listens to; blinker keeps the receiver, weakly or not."""

    __slots__ = (
        "__weakref__",
        "any_sender",
        "inline",
        "is_async",
        "key",
        "sender_id",
        "sender_ref",
        "slot",
        "subclasses",
        "twin",
    )

    def __init__(
        self,
        receiver: Receiver,
        sender: Any,
        *,
        key: Hashable,
        weak: bool,
        is_async: bool,
        inline: bool,
        subclasses: bool,
        twin: Receiver | None = None,
    ) -> None:
        self.key = key
        self.twin = twin
        self.slot = Slot()
        self.slot.connect(receiver, weak=weak)
        self.is_async = is_async
        self.inline = inline
        self.subclasses = subclasses
        self.sender_id = make_id(sender)
        self.any_sender = self.sender_id == _NOBODY
        self.sender_ref: weakref.ref[Any] | None = None
        if sender is not None:
            try:
                # A new object can get the id of a dead sender; the reference tells them apart.
                self.sender_ref = weakref.ref(sender)
            except TypeError:
                pass  # numbers and text have no weak references, and live on by value

    @property
    def dead(self) -> bool:
        """Whether the receiver or the sender is gone."""
        if not self.slot.receivers:
            return True
        return self.sender_ref is not None and self.sender_ref() is None

    def listens_to(self, sender: Any, sender_id: Hashable) -> bool:
        """Tell whether the receiver wants to hear from a sender."""
        if self.any_sender or self.sender_id == sender_id:
            return True
        if not self.subclasses or not isinstance(sender, type):
            return False
        wanted = None if self.sender_ref is None else self.sender_ref()
        return isinstance(wanted, type) and issubclass(sender, wanted)

    def receiver(self) -> Receiver | None:
        """Return the receiver, None when it or its sender is gone."""
        if self.sender_ref is not None and self.sender_ref() is None:
            return None
        return next(iter(self.slot.receivers_for(None)), None)
