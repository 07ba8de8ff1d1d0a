"""Settings for FastJango and for Django, which serves as the oracle."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.core.conf import override_settings, settings

COMMON: dict[str, Any] = {"TIME_ZONE": "UTC", "USE_TZ": False, "URLIZE_ASSUME_HTTPS": True}


@pytest.fixture(scope="module", autouse=True)
def configured() -> Iterator[None]:
    """Settings for these tests, whatever else runs in the process."""
    if not settings.configured:
        settings.configure(SECRET_KEY="x" * 50)
    try:
        import django
        from django.conf import settings as django_settings
        from django.test.utils import override_settings as override_django
    except ImportError:
        with override_settings(**COMMON):
            yield
        return
    if not django_settings.configured:
        django_settings.configure(SECRET_KEY="x" * 50)
    # Django has known the last one since 6.1.
    ours = {**COMMON, "URLIZE_ASSUME_HTTPS": django.VERSION >= (6, 1)}
    with override_settings(**ours), override_django(**COMMON, USE_I18N=False):
        yield
