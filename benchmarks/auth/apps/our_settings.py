"""FastJango's settings of the benchmark."""

from __future__ import annotations

from fastjango.core import settings, setup
from shared import SECRET_KEY, VENDOR, database

settings.configure(
    SECRET_KEY=SECRET_KEY,
    INSTALLED_APPS=[
        "fastjango.http",
        "fastjango.orm",
        "fastjango.contenttypes",
        "fastjango.sessions",
        "fastjango.auth",
    ],
    DATABASES={"default": {"ENGINE": VENDOR, **database()}},
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=[
        "fastjango.sessions.middleware.SessionMiddleware",
        "fastjango.auth.middleware.AuthenticationMiddleware",
    ],
    USE_TZ=True,
)
setup()
