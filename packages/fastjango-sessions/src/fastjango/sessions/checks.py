"""System checks of the session cookie, for deployment."""

from __future__ import annotations

from typing import Any

from fastjango.core import settings
from fastjango.core.checks import CheckMessage, Tags, register
from fastjango.core.checks import Warning as CheckWarning

__all__ = ["ALL", "check_session_cookie_httponly", "check_session_cookie_secure"]


@register(Tags.security, deploy=True)
def check_session_cookie_secure(**kwargs: Any) -> list[CheckMessage]:
    """The cookie is sent over HTTPS only."""
    if settings.SESSION_COOKIE_SECURE is True:
        return []
    return [
        CheckWarning(
            "SESSION_COOKIE_SECURE is not set to True. Using a secure-only session cookie makes "
            "it more difficult for network traffic sniffers to hijack user sessions.",
            hint="Set SESSION_COOKIE_SECURE = True on a site that is served over HTTPS.",
            id="security.W012",
        )
    ]


@register(Tags.security, deploy=True)
def check_session_cookie_httponly(**kwargs: Any) -> list[CheckMessage]:
    """Scripts cannot read the cookie."""
    if settings.SESSION_COOKIE_HTTPONLY is True:
        return []
    return [
        CheckWarning(
            "SESSION_COOKIE_HTTPONLY is not set to True. Using an HttpOnly session cookie makes "
            "it more difficult for cross-site scripting attacks to hijack user sessions.",
            hint="Remove SESSION_COOKIE_HTTPONLY from the settings.",
            id="security.W015",
        )
    ]


ALL = (check_session_cookie_secure, check_session_cookie_httponly)
