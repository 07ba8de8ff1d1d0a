"""Queries within one process: CPU per call of FastJango beside Django, SQLAlchemy Core and SQLite.

The same rows in a SQLite database in memory for each. Prints a table and whether each target is
met; exits with 1 if one is missed.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

from _measure import Table, compare_calls

ROWS = 200
TARGETS = {
    # workload: (peer, how many times cheaper)
    "one row by key": ("django", 8.0),
    "100 rows": ("django", 4.0),
    "100 rows with author": ("django", 4.0),
    "insert one": ("django", 4.0),
    "insert 1,000": ("django", 3.0),
}
BUILD_LIMIT = 5.0
"""Microseconds to build a chained, filtered, ordered queryset with a warm plan."""

Calls = dict[str, Callable[[], object]]


def define(models: Any, label: str) -> tuple[Any, Any]:
    """Build the two models with a `models` namespace."""
    author = type(
        "BenchAuthor",
        (models.Model,),
        {
            "__module__": f"{label}.models",
            "Meta": type("Meta", (), {"app_label": label, "db_table": "author"}),
            "name": models.CharField(max_length=50),
            "age": models.IntegerField(null=True),
        },
    )
    article = type(
        "BenchArticle",
        (models.Model,),
        {
            "__module__": f"{label}.models",
            "Meta": type("Meta", (), {"app_label": label, "db_table": "article"}),
            "title": models.CharField(max_length=50),
            "body": models.TextField(),
            "words": models.IntegerField(default=0),
            "author": models.ForeignKey(author, models.CASCADE, related_name="articles"),
        },
    )
    return author, article


def fill(author: Any, article: Any) -> None:
    """Insert the rows."""
    author.objects.bulk_create([author(name=f"a{n}", age=n % 90) for n in range(ROWS)])
    article.objects.bulk_create(
        [
            article(title=f"t{n}", body="x" * 100, words=n, author_id=1 + n % ROWS)
            for n in range(ROWS)
        ]
    )


def calls_of(author: Any, article: Any) -> Calls:
    """Return the workloads of one framework."""

    def bulk() -> None:
        author.objects.bulk_create([author(name="n", age=1) for _ in range(1000)])
        author.objects.filter(pk__gt=ROWS).delete()

    return {
        "one row by key": lambda: author.objects.get(pk=5),
        "100 rows": lambda: list(article.objects.all()[:100]),
        "100 rows with author": lambda: list(article.objects.select_related("author")[:100]),
        "build": lambda: (
            author.objects.filter(name="a", age__gt=3).filter(age__lt=80).order_by("-age")[:20]
        ),
        "insert one": lambda: author.objects.create(name="n", age=1),
        "insert 1,000": bulk,
    }


def fastjango_calls() -> Calls:
    """Set FastJango up and return its workloads."""
    from fastjango.core import settings, setup

    settings.configure(
        SECRET_KEY="only-for-benchmarks-" + "x" * 50,
        INSTALLED_APPS=["fastjango.orm"],
        DATABASES={"default": {"ENGINE": "sqlite", "NAME": ":memory:"}},
    )
    setup()
    from fastjango.orm import models
    from fastjango.orm.schema import create_model

    author, article = define(models, "orm")
    create_model(author)
    create_model(article)
    fill(author, article)
    return calls_of(author, article)


def django_calls() -> Calls:
    """Set Django up and return its workloads."""
    from importlib.machinery import ModuleSpec

    import django  # type: ignore[import-untyped]
    from django.conf import settings  # type: ignore[import-untyped]

    for name in ("djangobench", "djangobench.models"):
        module = ModuleType(name)
        module.__spec__ = ModuleSpec(name, None)
        module.__path__ = ["."]
        sys.modules[name] = module
    settings.configure(
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["djangobench"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    )
    django.setup()
    from django.db import connection, models  # type: ignore[import-untyped]

    author, article = define(models, "djangobench")
    with connection.schema_editor() as editor:
        editor.create_model(author)
        editor.create_model(article)
    fill(author, article)
    return calls_of(author, article)


def raw_calls() -> Calls:
    """Return what can be done with the driver alone."""
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE author (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)")
    connection.execute(
        "CREATE TABLE article (id INTEGER PRIMARY KEY, title TEXT, body TEXT, words INTEGER, "
        "author_id INTEGER)"
    )
    for number in range(ROWS):
        connection.execute("INSERT INTO author (name, age) VALUES (?, ?)", (f"a{number}", number))
        connection.execute(
            "INSERT INTO article (title, body, words, author_id) VALUES (?, ?, ?, ?)",
            (f"t{number}", "x" * 100, number, 1 + number),
        )
    run = connection.execute
    return {
        "one row by key": lambda: run(
            "SELECT id, name, age FROM author WHERE id = ? LIMIT 21", (5,)
        ).fetchall(),
        "100 rows": lambda: run(
            "SELECT id, title, body, words, author_id FROM article LIMIT 100"
        ).fetchall(),
        "insert one": lambda: run(
            "INSERT INTO author (name, age) VALUES (?, ?) RETURNING id", ("n", 1)
        ).fetchall(),
    }


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="Three short rounds.")
    options = parser.parse_args()
    rounds, number = (3, 200) if options.quick else (options.rounds, 1000)
    peers = {"fastjango": fastjango_calls(), "django": django_calls(), "sqlite3": raw_calls()}
    table = Table("Queries on SQLite", "µs CPU per call", "sqlite3")
    for workload in peers["fastjango"]:
        measured = {name: calls[workload] for name, calls in peers.items() if workload in calls}
        times = max(2, number // 200) if workload == "insert 1,000" else number
        compare_calls(table, {workload: measured}, number=times, rounds=rounds)
    print(table.to_markdown())
    missed = 0
    for workload, (peer, wanted) in TARGETS.items():
        times_cheaper = table.ratio(workload, peer, "fastjango")
        missed += times_cheaper < wanted
        verdict = "ok" if times_cheaper >= wanted else "MISSED"
        print(
            f"{workload:24} {times_cheaper:5.1f} times cheaper than {peer} (≥ {wanted:g}) {verdict}"
        )
    build = table.median("build", "fastjango")
    missed += build > BUILD_LIMIT
    verdict = "ok" if build <= BUILD_LIMIT else "MISSED"
    print(f"{'build':24} {build:5.1f} µs (at most {BUILD_LIMIT:g}) {verdict}")
    share = table.ratio("one row by key", "sqlite3", "fastjango")
    print(f"{'one row by key':24} {share:5.0%} of the raw driver's speed")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
