"""The tests of ``dev.py wheels``: against what is installed, where no source is importable."""

from __future__ import annotations

import os
import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

from _wheel_steps import Environments, closure, say, wheel_of
from repository import NAMESPACE, ROOT, Distribution, distributions, plugins

TEST_TOOLS = (
    "pytest",
    "pytest-asyncio",
    "hypothesis",
    "pytest-xdist",
    "pytest-timeout",
    "aiosmtpd",
    "httpx2",
)

COVERAGE_TOOL = "coverage>=7.11"  # whose patches follow processes and forks
TEST_SECONDS = 600  # after which a single test counts as hanging


def own_tests(
    dist: Path, folder: Path, python: str, only: Sequence[str], *, coverage: bool = False
) -> list[str]:
    """Run each distribution's tests with nothing but what it declares; return who failed.

    Its extras are declared too, and its tests prove what they bring; so is what only its tests
    need, in its dependency group ``test``.

    Args:
        dist: Where the wheels are.
        folder: Where the environments are made.
        python: The Python that the environments are made of.
        only: The stems of those to test; all, if empty.
        coverage: Print what each leaves out.
    """
    environments, failed = Environments(folder, python), list[str]()
    for member in plugins():
        tests = member.path / "tests"
        if (only and member.stem not in only) or not any(tests.glob("test_*.py")):
            continue
        stems = closure([member.stem, *member.siblings(with_extras=True, with_tests=True)])
        wheels = [str(wheel_of(found, dist)) for found in plugins() if found.stem in stems]
        brought = [entry for extra in member.extras.values() for entry in extra]
        brought += member.test_requirements
        others = [entry for entry in brought if not entry.startswith(NAMESPACE)]
        tools = [*TEST_TOOLS, *([COVERAGE_TOOL] if coverage else [])]
        made = environments.make(f"tests-{member.stem}", [*wheels, *others, *tools])
        tree = _test_tree(folder / f"tree-{member.stem}", [tests])
        say(f"tests of {member.stem} with only its dependencies")
        command, env = _pytest("packages"), _test_env()
        if coverage:
            env |= {"COVERAGE_FILE": str(tree / ".coverage"), "PYTHONPATH": str(tree / "tools")}
            # Started before pytest, whose plugins import what is to be measured.
            source = f"--source={NAMESPACE}.{member.stem}"
            command = ["coverage", "run", source, "-m", *command, "-p", "pytest_coverage_kept"]
        done = subprocess.run([str(made), "-m", *command], cwd=tree, env=env, check=False)
        if done.returncode:
            failed.append(f"the tests of {member.stem} with only its dependencies")
        if coverage:
            _print_coverage(made, member, tree, env)
    return failed


def _print_coverage(python: Path, member: Distribution, tree: Path, env: dict[str, str]) -> None:
    """Print what the tests of a distribution alone left out.

    There is no floor here: modules that stand between two distributions are tested with both.
    """
    command = [str(python), "-m", "coverage"]
    subprocess.run([*command, "combine", "-q"], cwd=tree, env=env, check=False)
    say(f"coverage of {member.stem} by its own tests, lines and branches")
    report = ["report", "--precision=2", "--skip-covered", "-m"]
    subprocess.run([*command, *report], cwd=tree, env=env, check=False)


def whole_suite(dist: Path, folder: Path, python: str) -> list[str]:
    """Run the whole suite against the wheels; return what failed."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = data["dependency-groups"]
    extras = [
        entry
        for member in plugins()
        for extra in member.extras.values()
        for entry in extra
        if not entry.startswith(NAMESPACE)
    ]
    wheels = [str(wheel_of(member, dist)) for member in distributions()]
    tools = [*groups["test"], *groups["check"], *groups["release"]]  # tests call all of them
    made = Environments(folder, python).make("suite", [*wheels, *tools, *extras])
    folders = [member.path / "tests" for member in plugins()]
    integration = ROOT / "tests-integration"
    folders += [path for path in sorted(integration.iterdir()) if path.is_dir()]
    # Those look at the tree itself, which is not there.
    skipped = ("repository", "tools", "docs", "demo", "benchmarks", "conformance", "__pycache__")
    chosen = [path for path in folders if path.name not in skipped and any(path.rglob("test_*.py"))]
    tree = _test_tree(folder / "tree-suite", chosen)
    # Examples are projects that tests run, and refusals name pages.
    shutil.copytree(ROOT / "docs", tree / "docs", ignore=shutil.ignore_patterns("site"))
    say("the whole suite against the wheels")
    apart = [f"--apart={path.relative_to(ROOT)}" for path in chosen]
    workers = f"--inner=-n{min(os.cpu_count() or 1, 8)}"
    limit = f"--inner=--timeout={TEST_SECONDS}"
    command = [str(made), "-m", "pytest", "-q", "-p", "pytest_apart", *apart, workers, limit]
    env = {**_test_env(), "PYTHONPATH": str(tree / "tools")}
    done = subprocess.run(command, cwd=tree, env=env, check=False)
    return ["the suite against the wheels"] if done.returncode else []


def _pytest(where: str) -> list[str]:
    workers = str(min(os.cpu_count() or 1, 8))
    return ["pytest", "-q", "-n", workers, f"--timeout={TEST_SECONDS}", where]


def _test_env() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def _test_tree(tree: Path, folders: Sequence[Path]) -> Path:
    """Copy tests, and what they share, to where no source is importable but the installed one."""
    tree.mkdir(parents=True)
    ignore = shutil.ignore_patterns("__pycache__")
    corpora = [folder.parent / "typing-tests" for folder in folders]  # read by the tests beside
    for folder in [*folders, *(path for path in corpora if path.is_dir())]:
        shutil.copytree(folder, tree / folder.relative_to(ROOT), ignore=ignore)
    shutil.copytree(ROOT / "tools", tree / "tools", ignore=ignore)
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tree)
    return tree
