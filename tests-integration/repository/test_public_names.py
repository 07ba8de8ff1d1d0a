"""What is public is listed, sorted, documented, and paired."""

import subprocess
import sys

import pytest
from reference import differences
from repository import ROOT, Distribution, plugins

PLUGINS = plugins()
EACH = pytest.mark.parametrize("member", PLUGINS, ids=[member.stem for member in PLUGINS])


def test_all_is_sorted_everywhere() -> None:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--select", "RUF022", "--quiet"]
    done = subprocess.run(
        [*command, "--output-format", "concise", "packages"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@EACH
def test_the_package_has_an_all(member: Distribution) -> None:
    package = next(module for module in member.modules if module.name == f"fastjango.{member.stem}")
    assert package.exports is not None


@EACH
def test_the_reference_page_lists_exactly_the_public_names(member: Distribution) -> None:
    found = differences(member)
    assert not found, "\n".join(found)


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


INSPECT = """
import importlib, inspect, sys
sys.path.insert(0, {tools!r})
from surface import load, pair_problems, missing_names
for problem in {function}(load({stem!r})):
    print(problem)
"""


@EACH
def test_every_public_name_exists(member: Distribution) -> None:
    tools = str(ROOT / "tools")
    assert run(INSPECT.format(tools=tools, function="missing_names", stem=member.stem)) == ""


@EACH
def test_sync_and_async_twins_have_one_signature(member: Distribution) -> None:
    tools = str(ROOT / "tools")
    assert run(INSPECT.format(tools=tools, function="pair_problems", stem=member.stem)) == ""
