"""Expressions: what a query can compute beside the values of plain fields."""

from fastjango.orm.query.expressions.base import (
    BaseExpression,
    Expression,
    OutputFieldIsNoneError,
    SQLiteNumericMixin,
)
from fastjango.orm.query.expressions.columns import Col, ColPairs, Ref
from fastjango.orm.query.expressions.combinable import Combinable
from fastjango.orm.query.expressions.combined import (
    CombinedExpression,
    DurationExpression,
    TemporalSubtraction,
    register_combinable_fields,
)
from fastjango.orm.query.expressions.conditional import Case, When
from fastjango.orm.query.expressions.func import ExpressionList, Func, OrderByList
from fastjango.orm.query.expressions.ordering import OrderBy
from fastjango.orm.query.expressions.refs import F, OuterRef, ResolvedOuterRef, Sliced
from fastjango.orm.query.expressions.subqueries import Exists, Subquery
from fastjango.orm.query.expressions.values import (
    DatabaseDefault,
    JSONNull,
    RawSQL,
    Star,
    Value,
)
from fastjango.orm.query.expressions.window import (
    RowRange,
    ValueRange,
    Window,
    WindowFrame,
    WindowFrameExclusion,
)
from fastjango.orm.query.expressions.wrappers import ExpressionWrapper, NegatedExpression

__all__ = [
    "BaseExpression",
    "Case",
    "Col",
    "ColPairs",
    "Combinable",
    "CombinedExpression",
    "DatabaseDefault",
    "DurationExpression",
    "Exists",
    "Expression",
    "ExpressionList",
    "ExpressionWrapper",
    "F",
    "Func",
    "JSONNull",
    "NegatedExpression",
    "OrderBy",
    "OrderByList",
    "OuterRef",
    "OutputFieldIsNoneError",
    "RawSQL",
    "Ref",
    "ResolvedOuterRef",
    "RowRange",
    "SQLiteNumericMixin",
    "Sliced",
    "Star",
    "Subquery",
    "TemporalSubtraction",
    "Value",
    "ValueRange",
    "When",
    "Window",
    "WindowFrame",
    "WindowFrameExclusion",
    "register_combinable_fields",
]
