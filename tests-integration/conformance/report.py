"""The floors and the page of the docs: what a conformance run is judged by, and its record."""

import re
import tomllib
from pathlib import Path
from typing import Any

import red

NO_REASON = "no reason recorded yet"
README_ROW = re.compile(r"(pass on it, in )\d+( folders;.*\| )[\d,]+ of [\d,]+( \|)")


def messages(row: dict[str, Any], found: dict[str, Any]) -> dict[str, str]:
    """Return for each red test of a folder the line that names its error."""
    details = found["details"][row["folder"]]
    loads: dict[str, str] = details.get("load_errors") or {}
    lines: dict[str, str] = {}
    for test in row["failing"]:
        module = next((name for name in loads if test.startswith(f"{name}.")), None)
        if details.get("fatal"):
            message = str(details["fatal"]["msg"])
        elif module is not None:
            message = loads[module]
        else:
            message = str(found["messages"].get(test, {}).get("msg", "")) or "not run, or skipped"
        lines[test] = red.last_line(message)
    return lines


def load_floors(path: Path) -> dict[str, dict[str, Any]]:
    """Return by folder: `area`, `passed` and `of`."""
    return tomllib.loads(path.read_text()).get("folders", {}) if path.exists() else {}


def write_floors(path: Path, floors: dict[str, dict[str, Any]]) -> None:
    """Write the floors in order of folder."""
    lines = [
        "# How many of Django's tests pass, by folder. A run that passes fewer fails; run.py",
        "# --update raises the numbers.",
    ]
    for folder, floor in sorted(floors.items()):
        lines += ["", f"[folders.{folder}]", f'area = "{floor["area"]}"']
        lines += [f"passed = {floor['passed']}", f"of = {floor['of']}"]
    path.write_text("\n".join(lines) + "\n")


def share(passed: int, of: int) -> str:
    """Return a percentage that reaches 100 only when everything passes."""
    value = 100 * passed / of if of else 0.0
    return f"{min(value, 99.9) if passed < of else value:.1f}"


def explained(base: Path, floors: dict[str, dict[str, Any]]) -> dict[str, red.Explained]:
    """Return the red tests of each folder that has some, by reason."""
    return {
        folder: red.explain(base, folder, red.read_red(base, folder))
        for folder, floor in sorted(floors.items())
        if floor["passed"] < floor["of"]
    }


def without_reason(floor: dict[str, Any], found: red.Explained) -> int:
    """Return how many red tests of a folder have no reason."""
    return int(floor["of"]) - int(floor["passed"]) - sum(map(len, found.by_reason.values()))


def head(floors: dict[str, dict[str, Any]], unexplained: int) -> list[str]:
    """Return what stands above the tables."""
    total = sum(floor["of"] for floor in floors.values())
    passed = sum(floor["passed"] for floor in floors.values())
    told = "Each has its reason below" if not unexplained else f"{unexplained} have {NO_REASON}"
    return [
        "# Conformance",
        "",
        "Django's own tests, run on FastJango through the import shim by",
        "`python tools/dev.py conformance django`. A test counts only if it passes by itself:",
        "skipped, failing and unreachable ones count as not passed. The denominator is what Django",
        "6.1.3 passes on SQLite, less the tests that only check for its name.",
        "",
        f"Passed: {passed:,} of {total:,} tests in {len(floors)} folders. Red: {total - passed:,}.",
        f"{told}.",
    ]


def area_table(floors: dict[str, dict[str, Any]]) -> list[str]:
    """Return the table of areas."""
    areas: dict[str, list[int]] = {}
    for floor in floors.values():
        sums = areas.setdefault(floor["area"], [0, 0])
        sums[0] += floor["passed"]
        sums[1] += floor["of"]
    lines = ["", "| area | passed | of | % |", "| --- | ---: | ---: | ---: |"]
    return lines + [
        f"| {area} | {ok} | {of} | {share(ok, of)} |" for area, (ok, of) in sorted(areas.items())
    ]


