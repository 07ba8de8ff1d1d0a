"""The ground of lookups (conditions) and transforms (functions reached by `__name`)."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false, reportIncompatibleVariableOverride=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fastjango.core.functional import cached_property
from fastjango.orm.query.expressions import ColPairs, Expression, ExpressionList, Func, Value
from fastjango.orm.query.fieldtypes import FixedField
from fastjango.orm.query.lookups.registry import RegisterLookupMixin
from fastjango.orm.query.slots import Slot
from fastjango.values.hashable import make_hashable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "BuiltinLookup",
    "FieldGetDbPrepValueIterableMixin",
    "FieldGetDbPrepValueMixin",
    "Lookup",
    "PostgresOperatorLookup",
    "Transform",
]


class Lookup(Expression):
    """A comparison: `lhs <lookup_name> rhs`.

    Args:
        lhs: The expression on the left.
        rhs: A value or an expression on the right.
    """

    lookup_name: Any = None
    prepare_rhs = True
    can_use_none_as_rhs = False
    output_field = FixedField("BooleanField")

    def __init__(self, lhs: Any, rhs: Any) -> None:
        self.lhs, self.rhs = lhs, rhs
        if type(rhs) is Slot:
            rhs.attach(self)
            self.bilateral_transforms: list[Any] = []
            return
        self.rhs = self.get_prep_lookup()
        self.lhs = self.get_prep_lhs()
        transforms: list[Any] = []
        if hasattr(self.lhs, "get_bilateral_transforms"):
            transforms = self.lhs.get_bilateral_transforms()
        if transforms:
            from fastjango.orm.query.sql import Query

            if isinstance(rhs, Query):
                raise NotImplementedError(
                    "Bilateral transformations on nested querysets are not implemented."
                )
        self.bilateral_transforms = transforms

    def __repr__(self) -> str:
        return f"{self.__class__.__name__}({self.lhs!r}, {self.rhs!r})"

    def apply_bilateral_transforms(self, value: Any) -> Any:
        """Apply the left side's two-sided transforms to the right side."""
        for transform in self.bilateral_transforms:
            value = transform(value)
        return value

    def batch_process_rhs(
        self, compiler: Any, connection: Any, rhs: Any = None
    ) -> tuple[Sequence[str], Sequence[Any]]:
        """Compile the members of a right side that is a list."""
        values = self.rhs if rhs is None else rhs
        if not self.bilateral_transforms:
            _, params = self.get_db_prep_lookup(values, connection)
            return ["%s"] * len(params), params
        sqls: list[str] = []
        all_params: list[Any] = []
        for member in values:
            value = Value(member, output_field=self.lhs.output_field)
            resolved = self.apply_bilateral_transforms(value).resolve_expression(compiler.query)
            sql, params = compiler.compile(resolved)
            sqls.append(sql)
            all_params.extend(params)
        return sqls, all_params

    def get_source_expressions(self) -> list[Any]:
        """Return the left side, and the right side if it is an expression."""
        return [self.lhs] if self.rhs_is_direct_value() else [self.lhs, self.rhs]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the sides."""
        if len(exprs) == 1:
            self.lhs = exprs[0]
        else:
            self.lhs, self.rhs = exprs

    def get_prep_lookup(self) -> Any:
        """Return the right side as the left side's field wants it."""
        if not self.prepare_rhs or hasattr(self.rhs, "resolve_expression"):
            return self.rhs
        if hasattr(self.lhs, "output_field"):
            if hasattr(self.lhs.output_field, "get_prep_value"):
                return self.lhs.output_field.get_prep_value(self.rhs)
        elif self.rhs_is_direct_value():
            return Value(self.rhs)
        return self.rhs

    def get_prep_lhs(self) -> Any:
        """Return the left side as an expression."""
        return self.lhs if hasattr(self.lhs, "resolve_expression") else Value(self.lhs)

    def get_db_prep_lookup(self, value: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the placeholder and the parameters of a plain right side."""
        return "%s", (value,)

    def process_lhs(
        self, compiler: Any, connection: Any, lhs: Any = None
    ) -> tuple[str, Sequence[Any]]:
        """Compile the left side."""
        lhs = lhs or self.lhs
        if hasattr(lhs, "resolve_expression"):
            lhs = lhs.resolve_expression(compiler.query)
        sql, params = compiler.compile(lhs)
        if isinstance(lhs, Lookup):
            sql = f"({sql})"
        return sql, params

    def process_rhs(self, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the right side."""
        value = self.rhs
        if self.bilateral_transforms:
            if self.rhs_is_direct_value():
                value = Value(value, output_field=self.lhs.output_field)
            value = self.apply_bilateral_transforms(value).resolve_expression(compiler.query)
        if not hasattr(value, "as_sql"):
            return self.get_db_prep_lookup(value, connection)
        sql, params = compiler.compile(value)
        if isinstance(value, ColPairs):
            raise ValueError("CompositePrimaryKey cannot be used as a lookup value.")
        # A second pair of parentheses around a subquery changes its meaning on SQLite.
        if not isinstance(value, Value) and sql and sql[0] != "(":
            sql = f"({sql})"
        return sql, params

    def rhs_is_direct_value(self) -> bool:
        """Whether the right side is a plain value."""
        return not hasattr(self.rhs, "as_sql")

    def get_group_by_cols(self) -> list[Any]:
        """Group by the columns of both sides."""
        columns: list[Any] = []
        for source in self.get_source_expressions():
            columns.extend(source.get_group_by_cols())
        return columns

    @property
    def identity(self) -> tuple[Any, ...]:
        """What makes two lookups equal."""
        return self.__class__, self.lhs, self.rhs

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Lookup):
            return NotImplemented
        return self.identity == other.identity

    def __hash__(self) -> int:
        return hash(make_hashable(self.identity))

    def resolve_expression(
        self,
        query: Any = None,
        allow_joins: bool = True,
        reuse: Any = None,
        summarize: bool = False,
        for_save: bool = False,
    ) -> Any:
        """Resolve both sides."""
        clone = self.copy()
        clone.is_summary = summarize
        clone.lhs = self.lhs.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        if hasattr(self.rhs, "resolve_expression"):
            clone.rhs = self.rhs.resolve_expression(query, allow_joins, reuse, summarize, for_save)
        return clone

    def select_format(
        self, compiler: Any, sql: str, params: Sequence[Any]
    ) -> tuple[str, Sequence[Any]]:
        """Wrap in CASE where a SELECT list takes no condition."""
        if not compiler.connection.features.supports_boolean_expr_in_select_clause:
            sql = f"CASE WHEN {sql} THEN 1 ELSE 0 END"
        return sql, params

    @cached_property
    def allowed_default(self) -> bool:
        """Whether both sides may stand in a column default."""
        return bool(self.lhs.allowed_default and self.rhs.allowed_default)


