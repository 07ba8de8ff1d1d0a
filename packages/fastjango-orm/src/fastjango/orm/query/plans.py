"""Plans: querysets of one shape share their SQL, their binder and their row decoder.

A shape is a chain of operations without their values: `filter(name=<str>)`, then
`order_by("-id")`, then a slice. Shapes form a tree; each operation of a queryset is one step
down a dictionary, and a shape that was seen before costs no parsing, joining or compiling.
What changes the SQL is part of the step: names, the types of values, `None` and booleans, and
the length class of a list. Where an operation is not known to behave, the queryset leaves the
tree and is compiled as any other.

The first time a step is taken the operation is carried out on an ordinary query too, so that
errors come at the same time and with the same text.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from fastjango.core.exceptions import (
    EmptyResultSet,
    FieldError,
    FullResultSet,
    ValidationError,
)
from fastjango.orm.engine.handler import connections
from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.aggregates import Count
from fastjango.orm.query.frozen import list_class
from fastjango.orm.query.operations import apply_order, apply_slice
from fastjango.orm.query.slots import OutOfPlan, Param, Slot, Unplannable, identity
from fastjango.orm.query.sql import DeleteQuery, Query
from fastjango.orm.query.sql.compilers.driver import driver_sql

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["MAX_SHAPES", "WRITING", "Plan", "Shape", "cache_size", "clear_plans", "root_shape"]

MAX_SHAPES: Final = 4096
"""Most shapes kept; the half that was not used for longest goes when there are more."""

WRITING: Final = frozenset({"update", "delete"})
"""Kinds of plans that change rows."""

MAX_SEEN: Final = 1024
"""Most operations remembered as seen once, for each shape."""

_roots: dict[Any, tuple[Any, Any, Shape]] = {}
"""By model: its options, its list of fields, and the shape of all rows."""

_shapes: dict[int, Shape] = {}
_clock = 0

Operation = Any
"""A function `(query, static, values)` that changes a query."""


class Plan:
    """A compiled statement, and how to bind values and decode rows.

    Args:
        sql: The statement in the driver's style, up to a LIMIT.
        bind: Makes the parameters of the values.
        compiler: The compiler that wrote it, which knows the columns.
    """

    __slots__ = ("bind", "compiler", "decoders", "limits", "models", "sql", "text_of_get")

    def __init__(self, sql: str, bind: Callable[[Any], tuple[Any, ...]], compiler: Any) -> None:
        self.sql = sql
        self.bind = bind
        self.compiler = compiler
        self.decoders: dict[Any, Any] = {}
        self.limits: dict[tuple[int, int | None], str] = {}
        self.models = _models_of(compiler.klass_info)
        # The statement of `get()`, once it was asked for.
        self.text_of_get = ""

    def aggregates(self, row: Any) -> dict[str, Any]:
        """Return what was computed over all rows, by name."""
        selected = self.compiler.query.annotation_select
        values = self.compiler.convert_rows([row], list(selected.values()))[0]
        return dict(zip(selected, values, strict=False))

    def limited(self, low: int, high: int | None) -> str:
        """Return the statement with a LIMIT."""
        key = (low, high)
        sql = self.limits.get(key)
        if sql is None:
            if len(self.limits) > 256:
                self.limits.clear()
            clause = self.compiler.connection.ops.limit_offset_sql(low, high)
            sql = self.limits[key] = f"{self.sql} {clause}" if clause else self.sql
        return sql


def _models_of(info: Any) -> tuple[Any, ...]:
    if not info:
        return ()
    below = info.get("related_klass_infos", ())
    return (info["model"], *(model for child in below for model in _models_of(child)))


class Shape:
    """A chain of operations without values.

    Args:
        model: The model.
        parent: The shape before the last operation.
        operation: The last operation.
        static: What of it is not a value.
        slots: The places of its values.
    """

    __slots__ = (
        "count",
        "following",
        "model",
        "one",
        "operation",
        "parent",
        "plain",
        "plans",
        "prepares",
        "seen",
        "sliced",
        "slots",
        "static",
        "template",
        "used",
    )

    def __init__(
        self,
        model: Any,
        template: Any,
        parent: Shape | None = None,
        operation: Operation = None,
        static: Any = None,
        slots: Sequence[Slot] = (),
    ) -> None:
        self.model = model
        self.template = template
        self.parent = parent
        self.operation = operation
        self.static = static
        self.slots = tuple(slots)
        self.prepares = tuple(slot.prepare for slot in slots)
        self.count: int = (parent.count if parent else 0) + len(self.slots)
        self.sliced: bool = bool(parent and parent.sliced)
        self.following: dict[Any, Shape | None] = {}
        self.plans: dict[Any, Plan | None] = {}
        self.used = 0
        self.seen: set[Any] = set()
        self.plain = all(prepare is identity for prepare in self.prepares)
        # The shape that `get()` evaluates after this one.
        self.one: Shape | None = None

    def prepared(self, values: Sequence[Any]) -> tuple[Any, ...]:
        """Return the last operation's values as the fields prepare them."""
        if self.plain:
            return tuple(values)
        return tuple([prepare(v) for prepare, v in zip(self.prepares, values, strict=True)])

    def replay(self, values: tuple[Any, ...]) -> Any:
        """Return an ordinary query with these values."""
        chain: list[Shape] = []
        shape: Shape = self
        while shape.parent is not None:
            chain.append(shape)
            shape = shape.parent
        query = Query(self.model)
        start = 0
        for step in reversed(chain):
            end = start + len(step.slots)
            query = query.chain()
            step.operation(query, step.static, values[start:end])
            start = end
        return query

    # -- growing -----------------------------------------------------------------------

    def grow(
        self, key: Any, operation: Operation, static: Any, samples: Sequence[Any] = ()
    ) -> Shape | None:
        """Add the shape after an operation.

        Args:
            key: What tells the operation from others.
            operation: The operation.
            static: What of it is not a value.
            samples: A value for each slot.

        Returns:
            The shape, or `None` if the operation cannot be part of a plan.
        """
        slots = [
            Slot(self.count + offset, sample, list_class(sample))
            for offset, sample in enumerate(samples)
        ]
        found: Shape | None = None
        try:
            template = self.template.chain()
            operation(template, static, slots)
            if all(slot.binder is not None for slot in slots):
                found = Shape(self.model, template, self, operation, static, slots)
        except (Unplannable, OutOfPlan, FieldError, ValueError, TypeError, NotSupportedError):
            found = None
        if len(_shapes) >= MAX_SHAPES:
            _evict()
        self.following[key] = found
        if found is not None:
            touch(found)
            _shapes[id(found)] = found
        return found

    def is_first(self, key: Any) -> bool:
        """Whether an operation comes for the first time: then it is worth no plan yet."""
        if key in self.seen:
            self.seen.discard(key)
            return False
        if len(self.seen) > MAX_SEEN:
            self.seen.clear()
        self.seen.add(key)
        return True

    def after(
        self, found: tuple[Any, list[Any]], operation: Operation, static: Callable[[], Any]
    ) -> Shape | None:
        """Return the shape after an operation with values, `None` if there is none yet or never.

        Args:
            found: What tells the operation from others, and its values.
            operation: The operation.
            static: Gives what of the operation is no value.
        """
        key = found[0]
        following = self.following.get(key)
        if following is None:
            # The first time the ordinary way finds errors and gives the right text.
            if key in self.following or self.is_first(key):
                return None
            following = self.grow(key, operation, static(), found[1])
        return following

    def for_get(self) -> Shape | None:
        """Return the shape that `get()` evaluates: unordered, and cut after a few rows."""
        if self.one is None:
            unordered = self.step(("order_by",), apply_order, ())
            one = None if unordered is None else unordered.step(("slice",), apply_slice, None)
            if one is None:
                return None
            one.sliced = True
            self.one = one
        return self.one

    def step(self, key: Any, operation: Operation, static: Any) -> Shape | None:
        """Return the shape after an operation without values."""
        try:
            return self.following[key]
        except KeyError:
            return self.grow(key, operation, static)

    # -- compiling ---------------------------------------------------------------------

    def plan(self, kind: str, alias: str, edge: Any, values: tuple[Any, ...]) -> Plan | None:
        """Return the plan for a database and edge, compiling it the first time.

        Args:
            kind: `"rows"`, `"count"`, `"exists"`, `"aggregate"`, `"update"` or `"delete"`.
            alias: The database alias.
            edge: `"sync"` or `"async"`.
            values: Of all slots, as the fields prepare them.

        Returns:
            The plan, or `None` if the statement cannot be planned.
        """
        key = (kind, alias, edge)
        try:
            plan = self.plans[key]
        except KeyError:
            try:
                self._take_samples(values)
                plan = self.plans[key] = self._compile(kind, alias, edge)
            except (ValueError, TypeError, AttributeError, OverflowError, ValidationError):
                # An expression wants to know a value that is not fixed, or a value is not one of
                # its field: the ordinary way tells.
                return None
        if plan is not None:
            touch(self)
        return plan

    def _take_samples(self, values: tuple[Any, ...]) -> None:
        """Let the present values stand for those to come.

        The first ones may have been wrong, or have changed since, as an instance does that was
        deleted.
        """
        shape: Shape | None = self
        while shape is not None:
            for slot in shape.slots:
                slot.sample = values[slot.index]
            shape = shape.parent

    def _compile(self, kind: str, alias: str, edge: Any) -> Plan | None:
        connection = connections[alias]
        try:
            compiler = _compiler(self.template.clone(), kind, alias)
            for _ in compiler.prepare_steps():
                return None  # must ask the database first
            sql, params = compiler.as_sql(**({"with_limits": False} if kind == "rows" else {}))
        except (EmptyResultSet, FullResultSet, Unplannable, OutOfPlan):
            return None
        if not sql or compiler.has_extra_select:
            return None
        samples: list[Any] = []
        for param in params:
            if isinstance(param, Param):
                samples.extend(param.sample if param.many else (param.sample,))
            else:
                samples.append(param)
        text = driver_sql(sql, samples, connection.dialect(edge).paramstyle)
        if kind == "exists":
            text = f"{text} {connection.ops.limit_offset_sql(0, 1)}"
        return Plan(text, _binder(params, self.count), compiler)


