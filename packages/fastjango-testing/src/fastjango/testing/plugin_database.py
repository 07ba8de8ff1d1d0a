"""The database part of the pytest plugin: fixtures, the `django_db` mark, and a guard.

Tests that use a database ask for it, by a fixture, the mark or a TestCase class; others are
refused, so that none can reach the data of the project.
"""

import contextlib
import os
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from unittest import mock

import pytest
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS, BaseDatabaseWrapper
from fastjango.testing.database import (
    CaptureQueriesContext,
    TestCase,
    TransactionTestCase,
    setup_databases,
    teardown_databases,
)

REFUSAL = (
    'Database access is not allowed here. Use the "db" or "transactional_db" fixture, or mark the '
    "test with pytest.mark.django_db."
)
_FIXTURES = ("db", "transactional_db", "django_db_reset_sequences", "django_db_serialized_rollback")


class DatabaseGuard:
    """Refuses connections until a test has asked for them."""

    def __init__(self) -> None:
        self._real: Any = BaseDatabaseWrapper.ensure_connection
        self._patch: Any = None

    @staticmethod
    def _refuse(*args: Any, **kwargs: Any) -> NoReturn:
        __tracebackhide__ = True
        raise RuntimeError(REFUSAL)

    def block(self) -> None:
        """Refuse connections from now on."""
        if self._patch is None:
            self._patch = mock.patch.object(
                BaseDatabaseWrapper, "ensure_connection", new=self._refuse
            )
            self._patch.start()

    @contextlib.contextmanager
    def unblock(self) -> Iterator[None]:
        """Allow connections for a block."""
        patched, self._patch = self._patch, None
        if patched is not None:
            patched.stop()
        try:
            yield
        finally:
            if patched is not None:
                self.block()


_guard = DatabaseGuard()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse connections while tests are collected."""
    _guard.block()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests in transactions first, then those that commit, then those without a database."""

    def rank(item: pytest.Item) -> int:
        cls = getattr(item, "cls", None)
        names = getattr(item, "fixturenames", ())
        mark = item.get_closest_marker("django_db")
        commits = "transactional_db" in names or "live_server" in names
        commits = commits or (mark is not None and bool(_mark_options(mark)["transaction"]))
        if cls is not None and issubclass(cls, TestCase):
            return 0
        if cls is not None and issubclass(cls, TransactionTestCase):
            return 1
        if commits:
            return 1
        return 0 if mark is not None or "db" in names else 2

    items.sort(key=rank)


def _mark_options(mark: pytest.Mark) -> dict[str, Any]:
    def options(
        transaction: bool = False,
        reset_sequences: bool = False,
        databases: Any = None,
        serialized_rollback: bool = False,
        available_apps: Any = None,
    ) -> dict[str, Any]:
        return locals()

    return options(*mark.args, **mark.kwargs)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Give each parallel worker databases of its own; override it for other names."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if not worker:
        return
    for connection in connections.all():
        test = connection.settings_dict["TEST"]
        name = test.get("NAME") or connection.creation._get_test_db_name()
        if str(name) != ":memory:" and "mode=memory" not in str(name):
            test["NAME"] = f"{name}_{worker}"


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Make the test databases, once for all tests that use one."""
    reuse = request.config.getoption("--reuse-db")
    create = request.config.getoption("--create-db")
    with _guard.unblock():
        config = setup_databases(verbosity=0, interactive=False, keepdb=bool(reuse and not create))
    yield
    if not reuse:
        with _guard.unblock():
            teardown_databases(config, verbosity=0)


@pytest.fixture(autouse=True)
def _fastjango_databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """Give a test the databases it asks for."""
    cls = getattr(request.node, "cls", None)
    if cls is not None and issubclass(cls, TransactionTestCase):
        request.getfixturevalue("django_db_setup")
        with _guard.unblock():
            yield
        return
    mark = request.node.get_closest_marker("django_db")
    if mark is not None or any(name in request.fixturenames for name in _FIXTURES):
        request.getfixturevalue("_fastjango_db")
    yield


@pytest.fixture
def _fastjango_db(request: pytest.FixtureRequest, django_db_setup: None) -> Iterator[None]:
    mark = request.node.get_closest_marker("django_db")
    options = _mark_options(mark) if mark is not None else _mark_options(pytest.mark.x.mark)
    names = request.fixturenames
    commits = options["transaction"] or any(name in names for name in _FIXTURES[1:])
    base: type[TransactionTestCase] = TransactionTestCase if commits else TestCase
    attributes: dict[str, Any] = {"__test__": False, "runTest": lambda self: None}
    if options["databases"] is not None:
        attributes["databases"] = options["databases"]
    if commits:
        attributes["reset_sequences"] = (
            options["reset_sequences"] or "django_db_reset_sequences" in names
        )
        attributes["available_apps"] = options["available_apps"]
    attributes["serialized_rollback"] = (
        options["serialized_rollback"] or "django_db_serialized_rollback" in names
    )
    case: Any = type("PytestCase", (base,), attributes)
    with _guard.unblock():
        case.setUpClass()
        test = case()
        try:
            if case._pre_setup_ran_eagerly:
                case._pre_setup_ran_eagerly = False
            else:
                test._pre_setup()
            try:
                yield
            finally:
                test._post_teardown()
        finally:
            case.tearDownClass()
            case.doClassCleanups()


@pytest.fixture
def db(_fastjango_db: None) -> None:
    """The databases, in a transaction that is rolled back after the test."""


@pytest.fixture
def transactional_db(_fastjango_db: None) -> None:
    """The databases, with commits; the tables are emptied after the test."""


@pytest.fixture
def django_db_reset_sequences(transactional_db: None) -> None:
    """The databases, with commits, and automatic keys that begin at 1."""


@pytest.fixture
def django_db_serialized_rollback(_fastjango_db: None) -> None:
    """The databases with what migrations have put into them."""


@pytest.fixture
def django_db_blocker() -> DatabaseGuard:
    """The guard that refuses connections; `with django_db_blocker.unblock():` allows them."""
    return _guard


def _counter(exact: bool) -> Callable[..., Any]:
    @contextlib.contextmanager
    def counting(
        num: int, *, using: str = DEFAULT_DB_ALIAS, connection: Any = None, info: str | None = None
    ) -> Iterator[CaptureQueriesContext]:
        with CaptureQueriesContext(connection or connections[using]) as context:
            yield context
        executed = len(context)
        if executed == num or (not exact and executed < num):
            return
        shown = "\n".join(query["sql"] for query in context)
        expected = f"exactly {num}" if exact else f"at most {num}"
        note = f"{info}\n" if info else ""
        pytest.fail(f"{note}{executed} queries executed, {expected} expected:\n{shown}")

    return counting


@pytest.fixture
def django_assert_num_queries() -> Callable[..., Any]:
    """A context manager that fails unless a block executes this number of queries."""
    return _counter(exact=True)


@pytest.fixture
def django_assert_max_num_queries() -> Callable[..., Any]:
    """A context manager that fails if a block executes more than this number of queries."""
    return _counter(exact=False)


@pytest.fixture
def django_capture_on_commit_callbacks() -> Callable[..., Any]:
    """`TestCase.captureOnCommitCallbacks`, for tests that are functions."""
    return TestCase.captureOnCommitCallbacks
