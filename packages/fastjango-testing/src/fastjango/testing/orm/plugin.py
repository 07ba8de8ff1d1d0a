"""pytest fixtures for tests that query; loaded by the plugin where the ORM is installed.

A test without one of these fixtures (or the mark ``django_db``) may not query at all.
"""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from collections.abc import Callable, Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

__all__ = [
    "db",
    "django_assert_max_num_queries",
    "django_assert_num_queries",
    "django_capture_on_commit_callbacks",
    "django_db_blocker",
    "django_db_createdb",
    "django_db_keepdb",
    "django_db_modify_db_settings",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
    "django_db_setup",
    "django_db_use_migrations",
    "transactional_db",
]

_HELP = (
    'Database access not allowed, use the "django_db" mark, or the "db" or '
    '"transactional_db" fixtures to enable it.'
)


_COMMITTING = (
    "transactional_db",
    "live_server",
    "django_db_reset_sequences",
    "django_db_serialized_rollback",
)


class DatabaseBlocker:
    """Refuses every database, and lets tests and fixtures use them for a while."""

    def __init__(self) -> None:
        self._history: list[dict[str, Any]] = []

    def _swap(self, wanted: Callable[[str], Any] | None) -> None:
        from fastjango.orm import connections
        from fastjango.orm.engine.wrapper import blocked

        self._history.append(dict(blocked))
        blocked.clear()
        if wanted is not None:
            blocked.update({alias: wanted(alias) for alias in connections})

    def block(self) -> AbstractContextManager[None]:
        """Refuse queries, until `restore` or the end of the block."""
        self._swap(lambda alias: lambda operation: RuntimeError(_HELP))
        return self._restoring()

    def unblock(self) -> AbstractContextManager[None]:
        """Allow queries, until `restore` or the end of the block."""
        self._swap(None)
        return self._restoring()

    @contextmanager
    def _restoring(self) -> Generator[None]:
        try:
            yield
        finally:
            self.restore()

    def restore(self) -> None:
        """Take the latest `block` or `unblock` back."""
        from fastjango.orm.engine.wrapper import blocked

        blocked.clear()
        blocked.update(self._history.pop())


_blocker = DatabaseBlocker()


@pytest.hookimpl(tryfirst=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse queries from now on, so that no test can reach the data of the project."""
    _blocker.block()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Allow queries again."""
    _blocker.restore()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run tests in transactions first, then those that commit, then those without a database."""
    from fastjango.testing.orm import TestCase, TransactionTestCase

    def rank(item: pytest.Item) -> int:
        cls: Any = getattr(item, "cls", None)
        if isinstance(cls, type) and issubclass(cls, TransactionTestCase):
            return 0 if issubclass(cls, TestCase) else 1
        marker = item.get_closest_marker("django_db")
        names = getattr(item, "fixturenames", ())
        commits = marker is not None and marker.kwargs.get("transaction")
        if commits or any(name in names for name in _COMMITTING):
            return 1
        return 0 if marker is not None or "db" in names else 2

    items.sort(key=rank)


@pytest.fixture(scope="session")
def django_db_blocker() -> DatabaseBlocker:
    """The object that refuses queries outside database tests."""
    return _blocker


@pytest.fixture(scope="session")
def django_db_keepdb(request: pytest.FixtureRequest) -> bool:
    """Whether the test databases are kept for the next run: ``--reuse-db``."""
    return bool(request.config.getoption("reuse_db"))


@pytest.fixture(scope="session")
def django_db_createdb(request: pytest.FixtureRequest) -> bool:
    """Whether the test databases are made anew, although those of a run before may be there."""
    return bool(request.config.getoption("create_db"))


@pytest.fixture(scope="session")
def django_db_use_migrations(request: pytest.FixtureRequest) -> bool:
    """Whether the tables are made by migrations: not with ``--no-migrations``."""
    return not request.config.getoption("no_migrations")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Give each xdist worker test databases of its own."""
    worker = getattr(request.config, "workerinput", {}).get("workerid")
    if worker is None:
        return
    from fastjango.orm import connections

    for alias in connections:
        creation = connections[alias].creation
        test = connections[alias].settings_dict["TEST"]
        name = creation._get_test_db_name()
        test["NAME"] = creation.worker_name(name, worker)


def _serialized_aliases(items: list[pytest.Item]) -> frozenset[str]:
    """Return the databases whose first rows tests want back."""
    from fastjango.testing.orm.access import named_databases

    found: set[str] = set()
    for item in items:
        cls: Any = getattr(item, "cls", None)
        if getattr(cls, "serialized_rollback", False):
            found.update(named_databases(cls.databases))
            continue
        marker = item.get_closest_marker("django_db")
        options = marker.kwargs if marker else {}
        if options.get("serialized_rollback") or "django_db_serialized_rollback" in getattr(
            item, "fixturenames", ()
        ):
            found.update(named_databases(options.get("databases") or {"default"}))
    return frozenset(found)


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_db_blocker: DatabaseBlocker,
    django_db_keepdb: bool,
    django_db_createdb: bool,
    django_db_use_migrations: bool,
    django_db_modify_db_settings: None,
) -> Generator[None]:
    """Create the test databases at first need and destroy them at the end."""
    from fastjango.orm import connections
    from fastjango.testing.orm.databases import setup_databases, teardown_databases

    if not django_db_use_migrations:
        for alias in connections:
            connections[alias].settings_dict["TEST"]["MIGRATE"] = False
    with django_db_blocker.unblock():
        old = setup_databases(
            verbosity=request.config.get_verbosity(),
            interactive=False,
            keepdb=django_db_keepdb and not django_db_createdb,
            serialized_aliases=_serialized_aliases(request.session.items),
        )
    yield
    if not django_db_keepdb:
        with django_db_blocker.unblock():
            teardown_databases(old, verbosity=request.config.get_verbosity())


