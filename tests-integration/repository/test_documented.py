"""Every setting, hook and command has its place in the documentation."""

import json
import re
import subprocess
import sys
from functools import cache

import package_map
import pytest
from reference import page_path
from repository import ROOT, Distribution, plugins

PLUGINS = plugins()
EACH = pytest.mark.parametrize("member", PLUGINS, ids=[member.stem for member in PLUGINS])


@cache
def offered(stem: str) -> dict[str, list[str]]:
    """Ask a fresh interpreter for the settings, hooks and commands of a distribution."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "offered.py"), stem],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    found: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return found


def documents(member: Distribution, heading: str) -> str:
    """Return the README's section, and the pages that it may point to."""
    page = page_path(member)
    text = member.section(heading)
    return text + (page.read_text(encoding="utf-8") if page.exists() else "")


@EACH
def test_every_setting_is_documented(member: Distribution) -> None:
    text = member.section("Settings")
    pages = set(re.findall(r"\]\((?:\.\./\.\./|https?://[^)]*/)?(docs/[^)#]+\.md)", text))
    text += "".join((ROOT / page).read_text(encoding="utf-8") for page in pages)
    assert not [name for name in offered(member.stem)["settings"] if f"`{name}`" not in text]


@EACH
def test_every_documented_setting_exists(member: Distribution) -> None:
    told = set(re.findall(r"^\|\s*`([A-Z][A-Z0-9_]+)`", member.section("Settings"), re.M))
    assert not told - set(offered(member.stem)["settings"])


@EACH
def test_every_hook_is_documented(member: Distribution) -> None:
    text = member.section("Hooks")
    assert not [name for name in offered(member.stem)["hooks"] if f"`{name}" not in text]


@EACH
def test_every_hook_has_a_test(member: Distribution) -> None:
    files = [*member.path.glob("tests/**/*.py"), *ROOT.glob("tests-integration/**/*.py")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)
    assert not [name for name in offered(member.stem)["hooks"] if name not in text]


@EACH
def test_every_command_is_documented(member: Distribution) -> None:
    text = documents(member, "Example") + (member.path / "README.md").read_text(encoding="utf-8")
    assert not [name for name in offered(member.stem)["commands"] if f"`{name}" not in text]


def test_the_package_map_is_what_the_pyproject_files_say() -> None:
    page = (ROOT / package_map.PAGE).read_text(encoding="utf-8")
    assert page == package_map.package_map(), "run tools/package_map.py --write"
    for member in PLUGINS:
        assert f"| [{member.name}](" in page


@EACH
def test_the_readme_travels_in_the_wheel_and_begins_with_the_purpose(member: Distribution) -> None:
    """`fastjango-admin docs` reads it there, and shows the bold line."""
    text = (member.path / "README.md").read_text(encoding="utf-8")
    assert member.project["readme"] == "README.md"
    assert text.startswith(f"# {member.name}\n\n**{member.project['description']}**\n")


@EACH
def test_the_example_is_short(member: Distribution) -> None:
    """About ten lines, after those that configure a site."""
    first = re.search(r"^```python\n(.*?)^```$", member.section("Example"), re.M | re.S)
    assert first is not None
    lines = [line for line in first[1].splitlines() if line.strip()]
    assert len(lines) <= 40
