"""Every distribution has the one shape, and nothing claims the namespace."""

import re
from pathlib import PurePath

import pytest
from repository import ROOT, Distribution, distributions, files, plugins, requirement_name

MEMBERS = distributions()
PLUGINS = plugins()
HEADINGS = ["Install", "Example", "Settings", "Hooks", "Errors"]
KINDS = ("added", "changed", "deprecated", "removed", "fixed", "security")


def each(members: list[Distribution]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("member", members, ids=[member.stem for member in members])


def tracked(pattern: str) -> list[str]:
    return [name for name in files() if PurePath(name).match(pattern)]


def test_there_are_distributions() -> None:
    assert {"core", "signals", "values", "http", "orm"} <= {member.stem for member in PLUGINS}


def test_every_folder_of_packages_is_a_distribution() -> None:
    folders = {path for path in ROOT.glob("packages/*") if path.is_dir()}
    assert folders == {member.path for member in MEMBERS}


def test_nobody_owns_the_namespace() -> None:
    assert not list(ROOT.glob("packages/*/src/fastjango/__init__.py"))


def test_test_folders_are_no_packages() -> None:
    found = [*ROOT.glob("packages/*/tests/**/__init__.py")]
    # A folder of fixtures that is a package on purpose is an app under test, not a test folder.
    tests = [path for path in found if any(path.parent.glob("test_*.py"))]
    assert not tests
    assert not [path for path in found if path.parent.name == "tests"]
    inner = list(ROOT.glob("tests-integration/**/__init__.py"))
    assert not [path for path in inner if any(path.parent.glob("test_*.py"))]


@each(PLUGINS)
def test_a_distribution_holds_only_its_own_subpackage(member: Distribution) -> None:
    inside = {path.name for path in (member.path / "src").iterdir()} - {"__pycache__"}
    below = {path.name for path in (member.path / "src" / "fastjango").iterdir()}
    assert inside == {"fastjango"}
    assert below - {"__pycache__"} == {member.stem}
    assert (member.source / "__init__.py").is_file()
    assert (member.source / "py.typed").is_file()


@each(MEMBERS)
def test_names_agree(member: Distribution) -> None:
    assert member.project["name"] == member.name
    assert member.is_meta or member.name == f"fastjango-{member.stem}"


@each(PLUGINS)
def test_the_entry_point_has_the_stem_as_its_name(member: Distribution) -> None:
    entries = member.project.get("entry-points", {}).get("fastjango.plugins", {})
    if member.stem == "core":
        assert not entries, "the kernel is no plugin of itself"
        return
    assert list(entries) == [member.stem]
    module, _, name = entries[member.stem].partition(":")
    assert module == f"fastjango.{member.stem}.apps"
    assert re.search(rf"^class {name}\b", (member.source / "apps.py").read_text(), re.M)


@each(MEMBERS)
def test_metadata_is_complete(member: Distribution) -> None:
    project = member.project
    assert re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", member.version)
    assert project["requires-python"] == ">=3.11"
    assert project["license"] == "MIT"
    assert project["readme"] == "README.md"
    assert project["description"].endswith(".")
    assert len(project["description"]) <= 100
    assert member.pyproject["build-system"]["build-backend"] == "hatchling.build"
    for version in ("3.11", "3.12", "3.13", "3.14"):
        assert f"Programming Language :: Python :: {version}" in project["classifiers"]
    assert "Typing :: Typed" in project["classifiers"]
    tool = set(member.pyproject.get("tool", {}))
    assert tool <= {"hatch", "towncrier"}, "tool settings stay at the root"


@each(MEMBERS)
def test_no_requirement_is_a_path_or_an_url(member: Distribution) -> None:
    extras = [entry for extra in member.extras.values() for entry in extra]
    built_with = member.pyproject["build-system"]["requires"]
    for entry in [*member.dependencies, *extras, *member.test_requirements, *built_with]:
        assert "@" not in entry, entry
        assert "://" not in entry, entry
        assert requirement_name(entry)


@each(MEMBERS)
def test_the_readme_has_the_one_shape(member: Distribution) -> None:
    text = (member.path / "README.md").read_text(encoding="utf-8")
    outside = re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)
    lines = [line for line in outside.splitlines() if line.strip()]
    assert lines[0] == f"# {member.name}"
    assert re.fullmatch(r"\*\*[^*]+\*\*", lines[1]), "one bold line on what it is for"
    assert re.findall(r"^## (.+)$", outside, re.M) == HEADINGS
    for heading in HEADINGS:
        assert member.section(heading).strip(), f"## {heading} is empty"
    assert "```python" in member.section("Example")
    assert f'"{member.name}' in member.section("Install") or member.name in member.section(
        "Install"
    )