def folder_table(floors: dict[str, dict[str, Any]], reasons: dict[str, red.Explained]) -> list[str]:
    """Return the table of folders; a folder with red tests leads to its reasons."""
    lines = ["", "| folder | passed | of | % | red |", "| --- | ---: | ---: | ---: | --- |"]
    for folder, floor in sorted(floors.items()):
        rest = ""
        if folder in reasons:
            count = floor["of"] - floor["passed"]
            rest = f"[{count}](#{folder})"
            if missing := without_reason(floor, reasons[folder]):
                rest += f", {missing} with {NO_REASON}"
        numbers = f"{floor['passed']} | {floor['of']} | {share(floor['passed'], floor['of'])}"
        lines.append(f"| {folder} | {numbers} | {rest} |")
    return lines


def reason_lists(floors: dict[str, dict[str, Any]], reasons: dict[str, red.Explained]) -> list[str]:
    """Return, for each folder with red tests, what they are and why."""
    lines = ["", "## The red tests, and why", ""]
    lines += ["Tests are named without their folder; `*` stands for anything."]
    for folder, found in reasons.items():
        lines += ["", f"### {folder}", ""]
        for reason, tests in found.by_reason.items():
            named = ", ".join(f"`{pattern}`" for pattern in reason.patterns)
            lines.append(f"- {len(tests)}: {reason.why} ({named})")
        if missing := without_reason(floors[folder], found):
            named = "".join(f" `{test}`" for test in found.without)
            lines.append(f"- {missing}: {NO_REASON}{':' if named else ''}{named}")
    return lines


def absent_table(absent: dict[str, tuple[int, str]]) -> list[str]:
    """Return the table of the folders that are not run, as what they test is not offered."""
    if not absent:
        return []
    total = sum(of for of, _ in absent.values())
    lines = ["", "## Folders that are not run", ""]
    lines += ["These test what is not offered, and count neither as passed nor as red:"]
    lines += [f"{len(absent)} folders with {total:,} tests.", ""]
    lines += ["| folder | tests | why |", "| --- | ---: | --- |"]
    return lines + [f"| {folder} | {of} | {why} |" for folder, (of, why) in sorted(absent.items())]


def render_page(base: Path, floors: dict[str, dict[str, Any]]) -> str:
    """Return the page of the docs."""
    reasons = explained(base, floors)
    unexplained = sum(without_reason(floors[folder], found) for folder, found in reasons.items())
    lines = [
        *head(floors, unexplained),
        *area_table(floors),
        *folder_table(floors, reasons),
        *absent_table(red.read_absent(base)),
        *reason_lists(floors, reasons),
    ]
    return "\n".join(lines) + "\n"


def with_figure(readme: str, floors: dict[str, dict[str, Any]]) -> str:
    """Return the README with the figure of the tests that pass."""
    passed = sum(floor["passed"] for floor in floors.values())
    total = sum(floor["of"] for floor in floors.values())
    return README_ROW.sub(rf"\g<1>{len(floors)}\g<2>{passed:,} of {total:,}\3", readme)


def write_pages(base: Path, page: Path, readme: Path) -> None:
    """Write the page of the docs and the figure in the README from what was kept."""
    floors = load_floors(base / "floors.toml")
    page.write_text(render_page(base, floors), encoding="utf-8")
    if readme.exists():
        readme.write_text(with_figure(readme.read_text("utf-8"), floors), encoding="utf-8")


def judge(found: dict[str, Any], base: Path, update: bool) -> int:
    """Compare a run with the floors; return 1 when a folder passes fewer tests than its floor.

    Prints the red tests that have no reason, with their errors.

    Args:
        base: The folder of the floors, the red tests and the reasons.
        update: Raise the floors and keep the red tests of folders that did not drop.
    """
    floors = load_floors(base / "floors.toml")
    lower: list[str] = []
    for row in found["folders"]:
        if not row["reachable"]:
            continue
        folder = row["folder"]
        floor = floors.get(folder)
        errors = {red.short(folder, test): line for test, line in messages(row, found).items()}
        for test in red.explain(base, folder, errors).without:
            print(f"NO REASON {folder}: {test}: {errors[test]}")
        if floor is not None and row["passed"] < floor["passed"]:
            lower.append(f"{folder}: {row['passed']} pass, the floor is {floor['passed']}")
            continue
        floors[folder] = {"area": row["area"], "passed": row["passed"], "of": row["reachable"]}
        if update:
            red.write_red(base, folder, row["failing"])
    if update:
        write_floors(base / "floors.toml", floors)
    for line in lower:
        print(f"BELOW THE FLOOR {line}")
    return 1 if lower else 0
