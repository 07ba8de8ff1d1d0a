"""Attributes through which related objects are reached."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.functional import cached_property

from .prefetch_plan import PrefetchPlan, check_one_queryset

__all__ = [
    "ForwardManyToOneDescriptor",
    "ForwardOneToOneDescriptor",
    "ManyToManyDescriptor",
    "ReverseManyToOneDescriptor",
    "ReverseOneToOneDescriptor",
]


def _traverse_ancestors(model: Any, start: Any) -> Iterator[tuple[Any, Any]]:
    """Yield an instance, its parent object, that one's parent... as far as they are loaded."""
    current = start
    while current is not None:
        link = current._meta.get_ancestor_link(model)
        if not link:
            yield current, None
            return
        ancestor = link.get_cached_value(current, None)
        yield current, ancestor
        current = ancestor


def _check_relation_allowed(instance: Any, value: Any) -> None:
    """Settle the databases of two new objects and ask the routers whether they may relate."""
    from fastjango.orm import router

    if instance._state.db is None:
        instance._state.db = router.db_for_write(instance.__class__, instance=value)
    if value._state.db is None:
        value._state.db = router.db_for_write(value.__class__, instance=instance)
    if not router.allow_relation(value, instance):
        raise ValueError(
            f'Cannot assign "{value!r}": the current database router prevents this relation.'
        )


def _load(descriptor: Any, instance: Any, hint: str) -> None:
    """Fetch through the instance's fetch mode; on a running loop, say what to do instead."""
    try:
        instance._state.fetch_mode.fetch(descriptor, instance)
    except SynchronousOnlyOperation as error:
        owner = type(instance).__name__
        raise SynchronousOnlyOperation(
            f"{owner}.{hint} is not loaded, and loading it here would block the event loop. Fetch "
            f'it with the query: .select_related("{hint}") or .prefetch_related("{hint}"), or '
            f'await instance.arefresh_from_db(fields=["{hint}"]).'
        ) from error


def _is_one_of(rows: Any, field: Any, values: list[Any]) -> Any:
    """The condition that the columns which a relation points to hold one of these tuples."""
    from fastjango.orm.query.expressions import ColPairs
    from fastjango.orm.query.lookups.tuples import TupleIn

    targets = [
        rows.query.resolve_ref(target.name).target for target in field.foreign_related_fields
    ]
    columns: Any = ColPairs(rows.model._meta.db_table, targets, targets, field)
    return TupleIn(columns, values)


