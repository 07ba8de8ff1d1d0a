"""The peers of ``orm_calls.py``, in one process: FastJango and Django, by the same calls.

The drivers alone are in ``_orm_raw.py``, SQLAlchemy and SQLModel in ``_orm_sqlalchemy.py``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

__all__ = ["ROWS", "Calls", "Peer", "django_peer", "fastjango_peer", "on"]

ROWS = 1000
"""Rows of each table before anything is inserted."""

Calls = dict[str, Callable[[], object]]


@dataclass
class Peer:
    """One side: its calls by workload, and what runs statements of its own for preparing."""

    calls: Calls
    acalls: dict[str, Callable[[], Awaitable[object]]] = field(
        default_factory=dict[str, Callable[[], Awaitable[object]]]
    )


def on(runner: asyncio.Runner, call: Callable[[], Awaitable[object]], times: int) -> object:
    """Await a call so many times on one loop."""

    async def repeat() -> None:
        for _ in range(times):
            await call()

    return runner.run(repeat())


def _parts(url: str) -> dict[str, Any]:
    parts = urlsplit(url)
    return {
        "host": parts.hostname,
        "port": parts.port or 5432,
        "user": parts.username,
        "password": parts.password or "",
        "database": parts.path[1:],
    }


def _define(models: Any, label: str, prefix: str) -> tuple[Any, Any]:
    """Build the two models with a `models` namespace, FastJango's or Django's."""

    def meta(table: str) -> type:
        return type("Meta", (), {"app_label": label, "db_table": f"{prefix}_{table}"})

    author = type(
        "BenchAuthor",
        (models.Model,),
        {
            "__module__": f"{label}.models",
            "Meta": meta("author"),
            "name": models.CharField(max_length=50),
            "age": models.IntegerField(null=True),
        },
    )
    article = type(
        "BenchArticle",
        (models.Model,),
        {
            "__module__": f"{label}.models",
            "Meta": meta("article"),
            "title": models.CharField(max_length=50),
            "body": models.TextField(),
            "words": models.IntegerField(default=0),
            "author": models.ForeignKey(author, models.CASCADE, related_name="articles"),
        },
    )
    return author, article


def _fill(author: Any, article: Any) -> None:
    author.objects.bulk_create([author(name=f"a{n}", age=n % 90) for n in range(ROWS)])
    article.objects.bulk_create(
        [article(title=f"t{n}", body="x" * 100, words=n, author_id=1 + n) for n in range(ROWS)]
    )


def _model_calls(author: Any, article: Any, execute: Callable[[str], object]) -> Peer:
    """Return the calls of a framework with Django's interface."""
    table = author._meta.db_table
    kept = author.objects.get(pk=7)

    def bulk() -> None:
        author.objects.bulk_create([author(name="n", age=1) for _ in range(1000)])
        execute(f"DELETE FROM {table} WHERE id > {ROWS}")

    def update() -> None:
        kept.age += 1
        kept.save(update_fields=["age"])

    async def rows() -> list[Any]:
        return [row async for row in article.objects.all()[:100]]

    calls: Calls = {
        "one row by key": lambda: author.objects.get(pk=5),
        "100 rows": lambda: list(article.objects.all()[:100]),
        "100 rows with author": lambda: list(article.objects.select_related("author")[:100]),
        "build": lambda: (
            author.objects.filter(name="a", age__gt=3).filter(age__lt=80).order_by("-age")[:20]
        ),
        "insert one": lambda: author.objects.create(name="n", age=1),
        "update one": update,
        "insert 1,000": bulk,
    }
    for count in (1, 10, 100, 1000):
        calls[f"rows {count}"] = lambda count=count: list(article.objects.all()[:count])  # type: ignore[misc]  # bound now
    return Peer(calls, {"one row by key": lambda: author.objects.aget(pk=5), "100 rows": rows})


def _entry(url: str, engine: str) -> dict[str, Any]:
    """Return the entry of `DATABASES` for a server."""
    parts = _parts(url)
    entry = {name.upper(): parts[name] for name in ("host", "port", "user", "password")}
    return {"ENGINE": engine, "NAME": parts["database"], **entry}


def fastjango_peer(url: str) -> Peer:
    """Set FastJango up; an empty URL is SQLite in memory."""
    from fastjango.core import settings, setup

    database = _entry(url, "postgresql") if url else {"ENGINE": "sqlite", "NAME": ":memory:"}
    settings.configure(
        SECRET_KEY="only-for-benchmarks-" + "x" * 50,
        INSTALLED_APPS=["fastjango.orm"],
        DATABASES={"default": database},
    )
    setup()
    from fastjango.orm import connection, models
    from fastjango.orm.schema import create_model

    author, article = _define(models, "orm", "fj")
    create_model(author)
    create_model(article)
    _fill(author, article)

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    return _model_calls(author, article, execute)


def django_peer(url: str) -> Peer:
    """Set Django up; an empty URL is SQLite in memory."""
    from importlib.machinery import ModuleSpec

    import django  # type: ignore[import-untyped]
    from django.conf import settings  # type: ignore[import-untyped]

    for name in ("djangobench", "djangobench.models"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        module.__path__ = ["."]
        sys.modules[name] = module
    database: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    if url:
        database = _entry(url, "django.db.backends.postgresql")
    settings.configure(
        DATABASES={"default": {**database, "CONN_MAX_AGE": None}},
        INSTALLED_APPS=["djangobench"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.db import connection, models  # type: ignore[import-untyped]

    author, article = _define(models, "djangobench", "dj")
    with connection.schema_editor() as editor:
        editor.create_model(author)
        editor.create_model(article)
    _fill(author, article)

    def execute(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(sql)

    peer = _model_calls(author, article, execute)
    if not url:
        peer.acalls.clear()  # its worker thread would see another database in memory
    return peer
