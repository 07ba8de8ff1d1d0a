"""Every Python example of the READMEs and of the documentation runs."""

import subprocess
import sys
from pathlib import Path

import pytest
from examples import Example, blocks, examples, files, unexplained

EXAMPLES = examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=[example.name for example in EXAMPLES])
def test_an_example_runs(example: Example, tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(example.code, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", program.name],
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


def test_blocks_are_found() -> None:
    text = "# A\n\n```python\na = 1\n```\n\n- b\n\n  ```python no-run needs a server\n  b\n  ```\n"
    text += "\n```console\n$ c\n```\n"
    found = blocks(text)
    assert [(block.line, block.words) for block in found] == [
        (4, ()),
        (10, ("no-run", "needs", "a", "server")),
    ]
    assert [block.body for block in found] == ["a = 1\n", "b\n"]
