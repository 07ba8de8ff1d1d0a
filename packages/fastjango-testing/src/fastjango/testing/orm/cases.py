# ruff: noqa: N802, PT009  # the names and the means of unittest
"""Test cases with databases; loaded only where the ORM is installed."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from fastjango.core import apps
from fastjango.core.conf import settings
from fastjango.orm import DEFAULT_DB_ALIAS, connections, transaction
from fastjango.orm.engine.flushing import flush
from fastjango.orm.engine.pools import discard_pools, has_open_pools
from fastjango.orm.engine.sync_transaction import call_hook
from fastjango.signals import setting_changed
from fastjango.testing.liveserver import WithLiveServer
from fastjango.testing.orm.access import ALL_DATABASES
from fastjango.testing.orm.contents import (
    emit_post_migrate,
    load_fixtures,
    reset_sequences,
    serialized_contents,
)
from fastjango.testing.orm.features import (
    connections_support_savepoints,
    connections_support_transactions,
)
from fastjango.testing.orm.queries import AssertNumQueriesContext
from fastjango.testing.testcases import SimpleTestCase

__all__ = ["LiveServerTestCase", "TestCase", "TestData", "TransactionTestCase"]

__unittest = True


class TransactionTestCase(SimpleTestCase):
    """A test case whose tests commit; the tables are emptied after each one.

    Attributes:
        reset_sequences: Start automatic keys at 1 before each test.
        available_apps: Labels of the only applications whose tables are emptied and whose
            models exist meanwhile; None for all.
        fixtures: Fixtures loaded before each test.
        databases: Aliases that the tests may use.
        serialized_rollback: Bring the rows back that migrations have made.
    """

    reset_sequences = False
    available_apps: list[str] | None = None
    fixtures: list[str] | None = None
    databases: Any = frozenset({DEFAULT_DB_ALIAS})
    serialized_rollback = False
    _available_apps_calls_balanced = 0
    _disallowed_database_msg = (
        "Database %(operation)s to %(alias)r are not allowed in this test. Add %(alias)r to "
        "%(test)s.databases to ensure proper test isolation and silence this failure."
    )

    @classmethod
    def setUpClass(cls) -> None:
        """Prepare the first test already here, so that `setUpClass` of subclasses can query."""
        super().setUpClass()
        if not issubclass(cls, TestCase):
            cls._pre_setup()
            cls._pre_setup_ran_eagerly = True

    @classmethod
    def tearDownClass(cls) -> None:
        """Bring all applications back."""
        super().tearDownClass()
        if not issubclass(cls, TestCase) and cls._available_apps_calls_balanced > 0:
            apps.unset_available_apps()
            cls._available_apps_calls_balanced -= 1

    @classmethod
    def _pre_setup(cls) -> None:
        super()._pre_setup()
        if cls.available_apps is not None:
            cls._restrict_apps()
        try:
            cls._fixture_setup()
        except Exception:
            if cls.available_apps is not None:
                cls._release_apps()
            raise
        for alias in cls._databases_names(include_mirrors=False):
            connections[alias].queries_log.clear()

    @classmethod
    def _restrict_apps(cls) -> None:
        apps.set_available_apps(cls.available_apps or ())
        cls._available_apps_calls_balanced += 1
        _announce_apps(cls.available_apps, enter=True)
        for alias in cls._databases_names(include_mirrors=False):
            emit_post_migrate(alias)

    @classmethod
    def _release_apps(cls) -> None:
        apps.unset_available_apps()
        cls._available_apps_calls_balanced -= 1
        _announce_apps(settings.INSTALLED_APPS, enter=False)

    @classmethod
    def _databases_names(cls, include_mirrors: bool = True) -> list[str]:
        return [
            alias
            for alias in connections
            if (cls.databases == ALL_DATABASES or alias in cls.databases)
            and (include_mirrors or not connections[alias].settings_dict["TEST"]["MIRROR"])
            and connections[alias].vendor != "dummy"  # DATABASES is empty
        ]

    @classmethod
    def _fixture_setup(cls) -> None:
        for alias in cls._databases_names(include_mirrors=False):
            if cls.reset_sequences:
                reset_sequences(alias)
            contents = serialized_contents(alias)
            if cls.serialized_rollback and contents is not None:
                if cls.available_apps is not None:
                    apps.unset_available_apps()
                connections[alias].creation.deserialize_db_from_string(contents)
                if cls.available_apps is not None:
                    apps.set_available_apps(cls.available_apps)
            if cls.fixtures:
                load_fixtures(cls.fixtures, alias)

    def _should_reload_connections(self) -> bool:
        return True

    def _post_teardown(self) -> None:
        try:
            self._fixture_teardown()
            super()._post_teardown()
            if has_open_pools():
                self._run_async(connections.aclose_all())
                discard_pools()  # those of loops that were a test's own
            if self._should_reload_connections():
                for connection in connections.all(initialized_only=True):
                    connection.close()
        finally:
            if type(self).available_apps is not None:
                type(self)._release_apps()

    def _fixture_teardown(self) -> None:
        for alias in self._databases_names(include_mirrors=False):
            flush(
                connections[alias],
                reset_sequences=False,
                allow_cascade=self.available_apps is not None,
            )
            if self.available_apps is None and not (
                self.serialized_rollback and serialized_contents(alias) is not None
            ):
                emit_post_migrate(alias)

    # -- assertions ------------------------------------------------------------------------

    def assertQuerySetEqual(
        self,
        qs: Any,
        values: Any,
        transform: Callable[[Any], Any] | None = None,
        ordered: bool = True,
        msg: str | None = None,
    ) -> None:
        """Fail unless a queryset has the given rows.

        Args:
            qs: A queryset or other iterable.
            values: What is expected.
            transform: Applied to each row first.
            ordered: Compare the order as well.
            msg: Text of the failure.

        Raises:
            ValueError: The order is compared, but the queryset has none.
        """
        expected = list(values)
        items = qs if transform is None else map(transform, qs)
        if not ordered:
            self.assertDictEqual(Counter(items), Counter(expected), msg=msg)
            return
        if len(expected) > 1 and hasattr(qs, "ordered") and not qs.ordered:
            raise ValueError(
                "Trying to compare non-ordered queryset against more than one ordered value."
            )
        self.assertEqual(list(items), expected, msg=msg)

    def assertNumQueries(
        self,
        num: int,
        func: Callable[..., Any] | None = None,
        *args: Any,
        using: str = DEFAULT_DB_ALIAS,
        **kwargs: Any,
    ) -> Any:
        """Fail unless a call, or the block under the returned context, runs `num` queries."""
        context = AssertNumQueriesContext(self, num, connections[using])
        if func is None:
            return context
        with context:
            func(*args, **kwargs)
        return None


class LiveServerTestCase(WithLiveServer, TransactionTestCase):
    """A test case with a server, which reads what the tests commit; see `live_server_url`."""


class TestData:
    """A class attribute made by `setUpTestData`: each test gets its own deep copy."""

    def __init__(self, name: str, data: Any) -> None:
        self.name = name
        self.data = data

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        if instance is None:
            return self.data
        # One memo per test keeps two names of one object two names of one copy.
        memo: dict[int, Any] = instance.__dict__.setdefault("_testdata_memo", {})
        data = deepcopy(self.data, memo)
        setattr(instance, self.name, data)
        return data

    def __repr__(self) -> str:
        return f"<TestData: name={self.name!r}, data={self.data!r}>"


class TestCase(TransactionTestCase):
    """A test case whose tests run in a transaction that is rolled back.

    The connection is shared by every thread and task meanwhile, so that async tests, views in
    worker threads and a live server see the same uncommitted rows. Async tests run their
    queries on the synchronous driver; use `TransactionTestCase` to test the asynchronous one.
    """

    cls_atomics: dict[str, Any]
    atomics: dict[str, Any]

    @classmethod
    def _enter_atomics(cls) -> dict[str, Any]:
        atomics: dict[str, Any] = {}
        for alias in cls._databases_names():
            connections.share(alias)
            block = transaction.atomic(using=alias)
            block._from_testcase = True  # pyright: ignore[reportPrivateUsage]  # Django's flag
            block.__enter__()
            atomics[alias] = block
        return atomics

    @classmethod
    def _rollback_atomics(cls, atomics: dict[str, Any]) -> None:
        for alias in reversed(cls._databases_names()):
            try:
                transaction.set_rollback(True, using=alias)
                atomics[alias].__exit__(None, None, None)
            finally:
                connections.unshare(alias)

    @classmethod
    def _databases_support_transactions(cls) -> bool:
        return connections_support_transactions(cls._databases_names())

    @classmethod
    def _databases_support_savepoints(cls) -> bool:
        return connections_support_savepoints(cls._databases_names())

    @classmethod
    def _is_rolled_back(cls) -> bool:
        return cls._databases_support_transactions() and cls._databases_support_savepoints()

    @classmethod
    def setUpClass(cls) -> None:
        """Open the transaction of the class, load fixtures and make the class's data."""
        super().setUpClass()
        if not cls._is_rolled_back():
            return
        cls.cls_atomics = cls._enter_atomics()
        try:
            for alias in cls._databases_names(include_mirrors=False):
                if cls.fixtures:
                    load_fixtures(cls.fixtures, alias)
            before = dict(cls.__dict__)
            cls.setUpTestData()
        except Exception:
            cls._rollback_atomics(cls.cls_atomics)
            raise
        for name, value in list(cls.__dict__.items()):
            if value is not before.get(name):
                setattr(cls, name, TestData(name, value))

    @classmethod
    def tearDownClass(cls) -> None:
        """Roll the transaction of the class back."""
        if cls._is_rolled_back():
            cls._rollback_atomics(cls.cls_atomics)
            for connection in connections.all(initialized_only=True):
                connection.close()
        super().tearDownClass()

    @classmethod
    def setUpTestData(cls) -> None:
        """Make the rows that every test of the class starts with; for subclasses."""

    def _should_reload_connections(self) -> bool:
        return not self._databases_support_transactions()

    @classmethod
    def _fixture_setup(cls) -> None:
        if not cls._databases_support_transactions():
            cls.setUpTestData()
            super()._fixture_setup()
            return
        if cls.reset_sequences:
            raise TypeError("reset_sequences cannot be used on TestCase instances")
        cls.atomics = cls._enter_atomics()
        if not cls._databases_support_savepoints():
            for alias in cls._databases_names(include_mirrors=False):
                if cls.fixtures:
                    load_fixtures(cls.fixtures, alias)
            cls.setUpTestData()

    def _fixture_teardown(self) -> None:
        if not self._databases_support_transactions():
            super()._fixture_teardown()
            return
        try:
            for alias in reversed(self._databases_names()):
                if self._should_check_constraints(connections[alias]):
                    connections[alias].check_constraints()
        finally:
            self._rollback_atomics(self.atomics)

    def _should_check_constraints(self, connection: Any) -> bool:
        return bool(
            connection.features.can_defer_constraint_checks
            and not connection.needs_rollback
            and connection.is_usable()
        )

    @classmethod
    @contextmanager
    def captureOnCommitCallbacks(
        cls, *, using: str = DEFAULT_DB_ALIAS, execute: bool = False
    ) -> Generator[list[Callable[[], Any]]]:
        """Collect the commit hooks registered in the block; call them at its end if asked.

        Hooks that a called hook registers are collected, and called, as well.
        """
        found: list[Callable[[], Any]] = []
        connection = connections[using]
        start = len(connection.run_on_commit)
        try:
            yield found
        finally:
            while True:
                waiting = list(connection.run_on_commit)
                for _, hook, robust in waiting[start:]:
                    found.append(hook)
                    if execute:
                        call_hook(hook, robust, "Error calling %s in on_commit() (%s).")
                if len(connection.run_on_commit) == len(waiting):
                    break
                start = len(waiting)


def _announce_apps(value: Any, *, enter: bool) -> None:
    setting_changed.send(sender=type(settings), setting="INSTALLED_APPS", value=value, enter=enter)
