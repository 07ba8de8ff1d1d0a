"""Sessions in files, one for each."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import repeat
from pathlib import Path
from typing import Any

from fastjango.core import settings
from fastjango.core.exceptions import ImproperlyConfigured, SuspiciousOperation
from fastjango.http.aio import run_in_thread
from fastjango.sessions.backends.base import (
    EXPIRY_KEY,
    VALID_KEY_CHARS,
    CreateError,
    SessionBase,
    StoredSession,
    UpdateError,
)
from fastjango.sessions.exceptions import InvalidSessionKey

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no such locks; there the last writer wins
    fcntl = None  # type: ignore[assignment]

__all__ = ["SessionStore"]

_ALLOWED = frozenset(VALID_KEY_CHARS)


@contextmanager
def _locked(path: str) -> Generator[None]:
    """Hold the lock of the file that is at `path` now.

    Raises:
        FileNotFoundError: There is none.
    """
    while True:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            if fcntl is not None:  # pragma: no branch - Windows
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            # While this waited, the file may have been replaced or deleted.
            if not os.path.samestat(os.fstat(descriptor), os.stat(path)):  # noqa: PTH116
                continue
            yield
            return
        finally:
            os.close(descriptor)


class SessionStore(SessionBase):
    """Keeps each session in a file of `SESSION_FILE_PATH`, the temporary folder by default.

    Files have no asynchronous interface: the twins work in a thread.
    """

    _storage_path: str

    def __init__(self, session_key: str | None = None) -> None:
        self.storage_path = self._get_storage_path()
        self.file_prefix: str = settings.SESSION_COOKIE_NAME
        super().__init__(session_key)

    @classmethod
    def _get_storage_path(cls) -> str:
        """Return the folder.

        Raises:
            ImproperlyConfigured: It does not exist.
        """
        path = str(settings.SESSION_FILE_PATH or tempfile.gettempdir())
        if cls.__dict__.get("_storage_path") != path:
            if not Path(path).is_dir():
                raise ImproperlyConfigured(
                    f"The session storage path {path!r} doesn't exist. Please set your "
                    "SESSION_FILE_PATH setting to an existing directory in which Django can "
                    "store session data."
                )
            cls._storage_path = path
        return path

    def _key_to_file(self, session_key: str | None = None) -> str:
        """Return the path of a session's file.

        Raises:
            InvalidSessionKey: The key has characters that would lead elsewhere.
        """
        key = self._get_or_create_session_key() if session_key is None else session_key
        if not _ALLOWED.issuperset(key):
            raise InvalidSessionKey("Invalid characters in session key")
        return os.path.join(self.storage_path, self.file_prefix + key)  # noqa: PTH118

    def _last_modification(self) -> datetime:
        changed = Path(self._key_to_file()).stat().st_mtime
        return datetime.fromtimestamp(changed, tz=UTC if settings.USE_TZ else None)

    def _expiry_date(self, session_data: dict[str, Any]) -> Any:
        own = session_data.get(EXPIRY_KEY)
        if own and not isinstance(own, (int, float)):
            return own
        seconds = own or self.get_session_cookie_age()
        return self._last_modification() + timedelta(seconds=seconds)

    # --- reading ------------------------------------------------------------------------

    def load(self) -> dict[str, Any]:
        """Read the content; without a valid file the session begins anew."""
        return self._load(self.create)

    def _load(self, replace: Any) -> dict[str, Any]:
        try:
            text = Path(self._key_to_file()).read_text(encoding="ascii")
            if not text:
                return {}  # the placeholder of a session that is being saved
            content = self.decode(text)
            if self.get_expiry_age(expiry=self._expiry_date(content)) <= 0:
                self.delete()
                replace()
                return {}
        except (OSError, SuspiciousOperation, UnicodeDecodeError):
            self._session_key = None
            return {}
        return content

    async def aload(self) -> dict[str, Any]:
        """Asynchronous twin of `load`, in a thread."""
        return await run_in_thread(self.load)

    def exists(self, session_key: str) -> bool:
        """Tell whether there is a file of this key."""
        return Path(self._key_to_file(session_key)).exists()

    # --- writing ------------------------------------------------------------------------

    def create(self) -> None:
        """Begin a session with a key that no other has, and save it at once."""
        self._save_anew(repeat(None))

    def save(self, must_create: bool = False) -> None:
        """Write the content.

        Raises:
            CreateError: There is a file of this key, and `must_create`.
            UpdateError: There is none, and not `must_create`.
        """
        if self.session_key is None:
            self.create()
            return
        data = self._get_session(no_load=must_create)
        path = self._key_to_file()
        if must_create:
            try:
                os.close(os.open(path, os.O_WRONLY | os.O_EXCL | os.O_CREAT, 0o600))
            except FileExistsError:
                raise CreateError from None
        try:
            # Under the lock nobody deletes the file between the look and the replacement.
            with _locked(path):
                self._replace(path, self.encode(data).encode())
        except FileNotFoundError:
            raise UpdateError from None

    @staticmethod
    def _replace(path: str, content: bytes) -> None:
        """Put a new file in the place of the old one at once: readers see one or the other."""
        folder, name = os.path.split(path)
        descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=name + "_out_")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
            Path(temporary).replace(path)
        except BaseException:
            with suppress(OSError):
                Path(temporary).unlink()
            raise

    def delete(self, session_key: str | None = None) -> None:
        """Delete a file, that of this session unless a key is given."""
        key = session_key or self.session_key
        if key is None:
            return
        path = self._key_to_file(key)
        with suppress(OSError), _locked(path):
            Path(path).unlink()

    # --- all sessions -------------------------------------------------------------------

    @classmethod
    def _keys(cls) -> Iterator[str]:
        prefix: str = settings.SESSION_COOKIE_NAME
        for entry in os.scandir(cls._get_storage_path()):
            key = entry.name.removeprefix(prefix)
            if entry.name.startswith(prefix) and _ALLOWED.issuperset(key):
                yield key

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the files of sessions that have ended."""
        for key in cls._keys():
            cls(key)._load(lambda: None)

    @classmethod
    def stored(cls) -> Iterator[StoredSession]:
        """Iterate over the sessions that have not ended; reads every file."""
        for key in cls._keys():
            session = cls(key)
            content = session._load(lambda: None)
            if content:
                end = session._date(session._expiry_date(content), None)
                yield StoredSession(key, content, end)
