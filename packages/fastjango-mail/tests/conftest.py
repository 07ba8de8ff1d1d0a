"""Settings for the tests of mail, new for each test."""

from collections.abc import Iterator

import pytest
from fastjango import mail
from fastjango.core.conf import Defaults, UserSettingsHolder, settings


@pytest.fixture(autouse=True)
def configured() -> Iterator[None]:
    """Give each test settings of its own, and no outbox."""
    before = settings._wrapped
    holder = UserSettingsHolder(Defaults())
    holder.SECRET_KEY = "only-for-tests-" + "x" * 50
    holder.EMAIL_BACKEND = "fastjango.mail.backends.locmem.EmailBackend"
    settings._wrapped = holder
    yield
    settings._wrapped = before
    if hasattr(mail, "outbox"):
        del mail.outbox
