"""Knowing that the server is about to stop, and making sure that it does."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
import time
from types import FrameType
from weakref import WeakKeyDictionary

__all__ = ["begin_shutdown", "install", "is_shutting_down", "wait_for_shutdown"]

logger: logging.Logger = logging.getLogger("fastjango.http.serving")

# After the grace time: for lifespans to end and for what was cancelled to notice.
EXTRA_SECONDS = 5.0

_begun = threading.Event()
_events: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = WeakKeyDictionary()


def is_shutting_down() -> bool:
    """Return whether this process has been told to stop."""
    return _begun.is_set()


async def wait_for_shutdown() -> None:
    """Wait until this process is told to stop; endless streams end themselves by it."""
    loop = asyncio.get_running_loop()
    event = _events.get(loop)
    if event is None:
        event = _events[loop] = asyncio.Event()
        if _begun.is_set():
            event.set()
    await event.wait()


def begin_shutdown(grace: float) -> None:
    """Tell everybody, and end the process when the time is up whatever still runs.

    Side effects: starts a thread that ends the process `grace` seconds and a little later.
    """
    if _begun.is_set():
        return
    _begun.set()
    for loop, event in list(_events.items()):
        if not loop.is_closed():
            loop.call_soon_threadsafe(event.set)
    threading.Thread(
        target=_end_process, args=(grace + EXTRA_SECONDS,), name="fastjango-shutdown", daemon=True
    ).start()


def _end_process(seconds: float) -> None:
    time.sleep(seconds)
    logger.error(
        "Something still runs %.0f s after the signal to stop; leaving it behind.", seconds
    )
    logging.shutdown()
    os._exit(0)


def install(grace: float) -> None:
    """Put `begin_shutdown` before the present handlers of SIGTERM and SIGINT.

    Only the main thread can; in another one nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        previous = signal.getsignal(number)

        def handle(signum: int, frame: FrameType | None, previous: object = previous) -> None:
            begin_shutdown(grace)
            if callable(previous):
                previous(signum, frame)

        signal.signal(number, handle)
