"""`Signal`: tell whoever is connected that something has happened."""

import asyncio
import sys
import threading
import weakref
from collections.abc import Callable, Coroutine, Hashable, Sequence
from functools import partial
from inspect import Parameter, signature
from itertools import groupby
from typing import Any, Final, TypeVar

from fastjango.core.conf import settings
from fastjango.signals._calling import concurrently, from_sync, in_thread, log_failure
from fastjango.signals._connection import Connection, Receiver, make_id

__all__ = ["Signal", "receiver"]

F = TypeVar("F", bound=Callable[..., Any])

Responses = list[tuple[Receiver, Any]]
Live = tuple[list[tuple[bool, Receiver]], list[Receiver]]

_MISSING: Final = object()

if sys.version_info >= (3, 12):
    from inspect import iscoroutinefunction
else:
    # Knows the marks that 3.12 put into inspect, and is deprecated since 3.14.
    iscoroutinefunction: Callable[[object], bool] = vars(asyncio)["iscoroutinefunction"]


class Signal:
    """Something that can happen, and the functions that want to hear of it.

    Receivers are called in the order in which they were connected, sync ones first, then the async
    ones at the same time. A send with nobody connected costs next to nothing.

    Args:
        use_caching: Remember the receivers of each sender. For signals that are sent often from
            few senders, which must allow weak references.
    """

    def __init__(self, use_caching: bool = False) -> None:
        self.receivers: list[Connection] = []
        self.lock: threading.Lock = threading.Lock()
        self.use_caching = use_caching
        self.sender_receivers_cache: Any = weakref.WeakKeyDictionary() if use_caching else {}

    def connect(
        self,
        receiver: Receiver,
        sender: Any = None,
        weak: bool = True,
        dispatch_uid: Hashable = None,
        *,
        inline: bool = False,
        subclasses: bool = False,
        twin: Receiver | None = None,
    ) -> None:
        """Call a function from now on whenever the signal is sent.

        Args:
            receiver: A function or method, sync or async, that takes keyword arguments. The same
                one is connected once for each sender.
            sender: The sender to listen to, compared by identity; None listens to all of them.
            weak: Keep only a weak reference: a receiver that nobody else holds (a local function)
                is disconnected when it is collected.
            dispatch_uid: A name for the connection; a second one with that name is not made.
            inline: `asend` calls a sync receiver on the event loop instead of in a thread: for
                receivers that do not wait.
            subclasses: A sender that is a class also stands for its subclasses.
            twin: An async function that `asend` awaits in place of a sync receiver, so that work
                on the database stays on the connection and in the transaction of the caller.

        Raises:
            TypeError: The receiver is not callable (told with `DEBUG` only).
            ValueError: The receiver does not take keyword arguments (told with `DEBUG` only).
        """
        if settings.configured and settings.DEBUG:
            _check(receiver)
        connection = Connection(
            receiver,
            sender,
            key=_key(receiver, sender, dispatch_uid),
            weak=weak,
            is_async=iscoroutinefunction(receiver),
            inline=inline,
            subclasses=subclasses,
            twin=twin,
        )
        with self.lock:
            self._clear_dead_receivers()
            if all(known.key != connection.key for known in self.receivers):
                self.receivers.append(connection)
            self.sender_receivers_cache.clear()

    def disconnect(
        self, receiver: Receiver | None = None, sender: Any = None, dispatch_uid: Hashable = None
    ) -> bool:
        """Undo a `connect` that had the same arguments.

        Args:
            receiver: May be left out when a `dispatch_uid` is given.

        Returns:
            Whether there was such a connection.
        """
        key = _key(receiver, sender, dispatch_uid)
        with self.lock:
            self._clear_dead_receivers()
            found = next((known for known in self.receivers if known.key == key), None)
            if found is not None:
                self.receivers.remove(found)
            self.sender_receivers_cache.clear()
        return found is not None

    def has_listeners(self, sender: Any = None) -> bool:
        """Tell whether anybody would hear a signal from this sender."""
        return bool(self.receivers) and any(self._live(sender))

    def send(self, sender: Any, **named: Any) -> Responses:
        """Send the signal; an error of a receiver ends the sending and is raised.

        Async receivers are run to their end after the sync ones: on the event loop of the
        surrounding application when this is one of its worker threads, else on a loop of their
        own.

        Returns:
            Pairs of a receiver and what it returned.

        Raises:
            SynchronousOnlyOperation: Async receivers are connected and an event loop is running
                in this thread; use `asend`.
        """
        if not self.receivers:
            return []
        synchronous, asynchronous = self._live(sender)
        named = {"signal": self, "sender": sender, **named}
        responses = _call_all([target for _, target in synchronous], named, robust=False)
        if asynchronous:
            responses += from_sync(partial(_await_all, asynchronous, named, robust=False))
        return responses

    async def asend(self, sender: Any, **named: Any) -> Responses:
        """Send the signal from async code; an error of a receiver is raised.

        Sync receivers are called first, one after the other in one worker thread (those connected
        as `inline` on the event loop); then the async ones at the same time.

        Returns:
            Pairs of a receiver and what it returned.
        """
        return await self._asend(sender, named, robust=False)

    def send_robust(self, sender: Any, **named: Any) -> Responses:
        """Send the signal to everybody, whatever some receivers raise; see `send`.

        Returns:
            Pairs of a receiver and what it returned or the exception it raised, which is logged.

        Raises:
            SynchronousOnlyOperation: Async receivers are connected and an event loop is running
                in this thread; use `asend_robust`.
        """
        if not self.receivers:
            return []
        synchronous, asynchronous = self._live(sender)
        named = {"signal": self, "sender": sender, **named}
        responses = _call_all([target for _, target in synchronous], named, robust=True)
        if asynchronous:
            responses += from_sync(partial(_await_all, asynchronous, named, robust=True))
        return responses

    async def asend_robust(self, sender: Any, **named: Any) -> Responses:
        """Send the signal from async code to everybody, whatever some receivers raise.

        See `asend` for how receivers are called.

        Returns:
            Pairs of a receiver and what it returned or the exception it raised, which is logged.
        """
        return await self._asend(sender, named, robust=True)

    async def _asend(self, sender: Any, named: dict[str, Any], *, robust: bool) -> Responses:
        if not self.receivers:
            return []
        synchronous, asynchronous = self._live(sender, twins=True)
        named = {"signal": self, "sender": sender, **named}
        responses: Responses = []
        for inline, group in groupby(synchronous, key=lambda pair: pair[0]):
            call = partial(_call_all, [target for _, target in group], named, robust=robust)
            responses += call() if inline else await in_thread(call)
        return responses + await _await_all(asynchronous, named, robust=robust)

    def _live(self, sender: Any, twins: bool = False) -> Live:
        """Return the sync receivers for a sender (with whether they are inline) and the async.

        Args:
            twins: Take the async twin of a sync receiver where there is one.
        """
        connections = self._connections(sender)
        live: Live = ([], [])
        for connection in connections:
            target = connection.receiver()
            if target is None:
                continue
            if twins and connection.twin is not None:
                live[1].append(connection.twin)
            elif connection.is_async:
                live[1].append(target)
            else:
                live[0].append((connection.inline, target))
        return live

    def _connections(self, sender: Any) -> Sequence[Connection]:
        known: Any = self._cached(sender) if self.use_caching else _MISSING
        if known is not _MISSING and not any(connection.dead for connection in known):
            return known  # type: ignore[no-any-return]
        sender_id = make_id(sender)
        with self.lock:
            if any(connection.dead for connection in self.receivers):
                self._clear_dead_receivers()
                self.sender_receivers_cache.clear()
            found = [one for one in self.receivers if one.listens_to(sender, sender_id)]
            if self.use_caching and sender is not None:
                self.sender_receivers_cache[sender] = found
        return found

    def _cached(self, sender: Any) -> Any:
        return _MISSING if sender is None else self.sender_receivers_cache.get(sender, _MISSING)

    def _clear_dead_receivers(self) -> None:
        """Drop the connections whose receiver or sender is gone; call with the lock held."""
        self.receivers = [one for one in self.receivers if not one.dead]


