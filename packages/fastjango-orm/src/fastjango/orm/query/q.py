"""`Q`: filters as objects that combine with `&`, `|`, `^` and `~`."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any, ClassVar, Final

from fastjango.core.functional import cached_property
from fastjango.orm.constants import LOOKUP_SEP
from fastjango.orm.exceptions import DatabaseError
from fastjango.orm.query.names import check_connector
from fastjango.values.hashable import make_hashable
from fastjango.values.tree import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["PROHIBITED_FILTER_KWARGS", "Q", "referenced_paths"]

logger = logging.getLogger("fastjango.orm")

PROHIBITED_FILTER_KWARGS: Final = frozenset(["_connector", "_negated"])
"""Names that steer a Q and so may never come in as lookups from outside."""


class Q(Node):
    """A filter condition that can be combined with others.

    Args:
        *args: Other conditions: Q objects, conditional expressions, `(lookup, value)` pairs.
        _connector: `Q.AND` (the default), `Q.OR` or `Q.XOR`.
        _negated: Whether the whole is negated.
        **kwargs: Lookups, joined with the connector.

    Raises:
        ValueError: The connector is none of the three.
    """

    AND: ClassVar[str] = "AND"
    OR: ClassVar[str] = "OR"
    XOR: ClassVar[str] = "XOR"
    default = "AND"
    conditional = True
    connectors: ClassVar[tuple[str | None, ...]] = (None, "AND", "OR", "XOR")

    def __init__(
        self,
        *args: Any,
        _connector: str | None = None,
        _negated: bool = False,
        **kwargs: Any,
    ) -> None:
        self._check_connector(_connector)
        super().__init__(
            children=[*args, *sorted(kwargs.items())], connector=_connector, negated=_negated
        )

    @classmethod
    def create(
        cls,
        children: Sequence[Any] | None = None,
        connector: str | None = None,
        negated: bool = False,
    ) -> Q:
        """Build a node without touching the children."""
        cls._check_connector(connector)
        node = super().create(
            children=list(children) if children is not None else None,
            connector=connector,
            negated=negated,
        )
        assert isinstance(node, Q)
        return node

    @classmethod
    def _check_connector(cls, connector: Any) -> None:
        if connector is not None:
            check_connector(connector, [name for name in cls.connectors if name])

    def _combine(self, other: Any, connector: str) -> Q:
        if not getattr(other, "conditional", False):
            raise TypeError(other)
        if not self:
            duplicate: Q = other.copy()
            return duplicate
        if isinstance(other, Q) and not other:
            return self.copy()
        combined = self.create(connector=connector)
        combined.add(self, connector)
        combined.add(other, connector)
        return combined

    def copy(self) -> Q:
        """Return a shallow copy with a list of children of its own."""
        return self.create(list(self.children), self.connector, self.negated)

    def __or__(self, other: Any) -> Q:
        return self._combine(other, self.OR)

    def __and__(self, other: Any) -> Q:
        return self._combine(other, self.AND)

    def __xor__(self, other: Any) -> Q:
        return self._combine(other, self.XOR)

    def __invert__(self) -> Q:
        inverted = self.copy()
        inverted.negate()
        return inverted

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Turn the condition into a where node of `query`.

        Joins that it needs become outer joins: as an expression it must not remove rows.
        """
        clause, joins = query._add_q(
            self,
            reuse,
            allow_joins=allow_joins,
            split_subq=False,
            check_filterable=False,
            summarize=summarize,
        )
        query.promote_joins(joins)
        return clause

    def replace_expressions(self, replacements: Mapping[Any, Any]) -> Any:
        """Return a copy in which every mapped reference is replaced."""
        if not replacements:
            return self
        clone = self.create(connector=self.connector, negated=self.negated)
        for child in self.children:
            if isinstance(child, tuple):
                clone.children.append(self._replace_pair(child, replacements))
            else:
                clone.children.append(child.replace_expressions(replacements))
        return clone

    @staticmethod
    def _replace_pair(child: Any, replacements: Mapping[Any, Any]) -> Any:
        from fastjango.orm.query.expressions import F

        path, value = child
        lookup: str | None = None
        if LOOKUP_SEP in path:
            path, lookup = path.rsplit(LOOKUP_SEP, 1)
        reference = F(path)
        replacement: Any = reference.replace_expressions(replacements)
        if replacement is reference:
            return child
        name = lookup or "exact"
        found = replacement.get_lookup(name)
        if found is None and (transform := replacement.get_transform(name)) is not None:
            replacement = transform(replacement)
            name = "exact"
            found = replacement.get_lookup(name)
        if value is None and name == "exact":
            found, value = replacement.get_lookup("isnull"), True
        return child if found is None else found(replacement, value)

    def flatten(self) -> Iterator[Any]:
        """Yield this node and everything below it, depth first."""
        yield self
        for child in self.children:
            value = child[1] if isinstance(child, tuple) else child
            if hasattr(value, "flatten"):
                yield from value.flatten()
            else:
                yield value

    def check(self, against: Mapping[str, Any], using: str = "default") -> bool:
        """Ask the database whether the condition holds for the given values.

        Args:
            against: Value or expression by field name.
            using: The database alias that evaluates it.

        Returns:
            Whether it holds; `True` when the database could not evaluate it (logged).

        Raises:
            FieldError: The condition names a field that `against` does not give.
        """
        from fastjango.orm.engine.runner import run

        return run(self._check_steps(against, using), using=using)  # type: ignore[no-any-return]  # operands are dynamic

    async def acheck(self, against: Mapping[str, Any], using: str = "default") -> bool:
        """`check` for asynchronous code."""
        from fastjango.orm.engine.runner import arun

        return await arun(self._check_steps(against, using), using=using)

    def _check_steps(self, against: Mapping[str, Any], using: str) -> Any:
        from fastjango.orm.engine.handler import connections
        from fastjango.orm.engine.statement import with_atomic
        from fastjango.orm.query.constants import SINGLE
        from fastjango.orm.query.expressions import Value
        from fastjango.orm.query.sql import Query

        query = Query(None)
        for name, value in against.items():
            expression = value if hasattr(value, "resolve_expression") else Value(value)
            query.add_annotation(expression, name, select=False)
        query.add_annotation(Value(1), "_check")
        query.add_q(self)
        compiler = query.get_compiler(using=using)
        steps = compiler.execute_steps(SINGLE)
        try:
            if connections[using].in_atomic_block:
                row = yield from with_atomic(steps)
            else:
                row = yield from steps
        except DatabaseError as error:
            logger.warning("Got a database error calling check() on %r: %s", self, error)
            return True
        return row is not None

    def deconstruct(self) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
        """Return what a migration writes: path, children, and what is not the default."""
        path = f"{self.__class__.__module__}.{self.__class__.__name__}"
        if path == "fastjango.orm.query.q.Q":
            path = "fastjango.orm.models.Q"
        kwargs: dict[str, Any] = {}
        if self.connector != self.default:
            kwargs["_connector"] = self.connector
        if self.negated:
            kwargs["_negated"] = True
        return path, tuple(self.children), kwargs

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        """What makes two conditions equal."""
        path, args, kwargs = self.deconstruct()
        identity: list[Any] = [path, *kwargs.items()]
        for child in args:
            if isinstance(child, tuple):
                name, value = child
                identity.append((name, make_hashable(value)))
            else:
                identity.append(child)
        return tuple(identity)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Q):
            return NotImplemented
        return bool(other.identity == self.identity)

    def __hash__(self) -> int:
        return hash(self.identity)

    @cached_property
    def referenced_base_fields(self) -> set[str]:
        """Names of this model's fields that the condition mentions."""
        return {path.split(LOOKUP_SEP, 1)[0] for path in referenced_paths(self)}


def referenced_paths(condition: Any) -> Iterator[str]:
    """Yield every lookup path and every `F` name of a condition."""
    from fastjango.orm.query.expressions import F

    for child in condition.children:
        if isinstance(child, Node):
            yield from referenced_paths(child)
            continue
        value = child
        if isinstance(child, tuple):
            yield child[0]
            value = child[1]
        if isinstance(value, F):
            yield value.name
        elif hasattr(value, "flatten"):
            for part in value.flatten():
                if isinstance(part, F):
                    yield part.name
                elif isinstance(part, Q):
                    yield from referenced_paths(part)
