"""The kernel's budgets: CPU time of its import and of `--help`, of unlisted plugins, and its size.

Prints one line for each budget and exits with 1 if one is missed. All times are CPU milliseconds
(user and system) of fresh processes; the rounds are interleaved, and the lowest round counts, as
other work on the machine can only add.
"""

from __future__ import annotations

import argparse
import ast
import os
import subprocess
import sys
import tempfile
import tokenize
from collections.abc import Callable
from pathlib import Path

from _measure import cpu_of_command

SOURCE = Path(__file__).parent.parent / "packages/fastjango-core/src/fastjango/core"
SHARED = ("aio.py", "twins.py")  # which the kernel only keeps for the distributions above it
KERNEL_LINES = 2500
HEAVY = ("fastapi", "starlette", "sqlalchemy", "jinja2")
PLUGINS = 50
IMPORT = """
import time
start = time.process_time()
import fastjango.core
print((time.process_time() - start) * 1000)
"""
DISCOVER = """
import time
from importlib import metadata
from fastjango.core.plugins import discover
start = time.process_time()
found = discover()
print((time.process_time() - start) * 1000)
"""


def printed(code: str, path: str = "") -> float:
    """Return the number that a fresh interpreter prints."""
    env = {**os.environ, "PYTHONPATH": path}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env
    )
    return float(done.stdout)


def install_plugins(folder: str) -> None:
    """Write the metadata of plugins that no project lists."""
    for number in range(PLUGINS):
        info = Path(folder, f"unlisted_{number}-1.0.dist-info")
        info.mkdir()
        text = f"Metadata-Version: 2.1\nName: unlisted-{number}\nVersion: 1.0\n"
        (info / "METADATA").write_text(text)
        entry = f"[fastjango.plugins]\nunlisted{number} = unlisted_{number}.apps:Config\n"
        (info / "entry_points.txt").write_text(entry)


def select_everything(folder: str) -> None:
    """Write settings that select every distribution of this tree."""
    packages = Path(__file__).parent.parent / "packages"
    stems = sorted(path.parent.name for path in packages.glob("*/src/fastjango/*/apps.py"))
    apps = [f"fastjango.{stem}" for stem in stems]
    text = f"SECRET_KEY = 'x' * 60\nDEBUG = True\nINSTALLED_APPS = {apps!r}\n"
    Path(folder, "everything_selected.py").write_text(text)


def code_lines(path: Path) -> int:
    """Count the lines that hold code: no blank lines, comments or docstrings."""
    lines: set[int] = set()
    layout = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    with path.open("rb") as file:
        for token in tokenize.tokenize(file.readline):
            if token.type not in {*layout, tokenize.ENCODING, tokenize.ENDMARKER}:
                lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(path.read_text())):
        body = getattr(node, "body", None)
        first = body[0] if isinstance(body, list) and body else None
        if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
            lines -= set(range(first.lineno, (first.end_lineno or first.lineno) + 1))
    return len(lines)


def _sum(files: list[Path]) -> int:
    return sum(map(code_lines, files))


def kernel_files() -> list[Path]:
    """Return the files that the limit holds for: neither commands nor what only others use."""
    files = sorted(SOURCE.rglob("*.py"))
    return [p for p in files if "management" not in p.parts and p.name not in SHARED]


def loads_nothing_heavy() -> bool:
    """Tell whether the import leaves the heavy packages alone."""
    code = f"import sys, fastjango.core; print(len(set({HEAVY!r}) & set(sys.modules)))"
    return printed(code) == 0


def main() -> int:
    """Measure, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="dev.py bench core", description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="Three rounds.")
    options = parser.parse_args()
    rounds = 3 if options.quick else options.rounds
    with tempfile.TemporaryDirectory() as folder:
        install_plugins(folder)
        select_everything(folder)
        help_command = [sys.executable, "-m", "fastjango.core", "--help"]
        selected = ["--settings", "everything_selected", "--pythonpath"]
        tasks: dict[str, Callable[[], float]] = {
            "import": lambda: printed(IMPORT),
            "help": lambda: cpu_of_command(help_command) * 1000,
            "full": lambda: cpu_of_command([*help_command, *selected, folder]) * 1000,
            "without": lambda: printed(DISCOVER),
            "with": lambda: printed(DISCOVER, folder),
        }
        found: dict[str, list[float]] = {name: [] for name in tasks}
        for _ in range(rounds):
            for name, task in tasks.items():
                found[name].append(task())
    low = {name: min(values) for name, values in found.items()}
    files = sorted(SOURCE.rglob("*.py"))
    serving = [path for path in files if "management" not in path.parts]
    results = [
        ("import fastjango.core", low["import"], 60, "ms CPU"),
        ("fastjango-admin --help, interpreter included", low["help"], 250, "ms CPU"),
        ("  with every distribution selected", low["full"], 250, "ms CPU"),
        (f"{PLUGINS} unlisted plugins", low["with"] - low["without"], 5, "ms CPU"),
        ("lines of code of the kernel", _sum(kernel_files()), KERNEL_LINES, "lines"),
    ]
    missed = 0
    for name, value, limit, unit in results:
        verdict = "ok" if value <= limit else "MISSED"
        missed += value > limit
        print(f"{name:46} {value:8.1f} {unit:6}  (at most {limit})  {verdict}")
    print(f"{'  with the tools for sync and async twins':46} {_sum(serving):8.1f} lines")
    print(f"{'  and with the command line':46} {_sum(files):8.1f} lines")
    all_lines = sum(len(path.read_text().splitlines()) for path in files)
    print(f"{'  and with blanks, comments and docstrings':46} {all_lines:8.1f} lines")
    clean = loads_nothing_heavy()
    print(f"{'the import loads none of':46} {', '.join(HEAVY)}: {'ok' if clean else 'MISSED'}")
    return 1 if missed or not clean else 0


if __name__ == "__main__":
    raise SystemExit(main())
