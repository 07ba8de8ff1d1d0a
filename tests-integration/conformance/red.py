"""The red tests of each folder, and the reason of each: what the page of the docs tells.

`red/FOLDER.txt` holds the tests that did not pass in the last run that was kept.
`reasons/FOLDER.toml` says why, by hand:

    [[reason]]
    why = "What differs, or is missing, and why."   # or: shared = "a key of reasons/_shared.toml"
    tests = ["tests.SomeTests.*", "test_forms.*"]   # without the folder's name; * fits anything

The first reason with a pattern that fits a test is the test's. `absent.toml` names the folders that
test what is not offered at all.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

SHARED = "_shared.toml"


class ReasonError(Exception):
    """A file of reasons cannot be read as such."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the tests that fit one of the patterns are red."""

    why: str
    patterns: tuple[str, ...]

    def fits(self, test: str) -> bool:
        """Tell whether a test, named without its folder, is meant."""
        return any(fnmatchcase(test, pattern) for pattern in self.patterns)


@dataclass(slots=True)
class Explained:
    """The red tests of a folder by reason; `without` are those that none fits."""

    by_reason: dict[Reason, list[str]] = field(default_factory=dict)
    without: list[str] = field(default_factory=list)

    def idle(self) -> list[str]:
        """Return the patterns that fit no red test that is theirs."""
        return [
            pattern
            for reason, tests in self.by_reason.items()
            for pattern in reason.patterns
            if not any(fnmatchcase(test, pattern) for test in tests)
        ]


def short(folder: str, test: str) -> str:
    """Return the name of a test without that of its folder."""
    return test.removeprefix(f"{folder}.")


def read_shared(base: Path) -> dict[str, str]:
    """Return the reasons that several folders name, by key."""
    path = base / "reasons" / SHARED
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def read_absent(base: Path) -> dict[str, tuple[int, str]]:
    """Return the folders that test what is not offered: how many tests, and why not.

    Raises:
        ReasonError: An entry names no shared reason.
    """
    path = base / "absent.toml"
    if not path.exists():
        return {}
    shared = read_shared(base)
    found: dict[str, tuple[int, str]] = {}
    for folder, entry in tomllib.loads(path.read_text(encoding="utf-8"))["folders"].items():
        if entry.get("shared") not in shared:
            raise ReasonError(
                f"{path.name}: {folder} needs `shared` with one of {sorted(shared)}: {entry!r}"
            )
        found[folder] = entry["of"], shared[entry["shared"]]
    return found


def read_reasons(base: Path, folder: str) -> list[Reason]:
    """Return the reasons of a folder in their order.

    Raises:
        ReasonError: An entry has neither a text nor the key of a shared one, or no tests.
    """
    path = base / "reasons" / f"{folder}.toml"
    if not path.exists():
        return []
    shared = read_shared(base)
    found = []
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("reason", []):
        why = entry.get("why") or shared.get(entry.get("shared", ""))
        if not why or not entry.get("tests"):
            raise ReasonError(
                f"{path.name}: an entry needs `tests`, and `why` or `shared` with one of "
                f"{sorted(shared)}: {entry!r}"
            )
        found.append(Reason(" ".join(why.split()), tuple(entry["tests"])))
    return found


def read_red(base: Path, folder: str) -> list[str]:
    """Return the red tests of the last run that was kept, without the folder's name."""
    path = base / "red" / f"{folder}.txt"
    return path.read_text(encoding="utf-8").split() if path.exists() else []


def write_red(base: Path, folder: str, tests: Iterable[str]) -> None:
    """Keep the red tests of a folder; a folder without any has no file."""
    path = base / "red" / f"{folder}.txt"
    names = sorted(short(folder, test) for test in tests)
    if names:
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join(names) + "\n", encoding="utf-8")
    else:
        path.unlink(missing_ok=True)


def explain(base: Path, folder: str, tests: Iterable[str]) -> Explained:
    """Give each red test its reason."""
    reasons = read_reasons(base, folder)
    found = Explained({reason: [] for reason in reasons})
    for test in tests:
        reason = next((reason for reason in reasons if reason.fits(test)), None)
        if reason is None:
            found.without.append(test)
        else:
            found.by_reason[reason].append(test)
    return found


def last_line(message: str) -> str:
    """Return the line of a failure's message that names the error."""
    lines = [line for line in message.strip().splitlines() if line.strip()]
    last = next((line for line in reversed(lines) if line[:1] not in " \t~^|?+-"), message)
    return re.sub(r"\s+", " ", last.strip())[:200]
