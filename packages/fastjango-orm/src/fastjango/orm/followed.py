"""Which relation a query follows, told from its SQL or from the code that ran it.

The N+1 guard asks. Nothing here queries: models are looked up by table and column, and the stack is
read for the object whose attribute was asked for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from types import FrameType
from typing import Any, NamedTuple

from fastjango.core import apps
from fastjango.orm.manager import BaseManager

__all__ = [
    "Followed",
    "Models",
    "Read",
    "is_parent_link",
    "look_at",
    "shape_of",
]

_NAME = r"[\"`]([^\"`]+)[\"`]"
_VALUE = r"(?:\?|%s|\$\d+(?:::[\w ]+(?:\[\])?)?)"
_TABLE = re.compile(rf"\bFROM\s+{_NAME}", re.IGNORECASE)
_JOIN = re.compile(
    rf"\bJOIN\s+{_NAME}\s+ON\s+\(?{_NAME}\.{_NAME} = {_NAME}\.{_NAME}", re.IGNORECASE
)
_FILTER = re.compile(rf"{_NAME}\.{_NAME}\s*(?:=|IN)\s*\(?\s*{_VALUE}", re.IGNORECASE)
_VALUES = re.compile(rf"\bIN\s*\(\s*{_VALUE}(?:\s*,\s*{_VALUE})*\s*\)", re.IGNORECASE)
_NUMBERED = re.compile(r"\$\d+")
_CONDITION = re.compile(r"\b(?:AND|OR)\b")
_EXISTS = re.compile(rf"SELECT {_VALUE} AS [\"`]?a\b")
_WHERE = re.compile(r"\bWHERE\b(.*?)(?:\bGROUP BY\b|\bORDER BY\b|\bLIMIT\b|$)", re.DOTALL)


@lru_cache(maxsize=512)
def shape_of(sql: str) -> str:
    """Return SQL with the length of its lists and the numbers of its parameters left out."""
    return _NUMBERED.sub("$", _VALUES.sub("IN (...)", sql))


class Followed(NamedTuple):
    """An attribute of a model's objects, through which others were read.

    Attributes:
        model: Whose attribute.
        name: As `select_related` and `prefetch_related` take it.
        is_single: It leads to one object that a join can bring along.
        is_column: It is no relation but a column that was left out.
    """

    model: Any
    name: str
    is_single: bool
    is_column: bool = False


class Read:
    """One shape of query.

    Attributes:
        sql: The first one's text.
        count: How often it was run.
        latest: Number of its latest run among all runs.
        seen: What the code that ran it asked for, in order, as far as it could be seen.
        is_followed: A relation led to its rows, rather than a condition that looks like one.
    """

    def __init__(self, sql: str) -> None:
        self.sql = sql
        self.count = 0
        self.latest = 0
        self.seen: dict[Followed, None] = {}
        found = _TABLE.search(sql)
        self.table = None if found is None else found.group(1)
        self.joins: list[tuple[str, str, str, str, str]] = _JOIN.findall(sql)
        self.filters: list[tuple[str, str]] = _FILTER.findall(sql)
        # What is prefetched is asked for by lists.
        self.is_followed = _VALUES.search(sql) is not None

    @property
    def conditions(self) -> int:
        """How many conditions its rows meet; a slice counts as one."""
        where = _WHERE.search(self.sql)
        if where is None:
            return 0
        is_sliced = " LIMIT " in self.sql and _EXISTS.match(self.sql) is None
        return 1 + len(_CONDITION.findall(where.group(1))) + is_sliced


class Models:
    """The installed models by table, and the relations between them; none before the boot."""

    def __init__(self) -> None:
        installed = apps.get_models(include_auto_created=True) if apps.models_ready else ()
        self._by_table: dict[str, Any] = {
            model._meta.db_table: model for model in installed if not model._meta.proxy
        }

    def of(self, table: str | None) -> Any:
        """Return the model of a table, or None."""
        return None if table is None else self._by_table.get(table)

    def followed(self, read: Read, tables: list[str]) -> list[Followed]:
        """Return the relations that a query may follow; the code's word goes before the SQL's.

        Args:
            read: The query.
            tables: Those that were read, in order.
        """
        if read.seen:
            return list(read.seen)
        target = self.of(read.table)
        if target is None:
            return []
        for table, column in read.filters:
            found = (
                self._many_to_many(target, table, column)
                or self._generic(target, read)
                or self._forward(target, read, table, column, tables)
                or self._reverse(target, read, table, column)
            )
            if found:
                return found
        return []

    def joined(self, read: Read, model: Any) -> Followed | None:
        """Return the relation by which a query brings rows of `model` along, or None."""
        for table, left, left_column, right, right_column in read.joins:
            if self.of(table) is not model:
                continue
            for owner, column in ((left, left_column), (right, right_column)):
                field = None if owner == table else _key(self.of(owner), column)
                if field is not None and field.remote_field.model is model:
                    return Followed(self.of(owner), field.name, is_single=True)
        return None

    def is_narrowed(self, read: Read, followed: Followed) -> bool:
        """Whether a query asks for a part of a relation only, which `prefetch_related` must know.

        Conditions of the model's own manager are met by what is prefetched as well.
        """
        target = self.of(read.table)
        if followed.is_single or target is None or has_own_conditions(target):
            return False
        return read.conditions > (2 if is_generic(followed) else 1)

    def _forward(
        self, target: Any, read: Read, table: str, column: str, tables: list[str]
    ) -> list[Followed]:
        """The object of a foreign key was fetched: models read before have such keys."""
        if table != read.table:
            return []
        found: list[Followed] = []
        for earlier in tables:
            model = self.of(earlier)
            if model is None:
                continue
            found.extend(
                Followed(model, field.name, is_single=True)
                for field in model._meta.concrete_fields
                if _points_to(field, target, column)
            )
        return found or self._generic_key(target, column, tables)

    def _generic_key(self, target: Any, column: str, tables: list[str]) -> list[Followed]:
        """The object of a generic foreign key was fetched: models read before have such keys."""
        if target._meta.pk.column != column:
            return []
        models = [model for table in tables if (model := self.of(table)) is not None]
        return [
            Followed(model, field.name, is_single=False)
            for model in models
            for field in model._meta.private_fields
            if hasattr(field, "fk_field")
        ]

    def _reverse(self, target: Any, read: Read, table: str, column: str) -> list[Followed]:
        """Rows that refer to one object were fetched: the other end of their foreign key."""
        field = _key(target, column) if table == read.table else None
        if field is None:
            return []
        remote = field.remote_field
        name = remote.get_accessor_name()
        return [Followed(remote.model, name, not remote.multiple)] if name else []

    def _many_to_many(self, target: Any, table: str, column: str) -> list[Followed]:
        """Rows were fetched over a join table, or counted in it: the field behind it."""
        through = self.of(table)
        if through is None:
            return []
        for model in self._by_table.values():
            for field in model._meta.local_many_to_many:
                remote = field.remote_field
                if remote.through is not through:
                    continue
                is_counted = target is through and through._meta.auto_created
                if field.m2m_column_name() == column and (is_counted or remote.model is target):
                    return [Followed(model, field.name, is_single=False)]
                if field.m2m_reverse_name() == column and (is_counted or model is target):
                    name = remote.get_accessor_name()
                    return [Followed(remote.model, name, is_single=False)] if name else []
        return []

    def _generic(self, target: Any, read: Read) -> list[Followed]:
        """Rows of one content type and key were fetched: the `GenericRelation` to them."""
        filtered = {column for _, column in read.filters}
        found: list[Followed] = []
        for model in self._by_table.values():
            for field in model._meta.private_fields:
                key = getattr(field, "object_id_field_name", None)
                if key is None or field.remote_field.model is not target:
                    continue
                if target._meta.get_field(key).column in filtered:
                    found.append(Followed(model, field.name, is_single=False))
        return found


def _key(model: Any, column: str) -> Any:
    """The foreign key of a model in a column, or None."""
    if model is None:
        return None
    for field in model._meta.concrete_fields:
        if field.column == column and field.remote_field is not None:
            return field
    return None


def _points_to(field: Any, target: Any, column: str) -> bool:
    """Whether a field is a foreign key to a column of a model."""
    remote = field.remote_field
    return (
        remote is not None
        and getattr(remote, "model", None) is target
        and field.target_field.column == column
    )


def has_own_conditions(model: Any) -> bool:
    """Whether a model's manager may leave rows out."""
    plain: Any = BaseManager
    return _class_of(model._default_manager).get_queryset is not plain.get_queryset