def _wants(request: pytest.FixtureRequest, name: str) -> bool:
    return name in request.fixturenames


@pytest.fixture
def _django_db_helper(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: DatabaseBlocker,
) -> Generator[None]:
    from fastjango.testing.orm import TestCase, TransactionTestCase

    marker = request.node.get_closest_marker("django_db")
    options: dict[str, Any] = dict(marker.kwargs) if marker else {}
    transactional = options.pop("transaction", False) or any(
        _wants(request, name) for name in ("transactional_db", "live_server")
    )
    reset = options.pop("reset_sequences", False) or _wants(request, "django_db_reset_sequences")
    serialized = options.pop("serialized_rollback", False) or _wants(
        request, "django_db_serialized_rollback"
    )
    databases = options.pop("databases", None)
    available_apps = options.pop("available_apps", None)
    if options:
        raise pytest.UsageError(f"The mark django_db has no argument {sorted(options)[0]!r}.")
    base: Any = TransactionTestCase if transactional or reset or serialized else TestCase
    attributes: dict[str, Any] = {
        "reset_sequences": reset,
        "serialized_rollback": serialized,
        "available_apps": available_apps,
        "runTest": lambda self: None,
    }
    if databases is not None:
        attributes["databases"] = databases
    case: Any = type("PytestDatabaseTest", (base,), attributes)
    with django_db_blocker.unblock():
        case.setUpClass()
        try:
            test = case("runTest")
            test._before()
            try:
                yield
            finally:
                test._post_teardown()
        finally:
            case.tearDownClass()
            case.doClassCleanups()


@pytest.fixture
def db(_django_db_helper: None) -> None:
    """Let the test query, in a transaction that is rolled back."""


@pytest.fixture
def transactional_db(_django_db_helper: None) -> None:
    """Let the test query and commit; the tables are emptied afterwards."""


@pytest.fixture
def django_db_reset_sequences(_django_db_helper: None) -> None:
    """Like `transactional_db`, with automatic keys starting at 1."""


@pytest.fixture
def django_db_serialized_rollback(_django_db_helper: None) -> None:
    """Like `transactional_db`, with the rows of migrations brought back."""


@pytest.fixture(autouse=True)
def _django_db_marker(request: pytest.FixtureRequest) -> Generator[None]:
    """Give marked tests their database, and test cases of classes that query theirs."""
    from fastjango.testing.orm import TransactionTestCase

    cls: Any = getattr(request.node, "cls", None)
    if isinstance(cls, type) and issubclass(cls, TransactionTestCase):
        yield
        return
    if request.node.get_closest_marker("django_db"):
        request.getfixturevalue("_django_db_helper")
    yield


@pytest.fixture(autouse=True, scope="class")
def _django_db_cases(request: pytest.FixtureRequest) -> Generator[None]:
    from fastjango.testing.testcases import SimpleTestCase

    cls: Any = request.cls
    if not (isinstance(cls, type) and issubclass(cls, SimpleTestCase) and cls.databases):
        yield
        return
    request.getfixturevalue("django_db_setup")
    with _blocker.unblock():
        yield


class _Counted(AbstractContextManager[Any]):
    def __init__(self, num: int, exact: bool, connection: Any, info: str | None) -> None:
        from fastjango.testing.orm.queries import CaptureQueriesContext

        self.num, self.exact, self.info = num, exact, info
        self.context = CaptureQueriesContext(connection)

    def __enter__(self) -> Any:
        return self.context.__enter__()

    def __exit__(self, *exc_info: Any) -> None:
        self.context.__exit__(*exc_info)
        if exc_info[0] is not None:
            return
        executed = len(self.context)
        if executed == self.num or (not self.exact and executed < self.num):
            return
        from fastjango.testing.orm.queries import listed

        limit = "" if self.exact else "or less "
        text = f"Expected to perform {self.num} queries {limit}but {executed} were done."
        if self.info:
            text = f"{text}\n{self.info}"
        pytest.fail(f"{text}\nQueries:\n========\n\n{listed(self.context)}")


def _counter(exact: bool) -> Callable[..., AbstractContextManager[Any]]:
    def count(
        num: int, *, connection: Any = None, using: str | None = None, info: str | None = None
    ) -> AbstractContextManager[Any]:
        from fastjango.orm import DEFAULT_DB_ALIAS, connections

        if connection is not None and using:
            raise ValueError("connection and using are two ways to say one thing; give one.")
        return _Counted(num, exact, connection or connections[using or DEFAULT_DB_ALIAS], info)

    return count


@pytest.fixture
def django_assert_num_queries() -> Callable[..., AbstractContextManager[Any]]:
    """A context manager that fails unless its block runs exactly `num` queries."""
    return _counter(exact=True)


@pytest.fixture
def django_assert_max_num_queries() -> Callable[..., AbstractContextManager[Any]]:
    """A context manager that fails when its block runs more than `num` queries."""
    return _counter(exact=False)


@pytest.fixture
def django_capture_on_commit_callbacks() -> Callable[..., AbstractContextManager[list[Any]]]:
    """`TestCase.captureOnCommitCallbacks`."""
    from fastjango.testing.orm import TestCase

    return TestCase.captureOnCommitCallbacks
