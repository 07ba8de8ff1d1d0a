"""Run the benchmarks by name: ``python3 tools/dev.py bench [NAME] [arguments of the benchmark]``.

A benchmark is ``benchmarks/NAME.py`` or ``benchmarks/NAME/__main__.py``. Without a name all run,
one after the other. `--python PATH` measures on another Python, ours and the peers alike, in an
environment of its own that is made on first use; newer peers may need one. Results go to
``.fastjango/bench/results`` unless a benchmark is told otherwise. ``bench --page`` runs none of
them: it writes ``docs/performance.md`` and its pictures from the results kept in
``docs/benchmarks``.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from difflib import get_close_matches
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent


def available() -> dict[str, Path]:
    """Return every benchmark of this folder by name."""
    found = {path.stem: path for path in HERE.glob("*.py") if not path.name.startswith("_")}
    found |= {path.parent.name: path for path in HERE.glob("*/__main__.py")}
    found.pop("run", None)
    return dict(sorted(found.items()))


def elsewhere(python: str, arguments: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs the benchmarks on another Python, and its environment.

    That Python runs ``dev.py``, which makes an environment like `.venv` for it.

    Raises:
        ValueError: It is no Python.
    """
    if not python or python.startswith("-"):
        raise ValueError("--python needs the path of a Python, for example /usr/bin/python3.13")
    ask = [python, "-c", "import platform; print(platform.python_version())"]
    try:
        told = subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise ValueError(f"--python names {python!r}, which does not run: {error}") from error
    folder = ROOT / ".fastjango" / "bench" / f"python-{told}"
    command = [python, str(ROOT / "tools" / "dev.py"), "bench", *arguments]
    return command, {**os.environ, "FASTJANGO_VENV": str(folder)}


def main(arguments: list[str]) -> int:
    """Run one benchmark, or all of them; return the exit status."""
    choices = available()
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        print("Benchmarks:", ", ".join(choices) or "none yet")
        return 0
    if "--python" in arguments:
        place = arguments.index("--python")
        python = "".join(arguments[place + 1 : place + 2])
        try:
            command, env = elsewhere(python, arguments[:place] + arguments[place + 2 :])
        except ValueError as error:
            print(f"bench: {error}")
            return 2
        return subprocess.run(command, env=env, check=False).returncode
    if arguments == ["--page"]:
        import _page

        return _page.write()
    names = [arguments.pop(0)] if arguments and not arguments[0].startswith("-") else list(choices)
    for name in names:
        if name not in choices:
            near = get_close_matches(name, choices, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            print(f"bench: there is no {name!r}. Benchmarks: {', '.join(choices)}.{hint}")
            return 2
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    for name in names:
        print(f"bench: {name}", flush=True)
        started = time.monotonic()
        done = subprocess.run(
            [sys.executable, str(choices[name]), *arguments], env=env, check=False
        )
        print(f"bench: {name} took {time.monotonic() - started:.0f} s", flush=True)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
