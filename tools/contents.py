"""The first page of each folder of the documentation, made of its pages (``--write``)."""

from __future__ import annotations

import sys
from pathlib import Path

from build_docs import summary, title
from made_pages import not_current, run
from repository import ROOT

DOCS = ROOT / "docs"
HEADS = {
    "guides": "# Guides\n\nHow to do one thing, each with examples that run.\n",
    "differences": """\
# Differences from Django

FastJango follows Django's documented behaviour. Where it leaves it, the page of the distribution
says so, with the reason and what to write instead. What is missing raises an error that says so;
nothing is silently different.

Three differences are everywhere: every call that waits has an `async` twin, defaults are secure,
and wrong use is an error that names the right one.
""",
}


def made(folder: str) -> str:
    """Return the first page of a folder: its head, and a line for every other page."""
    pages = [path for path in sorted((DOCS / folder).glob("*.md")) if path.name != "index.md"]
    lines = [f"- [{title(path)}]({path.name})" for path in pages]
    if folder == "guides":
        told = [summary(path).rstrip(":.") for path in pages]
        lines = [
            f"{line}: {said}" if said else line for line, said in zip(lines, told, strict=True)
        ]
    return "\n".join([HEADS[folder], *lines]) + "\n"


def stale() -> dict[Path, str]:
    """Return the pages that are not as they should be, with the text that they should have."""
    return not_current({DOCS / folder / "index.md": made(folder) for folder in HEADS})


if __name__ == "__main__":
    sys.exit(run("contents.py", __doc__, stale()))
