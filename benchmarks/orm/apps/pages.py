"""What the peers share that is not their subject: numbers to ask for, and the page."""

from __future__ import annotations

import os
import random
from html import escape
from urllib.parse import urlsplit

URL = os.environ["BENCH_DATABASE"]
PARTS = urlsplit(URL)
VENDOR = "postgresql" if PARTS.scheme.startswith("postgres") else "sqlite"
FILE = PARTS.path
EXTRA = "Additional fortune added at request time."
PAGE = 100


def some_id() -> int:
    """Return the key of a row of `world`."""
    return random.randint(1, 10_000)


def some_start() -> int:
    """Return the key that a list of articles starts behind."""
    return random.randint(0, 900)


def page(fortunes: list[tuple[int, str]]) -> str:
    """Return the table of fortunes, sorted and escaped."""
    rows = [*fortunes, (0, EXTRA)]
    rows.sort(key=lambda row: row[1])
    body = "".join(f"<tr><td>{key}</td><td>{escape(text)}</td></tr>" for key, text in rows)
    return (
        "<!DOCTYPE html><html><head><title>Fortunes</title></head><body><table>"
        f"<tr><th>id</th><th>message</th></tr>{body}</table></body></html>"
    )
