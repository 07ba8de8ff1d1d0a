"""Settings for the tests of content types: SQLite in memory."""

from __future__ import annotations

import pytest
from fastjango.core import settings, setup


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="only-for-tests-" + "x" * 50,
            INSTALLED_APPS=["fastjango.orm", "fastjango.contenttypes"],
            DATABASES={"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}},
            USE_TZ=True,
        )
        setup()
