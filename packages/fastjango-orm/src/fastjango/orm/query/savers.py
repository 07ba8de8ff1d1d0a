"""Saving an instance that lives in one table: its INSERT and its UPDATE, written once per class.

Statements are compiled and the functions that gather the parameters generated for a class, a
database and (for updates) a choice of fields. Whatever takes more than that (parent tables,
database defaults, generated columns, expressions among the values, listening receivers, code of
the model's own) is refused here and saved step by step, see `fastjango.orm.saving`.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Values may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.runner import current_edge
from fastjango.orm.engine.statement import Statement
from fastjango.orm.options import Options
from fastjango.orm.query.fieldtypes import fields as field_classes
from fastjango.orm.query.slots import OutOfPlan
from fastjango.orm.query.sql import InsertQuery
from fastjango.orm.query.sql.compilers.driver import driver_sql
from fastjango.orm.query.sql.compilers.writers import column_writer
from fastjango.orm.saving import prepare_related_fields
from fastjango.orm.signals import post_save, pre_save

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastjango.orm.engine.statement import Result

__all__ = ["MAX_SAVERS", "clear_savers", "inserted", "planned_insert", "planned_update"]

MAX_SAVERS: Final = 1024
"""Most classes, times databases, whose statements are kept; with more, all are forgotten."""

MAX_TEXTS: Final = 64
"""Most choices of fields, and of types of values, for which a class keeps statements."""

_savers: dict[tuple[Any, str], _Saver | None] = {}

_FIELDS: Final = "fastjango.orm.fields"

_KEYS: Final = frozenset({int, str, uuid.UUID})

# Types whose cast in a statement does not depend on the value.
_STEADY: Final = frozenset(
    {
        str,
        bool,
        float,
        bytes,
        type(None),
        Decimal,
        uuid.UUID,
        datetime.date,
        datetime.time,
        datetime.timedelta,
    }
)


def clear_savers() -> None:
    """Forget all statements: the databases, or an option of a model, have changed."""
    _savers.clear()


connections.on_reconfigure.append(clear_savers)
Options.on_change.append(clear_savers)


class _Text:
    """A statement in the parameter style of each driver.

    Args:
        sql: The statement, with `%s` for each parameter.
        using: The database alias.
    """

    __slots__ = ("known", "sql", "styles", "using")

    def __init__(self, sql: str, using: str) -> None:
        self.sql = sql
        self.using = using
        self.styles: dict[Any, str | None] = {}
        self.known: dict[tuple[Any, ...], str] = {}

    def on(self, edge: Any, params: Sequence[Any]) -> str:
        """Return the statement for an edge and values of these types."""
        if edge not in self.styles:
            style = connections[self.using].dialect(edge).paramstyle
            # Parameters numbered by dollars carry casts to the types of their values.
            is_fixed = style != "numeric_dollar"
            self.styles[edge] = driver_sql(self.sql, params, style) if is_fixed else None
        text = self.styles[edge]
        return self._numbered(params) if text is None else text

    def _numbered(self, params: Sequence[Any]) -> str:
        kinds = _kinds(params)
        if kinds is None:
            return driver_sql(self.sql, params, "numeric_dollar")
        text = self.known.get(kinds)
        if text is None:
            if len(self.known) >= MAX_TEXTS:
                self.known.clear()
            text = self.known[kinds] = driver_sql(self.sql, params, "numeric_dollar")
        return text


def _kinds(params: Sequence[Any]) -> tuple[Any, ...] | None:
    """Return what the casts of values depend on, `None` if that takes a closer look."""
    kinds: list[Any] = []
    for value in params:
        kind: Any = type(value)
        if kind is int:
            if abs(value) > 2**63 - 1:
                return None
        elif kind is datetime.datetime:
            kind = (kind, value.tzinfo is None)
        elif kind not in _STEADY:
            return None
        kinds.append(kind)
    return tuple(kinds)


def _prepared(value: Any, field: Any, using: str) -> Any:
    """Return what the driver gets for a value that is not stored as it is.

    Raises:
        OutOfPlan: It is an expression, or a model instance, which is refused step by step.
    """
    if hasattr(value, "resolve_expression") or hasattr(value, "prepare_database_save"):
        raise OutOfPlan
    value = field.get_db_prep_save(value, connection=connections[using])
    if hasattr(value, "as_sql"):
        raise OutOfPlan
    return value


def _gatherer(writers: Sequence[Any], add: bool, using: str) -> Callable[[Any], tuple[Any, ...]]:
    """Write the function that gives an instance's values as the driver wants them."""
    names: dict[str, Any] = {"prepared": _prepared, "using": using}
    lines = ["def gather(obj):", "    data = obj.__dict__"]
    for number, (attname, own_pre_save, unchanged, field) in enumerate(writers):
        names[f"field{number}"], names[f"kept{number}"] = field, unchanged
        if own_pre_save is None:
            lines.append(f"    v{number} = data[{attname!r}]")
        else:
            names[f"pre_save{number}"] = own_pre_save
            lines.append(f"    v{number} = pre_save{number}(obj, {add})")
        lines.append(f"    if type(v{number}) not in kept{number}:")
        lines.append(f"        v{number} = prepared(v{number}, field{number}, using)")
    lines.append(f"    return ({''.join(f'v{number}, ' for number in range(len(writers)))})")
    exec("\n".join(lines), names)  # our own text
    gather: Callable[[Any], tuple[Any, ...]] = names["gather"]
    return gather


