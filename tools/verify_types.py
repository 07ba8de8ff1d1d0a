"""How much of the public interface is typed, as pyright counts it:

    .venv/bin/python tools/verify_types.py [--kept] [STEM ...]

The aim is everything: each public symbol of each distribution has a known type. Distributions that
got there are listed in `TYPED` and stay there: `--kept`, which `dev.py check` runs, checks those.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from repository import NAMESPACE, ROOT, plugins

TYPED = ("core", "django", "http", "rest", "signals", "testing", "values")
"""Distributions without a public symbol of unknown type; the list grows and never shrinks."""


def unknown(stem: str) -> list[str]:
    """Return the public symbols of a distribution whose type is not known wholly.

    Raises:
        RuntimeError: pyright counted no symbols.
    """
    command = [sys.executable, "-m", "pyright"]
    command += ["--verifytypes", f"{NAMESPACE}.{stem}", "--ignoreexternal", "--outputjson"]
    # It asks the first Python on the path where packages are; with this option it asks nobody else.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        report: dict[str, Any] = json.loads(done.stdout)["typeCompleteness"]
    except (ValueError, KeyError) as error:
        raise RuntimeError(f"pyright did not count {NAMESPACE}.{stem}: {done.stdout}") from error
    counts = report["exportedSymbolCounts"]
    if not sum(counts.values()):
        raise RuntimeError(f"pyright found no public symbols in {NAMESPACE}.{stem}")
    return [
        f"{symbol['name']}: {_reason(symbol)}"
        for symbol in report["symbols"]
        if symbol["isExported"] and not symbol["isTypeKnown"]
    ]


def _reason(symbol: dict[str, Any]) -> str:
    said = [str(entry["message"]).splitlines()[0] for entry in symbol.get("diagnostics", [])]
    return said[0] if said else "its type is not known wholly"


def main() -> int:
    """Check the distributions named, or all; return the exit status."""
    known = [member.stem for member in plugins()]
    parser = argparse.ArgumentParser(prog="verify_types.py", description=__doc__)
    parser.add_argument("stems", nargs="*", metavar="STEM", help=f"of {', '.join(known)}")
    parser.add_argument("--kept", action="store_true", help=f"check {', '.join(TYPED)}")
    options = parser.parse_args()
    if unheard := sorted({*options.stems} - {*known}):
        parser.error(f"no distribution {', '.join(unheard)}; there are {', '.join(known)}")
    missing = 0
    for stem in options.stems or (TYPED if options.kept else known):
        found = unknown(stem)
        missing += len(found)
        print(f"{NAMESPACE}.{stem}: {'all typed' if not found else f'{len(found)} not typed'}")
        for line in found:
            print(f"  {line}")
    return int(bool(missing))


if __name__ == "__main__":
    sys.exit(main())
