"""Users, permissions, logins, tokens and OAuth2, on Django's tables."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from fastjango.auth.exceptions import AuthError

if TYPE_CHECKING:
    from fastjango.auth.authentication import (
        aauthenticate,
        acheck_password_with_timing_attack_mitigation,
        authenticate,
        check_password_with_timing_attack_mitigation,
        get_backends,
        get_permission_codename,
        get_user_model,
        load_backend,
    )
    from fastjango.auth.logins import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        REDIRECT_FIELD_NAME,
        SESSION_KEY,
        aget_user,
        alogin,
        alogout,
        aupdate_session_auth_hash,
        get_user,
        login,
        logout,
        update_session_auth_hash,
    )
    from fastjango.auth.signals import user_logged_in, user_logged_out, user_login_failed

_HOMES = {
    "authentication": (
        "_clean_credentials",
        "aauthenticate",
        "acheck_password_with_timing_attack_mitigation",
        "authenticate",
        "check_password_with_timing_attack_mitigation",
        "get_backends",
        "get_permission_codename",
        "get_user_model",
        "load_backend",
    ),
    "logins": (
        "BACKEND_SESSION_KEY",
        "HASH_SESSION_KEY",
        "REDIRECT_FIELD_NAME",
        "SESSION_KEY",
        "aget_user",
        "alogin",
        "alogout",
        "aupdate_session_auth_hash",
        "get_user",
        "login",
        "logout",
        "update_session_auth_hash",
    ),
    "signals": ("user_logged_in", "user_logged_out", "user_login_failed"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [
    "BACKEND_SESSION_KEY",
    "HASH_SESSION_KEY",
    "REDIRECT_FIELD_NAME",
    "SESSION_KEY",
    "AuthError",
    "aauthenticate",
    "acheck_password_with_timing_attack_mitigation",
    "aget_user",
    "alogin",
    "alogout",
    "aupdate_session_auth_hash",
    "authenticate",
    "check_password_with_timing_attack_mitigation",
    "get_backends",
    "get_permission_codename",
    "get_user",
    "get_user_model",
    "load_backend",
    "login",
    "logout",
    "update_session_auth_hash",
    "user_logged_in",
    "user_logged_out",
    "user_login_failed",
]


def __getattr__(name: str) -> Any:
    """Load a name from its module when it is asked for, so that the app's config stays cheap."""
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{home}"), name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOME})
