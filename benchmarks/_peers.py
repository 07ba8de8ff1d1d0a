"""Environments of their own for the frameworks that are measured beside FastJango."""

from __future__ import annotations

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".fastjango" / "bench"
OWN = ("fastapi", "starlette", "pydantic", "sqlmodel", "sqlalchemy", "jinja2", "uvicorn")
"""What FastJango stands on, of which the versions are told beside those of the peers."""
INSIDE = {"django": "django", "rest_framework": "djangorestframework"}

_used: dict[Path, Sequence[str]] = {}


def environment(name: str, requirements: Sequence[str], *, ours: bool = False) -> Path:
    """Return the Python of an environment with these requirements, making it on first use.

    Each peer gets its own for each Python, so that no peer decides the version of another's
    dependencies. The environment is made again when its requirements change, or where somebody has
    deleted its folder: only then are newer versions looked for.

    Args:
        name: The peer, for the folder's name and the messages.
        requirements: What to install, as for pip.
        ours: Install this tree's distributions too (editable).

    Raises:
        RuntimeError: The packages cannot be installed; says what the installer said.
    """
    wanted = [*requirements, *(_editable() if ours else [])]
    digest = hashlib.sha256("\n".join([sys.version, *wanted]).encode()).hexdigest()[:12]
    folder = FOLDER / f"{name}-{minor()}-{digest}"
    python = folder / "bin" / "python"
    _used[python] = requirements
    if (folder / "complete").exists():
        return python
    for stale in FOLDER.glob(f"{name}-{minor()}-*"):
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
                f"{name} cannot be installed in {folder}. Is the package index reachable, and is "
                f"there room? The installer said: {(done.stderr or done.stdout).strip()[-1000:]}"
            )
    (folder / "complete").touch()
    return python


def versions() -> dict[str, str]:
    """Return the versions of what was measured: of this environment and of the peers' so far."""
    found = {name: told for name in OWN if (told := _version(name))}
    code = (
        "import json, sys; from importlib.metadata import version; "
        "print(json.dumps({name: version(name) for name in sys.argv[1:]}))"
    )
    for python, requirements in _used.items():
        names = [name for name in _names(requirements) if name not in found]
        if names:
            ask = [str(python), "-c", code, *names]
            done = subprocess.run(ask, capture_output=True, text=True, check=True)
            found |= json.loads(done.stdout)
    for module, name in INSIDE.items():  # what ran in this process
        if module in sys.modules and (told := _version(name)):
            found.setdefault(name, told)
    return dict(sorted(found.items()))


def _names(requirements: Iterable[str]) -> list[str]:
    """Return the names of the distributions in requirements as for pip."""
    return [match[0].lower() for one in requirements if (match := re.match(r"[\w.-]+", one))]


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def minor() -> str:
    """Return the version of this Python as in `3.13`."""
    return ".".join(platform.python_version_tuple()[:2])


def _editable() -> list[str]:
    members = sorted(ROOT.glob("packages/*/src"))
    return [part for source in members for part in ("-e", str(source.parent))]
