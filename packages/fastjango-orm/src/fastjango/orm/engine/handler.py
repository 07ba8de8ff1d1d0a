"""`connections`: the databases of `DATABASES`, one connection object per thread."""

from __future__ import annotations

import copy
import functools
import threading
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.functional import cached_property
from fastjango.orm.engine import environment
from fastjango.orm.engine.bridge import bridged
from fastjango.orm.engine.pools import close_pools, discard_pools
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS, BaseDatabaseWrapper
from fastjango.orm.exceptions import ConnectionDoesNotExist
from fastjango.signals import request_finished, request_started

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "BUILTIN_BACKENDS",
    "ConnectionHandler",
    "ConnectionProxy",
    "close_connections_of_threads",
    "close_old_connections",
    "connection",
    "connections",
    "load_backend",
    "reset_queries",
]

BUILTIN_BACKENDS = ("dummy", "mysql", "postgresql", "sqlite3")
"""Folders of `fastjango.orm.backends`."""

_OURS = "fastjango.orm.backends."
_PREFIXES = ("django.db.backends.", _OURS, "")
_NAMES = {
    "sqlite": "sqlite3",
    "sqlite3": "sqlite3",
    "postgresql": "postgresql",
    "postgres": "postgresql",
    "postgresql_psycopg2": "postgresql",
    "mysql": "mysql",
    "mariadb": "mysql",
    "dummy": "dummy",
}


def load_backend(backend_name: str) -> ModuleType:
    """Import a backend's ``base`` module.

    Args:
        backend_name: ``sqlite``, ``django.db.backends.sqlite3``,
            ``fastjango.orm.backends.sqlite3`` or the dotted path of a third party's package.

    Raises:
        ImproperlyConfigured: There is no such backend.
    """
    for prefix in _PREFIXES:
        short = backend_name.removeprefix(prefix)
        if backend_name.startswith(prefix) and short in _NAMES:
            return import_module(f"{_OURS}{_NAMES[short]}.base")
    try:
        return import_module(f"{backend_name}.base")
    except ImportError as error:
        short = backend_name.rpartition(".")[2]
        near = get_close_matches(short, _NAMES, n=1)
        hint = f"\nDid you mean 'django.db.backends.{_NAMES[near[0]]}'?" if near else ""
        choices = ", ".join(repr(name) for name in BUILTIN_BACKENDS if name != "dummy")
        raise ImproperlyConfigured(
            f"{backend_name!r} isn't an available database backend or couldn't be imported. "
            "Check the above exception. To use one of the built-in backends, use "
            f"'django.db.backends.XXX', where XXX is one of:\n    {choices}{hint}"
        ) from error


