"""Pages within one process: CPU per page of FastJango beside Django's two kinds of templates.

A page is found by name and rendered with a request, context processors and an inherited layout, as
`render()` does it. Prints a table and whether each target is met; exits with 1 if one is missed.
"""

from __future__ import annotations

import argparse
import html
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from _measure import Table, compare_calls
from _tables import Target

TARGETS = [
    Target(f"{workload}: at most {most:g} of {peer}", workload, "fastjango", peer, most)
    for workload, peer, most in (
        ("fortunes", "django", 0.5),
        ("fortunes", "django jinja2", 1.0),
        ("small page", "django", 0.5),
        ("100 rows, filters", "django", 0.5),
    )
]
BASE = "<!doctype html><html><head><title>{% block title %}{% endblock %}</title></head><body>"
BASE += "{% block main %}{% endblock %}</body></html>"
TOP = '{% extends "base.html" %}{% block title %}Fortunes{% endblock %}{% block main %}'
FORTUNES = TOP + (
    "<table><tr><th>id</th><th>message</th></tr>{% for fortune in fortunes %}"
    "<tr><td>{{ fortune.id }}</td><td>{{ fortune.message }}</td></tr>{% endfor %}</table>"
    "{% endblock %}"
)
SMALL = TOP + "<p>{{ name }}</p>{% endblock %}"
ROWS = TOP + (
    "<ul>{% for fortune in fortunes %}<li>{{ fortune.message|truncatewords(4) }} "
    "{{ fortune.id|floatformat(2) }}</li>{% endfor %}</ul>{% endblock %}"
)
DJANGO_ROWS = ROWS.replace("truncatewords(4)", "truncatewords:4")
DJANGO_ROWS = DJANGO_ROWS.replace("floatformat(2)", "floatformat:2")
MESSAGES = (
    "fortune: No such file or directory",
    "A computer scientist is someone who fixes things that aren't broken.",
    "<script>alert('This should not be displayed in a browser alert box.');</script>",
    "フレームワークのベンチマーク",
)
Calls = dict[str, Callable[[], object]]


class Fortune:
    """One row."""

    def __init__(self, number: int) -> None:
        self.id = number
        self.message = MESSAGES[number % len(MESSAGES)]


TWELVE = [Fortune(number) for number in range(12)]
HUNDRED = [Fortune(number) for number in range(100)]


def write(folder: Path, rows: str | None) -> Path:
    """Write the pages into a folder."""
    folder.mkdir()
    pages = {"base.html": BASE, "fortunes.html": FORTUNES, "small.html": SMALL}
    if rows is not None:
        pages["rows.html"] = rows
    for name, source in pages.items():
        (folder / name).write_text(source, encoding="utf-8")
    return folder


def calls_of(get_template: Callable[[str], Any], request: Any, *, filters: bool) -> Calls:
    """Return the workloads of one kind of templates."""
    calls: Calls = {
        "fortunes": lambda: get_template("fortunes.html").render({"fortunes": TWELVE}, request),
        "small page": lambda: get_template("small.html").render({"name": "<ada>"}, request),
    }
    if filters:
        calls["100 rows, filters"] = lambda: get_template("rows.html").render(
            {"fortunes": HUNDRED}, request
        )
    return calls


PROCESSORS = ["request", "debug", "tz", "static"]


def fastjango_calls(folder: Path) -> Calls:
    """Set FastJango up and return its workloads."""
    from fastjango.core import settings, setup

    settings.configure(
        SECRET_KEY="only-for-benchmarks-" + "x" * 50,
        INSTALLED_APPS=["fastjango.http", "fastjango.templates"],
        TEMPLATES=[
            {
                "BACKEND": "fastjango.templates.backends.Jinja2",
                "DIRS": [write(folder / "fastjango", ROWS)],
                "OPTIONS": {
                    "context_processors": [
                        f"fastjango.templates.context_processors.{name}" for name in PROCESSORS
                    ]
                },
            }
        ],
        ROOT_URLCONF=(),
    )
    setup()
    from fastjango.http import HttpRequest
    from fastjango.templates.loader import get_template

    return calls_of(get_template, HttpRequest(), filters=True)


def django_calls(folder: Path) -> dict[str, Calls]:
    """Set Django up and return the workloads of its two backends."""
    import django  # type: ignore[import-untyped]
    from django.conf import settings  # type: ignore[import-untyped]

    processors = {
        "context_processors": [f"django.template.context_processors.{name}" for name in PROCESSORS]
    }
    settings.configure(
        SECRET_KEY="only-for-benchmarks-" + "x" * 50,
        LOGGING_CONFIG=None,
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [write(folder / "django", DJANGO_ROWS)],
                "OPTIONS": processors,
            },
            {
                "BACKEND": "django.template.backends.jinja2.Jinja2",
                "DIRS": [write(folder / "jinja2", None)],
                "OPTIONS": processors,
            },
        ],
    )
    django.setup()
    from django.http import HttpRequest  # type: ignore[import-untyped]
    from django.template import engines  # type: ignore[import-untyped]
    from django.template.loader import get_template  # type: ignore[import-untyped]

    request = HttpRequest()
    return {
        "django": calls_of(get_template, request, filters=True),
        "django jinja2": calls_of(engines["jinja2"].get_template, request, filters=False),
    }


def check(calls: dict[str, Calls]) -> None:
    """Refuse to measure pages that differ, but for how a quote is escaped."""
    for workload in calls["fastjango"]:
        pages = {name: str(peer[workload]()) for name, peer in calls.items() if workload in peer}
        plain = {html.unescape(page) for page in pages.values()}
        escaped = all("&lt;" in page for page in pages.values())
        if len(plain) != 1 or len(pages) < 2 or not escaped:
            raise SystemExit(f"The pages of {workload!r} differ: {pages}")


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench templates", description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--quick", action="store_true", help="Three short rounds.")
    options = parser.parse_args()
    rounds, number = (3, 200) if options.quick else (options.rounds, 2000)
    with tempfile.TemporaryDirectory() as name:
        peers = {"fastjango": fastjango_calls(Path(name)), **django_calls(Path(name))}
        check(peers)
        table = Table(
            "Pages of templates",
            "µs CPU per page",
            "django",
            command="python3 tools/dev.py bench templates",
            notes=[
                "In one process: found by name, rendered with a request, four context processors "
                'and an inherited layout; "django" is its own language, "django jinja2" its '
                "backend for Jinja2."
            ],
            targets=TARGETS,
        )
        for workload in peers["fastjango"]:
            measured = {peer: calls[workload] for peer, calls in peers.items() if workload in calls}
            times = max(20, number // 10) if "100" in workload else number
            compare_calls(table, {workload: measured}, number=times, rounds=rounds)
    return table.conclude("templates")


if __name__ == "__main__":
    raise SystemExit(main())
