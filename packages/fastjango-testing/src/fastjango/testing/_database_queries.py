"""Looking at the queries of a test."""
# ruff: noqa: PT009  # the means of unittest

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

from fastjango.orm.engine.handler import reset_queries
from fastjango.signals import request_started


class CaptureQueriesContext:
    """Keeps the queries that a connection executes in a block; iterate it for them.

    Args:
        connection: The connection to watch.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.initial_queries = 0
        self.final_queries: int | None = None

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self.captured_queries)

    def __getitem__(self, index: Any) -> Any:
        return self.captured_queries[index]

    def __len__(self) -> int:
        return len(self.captured_queries)

    @property
    def captured_queries(self) -> list[dict[str, Any]]:
        """The queries: `sql` and `time` of each."""
        queries: list[dict[str, Any]] = self.connection.queries
        return queries[self.initial_queries : self.final_queries]

    def __enter__(self) -> Self:
        self.force_debug_cursor = self.connection.force_debug_cursor
        self.connection.force_debug_cursor = True
        # What a new connection asks of the server is not counted.
        self.connection.ensure_connection()
        self.initial_queries = len(self.connection.queries_log)
        self.final_queries = None
        self.reconnect = request_started.disconnect(reset_queries)
        return self

    def __exit__(self, exc_type: type[BaseException] | None, *exc_info: object) -> None:
        self.connection.force_debug_cursor = self.force_debug_cursor
        if self.reconnect:
            request_started.connect(reset_queries)
        if exc_type is None:
            self.final_queries = len(self.connection.queries_log)


class AssertNumQueriesContext(CaptureQueriesContext):
    """Checks the number of queries at the end of a block."""

    def __init__(self, test_case: Any, num: int, connection: Any) -> None:
        super().__init__(connection)
        self.test_case = test_case
        self.num = num

    def __exit__(self, exc_type: type[BaseException] | None, *exc_info: object) -> None:
        super().__exit__(exc_type, *exc_info)
        if exc_type is not None:
            return
        executed = len(self)
        shown = "\n".join(f"{number}. {query['sql']}" for number, query in enumerate(self, start=1))
        self.test_case.assertEqual(
            executed,
            self.num,
            f"{executed} queries executed, {self.num} expected\nCaptured queries were:\n{shown}",
        )


@contextmanager
def register_lookup(field: Any, *lookups: Any, lookup_name: str | None = None) -> Iterator[None]:
    """Register lookups on a field (or its class) for a block.

    Args:
        lookup_name: Another name than the lookup's own.
    """
    try:
        for lookup in lookups:
            field.register_lookup(lookup, lookup_name)
        yield
    finally:
        for lookup in lookups:
            field._unregister_lookup(lookup, lookup_name)