def _with_defaults(databases: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Fill in what each entry of `DATABASES` leaves out; the given mapping is not changed."""
    found = {alias: dict(entry) for alias, entry in databases.items()}
    if not found:
        found[DEFAULT_DB_ALIAS] = {}
    elif DEFAULT_DB_ALIAS not in found:
        raise ImproperlyConfigured(f"You must define a '{DEFAULT_DB_ALIAS}' database.")
    for entry in found.values():
        if not entry.get("ENGINE") or entry["ENGINE"] == "django.db.backends.":
            entry["ENGINE"] = "django.db.backends.dummy"
        entry.setdefault("ATOMIC_REQUESTS", False)
        entry.setdefault("AUTOCOMMIT", True)
        entry.setdefault("CONN_MAX_AGE", 0)
        entry.setdefault("CONN_HEALTH_CHECKS", False)
        entry.setdefault("TIME_ZONE", None)
        entry["OPTIONS"] = dict(entry.get("OPTIONS") or {})
        for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT"):
            entry.setdefault(name, "")
        test = entry["TEST"] = dict(entry.get("TEST") or {})
        for name in ("CHARSET", "COLLATION", "MIRROR", "NAME"):
            test.setdefault(name, None)
        test.setdefault("MIGRATE", True)
    return found


class ConnectionHandler:
    """A mapping from alias to this thread's connection object.

    Args:
        settings: The databases; None reads `DATABASES` at first use.
    """

    settings_name = "DATABASES"
    exception_class = ConnectionDoesNotExist
    thread_critical = True

    def __init__(self, settings: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        self._settings = settings
        self._local = threading.local()
        # Set by tests: every thread and task uses these objects, so that all of them see the
        # transaction that the test will roll back.
        self.shared: dict[str, BaseDatabaseWrapper] = {}
        self._shares: dict[str, int] = {}
        # Called when the databases change: what was compiled for the old ones is void.
        self.on_reconfigure: list[Callable[[], object]] = []

    @cached_property
    def settings(self) -> dict[str, dict[str, Any]]:
        """The databases by alias, defaults filled in."""
        return self.configure_settings(self._settings)

    def configure_settings(
        self, databases: Mapping[str, Mapping[str, Any]] | None
    ) -> dict[str, dict[str, Any]]:
        """Fill in defaults; None reads `DATABASES`."""
        return _with_defaults(environment.databases() if databases is None else databases)

    @property
    def databases(self) -> dict[str, dict[str, Any]]:
        """The same as `settings`."""
        return self.settings

    def create_connection(self, alias: str) -> BaseDatabaseWrapper:
        """Make a new, closed connection object for an alias."""
        listen()
        entry = self.settings[alias]
        wrapper: BaseDatabaseWrapper = load_backend(entry["ENGINE"]).DatabaseWrapper(entry, alias)
        return wrapper

    def __getitem__(self, alias: str) -> BaseDatabaseWrapper:
        if self.shared and alias in self.shared:
            return self.shared[alias]
        mine = self._local.__dict__
        try:
            found: BaseDatabaseWrapper = mine[alias]
        except KeyError:
            if alias not in self.settings:
                known = ", ".join(repr(name) for name in sorted(self.settings))
                near = get_close_matches(alias, self.settings, n=1)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                raise self.exception_class(
                    f"The connection '{alias}' doesn't exist. `DATABASES` defines: {known}.{hint}"
                ) from None
            found = mine[alias] = self.create_connection(alias)
        return found

    def __setitem__(self, key: str, value: BaseDatabaseWrapper) -> None:
        if key in self.shared:
            self.shared[key] = value
        setattr(self._local, key, value)

    def __delitem__(self, key: str) -> None:
        delattr(self._local, key)

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def all(self, initialized_only: bool = False) -> list[BaseDatabaseWrapper]:
        """This thread's connection objects; only those already made, when asked."""
        mine = self._local.__dict__
        return [
            self[alias]
            for alias in self.settings
            if not initialized_only or alias in mine or alias in self.shared
        ]

    def close_all(self) -> None:
        """Close this thread's connections. Pools of the asynchronous edge: `aclose_all`."""
        for wrapper in self.all(initialized_only=True):
            wrapper.close()

    async def aclose_all(self) -> None:
        """Close the pools that belong to the running event loop."""
        await close_pools()

    def share(self, alias: str) -> BaseDatabaseWrapper:
        """Make every thread and task use this thread's connection, for tests.

        The asynchronous edge then runs its statements on it, blocking the loop.
        """
        wrapper = self[alias]
        wrapper.inc_thread_sharing()
        self.shared[alias] = wrapper
        self._shares[alias] = self._shares.get(alias, 0) + 1
        return wrapper

    def unshare(self, alias: str) -> None:
        """Take one `share` back."""
        self.shared[alias].dec_thread_sharing()
        self._shares[alias] -= 1
        if not self._shares[alias]:
            del self._shares[alias], self.shared[alias]

    def reconfigure(self, databases: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Forget the settings and this thread's connections; the next use reads them again.

        Args:
            databases: The databases from now on; None reads `DATABASES`.
        """
        if "settings" in self.__dict__:
            with bridged():
                self.close_all()
            discard_pools()
            del self.__dict__["settings"]
        self._settings = None if databases is None else copy.deepcopy(dict(databases))
        self._local.__dict__.clear()
        for callback in self.on_reconfigure:
            callback()


class ConnectionProxy:
    """Stands for one alias and passes everything on to this thread's connection object."""

    _connections: ConnectionHandler
    _alias: str

    def __init__(self, connections: ConnectionHandler, alias: str) -> None:
        self.__dict__["_connections"] = connections
        self.__dict__["_alias"] = alias

    def __getattr__(self, item: str) -> Any:
        return getattr(self._connections[self._alias], item)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._connections[self._alias], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(self._connections[self._alias], name)

    def __eq__(self, other: object) -> bool:
        return bool(self._connections[self._alias] == other)

    def __hash__(self) -> int:
        return hash(self._connections[self._alias])

    def __repr__(self) -> str:
        return f"<ConnectionProxy alias={self._alias!r}>"


connections = ConnectionHandler()
connection = ConnectionProxy(connections, DEFAULT_DB_ALIAS)


def reset_queries(**kwargs: object) -> None:
    """Empty the query logs of this thread; called when a request starts."""
    for wrapper in connections.all(initialized_only=True):
        wrapper.queries_log.clear()


def close_old_connections(**kwargs: object) -> None:
    """Close this thread's broken and over-aged connections; called around each request."""
    for wrapper in connections.all(initialized_only=True):
        if wrapper.alias not in connections.shared:
            wrapper.close_if_unusable_or_obsolete()


# What worker threads leave open, with the event loop whose threads they are.
_left_open: WeakKeyDictionary[BaseDatabaseWrapper, object] = WeakKeyDictionary()


def _let_go() -> None:
    """Close this worker thread's old connections, but for those in a transaction that goes on."""
    for wrapper in connections.all(initialized_only=True):
        if wrapper.alias not in connections.shared and not wrapper.in_atomic_block:
            wrapper.close_if_unusable_or_obsolete()
            if wrapper.connection is not None and wrapper not in _left_open:
                _left_open[wrapper] = getattr(threading.current_thread(), "loop", None)


def close_connections_of_threads(loop: object) -> None:
    """Close what an event loop's worker threads left open, when it needs them no more.

    A thread that still works is left alone: its connection goes with it.
    """
    for wrapper, owner in list(_left_open.items()):
        if owner is not loop:
            continue
        del _left_open[wrapper]
        if wrapper.sync_state.in_atomic_block:
            continue
        wrapper.inc_thread_sharing()
        try:
            with bridged():
                wrapper.close()
        finally:
            wrapper.dec_thread_sharing()


@functools.cache
def listen() -> None:
    """Follow requests and changed settings from now on; called when a database is first used."""
    from fastjango.core.aio import after_thread_work
    from fastjango.core.conf import setting_changed

    # Connections belong to threads. A server's worker threads let go of theirs after each piece
    # of a request, so that these receivers find next to nothing to do on the loop.
    after_thread_work.append(_let_go)
    request_started.connect(reset_queries, inline=True)
    request_started.connect(close_old_connections, inline=True)
    request_finished.connect(close_old_connections, inline=True)
    setting_changed.register(_on_setting_changed)


def _on_setting_changed(setting: str) -> None:
    if setting in ("TIME_ZONE", "USE_TZ"):
        for wrapper in connections.all(initialized_only=True):
            wrapper.forget_time_zone()
        discard_pools()
