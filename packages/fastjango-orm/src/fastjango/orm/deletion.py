"""Deleting objects and what refers to them, by the rules of `on_delete`."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Steps answer with what the database gives, so their values have no static type.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from functools import partial, reduce
from itertools import chain
from operator import attrgetter, or_
from typing import Any

from .on_delete import (
    CASCADE,
    DB_CASCADE,
    DB_SET_DEFAULT,
    DB_SET_NULL,
    DO_NOTHING,
    PROTECT,
    RESTRICT,
    SET,
    SET_DEFAULT,
    SET_NULL,
    SKIP_COLLECTION,
    DatabaseOnDelete,
    ProtectedError,
    RestrictedError,
)
from .saving import marking_for_rollback, signal_step
from .signals import post_delete, pre_delete

__all__ = [
    "CASCADE",
    "DB_CASCADE",
    "DB_SET_DEFAULT",
    "DB_SET_NULL",
    "DO_NOTHING",
    "PROTECT",
    "RESTRICT",
    "SET",
    "SET_DEFAULT",
    "SET_NULL",
    "Collector",
    "DatabaseOnDelete",
    "ProtectedError",
    "RestrictedError",
]


def get_candidate_relations_to_delete(opts: Any) -> Iterator[Any]:
    """Relations of other models to this one whose rows a deletion may touch."""
    return (
        relation
        for relation in opts.get_fields(include_hidden=True)
        if relation.auto_created
        and not relation.concrete
        and (relation.one_to_one or relation.one_to_many)
    )


def _listens(model: Any) -> bool:
    return pre_delete.has_listeners(model) or post_delete.has_listeners(model)


def _is_queryset(objs: Any) -> bool:
    return hasattr(objs, "_fetch_steps")


def _keys_for(field: Any, objs: Any) -> Any:
    """What a field that refers to objects holds: values fit a plan, objects do not."""
    targets = field.foreign_related_fields
    if len(targets) != 1 or not isinstance(objs, list):
        return objs
    keys = [getattr(obj, targets[0].attname) for obj in objs]
    return objs if None in keys else keys


class Collector:
    """Finds what goes with deleted objects, then deletes it all in the right order.

    Args:
        using: Database to delete from.
        origin: Object or queryset whose deletion was asked for; signals tell it.
        force_collection: Fetch even what could be deleted without being looked at.
    """

    def __init__(self, using: str, origin: Any = None, force_collection: bool = False) -> None:
        self.using = using
        self.origin = origin
        self.force_collection = force_collection
        self.data: Any = defaultdict(set)
        self.field_updates: Any = defaultdict(list)
        self.restricted_objects: Any = defaultdict(partial(defaultdict, set))
        self.fast_deletes: list[Any] = []
        self.dependencies: Any = defaultdict(set)
        # Calls of `collect` by rules, which wait for the steps that carry them out.
        self._waiting: list[tuple[Any, dict[str, Any]]] = []
        self._collecting = False

    # Gathering

    def add(
        self,
        objs: Any,
        source: Any = None,
        nullable: bool = False,
        reverse_dependency: bool = False,
    ) -> list[Any]:
        """Add objects to delete and give those that are new.

        Args:
            source: Model whose deletion led here.
            nullable: References from here may be emptied, so the order does not matter.
            reverse_dependency: `source` goes first.
        """
        if not objs:
            return []
        model = objs[0].__class__
        known = self.data[model]
        new = [obj for obj in objs if obj not in known]
        known.update(new)
        if source is not None and not nullable:
            self.add_dependency(source, model, reverse_dependency=reverse_dependency)
        return new

    def add_dependency(self, model: Any, dependency: Any, reverse_dependency: bool = False) -> None:
        """Rows of `dependency` go before those of `model`."""
        if reverse_dependency:
            model, dependency = dependency, model
        self.dependencies[model._meta.concrete_model].add(dependency._meta.concrete_model)
        self.data.setdefault(dependency, set())

    def add_field_update(self, field: Any, value: Any, objs: Any) -> None:
        """Set a field of objects (of one model) before the deletion."""
        self.field_updates[field, value].append(objs)

    def add_restricted_objects(self, field: Any, objs: Any) -> None:
        """Remember objects that must be deleted as well, or nothing is."""
        if objs:
            self.restricted_objects[objs[0].__class__][field].update(objs)

    def clear_restricted_objects_from_set(self, model: Any, objs: Any) -> None:
        """Forget restricting objects that are deleted themselves."""
        if model in self.restricted_objects:
            self.restricted_objects[model] = {
                field: items - objs for field, items in self.restricted_objects[model].items()
            }

    def can_fast_delete(self, objs: Any, from_field: Any = None) -> bool:
        """Whether rows can be deleted without being fetched.

        They can if no signal, no other row and no parent row depends on them.

        Args:
            objs: Object, queryset or model.
            from_field: Field whose rule led here.
        """
        if self.force_collection:
            return False
        if from_field and from_field.remote_field.on_delete is not CASCADE:
            return False
        if hasattr(objs, "_meta"):
            model = objs._meta.model
        elif hasattr(objs, "model") and hasattr(objs, "_raw_delete"):
            model = objs.model
        else:
            return False
        if _listens(model):
            return False
        opts = model._meta
        parents = opts.concrete_model._meta.parents.values()
        return (
            all(link == from_field for link in parents)
            and all(
                relation.field.remote_field.on_delete in SKIP_COLLECTION
                for relation in get_candidate_relations_to_delete(opts)
            )
            and not any(hasattr(field, "bulk_related_objects") for field in opts.private_fields)
        )

    def get_del_batches(self, objs: list[Any], fields: list[Any]) -> list[list[Any]]:
        """The objects in groups that fit into one statement's parameters."""
        from fastjango.orm import connections

        size = max(connections[self.using].ops.bulk_batch_size(fields, objs), 1)
        if len(objs) <= size:
            return [objs]
        return [objs[start : start + size] for start in range(0, len(objs), size)]

    def collect(self, objs: Any, **options: Any) -> None:
        """Gather objects and what goes with them; see `collect_steps`.

        Called by a rule while steps are gathering, it leaves the work to them.
        """
        if self._collecting:
            self._waiting.append((objs, options))
            return
        from .engine.runner import run

        run(self.collect_steps(objs, **options), self.using, name="collect", twin="acollect")

    async def acollect(self, objs: Any, **options: Any) -> None:
        """Asynchronous twin of `collect`."""
        from .engine.runner import arun

        await arun(self.collect_steps(objs, **options), self.using)

    def collect_steps(
        self,
        objs: Any,
        source: Any = None,
        nullable: bool = False,
        collect_related: bool = True,
        source_attr: str | None = None,
        reverse_dependency: bool = False,
        keep_parents: bool = False,
        fail_on_restricted: bool = True,
    ) -> Any:
        """Gather objects (of one model) and what goes with them.

        Args:
            source: Model whose deletion led here.
            nullable: The reference that led here may be emptied.
            collect_related: Follow references to the objects.
            source_attr: Name of the reference that led here.
            reverse_dependency: `source` goes first.
            keep_parents: Leave the rows of parent models.
            fail_on_restricted: Complain of `RESTRICT` at the end; the outermost call does.
        """
        if self.can_fast_delete(objs):
            self.fast_deletes.append(objs)
            return
        if _is_queryset(objs):
            yield from objs._fetch_steps()
        new = self.add(objs, source, nullable, reverse_dependency=reverse_dependency)
        if not new:
            return
        model = new[0].__class__
        if not keep_parents:
            yield from self._collect_parents(model, new)
        if not collect_related:
            return
        yield from self._collect_references(model, new, keep_parents)
        for field in model._meta.private_fields:
            if hasattr(field, "bulk_related_objects"):
                related = field.bulk_related_objects(new, self.using)
                yield from self.collect_steps(
                    related, source=model, nullable=True, fail_on_restricted=False
                )
        if fail_on_restricted:
            yield from self._check_restricted(model)

    def _collect_parents(self, model: Any, objs: list[Any]) -> Any:
        for link in model._meta.concrete_model._meta.parents.values():
            if not link:
                continue
            parents = yield from self._parent_objects(link, objs)
            yield from self.collect_steps(
                parents,
                source=model,
                source_attr=link.remote_field.related_name,
                collect_related=False,
                reverse_dependency=True,
                fail_on_restricted=False,
            )

    def _parent_objects(self, link: Any, objs: list[Any]) -> Any:
        """Parent objects of children: known, made from the children's values, or fetched."""
        parent = link.remote_field.model
        names = {field.attname for field in parent._meta.concrete_fields}
        missing = [
            obj
            for obj in objs
            if not link.is_cached(obj) and not names.isdisjoint(obj.get_deferred_fields())
        ]
        if missing:
            keys = [getattr(obj, link.attname) for obj in missing]
            rows = parent._base_manager.using(self.using).filter(pk__in=keys)
            found = {row.pk: row for row in (yield from rows._fetch_steps())}
            for obj, key in zip(missing, keys, strict=True):
                if key in found:
                    link.set_cached_value(obj, found[key])
        return [getattr(obj, link.name) for obj in objs]

    def _collect_references(self, model: Any, objs: list[Any], keep_parents: bool) -> Any:
        fast: Any = defaultdict(list)
        protected: dict[str, list[Any]] = {}
        for relation in get_candidate_relations_to_delete(model._meta):
            if keep_parents and relation.model._meta.concrete_model in model._meta.all_parents:
                continue
            field = relation.field
            rule = field.remote_field.on_delete
            if rule in SKIP_COLLECTION:
                forced = getattr(rule, "forced_collector", None) if self.force_collection else None
                if not forced:
                    continue
                rule = forced
            related_model = relation.related_model
            if self.can_fast_delete(related_model, from_field=field):
                fast[related_model].append(field)
                continue
            yield from self._load_targets(objs, field)
            for batch in self.get_del_batches(objs, [field]):
                related = self._referring(related_model, field, batch)
                if not getattr(rule, "lazy_sub_objs", False) and not (
                    yield from related._fetch_steps()
                ):
                    continue
                try:
                    yield from self._apply_rule(rule, field, related)
                except ProtectedError as error:
                    key = f"'{field.model.__name__}.{field.name}'"
                    protected.setdefault(key, []).extend(error.protected_objects)
        if protected:
            raise ProtectedError(
                f"Cannot delete some instances of model {model.__name__!r} because they are "
                f"referenced through protected foreign keys: {', '.join(protected)}.",
                set(chain.from_iterable(protected.values())),
            )
        for related_model, fields in fast.items():
            for field in fields:
                yield from self._load_targets(objs, field)
            for batch in self.get_del_batches(objs, fields):
                self.fast_deletes.append(self.related_objects(related_model, fields, batch))

    def _load_targets(self, objs: list[Any], field: Any) -> Any:
        """Fetch the values that a field refers to, of objects that were loaded without them."""
        for there in field.foreign_related_fields:
            if there.primary_key:
                continue
            name = there.attname
            waiting = [obj for obj in objs if name not in obj.__dict__]
            if waiting:
                keys = [obj.pk for obj in waiting]
                rows = type(waiting[0])._base_manager.using(self.using).filter(pk__in=keys)
                values = dict((yield from rows.values_list("pk", name)._fetch_steps()))
                for obj in waiting:
                    # A row that is gone has nothing that could be referred to.
                    obj.__dict__[name] = values.get(obj.pk)

    def _apply_rule(self, rule: Any, field: Any, related: Any) -> Any:
        """Call an `on_delete` rule and carry out what it asked to collect."""
        outer, self._waiting = self._waiting, []
        was_collecting, self._collecting = self._collecting, True
        try:
            rule(self, field, related, self.using)
        finally:
            waiting, self._waiting = self._waiting, outer
            self._collecting = was_collecting
        for objs, options in waiting:
            yield from self.collect_steps(objs, **options)

    def _referring(self, related_model: Any, field: Any, batch: list[Any]) -> Any:
        """Rows that refer to a batch, with the columns that matter only."""
        from .query.inspection import described

        related = self.related_objects(related_model, [field], batch)
        if described(related).select_related or _listens(related_model):
            return related
        names = {
            there.attname
            for relation in get_candidate_relations_to_delete(related_model._meta)
            for there in relation.field.foreign_related_fields
        }
        return related.only(*names)

    def _check_restricted(self, model: Any) -> Any:
        """Complain of restricting objects that are not deleted themselves."""
        for related_model, instances in self.data.items():
            self.clear_restricted_objects_from_set(related_model, instances)
        for rows in self.fast_deletes:
            restricting = self.restricted_objects.get(getattr(rows, "model", None))
            if restricting and _is_queryset(rows):
                keys = [obj.pk for objs in restricting.values() for obj in objs]
                gone = yield from rows.filter(pk__in=keys)._fetch_steps()
                self.clear_restricted_objects_from_set(rows.model, set(gone))
        restricted: dict[str, list[Any]] = {}
        for related_model, fields in self.restricted_objects.items():
            for field, objs in fields.items():
                if objs:
                    key = f"'{related_model.__name__}.{field.name}'"
                    restricted.setdefault(key, []).extend(objs)
        if restricted:
            raise RestrictedError(
                f"Cannot delete some instances of model {model.__name__!r} because they are "
                f"referenced through restricted foreign keys: {', '.join(restricted)}.",
                set(chain.from_iterable(restricted.values())),
            )

    def related_objects(self, related_model: Any, related_fields: Iterable[Any], objs: Any) -> Any:
        """Rows of a model that refer to `objs` through any of the fields."""
        from .query.q import Q

        condition = Q.create(
            [(f"{field.name}__in", _keys_for(field, objs)) for field in related_fields],
            connector=Q.OR,
        )
        return related_model._base_manager.using(self.using).filter(condition)

    # Deleting

    def instances_with_model(self) -> Iterator[tuple[Any, Any]]:
        """Pairs of model and object to delete."""
        for model, instances in self.data.items():
            for obj in instances:
                yield model, obj

    def sort(self) -> None:
        """Bring the models into an order in which no row refers to a deleted one, if there is."""
        models = list(self.data)
        order: list[Any] = []
        done: set[Any] = set()
        while len(order) < len(models):
            found = False
            for model in models:
                concrete = model._meta.concrete_model
                if model not in order and self.dependencies.get(concrete, set()) <= done:
                    order.append(model)
                    done.add(concrete)
                    found = True
            if not found:
                return
        self.data = {model: self.data[model] for model in order}

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete what was gathered.

        Returns:
            Number of rows, and that number by model label.
        """
        from .engine.runner import run

        return run(self.delete_steps(), self.using, name="delete", twin="adelete")

    async def adelete(self) -> tuple[int, dict[str, int]]:
        """Asynchronous twin of `delete`."""
        from .engine.runner import arun

        return await arun(self.delete_steps(), self.using)

    def delete_steps(self) -> Any:
        """Steps of `delete`."""
        from .engine.statement import with_atomic
        from .query.dml import delete_in_steps

        for model, instances in self.data.items():
            self.data[model] = sorted(instances, key=attrgetter("pk"))
        self.sort()
        if len(self.data) == 1:
            [(model, instances)] = self.data.items()
            if len(instances) == 1 and self.can_fast_delete(instances[0]):
                opts = model._meta
                steps = delete_in_steps(model, opts.pk, [instances[0].pk], using=self.using)
                count = yield from marking_for_rollback(steps, self.using)
                setattr(instances[0], opts.pk.attname, None)
                return count, {opts.label: count}
        counter: Counter[str] = Counter()
        yield from with_atomic(self._delete_all(counter), using=self.using, savepoint=False)
        for model, obj in self.instances_with_model():
            setattr(obj, model._meta.pk.attname, None)
        return sum(counter.values()), dict(counter)

    def _delete_all(self, counter: Counter[str]) -> Any:
        from .query.dml import delete_in_steps

        for model, obj in self.instances_with_model():
            yield from self._signal(pre_delete, model, obj)
        for rows in self.fast_deletes:
            count = yield from rows._raw_delete_steps(self.using)
            if count:
                counter[rows.model._meta.label] += count
        yield from self._update_fields()
        for instances in self.data.values():
            instances.reverse()
        for model, instances in self.data.items():
            opts = model._meta
            keys = [obj.pk for obj in instances]
            count = yield from delete_in_steps(model, opts.pk, keys, using=self.using)
            if count:
                counter[opts.label] += count
            for obj in instances:
                yield from self._signal(post_delete, model, obj)

    def _signal(self, signal: Any, model: Any, obj: Any) -> Any:
        if not model._meta.auto_created:
            yield from signal_step(
                signal, model, instance=obj, using=self.using, origin=self.origin
            )

    def _update_fields(self) -> Any:
        from .query.dml import update_in_steps

        for (field, value), groups in self.field_updates.items():
            unseen = [g for g in groups if _is_queryset(g) and g._result_cache is None]
            if unseen:
                rows = reduce(or_, unseen)
                yield from rows._update_steps({field.name: value})
            objs = [obj for g in groups if not any(g is u for u in unseen) for obj in g]
            if objs:
                model = objs[0].__class__
                keys = list({obj.pk for obj in objs})
                yield from update_in_steps(
                    model, model._meta.pk, keys, {field.name: value}, using=self.using
                )
