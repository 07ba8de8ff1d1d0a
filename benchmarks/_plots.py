"""Pictures of a table as SVG: bars for workloads, lines for growth. No library, no scripts."""

from __future__ import annotations

import math
from collections.abc import Callable
from html import escape

from _tables import Table, short

COLOURS = ("#0f766e", "#94a3b8", "#b45309", "#1d4ed8", "#9d174d", "#4d7c0f", "#6d28d9", "#475569")
WIDTH = 760
STYLE = (
    "<style>text{font:12px system-ui,sans-serif;fill:#1f2937}"
    "@media (prefers-color-scheme:dark){text{fill:#e5e7eb}}</style>"
)


def _picture(table: Table, height: float, parts: list[str]) -> str:
    said = f"{escape(table.title)}, {escape(table.unit)} (lower is better)"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" role="img"'
            f' aria-label="{escape(table.title)}">',
            STYLE,
            f'<text x="12" y="14">{said}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def _colours(table: Table) -> dict[str, str]:
    return {peer: COLOURS[index % len(COLOURS)] for index, peer in enumerate(table.peers)}


def bars(table: Table) -> str:
    """Return bars per workload, each workload scaled to its slowest peer."""
    label, bar, colour, parts = 170, 14, _colours(table), list[str]()
    y = 34
    for workload, row in table.samples.items():
        parts.append(f'<text x="12" y="{y}" font-weight="600">{escape(workload)}</text>')
        y += 8
        top = max(table.median(workload, peer) for peer in row) or 1.0
        for peer in row:
            figure = table.median(workload, peer)
            length = max(1.0, (WIDTH - label - 90) * figure / top)
            parts.append(
                f'<text x="{label - 8}" y="{y + 11}" text-anchor="end">{escape(peer)}</text>'
                f'<rect x="{label}" y="{y}" width="{length:.1f}" height="{bar - 2}" rx="2"'
                f' fill="{colour[peer]}"/><text x="{label + length + 6:.1f}" y="{y + 11}">'
                f"{short(figure)}</text>"
            )
            y += bar
        y += 24
    return _picture(table, y, parts)


def lines(table: Table) -> str:
    """Return a line per peer over the workloads, which are numbers; both axes are logarithmic."""
    left, right, top, bottom = 70.0, WIDTH - 150.0, 34.0, 320.0
    places = {workload: float(workload.replace(",", "")) for workload in table.samples}
    figures = [
        table.median(workload, peer) for workload, row in table.samples.items() for peer in row
    ]
    across = _scale(list(places.values()), left, right)
    upward = _scale(figures, bottom, top)
    colour, parts = _colours(table), list[str]()
    for workload, place in places.items():
        x = across(place)
        parts.append(f'<text x="{x:.1f}" y="{bottom + 20}" text-anchor="middle">{workload}</text>')
    middle = (left + right) / 2
    parts.append(
        f'<text x="{middle:.0f}" y="{bottom + 38}" text-anchor="middle">{escape(table.x)}</text>'
    )
    ends = list[tuple[float, str]]()
    for peer in table.peers:
        points = [
            (across(place), upward(table.median(workload, peer)), table.median(workload, peer))
            for workload, place in places.items()
            if peer in table.samples[workload]
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour[peer]}" stroke-width="2"/>'
        )
        parts += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour[peer]}">'
            f"<title>{escape(peer)}: {short(figure)}</title></circle>"
            for x, y, figure in points
        ]
        ends.append((points[-1][1], f"{peer} {short(points[-1][2])}"))
        x, y, figure = points[0]
        parts.append(
            f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{short(figure)}</text>'
        )
    parts += _apart(ends, right + 10)
    return _picture(table, bottom + 48, parts)


def _scale(values: list[float], start: float, end: float) -> Callable[[float], float]:
    """Return the function that puts a value between two coordinates, by its logarithm."""
    low, high = math.log10(max(min(values), 1e-9)), math.log10(max(*values, 1e-9))
    wide = (high - low) or 1.0

    def place(value: float) -> float:
        return start + (end - start) * (math.log10(max(value, 1e-9)) - low) / wide

    return place


def _apart(ends: list[tuple[float, str]], x: float) -> list[str]:
    """Return the labels at the ends of the lines, moved down where they would overlap."""
    parts, last = list[str](), -math.inf
    for y, text in sorted(ends):
        last = max(y + 4, last + 14)
        parts.append(f'<text x="{x:.1f}" y="{last:.1f}">{escape(text)}</text>')
    return parts
