"""`TransactionTestCase` and `TestCase`."""
# ruff: noqa: N802, PT009  # the names and the means of unittest

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

from fastjango.core.conf import settings
from fastjango.core.management import call_command
from fastjango.core.registry import apps
from fastjango.orm import transaction
from fastjango.orm.engine.handler import connections
from fastjango.orm.engine.wrapper import DEFAULT_DB_ALIAS
from fastjango.signals import setting_changed
from fastjango.testing._database_queries import AssertNumQueriesContext
from fastjango.testing._database_skips import (
    connections_support_savepoints,
    connections_support_transactions,
)
from fastjango.testing.testcases import SimpleTestCase

__unittest = True  # failures show the test's frame instead of this module's

logger = logging.getLogger("fastjango.testing")


class TransactionTestCase(SimpleTestCase):
    """A test case whose tests commit; the tables are emptied after each of them."""

    reset_sequences = False
    """Whether automatic keys begin at 1 in each test."""
    available_apps: list[str] | None = None
    """The apps that the tests know, for faster emptying; None for all."""
    fixtures: list[str] | None = None
    """Fixtures to load before each test."""
    databases: Any = frozenset({DEFAULT_DB_ALIAS})
    serialized_rollback = False
    """Whether what migrations have put into the tables is there in each test."""

    _available_apps_calls_balanced = 0
    _disallowed_database_msg = (
        "Database %(operation)s to %(alias)r are not allowed in this test. Add %(alias)r to "
        "%(test)s.databases to ensure proper test isolation and silence this failure."
    )

    @classmethod
    def setUpClass(cls) -> None:
        """Prepare the first test, so that `setUpClass` of subclasses finds its data."""
        super().setUpClass()
        if not issubclass(cls, TestCase):
            cls._pre_setup()
            cls._pre_setup_ran_eagerly = True

    @classmethod
    def tearDownClass(cls) -> None:
        """Undo what the class has changed if none of its tests has run."""
        super().tearDownClass()
        if not issubclass(cls, TestCase) and cls._available_apps_calls_balanced > 0:
            apps.unset_available_apps()
            cls._available_apps_calls_balanced -= 1

    @classmethod
    def _pre_setup(cls) -> None:
        super()._pre_setup()
        if cls.available_apps is not None:
            cls._restrict_apps(cls.available_apps)
        try:
            cls._fixture_setup()
        except Exception:
            if cls.available_apps is not None:
                cls._release_apps()
            raise
        for alias in cls._databases_names(include_mirrors=False):
            connections[alias].queries_log.clear()

    @classmethod
    def _restrict_apps(cls, names: list[str]) -> None:
        from fastjango.orm.migrations.signals import emit_post_migrate_signal

        apps.set_available_apps(names)
        cls._available_apps_calls_balanced += 1
        sender = type(settings._wrapped)
        setting_changed.send(sender, setting="INSTALLED_APPS", value=names, enter=True)
        for alias in cls._databases_names(include_mirrors=False):
            emit_post_migrate_signal(verbosity=0, interactive=False, db=alias)

    @classmethod
    def _release_apps(cls) -> None:
        apps.unset_available_apps()
        cls._available_apps_calls_balanced -= 1
        setting_changed.send(
            type(settings._wrapped),
            setting="INSTALLED_APPS",
            value=settings.INSTALLED_APPS,
            enter=False,
        )

    @classmethod
    def _databases_names(cls, include_mirrors: bool = True) -> list[str]:
        return [
            alias
            for alias in connections
            if alias in cls.databases
            and (include_mirrors or not connections[alias].settings_dict["TEST"].get("MIRROR"))
        ]

    @staticmethod
    def _reset_sequences(alias: str) -> None:
        from fastjango.core.management.color import no_style

        connection: Any = connections[alias]
        if not connection.features.supports_sequence_reset:
            return
        sequences = connection.introspection.sequence_list()
        statements = connection.ops.sequence_reset_by_name_sql(no_style(), sequences)
        if statements:
            with transaction.atomic(using=alias), connection.cursor() as cursor:
                for sql in statements:
                    cursor.execute(sql)

    @classmethod
    def _fixture_setup(cls) -> None:
        for alias in cls._databases_names(include_mirrors=False):
            if cls.reset_sequences:
                cls._reset_sequences(alias)
            connection: Any = connections[alias]
            contents = getattr(connection, "_test_serialized_contents", None)
            if cls.serialized_rollback and contents is not None:
                if cls.available_apps is not None:
                    apps.unset_available_apps()
                connection.creation.deserialize_db_from_string(contents)
                if cls.available_apps is not None:
                    apps.set_available_apps(cls.available_apps)
            if cls.fixtures:
                call_command("loaddata", *cls.fixtures, verbosity=0, database=alias)

    def _should_reload_connections(self) -> bool:
        return True

    def _post_teardown(self) -> None:
        try:
            self._fixture_teardown()
            super()._post_teardown()
            if self._should_reload_connections():
                # A rollback may have undone what a connection sets up at its start.
                for connection in connections.all(initialized_only=True):
                    connection.close()
        finally:
            if self.available_apps is not None:
                type(self)._release_apps()

    def _fixture_teardown(self) -> None:
        for alias in self._databases_names(include_mirrors=False):
            serialized = self.serialized_rollback and hasattr(
                connections[alias], "_test_serialized_contents"
            )
            call_command(
                "flush",
                verbosity=0,
                interactive=False,
                database=alias,
                reset_sequences=False,
                allow_cascade=self.available_apps is not None,
                inhibit_post_migrate=self.available_apps is not None or serialized,
            )

    def assertQuerySetEqual(
        self,
        qs: Any,
        values: Any,
        transform: Callable[[Any], Any] | None = None,
        ordered: bool = True,
        msg: Any = None,
    ) -> None:
        """Assert that a queryset gives these values.

        Args:
            transform: Applied to each object before comparing.
            ordered: Whether the order counts.

        Raises:
            ValueError: The order counts and the queryset has none.
        """
        expected = list(values)
        items = qs if transform is None else map(transform, qs)
        if not ordered:
            self.assertDictEqual(Counter(items), Counter(expected), msg=msg)
            return
        if len(expected) > 1 and not getattr(qs, "ordered", True):
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
        """Assert that a function, or a block, executes this number of queries.

        Args:
            num: The number of queries.
            func: A function to call with the other arguments; without one a context manager.
            using: The database.
        """
        context = AssertNumQueriesContext(self, num, connections[using])
        if func is None:
            return context
        with context:
            func(*args, **kwargs)
        return None


