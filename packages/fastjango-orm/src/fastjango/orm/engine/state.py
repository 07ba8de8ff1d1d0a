"""The state of one transaction, the same on both edges, and the thinking of `atomic`.

`TransactionState` is plain data. `enter_atomic` and `leave_atomic` are generators that decide
which operation of the connection comes next; an edge performs it and sends the answer back.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Protocol, TypeAlias

from fastjango.orm.exceptions import DatabaseError, Error, TransactionManagementError

__all__ = ["AtomicBlock", "CommitHook", "Operation", "TransactionState"]

Hook: TypeAlias = Callable[[], Awaitable[Any] | Any]
CommitHook: TypeAlias = tuple[set[str | None], Hook, bool]
Operation: TypeAlias = tuple[Any, ...]
"""A method name of the connection followed by its arguments."""


class AtomicBlock(Protocol):
    """What the stack of open blocks knows of an `atomic` block."""

    savepoint: bool
    durable: bool
    _from_testcase: bool


class TransactionState:
    """Flags and stacks of the transaction that a connection is in.

    Attributes:
        autocommit: The connection commits each statement by itself.
        in_atomic_block: An `atomic` block is open.
        savepoint_ids: One entry per inner block; None where no savepoint was made.
        atomic_blocks: The open blocks, outermost first.
        commit_on_exit: The outermost block commits; False when autocommit was off on entry.
        needs_rollback: An error makes everything up to the next savepoint void.
        rollback_exc: The error that set `needs_rollback`, when known.
        closed_in_transaction: The connection was closed inside a block.
        run_on_commit: Hooks waiting for the commit.
    """

    def __init__(self) -> None:
        self.autocommit = False
        self.in_atomic_block = False
        self.savepoint_state = 0
        self.savepoint_ids: list[str | None] = []
        self.atomic_blocks: list[AtomicBlock] = []
        self.commit_on_exit = True
        self.needs_rollback = False
        self.rollback_exc: BaseException | None = None
        self.closed_in_transaction = False
        self.run_on_commit: list[CommitHook] = []
        self.run_commit_hooks_on_set_autocommit_on = False

    def reset(self) -> None:
        """Forget the blocks of a connection that is gone."""
        self.in_atomic_block = False
        self.savepoint_ids = []
        self.atomic_blocks = []
        self.needs_rollback = False
        self.closed_in_transaction = False

    def validate_no_atomic_block(self) -> None:
        """Raise `TransactionManagementError` when an `atomic` block is open."""
        if self.in_atomic_block:
            raise TransactionManagementError("This is forbidden when an 'atomic' block is active.")

    def validate_no_broken_transaction(self) -> None:
        """Raise `TransactionManagementError` when the block can only be rolled back."""
        if self.needs_rollback:
            raise TransactionManagementError(
                "An error occurred in the current transaction. You can't "
                "execute queries until the end of the 'atomic' block."
            ) from self.rollback_exc

    def get_rollback(self) -> bool:
        """Whether the innermost block will roll back."""
        self._require_atomic_block()
        return self.needs_rollback

    def set_rollback(self, rollback: bool) -> None:
        """Make the innermost block roll back on exit, or not."""
        self._require_atomic_block()
        self.needs_rollback = rollback

    def _require_atomic_block(self) -> None:
        if not self.in_atomic_block:
            raise TransactionManagementError(
                "The rollback flag doesn't work outside of an 'atomic' block."
            )

    def drop_hooks_of(self, sid: str) -> None:
        """Forget the commit hooks registered while a savepoint was active."""
        self.run_on_commit = [entry for entry in self.run_on_commit if sid not in entry[0]]

    def take_hooks(self) -> list[CommitHook]:
        """Return the waiting commit hooks and forget them."""
        hooks, self.run_on_commit = self.run_on_commit, []
        return hooks


def enter_atomic(block: AtomicBlock, state: TransactionState) -> Generator[Operation, Any, None]:
    """Open a transaction or a savepoint for `block`."""
    if state.atomic_blocks and block.durable and not state.atomic_blocks[-1]._from_testcase:  # pyright: ignore[reportPrivateUsage] # the protocol's own flag
        raise RuntimeError("A durable atomic block cannot be nested within another atomic block.")
    if not state.in_atomic_block:
        state.commit_on_exit = True
        state.needs_rollback = False
        state.rollback_exc = None
        if not (yield ("get_autocommit",)):
            # The user manages a transaction by hand: behave as an inner block of it.
            state.in_atomic_block = True
            state.commit_on_exit = False
    if state.in_atomic_block:
        sid = None
        if block.savepoint and not state.needs_rollback:
            sid = yield ("savepoint",)
        state.savepoint_ids.append(sid)
    else:
        yield ("set_autocommit", False, True)
        state.in_atomic_block = True
    state.atomic_blocks.append(block)


def leave_atomic(
    state: TransactionState, error: BaseException | None
) -> Generator[Operation, Any, None]:
    """Commit or roll back the innermost block."""
    if state.in_atomic_block and state.atomic_blocks:
        state.atomic_blocks.pop()
    sid: str | None = None
    if state.savepoint_ids:
        sid = state.savepoint_ids.pop()
    else:
        state.in_atomic_block = False
    try:
        if not state.closed_in_transaction:
            if error is None and not state.needs_rollback:
                yield from _keep(state, sid)
            else:
                yield from _undo(state, sid, error)
    finally:
        yield from _finish(state)


def _keep(state: TransactionState, sid: str | None) -> Generator[Operation, Any, None]:
    if not state.in_atomic_block:
        try:
            yield ("commit",)
        except DatabaseError:
            yield from _roll_back_or_close()
            raise
    elif sid is not None:
        try:
            yield ("savepoint_commit", sid)
        except DatabaseError:
            yield from _drop_savepoint(state, sid)
            raise


def _undo(
    state: TransactionState, sid: str | None, error: BaseException | None
) -> Generator[Operation, Any, None]:
    state.needs_rollback = False
    if not state.in_atomic_block:
        yield from _roll_back_or_close()
    elif sid is None:
        state.needs_rollback = True  # no savepoint here: an outer level must undo it
        state.rollback_exc = error or state.rollback_exc
    else:
        yield from _drop_savepoint(state, sid)


def _roll_back_or_close() -> Generator[Operation, Any, None]:
    try:
        yield ("rollback",)
    except Error:
        yield ("close",)  # a connection that cannot roll back is of no more use


def _drop_savepoint(state: TransactionState, sid: str) -> Generator[Operation, Any, None]:
    try:
        yield ("savepoint_rollback", sid)
        yield ("savepoint_commit", sid)
    except Error:
        state.needs_rollback = True


def _finish(state: TransactionState) -> Generator[Operation, Any, None]:
    if not state.in_atomic_block:
        if state.closed_in_transaction:
            yield ("forget_connection",)
        else:
            yield ("set_autocommit", True)
    elif not state.savepoint_ids and not state.commit_on_exit:
        if state.closed_in_transaction:
            yield ("forget_connection",)
        else:
            state.in_atomic_block = False
