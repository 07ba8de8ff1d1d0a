"""The ground all expressions stand on: resolving, comparing, typing."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

from __future__ import annotations

import copy
import functools
import inspect
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self, cast

from fastjango.core.exceptions import FieldError
from fastjango.core.functional import cached_property, classproperty
from fastjango.orm.query.expressions.combinable import Combinable
from fastjango.orm.query.fieldtypes import fields
from fastjango.values.hashable import make_hashable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from fastjango.orm.query.expressions.ordering import OrderBy

__all__ = [
    "BaseExpression",
    "Expression",
    "OutputFieldIsNoneError",
    "SQLiteNumericMixin",
]


class OutputFieldIsNoneError(FieldError):
    """The type of an expression could not be worked out."""


class SQLiteNumericMixin:
    """Casts decimal results on SQLite, which would compare them as text or float."""

    def as_sqlite(
        self: Any, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Wrap the ordinary SQL in a cast when the result is a decimal."""
        sql, params = self.as_sql(compiler, connection, **extra_context)
        try:
            if self.output_field.get_internal_type() == "DecimalField":
                sql = f"(CAST({sql} AS NUMERIC))"
        except FieldError:
            pass
        return sql, params


def _to_float(value: Any, expression: Any, connection: Any) -> float | None:
    return None if value is None else float(value)


def _to_int(value: Any, expression: Any, connection: Any) -> int | None:
    return None if value is None else int(value)


