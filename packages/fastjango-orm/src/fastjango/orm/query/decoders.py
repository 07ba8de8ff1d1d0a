"""Rows to instances, by code generated for the shape of the selection.

For each shape one loop is written out: it creates instances with `__new__`, sets their
dictionary in one step, calls a converter only on columns that need one, and builds related
instances of the same row along the way. Models that override `__init__` or `from_db`, or whose
`pre_init` or `post_init` somebody listens to, are created by calling them.
"""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import functools
from operator import attrgetter
from typing import TYPE_CHECKING, Any, cast
from weakref import ref

from fastjango.orm.construction import sets_plainly, stores_plainly
from fastjango.orm.query.expressions import ColPairs
from fastjango.orm.state import ModelState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import CodeType

__all__ = ["Decoder", "instance_decoder", "is_plain_model", "row_source", "with_known"]

if TYPE_CHECKING:
    Decoder = Callable[[Sequence[Any]], list[Any]]
else:
    Decoder = Any


def is_plain_model(model: Any) -> bool:
    """Whether instances may be created without calling the model's own code."""
    from fastjango.orm.base import Model
    from fastjango.orm.signals import post_init, pre_init

    return (
        model.__init__ is Model.__init__
        and model.from_db.__func__ is cast("Any", Model.from_db).__func__
        and sets_plainly(model)
        and not (pre_init.receivers and pre_init.has_listeners(model))
        and not (post_init.receivers and post_init.has_listeners(model))
    )


@functools.lru_cache(maxsize=1024)
def _compiled(source: str) -> CodeType:
    return compile(source, "<row decoder>", "exec")


class _Source:
    """Collects the lines and the names of one decoder."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"State": ModelState, "new": object.__new__}
        self.lines: list[str] = []
        self.loaded: list[str] = []
        self.count = 0

    def bind(self, prefix: str, value: Any) -> str:
        """Give a value a name within the generated code."""
        self.count += 1
        name = f"{prefix}{self.count}"
        self.names[name] = value
        return name

    def line(self, depth: int, text: str) -> None:
        """Add a line at a depth of indentation."""
        self.lines.append("    " * depth + text)


def row_source(source: _Source, index: int, converters: Any, connection: Any) -> str:
    """Return the expression that gives a column's Python value."""
    text = f"c{index}"
    entry = converters.get(index)
    if entry is None:
        return text
    functions, expression = entry
    conn = source.names.setdefault("conn", connection)
    assert conn is connection
    bound = source.bind("e", expression)
    for function in functions:
        text = f"{source.bind('k', function)}({text}, {bound}, conn)"
    return text


class _Level:
    """The columns of one model within the row, and the relations below it."""

    def __init__(self, info: dict[str, Any], select: Any) -> None:
        self.info = info
        self.model = info["model"]
        places = {select[index][0].target.attname: index for index in info["select_fields"]}
        if info.get("from_parent"):
            order = [field.attname for field in self.model._meta.concrete_fields]
            places = {name: places[name] for name in order if name in places}
        self.places = places
        self.below = [_Level(child, select) for child in info.get("related_klass_infos", [])]

    @property
    def has_peers(self) -> bool:
        """Whether something is left to fetch later, for which rows must know each other."""
        meta = self.model._meta
        loaded = {child.info["field"] for child in self.below}
        return (
            bool(meta.private_fields)
            or any(field.attname not in self.places for field in meta.concrete_fields)
            or any(
                (field.many_to_one or field.one_to_one)
                and field not in loaded
                and getattr(field, "field", None) not in loaded
                for field in meta.get_fields(include_hidden=True)
                if field.is_relation
            )
        )

    @property
    def key_index(self) -> int:
        """The column that is NULL when there is no row."""
        return self.places[self.model._meta.pk_fields[0].attname]  # type: ignore[no-any-return]  # operands are dynamic


def _emit_state(
    source: _Source, depth: int, peers: str, related: Sequence[tuple[str, _Level]]
) -> None:
    """Write the lines that create an instance's state."""
    source.line(depth, "state = new(State)")
    source.line(depth, "state.adding = False; state.db = db; state.fetch_mode = mode")
    if peers:
        source.line(depth, f"state.peers = {peers}")
    if related:
        items = ", ".join(f"{child.info['field'].cache_name!r}: {name}" for name, child in related)
        source.line(depth, f"state.fields_cache = {{{items}}}")


