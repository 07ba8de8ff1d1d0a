"""The Python examples of the READMEs and of the documentation, as programs that run.

A fenced block marked ``python`` runs; one marked ``python no-run REASON`` does not. The blocks of
one file run one after the other in one interpreter, so that an example can build on the one before.
A block marked ``python fresh`` begins a new interpreter. Those marked ``python in=NAME`` run inside
the project ``preludes/NAME`` beside the tests of the documentation, those of a file together.

The pages of the tutorial are a project instead: a block of any language with ``title="PATH"``
writes that file, one with ``title="PATH, at the end"`` adds to it, and the lines of ``console``
blocks that begin with ``$`` are run, all in the order of the page.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from repository import ROOT

TUTORIAL = ROOT / "docs" / "tutorial"
FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=indent)(?P=fence) *$",
    re.M | re.S,
)
TITLE = re.compile(r'title="(?P<path>[^",]+)(?P<end>, at the end)?"')


@dataclass(frozen=True)
class Example:
    """Blocks of one file that run together.

    Attributes:
        code: The blocks at the lines where they stand in the file, so that errors name them.
        inside: The project that they run in, empty for none.
    """

    path: Path
    line: int
    code: str
    inside: str = ""

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

    @property
    def inside(self) -> str:
        """The project that the block runs in, empty for none."""
        named = [word[3:] for word in self.words if word.startswith("in=")]
        return named[0] if named else ""


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
        if path.parent != TUTORIAL:
            found += examples_of(path)
    return found


def examples_of(path: Path) -> list[Example]:
    """Return the programs of one file: the root README's blocks are one each, others follow on."""
    programs = list[list[Block]]()
    latest = dict[str, list[Block]]()  # by the project that they run in
    for block in blocks(path.read_text(encoding="utf-8")):
        if "no-run" in block.words:
            continue
        known = block.inside in latest
        if not known or "fresh" in block.words or path == ROOT / "README.md":
            latest[block.inside] = []
            programs.append(latest[block.inside])
        latest[block.inside].append(block)
    return [
        Example(path, program[0].line, _placed(program), program[0].inside) for program in programs
    ]


@dataclass(frozen=True)
class Step:
    """What a page of the tutorial tells its reader to do.

    Attributes:
        line: Where the page says so.
        action: ``"file"``, ``"append"`` or ``"run"``.
        path: The file, empty for a command.
        text: Its content, or the command.
    """

    line: int
    action: str
    path: str
    text: str


def steps(path: Path) -> list[Step]:
    """Return the steps of a page of the tutorial.

    Raises:
        ValueError: A block of Python is no file of the project.
    """
    text, found = path.read_text(encoding="utf-8"), list[Step]()
    for match in FENCE.finditer(text):
        info, line = match["info"].strip(), text.count("\n", 0, match.start()) + 2
        if titled := TITLE.search(info):
            action = "append" if titled["end"] else "file"
            found.append(Step(line, action, titled["path"], match["body"]))
        elif info == "console":
            lines = [part[2:] for part in match["body"].splitlines() if part.startswith("$ ")]
            found += [Step(line, "run", "", command) for command in lines]
        elif info.startswith("python"):
            raise ValueError(f"{path.name}:{line}: this block needs a title: the file's path")
    return found


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
