"""Registration of lookups and transforms on field classes, instances and transforms."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["RegisterLookupMixin"]


def _subclasses(cls: type[Any]) -> Iterator[type[Any]]:
    yield cls
    for child in cls.__subclasses__():
        yield from _subclasses(child)


class _ClassOrInstanceMethod:
    """A method with one body for the class and another for its instances."""

    def __init__(self, on_class: Callable[..., Any], on_instance: Callable[..., Any]) -> None:
        self.on_class = on_class
        self.on_instance = on_instance

    def __get__(self, instance: Any, owner: type[Any]) -> Callable[..., Any]:
        if instance is None:
            return functools.partial(self.on_class, owner)
        return functools.partial(self.on_instance, instance)


_merged: dict[type[Any], dict[str, Any]] = {}
"""Lookups by class, merged over its bases; emptied for a class when it or a base changes."""


on_change: list[Callable[[], object]] = []
"""Called after a lookup was registered or taken away."""


def _changed() -> None:
    for callback in on_change:
        callback()


def _class_lookups(cls: type[Any]) -> dict[str, Any]:
    found = _merged.get(cls)
    if found is None:
        found = {}
        bases: list[type[Any]] = []
        for base in cls.__mro__:
            bases.append(base)
            # Relations know only lookups of their own.
            if base.__dict__.get("isolated_lookups", False):
                break
        for base in reversed(bases):
            found.update(base.__dict__.get("class_lookups", {}))
        _merged[cls] = found
    return found


def _forget(cls: type[Any]) -> None:
    for child in _subclasses(cls):
        _merged.pop(child, None)
    _changed()


def _instance_lookups(instance: Any) -> dict[str, Any]:
    own: dict[str, Any] | None = getattr(instance, "instance_lookups", None)
    if own:
        return {**_class_lookups(type(instance)), **own}
    return _class_lookups(type(instance))


def _register_on_class(cls: Any, lookup: Any, lookup_name: str | None = None) -> Any:
    if "class_lookups" not in cls.__dict__:
        cls.class_lookups = {}
    cls.class_lookups[lookup_name or lookup.lookup_name] = lookup
    _forget(cls)
    return lookup


def _register_on_instance(instance: Any, lookup: Any, lookup_name: str | None = None) -> Any:
    if "instance_lookups" not in instance.__dict__:
        instance.instance_lookups = {}
    instance.instance_lookups[lookup_name or lookup.lookup_name] = lookup
    _changed()
    return lookup


def _unregister_on_class(cls: Any, lookup: Any, lookup_name: str | None = None) -> None:
    del cls.class_lookups[lookup_name or lookup.lookup_name]
    _forget(cls)


def _unregister_on_instance(instance: Any, lookup: Any, lookup_name: str | None = None) -> None:
    del instance.instance_lookups[lookup_name or lookup.lookup_name]
    _changed()


class RegisterLookupMixin:
    """Lets a class, or one instance of it, know lookups and transforms by name."""

    class_lookups: ClassVar[dict[str, Any]]

    def _get_lookup(self, lookup_name: str) -> Any:
        return _instance_lookups(self).get(lookup_name)

    get_lookups: Any = _ClassOrInstanceMethod(_class_lookups, _instance_lookups)

    @classmethod
    def get_class_lookups(cls) -> dict[str, Any]:
        """Return lookups and transforms of the class by name, inherited ones included."""
        return _class_lookups(cls)

    def get_instance_lookups(self) -> dict[str, Any]:
        """Return lookups and transforms of the instance by name, the class's included."""
        return _instance_lookups(self)

    def get_lookup(self, lookup_name: str) -> Any:
        """Return the lookup class of that name, or `None`; asks the output field last."""
        from fastjango.orm.query.lookups.base import Lookup

        found = self._get_lookup(lookup_name)
        if found is None and hasattr(self, "output_field"):
            return self.output_field.get_lookup(lookup_name)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]
        if found is not None and not issubclass(found, Lookup):
            return None
        return found

    def get_transform(self, lookup_name: str) -> Any:
        """Return the transform class of that name, or `None`; asks the output field last."""
        from fastjango.orm.query.lookups.base import Transform

        found = self._get_lookup(lookup_name)
        if found is None and hasattr(self, "output_field"):
            return self.output_field.get_transform(lookup_name)  # pyright: ignore[reportUnknownMemberType, reportAttributeAccessIssue, reportUnknownVariableType]
        if found is not None and not issubclass(found, Transform):
            return None
        return found

    @staticmethod
    def merge_dicts(dicts: list[dict[str, Any]]) -> dict[str, Any]:
        """Merge mappings; the first that has a key wins."""
        merged: dict[str, Any] = {}
        for mapping in reversed(dicts):
            merged.update(mapping)
        return merged

    register_lookup: Any = _ClassOrInstanceMethod(_register_on_class, _register_on_instance)
    _unregister_lookup: Any = _ClassOrInstanceMethod(_unregister_on_class, _unregister_on_instance)

    @classmethod
    def register_class_lookup(cls, lookup: Any, lookup_name: str | None = None) -> Any:
        """Make a lookup or transform known to the class and its subclasses."""
        return _register_on_class(cls, lookup, lookup_name)

    def register_instance_lookup(self, lookup: Any, lookup_name: str | None = None) -> Any:
        """Make a lookup or transform known to this instance."""
        return _register_on_instance(self, lookup, lookup_name)
