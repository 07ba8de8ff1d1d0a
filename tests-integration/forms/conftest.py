"""Settings for the tests of forms with models and views: SQLite in a file, one app of the tests."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastjango.core import settings, setup

HERE = Path(__file__).parent
FOLDER = tempfile.TemporaryDirectory(prefix="bookstall")


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    sys.path.insert(0, str(HERE))
    if not settings.configured:
        settings.configure(
            SECRET_KEY="only-for-tests-" + "x" * 50,
            ALLOWED_HOSTS=["testserver", "127.0.0.1"],
            INSTALLED_APPS=[
                "fastjango.orm",
                "fastjango.templates",
                "fastjango.forms",
                "fastjango.messages",
                "bookstall",
            ],
            MESSAGE_STORAGE="fastjango.messages.storage.cookie.CookieStorage",
            DATABASES={"default": {"ENGINE": "sqlite3", "NAME": f"{FOLDER.name}/db.sqlite3"}},
            ROOT_URLCONF=(),
            USE_TZ=True,
        )
        setup()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the database."""
    FOLDER.cleanup()


@pytest.fixture(scope="session")
def tables() -> Iterator[None]:
    """Make the tables once."""
    from bookstall import models
    from fastjango.orm import connection, connections
    from fastjango.orm.engine.wrapper import blocked

    before = dict(blocked)
    blocked.clear()
    with connection.schema_editor() as editor:
        for model in (models.Author, models.Tag, models.Book, models.Page):
            editor.create_model(model)
    yield
    connections.close_all()
    blocked.update(before)


@pytest.fixture
async def database(tables: None) -> object:
    """Empty the tables, and close what the loop of the test has opened."""
    import asyncio

    from bookstall.models import Author, Tag
    from fastjango.orm import connections

    def empty() -> None:
        Author.objects.all().delete()
        Tag.objects.all().delete()
        connections.close_all()

    await asyncio.to_thread(empty)
    yield
    await connections.aclose_all()
