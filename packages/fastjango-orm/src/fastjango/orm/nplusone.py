"""The N+1 guard: finds queries that a loop repeats, and says how to load it all at once.

    with detect_n_plus_one():
        for article in Article.objects.all():
            print(article.tags.count())

Queries of one shape (equal SQL, other parameters) are counted. When a shape was run as often as
the threshold says, the report names the relation that the queries follow and the
`select_related` or `prefetch_related` to add.
"""

from __future__ import annotations

import logging
import re
import sys
import sysconfig
import traceback
from collections.abc import Awaitable, Callable, Generator, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from fastjango.core import apps
from fastjango.core.conf import settings
from fastjango.orm.engine.wrapper import observing

__all__ = [
    "NPlusOneError",
    "NPlusOneMiddleware",
    "NPlusOneReport",
    "detect_n_plus_one",
    "is_watched",
]

logger = logging.getLogger("fastjango.orm.nplusone")

DEFAULT_THRESHOLD = 10

_QUOTES = r"[\"`]"
_TABLE = re.compile(rf"\b(?:FROM|JOIN)\s+{_QUOTES}([^\"`]+){_QUOTES}", re.IGNORECASE)
_FILTER = re.compile(
    rf"{_QUOTES}([^\"`]+){_QUOTES}\.{_QUOTES}([^\"`]+){_QUOTES}\s*"
    r"(?:=|IN)\s*\(?\s*(?:\?|%s|\$\d+)",
    re.IGNORECASE,
)
_OWN_FOLDER = str(Path(__file__).parent)
_LIBRARY = sysconfig.get_path("stdlib")


class NPlusOneReport:
    """One repeated shape.

    Attributes:
        sql: The repeated SQL.
        count: How often it was run so far.
        advice: What to add where, or None when the relation could not be told.
        where: File and line of the code that ran the latest one.
    """

    def __init__(self, sql: str, count: int, advice: str | None, where: str) -> None:
        self.sql, self.count, self.advice, self.where = sql, count, advice, where

    def __str__(self) -> str:
        remedy = self.advice or "load the rows in one query before the loop"
        return (
            f"{self.count} queries of one shape were run at {self.where}: {self.sql}. "
            f"To make it one query: {remedy}."
        )


class NPlusOneError(AssertionError):
    """Queries were repeated in a loop.

    Attributes:
        report: What was found.
    """

    def __init__(self, report: NPlusOneReport) -> None:
        super().__init__(str(report))
        self.report = report


class _Watch:
    """Counts the shapes of one block."""

    def __init__(self, threshold: int, raising: bool) -> None:
        self.threshold = threshold
        self.raising = raising
        self.counts: dict[tuple[str, str], int] = {}
        self.tables: list[str] = []
        self.reports: list[NPlusOneReport] = []

    def __call__(self, alias: str, sql: str, params: Any) -> None:
        if sql.lstrip()[:6].upper() != "SELECT":
            return
        key = (alias, sql)
        count = self.counts[key] = self.counts.get(key, 0) + 1
        if count == 1:
            self.tables.extend(_TABLE.findall(sql)[:1])
        if count != self.threshold:
            return
        report = NPlusOneReport(sql, count, advise(sql, self.tables), _caller())
        self.reports.append(report)
        if self.raising:
            raise NPlusOneError(report)
        logger.warning("%s", report)


def _caller() -> str:
    """Name the innermost line of the user's code."""
    for frame in reversed(traceback.extract_stack()[:-2]):
        if not frame.filename.startswith((_OWN_FOLDER, _LIBRARY)):
            return f"{frame.filename}:{frame.lineno}"
    return "an unknown place"


def advise(sql: str, tables: list[str]) -> str | None:
    """Say which relation a repeated query follows, and how to load it at once.

    Args:
        sql: The query.
        tables: Tables that the block has read before, in order.

    Returns:
        Text such as ``Article.objects.select_related('author')``; None when no relation of an
        installed model fits.
    """
    table = next(iter(_TABLE.findall(sql)), None)
    filters = _FILTER.findall(sql)
    if table is None or not filters:
        return None
    models: dict[str, Any] = {
        model._meta.db_table: model for model in apps.get_models(include_auto_created=True)
    }
    target = models.get(table)
    if target is None:
        return None
    for filtered_table, column in filters:
        for advice in (
            _advise_many_to_many(models, target, filtered_table, column),
            _advise_reverse(target, table, filtered_table, column),
            _advise_forward(models, target, table, filtered_table, column, tables),
        ):
            if advice is not None:
                return advice
    return None


