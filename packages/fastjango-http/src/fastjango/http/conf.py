"""Settings of the web layer; each is documented in `docs/reference/settings-http.md`."""

from __future__ import annotations

from typing import Any

from fastjango.core.conf import PluginSettings

_MIB = 2**20


class HttpSettings(PluginSettings):
    """URLs, requests, uploads, middleware and security headers."""

    # URLs and views
    ROOT_URLCONF: Any = None
    APPEND_SLASH: bool = True
    PREPEND_WWW: bool = False
    FORCE_SCRIPT_NAME: str | None = None
    MIDDLEWARE: list[Any] = []
    DEFAULT_CHARSET: str = "utf-8"
    DEBUG_PROPAGATE_EXCEPTIONS: bool = False
    DEFAULT_EXCEPTION_REPORTER: str = "fastjango.http.errors.ExceptionReporter"
    DEFAULT_EXCEPTION_REPORTER_FILTER: str = "fastjango.http.errors.SafeExceptionReporterFilter"
    ERROR_PROBLEM_JSON: bool = False
    STATIC_URL: str | None = None
    MEDIA_URL: str = ""

    # hosts and proxies
    ALLOWED_HOSTS: list[str] = []
    USE_X_FORWARDED_HOST: bool = False
    USE_X_FORWARDED_PORT: bool = False
    SECURE_PROXY_SSL_HEADER: tuple[str, ...] | list[str] | None = None
    INTERNAL_IPS: list[str] = []

    # bodies and uploads (bytes, numbers)
    DATA_UPLOAD_MAX_MEMORY_SIZE: int | None = 5 * _MIB // 2
    DATA_UPLOAD_MAX_NUMBER_FIELDS: int | None = 1000
    DATA_UPLOAD_MAX_NUMBER_FILES: int | None = 100
    FILE_UPLOAD_MAX_MEMORY_SIZE: int = 5 * _MIB // 2
    FILE_UPLOAD_TEMP_DIR: Any = None
    FILE_UPLOAD_HANDLERS: list[str] = [
        "fastjango.http.uploads.MemoryFileUploadHandler",
        "fastjango.http.uploads.TemporaryFileUploadHandler",
    ]

    # clients and crawlers
    DISALLOWED_USER_AGENTS: list[Any] = []
    IGNORABLE_404_URLS: list[Any] = []

    # security headers
    X_FRAME_OPTIONS: str = "DENY"
    SECURE_CONTENT_TYPE_NOSNIFF: bool = True
    SECURE_CROSS_ORIGIN_OPENER_POLICY: str | None = "same-origin"
    SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = False
    SECURE_HSTS_PRELOAD: bool = False
    SECURE_HSTS_SECONDS: int = 0
    SECURE_REDIRECT_EXEMPT: list[str] = []
    SECURE_REFERRER_POLICY: Any = "same-origin"
    SECURE_SSL_HOST: str | None = None
    SECURE_SSL_REDIRECT: bool = False
    SECURE_CSP: dict[str, Any] = {}
    SECURE_CSP_REPORT_ONLY: dict[str, Any] = {}

    # CSRF
    CSRF_COOKIE_AGE: int | None = 60 * 60 * 24 * 7 * 52  # seconds
    CSRF_COOKIE_DOMAIN: str | None = None
    CSRF_COOKIE_HTTPONLY: bool = False
    CSRF_COOKIE_NAME: str = "csrftoken"
    CSRF_COOKIE_PATH: str = "/"
    CSRF_COOKIE_SAMESITE: str | bool | None = "Lax"
    CSRF_COOKIE_SECURE: bool = False
    CSRF_FAILURE_VIEW: str = "fastjango.http.views.csrf.csrf_failure"
    CSRF_HEADER_NAME: str = "HTTP_X_CSRFTOKEN"
    CSRF_TRUSTED_ORIGINS: list[str] = []
    CSRF_USE_SESSIONS: bool = False

    # the cookie of the chosen language, and catalogs beside those of the apps
    LANGUAGE_COOKIE_AGE: int | None = None  # seconds; until the browser is closed if None
    LANGUAGE_COOKIE_DOMAIN: str | None = None
    LANGUAGE_COOKIE_HTTPONLY: bool = False
    LANGUAGE_COOKIE_NAME: str = "django_language"
    LANGUAGE_COOKIE_PATH: str = "/"
    LANGUAGE_COOKIE_SAMESITE: str | bool | None = None
    LANGUAGE_COOKIE_SECURE: bool = False
    LOCALE_PATHS: list[Any] = []

    # caching by clients
    CACHE_MIDDLEWARE_SECONDS: int = 600

    # other origins' scripts (CORS): nothing is allowed by default
    CORS_ALLOWED_ORIGINS: list[str] = []
    CORS_ALLOWED_ORIGIN_REGEXES: list[Any] = []
    CORS_ALLOW_ALL_ORIGINS: bool = False
    CORS_ALLOW_CREDENTIALS: bool = False
    CORS_ALLOW_METHODS: list[str] = ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"]
    CORS_ALLOW_HEADERS: list[str] = [
        "accept",
        "authorization",
        "content-type",
        "user-agent",
        "x-csrftoken",
        "x-requested-with",
    ]
    CORS_EXPOSE_HEADERS: list[str] = []
    CORS_PREFLIGHT_MAX_AGE: int = 86400  # seconds
    CORS_URLS_REGEX: str = r"^.*$"

    # limits on the stream
    REQUEST_MAX_BODY_SIZE: int | None = 100 * _MIB  # bytes
    REQUEST_MAX_HEADERS: int = 200
    REQUEST_MAX_HEADER_SIZE: int = 64 * 1024  # bytes, names and values together
    REQUEST_TIMEOUT: float | None = 60.0  # seconds until the response begins
