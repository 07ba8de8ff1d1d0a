"""A backend for tests, which keeps messages in `fastjango.mail.outbox`."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

import fastjango.mail as mail
from fastjango.mail.backends.dummy import EmailBackend as DummyEmailBackend
from fastjango.mail.message import EmailMessage

__all__ = ["EmailBackend"]


class EmailBackend(DummyEmailBackend):
    """Keeps copies of messages in the memory of the process, after checking their headers."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not hasattr(mail, "outbox"):
            mail.outbox = []

    def send_messages(self, email_messages: Iterable[EmailMessage]) -> int:
        """Put copies of the messages into the outbox and return how many there were."""
        count = 0
        for message in email_messages:
            message.message()  # raises for headers that cannot be sent
            kept = copy.copy(message)
            # A connection is no part of what was sent, and may hold what cannot be copied.
            kept.connection = None
            kept = copy.deepcopy(kept)
            kept.sent_using = self.alias
            mail.outbox.append(kept)
            count += 1
        return count
