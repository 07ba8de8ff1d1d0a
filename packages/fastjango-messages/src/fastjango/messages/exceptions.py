"""Every error of this distribution."""

__all__ = ["MessageFailure", "MessagesError"]


class MessagesError(Exception):
    """The root of every error that fastjango.messages raises."""


class MessageFailure(MessagesError):
    """A message has nowhere to go: the middleware is not installed."""
