"""Request bodies: reading them off the wire once, and offering them as file and as bytes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, ClassVar, NoReturn

import anyio.to_thread
from fastjango.core.exceptions import RequestAborted, SynchronousOnlyOperation
from starlette.types import Receive

__all__ = ["LimitedStream", "PendingBody", "RequestBody", "read_body"]


class RequestBody(bytes):
    """The bytes of a body; calling it, as Starlette's `await request.body()` does, awaits them."""

    async def __call__(self) -> bytes:
        return self


Refusal = Callable[..., NoReturn]


class PendingBody:
    """A body that has not been read yet: await it by calling it, or load the request first."""

    def __init__(self, load: Callable[[], Awaitable[bytes]]) -> None:
        self._load = load

    def __call__(self) -> Awaitable[bytes]:
        """Return an awaitable of the bytes."""
        return self._load()

    def _refuse(self, *args: object) -> NoReturn:
        raise SynchronousOnlyOperation(
            "The body of this request has not been read yet. Write `await request.body()`, or "
            "`await request.aload()` before using `request.body`, `POST` or `FILES`."
        )

    __bytes__: Refusal = _refuse
    __len__: Refusal = _refuse
    __iter__: Refusal = _refuse
    __getitem__: Refusal = _refuse
    __contains__: Refusal = _refuse
    __bool__: Refusal = _refuse
    __add__: Refusal = _refuse
    __radd__: Refusal = _refuse
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # nothing to hash before it is read

    def __eq__(self, other: object) -> NoReturn:
        self._refuse()

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        self._refuse()


class NoBody:
    """An awaitable that is done already; what `HttpRequest.close()` returns without a form."""

    def __init__(self, finish: Callable[[], Awaitable[None]] | None = None) -> None:
        self._finish = finish

    def __await__(self) -> Generator[Any, None, None]:
        if self._finish is not None:
            yield from self._finish().__await__()


async def read_body(receive: Receive, max_memory: int) -> IO[bytes]:
    """Read a whole body into a file object.

    Args:
        receive: The ASGI channel.
        max_memory: Bytes to keep in memory; a larger body goes to a temporary file, written in a
            thread.

    Returns:
        The file, at its start.

    Raises:
        RequestAborted: The client went away.
    """
    message = await receive()
    if message["type"] == "http.disconnect":
        raise RequestAborted
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False):
        return BytesIO(body)
    spool: SpooledTemporaryFile[bytes] = SpooledTemporaryFile(  # noqa: SIM115 - the request closes it
        max_size=max_memory, mode="w+b"
    )
    size = 0
    try:
        while True:
            size += len(body)
            if size > max_memory:
                await anyio.to_thread.run_sync(spool.write, body)
            else:
                spool.write(body)
            if not message.get("more_body", False):
                break
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestAborted
            body = message.get("body", b"")
    except BaseException:
        spool.close()
        raise
    spool.seek(0)
    return spool


class LimitedStream:
    """A stream that ends after a number of bytes, whatever is behind it."""

    def __init__(self, stream: Any, limit: int) -> None:
        self._read = stream.read
        self._readline = stream.readline
        self._position = 0
        self.limit = limit
        self.closed: bool = False

    def _allowed(self, size: int | None) -> int:
        left = max(0, self.limit - self._position)
        return left if size is None or size < 0 else min(size, left)

    def read(self, size: int | None = -1, /) -> bytes:
        """Return up to `size` bytes, all that is left by default."""
        allowed = self._allowed(size)
        data: bytes = self._read(allowed) if allowed else b""
        self._position += len(data)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return one line, cut at `size` bytes."""
        allowed = self._allowed(size)
        line: bytes = self._readline(allowed) if allowed else b""
        self._position += len(line)
        return line

    def seekable(self) -> bool:
        """Return `False`."""
        return False

    def close(self) -> None:
        """Mark the stream closed; the server owns what is behind it."""
        self.closed = True
