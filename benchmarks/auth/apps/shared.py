"""What all sites have in common: the key, the database and the shape of the answers."""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlsplit

SECRET_KEY = "only-for-the-benchmark-" + "k" * 40
MESSAGE = {"message": "Hello, World!"}
PARTS = urlsplit(os.environ["BENCH_DATABASE"])
VENDOR = "sqlite3" if PARTS.scheme == "sqlite" else "postgresql"


def database() -> dict[str, Any]:
    """Return the entry of `DATABASES` without its engine."""
    if VENDOR == "sqlite3":
        return {"NAME": PARTS.path}
    return {
        "NAME": PARTS.path[1:],
        "USER": PARTS.username,
        "PASSWORD": PARTS.password or "",
        "HOST": PARTS.hostname,
        "PORT": str(PARTS.port or ""),
    }


def shown(user: Any) -> dict[str, Any]:
    """Return what the answers say of a user."""
    return {
        "id": user.pk,
        "username": user.username,
        "email": user.email,
        "is_staff": user.is_staff,
        "name": user.get_full_name(),
    }
