"""Settings for the tests of content types: SQLite in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastjango.core import apps, settings, setup


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


@pytest.fixture(autouse=True)
def tables() -> Iterator[None]:
    """Tables of all models that the test modules declare: what refers to a row is looked for."""
    from fastjango.contenttypes.models import ContentType
    from fastjango.orm.schema import create_model, delete_model

    models = [
        model
        for model in apps.get_app_config("contenttypes").get_models()
        if model._meta.managed and not model._meta.proxy
    ]
    for model in models:
        create_model(model)
    ContentType.objects.clear_cache()
    yield
    ContentType.objects.clear_cache()
    for model in reversed(models):
        delete_model(model)
