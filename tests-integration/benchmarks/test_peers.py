"""Which Python the benchmarks run on, and which versions they say they measured."""

import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from repository import ROOT

sys.path.insert(0, str(ROOT / "benchmarks"))

import _peers
import run


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of the peers' environments, in which nothing is installed for real."""
    monkeypatch.setattr(_peers, "FOLDER", tmp_path)
    monkeypatch.setattr(_peers, "_used", {})
    return tmp_path


def test_environments_are_made_for_each_python(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def installed(step: list[str], **_: object) -> object:
        asked.append(step)
        for part in step:
            if Path(part).parent == made:
                (Path(part) / "bin").mkdir(parents=True)
        return type("Done", (), {"returncode": 0, "stdout": "", "stderr": ""})()

    monkeypatch.setattr(_peers.subprocess, "run", installed)
    old = made / "django-3.10-0123456789ab"
    stale = made / f"django-{_peers.minor()}-0123456789ab"
    other = made / f"django-orm-{_peers.minor()}-0123456789ab"
    for folder in (old, stale, other):
        folder.mkdir()
    python = _peers.environment("django", ["django>=5.2"])
    assert python.parent.parent.name.startswith(f"django-{_peers.minor()}-")
    assert old.exists()
    assert other.exists()
    assert not stale.exists()
    before = len(asked)
    assert _peers.environment("django", ["django>=5.2"]) == python
    assert len(asked) == before


def test_versions_are_those_of_the_environments_that_were_used(
    made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = {Path(sys.executable): ["pytest>=8", "uvicorn[standard]"]}
    monkeypatch.setattr(_peers, "_used", used)
    told = _peers.versions()
    assert told["pytest"] == version("pytest")
    assert told["fastapi"] == version("fastapi")
    assert list(told) == sorted(told)


def test_another_python_runs_dev_in_an_environment_of_its_own() -> None:
    command, env = run.elsewhere(sys.executable, ["http", "--quick"])
    assert command == [sys.executable, str(ROOT / "tools" / "dev.py"), "bench", "http", "--quick"]
    assert Path(env["FASTJANGO_VENV"]).parent == ROOT / ".fastjango" / "bench"
    assert Path(env["FASTJANGO_VENV"]).name.startswith("python-3.")
    assert env["PATH"] == os.environ["PATH"]


def test_what_is_no_python_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert run.main(["http", "--python", "/no/such/python"]) == 2
    assert "--python names '/no/such/python', which does not run" in capsys.readouterr().out
