"""Every error of this distribution."""

from fastjango.core.exceptions import BadRequest, SuspiciousOperation

__all__ = [
    "CreateError",
    "InvalidSessionKey",
    "SessionInterrupted",
    "SessionsError",
    "SessionsNotListable",
    "SuspiciousSession",
    "UpdateError",
]


class SessionsError(Exception):
    """The root of every error that fastjango.sessions raises."""


class CreateError(SessionsError):
    """A session could not be made because its key is taken."""


class UpdateError(SessionsError):
    """A session was deleted before it could be saved."""


class SessionsNotListable(SessionsError, NotImplementedError):
    """The engine cannot say which sessions there are."""


class InvalidSessionKey(SessionsError, SuspiciousOperation):
    """A session key has characters that no key has."""


class SuspiciousSession(SessionsError, SuspiciousOperation):
    """The session may have been tampered with."""


class SessionInterrupted(SessionsError, BadRequest):
    """The session was deleted while the request was answered; answered 400."""
