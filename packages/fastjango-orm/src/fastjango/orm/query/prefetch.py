"""Loading relations of many instances with one query per relation."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any
from weakref import ref

from fastjango.core.exceptions import FieldDoesNotExist, ObjectDoesNotExist
from fastjango.core.functional import cached_property
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.query.iterables import ModelIterable
from fastjango.orm.query.prefetch_keys import grouped, keys_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from fastjango.orm.engine.statement import Steps

    # Keeps the objects of one relation with instances.
    _Fill = Callable[[Iterable[Any], Iterable[Any]], None]

__all__ = [
    "Prefetch",
    "aprefetch_related_objects",
    "get_prefetcher",
    "prefetch_related_objects",
    "prefetch_steps",
]


class Prefetch:
    """A relation to load, with a queryset or a place of its own.

    Args:
        lookup: The path of the relation.
        queryset: What to load; the relation's own manager if absent.
        to_attr: The attribute that takes the objects as a list.
    """

    def __init__(self, lookup: str, queryset: Any = None, to_attr: str | None = None) -> None:
        from fastjango.orm.query.raw import RawQuerySet

        self.prefetch_through: str = lookup
        self.prefetch_to: str = lookup
        if queryset is not None and (
            isinstance(queryset, RawQuerySet)
            or (
                hasattr(queryset, "_iterable_class")
                and not issubclass(queryset._iterable_class, ModelIterable)
            )
        ):
            raise ValueError("Prefetch querysets cannot use raw(), values(), and values_list().")
        if to_attr:
            self.prefetch_to = LOOKUP_SEP.join([*lookup.split(LOOKUP_SEP)[:-1], to_attr])
        self.queryset: Any = queryset
        self.to_attr: str | None = to_attr

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        if self.queryset is not None:
            # Pickling must not run the query.
            queryset = self.queryset._chain()
            queryset._result_cache = []
            queryset._prefetch_done = True
            state["queryset"] = queryset
        return state

    def add_prefix(self, prefix: str) -> None:
        """Move the lookup below another."""
        self.prefetch_through = prefix + LOOKUP_SEP + self.prefetch_through
        self.prefetch_to = prefix + LOOKUP_SEP + self.prefetch_to

    def get_current_prefetch_to(self, level: int) -> str:
        """Return the path up to a level, by the names under which results are kept."""
        return LOOKUP_SEP.join(self.prefetch_to.split(LOOKUP_SEP)[: level + 1])

    def get_current_to_attr(self, level: int) -> tuple[str, Any]:
        """Return the name at a level, and whether it is a list of the caller's choice."""
        parts = self.prefetch_to.split(LOOKUP_SEP)
        return parts[level], self.to_attr and level == len(parts) - 1

    def get_current_querysets(self, level: int) -> list[Any] | None:
        """Return the queryset, at the last level."""
        if self.queryset is not None and self.get_current_prefetch_to(level) == self.prefetch_to:
            return [self.queryset]
        return None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Prefetch):
            return NotImplemented
        return self.prefetch_to == other.prefetch_to

    def __hash__(self) -> int:
        return hash((self.__class__, self.prefetch_to))


def _normalized(lookups: Iterable[Any], prefix: str | None = None) -> list[Prefetch]:
    result: list[Prefetch] = []
    for lookup in lookups:
        entry = lookup if isinstance(lookup, Prefetch) else Prefetch(lookup)
        if prefix:
            entry.add_prefix(prefix)
        result.append(entry)
    return result


def prefetch_related_objects(model_instances: Sequence[Any], *related_lookups: Any) -> None:
    """Load relations of instances that are at hand.

    Args:
        model_instances: Instances of one model.
        *related_lookups: Paths and `Prefetch` objects.
    """
    from fastjango.orm.engine.runner import run

    if model_instances:
        run(
            prefetch_steps(model_instances, *related_lookups),
            _alias(model_instances),
            name="prefetch_related_objects",
            twin="aprefetch_related_objects",
        )


async def aprefetch_related_objects(model_instances: Sequence[Any], *related_lookups: Any) -> None:
    """Load relations of instances that are at hand; see `prefetch_related_objects`."""
    from fastjango.orm.engine.runner import arun

    if model_instances:
        await arun(prefetch_steps(model_instances, *related_lookups), _alias(model_instances))


def _alias(instances: Any) -> str | None:
    first = next(iter(instances))
    alias: str | None = getattr(getattr(first, "_state", None), "db", None)
    return alias