class _Saver:
    """How instances of a class are written to one database.

    Attributes:
        fields: The table's columns when this was made.
        keyless: Statement and values of an INSERT whose key the database makes, or `None`.
        keyed: The same with the key given.
        makes_key: Whether a missing key is made here, not by the database.
        fetch: `"all"` if an INSERT gives the key as a row.
        related: Whether instances can hold related objects that saving must look at.
    """

    __slots__ = (
        "fetch",
        "fields",
        "key",
        "key_name",
        "keyed",
        "keyless",
        "makes_key",
        "meta",
        "related",
        "sends",
        "updates",
        "using",
    )

    def __init__(self, model: Any, using: str) -> None:
        meta = self.meta = model._meta.concrete_model._meta
        self.using = using
        self.fields = meta.local_concrete_fields
        self.key = meta.pk
        self.key_name = meta.pk.attname
        self.sends = not meta.auto_created
        self.related = bool(meta.private_fields) or any(f.is_relation for f in self.fields)
        self.updates: dict[Any, tuple[_Text, Any] | None] = {}
        auto = meta.auto_field
        self.makes_key = auto is None or auto.has_default()
        returns = bool(connections[using].features.can_return_columns_from_insert)
        self.fetch: Literal["all", "none"] = "all" if returns and auto is not None else "none"
        self.keyless = self.keyed = None
        if meta.order_with_respect_to is None:
            if auto is not None:
                self.keyless = self._insert([field for field in self.fields if field is not auto])
            if returns or auto is None:
                self.keyed = self._insert(self.fields)

    def _insert(self, fields: Sequence[Any]) -> tuple[_Text, Any] | None:
        writers = [column_writer(field, False) for field in fields]
        if not writers or None in writers:
            return None
        compiler = InsertQuery(self.meta.model).get_compiler(using=self.using)
        if self.fetch == "all":
            compiler.returning_fields = self.meta.db_returning_fields
        sql = compiler.plain_text(fields)
        return _Text(sql, self.using), _gatherer(writers, True, self.using)

    def update(self, names: tuple[str, ...] | None) -> tuple[_Text, Any] | None:
        """Return statement and values of an UPDATE by key, `None` if it takes more.

        Args:
            names: The fields to write, `None` for all.
        """
        try:
            return self.updates[names]
        except KeyError:
            if len(self.updates) >= MAX_TEXTS:
                self.updates.clear()
            found = self.updates[names] = self._update(names)
            return found

    def _update(self, names: tuple[str, ...] | None) -> tuple[_Text, Any] | None:
        meta = self.meta
        if not _is_plain_key(self.key):
            return None
        fields = [field for field in self.fields if field is not self.key]
        if names is not None:
            if not meta._non_pk_concrete_field_names.issuperset(names):
                return None  # the error is found step by step
            fields = [f for f in fields if f.name in names or f.attname in names]
        writers = [column_writer(field, False) for field in (*fields, self.key)]
        if not fields or None in writers:
            return None
        quote = connections[self.using].ops.quote_name
        changes = ", ".join(f"{quote(field.column)} = %s" for field in fields)
        table = quote(meta.db_table)
        sql = f"UPDATE {table} SET {changes} WHERE {table}.{quote(self.key.column)} = %s"
        return _Text(sql, self.using), _gatherer(writers, False, self.using)


