"""Databases that live as long as a benchmark."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

__all__ = ["postgres_database"]


@contextmanager
def postgres_database(url: str) -> Iterator[str]:
    """Make an empty database on a server; gives its URL."""
    import psycopg

    name = f"fj_bench_{os.getpid()}_{secrets.token_hex(4)}"
    connect: Any = psycopg.connect
    with connect(url, dbname="postgres", autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        finally:
            admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