class ForwardManyToOneDescriptor:
    """`child.parent`: the object that a foreign key points to."""

    def __init__(self, field_with_rel: Any) -> None:
        self.field = field_with_rel

    @cached_property
    def RelatedObjectDoesNotExist(self) -> type[Exception]:  # noqa: N802 - an exception class
        """Raised when there is no object; made late, as the other model may not exist yet."""
        model = self.field.model
        return type(
            "RelatedObjectDoesNotExist",
            (self.field.remote_field.model.DoesNotExist, AttributeError),
            {
                "__module__": model.__module__,
                "__qualname__": (
                    f"{model.__qualname__}.{self.field.name}.RelatedObjectDoesNotExist"
                ),
            },
        )

    def is_cached(self, instance: Any) -> bool:
        """Whether the object is loaded."""
        return self.field.is_cached(instance)

    def get_queryset(self, *, instance: Any) -> Any:
        """Rows among which the object is looked for."""
        manager = self.field.remote_field.model._base_manager
        rows = manager.db_manager(hints={"instance": instance})
        return rows.fetch_mode(instance._state.fetch_mode)

    def get_prefetch_querysets(self, instances: list[Any], querysets: Any = None) -> PrefetchPlan:
        """How to load the objects of several instances with one query."""
        if querysets:
            check_one_queryset(querysets)
            rows = querysets[0]
            rows._add_hints(instance=instances[0])
        else:
            rows = self.get_queryset(instance=instances[0])
        field = self.field
        rel = field.remote_field
        value_of_related = field.get_foreign_related_value
        value_of_instance = field.get_local_related_value
        by_value = {value_of_instance(instance): instance for instance in instances}
        related_fields = field.foreign_related_fields
        if len(related_fields) == 1:
            values = {value[0] for value in by_value}
            rows = rows.filter(**{f"{related_fields[0].name}__in": values})
        else:
            rows = rows.filter(_is_one_of(rows, field, list(by_value)))
        # One object for each instance: the order does not matter.
        if rows._shape is not None and not rows._shape.sliced:
            rows = rows.order_by()
        else:
            rows.query.clear_ordering()

        def on_loaded(objects: list[Any]) -> None:
            if not rel.multiple:
                for obj in objects:
                    rel.set_cached_value(obj, by_value[value_of_related(obj)])

        return PrefetchPlan(
            (rows, value_of_related, value_of_instance, True, field.cache_name, False), on_loaded
        )

    def get_object(self, instance: Any) -> Any:
        """Query for the object."""
        rows = self.get_queryset(instance=instance)
        return rows.get(self.field.get_reverse_related_filter(instance))

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        field = self.field
        try:
            obj = instance._state.fields_cache[field.cache_name]
        except KeyError:
            obj = None
            has_value = None not in field.get_local_related_value(instance)
            if has_value:
                obj = self._from_ancestors(instance)
            if obj is None and has_value:
                _load(self, instance, field.name)
                return field.get_cached_value(instance)
            field.set_cached_value(instance, obj)
        if obj is None and not field.null:
            raise self.RelatedObjectDoesNotExist(f"{field.model.__name__} has no {field.name}.")
        return obj

    def _from_ancestors(self, instance: Any) -> Any:
        """The object as known to a loaded parent object of multi-table inheritance."""
        for _current, ancestor in _traverse_ancestors(self.field.model, instance):
            if ancestor:
                obj = self.field.get_cached_value(ancestor, default=None)
                if obj is not None:
                    return obj
        return None

    def fetch_one(self, instance: Any) -> None:
        """Load the object of one instance."""
        obj = self.get_object(instance)
        self.field.set_cached_value(instance, obj)
        rel = self.field.remote_field
        if not rel.multiple:
            rel.set_cached_value(obj, instance)

    def fetch_many(self, instances: list[Any]) -> None:
        """Load the objects of instances that were fetched together."""
        from fastjango.orm.query.prefetch import prefetch_related_objects

        missing = [instance for instance in instances if not self.is_cached(instance)]
        prefetch_related_objects(missing, self.field.name)

    def __set__(self, instance: Any, value: Any) -> None:
        field = self.field
        rel = field.remote_field
        if value is not None:
            if not isinstance(value, rel.model._meta.concrete_model):
                raise ValueError(
                    f'Cannot assign "{value!r}": "{instance._meta.object_name}.{field.name}" must '
                    f'be a "{rel.model._meta.object_name}" instance.'
                )
            _check_relation_allowed(instance, value)
            for here, there in field.related_fields:
                setattr(instance, here.attname, getattr(value, there.attname))
        else:
            # The object that was related must forget this one, or deleting it would delete this.
            related = field.get_cached_value(instance, default=None)
            if related is not None:
                rel.set_cached_value(related, None)
            for here, _there in field.related_fields:
                setattr(instance, here.attname, None)
        field.set_cached_value(instance, value)
        if value is not None and not rel.multiple:
            rel.set_cached_value(value, instance)

    def __reduce__(self) -> Any:
        # Unpickling gives the model's descriptor, not a copy.
        return getattr, (self.field.model, self.field.name)


class ForwardOneToOneDescriptor(ForwardManyToOneDescriptor):
    """`restaurant.place`: like a foreign key, and knows that a child holds its parent's columns."""

    def get_object(self, instance: Any) -> Any:
        """The parent object made from the child's values, if all are there; else a query."""
        rel = self.field.remote_field
        if rel.parent_link:
            model = rel.model
            names = [field.attname for field in model._meta.concrete_fields]
            deferred = instance.get_deferred_fields()
            if not any(name in deferred for name in names):
                obj = model(**{name: getattr(instance, name) for name in names})
                obj._state.adding = instance._state.adding
                obj._state.db = instance._state.db
                obj._state.fetch_mode = instance._state.fetch_mode
                return obj
        return super().get_object(instance)

    def __set__(self, instance: Any, value: Any) -> None:
        super().__set__(instance, value)
        # A child shares its parent's primary key.
        if self.field.primary_key and self.field.remote_field.parent_link:
            for field in instance._meta.concrete_fields:
                if field.primary_key and field.remote_field:
                    name = field.remote_field.model._meta.pk.attname
                    setattr(instance, name, None if value is None else getattr(value, name))


