"""Pages that are made of the code: compared with what is there, or written (``--write``)."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path

from repository import ROOT

__all__ = ["not_current", "run"]


def not_current(texts: Mapping[Path, str]) -> dict[Path, str]:
    """Return the pages that do not have the text they should have, with that text."""
    return {
        path: text
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


def run(prog: str, description: str | None, stale: Mapping[Path, str]) -> int:
    """Name the stale pages, or write them if the command line says so; return the exit status."""
    parser = argparse.ArgumentParser(prog=prog, description=description)
    parser.add_argument("--write", action="store_true", help="bring the pages up to date")
    options = parser.parse_args()
    for path, text in stale.items():
        if options.write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        print(f"{path.relative_to(ROOT)} {'written' if options.write else 'is not current'}")
    return int(bool(stale) and not options.write)
