"""Settings of conduit.

An environment variable FASTJANGO_<NAME>, or a line in `.env`, stands over the value here, and
DATABASE_URL over DATABASES: keep the secrets and what differs between machines there.
`python manage.py diffsettings --all` shows every setting; `check --deploy` what is left to set.
"""

from pathlib import Path
from typing import Any

BASE_DIR = Path(__file__).resolve().parent.parent

# For development only: give every other site its own, as FASTJANGO_SECRET_KEY.
SECRET_KEY = "fastjango-insecure-conduit-is-an-example-and-keeps-no-secrets-0"

# Never on in production: error pages show source code and settings.
DEBUG = True

# The host names this site answers to; needed as soon as DEBUG is off.
ALLOWED_HOSTS: list[str] = []

INSTALLED_APPS = [
    "fastjango.http",
    "fastjango.orm",
    "fastjango.contenttypes",
    "fastjango.auth",
    "fastjango.auth.jwt",
    "fastjango.rest",
    "users",
    "articles",
]

MIDDLEWARE = [
    "conduit.middleware.DocumentErrors",
    "fastjango.http.middleware.limits.LimitsMiddleware",
    "fastjango.http.middleware.limits.DeadlineMiddleware",
    "fastjango.http.middleware.request_id.RequestIdMiddleware",
    "fastjango.http.middleware.hosts.HostMiddleware",
    "fastjango.http.middleware.security.SecurityMiddleware",
    "fastjango.http.middleware.common.CommonMiddleware",
    "fastjango.http.middleware.csrf.CsrfViewMiddleware",
    "fastjango.http.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "conduit.urls"

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
    }
}

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en-us"

TIME_ZONE = "UTC"

USE_TZ = True

AUTH_USER_MODEL = "users.User"

# The document promises no rules for passwords; a site of your own should keep the default ones.
AUTH_PASSWORD_VALIDATORS: list[dict[str, Any]] = []

PASSWORD_HASHERS = ["fastjango.auth.hashers.Argon2PasswordHasher"]

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["users.tokens.TokenAuthentication"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "conduit.errors.AlwaysJSON",
    "DEFAULT_PARSER_CLASSES": ["fastjango.rest.parsers.JSONParser"],
    "DEFAULT_RENDERER_CLASSES": ["fastjango.rest.renderers.JSONRenderer"],
    "EXCEPTION_HANDLER": "conduit.errors.exception_handler",
}

# The document knows no refresh: a token is good for as long as a login lasts.
JWT_ACCESS_LIFETIME = 60 * 24 * 60 * 60  # seconds