class ReverseOneToOneDescriptor:
    """`place.restaurant`: the object whose one-to-one field points here."""

    def __init__(self, related: Any) -> None:
        self.related = related

    @property
    def field(self) -> Any:
        """The relation, which plays the field in fetch modes."""
        return self.related

    @cached_property
    def RelatedObjectDoesNotExist(self) -> type[Exception]:  # noqa: N802 - an exception class
        """Raised when no object points here."""
        model = self.related.model
        return type(
            "RelatedObjectDoesNotExist",
            (self.related.related_model.DoesNotExist, AttributeError),
            {
                "__module__": model.__module__,
                "__qualname__": (
                    f"{model.__qualname__}.{self.related.name}.RelatedObjectDoesNotExist"
                ),
            },
        )

    def is_cached(self, instance: Any) -> bool:
        """Whether the object is loaded."""
        return self.related.is_cached(instance)

    def get_queryset(self, *, instance: Any) -> Any:
        """Rows among which the object is looked for."""
        manager = self.related.related_model._base_manager
        rows = manager.db_manager(hints={"instance": instance})
        return rows.fetch_mode(instance._state.fetch_mode)

    def get_prefetch_querysets(self, instances: list[Any], querysets: Any = None) -> PrefetchPlan:
        """How to load the objects of several instances with one query."""
        if querysets:
            check_one_queryset(querysets)
            rows = querysets[0]
            rows._add_hints(instance=instances[0])
        else:
            rows = self.get_queryset(instance=instances[0])
        field = self.related.field
        value_of_related = field.get_local_related_value
        value_of_instance = field.get_foreign_related_value
        by_value = {value_of_instance(instance): instance for instance in instances}
        rows = rows.filter(**{f"{field.name}__in": instances})
        rows.query.clear_ordering()

        def on_loaded(objects: list[Any]) -> None:
            for obj in objects:
                field.set_cached_value(obj, by_value[value_of_related(obj)])

        return PrefetchPlan(
            (rows, value_of_related, value_of_instance, True, self.related.cache_name, False),
            on_loaded,
        )

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        related = self.related
        try:
            obj = related.get_cached_value(instance)
        except KeyError:
            if instance._is_pk_set():
                _load(self, instance, related.accessor_name)
                obj = related.get_cached_value(instance)
            else:
                obj = None
            related.set_cached_value(instance, obj)
        if obj is None:
            raise self.RelatedObjectDoesNotExist(
                f"{type(instance).__name__} has no {related.accessor_name}."
            )
        return obj

    def fetch_one(self, instance: Any) -> None:
        """Load the object that points to one instance; there may be none."""
        field = self.related.field
        condition = field.get_forward_related_filter(instance)
        try:
            obj = self.get_queryset(instance=instance).get(**condition)
        except self.related.related_model.DoesNotExist:
            obj = None
        else:
            field.set_cached_value(obj, instance)
        self.related.set_cached_value(instance, obj)

    def fetch_many(self, instances: list[Any]) -> None:
        """Load the objects that point to instances fetched together."""
        from fastjango.orm.query.prefetch import prefetch_related_objects

        missing = [instance for instance in instances if not self.is_cached(instance)]
        prefetch_related_objects(missing, self.related.get_accessor_name())

    def __set__(self, instance: Any, value: Any) -> None:
        related = self.related
        if value is None:
            obj = related.get_cached_value(instance, default=None)
            if obj is not None:
                related.delete_cached_value(instance)
                setattr(obj, related.field.name, None)
            return
        if not isinstance(value, related.related_model):
            raise ValueError(
                f'Cannot assign "{value!r}": "{instance._meta.object_name}.'
                f'{related.accessor_name}" must be a "{related.related_model._meta.object_name}" '
                "instance."
            )
        _check_relation_allowed(instance, value)
        for here, there in related.field.related_fields:
            setattr(value, here.attname, getattr(instance, there.attname))
        related.set_cached_value(instance, value)
        related.field.set_cached_value(value, instance)

    def __reduce__(self) -> Any:
        return getattr, (self.related.model, self.related.name)


class ReverseManyToOneDescriptor:
    """`parent.children`: a manager of the objects whose foreign key points here."""

    def __init__(self, rel: Any) -> None:
        self.rel = rel
        self.field = rel.field

    @cached_property
    def related_manager_cls(self) -> Any:
        """Class of the managers, on top of the related model's default manager class."""
        from .related_managers import create_reverse_many_to_one_manager

        base = self.rel.related_model._default_manager.__class__
        return create_reverse_many_to_one_manager(base, self.rel)

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        if instance is None:
            return self
        return self.related_manager_cls(instance)

    def _side(self) -> tuple[str, Any]:
        """What this is in words, and the attribute's name."""
        return "reverse side of a related set", self.rel.accessor_name

    def __set__(self, instance: Any, value: Any) -> None:
        side, name = self._side()
        raise TypeError(f"Direct assignment to the {side} is prohibited. Use {name}.set() instead.")


class ManyToManyDescriptor(ReverseManyToOneDescriptor):
    """`pizza.toppings` and `topping.pizzas`: a manager of the objects on the other side.

    Args:
        reverse: Whether this is the side without the field.
    """

    def __init__(self, rel: Any, reverse: bool = False) -> None:
        super().__init__(rel)
        self.reverse = reverse

    @property
    def through(self) -> Any:
        """Model of the table in between."""
        return self.rel.through

    @cached_property
    def related_manager_cls(self) -> Any:
        """Class of the managers, on top of the related model's default manager class."""
        from .many_related_manager import create_forward_many_to_many_manager

        model = self.rel.related_model if self.reverse else self.rel.model
        base = model._default_manager.__class__
        return create_forward_many_to_many_manager(base, self.rel, reverse=self.reverse)

    def __get__(self, instance: Any, owner: type[Any] | None = None) -> Any:
        return self if instance is None else self.related_manager_cls.of(instance)

    def _side(self) -> tuple[str, Any]:
        if self.reverse:
            return "reverse side of a many-to-many set", self.rel.accessor_name
        return "forward side of a many-to-many set", self.field.name
