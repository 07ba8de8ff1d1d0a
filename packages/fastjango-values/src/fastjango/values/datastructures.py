"""Mappings and sequences with web habits, as in `django.utils.datastructures`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, NoReturn, TypeVar, overload

__all__ = [
    "CaseInsensitiveMapping",
    "DeferredSubDict",
    "DictWrapper",
    "ImmutableList",
    "MultiValueDict",
    "MultiValueDictKeyError",
    "OrderedSet",
]

T = TypeVar("T")
K = TypeVar("K")
V = TypeVar("V")


class OrderedSet(Generic[T]):
    """A set that iterates in the order of insertion."""

    def __init__(self, iterable: Iterable[T] | None = None) -> None:
        self.dict: dict[T, None] = dict.fromkeys(iterable or ())

    def add(self, item: T) -> None:
        """Add an item; one that is present keeps its place."""
        self.dict[item] = None

    def remove(self, item: T) -> None:
        """Remove an item.

        Raises:
            KeyError: The item is not in the set.
        """
        del self.dict[item]

    def discard(self, item: T) -> None:
        """Remove an item if it is present."""
        self.dict.pop(item, None)

    def __iter__(self) -> Iterator[T]:
        return iter(self.dict)

    def __reversed__(self) -> Iterator[T]:
        return reversed(self.dict)

    def __contains__(self, item: object) -> bool:
        return item in self.dict

    def __bool__(self) -> bool:
        return bool(self.dict)

    def __len__(self) -> int:
        return len(self.dict)

    def __repr__(self) -> str:
        items = repr(list(self.dict)) if self.dict else ""
        return f"{type(self).__qualname__}({items})"


class MultiValueDictKeyError(KeyError):
    """A `MultiValueDict` has no such key."""


class MultiValueDict(dict[K, Any], Generic[K, V]):
    """A dictionary that keeps a list of values for each key and answers with the last one.

    Made for forms and query strings, where a name may occur several times. `d[key]` is the last
    value (an empty list when the key has none), `getlist(key)` all of them.
    """

    def __init__(
        self, key_to_list_mapping: Mapping[K, list[V]] | Iterable[tuple[K, list[V]]] = ()
    ) -> None:
        super().__init__(key_to_list_mapping)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {super().__repr__()}>"

    def __getitem__(self, key: K) -> Any:
        """Return the last value of the key, `[]` when its list is empty.

        Raises:
            MultiValueDictKeyError: There is no such key.
        """
        try:
            values: list[V] = super().__getitem__(key)
        except KeyError:
            raise MultiValueDictKeyError(key) from None
        return values[-1] if values else []

    def __setitem__(self, key: K, value: Any) -> None:
        super().__setitem__(key, [value])

    def __copy__(self) -> "MultiValueDict[K, V]":
        return type(self)([(key, values[:]) for key, values in self.lists()])

    def __deepcopy__(self, memo: dict[int, Any]) -> "MultiValueDict[K, V]":
        result = type(self)()
        memo[id(self)] = result
        for key, values in dict.items(self):
            dict.__setitem__(result, copy.deepcopy(key, memo), copy.deepcopy(values, memo))
        return result

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_data": {key: self._getlist(key) for key in self}}

    def __setstate__(self, obj_dict: dict[str, Any]) -> None:
        for key, values in obj_dict.pop("_data", {}).items():
            self.setlist(key, values)
        self.__dict__.update(obj_dict)

    @overload
    def get(self, key: K, default: None = None, /) -> Any: ...
    @overload
    def get(self, key: K, default: Any, /) -> Any: ...
    def get(self, key: K, default: Any = None) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]  # dict.get's overloads are positional-only
        """Return the last value of the key, `default` when it has none."""
        try:
            value = self[key]
        except KeyError:
            return default
        return default if value == [] else value

    def _getlist(self, key: K, default: Any = None, force_list: bool = False) -> Any:
        try:
            values = super().__getitem__(key)
        except KeyError:
            return [] if default is None else default
        return list(values) if force_list and values is not None else values

    def getlist(self, key: K, default: Any = None) -> Any:
        """Return a new list of the key's values; `default` (an empty list) when it is missing."""
        return self._getlist(key, default, force_list=True)

    def setlist(self, key: K, list_: list[V]) -> None:
        """Replace all values of the key."""
        super().__setitem__(key, list_)

    def setdefault(self, key: K, default: Any = None) -> Any:
        """Store `default` as the only value of a missing key, and return the key's last value."""
        if key not in self:
            self[key] = default
        return self[key]  # __setitem__ of a subclass may have stored another form

    def setlistdefault(self, key: K, default_list: list[V] | None = None) -> list[V]:
        """Store `default_list` for a missing key, and return the list that is stored."""
        if key not in self:
            self.setlist(key, [] if default_list is None else default_list)
        stored: list[V] = self._getlist(key)
        return stored

    def appendlist(self, key: K, value: V) -> None:
        """Add a value to those of the key."""
        self.setlistdefault(key).append(value)

    def items(self) -> Iterator[tuple[K, Any]]:  # type: ignore[override]  # Django's returns an iterator
        """Yield each key with its last value."""
        for key in self:
            yield key, self[key]

    def lists(self) -> Iterator[tuple[K, list[V]]]:
        """Yield each key with the list of its values."""
        return iter(super().items())

    def values(self) -> Iterator[Any]:  # type: ignore[override]  # Django's returns an iterator
        """Yield the last value of each key."""
        for key in self:
            yield self[key]

    def copy(self) -> Any:
        """Return a copy with lists of its own."""
        return copy.copy(self)

    def update(self, *args: Any, **kwargs: Any) -> None:
        """Add to the lists instead of replacing them.

        Raises:
            TypeError: More than one positional argument was given.
        """
        if len(args) > 1:
            raise TypeError(f"update expected at most 1 argument, got {len(args)}")
        if args:
            source = args[0]
            if isinstance(source, MultiValueDict):
                for key, values in source.lists():
                    self.setlistdefault(key).extend(values)
            else:
                pairs = source.items() if isinstance(source, Mapping) else source
                for key, value in pairs:
                    self.setlistdefault(key).append(value)
        for name, value in kwargs.items():
            self.setlistdefault(name).append(value)  # type: ignore[arg-type]  # names are text

    def dict(self) -> "dict[K, Any]":
        """Return an ordinary dictionary of the last values."""
        return {key: self[key] for key in self}


