"""The tutorial, followed to the letter: each file written, each command run."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from examples import TUTORIAL, Step, steps

PARTS = [path for path in sorted(TUTORIAL.glob("*.md")) if path.name != "index.md"]


def environment() -> dict[str, str]:
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("FASTJANGO_", "DJANGO_", "PYTEST_")) and name != "PYTHONPATH"
    }
    return {**kept, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"}


def follow(step: Step, folder: Path) -> Path:
    """Do one step; return the folder that the reader is in afterwards."""
    if step.action == "run":
        if step.text.startswith("cd "):
            return folder / step.text.removeprefix("cd ")
        done = subprocess.run(
            shlex.split(step.text),
            cwd=folder,
            env=environment(),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        said = f"line {step.line}: {step.text}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
        assert done.returncode == 0, said
        return folder
    file = folder / step.path
    file.parent.mkdir(parents=True, exist_ok=True)
    before = file.read_text(encoding="utf-8") if step.action == "append" else ""
    file.write_text(before + step.text, encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", PARTS, ids=lambda page: page.stem)
def test_a_part_of_the_tutorial(page: Path, tmp_path: Path) -> None:
    found = steps(page)
    assert [step for step in found if step.action == "run" and "pytest" in step.text]
    folder = tmp_path
    for step in found:
        folder = follow(step, folder)


def test_a_block_without_a_file_is_refused(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A\n\n```python\na = 1\n```\n")
    with pytest.raises(ValueError, match=r"page\.md:4: this block needs a title"):
        steps(page)


def test_steps_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text('```html title="a/b.html"\n<p>\n```\n\n```console\n$ cd a\n$ ls\nb.html\n```\n')
    assert steps(page) == [
        Step(2, "file", "a/b.html", "<p>\n"),
        Step(6, "run", "", "cd a"),
        Step(6, "run", "", "ls"),
    ]