class TestData:
    """Gives each test its own copy of an object made in `setUpTestData`.

    Objects that refer to each other still do in the copies of one test.
    """

    __test__ = False
    memo_attr = "_testdata_memo"

    def __init__(self, name: str, data: Any) -> None:
        self.name = name
        self.data = data

    def get_memo(self, testcase: Any) -> dict[int, Any]:
        """Return the copies that a test has already."""
        memo: dict[int, Any] = testcase.__dict__.setdefault(self.memo_attr, {})
        return memo

    def __get__(self, instance: Any, owner: Any) -> Any:
        if instance is None:
            return self.data
        data = deepcopy(self.data, self.get_memo(instance))
        setattr(instance, self.name, data)
        return data

    def __repr__(self) -> str:
        return f"<TestData: name={self.name!r}, data={self.data!r}>"


class TestCase(TransactionTestCase):
    """A test case whose tests run in transactions that are rolled back.

    Data made in `setUpTestData` is there in every test of the class. Async code and other threads
    use the connections of the test meanwhile, so they see its data.
    """

    __test__ = False
    cls_atomics: dict[str, Any]
    atomics: dict[str, Any]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "__test__" not in cls.__dict__:
            cls.__test__ = True

    @classmethod
    def _enter_atomics(cls) -> dict[str, Any]:
        atomics: dict[str, Any] = {}
        for alias in cls._databases_names():
            atomic: Any = transaction.atomic(using=alias)
            atomic._from_testcase = True
            atomic.__enter__()
            atomics[alias] = atomic
        return atomics

    @classmethod
    def _rollback_atomics(cls, atomics: dict[str, Any]) -> None:
        for alias in reversed(cls._databases_names()):
            transaction.set_rollback(True, using=alias)
            atomics[alias].__exit__(None, None, None)

    @classmethod
    def _transactional(cls) -> bool:
        return connections_support_transactions(cls.databases) and connections_support_savepoints(
            cls.databases
        )

    @classmethod
    @contextmanager
    def _sharing_connections(cls) -> Iterator[None]:
        """Let every thread and task use the connections of the tests."""
        aliases = cls._databases_names()
        for alias in aliases:
            connections[alias].inc_thread_sharing()
            connections.shared[alias] = connections[alias]
        try:
            yield
        finally:
            for alias in aliases:
                connection = connections.shared.pop(alias, None)
                if connection is not None:
                    connection.dec_thread_sharing()

    @classmethod
    def setUpClass(cls) -> None:
        """Begin the class's transaction and make its data."""
        super().setUpClass()
        if not cls._transactional():
            return
        cls.enterClassContext(cls._sharing_connections())
        cls.cls_atomics = cls._enter_atomics()
        try:
            cls._load_fixtures()
            before = dict(cls.__dict__)
            cls.setUpTestData()
        except Exception:
            cls._rollback_atomics(cls.cls_atomics)
            raise
        for name, value in list(cls.__dict__.items()):
            if value is not before.get(name):
                setattr(cls, name, TestData(name, value))

    @classmethod
    def _load_fixtures(cls) -> None:
        if cls.fixtures:
            for alias in cls._databases_names(include_mirrors=False):
                call_command("loaddata", *cls.fixtures, verbosity=0, database=alias)

    @classmethod
    def tearDownClass(cls) -> None:
        """Roll the class's transaction back."""
        if cls._transactional():
            cls._rollback_atomics(cls.cls_atomics)
            for connection in connections.all(initialized_only=True):
                connection.close()
        super().tearDownClass()

    @classmethod
    def setUpTestData(cls) -> None:
        """Make data for all tests of the class; for subclasses."""

    def _should_reload_connections(self) -> bool:
        return not connections_support_transactions(self.databases)

    @classmethod
    def _fixture_setup(cls) -> None:
        if not connections_support_transactions(cls.databases):
            cls.setUpTestData()
            super()._fixture_setup()
            return
        if cls.reset_sequences:
            raise TypeError("reset_sequences cannot be used on TestCase instances")
        cls.atomics = cls._enter_atomics()
        if not connections_support_savepoints(cls.databases):
            cls._load_fixtures()
            cls.setUpTestData()

    def _fixture_teardown(self) -> None:
        if not connections_support_transactions(self.databases):
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
    ) -> Iterator[list[Callable[[], Any]]]:
        """Collect the functions given to `transaction.on_commit` in a block.

        Args:
            using: The database.
            execute: Call them at the end of the block, as a commit would.
        """
        callbacks: list[Callable[[], Any]] = []
        connection: Any = connections[using]
        seen = len(connection.run_on_commit)
        try:
            yield callbacks
        finally:
            while seen < len(connection.run_on_commit):
                new = connection.run_on_commit[seen:]
                seen = len(connection.run_on_commit)
                for _savepoints, callback, robust in new:
                    callbacks.append(callback)
                    if execute:
                        _execute(callback, robust)


def _execute(callback: Callable[[], Any], robust: bool) -> None:
    try:
        callback()
    except Exception as error:
        if not robust:
            raise
        name = getattr(callback, "__qualname__", callback)
        logger.exception("Error calling %s in on_commit() (%s).", name, error)
