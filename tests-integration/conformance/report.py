"""The floors and the page of the docs: what a conformance run is judged by, and its record."""

import re
import tomllib
from pathlib import Path
from typing import Any

REASONS = (
    ("templates", r"django\.(template|templatetags)|DjangoTemplates|TEMPLATES"),
    ("auth", r"django\.contrib\.auth|AUTH_USER_MODEL|AUTHENTICATION_BACKENDS"),
    ("sessions", r"django\.contrib\.sessions|SESSION_"),
    ("messages", r"django\.contrib\.messages"),
    ("admin", r"django\.contrib\.admin"),
    ("sites", r"django\.contrib\.(sites|flatpages|redirects|sitemaps|syndication|humanize)"),
    ("files", r"django\.core\.files|django\.contrib\.staticfiles|STORAGES|STATIC_"),
    ("forms", r"django\.forms"),
    ("mail", r"django\.core\.mail|EMAIL_|MAILERS"),
    ("cache", r"django\.core\.cache|CACHES|page cache"),
    ("i18n", r"django\.(conf\.urls\.i18n|conf\.locale|middleware\.locale|utils\.translation\.)"),
    ("serializers", r"django\.core\.serializers"),
    ("tasks", r"django\.tasks"),
    ("browser tests", r"django\.test\.selenium"),
    ("Django's own deprecations", r"RemovedIn\w+ not (triggered|raised)|RemovedIn"),
)
MISSING = "needs a part of Django that FastJango does not offer yet: "


def reason_of(message: str) -> str:
    """Return the reason for a failure in the words of the page."""
    lines = [line for line in message.strip().splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if line[:1] not in " \t~^|?+-"), message)[:300]
    if "ModuleNotFoundError" in last or "ImportError" in last or "not mapped" in last:
        for name, pattern in REASONS:
            if re.search(pattern, last):
                return MISSING + name
        return "a module or name is not offered"
    if re.search(REASONS[-1][1], last):
        return REASONS[-1][0]
    return "differs or is missing; see the list of the run"


def reasons(row: dict[str, Any], found: dict[str, Any]) -> dict[str, int]:
    """Return how many tests of a folder fail for which reason, most first."""
    details = found["details"][row["folder"]]
    loads: dict[str, str] = details.get("load_errors") or {}
    tally: dict[str, int] = {}
    for test in row["failing"]:
        module = next((name for name in loads if test.startswith(f"{name}.")), None)
        if details.get("fatal"):
            message = str(details["fatal"]["msg"])
        elif module is not None:
            message = loads[module]
        else:
            message = str(found["messages"].get(test, {}).get("msg", ""))
        reason = reason_of(message)
        tally[reason] = tally.get(reason, 0) + 1
    return dict(sorted(tally.items(), key=lambda pair: -pair[1]))


def load_floors(path: Path) -> dict[str, dict[str, Any]]:
    """Return by folder: `passed`, `of` and the reasons for the rest."""
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
        rest = ", ".join(f'"{reason}" = {n}' for reason, n in floor["rest"].items())
        lines += [f"rest = {{ {rest} }}" if rest else "rest = {}"]
    path.write_text("\n".join(lines) + "\n")


def write_page(path: Path, floors: dict[str, dict[str, Any]]) -> None:
    """Write the page of the docs."""
    total = sum(floor["of"] for floor in floors.values())
    passed = sum(floor["passed"] for floor in floors.values())
    areas: dict[str, list[int]] = {}
    for floor in floors.values():
        sums = areas.setdefault(floor["area"], [0, 0])
        sums[0] += floor["passed"]
        sums[1] += floor["of"]
    lines = [
        "# Conformance",
        "",
        "Django's own tests, run on FastJango through the import shim by",
        "`python tools/dev.py conformance django`. A test counts only if it passes by itself:",
        "skipped, failing and unreachable ones count as not passed. The denominator is what Django",
        "6.1.3 passes on SQLite, less the tests that only check for its name.",
        "",
        f"Passed: {passed} of {total} tests in {len(floors)} folders.",
        "",
        "| area | passed | of | % |",
        "| --- | ---: | ---: | ---: |",
    ]
    for area, (ok, of) in sorted(areas.items()):
        lines.append(f"| {area} | {ok} | {of} | {100 * ok / of if of else 0:.1f} |")
    lines += ["", "| folder | passed | of | % | the rest |", "| --- | ---: | ---: | ---: | --- |"]
    for folder, floor in sorted(floors.items()):
        rest = "; ".join(f"{reason} ({n})" for reason, n in floor["rest"].items())
        share = 100 * floor["passed"] / floor["of"] if floor["of"] else 0
        lines.append(f"| {folder} | {floor['passed']} | {floor['of']} | {share:.1f} | {rest} |")
    path.write_text("\n".join(lines) + "\n")


def judge(found: dict[str, Any], floors_path: Path, page: Path, update: bool) -> int:
    """Compare a run with the floors; return 1 when a folder passes fewer tests than its floor."""
    floors = load_floors(floors_path)
    lower: list[str] = []
    for row in found["folders"]:
        if not row["reachable"]:
            continue
        floor = floors.get(row["folder"])
        if floor is not None and row["passed"] < floor["passed"]:
            lower.append(f"{row['folder']}: {row['passed']} pass, the floor is {floor['passed']}")
            continue
        floors[row["folder"]] = {
            "area": row["area"],
            "passed": row["passed"],
            "of": row["reachable"],
            "rest": reasons(row, found),
        }
    if update:
        write_floors(floors_path, floors)
        write_page(page, floors)
    for line in lower:
        print(f"BELOW THE FLOOR {line}")
    return 1 if lower else 0
