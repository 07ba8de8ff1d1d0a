"""The page of the figures is made of the result files, and shows what they hold."""

import json
import sys
from pathlib import Path

import pytest
from repository import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import _page
import _readme
from _tables import Table, Target

TABLE = Table(
    "Pages",
    "CPU µs per request",
    "ours",
    {"one": {"ours": [1.0, 3.0, 2.0], "theirs": [4.0, 4.0, 4.0]}, "two": {"ours": [6.0]}},
    command="bench pages",
    made_on="Python 3.13.0",
    versions={"django": "6.1.3", "fastapi": "0.1"},
    notes=["A note."],
    targets=[
        Target("half of theirs", "one", "ours", "theirs", 0.5),
        Target("twice one", "two", "ours", "", 2, over="one", because="it is long"),
        Target("ten at most", "two", "ours", "", 10),
    ],
)


def test_a_table_survives_its_json() -> None:
    again = Table.from_json(TABLE.to_json())
    assert again.samples == TABLE.samples
    assert again.targets == TABLE.targets
    assert again.to_json() == TABLE.to_json()


def test_the_page_shows_medians_ratios_and_missed_targets() -> None:
    text = _page.page({"pages": TABLE})
    assert "| one | 2.00 | 4.00 (2.00) |" in text
    assert "| two | 6.00 | - |" in text
    assert "| half of theirs | 0.50 |" in text
    assert "| twice one | 3.00, **missed**: it is long |" in text
    assert "| ten at most | 6.00 |" in text
    assert "![Pages](benchmarks/pages.svg)" in text
    assert "\n\nCPU µs per request; in brackets: times ours.\n" in text
    micro = Table("Calls", "µs per call", "ours", {"one": {"ours": [1.0]}})
    assert "\n\nµs per call.\n" in _page.page({"calls": micro})  # whose capital looks like an M
    assert "Python 3.13.0, django 6.1.3, fastapi 0.1. Again: `bench pages`." in text


def test_growth_is_drawn_as_lines() -> None:
    growth = Table("Routes", "µs", "a", {"10": {"a": [1.0]}, "2,000": {"a": [9.0]}}, x="routes")
    drawn = growth.to_svg()
    assert drawn.count("<polyline") == 1
    assert "2,000" in drawn
    assert "<rect" in TABLE.to_svg()


def test_a_wrong_result_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text(json.dumps({"title": "Odd"}))
    with pytest.raises(ValueError, match=r"odd\.json is no result of a benchmark"):
        _page.records(tmp_path)


def test_the_page_of_the_documentation_is_current() -> None:
    stale = [
        path.relative_to(ROOT).as_posix()
        for path, text in _page.files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    assert not stale, f"run python3 tools/dev.py bench --page for {stale}"


def test_the_readme_shows_the_results() -> None:
    table = Table("Forms", "µs", "django")
    for peer, figure in (("fastjango", 1.0), ("django", 4.0)):
        table.add("all three, as a visitor does", peer, figure)
    shown = _readme.with_figures(
        "| a form of twenty fields, shown | 9 of Django's | `x` |", {"forms": table}
    )
    assert shown == "| a form of twenty fields, shown | 0.25 of Django's | `x` |"
    assert _readme.with_figures("| one row from PostgreSQL | as it was | x |", {}).endswith(
        "as it was | x |"
    )


def test_every_row_of_the_readme_has_its_result() -> None:
    readme = _page.README.read_text(encoding="utf-8")
    for row in _readme.ROWS:
        assert f"| {row.what}" in readme, row.what