class ImmutableList(tuple[T, ...]):
    """A tuple with a list's methods, each of which refuses with a message of your choice."""

    warning: str

    def __new__(
        cls, *args: Any, warning: str = "ImmutableList object is immutable.", **kwargs: Any
    ) -> "ImmutableList[T]":
        self = tuple.__new__(cls, *args, **kwargs)
        self.warning = warning
        return self

    def complain(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse a change.

        Raises:
            AttributeError: Always, with the list's `warning` as its message.
        """
        raise AttributeError(self.warning)

    __delitem__ = complain
    __delslice__ = complain
    __iadd__ = complain
    __imul__ = complain
    __setitem__ = complain
    __setslice__ = complain
    append = complain
    extend = complain
    insert = complain
    pop = complain
    remove = complain
    sort = complain
    reverse = complain


class DictWrapper(dict[str, Any]):
    """A dictionary that passes the values of prefixed keys through a function.

    `wrapper["qn_name"]` with the prefix `"qn_"` is `func(data["name"])`.
    """

    def __init__(self, data: Mapping[str, Any], func: Callable[[Any], Any], prefix: str) -> None:
        super().__init__(data)
        self.func = func
        self.prefix = prefix

    def __getitem__(self, key: str) -> Any:
        value = super().__getitem__(key.removeprefix(self.prefix))
        return self.func(value) if key.startswith(self.prefix) else value


class CaseInsensitiveMapping(Mapping[str, V]):
    """A read-only mapping whose keys match in any case; iteration gives them as they came."""

    def __init__(self, data: Mapping[str, V] | Iterable[tuple[str, V]]) -> None:
        self._store = {key.lower(): (key, value) for key, value in self._unpack_items(data)}

    def __getitem__(self, key: str) -> V:
        value: V = self._store[key.lower()][1]
        return value

    def __len__(self) -> int:
        return len(self._store)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return False
        theirs = {str(key).lower(): value for key, value in other.items()}
        return {key.lower(): value for key, value in self.items()} == theirs

    __hash__ = None  # type: ignore[assignment]  # equality ignores case, so no hash fits

    def __iter__(self) -> Iterator[str]:
        return (original for original, _ in self._store.values())

    def __repr__(self) -> str:
        return repr(dict(self._store.values()))

    def copy(self) -> "CaseInsensitiveMapping[V]":
        """Return the mapping itself, which cannot change."""
        return self

    @staticmethod
    def _unpack_items(data: Any) -> Iterator[tuple[str, Any]]:
        if isinstance(data, Mapping):
            yield from data.items()
            return
        for position, element in enumerate(data):
            if len(element) != 2:
                raise ValueError(
                    f"dictionary update sequence element #{position} has length "
                    f"{len(element)}; 2 is required."
                )
            if not isinstance(element[0], str):
                raise ValueError(f"Element key {element[0]!r} invalid, only strings are allowed")
            yield element


class DeferredSubDict:
    """The dictionary under one key of another, looked up anew at each access."""

    def __init__(self, parent_dict: Mapping[Any, Any], deferred_key: Any) -> None:
        self.parent_dict = parent_dict
        self.deferred_key = deferred_key

    def __getitem__(self, key: Any) -> Any:
        return self.parent_dict[self.deferred_key][key]
