"""Request headers with Django's surface on Starlette's."""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, cast

from starlette.datastructures import Headers

__all__ = ["HttpHeaders", "meta_from_scope"]


class HttpHeaders(Headers):
    """Case-insensitive, read-only request headers.

    Reads like Django's (`headers["User-Agent"]`, `headers["user_agent"]`, keys in title case,
    repeated headers joined by commas) and is a Starlette `Headers` (`getlist`, `raw`).

    Args:
        environ: A `META`-like mapping; only `HTTP_*`, `CONTENT_TYPE` and `CONTENT_LENGTH` count.
    """

    HTTP_PREFIX = "HTTP_"
    UNPREFIXED_HEADERS = frozenset({"CONTENT_TYPE", "CONTENT_LENGTH"})

    def __init__(self, environ: Mapping[str, Any]) -> None:
        store: dict[str, tuple[str, Any]] = {}
        for key, value in environ.items():
            name = self.parse_header_name(key)
            if name:
                store[name.lower()] = (name, value)
        self._store = store
        super().__init__(raw=None)

    @classmethod
    def from_raw(cls, raw: Iterable[tuple[bytes, bytes]]) -> HttpHeaders:
        """Build from the header list of an ASGI scope; names with an underscore are dropped."""
        headers = cls({})
        kept = [(name, value) for name, value in raw if b"_" not in name]
        headers._list = kept
        joined: dict[str, tuple[str, Any]] = {}
        for raw_name, raw_value in kept:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            if name == "cookie":
                value = value.rstrip("; ")
            if name in joined:
                separator = "; " if name == "cookie" else ","
                value = f"{joined[name][1]}{separator}{value}"
            joined[name] = (name.title(), value)
        headers._store = joined
        return headers

    def __getitem__(self, key: str) -> str:
        """Return a header's value; underscores may stand for hyphens."""
        value: str = self._store[key.replace("_", "-").lower()][1]
        return value

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.replace("_", "-").lower() in self._store

    def __iter__(self) -> Iterator[str]:
        return iter([name for name, _ in self._store.values()])

    def __len__(self) -> int:
        return len(self._store)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        pairs = cast("Mapping[Any, Any]", other)  # type: ignore[redundant-cast]  # pyright cannot tell
        theirs: dict[str, Any] = {str(key).lower(): value for key, value in pairs.items()}
        return {key: value for key, (_, value) in self._store.items()} == theirs

    __hash__ = None  # type: ignore[assignment]  # equality ignores case, so no hash fits

    def __repr__(self) -> str:
        return repr(dict(self._store.values()))

    def keys(self) -> KeysView[str]:  # type: ignore[override]  # Starlette returns a list
        """Return the names in title case."""
        return dict(self._store.values()).keys()

    def values(self) -> ValuesView[str]:  # type: ignore[override]  # Starlette returns a list
        """Return the values, repeated headers joined."""
        return dict(self._store.values()).values()

    def items(self) -> ItemsView[str, str]:  # type: ignore[override]  # Starlette returns a list
        """Return names in title case with their values."""
        return dict(self._store.values()).items()

    def get(self, key: str, default: Any = None) -> Any:
        """Return a header's value, or `default` if it was not sent."""
        found = self._store.get(key.replace("_", "-").lower())
        return default if found is None else found[1]

    def getlist(self, key: str) -> list[str]:
        """Return every value of a header as it was sent, one for each time it was."""
        name = key.replace("_", "-").lower().encode("latin-1", "replace")
        if self._list:
            return [value.decode("latin-1") for found, value in self._list if found == name]
        return [self[key]] if key in self else []

    @property
    def raw(self) -> list[tuple[bytes, bytes]]:
        """The headers as an ASGI scope lists them."""
        if not self._list and self._store:
            self._list = [
                (key.encode("latin-1"), str(value).encode("latin-1", "replace"))
                for key, (_, value) in self._store.items()
            ]
        return list(self._list)

    @classmethod
    def parse_header_name(cls, header: str) -> str | None:
        """Return the header's name in title case for a `META` key, `None` if it is no header."""
        if header.startswith(cls.HTTP_PREFIX):
            header = header.removeprefix(cls.HTTP_PREFIX)
        elif header not in cls.UNPREFIXED_HEADERS:
            return None
        return header.replace("_", "-").title()

    @classmethod
    def to_wsgi_name(cls, header: str) -> str:
        """Return the `META` key of a header, such as `HTTP_USER_AGENT`."""
        header = header.replace("-", "_").upper()
        return header if header in cls.UNPREFIXED_HEADERS else f"{cls.HTTP_PREFIX}{header}"

    @classmethod
    def to_asgi_name(cls, header: str) -> str:
        """Return the upper-case name with underscores, such as `USER_AGENT`."""
        return header.replace("-", "_").upper()

    @classmethod
    def to_wsgi_names(cls, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Return a mapping of headers with `META` keys."""
        return {cls.to_wsgi_name(name): value for name, value in headers.items()}

    @classmethod
    def to_asgi_names(cls, headers: Mapping[str, Any]) -> dict[str, Any]:
        """Return a mapping of headers with upper-case names."""
        return {cls.to_asgi_name(name): value for name, value in headers.items()}


def meta_from_scope(scope: Mapping[str, Any], script_name: str, path_info: str) -> dict[str, Any]:
    """Return Django's `META` for an ASGI scope.

    Headers whose name has an underscore are left out, as they could pass for others.
    """
    query_string = scope.get("query_string", b"")
    if isinstance(query_string, bytes):
        try:
            query_string = query_string.decode()
        except UnicodeDecodeError:
            query_string = query_string.decode("latin-1")
    meta: dict[str, Any] = {
        "REQUEST_METHOD": str(scope.get("method", "GET")).upper(),
        "QUERY_STRING": query_string,
        "SCRIPT_NAME": script_name,
        "PATH_INFO": path_info,
        # Code written for WSGI reads these.
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
    }
    client, server = scope.get("client"), scope.get("server")
    if client:
        meta["REMOTE_ADDR"] = meta["REMOTE_HOST"] = client[0]
        meta["REMOTE_PORT"] = client[1]
    if server:
        meta["SERVER_NAME"], meta["SERVER_PORT"] = server[0], str(server[1])
    else:
        meta["SERVER_NAME"], meta["SERVER_PORT"] = "unknown", "0"
    for name, value in HttpHeaders.from_raw(scope.get("headers", ())).items():
        meta[HttpHeaders.to_wsgi_name(name)] = value
    return meta
