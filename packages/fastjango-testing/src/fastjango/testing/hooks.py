"""Questions that the test tools ask other plugins."""

from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

from fastjango.core.hooks import Hook

__all__ = ["ClientAuthentication", "client_authentication", "test_environment", "test_started"]


def _test_environment() -> AbstractContextManager[Any]:
    """Return a context manager that is entered for the time of all tests.

    For what a plugin replaces in tests: an outbox for sent mail, signals of rendered templates.
    """
    raise NotImplementedError


def _test_started() -> None:
    """Forget what the test before has left behind, such as sent mail."""


class ClientAuthentication(Protocol):
    """How test clients log users in and out; `fastjango.auth` has one."""

    def login(self, client: Any, **credentials: Any) -> bool:
        """Log in with credentials; tell whether they are right."""
        ...

    async def alogin(self, client: Any, **credentials: Any) -> bool:
        """Do what `login` does."""
        ...

    def force_login(self, client: Any, user: Any, backend: str | None) -> None:
        """Log a user in without credentials."""
        ...

    async def aforce_login(self, client: Any, user: Any, backend: str | None) -> None:
        """Do what `force_login` does."""
        ...

    def logout(self, client: Any) -> None:
        """Log out."""
        ...

    async def alogout(self, client: Any) -> None:
        """Do what `logout` does."""
        ...


def _client_authentication() -> ClientAuthentication:
    """Return how test clients log users in."""
    raise NotImplementedError


test_environment: Final = Hook(_test_environment, late=True)
test_started: Final = Hook(_test_started, late=True)
client_authentication: Final = Hook(_client_authentication, late=True)
for _hook, _name in (
    (test_environment, "test_environment"),
    (test_started, "test_started"),
    (client_authentication, "client_authentication"),
):
    _hook.name = f"{__name__}.{_name}"
