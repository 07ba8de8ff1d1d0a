"""A cache in a folder, one file for each value."""

from __future__ import annotations

import glob
import os
import pickle
import random
import tempfile
import time
import zlib
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from hashlib import md5
from pathlib import Path
from typing import IO, Any

from fastjango.cache.backends.base import DEFAULT_TIMEOUT, BaseCache, options_of
from fastjango.cache.serializers import PickleSerializer, Serializer, load_serializer
from fastjango.core.aio import guard_sync

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such locks
    fcntl = None  # type: ignore[assignment]

__all__ = ["FileBasedCache"]

_BLOCKS = "The file cache would block the event loop. Use the asynchronous method, such as aget()."


class FileBasedCache(BaseCache):
    """Keeps each value in a file, in Django's format.

    Files have no asynchronous interface: the twins work in a thread. A folder that others can
    write to is a way to run code in this process, as values are pickles.

    Args:
        dir: The folder; it is made, for its owner alone, when it is not there.
        params: The entry of `CACHES`.
    """

    cache_suffix = ".djcache"

    def __init__(self, dir: Any, params: Mapping[str, Any]) -> None:
        super().__init__(params)
        options = options_of(params)
        self._serializer: Serializer = load_serializer(
            options.get("serializer"), PickleSerializer()
        )
        self._dir = str(Path(dir).absolute())
        self._createdir()

    # --- values -------------------------------------------------------------------------

    def add(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value unless there is one; of several callers at once, one stores it."""
        guard_sync(_BLOCKS)
        self._createdir()
        path = self._key_to_file(key, version)
        if self._live(path):
            return False
        self._cull()
        temporary = self._written(value, timeout)
        try:
            os.link(temporary, path)  # fails where somebody else was faster
        except FileExistsError:
            return False
        finally:
            Path(temporary).unlink()
        return True

    def get(self, key: Any, default: Any = None, version: Any = None) -> Any:
        """Return a value, or `default`."""
        guard_sync(_BLOCKS)
        try:
            with open(self._key_to_file(key, version), "rb") as file:  # noqa: PTH123 - hot
                if not self._is_expired(file):
                    return self._serializer.loads(zlib.decompress(file.read()))
        except FileNotFoundError:
            pass
        return default

    def set(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> None:
        """Store a value."""
        guard_sync(_BLOCKS)
        self._createdir()  # somebody may have deleted it
        path = self._key_to_file(key, version)
        self._cull()
        temporary = self._written(value, timeout)
        with self._held(path) as file:
            _close_on_windows(file)
            self._put(temporary, path)

    def replace(
        self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None
    ) -> bool:
        """Store a value if there is one already; tell whether there was."""
        guard_sync(_BLOCKS)
        path = self._key_to_file(key, version)
        return self._rewrite(path, timeout, [value])

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: Any = None) -> bool:
        """Give a value a new timeout; tell whether there is one."""
        guard_sync(_BLOCKS)
        return self._rewrite(self._key_to_file(key, version), timeout, [])

    def delete(self, key: Any, version: Any = None) -> bool:
        """Forget a value; tell whether there was one."""
        guard_sync(_BLOCKS)
        return self._delete(self._key_to_file(key, version))

    def has_key(self, key: Any, version: Any = None) -> bool:
        """Tell whether there is a value."""
        guard_sync(_BLOCKS)
        return self._live(self._key_to_file(key, version))

    def clear(self) -> None:
        """Delete the files of all values."""
        guard_sync(_BLOCKS)
        for path in self._list_cache_files():
            self._delete(path)

    # --- files --------------------------------------------------------------------------

    def _key_to_file(self, key: Any, version: Any = None) -> str:
        made = self.make_and_validate_key(key, version=version)
        name = md5(made.encode(), usedforsecurity=False).hexdigest()
        return os.path.join(self._dir, name + self.cache_suffix)  # noqa: PTH118 - hot

    def _createdir(self) -> None:
        # mkdir() gives the mode to the last folder only, so each is made by itself.
        folder = Path(self._dir)
        for one in [*reversed(folder.parents), folder]:
            if not one.is_dir():
                one.mkdir(mode=0o700, exist_ok=True)

    def _write_content(self, file: IO[bytes], timeout: Any, value: Any) -> None:
        end = self.get_backend_timeout(timeout)
        file.write(pickle.dumps(end, pickle.HIGHEST_PROTOCOL))
        file.write(zlib.compress(self._serializer.dumps(value)))

    def _written(self, value: Any, timeout: Any) -> str:
        """Write a file and return its path; putting it in its place is one step then."""
        descriptor, path = tempfile.mkstemp(dir=self._dir)
        try:
            with os.fdopen(descriptor, "wb") as file:
                self._write_content(file, timeout, value)
        except BaseException:
            Path(path).unlink()
            raise
        return path

    def _put(self, temporary: str, path: str) -> None:
        """Move a written file to its place: who reads finds the old value or the new one, whole."""
        try:
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @contextmanager
    def _held(self, path: str) -> Generator[IO[bytes] | None]:
        """Keep others from replacing or deleting the file of a value; `None` if there is none."""
        while True:
            try:
                file = open(path, "rb")  # noqa: PTH123, SIM115 - closed below; hot
            except FileNotFoundError:
                yield None
                return
            with file:
                if fcntl is not None:  # pragma: no branch - Windows
                    fcntl.flock(file, fcntl.LOCK_EX)  # closing the file gives it back
                if _is_at(file, path):  # while this waited, another may have come in its place
                    yield file
                    return

    def _rewrite(self, path: str, timeout: Any, new: list[Any]) -> bool:
        """Write a value that is there again, or the first of `new` in its place."""
        with self._held(path) as file:
            if file is None or self._is_expired(file):
                return False
            value = new[0] if new else self._serializer.loads(zlib.decompress(file.read()))
            _close_on_windows(file)
            self._put(self._written(value, timeout), path)
            return True

    def _live(self, path: str) -> bool:
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - hot
                return not self._is_expired(file)
        except FileNotFoundError:
            return False

    def _is_expired(self, file: IO[bytes]) -> bool:
        """Read the end of a value, and delete its file if that is past."""
        try:
            end = pickle.load(file)
        except EOFError:
            end = 0  # an empty file is none
        if end is not None and end < time.time():
            file.close()  # Windows deletes closed files only
            self._delete(file.name)
            return True
        return False

    def _delete(self, path: str) -> bool:
        if not path.startswith(self._dir):
            return False
        with self._held(path) as file, suppress(FileNotFoundError):
            _close_on_windows(file)
            Path(path).unlink()
            return True
        return False

    def _cull(self) -> None:
        """Make room: of a full cache, one in `CULL_FREQUENCY` values goes, by chance."""
        paths = self._list_cache_files()
        if len(paths) < self._max_entries:
            return
        if self._cull_frequency == 0:
            self.clear()
            return
        for path in random.sample(paths, int(len(paths) / self._cull_frequency)):
            self._delete(path)

    def _list_cache_files(self) -> list[str]:
        names = glob.glob(f"*{self.cache_suffix}", root_dir=self._dir)  # noqa: PTH207 - names only
        return [os.path.join(self._dir, name) for name in names]  # noqa: PTH118


def _close_on_windows(file: IO[bytes] | None) -> None:
    """Close a held file where open ones cannot be replaced or deleted."""
    if file is not None and fcntl is None:  # pragma: no cover - Windows
        file.close()


def _is_at(file: IO[bytes], path: str) -> bool:
    """Whether an open file is the one that a path names now."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))  # noqa: PTH116 - hot
    except FileNotFoundError:
        return False
