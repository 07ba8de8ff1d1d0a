"""The query as data, and its compilers."""

from fastjango.orm.query import constants
from fastjango.orm.query.sql.query import Query
from fastjango.orm.query.sql.subqueries import (
    AggregateQuery,
    DeleteQuery,
    InsertQuery,
    UpdateQuery,
)
from fastjango.orm.query.sql.where import AND, OR, XOR

__all__ = [
    "AND",
    "OR",
    "XOR",
    "AggregateQuery",
    "DeleteQuery",
    "InsertQuery",
    "Query",
    "UpdateQuery",
    "constants",
]
