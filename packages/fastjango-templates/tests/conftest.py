"""Settings for FastJango, booted with the templates, and for Django, which serves as the oracle."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastjango.core import apps, setup
from fastjango.core.conf import override_settings, settings
from fastjango.http import HttpRequest
from fastjango.templates import Engine
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

hypothesis_settings.register_profile(
    "templates",
    deadline=None,  # imports and a busy machine are slow the first time
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
hypothesis_settings.load_profile("templates")

COMMON: dict[str, Any] = {
    "TIME_ZONE": "Europe/Paris",
    "USE_TZ": True,
    "LANGUAGE_CODE": "en-us",
    "URLIZE_ASSUME_HTTPS": True,
}


@pytest.fixture(scope="session", autouse=True)
def booted() -> None:
    """Boot the apps once."""
    if not settings.configured:
        settings.configure(
            SECRET_KEY="x" * 60,
            INSTALLED_APPS=["fastjango.http", "fastjango.templates"],
            ROOT_URLCONF=(),
            STATIC_URL="static/",
            MEDIA_URL="media/",
            ALLOWED_HOSTS=["testserver"],
            **COMMON,
        )
    if not apps.ready:
        setup()


@pytest.fixture(scope="session", autouse=True)
def oracle(booted: None) -> None:
    """Give Django settings, where it is installed."""
    try:
        import django
        from django.conf import settings as django_settings
    except ImportError:
        return
    if not django_settings.configured:
        options = {name: value for name, value in COMMON.items() if name != "URLIZE_ASSUME_HTTPS"}
        django_settings.configure(SECRET_KEY="x" * 60, LOGGING_CONFIG=None, **options)
        django.setup()


@pytest.fixture
def debugging() -> Iterator[None]:
    """Switch `DEBUG` on."""
    with override_settings(DEBUG=True):
        yield


@pytest.fixture
def engine() -> Callable[..., Engine]:
    """Make an engine of sources: `engine(page="...", base="...")`, in which `__` is a dot."""

    def make(options: dict[str, Any] | None = None, /, **sources: str) -> Engine:
        named = {name.replace("__", "."): source for name, source in sources.items()}
        loaders = [("fastjango.templates.loaders.LocmemLoader", named)]
        return Engine(loaders=loaders, **(options or {}))

    return make


@pytest.fixture
def show() -> Callable[..., str]:
    """Render a source with variables."""

    def render(source: str, request: Any = None, /, **variables: Any) -> str:
        return str(Engine(debug=True).from_string(source).render(variables, request))

    return render


@pytest.fixture
def request_() -> HttpRequest:
    """Return a request."""
    request = HttpRequest()
    request.META["SERVER_NAME"] = "testserver"
    return request
