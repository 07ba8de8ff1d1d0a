"""The figures of a benchmark as a Markdown table, a JSON record and a picture."""

from __future__ import annotations

import json
import os
import platform
import statistics
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

COLOURS = ("#0f766e", "#94a3b8", "#b45309", "#1d4ed8", "#9d174d", "#4d7c0f", "#6d28d9", "#475569")


@dataclass(slots=True)
class Table:
    """Measurements of several peers on several workloads, lower is better.

    Attributes:
        title: What was measured.
        unit: Of every figure, for example ``"µs CPU per request"``.
        baseline: The peer that the ratios are relative to.
        samples: Workload -> peer -> one figure per round.
    """

    title: str
    unit: str
    baseline: str
    samples: dict[str, dict[str, list[float]]] = field(
        default_factory=dict[str, dict[str, list[float]]]
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

    def to_markdown(self) -> str:
        """Return a table: a row per workload, ``median (ratio)`` per peer."""
        peers = self.peers
        lines = [
            f"{self.title}: {self.unit} (times {self.baseline})",
            "",
            "| workload | " + " | ".join(peers) + " |",
            "| --- |" + " --: |" * len(peers),
        ]
        for workload, row in self.samples.items():
            cells = [self._cell(workload, peer) if peer in row else "-" for peer in peers]
            lines.append(f"| {workload} | " + " | ".join(cells) + " |")
        return "\n".join([*lines, "", machine(), ""])

    def _cell(self, workload: str, peer: str) -> str:
        figure = _short(self.median(workload, peer))
        if peer == self.baseline or self.baseline not in self.samples[workload]:
            return figure
        return f"{figure} ({self.ratio(workload, peer):.2f})"

    def to_json(self) -> str:
        """Return every sample and the machine, for comparing runs."""
        record = {
            "title": self.title,
            "unit": self.unit,
            "baseline": self.baseline,
            "machine": machine(),
            "samples": self.samples,
        }
        return json.dumps(record, indent=2, ensure_ascii=False) + "\n"

    def to_svg(self) -> str:
        """Return bars per workload, each workload scaled to its slowest peer."""
        peers, width, label, bar = self.peers, 760, 170, 14
        colour = {peer: COLOURS[index % len(COLOURS)] for index, peer in enumerate(peers)}
        parts: list[str] = []
        y = 34
        for workload, row in self.samples.items():
            parts.append(f'<text x="12" y="{y}" font-weight="600">{escape(workload)}</text>')
            y += 8
            top = max(self.median(workload, peer) for peer in row) or 1.0
            for peer in row:
                figure = self.median(workload, peer)
                length = max(1.0, (width - label - 90) * figure / top)
                parts.append(
                    f'<text x="{label - 8}" y="{y + 11}" text-anchor="end">{escape(peer)}</text>'
                    f'<rect x="{label}" y="{y}" width="{length:.1f}" height="{bar - 2}" rx="2"'
                    f' fill="{colour[peer]}"/><text x="{label + length + 6:.1f}" y="{y + 11}">'
                    f"{_short(figure)}</text>"
                )
                y += bar
            y += 24
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {y}" role="img"'
            f' aria-label="{escape(self.title)}">\n<style>text{{font:12px system-ui,sans-serif;'
            "fill:#1f2937}@media (prefers-color-scheme:dark){text{fill:#e5e7eb}}</style>\n"
            f'<text x="12" y="14">{escape(self.title)}, {escape(self.unit)} (lower is better)'
            "</text>\n" + "\n".join(parts) + "\n</svg>\n"
        )

    def save(self, folder: Path, name: str) -> None:
        """Write ``name.md``, ``name.json`` and ``name.svg`` into a folder."""
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


def _short(figure: float) -> str:
    return (
        f"{figure:.0f}" if figure >= 100 else f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
    )
