"""The event loop of the tests."""

import asyncio
import concurrent.futures
import contextvars
import threading
from typing import Any

import pytest
from fastjango.core.aio import is_thread_work, loop_runner, thread_runner
from fastjango.testing.portal import Portal, portal

marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker", default="unset")


async def lend(function: Any) -> Any:
    runner = thread_runner.get()
    assert runner is not None
    return await runner(function)


def test_one_loop_for_all_tests() -> None:
    async def loop() -> Any:
        return asyncio.get_running_loop()

    assert portal() is portal()
    assert portal().run(loop()) is portal().run(loop())


def test_a_dead_thread_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    first = portal()
    monkeypatch.setattr(first.thread, "is_alive", lambda: False)
    assert portal() is not first


def test_sync_code_runs_in_the_waiting_thread() -> None:
    assert portal().run(lend(threading.current_thread)) is threading.current_thread()


def test_errors_come_through() -> None:
    async def fail() -> None:
        raise ValueError("async")

    def fail_sync() -> None:
        raise KeyError("sync")

    def stop() -> None:
        raise StopIteration

    with pytest.raises(ValueError, match="async"):
        portal().run(fail())
    with pytest.raises(KeyError, match="sync"):
        portal().run(lend(fail_sync))
    with pytest.raises(RuntimeError, match="StopIteration"):
        portal().run(lend(stop))


def test_context_variables_go_there_and_back() -> None:
    async def work() -> None:
        assert marker.get() == "before"
        await lend(lambda: marker.set("in sync code"))
        assert marker.get() == "in sync code"
        marker.set("after")

    marker.set("before")
    portal().run(work())
    assert marker.get() == "after"
    assert thread_runner.get() is None


def test_cancellation() -> None:
    async def cancel() -> None:
        raise asyncio.CancelledError

    with pytest.raises((asyncio.CancelledError, concurrent.futures.CancelledError)):
        portal().run(cancel())


def test_interrupted_waits_cancel_the_coroutine() -> None:
    cancelled = threading.Event()

    async def wait() -> None:
        def interrupt() -> None:
            raise KeyboardInterrupt

        try:
            await lend(interrupt)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(KeyboardInterrupt):
        portal().run(wait())
    assert cancelled.wait(5)


@pytest.mark.parametrize("error", [SystemExit(3), KeyboardInterrupt()])
def test_exits_reach_the_caller_and_leave_the_loop_alone(error: BaseException) -> None:
    async def leave() -> None:
        raise error

    async def answer() -> int:
        return 42

    loops = portal()
    with pytest.raises(type(error)):
        loops.run(leave())
    assert loops.run(answer()) == 42
    assert portal() is loops


def test_own_portals() -> None:
    async def name() -> str:
        return threading.current_thread().name

    mine = Portal()
    assert mine.run(name()) == "fastjango-tests"
    mine.loop.call_soon_threadsafe(mine.loop.stop)
    mine.thread.join(5)
    mine.loop.close()


def test_sync_code_may_wait_for_the_loop_in_turn() -> None:
    threads: list[threading.Thread] = []

    async def innermost() -> str:
        threads.append(await lend(threading.current_thread))
        marker.set("inside")
        return "done"

    def between() -> str:
        runner = loop_runner.get()
        assert runner is not None
        result: str = runner(innermost())
        assert marker.get() == "inside"
        return result

    async def outermost() -> str:
        result: str = await lend(between)
        # What lends the thread is as it was.
        threads.append(await lend(threading.current_thread))
        return result

    assert portal().run(outermost()) == "done"
    assert threads == [threading.current_thread()] * 2
    assert loop_runner.get() is None
    assert thread_runner.get() is None


def test_tasks_that_outlive_their_request_use_a_worker_thread() -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def later(gone: asyncio.Event) -> tuple[threading.Thread, bool]:
        await gone.wait()
        return await lend(lambda: (threading.current_thread(), is_thread_work()))

    async def request() -> asyncio.Event:
        gone = asyncio.Event()
        tasks.append(asyncio.create_task(later(gone)))
        return gone

    async def wait(gone: asyncio.Event) -> Any:
        gone.set()
        return await asyncio.wait_for(tasks[0], 30)

    thread, is_work = portal().run(wait(portal().run(request())))
    assert thread not in (threading.current_thread(), portal().thread)
    assert is_work


def test_tasks_that_outlive_an_inner_call_use_the_thread_that_still_waits() -> None:
    tasks: list[asyncio.Task[Any]] = []

    async def later(gone: asyncio.Event) -> threading.Thread:
        await gone.wait()
        thread: threading.Thread = await lend(threading.current_thread)
        return thread

    async def inner() -> asyncio.Event:
        gone = asyncio.Event()
        tasks.append(asyncio.create_task(later(gone)))
        return gone

    def between() -> asyncio.Event:
        runner = loop_runner.get()
        assert runner is not None
        gone: asyncio.Event = runner(inner())
        return gone

    async def outer() -> threading.Thread:
        gone = await lend(between)
        gone.set()
        return await asyncio.wait_for(tasks[0], 30)

    assert portal().run(outer()) is threading.current_thread()