def _to_decimal(value: Any, expression: Any, connection: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


class BaseExpression:
    """The protocol of everything that can stand in a query.

    A subclass lists its parts with `get_source_expressions`, takes replacements with
    `set_source_expressions`, and writes itself with `as_sql(compiler, connection)` (or
    `as_<vendor>` for one database), which return SQL with `%s` for each parameter, and
    the parameters.
    """

    empty_result_set_value: Any = NotImplemented
    is_summary: bool = False
    filterable: bool = True
    window_compatible: bool = False
    allowed_default: Any = False
    constraint_validation_compatible: bool = True
    set_returning: bool = False
    allows_composite_expressions: bool = False
    is_copied: bool = False

    def __init__(self, output_field: Any = None) -> None:
        if output_field is not None:
            self.output_field = output_field

    def __getstate__(self) -> dict[str, Any]:
        state = self.__dict__.copy()
        state.pop("convert_value", None)
        return state

    def get_db_converters(self, connection: Any) -> list[Callable[..., Any]]:
        """Return functions `(value, expression, connection)` applied to each result, in order."""
        own = [] if self.convert_value is self._convert_value_noop else [self.convert_value]
        return [*own, *self.output_field.get_db_converters(connection)]

    def get_source_expressions(self) -> list[Any]:
        """Return the parts this expression is made of."""
        return []

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the parts, in the order `get_source_expressions` gives them."""
        assert not exprs

    def _parse_expressions(self, *expressions: Any) -> list[Any]:
        from fastjango.orm.query.expressions.refs import F
        from fastjango.orm.query.expressions.values import Value

        parsed: list[Any] = []
        for item in expressions:
            if hasattr(item, "resolve_expression"):
                parsed.append(item)
            else:
                parsed.append(F(item) if isinstance(item, str) else Value(item))
        return parsed

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return SQL with `%s` placeholders, and the parameters in their order."""
        raise NotImplementedError("Subclasses must implement as_sql()")

    @cached_property
    def contains_aggregate(self) -> bool:
        """Whether any part is an aggregate."""
        return any(expr and expr.contains_aggregate for expr in self.get_source_expressions())

    @cached_property
    def contains_over_clause(self) -> bool:
        """Whether any part is a window expression."""
        return any(expr and expr.contains_over_clause for expr in self.get_source_expressions())

    @cached_property
    def contains_column_references(self) -> bool:
        """Whether any part reads a column."""
        return any(
            expr and expr.contains_column_references for expr in self.get_source_expressions()
        )

    @cached_property
    def contains_subquery(self) -> bool:
        """Whether any part is a subquery."""
        return any(
            expr and (getattr(expr, "subquery", False) or expr.contains_subquery)
            for expr in self.get_source_expressions()
        )

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Bind names to columns and annotations of `query`.

        Args:
            query: The query that will hold the expression.
            allow_joins: Whether names may travel over relations.
            reuse: Aliases of multi-valued joins that may be used again.
            summarize: Whether this is the end of `aggregate()`.
            for_save: Whether the value is about to be stored.

        Returns:
            A resolved copy.
        """
        from fastjango.orm.query.expressions.columns import ColPairs

        clone = self.copy()
        clone.is_summary = summarize
        sources = [
            None
            if expr is None
            else expr.resolve_expression(query, allow_joins, reuse, summarize, for_save)
            for expr in clone.get_source_expressions()
        ]
        if not self.allows_composite_expressions and any(
            isinstance(expr, ColPairs) for expr in sources
        ):
            raise ValueError(
                f"{self.__class__.__name__} expression does not support composite primary keys."
            )
        clone.set_source_expressions(sources)
        return clone

    @property
    def conditional(self) -> bool:
        """Whether the expression is true or false."""
        return isinstance(self.output_field, fields.BooleanField)

    @property
    def field(self) -> Any:
        """The output field, under the name lookups use."""
        return self.output_field

    @cached_property
    def output_field(self) -> Any:
        """The field that gives the result its type.

        Raises:
            FieldError: The type cannot be inferred.
        """
        found = self._resolve_output_field()
        if found is None:
            raise OutputFieldIsNoneError("Cannot resolve expression type, unknown output_field")
        return found

    @property
    def _output_field_or_none(self) -> Any:
        try:
            return self.output_field
        except OutputFieldIsNoneError:
            return None

    def _resolve_output_field(self) -> Any:
        known = [source for source in self.get_source_fields() if source is not None]
        if not known:
            return None
        first = known[0]
        for other in known[1:]:
            if not isinstance(first, other.__class__):
                raise FieldError(
                    f"Expression contains mixed types: {first.__class__.__name__}, "
                    f"{other.__class__.__name__}. You must set output_field."
                )
        return first

    @staticmethod
    def _convert_value_noop(value: Any, expression: Any, connection: Any) -> Any:
        return value

    @cached_property
    def convert_value(self) -> Callable[[Any, Any, Any], Any]:
        """The conversion that the output field asks of what the database returns."""
        internal_type: str = self.output_field.get_internal_type()
        if internal_type == "FloatField":
            return _to_float
        if internal_type.endswith("IntegerField"):
            return _to_int
        if internal_type == "DecimalField":
            return _to_decimal
        return self._convert_value_noop

    def get_lookup(self, lookup: str) -> Any:
        """Return the lookup class of that name, or `None`."""
        return self.output_field.get_lookup(lookup)

    def get_transform(self, name: str) -> Any:
        """Return the transform class of that name, or `None`."""
        return self.output_field.get_transform(name)

    def relabeled_clone(self, change_map: Mapping[str | None, str]) -> Any:
        """Return a copy with table aliases renamed."""
        clone = self.copy()
        clone.set_source_expressions(
            [
                None if expr is None else expr.relabeled_clone(change_map)
                for expr in self.get_source_expressions()
            ]
        )
        return clone

    def replace_expressions(self, replacements: Mapping[Any, Any]) -> Any:
        """Return a copy in which equal parts are replaced."""
        if not replacements:
            return self
        if replacement := replacements.get(self):
            return replacement
        sources = self.get_source_expressions()
        if not sources:
            return self
        clone = self.copy()
        clone.set_source_expressions(
            [None if expr is None else expr.replace_expressions(replacements) for expr in sources]
        )
        return clone

    def get_refs(self) -> set[str]:
        """Return the annotation names that the expression refers to."""
        refs: set[str] = set()
        for expr in self.get_source_expressions():
            if expr is not None:
                refs |= expr.get_refs()
        return refs

    def copy(self) -> Self:
        """Return a shallow copy, which may be made into another expression."""
        clone = copy.copy(self)
        clone.is_copied = True
        return clone

    def prefix_references(self, prefix: str) -> Any:
        """Return a copy whose field references start with `prefix`."""
        from fastjango.orm.query.expressions.refs import F

        clone = self.copy()
        clone.set_source_expressions(
            [
                F(f"{prefix}{expr.name}") if isinstance(expr, F) else expr.prefix_references(prefix)
                for expr in self.get_source_expressions()
            ]
        )
        return clone

    def get_group_by_cols(self) -> list[Any]:
        """Return what GROUP BY must hold for this expression to be selectable."""
        if not self.contains_aggregate:
            return [self]
        columns: list[Any] = []
        for source in self.get_source_expressions():
            if source is not None:
                columns.extend(source.get_group_by_cols())
        return columns

    def get_source_fields(self) -> list[Any]:
        """Return the output field of every part (`None` where unknown)."""
        return [expr._output_field_or_none for expr in self.get_source_expressions()]

    def asc(self, **kwargs: Any) -> OrderBy:
        """Return an ascending ordering; `nulls_first` and `nulls_last` place NULLs."""
        from fastjango.orm.query.expressions.ordering import OrderBy

        return OrderBy(self, **kwargs)

    def desc(self, **kwargs: Any) -> OrderBy:
        """Return a descending ordering; `nulls_first` and `nulls_last` place NULLs."""
        from fastjango.orm.query.expressions.ordering import OrderBy

        return OrderBy(self, descending=True, **kwargs)

    def reverse_ordering(self) -> Any:
        """Turn the ordering round (nothing to do for a plain expression)."""
        return self

    def flatten(self) -> Iterator[Any]:
        """Yield this expression and all its parts, depth first."""
        yield self
        for expr in self.get_source_expressions():
            if not expr:
                continue
            if hasattr(expr, "flatten"):
                yield from expr.flatten()
            else:
                yield expr

    def select_format(
        self, compiler: Any, sql: str, params: Sequence[Any]
    ) -> tuple[str, Sequence[Any]]:
        """Return the form that stands in a SELECT list."""
        if hasattr(self.output_field, "select_format"):
            formatted: tuple[str, Sequence[Any]] = self.output_field.select_format(
                compiler, sql, params
            )
            return formatted
        return sql, params

    def get_expression_for_validation(self) -> Any:
        """Return what a constraint's validation evaluates in this expression's place."""
        if getattr(self, "constraint_validation_compatible", True):
            return self
        sources = self.get_source_expressions()
        if len(sources) != 1:
            raise ValueError(
                "Expressions with constraint_validation_compatible set to False "
                "must have only one source expression."
            )
        return sources[0]


@functools.lru_cache(maxsize=512)
def _constructor_signature(cls: type[Any]) -> inspect.Signature:
    return inspect.signature(cls.__init__)


class Expression(BaseExpression, Combinable):
    """An expression that can be combined with others, compared and written to migrations."""

    _constructor_args: tuple[tuple[Any, ...], dict[str, Any]]

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Remember the arguments: they are the identity of an expression."""
        instance = super().__new__(cls)
        instance._constructor_args = (args, kwargs)
        return instance

    @classproperty
    def _constructor_signature(cls) -> inspect.Signature:  # noqa: N805
        return _constructor_signature(cast("Any", cls))

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        """Return what a migration writes: import path and constructor arguments."""
        cls = self.__class__
        module = cls.__module__
        if module.startswith("fastjango.orm.query.functions"):
            module = "fastjango.orm.models.functions"
        elif module.startswith("fastjango.orm.query."):
            from fastjango.orm import models

            if getattr(models, cls.__qualname__, None) is cls:
                module = "fastjango.orm.models"
        args, kwargs = self._constructor_args
        return f"{module}.{cls.__qualname__}", args, kwargs

    @classmethod
    def _identity(cls, value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(map(cls._identity, value))
        if isinstance(value, dict):
            return tuple((key, cls._identity(item)) for key, item in value.items())
        if isinstance(value, fields.Field):
            if value.name and value.model:
                return value.model._meta.label, value.name
            return type(value)
        return make_hashable(value)

    @cached_property
    def identity(self) -> tuple[Any, ...]:
        """What makes two expressions equal: the class and its constructor arguments."""
        args, kwargs = self._constructor_args
        bound = _constructor_signature(cast("Any", self.__class__)).bind_partial(
            self, *args, **kwargs
        )
        bound.apply_defaults()
        named = iter(bound.arguments.items())
        next(named)
        return (self.__class__, *((name, self._identity(value)) for name, value in named))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Expression):
            return NotImplemented
        return bool(other.identity == self.identity)

    def __hash__(self) -> int:
        return hash(self.identity)