@each(MEMBERS)
def test_changes_are_kept(member: Distribution) -> None:
    first = (member.path / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# Changelog of {member.name}"
    assert (member.path / "changelog.d").is_dir()
    fragments = [path for path in (member.path / "changelog.d").iterdir() if path.suffix == ".md"]
    for path in fragments:
        assert re.fullmatch(rf"[a-z0-9_.-]+\.({'|'.join(KINDS)})(\.\d+)?\.md", path.name), path.name
        text = path.read_text(encoding="utf-8").strip()
        assert text, f"{path.name} is empty"
        assert text.endswith("."), f"{path.name} has to be a sentence"
        assert "\n\n" not in text or "Upgrade:" in text, f"{path.name}: one sentence"


@each(MEMBERS)
def test_a_release_that_never_was_has_fragments(member: Distribution) -> None:
    text = (member.path / "CHANGELOG.md").read_text(encoding="utf-8")
    released = re.findall(r"^## .*?(\d+\.\d+\.\d+)", text, re.M)
    fragments = list((member.path / "changelog.d").glob("*.md"))
    assert released or fragments, "say in changelog.d what the first release brings"


@each(PLUGINS)
def test_modules_are_named_for_what_they_hold(member: Distribution) -> None:
    vague = {"utils", "util", "misc", "helpers"}
    names = [module.name for module in member.modules]
    given = {"fastjango.forms.utils"}  # Django's own name, under which its users import it
    assert not [name for name in names if name.rpartition(".")[2] in vague and name not in given]


@each(PLUGINS)
def test_settings_hooks_and_errors_have_their_module(member: Distribution) -> None:
    if member.section("Settings").strip() not in ("None.", ""):
        assert any((member.source / name).exists() for name in ("conf.py", "conf", "settings.py"))
    hooks = member.section("Hooks").strip()
    if hooks and not hooks.startswith("None"):  # "None of its own" may go on with those of others
        names = [module.name for module in member.modules]
        assert any(name.rpartition(".")[2] == "hooks" for name in names) or member.stem == "core"


def test_no_tool_setting_is_outside_the_root() -> None:
    names = ("setup.cfg", "setup.py", "tox.ini", "pytest.ini", "mypy.ini", ".flake8", "ruff.toml")
    assert not [found for name in names for found in tracked(name)]


def test_no_local_path_or_private_host_is_named() -> None:
    pattern = re.compile(
        r"/(?:home|root|Users|work|opt)/[\w.-]+/|\b(?:10\.\d+|192\.168|172\.16)\.\d+\.\d+\b"
    )
    allowed = re.compile(
        r"/opt/homebrew|/home/(?:user|app|django|me)/|10\.0\.0\.|192\.168\.[01]\.|/work/dir"
    )
    found = list[str]()
    for name in tracked("*"):
        path = ROOT / name
        if path.suffix not in {".py", ".md", ".toml", ".yml", ".yaml", ".sh", ".cfg", ""}:
            continue
        if not path.is_file() or path.name == "test_layout.py":
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if pattern.search(allowed.sub("", line)) and "/tests/" not in name:
                found.append(f"{name}:{number}: {line.strip()[:80]}")
    assert not found


def test_decision_numbers_are_unique_and_their_shape_is_one() -> None:
    records = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    records = [path for path in records if path.name != "index.md"]
    numbers = [path.name[:4] for path in records]
    assert records
    assert len(set(numbers)) == len(numbers)
    for path in records:
        assert re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", path.name), path.name
        text = path.read_text(encoding="utf-8")
        assert text.startswith(f"# {path.name[:4]} "), (
            f"{path.name}: begin with '# {path.name[:4]} '"
        )
        headings = re.findall(r"^## (.+)$", text, re.M)
        assert headings == ["Status", "Context", "Decision", "Consequences", "Rejected"], path.name


def test_the_root_has_what_it_needs() -> None:
    names = ["README.md", "CHANGELOG.md", "LICENSE", "CONTRIBUTING.md", "SECURITY.md", "hatch.toml"]
    names += [".gitignore", ".ci/run", ".github/workflows", "docs/decisions", "benchmarks"]
    assert not [name for name in names if not (ROOT / name).exists()]


def test_the_root_documents_list_every_distribution() -> None:
    for name in ("README.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert not [member.name for member in MEMBERS if f"packages/{member.name}" not in text], (
            name
        )
