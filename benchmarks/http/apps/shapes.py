"""The workloads that every peer answers alike; the sizes come from environment variables."""

from __future__ import annotations

import os

from pydantic import BaseModel

MESSAGE = {"message": "Hello, World!"}
TEXT = "Hello, World!"
ROUTES = int(os.environ.get("BENCH_ROUTES", "0"))
NESTED = os.environ.get("BENCH_NESTED") == "1"
MIDDLEWARE = os.environ.get("BENCH_MIDDLEWARE") == "1"
PER_ROUTER = 50


class Item(BaseModel):
    """What `/echo` takes and gives back."""

    name: str
    price: float
    tags: list[str] = []


def flat_paths() -> list[str]:
    """Return the paths of the routes, with `{n}` for the parameter."""
    return [f"/r{number}/item/{{n}}" for number in range(ROUTES)]
