"""SQL of conditions and expressions in the definition of a table, with values written out."""

# What a step, a field or a backend answers with is Any to mypy.
# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from typing import Any

__all__ = ["condition_sql", "index_expressions"]


def condition_sql(model: Any, condition: Any, schema_editor: Any) -> str | None:
    """SQL of a `Q` over the model's own columns, `None` if there is no condition."""
    if condition is None:
        return None
    from .query.sql import Query

    connection = schema_editor.connection
    query = Query(model=model, alias_cols=False)
    where = query.build_where(condition)
    compiler = query.get_compiler(connection=connection)
    sql, params = where.as_sql(compiler, connection)
    return sql % tuple(schema_editor.quote_value(param) for param in params)


def index_expressions(model: Any, expressions: Any, connection: Any) -> Any:
    """The expressions of an index, resolved, `None` if there are none."""
    if not expressions:
        return None
    from .indexes import IndexExpression
    from .query.expressions import ExpressionList
    from .query.sql import Query

    wrapped: list[Any] = []
    for expression in expressions:
        one = IndexExpression(expression)
        one.set_wrapper_classes(connection)
        wrapped.append(one)
    return ExpressionList(*wrapped).resolve_expression(Query(model, alias_cols=False))