def is_generic(followed: Followed) -> bool:
    """Whether a relation is told by two columns, the type of the object and its key."""
    fields = followed.model._meta.private_fields
    return any(field.name == followed.name for field in fields)


def is_parent_link(followed: Followed) -> bool:
    """Whether a relation leads from a child of multi-table inheritance to its parent."""
    field = followed.model._meta.get_field(followed.name)
    return bool(getattr(field.remote_field, "parent_link", False))


def _class_of(value: object) -> Any:
    return type(value)


# -- what the code asked for ---------------------------------------------------------------


def look_at(frame: FrameType, read: Read) -> None:
    """Note what a frame of the ORM that runs a query asks for."""
    found = attribute_read(frame) or relation_read(frame)
    if found is not None:
        read.seen[found] = None
        read.is_followed = True
        return
    queryset: Any = frame.f_locals.get("self")
    if hasattr(_class_of(queryset), "_add_hints") and "instance" in queryset._hints:
        read.is_followed = True


def attribute_read(frame: FrameType) -> Followed | None:
    """Return the attribute that a frame of a descriptor reads from an object."""
    if frame.f_code.co_name != "__get__":
        return None
    instance = frame.f_locals.get("instance")
    field = getattr(frame.f_locals.get("self"), "field", None)
    if field is None or not hasattr(instance, "_meta"):
        return None
    # A relation's other side stands in for its field; a generic one has no other side to join.
    name = getattr(field, "accessor_name", None) or field.name
    is_relation = bool(field.is_relation)
    is_single = is_relation and field.remote_field is not None
    return Followed(type(instance), name, is_single, is_column=not is_relation)


def relation_read(frame: FrameType) -> Followed | None:
    """Return the relation whose manager a frame belongs to."""
    manager: Any = frame.f_locals.get("self")
    # Of the class: asking a lazy object for an attribute would make it query.
    relation: Any = getattr(_class_of(manager), "relation", None)
    if relation is None:
        return None
    instance = getattr(manager, "instance", None)
    if not hasattr(instance, "_meta"):
        return None
    is_other_side = getattr(manager, "is_reverse", not relation.field.one_to_many)
    name = relation.get_accessor_name() if is_other_side else relation.field.name
    return Followed(type(instance), name, is_single=False) if name else None
