"""Sessions with Django's interface, engines and stored format."""

from fastjango.sessions.exceptions import (
    InvalidSessionKey,
    SessionInterrupted,
    SessionsError,
    SessionsNotListable,
    SuspiciousSession,
)

__all__ = [
    "InvalidSessionKey",
    "SessionInterrupted",
    "SessionsError",
    "SessionsNotListable",
    "SuspiciousSession",
]
