"""Async receivers, async sending, and the border between both."""

import asyncio
import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastjango.core.aio import thread_runner
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.signals import Signal

marker: contextvars.ContextVar[str] = contextvars.ContextVar("marker", default="unset")


async def later(**kwargs: Any) -> str:
    await asyncio.sleep(0)
    return "later"


async def broken(**kwargs: Any) -> None:
    raise ValueError("it broke")


def at_once(**kwargs: Any) -> int:
    return threading.get_ident()


@pytest.fixture
def signal() -> Signal:
    return Signal()


async def test_asend_calls_sync_receivers_in_a_thread(signal: Signal) -> None:
    signal.connect(at_once)
    signal.connect(later)
    (first, ident), second = await signal.asend(None)
    assert first is at_once
    assert ident != threading.get_ident()
    assert second == (later, "later")


async def test_inline_receivers_stay_on_the_loop(signal: Signal) -> None:
    signal.connect(at_once, inline=True)
    assert await signal.asend(None) == [(at_once, threading.get_ident())]


async def test_order_is_kept_between_threads_and_loop(signal: Signal) -> None:
    seen: list[int] = []
    for number in range(6):

        def take(number: int = number, **kwargs: Any) -> None:
            seen.append(number)

        signal.connect(take, weak=False, inline=number % 2 == 0)
    await signal.asend(None)
    assert seen == list(range(6))


async def test_async_receivers_run_at_the_same_time(signal: Signal) -> None:
    # blinker awaits them one after the other
    barrier = asyncio.Barrier(3)

    def waiting() -> Any:
        async def wait(**kwargs: Any) -> int:
            return await barrier.wait()

        return wait

    for _ in range(3):
        signal.connect(waiting(), weak=False)
    responses = await asyncio.wait_for(signal.asend(None), 5)
    assert sorted(value for _, value in responses) == [0, 1, 2]


async def test_nobody_connected(signal: Signal) -> None:
    assert await signal.asend(None) == []
    assert await signal.asend_robust(None) == []
    signal.connect(later, sender=signal)
    assert await signal.asend(None) == []


async def test_a_lone_error_is_raised_as_it_is(signal: Signal) -> None:
    signal.connect(broken)
    with pytest.raises(ValueError, match="it broke"):
        await signal.asend(None)
    signal.connect(later)
    with pytest.raises(ValueError, match="it broke"):
        await signal.asend(None)


async def test_several_errors_come_as_a_group(signal: Signal) -> None:
    async def broken_too(**kwargs: Any) -> None:
        await asyncio.sleep(0)
        raise KeyError("too")

    async def also(**kwargs: Any) -> None:
        try:
            await asyncio.sleep(5)
        finally:
            raise TypeError("also")

    signal.connect(broken)
    signal.connect(also)
    with pytest.raises(BaseExceptionGroup) as caught:
        await signal.asend(None)
    assert {type(error) for error in caught.value.exceptions} == {ValueError, TypeError}


async def test_sync_errors_are_raised_too(signal: Signal) -> None:
    def fail(**kwargs: Any) -> None:
        raise KeyError("sync")

    signal.connect(fail)
    with pytest.raises(KeyError):
        await signal.asend(None)


async def test_asend_robust(signal: Signal, caplog: pytest.LogCaptureFixture) -> None:
    def fail(**kwargs: Any) -> None:
        raise KeyError("sync")

    signal.connect(fail)
    signal.connect(broken)
    signal.connect(later)
    (_, first), (_, second), third = await signal.asend_robust(None)
    assert isinstance(first, KeyError)
    assert isinstance(second, ValueError)
    assert third == (later, "later")
    assert "Error calling broken in Signal.send_robust() (it broke)" in caplog.messages


async def test_context_variables_come_back(signal: Signal) -> None:
    def set_it(**kwargs: Any) -> None:
        assert marker.get() == "before"
        marker.set("thread")

    signal.connect(set_it)
    marker.set("before")
    await signal.asend(None)
    assert marker.get() == "thread"

    async def first(**kwargs: Any) -> None:
        marker.set("task")

    signal.connect(first)
    signal.connect(later)
    signal.disconnect(set_it)
    await signal.asend(None)
    assert marker.get() == "task"


async def test_thread_runner_takes_the_place_of_threads(signal: Signal) -> None:
    calls: list[Any] = []

    async def runner(function: Any) -> Any:
        calls.append(function)
        return function()

    signal.connect(at_once)
    token = thread_runner.set(runner)
    try:
        assert await signal.asend(None) == [(at_once, threading.get_ident())]
    finally:
        thread_runner.reset(token)
    assert len(calls) == 1


def test_send_runs_async_receivers_to_their_end(signal: Signal) -> None:
    signal.connect(at_once)
    signal.connect(later)
    assert signal.send(None) == [(at_once, threading.get_ident()), (later, "later")]


def test_send_robust_runs_async_receivers(signal: Signal) -> None:
    signal.connect(later)
    signal.connect(broken)
    first, (_, error) = signal.send_robust(None)
    assert first == (later, "later")
    assert isinstance(error, ValueError)


def test_send_brings_context_variables_back(signal: Signal) -> None:
    async def set_it(**kwargs: Any) -> None:
        marker.set("async")

    signal.connect(set_it)
    signal.send(None)
    assert marker.get() == "async"


async def test_send_refuses_to_block_a_loop(signal: Signal) -> None:
    signal.connect(later)
    with pytest.raises(SynchronousOnlyOperation, match=r"Use `await signal\.asend\(\)`"):
        signal.send(None)
    with pytest.raises(SynchronousOnlyOperation):
        signal.send_robust(None)


async def test_send_of_sync_receivers_is_fine_on_a_loop(signal: Signal) -> None:
    signal.connect(at_once)
    assert signal.send(None) == [(at_once, threading.get_ident())]


async def test_send_in_a_worker_thread_uses_the_loop_it_belongs_to(signal: Signal) -> None:
    anyio = pytest.importorskip("anyio")
    loops: list[Any] = []

    async def where(**kwargs: Any) -> None:
        loops.append(asyncio.get_running_loop())

    signal.connect(where)
    await anyio.to_thread.run_sync(signal.send, None)
    assert loops == [asyncio.get_running_loop()]


async def test_send_in_another_thread_has_a_loop_of_its_own(signal: Signal) -> None:
    pytest.importorskip("anyio.from_thread")
    signal.connect(later)
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(signal.send, None).result() == [(later, "later")]


async def test_errors_in_a_worker_thread_come_through(signal: Signal) -> None:
    anyio = pytest.importorskip("anyio")

    async def loses(**kwargs: Any) -> None:
        raise RuntimeError("of its own")

    signal.connect(loses)
    with pytest.raises(RuntimeError, match="of its own"):
        await anyio.to_thread.run_sync(signal.send, None)
