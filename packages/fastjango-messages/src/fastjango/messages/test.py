"""Assertions about messages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastjango.messages.api import get_messages
from fastjango.messages.storage.base import Message

__all__ = ["MessagesTestMixin"]

# unittest shows the frame of the test in place of one here.
__unittest = True


class MessagesTestMixin:
    """Adds `assertMessages` to a test case."""

    assertEqual: Any  # noqa: N815 - unittest's name
    assertCountEqual: Any  # noqa: N815 - unittest's name

    def assertMessages(  # noqa: N802 - Django's name
        self, response: Any, expected_messages: Sequence[Message], *, ordered: bool = True
    ) -> None:
        """Assert that a response's request has these messages.

        Args:
            response: What the test client returned.
            expected_messages: The messages.
            ordered: Whether their order matters.
        """
        request = getattr(response, "wsgi_request", None) or response.asgi_request
        found = list(get_messages(request))
        check = self.assertEqual if ordered else self.assertCountEqual
        check(found, expected_messages)
