"""Request bodies that behave as those from a network."""

from io import BytesIO, IOBase
from typing import Any

from fastjango.values.encoding import force_bytes

__all__ = ["FakePayload"]


class FakePayload(IOBase):
    """A body that can be read once, and only as far as it goes.

    Views cannot do with it what they could not do with a real request.
    """

    def __init__(self, initial_bytes: Any = None) -> None:
        self._content: BytesIO = BytesIO()
        self._left: int = 0
        self.read_started: bool = False
        if initial_bytes is not None:
            self.write(initial_bytes)

    def __len__(self) -> int:
        return self._left

    def _begin(self, size: int | None) -> int:
        if not self.read_started:
            self._content.seek(0)
            self.read_started = True
        if size is None or size == -1:
            return self._left
        if size > self._left:
            raise AssertionError(
                "Cannot read more than the available bytes from the HTTP incoming data."
            )
        return size

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, all that are left by default.

        Raises:
            AssertionError: There are fewer than asked for.
        """
        data = self._content.read(self._begin(size))
        self._left -= len(data)
        return data

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line.

        Raises:
            AssertionError: There are fewer bytes than asked for.
        """
        data = self._content.readline(self._begin(size))
        self._left -= len(data)
        return data

    def write(self, b: Any, /) -> None:
        """Add to the body.

        Raises:
            ValueError: It is being read already.
        """
        if self.read_started:
            raise ValueError("Unable to write a payload after it's been read")
        data = force_bytes(b)
        self._content.write(data)
        self._left += len(data)