def _advise_forward(
    models: dict[str, Any], target: Any, table: str, filtered: str, column: str, read: list[str]
) -> str | None:
    """The row of a foreign key was fetched: one of the models read before has that key."""
    if filtered != table or target._meta.pk.column != column:
        return None
    for earlier in read:
        model = models.get(earlier)
        if model is None:
            continue
        for field in model._meta.concrete_fields:
            remote = getattr(field, "remote_field", None)
            if remote is not None and getattr(remote, "model", None) is target:
                return f"{model.__name__}.objects.select_related({field.name!r})"
    return None


def _advise_reverse(target: Any, table: str, filtered: str, column: str) -> str | None:
    """Rows that refer to one object were fetched: the other end of their foreign key."""
    if filtered != table:
        return None
    for field in target._meta.concrete_fields:
        remote = getattr(field, "remote_field", None)
        if remote is None or field.column != column or field.primary_key:
            continue
        name = remote.get_accessor_name()
        return f"{remote.model.__name__}.objects.prefetch_related({name!r})" if name else None
    return None


def _advise_many_to_many(
    models: dict[str, Any], target: Any, filtered: str, column: str
) -> str | None:
    """Rows were fetched over a join table: the many-to-many field behind it."""
    through = models.get(filtered)
    if through is None:
        return None
    for model in models.values():
        for field in model._meta.local_many_to_many:
            if field.remote_field.through is not through:
                continue
            if field.remote_field.model is target and field.m2m_column_name() == column:
                return f"{model.__name__}.objects.prefetch_related({field.name!r})"
            if model is target and field.m2m_reverse_name() == column:
                name = field.remote_field.get_accessor_name()
                other = field.remote_field.model.__name__
                return f"{other}.objects.prefetch_related({name!r})" if name else None
    return None


@contextmanager
def detect_n_plus_one(
    threshold: int | None = None, *, raise_error: bool | None = None
) -> Generator[list[NPlusOneReport], None, None]:
    """Watch the queries of a block, on both edges.

    Args:
        threshold: Queries of one shape from which on they are reported, once per shape; None is
            `ORM_N_PLUS_ONE_THRESHOLD`, 0 reports nothing.
        raise_error: Raise `NPlusOneError` instead of logging a warning; None is
            `ORM_N_PLUS_ONE_RAISE`.

    Returns:
        The reports, which grow while the block runs.
    """
    if threshold is None:
        threshold = settings.ORM_N_PLUS_ONE_THRESHOLD if settings.configured else DEFAULT_THRESHOLD
    if raise_error is None:
        raise_error = settings.configured and bool(settings.ORM_N_PLUS_ONE_RAISE)
    watch = _Watch(threshold or -1, raise_error)
    with observing(watch):
        yield watch.reports


def is_watched() -> bool:
    """Whether requests are watched: `DEBUG` is on, or `fastjango.testing` was set up for tests."""
    if not settings.configured:
        return False
    return bool(settings.DEBUG) or "fastjango.testing.environment" in sys.modules


# Whether the request is watched already: the guard may be listed by hand as well.
_watching: ContextVar[bool] = ContextVar("fastjango_n_plus_one", default=False)

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class NPlusOneMiddleware:
    """ASGI middleware that watches each HTTP request while `DEBUG` is on or tests run.

    FastJango applications put it around themselves; list it by hand in other ones.
    """

    def __init__(self, app: Callable[[Scope, Receive, Send], Awaitable[None]]) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not is_watched() or _watching.get():
            await self.app(scope, receive, send)
            return
        token = _watching.set(True)
        try:
            with detect_n_plus_one():
                await self.app(scope, receive, send)
        finally:
            _watching.reset(token)
