"""How prefetching tells which objects belong to which instances."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["KeyReader", "grouped", "keys_of"]


class KeyReader:
    """Reads an attribute of objects, as the database would compare it.

    Args:
        name: The attribute.
        prepare: Gives a value as the database compares it.
        keeps_integers: Whether integers stay what they are.
    """

    __slots__ = ("_keeps_integers", "_known", "_prepare", "_read")

    def __init__(self, name: str, prepare: Callable[[Any], Any], keeps_integers: bool) -> None:
        self._read = attrgetter(name)
        self._prepare = prepare
        self._keeps_integers = keeps_integers
        self._known: dict[Any, Any] = {}

    def __call__(self, obj: Any) -> Any:
        value = self._read(obj)
        return value if self._keeps_integers and type(value) is int else self._prepared(value)

    def all(self, objects: Iterable[Any]) -> list[Any]:
        """Return what each object has, in their order."""
        values = list(map(self._read, objects))
        if self._keeps_integers and set(map(type, values)) == {int}:
            return values
        return [self._prepared(value) for value in values]

    def _prepared(self, value: Any) -> Any:
        try:
            return self._known[value]
        except KeyError:
            found = self._known[value] = self._prepare(value)
            return found
        except TypeError:  # cannot be hashed
            return self._prepare(value)


def keys_of(read: Callable[[Any], Any], objects: Iterable[Any]) -> list[Any]:
    """Return what `read` gives for each object."""
    return read.all(objects) if isinstance(read, KeyReader) else list(map(read, objects))


def grouped(keys: Iterable[Any], objects: Iterable[Any]) -> dict[Any, list[Any]]:
    """Return the objects of each key, in their order."""
    groups: dict[Any, list[Any]] = {}
    for key, obj in zip(keys, objects, strict=True):
        if key in groups:
            groups[key].append(obj)
        else:
            groups[key] = [obj]
    return groups
