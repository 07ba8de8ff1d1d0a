"""Compilers by the name a query gives."""

from typing import Any

from fastjango.orm.query.sql.compilers.aggregate import SQLAggregateCompiler
from fastjango.orm.query.sql.compilers.delete import SQLDeleteCompiler
from fastjango.orm.query.sql.compilers.insert import SQLInsertCompiler
from fastjango.orm.query.sql.compilers.select import SQLCompiler
from fastjango.orm.query.sql.compilers.update import SQLUpdateCompiler

__all__ = [
    "COMPILERS",
    "SQLAggregateCompiler",
    "SQLCompiler",
    "SQLDeleteCompiler",
    "SQLInsertCompiler",
    "SQLUpdateCompiler",
]

COMPILERS: dict[str, Any] = {
    "SQLAggregateCompiler": SQLAggregateCompiler,
    "SQLCompiler": SQLCompiler,
    "SQLDeleteCompiler": SQLDeleteCompiler,
    "SQLInsertCompiler": SQLInsertCompiler,
    "SQLUpdateCompiler": SQLUpdateCompiler,
}
