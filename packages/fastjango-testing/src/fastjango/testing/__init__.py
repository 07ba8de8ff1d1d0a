"""The pytest plugin, test clients and TestCase classes."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastjango.testing.client import (
        AsyncClient as AsyncClient,
    )
    from fastjango.testing.client import (
        AsyncRequestFactory as AsyncRequestFactory,
    )
    from fastjango.testing.client import (
        Client as Client,
    )
    from fastjango.testing.client import (
        RequestFactory as RequestFactory,
    )
    from fastjango.testing.contexts import (
        ignore_warnings as ignore_warnings,
    )
    from fastjango.testing.contexts import (
        modify_settings as modify_settings,
    )
    from fastjango.testing.contexts import (
        override_settings as override_settings,
    )
    from fastjango.testing.contexts import (
        override_system_checks as override_system_checks,
    )
    from fastjango.testing.contexts import (
        tag as tag,
    )

    # Of the integration with the ORM, which may not be installed.
    TestCase: Any
    TransactionTestCase: Any
    skipIfDBFeature: Any  # noqa: N816  # Django's name
    skipUnlessAnyDBFeature: Any  # noqa: N816  # Django's name
    skipUnlessDBFeature: Any  # noqa: N816  # Django's name
    from fastjango.testing.liveserver import LiveServerTestCase as LiveServerTestCase
    from fastjango.testing.testcases import SimpleTestCase as SimpleTestCase

_HOMES: dict[str, str] = {
    "AsyncClient": "client",
    "AsyncRequestFactory": "client",
    "Client": "client",
    "LiveServerTestCase": "orm",
    "RequestFactory": "client",
    "SimpleTestCase": "testcases",
    "TestCase": "orm",
    "TransactionTestCase": "orm",
    "ignore_warnings": "contexts",
    "modify_settings": "contexts",
    "override_settings": "contexts",
    "override_system_checks": "contexts",
    "skipIfDBFeature": "orm",
    "skipUnlessAnyDBFeature": "orm",
    "skipUnlessDBFeature": "orm",
    "tag": "contexts",
}

__all__ = [
    "AsyncClient",
    "AsyncRequestFactory",
    "Client",
    "LiveServerTestCase",
    "RequestFactory",
    "SimpleTestCase",
    "TestCase",
    "TransactionTestCase",
    "ignore_warnings",
    "modify_settings",
    "override_settings",
    "override_system_checks",
    "skipIfDBFeature",
    "skipUnlessAnyDBFeature",
    "skipUnlessDBFeature",
    "tag",
]


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is asked for; test cases need HTTP, some the ORM."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    home = _HOMES[name]
    if name == "LiveServerTestCase" and find_spec("fastjango.orm") is None:
        home = "liveserver"  # the one without databases
    return getattr(import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
