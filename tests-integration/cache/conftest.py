"""Settings for the tests of the cache in the database."""

from __future__ import annotations

import pytest
from fastjango.core import settings, setup


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="only-for-tests-" + "x" * 50,
            INSTALLED_APPS=["fastjango.http", "fastjango.orm", "fastjango.cache"],
            DATABASES={"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}},
            CACHES={
                "default": {
                    "BACKEND": "fastjango.cache.backends.db.DatabaseCache",
                    "LOCATION": "cache_values",
                    "OPTIONS": {"MAX_ENTRIES": 20},
                },
                "memory": {"BACKEND": "fastjango.cache.backends.locmem.LocMemCache"},
            },
            USE_TZ=True,
        )
        setup()