def _emit(
    source: _Source,
    level: _Level,
    depth: int,
    variable: str,
    make: Callable[[int], str],
    fetch_mode: Any,
    extra: dict[str, str],
) -> None:
    """Write the lines that create one instance and the instances below it.

    Args:
        source: Where the lines go.
        level: What to create.
        depth: The indentation.
        variable: The name of the instance.
        make: Gives the expression of a column's value.
        fetch_mode: The instances' fetch mode.
        extra: Expressions of further attributes by name.
    """
    number = source.count = source.count + 1
    model = level.model
    cls = source.bind("cls", model)
    peers = f"p{number}" if fetch_mode.track_peers and level.has_peers else ""
    if peers:
        source.loaded.append(f"{peers} = []; l{number} = []")
    children: list[tuple[str, _Level]] = []
    for index, child in enumerate(level.below):
        name = f"{variable}_{index}"
        source.line(depth, f"if c{child.key_index} is None:")
        source.line(depth + 1, f"{name} = None")
        source.line(depth, "else:")
        _emit(source, child, depth + 1, name, make, fetch_mode, {})
        children.append((name, child))
    values = {name: make(index) for name, index in level.places.items()}
    if is_plain_model(model):
        cached = [(name, child) for name, child in children if not child.info["reverse"]]
        _emit_state(source, depth, peers, cached)
        values.update(extra)
        stored = {name: text for name, text in values.items() if stores_plainly(model, name)}
        items = "".join(f", {name!r}: {text}" for name, text in stored.items())
        source.line(depth, f"{variable} = new({cls})")
        source.line(depth, f'{variable}.__dict__ = {{"_state": state{items}}}')
        late = {name: text for name, text in values.items() if name not in stored}
        # A relation in the cache is all there is to set, unless the other side is to know it too.
        told = [(name, child) for name, child in children if not _is_one_sided(child)]
    else:
        names, row = (
            source.bind("n", list(values)),
            "".join(f"{text}, " for text in values.values()),
        )
        source.line(depth, f"{variable} = {cls}._from_row(db, {names}, ({row}), fetch_mode=mode)")
        if peers:
            source.line(depth, f"{variable}._state.peers = {peers}")
        late, told = extra, children
    for name, text in late.items():
        source.line(depth, f"setattr({variable}, {name!r}, {text})")
    if peers:
        source.line(depth, f"l{number}.append({variable})")
    for name, child in told:
        _emit_relation(source, depth, variable, name, child.info)


def _is_one_sided(level: _Level) -> bool:
    """Whether the instances of a level know nothing of the instance that refers to them."""
    return not level.info["reverse"] and not level.info["field"].unique


def _emit_relation(
    source: _Source, depth: int, variable: str, related: str, info: dict[str, Any]
) -> None:
    """Write the lines that tell an instance and a related one of each other."""
    local = source.bind("s", info["local_setter"])
    remote = source.bind("r", info["remote_setter"])
    source.line(depth, f"{local}({variable}, {related})")
    source.line(depth, f"if {related} is not None:")
    source.line(depth + 1, f"{remote}({related}, {variable})")


def instance_decoder(
    compiler: Any, db: str, fetch_mode: Any, known_related_objects: Any = None
) -> Decoder:
    """Return a function that turns driver rows into instances.

    Args:
        compiler: A compiler that has written its statement.
        db: The alias the rows come from.
        fetch_mode: The instances' fetch mode.
        known_related_objects: Related instances by field and key, set where they fit.
    """
    select, info, annotations = compiler.select, compiler.klass_info, compiler.annotation_col_map
    expressions = compiler.selected_expressions()
    composite = any(isinstance(expression, ColPairs) for expression in expressions)
    converters = {} if composite else compiler.get_converters(expressions)
    source = _Source()
    source.names.update(db=db, mode=fetch_mode, ref=ref)
    level = _Level(info, select)

    def make(index: int) -> str:
        return row_source(source, index, converters, compiler.connection)

    extra = {name: make(index) for name, index in (annotations or {}).items()}
    _emit(source, level, 2, "obj", make, fetch_mode, extra)
    body = source.lines
    columns = "".join(f"c{index}, " for index in range(len(expressions)))
    head = ["def decode(rows):", "    out = []", "    append = out.append"]
    head.extend(f"    {line}" for line in source.loaded)
    head.append(f"    for {columns}in rows:")
    tail = ["        append(obj)"]
    for line in source.loaded:
        peers, _, rest = line.partition(" = []; ")
        tail.append(f"    {peers}.extend(map(ref, {rest.partition(' ')[0]}))")
    tail.append("    return out")
    exec(_compiled("\n".join([*head, *body, *tail])), source.names)  # our own text
    decode: Decoder = source.names["decode"]
    if composite:
        plain = decode

        def decode_composite(rows: Sequence[Any]) -> list[Any]:
            return plain(compiler.convert_rows(rows, expressions))

        decode = decode_composite
    if known_related_objects:
        return with_known(decode, known_related_objects)
    return decode


def with_known(decode: Decoder, known_related_objects: Any) -> Decoder:
    """Set related instances that are at hand, where nothing else was loaded."""

    def decode_known(rows: Sequence[Any]) -> list[Any]:
        objects = decode(rows)
        for field, related in known_related_objects.items():
            names = [
                field.attname
                if from_field == "self"
                else field.model._meta.get_field(from_field).attname
                for from_field in field.from_fields
            ]
            key = attrgetter(*names)
            for obj in objects:
                if field.is_cached(obj) or any(name not in obj.__dict__ for name in names):
                    continue
                found = related.get(key(obj))
                if found is not None:
                    setattr(obj, field.name, found)
        return objects

    return decode_known
