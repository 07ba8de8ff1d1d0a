"""Settings of the tests: SQLite in memory for FastJango, and for Django as the oracle beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastjango.core import settings, setup

# Test modules share helpers (`rest_shop`), which importlib mode does not put on the path.
sys.path.insert(0, str(Path(__file__).parent))


def pytest_configure(config: pytest.Config) -> None:
    """Configure the settings once, before any test module is imported."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="only-for-tests-" + "x" * 50,
            INSTALLED_APPS=[
                "fastjango.http",
                "fastjango.orm",
                "fastjango.templates",
                "fastjango.contenttypes",
                "fastjango.sessions",
                "fastjango.auth",
                "fastjango.auth.authtoken",
                "fastjango.auth.jwt",
                "fastjango.rest",
                "shop_ours",
            ],
            ALLOWED_HOSTS=["*"],
            ROOT_URLCONF=(),
            DATABASES={
                "default": {"ENGINE": "sqlite3", "NAME": ":memory:"},
                "other": {"ENGINE": "sqlite3", "NAME": ":memory:"},
            },
            USE_TZ=True,
        )
        setup()


@pytest.fixture
def shop_rows() -> Iterator[None]:
    """Fill the tables of the shop, and leave them empty."""
    from rest_site_models import clear, fill

    clear()
    fill()
    yield
    clear()


@pytest.fixture(scope="session")
def oracle():
    """Django and REST framework, configured standalone."""
    import django
    from django.conf import settings as django_settings

    if not django_settings.configured:
        django_settings.configure(
            SECRET_KEY="x" * 50,
            INSTALLED_APPS=[
                "django.contrib.contenttypes",
                "django.contrib.auth",
                "rest_framework",
                "shop_theirs",
            ],
            DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            USE_TZ=True,
            ROOT_URLCONF=[],
            REST_FRAMEWORK={"LIST_SERIALIZER_ERRORS_AS_DICT": True},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        )
        django.setup()
    import rest_framework

    return rest_framework
