"""The security log: who logged in, who failed, what was refused, in a form for machines.

Each event is one record of the logger `fastjango.security.auth`. Its attribute `security_event`
is a mapping without secrets; its message is the same in one line. Handlers that write JSON find
everything in the mapping.
"""

from __future__ import annotations

import json
import logging
import re
from typing import Any, Final

from fastjango.auth.signals import user_logged_in, user_logged_out, user_login_failed

__all__ = ["EVENTS", "connect", "log_event", "logger", "mask"]

logger = logging.getLogger("fastjango.security.auth")

EVENTS: Final[dict[str, int]] = {
    "account_deleted": logging.INFO,
    "email_changed": logging.INFO,
    "email_verified": logging.INFO,
    "lockout": logging.WARNING,
    "login": logging.INFO,
    "login_failed": logging.WARNING,
    "logout": logging.INFO,
    "oauth_failed": logging.WARNING,
    "oauth_linked": logging.INFO,
    "oauth_unlinked": logging.INFO,
    "password_changed": logging.INFO,
    "password_reset": logging.INFO,
    "password_reset_requested": logging.INFO,
    "permission_denied": logging.WARNING,
    "reauthenticated": logging.INFO,
    "reauthentication_failed": logging.WARNING,
    "signup": logging.INFO,
    "token_issued": logging.INFO,
    "token_refused": logging.WARNING,
    "token_reused": logging.ERROR,
    "token_revoked": logging.INFO,
}
"""The events and their levels."""

_SECRET: Final = re.compile(r"api|token|key|secret|passw|signature|code|session|cookie", re.I)
_MASK: Final = "********************"
_LONGEST: Final = 200  # characters of a value


def mask(name: str, value: Any) -> Any:
    """Return a detail as it may be logged: secrets masked, texts in one line and not too long."""
    if _SECRET.search(name):
        return _MASK
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value)[: _LONGEST + 1].encode("unicode_escape").decode("ascii")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _about(request: Any) -> dict[str, Any]:
    if request is None:
        return {}
    meta: Any = getattr(request, "META", None) or {}
    client: Any = getattr(request, "client", None)
    url: Any = getattr(request, "url", None)
    found = {
        "address": meta.get("REMOTE_ADDR") or (client.host if client else None),
        "method": getattr(request, "method", None),
        "path": getattr(request, "path", None) or getattr(url, "path", None),
        "request_id": getattr(request, "scope", {}).get("fastjango.request_id"),
    }
    return {name: value for name, value in found.items() if value is not None}


def log_event(event: str, request: Any = None, user: Any = None, **details: Any) -> None:
    """Log a security event.

    Args:
        event: Its name, one of `EVENTS` or your own (then a warning).
        request: The request in which it happened.
        user: Whom it is about.
        details: More; values whose name looks like a secret are masked.
    """
    level = EVENTS.get(event, logging.WARNING)
    if not logger.isEnabledFor(level):
        return
    record: dict[str, Any] = {"event": event, **_about(request)}
    if user is not None and getattr(user, "pk", None) is not None:
        record["user_id"] = str(user.pk)
    record.update(details)
    clean = {name: mask(name, value) for name, value in record.items() if name != "event"}
    clean = {"event": event, **clean}
    logger.log(level, "%s", json.dumps(clean), extra={"security_event": clean})


def _logged_in(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    log_event("login", request, user)


def _logged_out(sender: Any, request: Any, user: Any, **kwargs: Any) -> None:
    if user is not None:
        log_event("logout", request, user)


def _login_failed(sender: Any, credentials: Any, request: Any = None, **kwargs: Any) -> None:
    names = {name: value for name, value in credentials.items() if not _SECRET.search(name)}
    log_event("login_failed", request, **names)


def connect() -> None:
    """Log logins, logouts and failures to log in; done at the end of the boot."""
    user_logged_in.connect(_logged_in, dispatch_uid="fastjango.auth.events.login")
    user_logged_out.connect(_logged_out, dispatch_uid="fastjango.auth.events.logout")
    user_login_failed.connect(_login_failed, dispatch_uid="fastjango.auth.events.failure")
