"""`tools/new_plugin.py`, tried on a copy of the tree."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import new_plugin
import pytest
import release
from repository import layers

NAME = "gazette"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("core", "exists already"),
        ("class", "no word of the language"),
        ("My-Plugin", "lower-case letters and digits"),
        ("1st", "lower-case letters and digits"),
        ("fastjango-search", "Give the stem alone: 'search'"),
        ("json", "means something already"),
        ("all", "means something already"),
    ],
)
def test_a_bad_name_is_refused(name: str, reason: str) -> None:
    with pytest.raises(new_plugin.PluginNameError, match=reason):
        new_plugin.check_name(name)


def test_nothing_is_written_when_the_layer_is_unknown(tmp_path: Path) -> None:
    release.copy_tree(tmp_path)
    with pytest.raises(new_plugin.PluginNameError, match="no layer with 'basement'"):
        new_plugin.write(NAME, "A gazette.", "basement", tmp_path)
    assert not (tmp_path / "packages" / f"fastjango-{NAME}").exists()


@pytest.mark.parametrize(
    "description", ["No stop", 'A "quoted" one.', "A | b.", "A {b}.", "Two\nlines.", ".", "x" * 100]
)
def test_a_description_that_breaks_a_file_is_refused(description: str, tmp_path: Path) -> None:
    release.copy_tree(tmp_path)
    before = content(tmp_path)
    with pytest.raises(new_plugin.PluginNameError, match="The description is one sentence"):
        new_plugin.write(NAME, description, "templates", tmp_path)
    assert content(tmp_path) == before


def test_a_folder_that_is_in_the_way_is_left_alone(tmp_path: Path) -> None:
    release.copy_tree(tmp_path)
    kept = tmp_path / "packages" / f"fastjango-{NAME}" / "notes.txt"
    kept.parent.mkdir()
    kept.write_text("precious")
    with pytest.raises(new_plugin.PluginNameError, match="is in the way"):
        new_plugin.write(NAME, "A gazette.", "templates", tmp_path)
    assert kept.read_text() == "precious"


@pytest.mark.parametrize("last", ["docs/packages.md", "CHANGELOG.md", "docs/reference/gazette.md"])
def test_a_file_that_cannot_be_written_leaves_everything_as_it_was(
    last: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release.copy_tree(tmp_path)
    before, really = content(tmp_path), Path.write_text

    def write_text(path: Path, text: str, encoding: str) -> int:
        if path == tmp_path / last:
            raise OSError("no space left")
        return really(path, text, encoding)

    monkeypatch.setattr(Path, "write_text", write_text)
    with pytest.raises(OSError, match="no space left"):
        new_plugin.write(NAME, "A gazette.", "templates", tmp_path)
    assert content(tmp_path) == before


def content(tree: Path) -> dict[str, bytes]:
    return {
        path.relative_to(tree).as_posix(): path.read_bytes()
        for path in tree.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_a_new_distribution_passes_every_repository_test_at_once(tmp_path: Path) -> None:
    tree, site = tmp_path / "tree", tmp_path / "site"
    tree.mkdir()
    release.copy_tree(tree)
    new_plugin.write(NAME, "A gazette for tests.", "templates", tree)
    assert any(NAME in names and "templates" in names for names in layers(tree))
    package = tree / "packages" / f"fastjango-{NAME}"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=package, check=True, capture_output=True)
    zipfile.ZipFile(next(tmp_path.glob("*.whl"))).extractall(site)
    for command in (
        ["-m", "ruff", "check", "--no-cache", str(package)],
        ["-m", "ruff", "format", "--no-cache", "--check", str(package)],
        [*TESTS, "-k", CHOSEN, "tests-integration/repository", "tests-integration/docs"],
        [*TESTS, f"packages/fastjango-{NAME}"],
    ):
        done = subprocess.run(
            [sys.executable, *command],
            cwd=tree,
            env={**os.environ, "PYTHONPATH": str(site)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


TESTS = ["-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", "-p", "no:xdist"]
# Its own tests, and those that look at all distributions together.
CHOSEN = (
    f"{NAME} or metapackage or extra_all or circles or contracts_hold or contracts or behind or "
    "root_documents or every_folder or namespace or sorted or outside_the_root or package_map"
)
