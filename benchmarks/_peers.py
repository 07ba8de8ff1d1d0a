"""Environments of their own for the frameworks that are measured beside FastJango."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".fastjango" / "bench"


def environment(name: str, requirements: Sequence[str], *, ours: bool = False) -> Path:
    """Return the Python of an environment with these requirements, making it on first use.

    Each peer gets its own, so that no peer decides the version of another's dependencies. The
    environment is made again when its requirements change.

    Args:
        name: The peer, for the folder's name and the messages.
        requirements: What to install, as for pip.
        ours: Install this tree's distributions too (editable).

    Raises:
        RuntimeError: The packages cannot be installed; says what the installer said.
    """
    wanted = [*requirements, *(_editable() if ours else [])]
    digest = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:12]
    folder = FOLDER / f"{name}-{digest}"
    python = folder / "bin" / "python"
    if (folder / "complete").exists():
        return python
    for stale in FOLDER.glob(f"{name}-*"):
        shutil.rmtree(stale, ignore_errors=True)
    print(f"bench: installing {name}: {', '.join(requirements)}", flush=True)
    uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")
    if uv:
        steps = [[uv, "venv", "-q", "--python", sys.executable, str(folder)]]
        steps += [[uv, "pip", "install", "-q", "--python", str(python), *wanted]]
    else:
        steps = [[sys.executable, "-m", "venv", str(folder)]]
        steps += [[str(python), "-m", "pip", "install", "-q", *wanted]]
    for step in steps:
        done = subprocess.run(step, capture_output=True, text=True, check=False)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            raise RuntimeError(
                f"{name} cannot be installed: {done.stderr.strip()[-1000:]}\n"
                "Is the package index reachable?"
            )
    (folder / "complete").touch()
    return python


def _editable() -> list[str]:
    members = sorted(ROOT.glob("packages/*/src"))
    return [part for source in members for part in ("-e", str(source.parent))]
