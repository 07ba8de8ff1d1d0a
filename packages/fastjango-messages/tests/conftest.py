"""Settings for the tests of messages."""

from __future__ import annotations

import pytest
from fastjango.core import settings, setup


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="only-for-tests-" + "x" * 50,
            INSTALLED_APPS=["fastjango.http", "fastjango.sessions", "fastjango.messages"],
            SESSION_ENGINE="fastjango.sessions.backends.signed_cookies",
            ALLOWED_HOSTS=["*"],
        )
        setup()
