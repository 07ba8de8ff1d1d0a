"""Run the benchmarks: ``python3 tools/dev.py bench [NAME] [arguments of the benchmark]``.

``bench NAME --help`` tells what one measures and takes. Without a name all run, one after the
other, the whole of `rest` too; then only ``--quick`` and ``--rounds N`` may be given. What is
measured on PostgreSQL is asked for by name: ``bench NAME --postgres URL`` of `auth`, `orm` and
`orm_calls`, with the URL of a server where databases may be made. ``--python PATH`` measures on
another Python, ours and the peers alike, in an environment of its own that is made on first use;
newer peers may need one. The exit status is 1 where a target was missed or a benchmark failed.

Results go to ``.fastjango/bench/results`` unless a benchmark is told otherwise. ``bench --page``
runs none of them: it writes ``docs/performance.md``, its pictures and the figures of the README
from the results kept in ``docs/benchmarks``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from difflib import get_close_matches
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
MORE = {"rest": ["--served"]}
"""What a benchmark is called with once more where everything runs."""


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
    named = bool(arguments) and not arguments[0].startswith("-")
    if not named and {"-h", "--help"} & {*arguments}:
        print(__doc__)
        print("Benchmarks:", ", ".join(choices))
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
    if named and arguments[0] not in choices:
        near = get_close_matches(arguments[0], choices, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        print(f"bench: there is no {arguments[0]!r}. Benchmarks: {', '.join(choices)}.{hint}")
        return 2
    return run_all([arguments] if named else everything(arguments))


def everything(arguments: list[str]) -> list[list[str]]:
    """Return every benchmark with its arguments, of which there are only those that all take."""
    parser = argparse.ArgumentParser(
        prog="dev.py bench",
        usage="dev.py bench [--quick] [--rounds N] | NAME [arguments] | --page | --help",
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--rounds", type=int)
    parser.parse_args(arguments)
    found = list[list[str]]()
    for name in available():
        found += [[name, *arguments]]
        found += [[name, *MORE[name], *arguments]] if name in MORE else []
    return found


def run_all(calls: list[list[str]]) -> int:
    """Run benchmarks, all of them whatever the first say; return the exit status."""
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in paths if path)}
    choices, failed = available(), list[str]()
    for name, *arguments in calls:
        print(f"bench: {name}", flush=True)
        started = time.monotonic()
        command = [sys.executable, str(choices[name]), *arguments]
        status = subprocess.run(command, env=env, check=False).returncode
        print(f"bench: {name} took {time.monotonic() - started:.0f} s", flush=True)
        if status == 2:  # it does not take these arguments
            return 2
        if status:
            failed.append(" ".join([name, *arguments]))
    if failed:
        print(f"bench: a target was missed, or it failed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    try:
        raise SystemExit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
