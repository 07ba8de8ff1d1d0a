"""Settings of sessions; the README documents each."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings


class SessionsSettings(PluginSettings):
    """Where sessions are kept, and the cookie that names them."""

    SESSION_ENGINE: str = "fastjango.sessions.backends.db"
    SESSION_SERIALIZER: str = "fastjango.sessions.serializers.JSONSerializer"
    SESSION_CACHE_ALIAS: str = "default"
    SESSION_FILE_PATH: Any = None
    SESSION_SAVE_EVERY_REQUEST: bool = False
    SESSION_EXPIRE_AT_BROWSER_CLOSE: bool = False

    SESSION_COOKIE_NAME: str = "sessionid"
    SESSION_COOKIE_AGE: int = 60 * 60 * 24 * 7 * 2  # seconds
    SESSION_COOKIE_DOMAIN: str | None = None
    SESSION_COOKIE_PATH: str = "/"
    SESSION_COOKIE_SECURE: bool = False
    SESSION_COOKIE_HTTPONLY: bool = True
    SESSION_COOKIE_SAMESITE: str | bool | None = "Lax"