def _is_plain_key(field: Any) -> bool:
    """Whether a key is written and looked for as the same value."""
    kinds = (field_classes.IntegerField, field_classes.CharField, field_classes.UUIDField)
    return isinstance(field, kinds) and type(field).__module__.startswith(_FIELDS)


def _make_saver(model: Any, using: str) -> _Saver | None:
    from fastjango.orm.base import Model

    meta = model._meta.concrete_model._meta
    auto = meta.auto_field
    if (
        meta.parents
        or (
            auto is not None and (auto is not meta.pk or auto.get_db_converters(connections[using]))
        )
        or meta.is_composite_pk
        or model._meta.select_on_save  # which a proxy has for itself
        or model.__setattr__ is not object.__setattr__
        or any(field.generated for field in meta.local_concrete_fields)
        or any(field is not auto for field in meta.db_returning_fields)
        or any(field.has_db_default() for field in meta.local_concrete_fields)
        or model.save_base is not Model.save_base
        or model.save_steps is not Model.save_steps
        or model.save_base_steps is not Model.save_base_steps
    ):
        return None
    return _Saver(model, using)


def _saver(model: Any, using: str, edge: Any) -> _Saver | None:
    key = (model, using)
    try:
        found = _savers[key]
    except KeyError:
        pass
    else:
        if found is None or found.fields is found.meta.local_concrete_fields:
            return found
    if edge == "async" and not connections[using].is_server_known:
        return None  # what the server can do is asked first
    if len(_savers) >= MAX_SAVERS:
        _savers.clear()
    made = _savers[key] = _make_saver(model, using)
    return made


def _is_listened(model: Any) -> bool:
    return bool(
        (pre_save.receivers and pre_save.has_listeners(model))
        or (post_save.receivers and post_save.has_listeners(model))
    )


# -- inserting -------------------------------------------------------------------------


def planned_insert(obj: Any, using: str) -> Statement | None:
    """Return the INSERT of an instance, `None` if it must be saved step by step.

    Raises:
        ValueError: A related object has no row.
    """
    model = type(obj)
    edge = current_edge(using)
    saver = _saver(model, using, edge)
    if saver is None or (saver.sends and _is_listened(model)):
        return None
    if saver.related and obj._state.fields_cache:
        prepare_related_fields(obj, "save")
    key = obj.__dict__.get(saver.key_name)
    if key is None and saver.makes_key:
        key = saver.key.get_pk_value_on_save(obj)
        setattr(obj, saver.key_name, key)
    found = saver.keyless if key is None else saver.keyed
    if found is None:
        return None
    text, gather = found
    try:
        params = gather(obj)
    except (KeyError, OutOfPlan):
        return None  # a value that was not fetched, or an expression
    fetch = saver.fetch
    return Statement(text.on(edge, params), params, fetch, kind="write", using=using)


def inserted(obj: Any, using: str, result: Result) -> None:
    """Tell an instance that its row was inserted."""
    saver = _savers[type(obj), using]
    assert saver is not None
    if saver.fetch == "all":
        setattr(obj, saver.key_name, result.rows[0][0])
    elif saver.meta.auto_field is not None:
        setattr(obj, saver.key_name, result.lastrowid)
    state = obj._state
    state.db = using
    state.adding = False


# -- updating --------------------------------------------------------------------------


def planned_update(obj: Any, using: str, update_fields: Any) -> Statement | None:
    """Return the UPDATE of an instance's row, `None` if it must be saved step by step.

    Args:
        obj: An instance that was read from this database or saved to it.
        using: The database alias.
        update_fields: The names of the fields to write, `None` for all.

    Raises:
        ValueError: A related object has no row.
    """
    model = type(obj)
    edge = current_edge(using)
    saver = _saver(model, using, edge)
    if saver is None or (saver.sends and _is_listened(model)):
        return None
    if update_fields is not None:
        try:
            update_fields = tuple(update_fields)
            found = saver.update(update_fields)
        except TypeError:
            return None  # the error is found step by step
    else:
        found = saver.update(None)
    key = obj.__dict__.get(saver.key_name)
    if found is None or (type(key) is int and abs(key) > 2**63 - 1) or type(key) not in _KEYS:
        return None
    if saver.related and obj._state.fields_cache:
        prepare_related_fields(obj, "save")
    text, gather = found
    try:
        params = gather(obj)
    except (KeyError, OutOfPlan):
        return None  # a value that was not fetched, or an expression
    return Statement(text.on(edge, params), params, "none", kind="write", using=using)
