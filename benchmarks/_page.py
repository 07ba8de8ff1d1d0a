"""``docs/performance.md``, its pictures and the README's figures, of ``docs/benchmarks/*.json``."""

from __future__ import annotations

from pathlib import Path

from _readme import with_figures
from _tables import Table, Target, short

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "docs" / "benchmarks"
PAGE = ROOT / "docs" / "performance.md"
README = ROOT / "README.md"

HEAD = """\
# Performance

How much work FastJango asks of a machine, beside the frameworks that its users know. Where a table
does not say otherwise, a figure is CPU time, user and system, of all processes of a side, for a
known number of checked answers or calls: wall-clock time of a busy machine says little. The sides
take turns within each round, and the median of the rounds counts. A wrong answer stops a benchmark.
Read the ratios, not the figures: those belong to one machine.

## How to repeat it

```console
$ python3 tools/dev.py bench          # everything but PostgreSQL; `bench --help` lists and explains
$ python3 tools/dev.py bench --page   # writes this page from docs/benchmarks/
```

The other frameworks are installed into environments of their own under `.fastjango/bench/`, in
the newest versions that the Python in use can run: on Python 3.11 the newest Django is 5.2, for
6.1 needs Python 3.12. An environment that is there is kept; delete its folder for what is newer by
now. `bench NAME --python PATH` measures all sides on another Python, in an
environment of its own. Results go to `.fastjango/bench/results/`; those shown here are kept in
`docs/benchmarks/`, every round of them, with the versions.
"""


def records(folder: Path = RESULTS) -> dict[str, Table]:
    """Return the result files of a folder by name, in the order of their names.

    Raises:
        ValueError: A file does not have the form that ``benchmarks/README.md`` describes.
    """
    found = dict[str, Table]()
    for path in sorted(folder.glob("*.json")):
        try:
            found[path.stem] = Table.from_json(path.read_text(encoding="utf-8"))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path} is no result of a benchmark: {error!r}") from error
    return found


def page(found: dict[str, Table]) -> str:
    """Return the text of the page of the tables, which are given by name."""
    parts = [HEAD]
    for name, table in found.items():
        parts.append("\n".join(_section(name, table)))
    return "\n".join(parts)


def _section(name: str, table: Table) -> list[str]:
    beside = f"; in brackets: times {table.baseline}" if len(table.peers) > 1 else ""
    unit = table.unit if table.unit.startswith("µ") else table.unit[:1].upper() + table.unit[1:]
    lines = [f"## {table.title}", "", f"{unit}{beside}."]
    lines += ["", f"![{table.title}](benchmarks/{name}.svg)", "", *table.rows(), ""]
    if table.targets:
        lines += ["| target | reached |", "| --- | --- |"]
        lines += [f"| {target.says} | {_reached(table, target)} |" for target in table.targets]
        lines.append("")
    lines += [*table.notes, ""] if table.notes else []
    again = f" Again: `{table.command}`." if table.command else ""
    told = "".join(f", {name} {version}" for name, version in table.versions.items())
    return [*lines, f"{table.made_on}{told}.{again}", ""]


def _reached(table: Table, target: Target) -> str:
    value = table.value(target)
    if value <= target.limit:
        return short(value)
    return f"{short(value)}, **missed**" + (f": {target.because}" if target.because else "")


def files() -> dict[Path, str]:
    """Return every generated file with the text that it should have."""
    found = records()
    texts = {RESULTS / f"{name}.svg": table.to_svg() for name, table in found.items()}
    readme = with_figures(README.read_text(encoding="utf-8"), found)
    return {**texts, PAGE: page(found), README: readme}


def write() -> int:
    """Write the page and its pictures; return the exit status."""
    made = files()
    for path, text in made.items():
        path.write_text(text, encoding="utf-8")
    print(f"bench: {PAGE.relative_to(ROOT)}, the README and {len(made) - 2} pictures written")
    return 0
