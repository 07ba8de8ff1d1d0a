"""The type corpus: pyright, mypy and ty agree with every line of `typing-tests/`."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = sorted((Path(__file__).parents[1] / "typing-tests").glob("*_corpus.py"))
ROOT = Path(__file__).parents[3]
pytestmark = pytest.mark.slow


MARK = re.compile(r"# E(?:, not (?P<without>\w+): .+)?$")


def expected(checker: str) -> set[tuple[str, int]]:
    """Lines that must be errors: those marked `# E`, but for `# E, not CHECKER: why`."""
    return {
        (file.name, number)
        for file in CORPUS
        for number, line in enumerate(file.read_text().splitlines(), 1)
        if (mark := MARK.search(line)) and mark["without"] != checker
    }


def run(*command: str) -> str:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout


def test_the_corpus_is_large_enough():
    cases = [
        line
        for file in CORPUS
        for line in file.read_text().splitlines()
        if "assert_type(" in line or MARK.search(line)
    ]
    assert len(cases) >= 300


def test_pyright_agrees(tmp_path: Path):
    pyright = Path(sys.executable).with_name("pyright")
    if not pyright.exists():
        pytest.skip("pyright is not installed")
    # The root's configuration leaves the corpus out, as it is full of errors on purpose.
    for file in CORPUS:
        shutil.copy(file, tmp_path)
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    output = run(str(pyright), "--outputjson", "--pythonpath", sys.executable, "-p", str(tmp_path))
    found = {
        (Path(entry["file"]).name, entry["range"]["start"]["line"] + 1)
        for entry in json.loads(output)["generalDiagnostics"]
        if entry["severity"] == "error"
    }
    assert found == expected("pyright")


def test_mypy_agrees(tmp_path: Path):
    if importlib.util.find_spec("mypy") is None:
        pytest.skip("mypy is not installed")
    output = run(
        sys.executable, "-m", "mypy", "--cache-dir", os.fspath(tmp_path), *map(str, CORPUS)
    )
    found = {
        (match[1], int(match[2]))
        for match in re.finditer(r"^\S*?([a-z_]+_corpus\.py):(\d+): error", output, re.M)
    }
    assert found == expected("mypy")


def test_ty_agrees():
    ty = Path(sys.executable).with_name("ty")
    if not ty.exists():
        pytest.skip("ty is not installed")
    options = ("--python", sys.prefix, "--output-format", "concise")
    output = run(str(ty), "check", *options, *map(str, CORPUS))
    found = {
        (match[1], int(match[2]))
        for match in re.finditer(r"^\S*?([a-z_]+_corpus\.py):(\d+):\d+: error", output, re.M)
    }
    assert found == expected("ty")
