"""Test cases without a database."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import pickle
import sys
from collections.abc import Coroutine
from importlib import import_module
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from fastjango.core.conf import override_settings
from fastjango.testing import hooks
from fastjango.testing._assert_forms import FormAssertions
from fastjango.testing._assert_responses import ResponseAssertions
from fastjango.testing.client import AsyncClient, Client
from fastjango.testing.portal import portal
from fastjango.testing.setting_lists import modify_settings

__all__ = ["SerializeMixin", "SimpleTestCase", "is_pickable"]

__unittest = True  # failures show the test's frame instead of this module's

T = TypeVar("T")


def is_pickable(obj: object) -> bool:
    """Tell whether an object can be sent to another process."""
    try:
        pickle.loads(pickle.dumps(obj))
    except (AttributeError, TypeError, pickle.PickleError):
        return False
    return True


class SimpleTestCase(ResponseAssertions, FormAssertions):
    """A test case with settings, clients and assertions, and without queries.

    Test methods may be `async def`. Queries are refused when the ORM is in use; list the databases
    in `databases` to allow them.
    """

    client_class: type[Client] = Client
    async_client_class: type[AsyncClient] = AsyncClient
    client: Client
    async_client: AsyncClient
    databases: Any = frozenset()
    """Aliases of the databases that the tests may use; `"__all__"` for every one."""

    _overridden_settings: dict[str, Any] | None = None
    _modified_settings: list[Any] | None = None
    _pre_setup_ran_eagerly = False
    _disallowed_database_msg = (
        "Database %(operation)s to %(alias)r are not allowed in SimpleTestCase subclasses. Either "
        "subclass TestCase or TransactionTestCase to ensure proper test isolation or add "
        "%(alias)r to %(test)s.databases to silence this failure."
    )

    @classmethod
    def setUpClass(cls) -> None:
        """Put the settings of the class in force and refuse queries."""
        super().setUpClass()
        if cls._overridden_settings:
            cls.enterClassContext(override_settings(**cls._overridden_settings))
        if cls._modified_settings:
            cls.enterClassContext(modify_settings(cls._modified_settings))  # type: ignore[arg-type]  # the saved form
        if "fastjango.orm" in sys.modules:
            # Loaded by name: nothing here may depend on the ORM.
            import_module("fastjango.testing.orm").forbid_queries(cls)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the test, with what comes before and after it."""
        result = args[0] if args else kwargs.get("result")
        self._run_around(result, debug=False)
        return result

    def __getstate__(self) -> dict[str, Any]:
        """Return what of the test can be sent to another process, while it runs."""
        state: dict[str, Any] = dict(self.__dict__)
        if not state.get("_outcome"):
            return state
        # These two hold the test itself.
        kept = {"_outcome": None, "_subtest": None}
        rest = {name: value for name, value in state.items() if name not in kept}
        return {**kept, **{name: value for name, value in rest.items() if is_pickable(value)}}

    def debug(self) -> None:
        """Run the test and let its errors through."""
        self._run_around(None, debug=True)

    def _run_around(self, result: Any, *, debug: bool) -> None:
        method = getattr(self, self._testMethodName)
        skipped = getattr(type(self), "__unittest_skip__", False) or getattr(
            method, "__unittest_skip__", False
        )
        if iscoroutinefunction(method):
            setattr(self, self._testMethodName, self._as_sync(method))
        if not skipped and not self._guarded(self._before, result, debug):
            return
        if debug:
            super().debug()
        else:
            super().__call__(result)
        if not skipped:
            self._guarded(self._post_teardown, result, debug)

    def _guarded(self, step: Any, result: Any, debug: bool) -> bool:
        """Run a step round the test; tell whether it went well."""
        try:
            step()
        except Exception:
            if debug:
                raise
            result.addError(self, sys.exc_info())
            return False
        return True

    def _before(self) -> None:
        if type(self)._pre_setup_ran_eagerly:
            type(self)._pre_setup_ran_eagerly = False
        else:
            self._pre_setup()

    @classmethod
    def _pre_setup(cls) -> None:
        """Make the clients and let plugins forget what the test before has left."""
        cls.client = cls.client_class()
        cls.async_client = cls.async_client_class()
        hooks.test_started.call()

    def _post_teardown(self) -> None:
        """Clean up after a test; for subclasses."""

    def _as_sync(self, method: Any) -> Any:
        def run(*args: Any, **kwargs: Any) -> Any:
            return self._run_async(method(*args, **kwargs))

        return run

    def _run_async(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine of an async test on the event loop of the tests.

        The test's own thread runs the sync code that it asks for.
        """
        return portal().run(coroutine)

    def settings(self, **kwargs: Any) -> override_settings:
        """Return a context manager that changes settings."""
        return override_settings(**kwargs)

    def modify_settings(self, **kwargs: Any) -> modify_settings:
        """Return a context manager that changes list settings."""
        return modify_settings(**kwargs)


class SerializeMixin:
    """Keeps test classes of parallel runs apart that use one thing, named by `lockfile`."""

    lockfile: str | None = None

    def __init_subclass__(cls, /, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.lockfile is None:
            raise ValueError(
                f"{cls.__name__}.lockfile isn't set. Set it to a unique value in the base class."
            )

    @classmethod
    def setUpClass(cls) -> None:
        """Wait for the lock and hold it until the class is done."""
        import fcntl  # not on every platform

        lockfile = open(str(cls.lockfile))  # noqa: SIM115, PTH123  # held until class clean-up
        cls.addClassCleanup(lockfile.close)  # type: ignore[attr-defined]  # mixed into a TestCase
        fcntl.flock(lockfile, fcntl.LOCK_EX)
        super().setUpClass()  # type: ignore[misc]  # mixed into a TestCase
