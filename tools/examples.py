"""The Python examples of the READMEs and of the documentation, as programs that run.

A fenced block marked ``python`` runs; one marked ``python no-run REASON`` does not. The blocks of
one file run one after the other in one interpreter, so that an example can build on the one before.
A block marked ``python fresh`` begins a new interpreter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from repository import ROOT

FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=indent)(?P=fence) *$",
    re.M | re.S,
)


@dataclass(frozen=True)
class Example:
    """Blocks of one file that run together.

    Attributes:
        code: The blocks at the lines where they stand in the file, so that errors name them.
    """

    path: Path
    line: int
    code: str

    @property
    def name(self) -> str:
        """The file and the line of the first block, for the test's name."""
        return f"{self.path.relative_to(ROOT).as_posix()}:{self.line}"


@dataclass(frozen=True)
class Block:
    """One fenced block of Python."""

    line: int
    words: tuple[str, ...]
    body: str


def blocks(text: str) -> list[Block]:
    """Return the Python blocks of a Markdown text."""
    found = list[Block]()
    for match in FENCE.finditer(text):
        words = match["info"].split()
        if words and words[0] in ("python", "py"):
            indent = len(match["indent"])
            lines = [line[indent:] for line in match["body"].splitlines()]
            line = text.count("\n", 0, match.start()) + 2
            found.append(Block(line, tuple(words[1:]), "\n".join(lines) + "\n"))
    return found


def files() -> list[Path]:
    """Return every Markdown file whose examples run."""
    found = [ROOT / "README.md", *ROOT.glob("packages/*/README.md"), *ROOT.glob("docs/**/*.md")]
    return sorted(path for path in found if path.is_file())


def examples() -> list[Example]:
    """Return every program of the documentation."""
    found = list[Example]()
    for path in files():
        found += examples_of(path)
    return found


def examples_of(path: Path) -> list[Example]:
    """Return the programs of one file: the root README's blocks are one each, others follow on."""
    programs = list[list[Block]]()
    for block in blocks(path.read_text(encoding="utf-8")):
        if "no-run" in block.words:
            continue
        if not programs or "fresh" in block.words or path == ROOT / "README.md":
            programs.append([])
        programs[-1].append(block)
    return [Example(path, program[0].line, _placed(program)) for program in programs]


def unexplained(path: Path) -> list[int]:
    """Return the lines of the blocks that do not run and do not say why."""
    return [
        block.line
        for block in blocks(path.read_text(encoding="utf-8"))
        if "no-run" in block.words and len(block.words) < 3
    ]


def _placed(program: list[Block]) -> str:
    """Put each block at its own line of the file."""
    text = ""
    for block in program:
        text += "\n" * (block.line - 1 - text.count("\n")) + block.body
    return text
