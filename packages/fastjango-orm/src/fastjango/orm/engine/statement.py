"""What the thinking code yields and what it gets back.

Thinking code is a generator: it yields the objects below, receives a `Result` for each, and
returns its value. It does no I/O, so one implementation serves both edges.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypeVar

__all__ = [
    "AtomicBegin",
    "AtomicEnd",
    "Call",
    "Result",
    "Statement",
    "Step",
    "Steps",
    "with_atomic",
]

T = TypeVar("T")

Fetch: TypeAlias = Literal["all", "one", "none", "chunks"]


# Not frozen: assigning to a frozen instance costs as much as the rest of a short query.
@dataclass(slots=True, eq=False)
class Statement:
    """One SQL statement in the parameter style of the edge's driver.

    Attributes:
        sql: SQL text, compiled with ``connections[alias].dialect(edge)``.
        params: Positional values; with `many`, one such sequence per execution.
        fetch: What to read: every row, at most one row, nothing, or (with `stream` and
            `astream` only) chunks of rows.
        chunk_size: Rows per chunk for ``fetch="chunks"``.
        many: Execute once for each entry of `params`.
        kind: Whether the statement changes data. A read may be repeated on a fresh connection
            when its pooled connection turns out to be dead.
        using: Alias of the database; None means the alias given to the runner.
        describe: Whether the result must name its columns.
    """

    sql: str
    params: Sequence[Any] = ()
    fetch: Fetch = "all"
    chunk_size: int = 0
    many: bool = False
    kind: Literal["read", "write"] = "read"
    using: str | None = None
    describe: bool = False


class Result:
    """The answer to a statement.

    Attributes:
        rows: The rows read, as tuples in driver types; empty for ``fetch="none"``.
        rowcount: Rows matched or changed; -1 when the driver does not know.
        lastrowid: The generated key of a one-row insert, where the driver reports one.
        columns: The names of the columns, for statements that ask with `describe`.
    """

    __slots__ = ("columns", "lastrowid", "rowcount", "rows")

    def __init__(
        self,
        rows: list[tuple[Any, ...]],
        rowcount: int = -1,
        lastrowid: object | None = None,
        columns: tuple[str, ...] = (),
    ) -> None:
        self.rows = rows
        self.rowcount = rowcount
        self.lastrowid = lastrowid
        self.columns = columns

    def __repr__(self) -> str:
        return f"<Result rows={len(self.rows)} rowcount={self.rowcount}>"


@dataclass(slots=True, frozen=True)
class Call:
    """Run a hook of the user (a signal, a callback) between statements.

    Attributes:
        fn: Called by the synchronous edge. It may itself query the database there.
        afn: Awaited by the asynchronous edge; None means: call `fn`.

    The step's answer is the return value of whichever was called.
    """

    fn: Callable[[], Any]
    afn: Callable[[], Awaitable[Any]] | None = None


@dataclass(slots=True, frozen=True)
class AtomicBegin:
    """Open a transaction or savepoint; the answer is the token for `AtomicEnd`."""

    using: str | None = None
    savepoint: bool = True
    durable: bool = False


@dataclass(slots=True, frozen=True)
class AtomicEnd:
    """Close what `AtomicBegin` opened: commit when `error` is None, else roll back."""

    token: Any
    error: BaseException | None = None


Step: TypeAlias = Statement | Call | AtomicBegin | AtomicEnd
Steps: TypeAlias = Generator[Step, Any, T]


def with_atomic(
    steps: Steps[T], *, using: str | None = None, savepoint: bool = True, durable: bool = False
) -> Steps[T]:
    """Run steps in a transaction, on either edge.

    Args:
        steps: What to run.
        using: Alias of the database; None means the alias given to the runner.
        savepoint: Open a savepoint when a transaction is already open.
        durable: Refuse to run inside another transaction.

    Returns:
        Steps with the same value, committed at the end or rolled back on an error.
    """
    token = yield AtomicBegin(using, savepoint, durable)
    try:
        value = yield from steps
    except GeneratorExit:
        raise  # abandoned by a runner, which has already rolled back
    except BaseException as error:
        yield AtomicEnd(token, error)
        raise
    yield AtomicEnd(token)
    return value
