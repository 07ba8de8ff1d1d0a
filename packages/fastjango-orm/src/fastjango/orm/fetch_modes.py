"""What happens when something is read that was not fetched."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any, ClassVar

from fastjango.core.exceptions import FieldFetchBlocked

__all__ = ["FETCH_ONE", "FETCH_PEERS", "FETCH_RAISE", "FetchMode"]


class FetchMode:
    """Strategy for loading deferred columns and relations.

    Attributes:
        track_peers: Whether instances remember those that were fetched with them.
    """

    __slots__ = ()

    track_peers: ClassVar[bool] = False

    def fetch(self, fetcher: Any, instance: Any) -> None:
        """Load what the descriptor `fetcher` stands for on `instance`.

        Args:
            fetcher: Has `fetch_one(instance)`, `fetch_many(instances)` and `field`.
        """
        raise NotImplementedError("Subclasses must implement this method.")


class _FetchOne(FetchMode):
    __slots__ = ()

    def fetch(self, fetcher: Any, instance: Any) -> None:
        fetcher.fetch_one(instance)

    def __reduce__(self) -> str:
        return "FETCH_ONE"


class _FetchPeers(FetchMode):
    __slots__ = ()

    track_peers = True

    def fetch(self, fetcher: Any, instance: Any) -> None:
        peers = [peer for ref in instance._state.peers if (peer := ref()) is not None]
        if len(peers) > 1:
            fetcher.fetch_many(peers)
        else:
            fetcher.fetch_one(instance)

    def __reduce__(self) -> str:
        return "FETCH_PEERS"


class _FetchRaise(FetchMode):
    __slots__ = ()

    def fetch(self, fetcher: Any, instance: Any) -> None:
        model = type(instance).__qualname__
        raise FieldFetchBlocked(f"Fetching of {model}.{fetcher.field.name} blocked.") from None

    def __reduce__(self) -> str:
        return "FETCH_RAISE"


#: One query for each instance.
FETCH_ONE = _FetchOne()
#: One query for all instances that were fetched together.
FETCH_PEERS = _FetchPeers()
#: No query: an error.
FETCH_RAISE = _FetchRaise()


@functools.lru_cache(maxsize=1024)
def _names_fetch_mode(function: Callable[..., Any]) -> bool:
    parameters = inspect.signature(function).parameters.values()
    return any(p.name == "fetch_mode" or p.kind is p.VAR_KEYWORD for p in parameters)


def takes_fetch_mode(from_db: Any) -> bool:
    """Whether a `from_db` takes `fetch_mode`, as Django's does from 6.1 on."""
    return _names_fetch_mode(getattr(from_db, "__func__", from_db))
