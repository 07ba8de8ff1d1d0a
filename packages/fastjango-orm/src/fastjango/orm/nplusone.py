"""The N+1 guard: finds queries that a loop repeats, and says how to load it all at once.

    with detect_n_plus_one():
        for article in Article.objects.all():
            print(article.tags.count())

Queries of one shape (equal SQL, other parameters, lists of other lengths) are counted. When a shape
was run as often as the threshold says, the report names the relation that the queries follow and
the `select_related` or `prefetch_related` to add.
"""

from __future__ import annotations

import logging
import sys
import sysconfig
from collections import deque
from collections.abc import Awaitable, Callable, Generator, Iterable, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import FrameType
from typing import Any

from fastjango.core.conf import settings
from fastjango.orm.engine.watchers import observing
from fastjango.orm.followed import Followed, Models, Read, is_parent_link, look_at, shape_of

__all__ = [
    "NPlusOneError",
    "NPlusOneMiddleware",
    "NPlusOneReport",
    "detect_n_plus_one",
    "is_watched",
    "request_queries",
]

logger = logging.getLogger("fastjango.orm.nplusone")

DEFAULT_THRESHOLD = 10

MAX_QUERIES = 1000
"""Most queries of a request that are kept: the latest."""

_LIBRARIES = tuple(sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib"))


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
    """Counts the shapes of one block.

    Args:
        threshold: Runs of one shape from which on it is reported.
        raising: Raise the report instead of logging it.
        place: Where the block is, for queries that no line of the user's code ran.
    """

    def __init__(self, threshold: int, raising: bool, place: str) -> None:
        self.threshold = threshold
        self.raising = raising
        self.place = place
        self.libraries = (*sys.modules["fastjango"].__path__, *_LIBRARIES)
        self.reads: dict[tuple[str, str], Read] = {}
        self.runs = 0
        self.reports: list[NPlusOneReport] = []

    def __call__(self, alias: str, sql: str, params: Any) -> None:
        if self.threshold <= 0 or sql.lstrip()[:6].upper() != "SELECT":
            return
        key = (alias, shape_of(sql))
        read = self.reads.get(key)
        if read is None:
            read = self.reads[key] = Read(sql)
        read.count += 1
        self.runs = read.latest = self.runs + 1
        if read.count > self.threshold:
            return
        frame = self.look_at_caller(sys._getframe(1), read)  # pyright: ignore[reportPrivateUsage] # where the query comes from
        if read.count != self.threshold:
            return
        advice = _advise(read, list(self.reads.values()))
        where = self.place if frame is None else _name_line(frame)
        report = NPlusOneReport(read.sql, read.count, advice, where)
        self.reports.append(report)
        if self.raising:
            raise NPlusOneError(report)
        logger.warning("%s", report)

    def look_at_caller(self, frame: FrameType | None, read: Read) -> FrameType | None:
        """Note what the code that runs a query asks for; return the user's innermost frame.

        None: the framework runs it by itself, as a generic view or a serializer does.
        """
        while frame is not None and frame.f_code is not NPlusOneMiddleware.__call__.__code__:
            if not frame.f_code.co_filename.startswith(self.libraries):
                return frame
            look_at(frame, read)
            frame = frame.f_back
        return None


def _name_line(frame: FrameType) -> str:
    """Name the line that a frame has reached; a template's is that of its source."""
    line = frame.f_lineno
    template = frame.f_globals.get("__jinja_template__")
    if template is not None:
        line = template.get_corresponding_lineno(line)
    return f"{frame.f_code.co_filename}:{line}"


# -- what to do about it -------------------------------------------------------------------


def _advise(read: Read, reads: list[Read]) -> str | None:
    """Say what to add where so that a repeated query becomes one.

    Returns:
        Text such as ``Article.objects.select_related('author')``; None when no relation of an
        installed model fits.
    """
    models = Models()
    tables = [earlier.table for earlier in reads if earlier.table is not None]
    found: dict[str, None] = {}
    together: dict[tuple[str, str], list[str]] = {}
    for followed in models.followed(read, tables):
        if followed.is_column:
            owner = followed.model.__name__
            found[f"do not leave {followed.name!r} out of the query for {owner}"] = None
            continue
        owner, names, can_join = _trace(followed, models, reads, {id(read)})
        method = "select_related" if can_join else "prefetch_related"
        argument = repr("__".join(names))
        if models.is_narrowed(read, followed):
            argument = f"Prefetch({argument}, queryset=..., to_attr=...)"
        together.setdefault((owner, method), []).append(argument)
    for (owner, method), arguments in together.items():
        found[f"{owner}.{method}({', '.join(dict.fromkeys(arguments))})"] = None
    return " and ".join(found) or None


def _trace(
    followed: Followed, models: Models, reads: Iterable[Read], passed: set[int]
) -> tuple[str, list[str], bool]:
    """Find the query that a path of relations begins with.

    Args:
        followed: The last relation of the path.
        models: The installed models.
        reads: The queries so far.
        passed: Those that the path has come by, by `id`.

    Returns:
        The queryset in words, the names of the path, and whether joins can follow all of it.
    """
    names = [followed.name]
    model = followed.model
    tables = [read.table for read in reads if read.table is not None]
    sources: list[tuple[Read, Followed]] = []
    for read in sorted(reads, key=lambda read: -read.latest):
        if id(read) in passed or models.of(read.table) is not model._meta.concrete_model:
            continue
        relations = models.followed(read, tables) if read.is_followed else ()
        earlier = [relation for relation in relations if not relation.is_column]
        if not earlier:
            # A query of its own: objects that came with others as well are taken for its.
            return f"{model.__name__}.objects", names, followed.is_single
        sources.append((read, earlier[0]))
    if sources:
        read, source = sources[0]
        if models.is_narrowed(read, source):
            # Objects of a part of a relation have a queryset of their own.
            return f"{source.model.__name__.lower()}.{source.name}", names, followed.is_single
        owner, before, can_join = _trace(source, models, reads, {*passed, id(read)})
        return owner, [*before, *names], can_join and followed.is_single
    for read in reads:
        joined = None if id(read) in passed else models.joined(read, model._meta.concrete_model)
        if joined is not None:
            if is_parent_link(joined):
                joined_by = followed._replace(model=joined.model)
                return _trace(joined_by, models, reads, passed)
            owner, before, can_join = _trace(joined, models, reads, passed)
            return owner, [*before, *names], can_join and followed.is_single
    return f"{model.__name__}.objects", names, followed.is_single


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
    with _watching(threshold, raise_error, "an unknown place") as reports:
        yield reports


@contextmanager
def _watching(
    threshold: int | None, raise_error: bool | None, place: str
) -> Generator[list[NPlusOneReport], None, None]:
    limit: int = DEFAULT_THRESHOLD if threshold is None else threshold
    if threshold is None and settings.configured:
        limit = settings.ORM_N_PLUS_ONE_THRESHOLD
    if raise_error is None:
        raise_error = settings.configured and bool(settings.ORM_N_PLUS_ONE_RAISE)
    with observing(watch := _Watch(limit, raise_error, place)):
        yield watch.reports


def is_watched() -> bool:
    """Whether requests are watched: `DEBUG` is on, or `fastjango.testing` was set up for tests."""
    if not settings.configured:
        return False
    return bool(settings.DEBUG) or "fastjango.testing.environment" in sys.modules


# The queries of the request, if it is watched: the guard may be listed by hand as well.
_queries: ContextVar[deque[str] | None] = ContextVar("fastjango_request_queries", default=None)


def request_queries() -> list[str]:
    """Return the SQL that ran so far during this request, the latest thousand, while watched."""
    return list(_queries.get() or ())


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
        if scope["type"] != "http" or not is_watched() or _queries.get() is not None:
            await self.app(scope, receive, send)
            return
        queries: deque[str] = deque(maxlen=MAX_QUERIES)
        token = _queries.set(queries)
        try:
            with (
                observing(lambda alias, sql, params: queries.append(sql)),
                _watching(None, None, f"{scope['method']} {scope['path']}"),
            ):
                await self.app(scope, receive, send)
        finally:
            _queries.reset(token)
