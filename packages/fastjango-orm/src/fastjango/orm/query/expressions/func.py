"""SQL functions: `Func`, and lists of expressions."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from fastjango.core.exceptions import EmptyResultSet, FullResultSet
from fastjango.core.functional import cached_property
from fastjango.orm.query.expressions.base import Expression, SQLiteNumericMixin
from fastjango.orm.query.expressions.values import Value
from fastjango.orm.query.names import check_function_name

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ExpressionList", "Func", "OrderByList"]


class Func(SQLiteNumericMixin, Expression):
    """A call of an SQL function.

    Args:
        *expressions: Arguments; a string is a field's name, other values are constants.
        output_field: The result's type.
        **extra: Values for the template, `function`, `template` and `arg_joiner` among them.
            They become SQL text: never pass user input.
    """

    function: str | None = None
    template: str = "%(function)s(%(expressions)s)"
    arg_joiner: Any = ", "
    arity: int | None = None

    def __init__(self, *expressions: Any, output_field: Any = None, **extra: Any) -> None:
        if self.arity is not None and len(expressions) != self.arity:
            noun = "argument" if self.arity == 1 else "arguments"
            raise TypeError(
                f"'{self.__class__.__name__}' takes exactly {self.arity} {noun} "
                f"({len(expressions)} given)"
            )
        name = extra.get("function")
        if isinstance(name, str):
            check_function_name(name)
        super().__init__(output_field=output_field)
        self.source_expressions: list[Any] = self._parse_expressions(*expressions)
        self.extra: dict[str, Any] = extra

    def __repr__(self) -> str:
        args = str(self.arg_joiner).join(str(arg) for arg in self.source_expressions)
        options = {**self.extra, **self._get_repr_options()}
        if options:
            shown = ", ".join(f"{key}={value}" for key, value in sorted(options.items()))
            return f"{self.__class__.__name__}({args}, {shown})"
        return f"{self.__class__.__name__}({args})"

    def _get_repr_options(self) -> dict[str, Any]:
        return {}

    def get_source_expressions(self) -> list[Any]:
        """Return the arguments."""
        return self.source_expressions

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace the arguments."""
        self.source_expressions = list(exprs)

    def _compile_argument(self, compiler: Any, argument: Any) -> tuple[str, Sequence[Any]]:
        compiled: tuple[str, Sequence[Any]]
        try:
            compiled = compiler.compile(argument)
        except EmptyResultSet:
            constant = getattr(argument, "empty_result_set_value", NotImplemented)
            if constant is NotImplemented:
                raise
            compiled = compiler.compile(Value(constant))
        except FullResultSet:
            compiled = compiler.compile(Value(True))
        return compiled

    def as_sql(
        self,
        compiler: Any,
        connection: Any,
        function: str | None = None,
        template: str | None = None,
        arg_joiner: Any = None,
        **extra_context: Any,
    ) -> tuple[str, Sequence[Any]]:
        """Fill the template with the compiled arguments."""
        connection.ops.check_expression_support(self)
        parts: list[str] = []
        params: list[Any] = []
        for argument in self.source_expressions:
            sql, argument_params = self._compile_argument(compiler, argument)
            parts.append(sql)
            params.extend(argument_params)
        data = {**self.extra, **extra_context}
        if function is not None:
            data["function"] = function
        else:
            data.setdefault("function", self.function)
        template = template or data.get("template", self.template)
        joiner = arg_joiner or data.get("arg_joiner", self.arg_joiner)
        data["expressions"] = data["field"] = joiner.join(parts)
        assert template is not None
        return template % data, tuple(params)

    def copy(self) -> Self:
        """Return a copy with argument list and options of its own."""
        clone = super().copy()
        clone.source_expressions = self.source_expressions[:]
        clone.extra = self.extra.copy()
        return clone

    @cached_property
    def allowed_default(self) -> bool:
        """Whether every argument may stand in a column default."""
        return all(expression.allowed_default for expression in self.source_expressions)


class ExpressionList(Func):
    """Expressions separated by commas, as one argument of another expression."""

    template = "%(expressions)s"

    def __str__(self) -> str:
        return str(self.arg_joiner).join(str(arg) for arg in self.source_expressions)

    def as_sql(self, *args: Any, **kwargs: Any) -> tuple[str, Sequence[Any]]:
        """Return nothing at all for an empty list."""
        if not self.source_expressions:
            return "", ()
        return super().as_sql(*args, **kwargs)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Skip the numeric cast: a list has no one type."""
        return self.as_sql(compiler, connection, **extra_context)

    def get_group_by_cols(self) -> list[Any]:
        """Group by what the members group by."""
        columns: list[Any] = []
        for expr in self.get_source_expressions():
            columns.extend(expr.get_group_by_cols())
        return columns


class OrderByList(ExpressionList):
    """An ORDER BY inside another expression; `"-name"` sorts downwards."""

    allowed_default = False
    template = "ORDER BY %(expressions)s"

    def __init__(self, *expressions: Any, **extra: Any) -> None:
        from fastjango.orm.query.expressions.ordering import OrderBy
        from fastjango.orm.query.expressions.refs import F

        parsed = (
            OrderBy(F(expr[1:]), descending=True)
            if isinstance(expr, str) and expr[0] == "-"
            else expr
            for expr in expressions
        )
        super().__init__(*parsed, **extra)

    @classmethod
    def from_param(cls, context: str, param: Any) -> Self | None:
        """Build the list from what a caller passed as `order_by`.

        Args:
            context: The name that errors mention.
            param: `None`, a name, an expression, or a list or tuple of them.
        """
        if param is None:
            return None
        if isinstance(param, (list, tuple)):
            return cls(*param) if param else None  # pyright: ignore[reportUnknownArgumentType]
        if isinstance(param, str) or hasattr(param, "resolve_expression"):
            return cls(param)
        raise ValueError(
            f"{context} must be either a string reference to a "
            f"field, an expression, or a list or tuple of them not {param!r}."
        )
