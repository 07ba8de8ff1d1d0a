"""The fields of a model: its own, inherited ones, and the relations of other models to it."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

# Models and fields are known at run time only.
# pyright: reportUnknownVariableType=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, ClassVar

from fastjango.core.exceptions import FieldDoesNotExist
from fastjango.core.functional import cached_property
from fastjango.values.datastructures import ImmutableList

from .ancestry import Ancestry
from .fields.composite import CompositePrimaryKey, unnest

__all__ = ["EMPTY_RELATION_TREE", "IMMUTABLE_WARNING", "FieldListing", "fixed"]

IMMUTABLE_WARNING = (
    "The return type of '%s' should never be mutated. If you want to manipulate this list for your "
    "own use, make a copy first."
)

#: What a model has that no other points to.
EMPTY_RELATION_TREE: tuple[Any, ...] = ()

#: Include the fields of proxied models only.
PROXY_PARENTS: Any = object()


def fixed(name: str, data: Iterable[Any]) -> ImmutableList[Any]:
    """A list that `name` gives to everybody, so that nobody may change it."""
    return ImmutableList(data, warning=IMMUTABLE_WARNING % name)


class FieldListing(Ancestry):
    """The part of `Options` that answers which fields a model has.

    Attributes:
        local_fields: Fields declared on the class or on abstract parents, in order of creation.
        local_many_to_many: The same for many-to-many fields.
        private_fields: Fields of the class alone, as generic relations are.
    """

    # Cached properties that are forgotten when a field is added.
    FORWARD_PROPERTIES: ClassVar[set[str]] = {
        "fields",
        "many_to_many",
        "concrete_fields",
        "local_concrete_fields",
        "_non_pk_concrete_field_names",
        "_reverse_one_to_one_field_names",
        "_forward_fields_map",
        "managers",
        "managers_map",
        "base_manager",
        "default_manager",
        "db_returning_fields",
        "_property_names",
        "pk_fields",
        "total_unique_constraints",
        "all_parents",
        "swapped",
        "verbose_name_raw",
    }
    REVERSE_PROPERTIES: ClassVar[set[str]] = {"related_objects", "fields_map", "_relation_tree"}

    apps: Any
    object_name: Any
    abstract: bool
    proxy: bool
    constraints: Any
    pk: Any

    def __init__(self) -> None:
        self._get_fields_cache: dict[Any, Any] = {}
        self.local_fields: list[Any] = []
        self.local_many_to_many: list[Any] = []
        self.private_fields: list[Any] = []

    @cached_property
    def fields(self) -> Any:
        """Forward fields with inherited ones, without many-to-many and generic relations."""
        return fixed(
            "fields",
            (
                field
                for field in self._get_fields(reverse=False)
                if not field.is_relation
                or not (
                    field.many_to_many
                    or field.one_to_many
                    or (field.many_to_one and not getattr(field.remote_field, "model", None))
                )
            ),
        )

    @cached_property
    def concrete_fields(self) -> Any:
        """Fields with a column, inherited ones too."""
        return fixed("concrete_fields", (f for f in self.fields if f.concrete))

    @cached_property
    def local_concrete_fields(self) -> Any:
        """Fields with a column in this model's own table."""
        return fixed("local_concrete_fields", (f for f in self.local_fields if f.concrete))

    @cached_property
    def many_to_many(self) -> Any:
        """Many-to-many fields, inherited ones too."""
        return fixed(
            "many_to_many",
            (f for f in self._get_fields(reverse=False) if f.is_relation and f.many_to_many),
        )

    @cached_property
    def related_objects(self) -> Any:
        """Relations of other models to this one, except hidden ones that are not many-to-many."""
        relations = self._get_fields(forward=False, reverse=True, include_hidden=True)
        return fixed(
            "related_objects", (r for r in relations if not r.hidden or r.field.many_to_many)
        )

    @cached_property
    def _forward_fields_map(self) -> dict[str, Any]:
        return _by_name(self._get_fields(reverse=False))

    @cached_property
    def fields_map(self) -> dict[str, Any]:
        """Reverse relations by name, hidden ones too."""
        return _by_name(self._get_fields(forward=False, include_hidden=True))

    def get_field(self, field_name: str) -> Any:
        """The field or reverse relation called `field_name`.

        Raises:
            FieldDoesNotExist: There is none, or the models that could have it are not loaded.
        """
        try:
            # Reverse relations are dear to collect, so forward ones are tried first.
            return self._forward_fields_map[field_name]
        except KeyError:
            if not self.apps.models_ready:
                raise FieldDoesNotExist(
                    f"{self.object_name} has no field named '{field_name}'. The app cache isn't "
                    "ready yet, so if this is an auto-created related field, it won't be "
                    "available yet."
                ) from None
        try:
            return self.fields_map[field_name]
        except KeyError:
            raise FieldDoesNotExist(
                f"{self.object_name} has no field named '{field_name}'"
            ) from None

    def get_fields(self, include_parents: bool = True, include_hidden: bool = False) -> Any:
        """All fields and reverse relations.

        Args:
            include_parents: With those of inherited models.
            include_hidden: With relations whose `related_name` ends in `+`.
        """
        parents = PROXY_PARENTS if include_parents is False else include_parents
        return self._get_fields(include_parents=parents, include_hidden=include_hidden)

    def _get_fields(
        self,
        forward: bool = True,
        reverse: bool = True,
        include_parents: Any = True,
        include_hidden: bool = False,
        topmost_call: bool = True,
    ) -> Any:
        """`get_fields` with a choice of directions.

        Args:
            forward: With fields declared here.
            reverse: With relations of other models to this one.
            include_parents: `True`, `False`, or `PROXY_PARENTS` for proxied models only.
            include_hidden: With hidden relations.
            topmost_call: With private fields, of which each class has its own copy.
        """
        if include_parents not in (True, False, PROXY_PARENTS):
            raise TypeError(f"Invalid argument for include_parents: {include_parents}")
        key = (forward, reverse, include_parents, include_hidden, topmost_call)
        cached = self._get_fields_cache.get(key)
        if cached is not None:
            return cached
        fields: list[Any] = []
        if include_parents is not False:
            # Two ways may lead to one ancestor; its fields are listed once.
            seen: set[Any] = set()
            for parent in self.parents:
                opts = parent._meta
                if opts.concrete_model != self.concrete_model and include_parents == PROXY_PARENTS:
                    continue
                for obj in opts._get_fields(
                    forward=forward,
                    reverse=reverse,
                    include_parents=include_parents,
                    include_hidden=include_hidden,
                    topmost_call=False,
                ):
                    foreign_link = getattr(obj, "parent_link", False) and (
                        obj.model != self.concrete_model
                    )
                    if not foreign_link and obj not in seen:
                        fields.append(obj)
                        seen.add(obj)
        if reverse and not self.proxy:
            relations = (field.remote_field for field in self._relation_tree)
            fields += [one for one in relations if include_hidden or not one.hidden]
        if forward:
            fields += self.local_fields
            fields += self.local_many_to_many
            if topmost_call:
                fields += self.private_fields
        result = fixed("get_fields()", fields)
        self._get_fields_cache[key] = result
        return result

    @cached_property
    def total_unique_constraints(self) -> list[Any]:
        """Unique constraints over plain fields and all rows."""
        from .constraints import UniqueConstraint

        return [
            constraint
            for constraint in self.constraints
            if isinstance(constraint, UniqueConstraint)
            and constraint.condition is None
            and not constraint.contains_expressions
        ]

    @cached_property
    def pk_fields(self) -> list[Any]:
        """Fields that make up the primary key."""
        return unnest([self.pk])

    @property
    def is_composite_pk(self) -> bool:
        """Whether the primary key has several columns."""
        return isinstance(self.pk, CompositePrimaryKey)

    @cached_property
    def _property_names(self) -> frozenset[str]:
        """Names of the properties of the class."""
        names: set[str] = set()
        seen: set[str] = set()
        for klass in self.model.__mro__:
            if klass.__module__ != "pydantic.main" and not klass.__module__.startswith("sqlmodel"):
                members: Any = vars(klass).items()
                names |= {n for n, v in members if isinstance(v, property) and n not in seen}
            seen |= set(vars(klass))
        # A model's side of pydantic is no property of the project's.
        return frozenset(names - {"model_fields_set"})

    @cached_property
    def _non_pk_concrete_field_names(self) -> frozenset[str]:
        """Names and attribute names of the columns outside the primary keys."""
        keys = set(self.pk_fields)
        for parent in self.all_parents:
            keys.update(parent._meta.pk_fields)
        names: set[str] = set()
        for field in self.concrete_fields:
            if field not in keys:
                names.update((field.name, field.attname))
        return frozenset(names)

    @cached_property
    def _reverse_one_to_one_field_names(self) -> frozenset[str]:
        """Names of the one-to-one relations of other models to this one."""
        return frozenset(field.name for field in self.related_objects if field.one_to_one)

    @cached_property
    def db_returning_fields(self) -> list[Any]:
        """Fields whose values an insert must ask the database for."""
        fields = self._get_fields(forward=True, reverse=False, include_parents=PROXY_PARENTS)
        return [field for field in fields if getattr(field, "db_returning", False)]

    # Reverse relations

    def _populate_directed_relation_graph(self) -> Any:
        """Find the relations to every model of the registry, once for all of them."""
        graph: defaultdict[str, list[Any]] = defaultdict(list)
        models = self.apps.get_models(include_auto_created=True)
        for model in models:
            opts = model._meta
            if opts.abstract:
                continue
            for field in opts._get_fields(reverse=False, include_parents=False):
                if not (field.is_relation and field.related_model is not None):
                    continue
                target = field.remote_field.model
                if not isinstance(target, str):
                    graph[target._meta.concrete_model._meta.label].append(field)
        for model in models:
            opts = model._meta
            opts.__dict__["_relation_tree"] = graph[opts.concrete_model._meta.label]
        # A model outside the registry has none.
        return self.__dict__.get("_relation_tree", EMPTY_RELATION_TREE)

    @cached_property
    def _relation_tree(self) -> Any:
        return self._populate_directed_relation_graph()

    def _expire_cache(self, forward: bool = True, reverse: bool = True) -> None:
        """Forget what depends on the fields.

        Args:
            forward: What depends on the fields declared here.
            reverse: What depends on relations of other models.
        """
        cache = self.__dict__
        if forward:
            for name in self.FORWARD_PROPERTIES:
                cache.pop(name, None)
        if reverse and not self.abstract:
            for name in self.REVERSE_PROPERTIES:
                cache.pop(name, None)
        self._get_fields_cache = {}


def _by_name(fields: Iterable[Any]) -> dict[str, Any]:
    """Fields by name and by attribute name."""
    result: dict[str, Any] = {}
    for field in fields:
        result[field.name] = field
        attname = getattr(field, "attname", None)
        if attname is not None:
            result[attname] = field
    return result
