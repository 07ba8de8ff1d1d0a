"""The peers `django-sync` (gunicorn) and `django-async` (uvicorn), on the same tables."""

from __future__ import annotations

import os
from typing import Any

import django
from django.conf import settings
from shared import MESSAGE, SECRET_KEY, VENDOR, database, shown

ASYNC = os.environ.get("BENCH_ASYNC") == "1"
DATABASE: dict[str, Any] = {"ENGINE": f"django.db.backends.{VENDOR}", **database()}
if VENDOR == "sqlite3":
    DATABASE["OPTIONS"] = {
        "timeout": 10,
        "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
    }
settings.configure(
    SECRET_KEY=SECRET_KEY,
    # Asynchronous views may not keep connections: their threads come and go.
    DATABASES={"default": {**DATABASE, "CONN_MAX_AGE": 0 if ASYNC else None}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
    ],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    ROOT_URLCONF=__name__,
    LOGGING_CONFIG=None,
    USE_TZ=True,
)
django.setup()

from django.contrib.auth.models import User  # noqa: E402 - settings come first
from django.core.asgi import get_asgi_application  # noqa: E402 - settings come first
from django.core.wsgi import get_wsgi_application  # noqa: E402 - settings come first
from django.http import JsonResponse  # noqa: E402 - settings come first
from django.urls import path  # noqa: E402 - settings come first

DENSE = {"separators": (",", ":")}


def free(request: Any) -> Any:
    """Ask for nobody."""
    return JsonResponse(MESSAGE, json_dumps_params=DENSE)


def row(request: Any) -> Any:
    """Ask for nobody, and read a row."""
    return JsonResponse(shown(User.objects.get(username="user50")), json_dumps_params=DENSE)


def me(request: Any) -> Any:
    """Ask for the user of the session."""
    user = request.user
    if not user.is_authenticated:
        return JsonResponse({"detail": "Log in first."}, status=401)
    return JsonResponse(shown(user), json_dumps_params=DENSE)


async def afree(request: Any) -> Any:
    """Ask for nobody."""
    return JsonResponse(MESSAGE, json_dumps_params=DENSE)


async def arow(request: Any) -> Any:
    """Ask for nobody, and read a row."""
    user = await User.objects.aget(username="user50")
    return JsonResponse(shown(user), json_dumps_params=DENSE)


async def ame(request: Any) -> Any:
    """Ask for the user of the session."""
    user = await request.auser()
    if not user.is_authenticated:
        return JsonResponse({"detail": "Log in first."}, status=401)
    return JsonResponse(shown(user), json_dumps_params=DENSE)


urlpatterns = [
    path("free", afree if ASYNC else free),
    path("row", arow if ASYNC else row),
    path("me", ame if ASYNC else me),
]
wsgi, asgi = get_wsgi_application(), get_asgi_application()
