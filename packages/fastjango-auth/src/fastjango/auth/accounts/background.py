"""Work that goes on after the response, so that its duration tells a client nothing."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any, Final

from fastjango.auth._edges import Steps, arun, run
from fastjango.auth.exceptions import AuthError

__all__ = ["TooBusyError", "abegin", "asettle", "begin", "settle"]

logger = logging.getLogger("fastjango.auth.accounts")

LONGEST: Final = 30.0  # seconds that the end of the process waits
MOST: Final = 1000  # pieces of work at once; more are refused

_tasks: Final[set[asyncio.Task[None]]] = set()
_threads: Final[set[threading.Thread]] = set()


class TooBusyError(AuthError):
    """There is more work than can be done; the site answers 503."""

    http_status = 503


def _limit() -> None:
    if len(_tasks) + len(_threads) >= MOST:
        raise TooBusyError(
            f"{MOST} sign-ups and messages are waiting already. The mail server may be slow; see "
            "EMAIL_TIMEOUT."
        )


def begin(plan: Steps[None]) -> None:
    """Do something in a thread of its own; errors are logged.

    Raises:
        TooBusyError: There is too much to do already.
    """
    _limit()

    def work() -> None:
        try:
            run(plan)
        except Exception:
            logger.exception("Work of an account flow failed after its response.")
        finally:
            _close_connections()
            _threads.discard(threading.current_thread())

    thread = threading.Thread(target=work, name="fastjango-accounts")
    _threads.add(thread)
    thread.start()


def _close_connections() -> None:
    from fastjango.orm import connections

    connections.close_all()


async def abegin(plan: Steps[None]) -> None:
    """Do what `begin()` does, in a task of the event loop."""
    _limit()

    async def work() -> None:
        try:
            await arun(plan)
        except Exception:
            logger.exception("Work of an account flow failed after its response.")

    task = asyncio.get_running_loop().create_task(work())
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)


def settle() -> None:
    """Wait for what threads do, at most `LONGEST` seconds each."""
    for thread in list(_threads):
        thread.join(LONGEST)


async def asettle() -> None:
    """Wait for what tasks of this loop do, at most `LONGEST` seconds."""
    loop: Any = asyncio.get_running_loop()
    own = [task for task in _tasks if task.get_loop() is loop]
    if own:
        await asyncio.wait(own, timeout=LONGEST)
