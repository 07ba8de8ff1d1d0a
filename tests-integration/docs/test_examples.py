"""Every Python example of the READMEs and of the documentation runs."""

import subprocess
import sys
from pathlib import Path

import pytest
from examples import Example, blocks, examples, examples_of, files, unexplained

EXAMPLES = examples()
PRELUDES = Path(__file__).parent / "preludes"


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_an_example_runs(example: Example, tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(example.code, encoding="utf-8")
    inside = [str(PRELUDES / "run.py"), example.inside] if example.inside else []
    done = subprocess.run(
        [sys.executable, "-W", "error", *inside, program.name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{example.name}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("path", files(), ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_block_that_does_not_run_says_why(path: Path) -> None:
    assert not unexplained(path)


def test_blocks_of_a_project_run_together(tmp_path: Path) -> None:
    text = "```python\na\n```\n```python in=blog\nb\n```\n"
    text += "```python\nc\n```\n```python in=blog\nd\n```\n"
    text += "```python in=site_settings fresh\ne\n```\n```python in=site_settings fresh\nf\n```\n"
    page = tmp_path / "page.md"
    page.write_text(text)
    found = [(one.line, one.code.split(), one.inside) for one in examples_of(page)]
    assert found == [
        (2, ["a", "c"], ""),
        (5, ["b", "d"], "blog"),
        (14, ["e"], "site_settings"),
        (17, ["f"], "site_settings"),
    ]


def test_blocks_are_found() -> None:
    text = "# A\n\n```python\na = 1\n```\n\n- b\n\n  ```python no-run needs a server\n  b\n  ```\n"
    text += "\n```console\n$ c\n```\n"
    found = blocks(text)
    assert [(block.line, block.words) for block in found] == [
        (4, ()),
        (10, ("no-run", "needs", "a", "server")),
    ]
    assert [block.body for block in found] == ["a = 1\n", "b\n"]
