"""Running SQL of one's own on the driver of either edge."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.runner import current_edge
from fastjango.orm.engine.statement import Statement
from fastjango.orm.query.sql.compilers.driver import to_driver

if TYPE_CHECKING:
    from fastjango.orm.engine.statement import Steps
    from fastjango.orm.query.raw import RawQuery

__all__ = ["raw_rows_steps"]

_NAMED = re.compile(r"%(?:\((\w+)\)s|%)")


def _positional(sql: str, params: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """Replace `%(name)s` by `%s`, with the parameters in their order."""
    values: list[Any] = []

    def place(match: re.Match[str]) -> str:
        if match[0] == "%%":
            return "%%"
        values.append(params[match[1]])
        return "%s"

    return _NAMED.sub(place, sql), values


def raw_rows_steps(query: RawQuery) -> Steps[tuple[tuple[str, ...], list[Any]]]:
    """Run a raw query.

    Returns:
        The names of the columns, and the rows as the driver gave them.
    """
    alias = query.using
    connection = connections[alias]
    params = query.bound()
    sql = query.sql
    if isinstance(params, Mapping):
        sql, params = _positional(sql, params)  # pyright: ignore[reportUnknownArgumentType]
    elif params is None:
        # Without parameters a percent sign means itself.
        sql, params = sql.replace("%", "%%"), ()
    sql, params = to_driver(sql, params, connection, current_edge(alias))
    result = yield Statement(sql, tuple(params), using=alias, describe=True)
    return result.columns, result.rows
