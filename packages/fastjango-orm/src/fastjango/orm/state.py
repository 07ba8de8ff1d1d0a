"""`ModelState`: what an instance knows about its row."""

from __future__ import annotations

from typing import Any

from .fetch_modes import FETCH_ONE, FetchMode

__all__ = ["ModelState"]


class _FieldsCache:
    """Makes the dictionary of loaded relations when it is first asked for."""

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        cache: dict[str, Any] = {}
        instance.fields_cache = cache
        return cache


class ModelState:
    """Where an instance comes from and what was loaded with it.

    Attributes:
        db: Alias of the database it was read from or saved to, `None` if neither.
        adding: It has no row yet.
        fields_cache: Loaded relations by cache name.
        fetch_mode: What happens when something unloaded is read.
        peers: Weak references to the instances fetched together with it.
    """

    db: str | None = None
    adding: bool = True
    fields_cache: Any = _FieldsCache()
    fetch_mode: FetchMode = FETCH_ONE
    peers: tuple[Any, ...] = ()

    @classmethod
    def loaded(cls, db: str | None, fetch_mode: FetchMode = FETCH_ONE) -> ModelState:
        """State of an instance that was just read from `db`."""
        state = cls.__new__(cls)
        state.__dict__ = {"adding": False, "db": db, "fetch_mode": fetch_mode}
        return state

    def __getstate__(self) -> dict[str, Any]:
        # Weak references cannot be pickled.
        return {name: value for name, value in self.__dict__.items() if name != "peers"}

    def __copy__(self) -> ModelState:
        new = type(self).__new__(type(self))
        new.__dict__ = dict(self.__dict__)
        return new
