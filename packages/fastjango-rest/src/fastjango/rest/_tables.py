"""Querysets to JSON without instances: rows of the driver, one query a table.

Only where every field of a shape is a column: then no method, property or signal would see the
instances anyway.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportPrivateUsage=false
# Models and querysets are dynamic.

from __future__ import annotations

import functools
from typing import Any

from fastjango.orm.fields.attributes import DeferredAttribute
from fastjango.orm.query.decoders import is_plain_model
from fastjango.orm.query.inspection import described
from fastjango.orm.query.iterables import ModelIterable
from fastjango.orm.router import router
from fastjango.rest._shapes import Shape
from fastjango.rest._steps import Steps
from fastjango.rest._writers import Writer, compiled
from fastjango.rest.planning import PlannedPrefetch

__all__ = ["Tables", "tables_of"]

KEYS_OF_A_QUERY = 5000


class _Unfit(Exception):
    """A shape that needs instances."""


class _Table:
    """One query: columns of a model's rows, and of single objects they are related to.

    Args:
        model: The model.
        link: The path from a row to the key of its owner; `None` for the outermost table.
    """

    def __init__(self, model: Any, link: str | None = None) -> None:
        self.model = model
        self.link = link
        self.paths: dict[str, int] = {} if link is None else {link: 0}
        self.models: dict[str, Any] = {"": model}
        self.owner: tuple[int, int] | None = None

    def column(self, prefix: str, name: str) -> int:
        """Return the index of a column, which is selected if it was not."""
        model = self.models[prefix]
        if name == "pk":
            name = model._meta.pk.attname
        attribute = _class_attribute(model, name)
        if type(attribute) is not DeferredAttribute and not _is_key(model, name):
            raise _Unfit
        return self.paths.setdefault(prefix + name, len(self.paths))

    def relation(self, prefix: str, name: str) -> str:
        """Return the prefix of a single related object."""
        relations = {field.name: field for field in self.models[prefix]._meta.concrete_fields}
        field = relations.get(name)
        if field is None:
            raise _Unfit  # the other side has the key
        related = field.related_model
        if not is_plain_model(related) or not _is_simple_key(field):
            raise _Unfit
        found = f"{prefix}{name}__"
        self.models[found] = related
        return found


def _class_attribute(model: Any, name: str) -> Any:
    for cls in model.__mro__:
        if name in cls.__dict__:
            return cls.__dict__[name]
    return None


def _is_key(model: Any, name: str) -> bool:
    """Whether a name is the attribute of a foreign key, whose value is in the row too."""
    return any(field.attname == name and field.is_relation for field in model._meta.concrete_fields)


def _is_simple_key(field: Any) -> bool:
    return bool(field.concrete and len(field.foreign_related_fields) == 1)


class _RowWriter(Writer):
    """Writes the loop over rows; an "object" is a row's name with a prefix of its columns."""

    def __init__(self, root: _Table) -> None:
        super().__init__()
        self.tables = [root]
        self.places: dict[str, tuple[_Table, str, str]] = {"row": (root, "", "row")}

    def read(self, obj: str, attribute: str) -> str:
        table, prefix, row = self.places[obj]
        return f"{row}[{table.column(prefix, attribute)}]"

    def _object(self, depth: int, obj: str, attribute: str) -> str:
        table, prefix, row = self.places[obj]
        found = self.name("o")
        inner = table.relation(prefix, attribute)
        self.places[found] = (table, inner, row)
        self.line(depth, f"if {row}[{table.column(inner, 'pk')}] is not None:")
        return found

    def _related(self, depth: int, obj: str, parts: Shape, target: str) -> None:
        """Write an object's text once for each key: one statement knows one state of a row."""
        memo, key = self.name("m"), self.name("k")
        self.memos.append(memo)
        self.line(depth, f"{key} = {self.read(obj, 'pk')}")
        self.line(depth, f"{target} = {memo}.get({key})")
        self.line(depth, f"if {target} is None:")
        self.level(depth + 1, obj, parts, target)
        self.line(depth + 1, f"{memo}[{key}] = {target}")

    def _each(self, depth: int, obj: str, attribute: str, cache_name: str) -> str:
        owner, prefix, row = self.places[obj]
        model, link = _link(owner.models[prefix], attribute)
        table = _Table(model, link)
        table.owner = (self.tables.index(owner), owner.column(prefix, "pk"))
        self.tables.append(table)
        each = self.name("o")
        self.places[each] = (table, "", each)
        index = len(self.tables) - 1
        self.line(depth, f"for {each} in tables[{index}].get({row}[{table.owner[1]}], ()):")
        return each


