"""`tools/release.py`, tried on a copy of the tree."""

import re
import shutil
from pathlib import Path

import pytest
import release
import repository
from _wheel_steps import StepError, run
from packaging.version import Version
from repository import ROOT, distributions


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for member in distributions():
        target = tmp_path / member.path.relative_to(ROOT)
        target.mkdir(parents=True)
        for name in ("pyproject.toml", "CHANGELOG.md"):
            shutil.copy(member.path / name, target)
        (target / "changelog.d").mkdir()
    return tmp_path


def fragment(tree: Path, stem: str, name: str, text: str) -> None:
    (tree / "packages" / f"fastjango-{stem}" / "changelog.d" / name).write_text(text)


@pytest.mark.parametrize(
    ("part", "expected"), [("major", "1.0.0"), ("minor", "0.3.0"), ("patch", "0.2.4")]
)
def test_bump(part: str, expected: str) -> None:
    assert release.bump("0.2.3", part) == expected


@pytest.mark.parametrize(
    ("version", "expected"),
    [("0.2.3", ">=0.2,<0.3"), ("1.0.0", ">=1.0,<2"), ("2.4.1", ">=2.4,<3")],
)
def test_compatible(version: str, expected: str) -> None:
    assert release.compatible(version) == expected


def test_a_minor_release_raises_the_siblings_and_writes_the_changelog(tree: Path) -> None:
    fragment(tree, "signals", "order.added.md", "Adds order.\n")
    fragment(tree, "signals", "leak.fixed.md", "Fixes a leak.\n")
    old = release.find("signals", tree).version
    plan = release.prepare("signals", "minor", tree, "2030-01-02")
    member = release.find("signals", tree)
    assert member.version == plan.new == release.bump(old, "minor")
    assert plan.tag == f"fastjango-signals-v{plan.new}"
    text = (member.path / "CHANGELOG.md").read_text()
    assert f"\n## {plan.new} (2030-01-02)\n\n### Added\n\n- Adds order.\n" in text
    assert "### Fixed\n\n- Fixes a leak.\n" in text
    assert text.startswith("# Changelog of fastjango-signals\n\nBuilt from the fragments in")
    assert not list((member.path / "changelog.d").glob("*.md"))
    assert {"fastjango-http", "fastjango-orm", "fastjango"} <= set(plan.raised)
    wanted = release.compatible(plan.new)
    for name in plan.raised:
        other = release.find(name, tree)
        text = (other.path / "pyproject.toml").read_text()
        ranges = set(re.findall(r'"fastjango-signals([^"]*)"', text))
        assert ranges == {wanted}
        note = other.path / "changelog.d" / f"fastjango-signals-{plan.new}.changed.md"
        assert note.read_text() == f"Requires fastjango-signals {wanted.replace(',', ' and ')}.\n"


def test_what_only_tests_need_is_raised_without_a_release(tree: Path) -> None:
    """fastjango-auth asks for fastjango-testing in its dependency group alone."""
    fragment(tree, "testing", "client.added.md", "Adds a client.\n")
    plan = release.prepare("testing", "minor", tree, "2030-01-02")
    auth = release.find("auth", tree)
    wanted = f"fastjango-testing{release.compatible(plan.new)}"
    assert wanted in auth.test_requirements
    assert "fastjango-auth" not in plan.raised
    assert not list((auth.path / "changelog.d").glob("*.md"))


def test_a_patch_leaves_the_siblings_alone(tree: Path) -> None:
    fragment(tree, "core", "leak.fixed.md", "Fixes a leak.\n")
    plan = release.prepare("fastjango-core", "patch", tree, "2030-01-02")
    assert plan.raised == ()
    assert Version(plan.new).micro == Version(plan.old).micro + 1


def test_two_releases_stand_newest_first(tree: Path) -> None:
    fragment(tree, "core", "one.fixed.md", "Fixes one.\n")
    first = release.prepare("core", "patch", tree, "2030-01-02")
    fragment(tree, "core", "two.fixed.md", "Fixes two.\n")
    second = release.prepare("core", "patch", tree, "2030-01-03")
    text = (release.find("core", tree).path / "CHANGELOG.md").read_text()
    assert text.index(f"## {second.new} ") < text.index(f"## {first.new} ")


def test_nothing_to_release(tree: Path) -> None:
    with pytest.raises(release.ReleaseError, match="has no fragments"):
        release.prepare("core", "minor", tree, "2030-01-02")


def test_an_unknown_name_is_answered_with_the_nearest(tree: Path) -> None:
    with pytest.raises(release.ReleaseError, match="Did you mean 'signals'"):
        release.find("signal", tree)


def test_a_tree_without_git_has_the_same_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An unpacked archive, beside what the tools and the runs of it have left."""
    release.copy_tree(tmp_path)
    known = set(repository.files(tmp_path))
    assert known == set(repository.files())
    assert "docs/packages.md" in known
    left = [".venv/bin/python", "demo/manage.py", "packages/x/__pycache__/y.pyc", "a.egg-info/b"]
    for name in [*left, "tests-integration/demo/test_new.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))  # no git at all
    assert set(repository.files(tmp_path)) - known == {"tests-integration/demo/test_new.py"}


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StepError, match=r"no-such-program --x .* cannot be run in"):
        run(["no-such-program", "--x"], cwd=tmp_path)


def test_the_plan_names_the_tag_and_who_comes_next() -> None:
    plan = release.Plan("fastjango-orm", "0.1.0", "0.2.0", ("fastjango-auth",))
    text = release.tag_plan(plan)
    assert "git tag -a fastjango-orm-v0.2.0 -m 'fastjango-orm 0.2.0'" in text
    assert "python tools/release.py fastjango-auth patch" in text


@pytest.mark.slow
def test_a_dry_run_proves_the_files_and_leaves_the_tree_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole of a release, of a distribution that stands alone, in a copy."""
    tree = tmp_path / "tree"
    tree.mkdir()
    release.copy_tree(tree)
    before = {path.name: path.read_bytes() for path in (ROOT / "packages").glob("*/pyproject.toml")}
    fragment(tree, "core", "proof.added.md", "Adds a proof.\n")
    plan = release.prepare("core", "patch", tree, "2030-01-02")
    release.prove(plan, tree, tmp_path)
    shown = capsys.readouterr().out
    assert f"fastjango_core-{plan.new}-py3-none-any.whl" in shown
    assert "twine check --strict passed" in shown
    assert "installed and imported alone" in shown
    assert "installed and imported beside all its siblings" in shown
    after = {path.name: path.read_bytes() for path in (ROOT / "packages").glob("*/pyproject.toml")}
    assert after == before
