"""The guard against blocking calls on a loop."""

import pytest
from fastjango.core.aio import async_unsafe, finishing, is_loop_running, is_thread_work
from fastjango.core.exceptions import SynchronousOnlyOperation


@async_unsafe
def plain(value):
    return value


@async_unsafe("Not here.")
def worded():
    return 1


class Books:
    @async_unsafe(twin="books.aget")
    def get(self, key):
        return key


def test_without_a_loop_they_run():
    assert not is_loop_running()
    assert (plain(1), worded(), Books().get("k")) == (1, 1, "k")


async def test_on_a_loop_they_refuse(monkeypatch):
    monkeypatch.delenv("FASTJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    monkeypatch.delenv("DJANGO_ALLOW_ASYNC_UNSAFE", raising=False)
    assert is_loop_running()
    with pytest.raises(
        SynchronousOnlyOperation, match="You cannot call this from an async context"
    ):
        plain(1)
    with pytest.raises(SynchronousOnlyOperation, match=r"^Not here\.$"):
        worded()
    with pytest.raises(SynchronousOnlyOperation) as caught:
        Books().get("k")
    assert str(caught.value) == (
        "Books.get() would block the event loop. Use `await books.aget()` instead."
    )
    monkeypatch.setenv("FASTJANGO_ALLOW_ASYNC_UNSAFE", "1")
    assert plain(2) == 2


def test_worker_threads_know_that_they_work_for_a_request():
    assert not is_thread_work()
    assert finishing(is_thread_work)()
    assert finishing(lambda: (finishing(is_thread_work)(), is_thread_work()))() == (True, True)
    with pytest.raises(ZeroDivisionError):
        finishing(lambda: 1 / 0)()
    assert not is_thread_work()
