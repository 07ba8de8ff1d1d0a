"""The outbox of sent mail, where `fastjango-mail` is installed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import fastjango.mail as mail
from fastjango.core.conf import settings
from fastjango.testing import hooks

__all__ = ["install", "kept_mail"]

LOCMEM = "fastjango.mail.backends.locmem.EmailBackend"


@contextmanager
def kept_mail() -> Generator[list[mail.EmailMessage]]:
    """Keep all mail in `fastjango.mail.outbox` for the time of a block, and send none."""
    backend, mailers = settings.EMAIL_BACKEND, settings.MAILERS
    settings.EMAIL_BACKEND = LOCMEM
    if mailers is not None:
        settings.MAILERS = {alias: {"BACKEND": LOCMEM} for alias in mailers}
    mail.outbox = []
    try:
        yield mail.outbox
    finally:
        settings.EMAIL_BACKEND, settings.MAILERS = backend, mailers
        del mail.outbox


def _test_environment() -> AbstractContextManager[Any]:
    return kept_mail()


def _test_started() -> None:
    mail.outbox = []


def install() -> None:
    """Answer the hooks of the test tools, once per process."""
    if _test_environment not in hooks.test_environment:
        hooks.test_environment.register(_test_environment)
        hooks.test_started.register(_test_started)