def _compiler(query: Any, kind: str, alias: str) -> Any:
    """Return the compiler of what is to be done with a query."""
    if kind == "count":
        query = query.aggregation_query({"__count": Count("*")})
    elif kind == "aggregate":
        query = query.aggregation_query(query.planned_aggregates)
        elide_empty = all(map(_is_known_of_nothing, query.annotation_select.values()))
        return query.get_compiler(alias, elide_empty=elide_empty)
    elif kind == "exists":
        query = query.exists()
        query.clear_limits()
    elif kind == "delete":
        query.__class__ = DeleteQuery
    return query.get_compiler(using=alias)


def _is_known_of_nothing(expression: Any) -> bool:
    """Whether an aggregate's value over no rows is known without asking."""
    try:
        return expression.empty_result_set_value is not NotImplemented
    except Unplannable:
        return True  # a default, whose value is not fixed


def _binder(params: Sequence[Any], count: int) -> Callable[[Any], tuple[Any, ...]]:
    """Write the function that makes a statement's parameters of a queryset's values."""
    names: dict[str, Any] = {}
    parts: list[str] = []
    for number, param in enumerate(params):
        if not isinstance(param, Param):
            names[f"k{number}"] = param
            parts.append(f"k{number}, ")
            continue
        text = f"v[{param.slot.index}]"
        if param.bind is not None:
            names[f"b{number}"] = param.bind
            text = f"b{number}({text})"
        parts.append(f"*{text}, " if param.many else f"{text}, ")
    if parts == [f"v[{index}], " for index in range(count)]:
        return tuple  # the values are the parameters, in their order
    exec(f"def bind(v):\n    return ({''.join(parts)})", names)  # our own text
    bind: Callable[[Any], tuple[Any, ...]] = names["bind"]
    return bind