def _link(model: Any, attribute: str) -> tuple[Any, str]:
    """Return the model at the other end of a relation to many, and its path back to the key."""
    opts = model._meta
    for field in opts.many_to_many:
        if field.name == attribute:
            return _usable(field.related_model), f"{field.related_query_name()}__pk"
    for relation in opts.related_objects:
        if relation.get_accessor_name() == attribute:
            field = relation.field
            if relation.many_to_many:
                return _usable(relation.related_model), f"{field.name}__pk"
            if field.target_field.primary_key:
                return _usable(relation.related_model), field.attname
    raise _Unfit


def _usable(model: Any) -> Any:
    if not is_plain_model(model) or not model._meta.pk.concrete:
        raise _Unfit
    return model


class Tables:
    """The queries for a shape, and the code that puts their rows together.

    Args:
        model: The model of the outermost rows.
        shape: The shape.

    Raises:
        _Unfit: The shape needs instances.
    """

    def __init__(self, model: Any, shape: Shape) -> None:
        writer = _RowWriter(_Table(_usable(model)))
        _refuse_calls(shape)
        writer.level(2, "row", shape, "made")
        self.tables = writer.tables
        self.models = {each for table in self.tables for each in table.models.values()}
        self.build = compiled(writer, "rows, tables, slots")

    def build_steps(self, queryset: Any, slots: list[Any]) -> Steps:
        """Read the tables and return the text of each row."""
        read: list[list[Any]] = []
        by_owner: list[dict[Any, list[Any]]] = []
        for table in self.tables:
            if table.owner is None:
                if queryset._prefetch_related_lookups:
                    queryset = queryset.prefetch_related(None)
                rows = yield _reading(queryset, table)
            else:
                index, column = table.owner
                keys = [row[column] for row in read[index]]
                rows = yield from _related_steps(table, queryset.db, keys)
            read.append(rows)
            grouped: dict[Any, list[Any]] = {}
            if table.owner is not None:
                for row in rows:
                    grouped.setdefault(row[0], []).append(row)
            by_owner.append(grouped)
        return self.build(read[0], by_owner, slots)


def _related_steps(table: _Table, using: str, keys: list[Any]) -> Steps:
    wanted = [key for key in dict.fromkeys(keys) if key is not None]
    rows: list[Any] = []
    for start in range(0, len(wanted), KEYS_OF_A_QUERY):
        chunk = wanted[start : start + KEYS_OF_A_QUERY]
        related = table.model._default_manager.using(using)
        queryset = related.filter(**{f"{table.link}__in": chunk})
        rows.extend((yield _reading(queryset, table)))
    return rows


def _reading(queryset: Any, table: _Table) -> Any:
    rows = queryset.values_list(*table.paths)

    def read() -> list[Any]:
        return list(rows)

    async def aread() -> list[Any]:
        # At once: iterating asynchronously costs more for each row than building its answer.
        fetched: list[Any] = await rows._afetch_all()
        return fetched

    return read, aread, ()


def _refuse_calls(shape: Shape) -> None:
    for kind, _name, *rest in shape:
        if kind == "call":
            raise _Unfit
        if kind in ("one", "many"):
            _refuse_calls(rest[1])


@functools.lru_cache(maxsize=512)
def _tables(model: Any, shape: Shape) -> Tables | None:
    try:
        return Tables(model, shape)
    except _Unfit:
        return None


def tables_of(queryset: Any, model: Any, shape: Shape) -> Tables | None:
    """Return the queries for a queryset's rows; `None` if instances are needed.

    Args:
        queryset: A queryset that was not read, with nothing asked of it that rows would change.
        model: The serializer's model.
        shape: The serializer's shape.
    """
    query = described(queryset)
    if (
        queryset.model is not model
        or queryset._result_cache is not None
        or queryset._iterable_class is not ModelIterable
        or query.distinct
        or query.combinator
        or query.annotations
        or query.group_by
        or getattr(query, "extra", None)
        or any(
            not isinstance(lookup, (str, PlannedPrefetch))
            for lookup in queryset._prefetch_related_lookups
        )
    ):
        return None
    tables = _tables(model, shape)
    if tables is None or (len(tables.tables) > 1 and router.routers):
        return None  # routers are asked with the row that a relation starts from
    # Somebody may have begun to listen to the signals of a model since.
    return tables if all(map(is_plain_model, tables.models)) else None