class Transform(RegisterLookupMixin, Func):  # pyright: ignore[reportIncompatibleMethodOverride]
    """A function that lookups reach by name: `name__lower__contains`."""

    lookup_name: Any = None
    bilateral = False
    arity: int | None = 1

    @property
    def lhs(self) -> Any:
        """The expression that is transformed."""
        return self.get_source_expressions()[0]

    def get_bilateral_transforms(self) -> list[Any]:
        """Return the transforms that also apply to a lookup's right side, innermost first."""
        transforms: list[Any] = []
        if hasattr(self.lhs, "get_bilateral_transforms"):
            transforms = self.lhs.get_bilateral_transforms()
        if self.bilateral:
            transforms.append(self.__class__)
        return transforms


class BuiltinLookup(Lookup):
    """A lookup whose operator the connection knows by name."""

    def process_lhs(
        self, compiler: Any, connection: Any, lhs: Any = None
    ) -> tuple[str, Sequence[Any]]:
        """Compile the left side, cast as this lookup needs it."""
        sql, params = super().process_lhs(compiler, connection, lhs)
        internal_type = self.lhs.output_field.get_internal_type()
        return connection.ops.lookup_cast(self.lookup_name, internal_type) % sql, tuple(params)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return left side, operator and right side."""
        lhs, lhs_params = self.process_lhs(compiler, connection)
        if type(self.rhs) is Slot:
            rhs, rhs_params = self.rhs.compile(self, compiler, connection)
        else:
            rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} {self.get_rhs_op(connection, rhs)}", (*lhs_params, *rhs_params)

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        """Return operator and right side."""
        operator: str = connection.operators[self.lookup_name]
        return operator % rhs  # type: ignore[no-any-return]  # operands are dynamic


class FieldGetDbPrepValueMixin:
    """Prepares the right side with the left side's field."""

    get_db_prep_lookup_value_is_iterable = False

    def get_db_prep_lookup(self: Any, value: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return the placeholder and the values as the driver wants them."""
        output_field = self.lhs.output_field
        # Relations prepare with the field they point to.
        target = getattr(output_field, "target_field", None)
        prepare = getattr(target, "get_db_prep_value", None) or output_field.get_db_prep_value
        values = value if self.get_db_prep_lookup_value_is_iterable else [value]
        return "%s", [
            item if hasattr(item, "as_sql") else prepare(item, connection, prepared=True)
            for item in values
        ]


class FieldGetDbPrepValueIterableMixin(FieldGetDbPrepValueMixin):
    """Prepares every member of a right side that is a list."""

    get_db_prep_lookup_value_is_iterable = True

    def get_prep_lookup(self: Any) -> Any:
        """Prepare the members; with an expression among them all become expressions."""
        if hasattr(self.rhs, "resolve_expression"):
            return self.rhs
        rhs = list(self.rhs) if isinstance(self.rhs, Iterator) else self.rhs
        field = getattr(self.lhs, "output_field", None)
        if any(hasattr(item, "resolve_expression") for item in rhs):
            return ExpressionList(
                *[
                    item if hasattr(item, "resolve_expression") else Value(item, field)
                    for item in rhs
                ]
            )
        if self.prepare_rhs and field is not None and hasattr(field, "get_prep_value"):
            return [field.get_prep_value(item) for item in rhs]
        return list(rhs)

    def process_rhs(self: Any, compiler: Any, connection: Any) -> tuple[Any, Sequence[Any]]:
        """Compile the members, or the expression that gives them."""
        if self.rhs_is_direct_value():
            members: tuple[Any, Sequence[Any]] = self.batch_process_rhs(compiler, connection)
            return members
        if isinstance(self.rhs, ExpressionList):
            clone = self.copy()
            clone.rhs = self.rhs.get_source_expressions()
            processed: tuple[Any, Sequence[Any]] = clone.process_rhs(compiler, connection)
            return processed
        whole: tuple[Any, Sequence[Any]] = super().process_rhs(compiler, connection)  # type: ignore[misc]  # a mixin of Lookup
        return whole

    def resolve_expression_parameter(
        self, compiler: Any, connection: Any, sql: str, param: Any
    ) -> tuple[str, Sequence[Any]]:
        """Compile a member that is an expression."""
        params: Sequence[Any] = [param]
        if hasattr(param, "resolve_expression"):
            param = param.resolve_expression(compiler.query)
        if hasattr(param, "as_sql"):
            sql, params = compiler.compile(param)
        return sql, params

    def batch_process_rhs(
        self: Any, compiler: Any, connection: Any, rhs: Any = None
    ) -> tuple[Sequence[str], Sequence[Any]]:
        """Compile every member."""
        sqls, params = super().batch_process_rhs(compiler, connection, rhs)  # type: ignore[misc]  # a mixin of Lookup
        pairs = [
            self.resolve_expression_parameter(compiler, connection, sql, param)
            for sql, param in zip(sqls, params, strict=False)
        ]
        return (
            tuple(sql for sql, _ in pairs),
            tuple(itertools.chain.from_iterable(params for _, params in pairs)),
        )


class PostgresOperatorLookup(Lookup):
    """A lookup that PostgreSQL has an operator for."""

    postgres_operator: Any = None

    def as_postgresql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return left side, operator and right side."""
        lhs, lhs_params = self.process_lhs(compiler, connection)
        rhs, rhs_params = self.process_rhs(compiler, connection)
        return f"{lhs} {self.postgres_operator} {rhs}", (*lhs_params, *rhs_params)
