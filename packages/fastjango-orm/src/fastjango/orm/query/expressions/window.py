"""Window expressions and their frames."""

# pyright: reportUnknownArgumentType=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# Operands may be anything; narrowing one leaves its parts unknown.

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

from fastjango.orm.exceptions import NotSupportedError
from fastjango.orm.query.expressions.base import Expression, SQLiteNumericMixin
from fastjango.orm.query.expressions.func import ExpressionList, OrderByList
from fastjango.orm.query.expressions.values import Value
from fastjango.orm.query.fieldtypes import fields

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["RowRange", "ValueRange", "Window", "WindowFrame", "WindowFrameExclusion"]


class Window(SQLiteNumericMixin, Expression):
    """A function or aggregate over the rows around the current one.

    Args:
        expression: The function; it must allow an OVER clause.
        partition_by: An expression or several: rows with equal values form a window.
        order_by: The order within the window.
        frame: The rows of the window that count.
        output_field: The result's type.
    """

    template = "%(expression)s OVER (%(window)s)"
    contains_aggregate = False
    contains_over_clause = True

    def __init__(
        self,
        expression: Any,
        partition_by: Any = None,
        order_by: Any = None,
        frame: Any = None,
        output_field: Any = None,
    ) -> None:
        if not getattr(expression, "window_compatible", False):
            raise ValueError(
                f"Expression '{expression.__class__.__name__}' isn't compatible with OVER clauses."
            )
        self.partition_by: Any = None
        if partition_by is not None:
            parts = partition_by if isinstance(partition_by, (tuple, list)) else (partition_by,)
            self.partition_by = ExpressionList(*parts)
        self.order_by: Any = OrderByList.from_param("Window.order_by", order_by)
        self.frame = frame
        super().__init__(output_field=output_field)
        self.source_expression = self._parse_expressions(expression)[0]

    def _resolve_output_field(self) -> Any:
        return self.source_expression.output_field

    def get_source_expressions(self) -> list[Any]:
        """Return function, partition, order and frame."""
        return [self.source_expression, self.partition_by, self.order_by, self.frame]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace function, partition, order and frame."""
        self.source_expression, self.partition_by, self.order_by, self.frame = exprs

    def as_sql(
        self, compiler: Any, connection: Any, template: str | None = None
    ) -> tuple[str, Sequence[Any]]:
        """Return function OVER (PARTITION BY … ORDER BY … frame)."""
        connection.ops.check_expression_support(self)
        if not connection.features.supports_over_clause:
            raise NotSupportedError("This backend does not support window expressions.")
        expression, params = compiler.compile(self.source_expression)
        all_params = list(params)
        clauses: list[str] = []
        if self.partition_by is not None:
            sql, params = self.partition_by.as_sql(
                compiler=compiler,
                connection=connection,
                template="PARTITION BY %(expressions)s",
            )
            clauses.append(sql)
            all_params.extend(params)
        for part in (self.order_by, self.frame):
            if part is not None:
                sql, params = compiler.compile(part)
                clauses.append(sql)
                all_params.extend(params)
        context = {"expression": expression, "window": " ".join(clauses).strip()}
        return (template or self.template) % context, tuple(all_params)

    def as_sqlite(
        self, compiler: Any, connection: Any, **extra_context: Any
    ) -> tuple[str, Sequence[Any]]:
        """Cast decimals outside of the window: a cast inside breaks the OVER clause."""
        if isinstance(self.output_field, fields.DecimalField):
            clone = self.copy()
            sources = clone.get_source_expressions()
            sources[0].output_field = fields.FloatField()
            clone.set_source_expressions(sources)
            return super(Window, clone).as_sqlite(compiler, connection)
        return self.as_sql(compiler, connection)

    def __str__(self) -> str:
        partition = f"PARTITION BY {self.partition_by}" if self.partition_by else ""
        return f"{self.source_expression} OVER ({partition}{self.order_by or ''}{self.frame or ''})"

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_group_by_cols(self) -> list[Any]:
        """Group by the columns of partition and order."""
        columns: list[Any] = []
        if self.partition_by:
            columns.extend(self.partition_by.get_group_by_cols())
        if self.order_by is not None:
            columns.extend(self.order_by.get_group_by_cols())
        return columns


class WindowFrameExclusion(Enum):
    """Rows that a frame leaves out."""

    CURRENT_ROW = "CURRENT ROW"
    GROUP = "GROUP"
    TIES = "TIES"
    NO_OTHERS = "NO OTHERS"

    def __repr__(self) -> str:
        return f"{self.__class__.__qualname__}.{self._name_}"


class WindowFrame(Expression):
    """The rows of a window that count for the current row.

    Args:
        start: Rows before (negative) or after the current one; `None` is unbounded.
        end: The same for the frame's end.
        exclusion: Rows to leave out.
    """

    template = "%(frame_type)s BETWEEN %(start)s AND %(end)s%(exclude)s"
    frame_type: str

    def __init__(
        self,
        start: int | None = None,
        end: int | None = None,
        exclusion: WindowFrameExclusion | None = None,
    ) -> None:
        if exclusion is not None and not isinstance(exclusion, WindowFrameExclusion):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"{self.__class__.__qualname__}.exclusion must be a WindowFrameExclusion instance."
            )
        self.start: Any = Value(start)
        self.end: Any = Value(end)
        self.exclusion = exclusion

    def get_source_expressions(self) -> list[Any]:
        """Return start and end."""
        return [self.start, self.end]

    def set_source_expressions(self, exprs: Sequence[Any]) -> None:
        """Replace start and end."""
        self.start, self.end = exprs

    def get_exclusion(self) -> str:
        """Return the EXCLUDE clause, if any."""
        return "" if self.exclusion is None else f" EXCLUDE {self.exclusion.value}"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Sequence[Any]]:
        """Return ROWS or RANGE BETWEEN …."""
        connection.ops.check_expression_support(self)
        start, end = self.window_frame_start_end(connection, self.start.value, self.end.value)
        if self.exclusion and not connection.features.supports_frame_exclusion:
            raise NotSupportedError("This backend does not support window frame exclusions.")
        return self._render(start, end), ()

    def _render(self, start: str, end: str) -> str:
        return self.template % {
            "frame_type": self.frame_type,
            "start": start,
            "end": end,
            "exclude": self.get_exclusion(),
        }

    def __repr__(self) -> str:
        return f"<{self.__class__.__name__}: {self}>"

    def get_group_by_cols(self) -> list[Any]:
        """Return nothing: a frame reads no column."""
        return []

    def __str__(self) -> str:
        return self._render(
            _frame_bound(self.start.value, "UNBOUNDED PRECEDING"),
            _frame_bound(self.end.value, "UNBOUNDED FOLLOWING"),
        )

    def window_frame_start_end(
        self, connection: Any, start: int | None, end: int | None
    ) -> tuple[str, str]:
        """Return both bounds in the database's words."""
        raise NotImplementedError("Subclasses must implement window_frame_start_end().")


def _frame_bound(value: int | None, unbounded: str) -> str:
    if value is None:
        return unbounded
    if value == 0:
        return "CURRENT ROW"
    return f"{abs(value)} {'PRECEDING' if value < 0 else 'FOLLOWING'}"


class RowRange(WindowFrame):
    """A frame counted in rows."""

    frame_type = "ROWS"

    def window_frame_start_end(
        self, connection: Any, start: int | None, end: int | None
    ) -> tuple[str, str]:
        """Return the bounds in rows."""
        bounds: tuple[str, str] = connection.ops.window_frame_rows_start_end(start, end)
        return bounds


class ValueRange(WindowFrame):
    """A frame counted in values of the ordering."""

    frame_type = "RANGE"

    def window_frame_start_end(
        self, connection: Any, start: int | None, end: int | None
    ) -> tuple[str, str]:
        """Return the bounds in values."""
        bounds: tuple[str, str] = connection.ops.window_frame_range_start_end(start, end)
        return bounds