# -- the tree --------------------------------------------------------------------------


def root_shape(model: Any) -> Any:
    """Return the shape of all rows of a model, `None` for what is no model."""
    found = _roots.get(model)
    # A model that gains a field gets a new list of fields.
    if found is not None and found[0].concrete_fields is found[1]:
        return found[2]
    meta = getattr(model, "_meta", None)
    if meta is None:
        return None
    shape = Shape(model, Query(model))
    _roots[model] = meta, meta.concrete_fields, shape
    return shape


def touch(shape: Shape) -> None:
    """Remember that the shape was used just now."""
    global _clock
    _clock += 1
    shape.used = _clock


def _evict() -> None:
    """Forget the half of the shapes that was not used for longest, with what grew from them."""
    ordered = sorted(_shapes.values(), key=lambda shape: shape.used)
    for shape in ordered[: len(ordered) // 2]:
        _forget(shape)
        parent = shape.parent
        if parent is not None:
            parent.following = {
                key: value for key, value in parent.following.items() if value is not shape
            }


def _forget(shape: Shape) -> None:
    pending = [shape]
    while pending:
        current = pending.pop()
        _shapes.pop(id(current), None)
        pending.extend(child for child in current.following.values() if child is not None)


def clear_plans(**kwargs: object) -> None:
    """Forget all plans: something that SQL depends on has changed."""
    _roots.clear()
    _shapes.clear()


def cache_size() -> int:
    """Return how many shapes are kept."""
    return len(_shapes)


def listen() -> None:
    """Forget plans whenever a setting, a database, a lookup or an option of a model changes."""
    from fastjango.orm.options import Options
    from fastjango.orm.query.lookups import registry
    from fastjango.signals import setting_changed

    setting_changed.connect(clear_plans, weak=False, dispatch_uid="fastjango.orm.plans")
    registry.on_change.append(clear_plans)
    Options.on_change.append(clear_plans)
    connections.on_reconfigure.append(clear_plans)


listen()
