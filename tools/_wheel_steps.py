"""What all steps of ``dev.py wheels`` share: commands, files built, clean environments."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from repository import ROOT, Distribution, distributions


class StepError(Exception):
    """A step failed; the text says which and why."""


def run(
    command: Sequence[str | Path], *, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> str:
    """Run a command and return what it printed.

    Raises:
        StepError: It failed, or is not there.
    """
    shown = " ".join(str(part) for part in command[:8])
    try:
        done = subprocess.run(
            [str(part) for part in command],
            cwd=cwd,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
    except OSError as error:
        raise StepError(f"{shown} ... cannot be run in {cwd}: {error}") from error
    if done.returncode:
        raise StepError(f"{shown} ... failed in {cwd}:\n{done.stdout[-4000:]}")
    return done.stdout


def wheel_of(member: Distribution, folder: Path) -> Path:
    """Return the built wheel of a distribution.

    Raises:
        StepError: There is not exactly one.
    """
    found = list(folder.glob(f"{member.name.replace('-', '_')}-{member.version}-*.whl"))
    if len(found) != 1:
        raise StepError(f"{member.name} has {len(found)} wheels in {folder}")
    return found[0]


def closure(stems: Iterable[str], root: Path = ROOT) -> frozenset[str]:
    """Return the stems with all siblings that they require, directly or not."""
    members = {member.stem: member for member in distributions(root)}
    found, waiting = set[str](), list(stems)
    while waiting:
        stem = waiting.pop()
        if stem not in found:
            found.add(stem)
            waiting += members[stem].siblings()
    return frozenset(found)


class Environments:
    """Clean environments, made by uv where it is there, else by venv and pip."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.python = folder, python
        self._uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")

    def make(self, name: str, wanted: Sequence[str]) -> Path:
        """Make an environment that holds the requirements; return its Python."""
        home = self.folder / name
        python = home / "bin" / "python"
        if self._uv:
            run([self._uv, "venv", "-q", "--python", self.python, str(home)])
            # From outside the tree, where uv does not see the workspace.
            run([self._uv, "pip", "install", "-q", "--python", python, *wanted], cwd=self.folder)
        else:
            run([self.python, "-m", "venv", home])
            run([python, "-m", "pip", "install", "-q", *wanted], cwd=self.folder)
        return python


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"wheels: {text}", flush=True)
