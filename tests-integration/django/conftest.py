"""Settings for the tests of the table's targets: every application that names point into."""

import pytest
from fastjango.core import settings, setup

APPS = (
    *("http", "orm", "contenttypes", "sessions", "auth", "auth.authtoken", "messages", "cache"),
    *("templates", "forms", "mail", "rest"),
)


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, whichever module comes first."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="of no site and of no use" * 3,
            INSTALLED_APPS=[f"fastjango.{name}" for name in APPS],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        )
    setup()
