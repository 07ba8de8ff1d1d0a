"""Counting and reading the queries of a block."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from fastjango.core.aio import is_loop_running
from fastjango.orm import reset_queries
from fastjango.signals import request_started

__all__ = ["AssertNumQueriesContext", "CaptureQueriesContext", "listed", "register_lookup"]

__unittest = True


class CaptureQueriesContext:
    """Collects the queries of a connection while the block runs.

    Length, indexing and iteration give them as ``{"sql": ..., "time": ...}``.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.initial_queries: int = 0
        self.final_queries: int | None = None
        self.force_debug_cursor: bool = False
        self.resets: bool = False

    def __iter__(self) -> Iterator[dict[str, str]]:
        return iter(self.captured_queries)

    def __getitem__(self, index: Any) -> Any:
        return self.captured_queries[index]

    def __len__(self) -> int:
        return len(self.captured_queries)

    @property
    def captured_queries(self) -> list[dict[str, str]]:
        """The queries, oldest first."""
        found: list[dict[str, str]] = self.connection.queries
        return found[self.initial_queries : self.final_queries]

    def __enter__(self) -> "CaptureQueriesContext":
        self.force_debug_cursor = bool(self.connection.force_debug_cursor)
        self.connection.force_debug_cursor = True
        if not is_loop_running():
            self.connection.ensure_connection()  # what opening it runs must not count
        self.initial_queries = len(self.connection.queries_log)
        self.final_queries = None
        self.resets = request_started.disconnect(reset_queries)  # not in a nested context
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.connection.force_debug_cursor = self.force_debug_cursor
        if self.resets:
            request_started.connect(reset_queries, inline=True)
        if exc_type is None:
            self.final_queries = len(self.connection.queries_log)


def listed(queries: CaptureQueriesContext) -> str:
    """Return the SQL of captured queries, numbered, a line each."""
    return "\n".join(f"{number}. {query['sql']}" for number, query in enumerate(queries, 1))


class AssertNumQueriesContext(CaptureQueriesContext):
    """Fails a test unless the block runs a number of queries."""

    def __init__(self, test_case: Any, num: int, connection: Any) -> None:
        self.test_case = test_case
        self.num = num
        super().__init__(connection)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        super().__exit__(exc_type, exc_value, traceback)
        if exc_type is not None:
            return
        executed = len(self)
        self.test_case.assertEqual(  # noqa: PT009  # any test case's
            executed,
            self.num,
            f"{executed} queries executed, {self.num} expected\n"
            f"Captured queries were:\n{listed(self)}",
        )


@contextmanager
def register_lookup(field: Any, *lookups: Any, lookup_name: str | None = None) -> Generator[None]:
    """Register lookups on a field class or field for the block.

    Args:
        field: A field class, or a field.
        lookups: Lookup or transform classes.
        lookup_name: Their name in queries; each one's own by default.
    """
    try:
        for lookup in lookups:
            field.register_lookup(lookup, lookup_name)
        yield
    finally:
        for lookup in lookups:
            field._unregister_lookup(lookup, lookup_name)
