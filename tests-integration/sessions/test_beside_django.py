"""One database, one key: sessions of Django are valid here, and those from here in Django."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastjango.core import settings
from fastjango.core.management import call_command
from fastjango.orm import connections
from fastjango.orm.migrations.recorder import MigrationRecorder
from fastjango.orm.schema import create_model, delete_model
from fastjango.sessions.models import Session

pytest.importorskip("django")

DATA = {"_auth_user_id": "7", "text": "žluť " * 30, "list": [1, {"a": None}], "number": 1.5}
ENGINES = ["db", "cached_db", "cache", "file", "signed_cookies"]


def django(do: str, engine: str = "db", **more: Any) -> dict[str, Any]:
    """Have Django do something in a process of its own."""
    given = {
        "do": do,
        "engine": engine,
        "secret": settings.SECRET_KEY,
        "database": settings.DATABASES["default"]["NAME"],
        "values": settings.CACHES["default"]["LOCATION"],
        "folder": settings.SESSION_FILE_PATH,
        **more,
    }
    script = Path(__file__).with_name("django_side.py")
    done = subprocess.run(
        [sys.executable, str(script)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.fixture
def _table() -> Iterator[None]:
    create_model(Session)
    yield
    delete_model(Session)


def store(engine: str, key: str | None = None) -> Any:
    return import_module(f"fastjango.sessions.backends.{engine}").SessionStore(key)


@pytest.mark.usefixtures("_table")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_session_of_django_is_valid_here(engine: str) -> None:
    begun = django("write", engine, data=DATA, expiry=3600)
    session = store(engine, begun["key"])
    assert dict(session.items()) == {**DATA, "_session_expiry": 3600}
    assert session.get_expiry_age() == 3600

    async def check() -> None:
        again = store(engine, begun["key"])
        assert dict(await again.aitems()) == {**DATA, "_session_expiry": 3600}

    asyncio.run(check())


@pytest.mark.usefixtures("_table")
@pytest.mark.parametrize("engine", ENGINES)
def test_a_session_from_here_is_valid_in_django(engine: str) -> None:
    session = store(engine)
    session.update(DATA)
    session.save()
    assert django("read", engine, key=session.session_key)["data"] == DATA

    async def begin() -> Any:
        later = store(engine)
        await later.aupdate(DATA)
        await later.aset_expiry(600)
        await later.asave()
        return later.session_key

    key = asyncio.run(begin())
    assert django("read", engine, key=key)["data"] == {**DATA, "_session_expiry": 600}


@pytest.mark.usefixtures("_table")
@pytest.mark.parametrize("engine", ENGINES[:-1])
def test_a_logout_on_either_side_ends_the_session_on_both(engine: str) -> None:
    begun = django("write", engine, data=DATA, expiry=None)
    store(engine, begun["key"]).flush()
    assert django("read", engine, key=begun["key"])["data"] == {}
    session = store(engine)
    session.update(DATA)
    session.save()
    django("end", engine, key=session.session_key)
    assert store(engine, session.session_key).load() == {}


def test_a_table_that_django_made_is_taken_over() -> None:
    django("migrate")
    begun = django("write", data=DATA, expiry=3600)
    try:
        call_command("migrate", fake_initial=True, verbosity=0)
        applied = MigrationRecorder(connections["default"]).applied_migrations()
        assert ("sessions", "0001_initial") in applied
        assert store("db", begun["key"])["text"] == DATA["text"]
        call_command("makemigrations", "sessions", check=True, dry_run=True, verbosity=0)
    finally:
        delete_model(Session)
        with connections["default"].cursor() as cursor:
            cursor.execute("DROP TABLE django_migrations")
            cursor.execute("DROP TABLE fastjango_migrations")
