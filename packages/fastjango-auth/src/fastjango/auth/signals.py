"""Signals of logging in and out."""

from fastjango.signals import Signal

__all__ = ["user_logged_in", "user_logged_out", "user_login_failed"]

#: Somebody has logged in. Sender: class of the user. Arguments: `request`, `user`.
user_logged_in = Signal()

#: No backend took the credentials. Arguments: `credentials` (secrets masked), `request`.
user_login_failed = Signal()

#: Somebody has logged out. Sender: class of the user, or of `None`. Arguments: `request`, `user`.
user_logged_out = Signal()
