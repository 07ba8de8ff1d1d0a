"""The content of a session: a dictionary that is loaded when it is touched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.http.aio import run_in_thread

__all__ = ["SessionContent"]

_MISSING: Any = object()


class SessionContent:
    """A dictionary that is loaded from a store when it is touched, and knows when it was changed.

    Every method that may have to wait for the store has a twin whose name begins with `a`.

    Attributes:
        accessed: Whether the content was looked at.
        modified: Whether it has to be saved. Set it yourself after changing a nested value.
    """

    TEST_COOKIE_NAME = "testcookie"
    TEST_COOKIE_VALUE = "worked"

    accessed: bool
    modified: bool
    _session_cache: dict[str, Any]

    if TYPE_CHECKING:  # the class that has a store has the key

        @property
        def session_key(self) -> str | None: ...

    def _get_session(self, no_load: bool = False) -> dict[str, Any]:
        """Return the content, loaded at first use unless `no_load`."""
        self.accessed = True
        try:
            return self._session_cache
        except AttributeError:
            if self.session_key is None or no_load:
                self._session_cache = {}
                return self._session_cache
        try:
            self._session_cache = self.load()
        except SynchronousOnlyOperation as error:
            raise SynchronousOnlyOperation(
                "The session is read from its store when it is touched first, and that would "
                "block the event loop. Touch it with an asynchronous method: `await "
                "request.session.aget(...)`; from then on all of it is in memory."
            ) from error
        return self._session_cache

    async def _aget_session(self, no_load: bool = False) -> dict[str, Any]:
        self.accessed = True
        try:
            return self._session_cache
        except AttributeError:
            pass
        if self.session_key is None or no_load:
            self._session_cache = {}
        else:
            self._session_cache = await self.aload()
        return self._session_cache

    @property
    def _session(self) -> dict[str, Any]:
        return self._get_session()

    async def apreload(self) -> None:
        """Load the content now, without counting that as access: no `Vary` header comes of it."""
        accessed = self.accessed
        await self._aget_session()
        self.accessed = accessed

    def __contains__(self, key: object) -> bool:
        return key in self._session

    def __getitem__(self, key: str) -> Any:
        return self._session[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._session[key] = value
        self.modified = True

    async def aset(self, key: str, value: Any) -> None:
        """Set a value; the asynchronous twin of `session[key] = value`."""
        (await self._aget_session())[key] = value
        self.modified = True

    def __delitem__(self, key: str) -> None:
        del self._session[key]
        self.modified = True

    def __bool__(self) -> bool:
        return not self.is_empty()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a value, or `default`."""
        return self._session.get(key, default)

    async def aget(self, key: str, default: Any = None) -> Any:
        """Asynchronous twin of `get`."""
        return (await self._aget_session()).get(key, default)

    def _pop(self, session: dict[str, Any], key: str, default: Any) -> Any:
        self.modified = self.modified or key in session
        return session.pop(key) if default is _MISSING else session.pop(key, default)

    def pop(self, key: str, default: Any = _MISSING) -> Any:
        """Remove a value and return it.

        Raises:
            KeyError: There is none, and no default.
        """
        return self._pop(self._session, key, default)

    async def apop(self, key: str, default: Any = _MISSING) -> Any:
        """Asynchronous twin of `pop`."""
        return self._pop(await self._aget_session(), key, default)

    def _setdefault(self, session: dict[str, Any], key: str, value: Any) -> Any:
        if key not in session:
            session[key] = value
            self.modified = True
        return session[key]

    def setdefault(self, key: str, value: Any) -> Any:
        """Return a value, after setting it if there is none."""
        return self._setdefault(self._session, key, value)

    async def asetdefault(self, key: str, value: Any) -> Any:
        """Asynchronous twin of `setdefault`."""
        return self._setdefault(await self._aget_session(), key, value)

    def update(self, dict_: Mapping[str, Any]) -> None:
        """Set several values."""
        self._session.update(dict_)
        self.modified = True

    async def aupdate(self, dict_: Mapping[str, Any]) -> None:
        """Asynchronous twin of `update`."""
        (await self._aget_session()).update(dict_)
        self.modified = True

    def has_key(self, key: str) -> bool:
        """Tell whether there is a value."""
        return key in self._session

    async def ahas_key(self, key: str) -> bool:
        """Asynchronous twin of `has_key`."""
        return key in (await self._aget_session())

    def keys(self) -> Any:
        """Return the names of the values."""
        return self._session.keys()

    async def akeys(self) -> Any:
        """Asynchronous twin of `keys`."""
        return (await self._aget_session()).keys()

    def values(self) -> Any:
        """Return the values."""
        return self._session.values()

    async def avalues(self) -> Any:
        """Asynchronous twin of `values`."""
        return (await self._aget_session()).values()

    def items(self) -> Any:
        """Return the values with their names."""
        return self._session.items()

    async def aitems(self) -> Any:
        """Asynchronous twin of `items`."""
        return (await self._aget_session()).items()

    def clear(self) -> None:
        """Remove all values; nothing is loaded for that."""
        self._session_cache = {}
        self.accessed = True
        self.modified = True

    def is_empty(self) -> bool:
        """Tell whether there is neither a key nor a value."""
        try:
            return not self.session_key and not self._session_cache
        except AttributeError:
            return True

    # --- the test cookie ----------------------------------------------------------------

    def set_test_cookie(self) -> None:
        """Set a value that tells, with the next request, whether the browser keeps cookies."""
        self[self.TEST_COOKIE_NAME] = self.TEST_COOKIE_VALUE

    async def aset_test_cookie(self) -> None:
        """Asynchronous twin of `set_test_cookie`."""
        await self.aset(self.TEST_COOKIE_NAME, self.TEST_COOKIE_VALUE)

    def test_cookie_worked(self) -> bool:
        """Tell whether the value of `set_test_cookie` came back."""
        return bool(self.get(self.TEST_COOKIE_NAME) == self.TEST_COOKIE_VALUE)

    async def atest_cookie_worked(self) -> bool:
        """Asynchronous twin of `test_cookie_worked`."""
        return bool(await self.aget(self.TEST_COOKIE_NAME) == self.TEST_COOKIE_VALUE)

    def delete_test_cookie(self) -> None:
        """Remove the value of `set_test_cookie`."""
        del self[self.TEST_COOKIE_NAME]

    async def adelete_test_cookie(self) -> None:
        """Asynchronous twin of `delete_test_cookie`."""
        del (await self._aget_session())[self.TEST_COOKIE_NAME]
        self.modified = True

    # --- what engines do ------------------------------------------------------------------

    def load(self) -> dict[str, Any]:
        """Read the content from the store."""
        raise NotImplementedError("subclasses of SessionBase must provide a load() method")

    async def aload(self) -> dict[str, Any]:
        """Asynchronous twin of `load`; runs it in a thread unless the engine has its own."""
        return await run_in_thread(self.load)
