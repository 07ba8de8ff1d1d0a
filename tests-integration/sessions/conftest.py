"""Settings for the tests of sessions with their neighbours: a database in a file, and a cache."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from fastjango.core import settings, setup


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if settings.configured:
        return
    folder = tempfile.TemporaryDirectory(prefix="fastjango-sessions-")
    config.add_cleanup(folder.cleanup)
    (Path(folder.name) / "sessions").mkdir()
    (Path(folder.name) / "values").mkdir()
    settings.configure(
        SECRET_KEY="shared-by-both-frameworks-" + "x" * 40,
        INSTALLED_APPS=[
            "fastjango.http",
            "fastjango.orm",
            "fastjango.cache",
            "fastjango.sessions",
        ],
        DATABASES={"default": {"ENGINE": "sqlite3", "NAME": str(Path(folder.name) / "db.sqlite3")}},
        CACHES={
            "default": {
                "BACKEND": "fastjango.cache.backends.filebased.FileBasedCache",
                "LOCATION": str(Path(folder.name) / "values"),
            },
            "memory": {"BACKEND": "fastjango.cache.backends.locmem.LocMemCache"},
            "nothing": {"BACKEND": "fastjango.cache.backends.dummy.DummyCache"},
        },
        SESSION_FILE_PATH=str(Path(folder.name) / "sessions"),
        USE_TZ=True,
    )
    setup()
