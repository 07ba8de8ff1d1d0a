"""The figures of a benchmark as a Markdown table and a JSON record; pictures are in `_plots`."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from _peers import FOLDER, versions

RESULTS = FOLDER / "results"


@dataclass(frozen=True, slots=True)
class Target:
    """A promise about one ratio of a table.

    Attributes:
        says: The promise in words.
        workload: The row.
        peer: Whose median is judged.
        to: Divided by whose median; by none (the figure itself is judged) if empty.
        limit: The largest value that keeps the promise.
        over: Divided by that peer's figure of this other row instead of ``workload``.
        because: Why it is missed, if it is; shown beside the figure.
    """

    says: str
    workload: str
    peer: str
    to: str
    limit: float
    over: str = ""
    because: str = ""


@dataclass(slots=True)
class Table:
    """Measurements of several peers on several workloads, lower is better.

    Attributes:
        title: What was measured.
        unit: Of every figure, for example ``"µs CPU per request"``.
        baseline: The peer that the ratios are relative to.
        samples: Workload -> peer -> one figure per round.
        command: What measures it again.
        x: What the workloads' names count (``"routes"``, ``"rows"``) where they are numbers; the
            picture then has lines instead of bars.
        notes: Sentences that a reader needs to judge the figures.
        targets: The promises that are checked.
        made_on: The machine's line; this machine's if empty.
        versions: Of the distributions that were measured, by name.
    """

    title: str
    unit: str
    baseline: str
    samples: dict[str, dict[str, list[float]]] = field(
        default_factory=dict[str, dict[str, list[float]]]
    )
    command: str = ""
    x: str = ""
    notes: list[str] = field(default_factory=list[str])
    targets: list[Target] = field(default_factory=list[Target])
    made_on: str = ""
    versions: dict[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def from_json(cls, text: str) -> Table:
        """Read what `to_json` wrote, or what a benchmark wrote in the same form.

        Raises:
            KeyError: A key that every record has is missing.
        """
        record: dict[str, Any] = json.loads(text)
        return cls(
            record["title"],
            record["unit"],
            record["baseline"],
            record["samples"],
            command=record.get("command", ""),
            x=record.get("x", ""),
            notes=list(record.get("notes", [])),
            targets=[Target(**target) for target in record.get("targets", [])],
            made_on=record.get("machine", ""),
            versions=dict(record.get("versions", {})),
        )

    def add(self, workload: str, peer: str, figure: float) -> None:
        """Record one round of one peer."""
        self.samples.setdefault(workload, {}).setdefault(peer, []).append(figure)

    def median(self, workload: str, peer: str) -> float:
        """Return the median of the rounds.

        Raises:
            KeyError: The pair was not measured.
        """
        return statistics.median(self.samples[workload][peer])

    def ratio(self, workload: str, peer: str, to: str | None = None) -> float:
        """Return the median of a peer divided by that of another (the baseline)."""
        return self.median(workload, peer) / self.median(workload, to or self.baseline)

    @property
    def peers(self) -> list[str]:
        """Every measured peer, in the order of first appearance."""
        return list(dict.fromkeys(peer for row in self.samples.values() for peer in row))

    def value(self, target: Target) -> float:
        """Return the value that a target judges.

        Raises:
            KeyError: What it names was not measured.
        """
        figure = self.median(target.workload, target.peer)
        if not target.to and not target.over:
            return figure
        return figure / self.median(target.over or target.workload, target.to or target.peer)

    def to_markdown(self) -> str:
        """Return a table: a row per workload, ``median (ratio)`` per peer."""
        heading = f"{self.title}: {self.unit} (times {self.baseline})"
        return "\n".join([heading, "", *self.rows(), "", self.made_on or machine(), ""])

    def rows(self) -> list[str]:
        """Return the lines of the Markdown table."""
        peers = self.peers
        lines = [
            f"| {self.x or 'workload'} | " + " | ".join(peers) + " |",
            "| --- |" + " --: |" * len(peers),
        ]
        for workload, row in self.samples.items():
            cells = [self._cell(workload, peer) if peer in row else "-" for peer in peers]
            lines.append(f"| {workload} | " + " | ".join(cells) + " |")
        return lines

    def _cell(self, workload: str, peer: str) -> str:
        figure = short(self.median(workload, peer))
        if peer == self.baseline or self.baseline not in self.samples[workload]:
            return figure
        return f"{figure} ({self.ratio(workload, peer):.2f})"

    def to_json(self) -> str:
        """Return every sample and the machine, for comparing runs."""
        record: Mapping[str, object] = {
            "title": self.title,
            "unit": self.unit,
            "baseline": self.baseline,
            "command": self.command,
            "x": self.x,
            "machine": self.made_on or machine(),
            "versions": self.versions,
            "notes": self.notes,
            "targets": [asdict(target) for target in self.targets],
            "samples": self.samples,
        }
        return json.dumps(record, indent=2, ensure_ascii=False) + "\n"

    def conclude(self, name: str, folder: Path = RESULTS) -> int:
        """Print the table, save it and print whether each target is met; return the exit status.

        Returns:
            1 if a target is missed.
        """
        print(self.to_markdown())
        self.save(folder, name)
        missed = 0
        for target in self.targets:
            try:
                value = self.value(target)
            except KeyError as error:
                print(f"       {target.says}: {error} was not measured")
                continue
            missed += value > target.limit
            verdict = "met   " if value <= target.limit else "MISSED"
            print(f"{verdict} {target.says}: {value:.3g}")
        return int(bool(missed))

    def to_svg(self) -> str:
        """Return a picture: bars per workload, or lines where the workloads are numbers."""
        from _plots import bars, lines

        return lines(self) if self.x else bars(self)

    def save(self, folder: Path, name: str) -> None:
        """Write ``name.md``, ``name.json`` and ``name.svg`` into a folder, with the versions."""
        self.versions = self.versions or versions()
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.md").write_text(self.to_markdown(), encoding="utf-8")
        (folder / f"{name}.json").write_text(self.to_json(), encoding="utf-8")
        (folder / f"{name}.svg").write_text(self.to_svg(), encoding="utf-8")


def machine() -> str:
    """Return one line on where the figures come from; names no machine."""
    return (
        f"Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores"
    )


def short(figure: float) -> str:
    """Return a figure with about three digits."""
    return (
        f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
    )
