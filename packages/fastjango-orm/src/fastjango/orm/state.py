"""`ModelState`: what an instance knows about its row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .fetch_modes import FETCH_ONE, FetchMode

__all__ = ["ModelState"]


class ModelState:
    """Where an instance comes from and what was loaded with it.

    Attributes:
        db: Alias of the database it was read from or saved to, `None` if neither.
        adding: It has no row yet.
        fields_cache: Loaded relations by cache name.
        fetch_mode: What happens when something unloaded is read.
        peers: Weak references to the instances fetched together with it.
    """

    # One object for each row: without a dictionary it is made and collected sooner. Row decoders
    # leave `fields_cache` and `peers` out where there are none. Others may add attributes.
    __slots__ = ("__dict__", "__weakref__", "adding", "db", "fetch_mode", "fields_cache", "peers")

    db: str | None
    adding: bool
    fields_cache: Any
    fetch_mode: FetchMode
    peers: Any

    def __init__(self) -> None:
        self.db = None
        self.adding = True
        self.fetch_mode = FETCH_ONE

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            if name == "fields_cache":
                cache = self.fields_cache = {}
                return cache
            if name == "peers":
                return ()
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    @classmethod
    def loaded(cls, db: str | None, fetch_mode: FetchMode = FETCH_ONE) -> ModelState:
        """State of an instance that was just read from `db`."""
        state = cls.__new__(cls)
        state.adding, state.db, state.fetch_mode = False, db, fetch_mode
        return state

    def __getstate__(self) -> dict[str, Any]:
        # Weak references cannot be pickled.
        state = {"adding": self.adding, "db": self.db, "fetch_mode": self.fetch_mode}
        return {**state, "fields_cache": self.fields_cache, **self.__dict__}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def __copy__(self) -> ModelState:
        new = type(self).__new__(type(self))
        new.__setstate__(self.__getstate__())
        new.peers = self.peers
        return new
