"""The figures of the README, taken from the result files in ``docs/benchmarks/``."""

from __future__ import annotations

import re
from dataclasses import dataclass

from _tables import Table, Target

JSON, ECHO, DEPENDENCY = "json", "validated echo", "one dependency"
FIRST, LAST = "first of 2000 flat", "last of 2000 flat"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the README's table.

    Attributes:
        what: How its first cell begins.
        figure: Its second cell; each ``{}`` is a figure.
        record: The name of the result file.
        values: What the figures are: workload, peer, divided by whose, or by which other workload.
    """

    what: str
    figure: str
    record: str
    values: tuple[Target, ...]

    def cell(self, table: Table) -> str:
        """Return the second cell.

        Raises:
            KeyError: The table does not hold what the row shows.
        """
        figures = [table.value(value) for value in self.values]
        return self.figure.format(
            *(f"{value:.2f}" if value < 10 else f"{value:.0f}" for value in figures)
        )


def _ratio(workload: str, peer: str, to: str = "", over: str = "") -> Target:
    return Target("", workload, peer, to, 0, over=over)


ROWS = (
    Row(
        "CPU of a request that answers JSON",
        "{}, {}, {} of FastAPI's; ASGI alone: {}, {}, {}",
        "http",
        tuple(
            _ratio(name, peer, "fastapi")
            for peer in ("fastjango", "raw")
            for name in (JSON, ECHO, DEPENDENCY)
        ),
    ),
    Row(
        "the last of 2,000 routes",
        "{} times; FastAPI: {} times",
        "http-routes",
        (_ratio(LAST, "fastjango", over=FIRST), _ratio(LAST, "fastapi", over=FIRST)),
    ),
    Row(
        "one row from PostgreSQL",
        "{} of FastAPI with SQLModel, {} of Django",
        "orm-http-postgresql",
        (_ratio("one row", "fastjango", "sqlmodel"), _ratio("one row", "fastjango", "django")),
    ),
    Row(
        "a form of twenty fields",
        "{} of Django's",
        "forms",
        (_ratio("all three, as a visitor does", "fastjango", "django"),),
    ),
    Row(
        "a page of templates",
        "{} of Django's",
        "templates",
        (_ratio("fortunes", "fastjango", "django"),),
    ),
)


def with_figures(readme: str, found: dict[str, Table]) -> str:
    """Return the README with the figures of the results; rows without a result stay as they are."""
    for row in ROWS:
        if row.record in found:
            cell = row.cell(found[row.record]).replace("\\", r"\\")
            pattern = rf"^(\| {re.escape(row.what)}[^|]*\| )[^|]*( \|)"
            readme = re.sub(pattern, rf"\g<1>{cell}\g<2>", readme, flags=re.M)
    return readme
