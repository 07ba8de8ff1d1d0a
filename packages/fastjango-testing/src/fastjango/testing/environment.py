"""The state of a process that runs tests."""

from contextlib import ExitStack
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final

from fastjango.core.conf import settings
from fastjango.core.translation import deactivate
from fastjango.testing import hooks

__all__ = ["setup_test_environment", "teardown_test_environment"]

TEST_HOST: Final = "testserver"
"""The host that test clients ask for."""

_stacks: list[ExitStack] = []


def _set(name: str, value: Any) -> None:
    setattr(settings, name, value)


def setup_test_environment(debug: bool | None = None) -> None:
    """Prepare the process for tests: allow the test host, set DEBUG, ask plugins to join.

    Args:
        debug: The value of `DEBUG` for the tests; None keeps it.

    Raises:
        RuntimeError: It was called before, without `teardown_test_environment` since.
    """
    if _stacks:
        raise RuntimeError(
            "setup_test_environment() was already called and can't be called again without first "
            "calling teardown_test_environment()."
        )
    if find_spec("fastjango.mail") is not None:
        import_module("fastjango.testing.mail").install()  # loaded by name: it is optional
    stack = ExitStack()
    stack.callback(_set, "ALLOWED_HOSTS", settings.ALLOWED_HOSTS)
    stack.callback(_set, "DEBUG", settings.DEBUG)
    settings.ALLOWED_HOSTS = [*settings.ALLOWED_HOSTS, TEST_HOST]
    settings.DEBUG = settings.DEBUG if debug is None else debug
    try:
        for manager in hooks.test_environment.call():
            stack.enter_context(manager)
    except BaseException:
        stack.close()
        raise
    _stacks.append(stack)
    deactivate()


def teardown_test_environment() -> None:
    """Put everything back that `setup_test_environment` has changed.

    Raises:
        RuntimeError: The environment was not set up.
    """
    if not _stacks:
        raise RuntimeError("teardown_test_environment() needs a setup_test_environment() before.")
    _stacks.pop().close()
