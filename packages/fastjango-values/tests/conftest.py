"""Settings for FastJango and for Django, which serves as the oracle."""

import pytest
from fastjango.core.conf import settings


@pytest.fixture(scope="session", autouse=True)
def configured() -> None:
    if not settings.configured:
        settings.configure(SECRET_KEY="x" * 50, TIME_ZONE="UTC")
    try:
        import django
        from django.conf import settings as django_settings
    except ImportError:
        return
    if django.VERSION >= (6, 1):
        settings.URLIZE_ASSUME_HTTPS = True
    if not django_settings.configured:
        django_settings.configure(
            SECRET_KEY="x" * 50,
            TIME_ZONE="UTC",
            USE_I18N=False,
            USE_TZ=False,
            URLIZE_ASSUME_HTTPS=True,
        )
