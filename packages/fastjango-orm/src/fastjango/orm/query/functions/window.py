"""Functions for `Window`."""

# pyright: reportAssignmentType=false
# Classes fix by a constant what their base computes.

from __future__ import annotations

from typing import Any

from fastjango.orm.query.expressions import Func
from fastjango.orm.query.fieldtypes import FixedField
from fastjango.orm.query.functions.mixins import IntegerArgumentsMixin

__all__ = [
    "CumeDist",
    "DenseRank",
    "FirstValue",
    "Lag",
    "LastValue",
    "Lead",
    "NthValue",
    "Ntile",
    "PercentRank",
    "Rank",
    "RowNumber",
]


class CumeDist(Func):
    """The share of rows that are not after the current one."""

    function = "CUME_DIST"
    output_field = FixedField("FloatField")
    window_compatible = True


class DenseRank(Func):
    """The rank without gaps."""

    function = "DENSE_RANK"
    output_field = FixedField("IntegerField")
    window_compatible = True


class FirstValue(Func):
    """The value at the frame's first row."""

    arity = 1
    function = "FIRST_VALUE"
    window_compatible = True


class LagLeadFunction(IntegerArgumentsMixin, Func):
    """The value some rows away."""

    window_compatible = True

    def __init__(self, expression: Any, offset: int = 1, default: Any = None, **extra: Any) -> None:
        name = self.__class__.__name__
        if expression is None:
            raise ValueError(f"{name} requires a non-null source expression.")
        if offset is None or offset <= 0:  # pyright: ignore[reportUnnecessaryComparison]
            raise ValueError(f"{name} requires a positive integer for the offset.")
        arguments = (expression, offset) if default is None else (expression, offset, default)
        super().__init__(*arguments, **extra)

    def _resolve_output_field(self) -> Any:
        return self.get_source_expressions()[0].output_field


class Lag(LagLeadFunction):
    """The value `offset` rows before."""

    function = "LAG"


class LastValue(Func):
    """The value at the frame's last row."""

    arity = 1
    function = "LAST_VALUE"
    window_compatible = True


class Lead(LagLeadFunction):
    """The value `offset` rows after."""

    function = "LEAD"


class NthValue(IntegerArgumentsMixin, Func):
    """The value at the frame's n-th row."""

    function = "NTH_VALUE"
    window_compatible = True

    def __init__(self, expression: Any, nth: int = 1, **extra: Any) -> None:
        name = self.__class__.__name__
        if expression is None:
            raise ValueError(f"{name} requires a non-null source expression.")
        if nth is None or nth <= 0:  # pyright: ignore[reportUnnecessaryComparison]
            raise ValueError(f"{name} requires a positive integer as for nth.")
        super().__init__(expression, nth, **extra)

    def _resolve_output_field(self) -> Any:
        return self.get_source_expressions()[0].output_field


class Ntile(IntegerArgumentsMixin, Func):
    """The number of the row's bucket, if rows are spread over `num_buckets`."""

    function = "NTILE"
    integer_arguments = (0,)
    output_field = FixedField("IntegerField")
    window_compatible = True

    def __init__(self, num_buckets: int = 1, **extra: Any) -> None:
        if num_buckets <= 0:
            raise ValueError("num_buckets must be greater than 0.")
        super().__init__(num_buckets, **extra)


class PercentRank(Func):
    """The rank as a share from 0 to 1."""

    function = "PERCENT_RANK"
    output_field = FixedField("FloatField")
    window_compatible = True


class Rank(Func):
    """The rank, with gaps after equals."""

    function = "RANK"
    output_field = FixedField("IntegerField")
    window_compatible = True


class RowNumber(Func):
    """The row's number, from 1."""

    function = "ROW_NUMBER"
    output_field = FixedField("IntegerField")
    window_compatible = True
