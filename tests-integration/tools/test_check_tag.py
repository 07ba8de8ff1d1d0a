"""`tools/check_tag.py`: a tag that disagrees with the tree is refused."""

from pathlib import Path

import check_tag
import pytest


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    member = tmp_path / "packages" / "fastjango-orm"
    (member / "changelog.d").mkdir(parents=True)
    (member / "pyproject.toml").write_text("[project]\nname = 'fastjango-orm'\nversion = '0.2.0'\n")
    (member / "CHANGELOG.md").write_text("# Changelog of fastjango-orm\n\n## 0.2.0 (2030-01-02)\n")
    return tmp_path


def test_a_right_tag(tree: Path) -> None:
    assert check_tag.problem("fastjango-orm-v0.2.0", tree) == ""


@pytest.mark.parametrize(
    ("tag", "message"),
    [
        ("v0.2.0", "is no release tag"),
        ("fastjango-orm/v0.2.0", "is no release tag"),
        ("fastjango-rom-v0.2.0", "no distribution 'fastjango-rom'"),
        ("fastjango-orm-v0.3.0", "has version 0.2.0 in pyproject.toml, the tag says 0.3.0"),
    ],
)
def test_a_wrong_tag(tag: str, message: str, tree: Path) -> None:
    assert message in check_tag.problem(tag, tree)


def test_a_changelog_that_was_not_built(tree: Path) -> None:
    member = tree / "packages" / "fastjango-orm"
    (member / "CHANGELOG.md").write_text("# Changelog of fastjango-orm\n\n## 0.1.0 (2029-01-02)\n")
    assert "is 0.1.0, the tag says 0.2.0" in check_tag.problem("fastjango-orm-v0.2.0", tree)


def test_a_fragment_that_was_left(tree: Path) -> None:
    (tree / "packages" / "fastjango-orm" / "changelog.d" / "late.fixed.md").write_text("Fixes it.")
    assert "has fragments" in check_tag.problem("fastjango-orm-v0.2.0", tree)
