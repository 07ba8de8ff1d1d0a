"""The type corpus: pyright, mypy and ty agree with every line of `typing-tests/`."""

from __future__ import annotations

import importlib.util
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = sorted((Path(__file__).parents[1] / "typing-tests").glob("*_corpus.py"))
ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow

#: Least numbers of different cases by subject: those that must be accepted, and errors.
SUBJECTS = {
    "async": (30, 35),
    "fields": (30, 60),
    "managers": (30, 25),
    "null": (25, 30),
    "querysets": (70, 50),
    "relations": (35, 45),
    "values": (40, 30),
}
MARK = re.compile(r"# E(?:, not (?P<without>\w+): .+)?$")

# Two expectations that hold and two that do not, which every checker must tell apart: where
# nothing is reported here, nothing was looked at.
CONTROL = """\
from typing import assert_type
from fastjango.orm import models

class Row(models.Model):
    name = models.CharField(max_length=5)

row = Row()
assert_type(row.name, str)
row.name = None  # E
assert_type(row.name, str)  # E
row.name = 5
"""
WRONG = {("control_corpus.py", 10), ("control_corpus.py", 11)}


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """The corpus and the control, where no configuration of the repository leaves them out."""
    copies = [Path(shutil.copy(file, tmp_path)) for file in CORPUS]
    control = tmp_path / "control_corpus.py"
    control.write_text(CONTROL)
    return [*copies, control]


def differences(
    checker: str, files: list[Path], found: set[tuple[str, int]]
) -> set[tuple[str, int]]:
    """Lines that are errors and not marked `# E`, or marked and none.

    A line marked `# E, not CHECKER: why` must be accepted by that checker alone.
    """
    expected = {
        (file.name, number)
        for file in files
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (mark := MARK.search(line)) and mark["without"] != checker
    }
    return found ^ expected


def run(*command: str | Path) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_every_subject_has_cases_of_both_kinds():
    for subject, (accepted, errors) in SUBJECTS.items():
        (file,) = (file for file in CORPUS if file.name == f"{subject}_corpus.py")
        # A line that was written twice is one case.
        lines = {line.strip() for line in file.read_text().splitlines()}
        wrong = {line for line in lines if MARK.search(line)}
        right = {line for line in lines - wrong if "assert_type(" in line}
        assert (len(right) >= accepted, len(wrong) >= errors) == (True, True), (
            subject,
            len(right),
            len(wrong),
        )
    assert len(CORPUS) == len(SUBJECTS)
    assert sum(map(sum, SUBJECTS.values())) >= 300


def test_pyright_agrees(files: list[Path]):
    pyright = Path(sys.executable).with_name("pyright")
    if not pyright.exists():
        pytest.skip("pyright is not installed")
    folder = files[0].parent
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    output = run(pyright, "--outputjson", "--pythonpath", sys.executable, "-p", folder)
    found = {
        (Path(entry["file"]).name, entry["range"]["start"]["line"] + 1)
        for entry in json.loads(output)["generalDiagnostics"]
        if entry["severity"] == "error"
    }
    assert differences("pyright", files, found) == WRONG


def test_mypy_agrees(files: list[Path]):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    cache = files[0].with_name("cache")
    output = run(sys.executable, "-m", "mypy", "--strict", "--cache-dir", cache, *files)
    found = {
        (match[1], int(match[2]))
        for match in re.finditer(r"^\S*?([a-z_]+_corpus\.py):(\d+): error", output, re.M)
    }
    assert differences("mypy", files, found) == WRONG


def test_ty_agrees(files: list[Path]):
    ty = Path(sys.executable).with_name("ty")
    if not ty.exists():
        pytest.skip("ty is not installed")
    options = ("--python", sys.prefix, "--output-format", "concise")
    output = run(ty, "check", *options, *files)
    found = {
        (match[1], int(match[2]))
        for match in re.finditer(r"^\S*?([a-z_]+_corpus\.py):(\d+):\d+: error", output, re.M)
    }
    assert differences("ty", files, found) == WRONG