def _key(receiver: Any, sender: Any, dispatch_uid: Hashable) -> Hashable:
    return (dispatch_uid or make_id(receiver), make_id(sender))


def _check(target: Any) -> None:
    if not callable(target):
        raise TypeError("Signal receivers must be callable.")
    kinds = {parameter.kind for parameter in signature(target).parameters.values()}
    if Parameter.VAR_KEYWORD not in kinds:
        raise ValueError("Signal receivers must accept keyword arguments (**kwargs).")


def _call_all(targets: list[Receiver], named: dict[str, Any], *, robust: bool) -> Responses:
    if not robust:
        return [(target, target(**named)) for target in targets]
    responses: Responses = []
    for target in targets:
        try:
            responses.append((target, target(**named)))
        except Exception as error:
            log_failure(target, error)
            responses.append((target, error))
    return responses


async def _await_all(targets: list[Receiver], named: dict[str, Any], *, robust: bool) -> Responses:
    calls: list[Coroutine[Any, Any, Any]] = [
        _guarded(target, named) if robust else target(**named) for target in targets
    ]
    return list(zip(targets, await concurrently(calls), strict=True))


async def _guarded(target: Receiver, named: dict[str, Any]) -> Any:
    try:
        return await target(**named)
    except Exception as error:
        log_failure(target, error)
        return error


def receiver(signal: Signal | Sequence[Signal], **kwargs: Any) -> Callable[[F], F]:
    """Connect the decorated function to a signal, or to several.

    Args:
        kwargs: The other arguments of `Signal.connect`.
    """

    def decorate(func: F) -> F:
        signals = [signal] if isinstance(signal, Signal) else signal
        for one in signals:
            one.connect(func, **kwargs)
        return func

    return decorate
