"""Settings for the tests of users: SQLite in a file of its own, fast hashing."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastjango.core import settings, setup
from fastjango.core.management import call_command

FOLDER = tempfile.TemporaryDirectory(prefix="fastjango-auth-")


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if settings.configured:
        return
    settings.configure(
        SECRET_KEY="only-for-tests-" + "x" * 50,
        INSTALLED_APPS=[
            "fastjango.orm",
            "fastjango.http",
            "fastjango.auth",
            "fastjango.auth.accounts",
            "fastjango.auth.authtoken",
            "fastjango.auth.fastapi_users",
            "fastjango.auth.jwt",
            "fastjango.auth.oauth",
            "fastjango.cache",
            "fastjango.mail",
            "fastjango.contenttypes",
            "fastjango.sessions",
            "fastjango.templates",
            "fastjango.forms",
        ],
        DATABASES={
            "default": {
                "ENGINE": "sqlite3",
                "NAME": str(Path(FOLDER.name) / "auth.sqlite3"),
            }
        },
        PASSWORD_HASHERS=["fastjango.auth.hashers.MD5PasswordHasher"],
        EMAIL_BACKEND="fastjango.mail.backends.locmem.EmailBackend",
        ALLOWED_HOSTS=["testserver"],
        USE_TZ=True,
    )
    setup()
    call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    """Leave no users, groups and sessions behind."""
    yield
    from fastjango.auth.models import Group, User
    from fastjango.sessions.models import Session

    for model in (User, Group, Session):
        model.objects.all().delete()