def prefetch_steps(model_instances: Sequence[Any], *related_lookups: Any) -> Steps[None]:
    """Load relations of instances; the steps behind `prefetch_related_objects`."""
    if not model_instances:
        return
    done: dict[str, list[Any]] = {}
    automatic: set[Prefetch] = set()
    followed: set[Any] = set()
    pending = _normalized(reversed(related_lookups))
    while pending:
        lookup = pending.pop()
        if lookup.prefetch_to in done:
            if lookup.queryset is not None:
                raise ValueError(
                    f"'{lookup.prefetch_to}' lookup was already seen with a different queryset. "
                    "You may need to adjust the ordering of your lookups."
                )
            continue
        objects: Any = model_instances
        names = lookup.prefetch_through.split(LOOKUP_SEP)
        for level, name in enumerate(names):
            if not objects:
                break
            path = lookup.get_current_prefetch_to(level)
            if path in done:
                objects = done[path]
                continue
            if not _make_caches(objects):
                break
            to_attr = lookup.get_current_to_attr(level)[0]
            prefetcher, descriptor, is_fetched = _prefetcher(
                next(iter(objects)), name, to_attr, lookup
            )
            if level == len(names) - 1 and prefetcher is None:
                raise ValueError(
                    f"'{lookup.prefetch_through}' does not resolve to an item that supports "
                    "prefetching - this is an invalid parameter to prefetch_related()."
                )
            missing = [obj for obj in objects if not is_fetched(obj)] if prefetcher else []
            if not missing:
                objects = _already_loaded(objects, name)
                continue
            objects, more = yield from _one_level_steps(missing, prefetcher, lookup, level)
            # A relation that a default manager prefetches may lead back to itself.
            if not (path in done and lookup in automatic and descriptor in followed):
                done[path] = objects
                added = _normalized(reversed(more), path)
                automatic.update(added)
                pending.extend(added)
            followed.add(descriptor)


def _make_caches(objects: Any) -> bool:
    """Give objects a place for what is prefetched; tells whether all can take it."""
    # Classes whose instances take it; asking a class for what it has not is dear.
    takes: set[type[Any]] = set()
    for obj in objects:
        try:
            values = obj.__dict__
        except AttributeError:
            values = {}
        if "_prefetched_objects_cache" in values:
            continue
        cls: type[Any] = type(obj)
        if cls not in takes:
            if hasattr(cls, "_prefetched_objects_cache"):
                continue
            takes.add(cls)
        try:
            obj._prefetched_objects_cache = {}
        except (AttributeError, TypeError):
            # Not an instance of a model, such as a generic relation's proxy.
            return False
    return True


def _already_loaded(objects: Any, name: str) -> list[Any]:
    """Return what the instances have under a name, lists flattened."""
    found: list[Any] = []
    for obj in objects:
        cache = getattr(obj, "_prefetched_objects_cache", {})
        if name in cache:
            found.extend(cache[name])
            continue
        try:
            value = getattr(obj, name)
        except ObjectDoesNotExist:
            continue
        if value is None:
            continue
        if isinstance(value, list):
            found.extend(value)
        else:
            found.append(value)
    return found


def _attribute_test(model: Any, to_attr: str) -> Callable[[Any], bool]:
    attribute = getattr(model, to_attr, None)
    if isinstance(attribute, cached_property):
        return lambda instance: to_attr in instance.__dict__
    return lambda instance: hasattr(instance, to_attr)


def _prefetcher(
    instance: Any, name: str, to_attr: str, lookup: Prefetch
) -> tuple[Any, Any, Callable[[Any], bool]]:
    """Find what can load an attribute; see `get_prefetcher`.

    Raises:
        AttributeError: There is no such attribute.
    """
    prefetcher, descriptor, found, is_fetched = get_prefetcher(instance, name, to_attr)
    if not found:
        raise AttributeError(
            f"Cannot find '{name}' on {instance.__class__.__name__} object, "
            f"'{lookup.prefetch_through}' is an invalid parameter to prefetch_related()"
        )
    return prefetcher, descriptor, is_fetched


def get_prefetcher(
    instance: Any, through_attr: str, to_attr: str
) -> tuple[Any, Any, bool, Callable[[Any], bool]]:
    """Find what can load an attribute of an instance.

    Args:
        instance: An instance.
        through_attr: The relation's attribute.
        to_attr: The attribute that takes the result.

    Returns:
        The object with `get_prefetch_querysets` (or `None`), the descriptor, whether there is
        such an attribute at all, and the test whether an instance has it loaded.
    """
    name = through_attr
    is_fetched = _attribute_test(instance.__class__, to_attr)
    descriptor = getattr(instance.__class__, name, None)
    if descriptor is None:
        return None, None, hasattr(instance, name), is_fetched
    if hasattr(descriptor, "get_prefetch_querysets"):
        if name == to_attr:
            is_fetched = descriptor.is_cached
        return descriptor, descriptor, True, is_fetched
    related = getattr(instance, name)
    prefetcher = related if hasattr(related, "get_prefetch_querysets") else None
    if name == to_attr:

        def in_cache(obj: Any) -> bool:
            return name in obj._prefetched_objects_cache

        is_fetched = in_cache
    return prefetcher, descriptor, True, is_fetched


