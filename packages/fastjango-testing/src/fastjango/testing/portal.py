"""Async code run from sync tests: one event loop in a thread of its own.

While a test waits for the loop, sync code that the loop asks for (sync views, receivers of
signals) runs in the test's thread, where the test's database connections are.
"""

import asyncio
import contextvars
import threading
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, TypeVar

from fastjango.core.aio import finishing, loop_runner, thread_runner

__all__ = ["Portal", "portal"]

T = TypeVar("T")
Job = Callable[[], None]
Runner = Callable[[Callable[[], Any]], Awaitable[Any]]
Exit = SystemExit | KeyboardInterrupt


async def _without_exit(coroutine: Coroutine[Any, Any, T]) -> tuple[T | None, Exit | None]:
    """Await a coroutine; what would end the loop with the task is returned beside the result."""
    try:
        return await coroutine, None
    except (SystemExit, KeyboardInterrupt) as error:
        return None, error


def _adopt(context: contextvars.Context) -> None:
    """Take over the variables that were set in another context."""
    missing = object()
    for variable, value in context.items():
        if variable.get(missing) is not value:
            variable.set(value)


class _Loan:
    """The thread of somebody who waits: what it is to do meanwhile, until `None`.

    Only the loop's thread gives jobs and ends the loan, so that no job comes after its end.
    """

    def __init__(self, before: Runner | None) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        self.before: Runner | None = before  # what ran sync code outside of this loan
        self.over: bool = False

    def end(self) -> None:
        """Let the thread go."""
        self.over = True
        self.jobs.put(None)


class Portal:
    """An event loop in a thread; `run` waits for a coroutine and lends its own thread meanwhile."""

    def __init__(self) -> None:
        self.loop: asyncio.AbstractEventLoop = asyncio.new_event_loop()
        self.thread: threading.Thread = threading.Thread(
            target=self._serve, name="fastjango-tests", daemon=True
        )
        self.thread.start()

    def _serve(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop and return its result.

        Context variables go there and come back. Sync code that `run_in_thread` is asked for
        runs here, in the calling thread; it may in turn wait for a coroutine by `loop_runner`.
        Of tasks that outlive the coroutine it runs in worker threads from then on.
        """
        if threading.current_thread() is self.thread:
            coroutine.close()
            raise RuntimeError(
                "A sync test client was used on the event loop of the tests. In async tests, use "
                "AsyncClient: `await self.async_client.get(...)`."
            )
        context = contextvars.copy_context()
        runners = thread_runner.get(), loop_runner.get()
        loan = _Loan(runners[0])
        context.run(thread_runner.set, partial(self._lend, loan))
        context.run(loop_runner.set, self.run)
        done: Future[T] = Future()
        tasks: list[asyncio.Task[Any]] = []

        def start() -> None:
            task = self.loop.create_task(_without_exit(coroutine), context=context)
            tasks.append(task)
            task.add_done_callback(lambda finished: self._finish(finished, done, loan))

        self.loop.call_soon_threadsafe(start)
        try:
            while (job := loan.jobs.get()) is not None:
                job()
        except BaseException:
            self.loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
            raise
        context.run(thread_runner.set, runners[0])
        context.run(loop_runner.set, runners[1])
        _adopt(context)
        return done.result()

    @staticmethod
    def _finish(
        task: "asyncio.Task[tuple[Any, Exit | None]]",
        done: "Future[Any]",
        loan: _Loan,
    ) -> None:
        if task.cancelled():
            done.set_exception(asyncio.CancelledError())
        elif (error := task.exception()) is not None:
            done.set_exception(error)
        else:
            result, leaving = task.result()
            if leaving is None:
                done.set_result(result)
            else:
                done.set_exception(leaving)
        loan.end()

    async def _lend(self, loan: _Loan, function: Callable[[], Any]) -> Any:
        """Run sync code in the thread that waits in `run`; context variables come back."""
        if loan.over:
            if loan.before is not None:
                return await loan.before(function)
            return await asyncio.to_thread(finishing(function))
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Any] = loop.create_future()
        context = contextvars.copy_context()

        def settle(result: Any, error: BaseException | None) -> None:
            if answer.cancelled():
                return
            if error is None:
                answer.set_result(result)
            elif isinstance(error, StopIteration):
                answer.set_exception(RuntimeError("sync code raised StopIteration"))
            else:
                answer.set_exception(error)

        def job() -> None:
            try:
                result, error = context.run(function), None
            except Exception as raised:
                result, error = None, raised
            loop.call_soon_threadsafe(settle, result, error)

        loan.jobs.put(job)
        result = await answer
        _adopt(context)
        return result


_portals: Final[list[Portal]] = []
_lock: Final = threading.Lock()


def portal() -> Portal:
    """Return the event loop of the tests of this process, started at the first call."""
    with _lock:
        if not _portals or not _portals[0].thread.is_alive():
            _portals[:] = [Portal()]  # a forked child has no such thread
        return _portals[0]
