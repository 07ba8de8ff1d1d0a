"""Settings for FastJango and for Django, which serves as the oracle."""

from collections.abc import Iterator
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from django.test.utils import override_settings as override_django
from fastjango.core.conf import override_settings, settings

COMMON: dict[str, Any] = {"TIME_ZONE": "Europe/Berlin", "USE_TZ": True, "STATIC_URL": "/static/"}


@pytest.fixture(scope="module", autouse=True)
def configured() -> Iterator[None]:
    """Settings for these tests, whatever else runs in the process."""
    if not settings.configured:
        settings.configure(SECRET_KEY="x" * 50)
    if not django_settings.configured:
        django_settings.configure(SECRET_KEY="x" * 50)
        django.setup()
    # Django has had the label of the empty choice since 6.1.
    with override_settings(**COMMON), override_django(**COMMON, USE_I18N=False):
        yield