def _one_level_steps(
    instances: list[Any], prefetcher: Any, lookup: Prefetch, level: int
) -> Steps[tuple[list[Any], list[Any]]]:
    """Load one relation of instances and keep the objects with them.

    Returns:
        The loaded objects, and lookups that their own manager asks for.
    """
    plan = prefetcher.get_prefetch_querysets(instances, lookup.get_current_querysets(level))
    queryset, related_key, instance_key, single, cache_name, is_descriptor = plan
    more = [copy.copy(entry) for entry in getattr(queryset, "_prefetch_related_lookups", ())]
    if more:
        # They are loaded with those of the other relations.
        queryset._prefetch_related_lookups = ()
    if hasattr(queryset, "_fetch_steps"):
        loaded = yield from queryset._fetch_steps()
    else:
        loaded = list(queryset)
    on_loaded = getattr(plan, "on_loaded", None)
    if on_loaded is not None:
        on_loaded(loaded)
    groups = grouped(keys_of(related_key, loaded), loaded)
    found = [groups.get(key, ()) for key in keys_of(instance_key, instances)]
    to_attr, as_attr = lookup.get_current_to_attr(level)
    if as_attr and instances:
        _refuse_field_name(instances[0].__class__, to_attr)
    if single:
        for obj, values in zip(instances, found, strict=True):
            value = values[0] if values else None
            if as_attr:
                setattr(obj, to_attr, value)
            elif is_descriptor:
                setattr(obj, cache_name, value)
            else:
                obj._state.fields_cache[cache_name] = value
    elif as_attr:
        for obj, values in zip(instances, found, strict=True):
            setattr(obj, to_attr, values or [])
    elif instances:
        leaf = len(lookup.prefetch_through.split(LOOKUP_SEP)) - 1 == level
        fill = _filler(instances[0], to_attr, cache_name, lookup.queryset if leaf else None)
        fill(instances, found)
    return loaded, more


def _refuse_field_name(model: Any, to_attr: str) -> None:
    try:
        model._meta.get_field(to_attr)
    except FieldDoesNotExist:
        return
    raise ValueError(f"to_attr={to_attr} conflicts with a field on the {model.__name__} model.")


def _fill_manager(obj: Any, to_attr: str, cache_name: str, values: list[Any], given: Any) -> None:
    """Keep a queryset with the objects as its results, so that `all()` finds them."""
    manager = getattr(obj, to_attr)
    if given is not None:
        queryset = manager._apply_rel_filters(given._chain())
    else:
        queryset = manager.get_queryset()
    queryset._result_cache = values
    queryset._prefetch_done = True
    obj._prefetched_objects_cache[cache_name] = queryset


def _filler(instance: Any, to_attr: str, cache_name: str, given: Any) -> _Fill:
    """Return what keeps the objects of instances, after the pattern of the first one.

    The querysets know their condition only once somebody asks for more than the objects.

    An instance that held its querysets, which held it, would stay until the garbage collector
    looked for such circles; with a hundred instances a request, that costs more than loading
    them. So a queryset holds its instance weakly where the instance's key is all it needs.
    """
    pattern = getattr(getattr(instance, to_attr), "_prefetched_pattern", None)
    if pattern is None:

        def fill_managers(instances: Iterable[Any], found: Iterable[Any]) -> None:
            for obj, values in zip(instances, found, strict=True):
                _fill_manager(obj, to_attr, cache_name, values or [], given)

        return fill_managers
    queryset_class, state, key_name = pattern(given)
    model = type(instance)

    def fill(instances: Iterable[Any], found: Iterable[Any]) -> None:
        for obj, values in zip(instances, found, strict=True):
            if type(obj) is not model:
                _fill_manager(obj, to_attr, cache_name, values or [], given)
                continue
            queryset = object.__new__(queryset_class)
            own = queryset.__dict__ = state.copy()
            own["_fetch_mode"] = obj._state.fetch_mode
            own["_owner"] = obj if key_name is None else (ref(obj), obj.__dict__.get(key_name))
            own["_result_cache"] = values or []
            obj._prefetched_objects_cache[cache_name] = queryset

    return fill
