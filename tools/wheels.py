"""Build every distribution and prove the files: ``python3 tools/dev.py wheels``.

Builds sdists and wheels, checks their contents and metadata, installs each wheel alone, with every
sibling, and all together into clean environments, imports every public module there, and runs the
tests: of each distribution with nothing but what it declares, and the whole suite against the
wheels. Ours are always installed from the files built here and never looked up in an index; what
others publish comes from the index.
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
import zipfile
from collections.abc import Iterable, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

from repository import (
    NAMESPACE,
    ROOT,
    Distribution,
    beside,
    distributions,
    normalised,
    plugins,
    requirement_name,
)

TEST_TOOLS = (
    "pytest",
    "pytest-asyncio",
    "hypothesis",
    "pytest-xdist",
    "pytest-timeout",
    "aiosmtpd",
    "httpx2",
)

TEST_SECONDS = 600  # after which a single test counts as hanging


class StepError(Exception):
    """A step failed; the text says which and why."""


def run(
    command: Sequence[str | Path], *, cwd: Path = ROOT, env: dict[str, str] | None = None
) -> str:
    """Run a command and return what it printed.

    Raises:
        StepError: It failed.
    """
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        shown = " ".join(str(part) for part in command[:8])
        raise StepError(f"{shown} ... failed in {cwd}:\n{done.stdout[-4000:]}")
    return done.stdout


def build(member: Distribution, output: Path, *, sdist: bool = True) -> list[Path]:
    """Build a distribution with the hatchling of this environment; return the files."""
    targets = ["-t", "wheel", *(["-t", "sdist"] if sdist else [])]
    before = set(output.glob("*"))
    run([sys.executable, "-m", "hatchling", "build", "-d", output, *targets], cwd=member.path)
    return sorted(set(output.glob("*")) - before)


def wheel_of(member: Distribution, folder: Path) -> Path:
    """Return the built wheel of a distribution.

    Raises:
        StepError: There is not exactly one.
    """
    found = list(folder.glob(f"{member.name.replace('-', '_')}-{member.version}-*.whl"))
    if len(found) != 1:
        raise StepError(f"{member.name} has {len(found)} wheels in {folder}")
    return found[0]


def content_problems(member: Distribution, wheel: Path) -> list[str]:
    """Return what a wheel holds and should not, and what it lacks."""
    info = f"{member.name.replace('-', '_')}-{member.version}.dist-info/"
    names = zipfile.ZipFile(wheel).namelist()
    inside = f"{NAMESPACE}/{member.stem}/"
    strange = [name for name in names if not name.startswith(info)]
    if not member.is_meta:
        allowed = set(beside().get(member.stem, ()))
        strange = [name for name in strange if not name.startswith(inside) and name not in allowed]
    found = [f"{wheel.name} holds {name}" for name in strange]
    found += [f"{wheel.name} holds {name}" for name in names if name.endswith((".pyc", ".orig"))]
    wanted = [f"{info}METADATA", f"{info}licenses/LICENSE"]
    if not member.is_meta:
        wanted += [f"{inside}py.typed", f"{inside}__init__.py"]
    have = set(names)
    found += [f"{wheel.name} lacks {name}" for name in wanted if name not in have]
    sources = {path.relative_to(member.path / "src").as_posix() for path in _sources(member)}
    found += [f"{wheel.name} lacks {name}" for name in sorted(sources - have)]
    return found


def _sources(member: Distribution) -> Iterable[Path]:
    """Yield the files of the subpackage that git would keep."""
    if member.is_meta:
        return
    for path in member.source.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts and path.suffix != ".pyc":
            yield path


def closure(stems: Iterable[str], root: Path = ROOT) -> frozenset[str]:
    """Return the stems with all siblings that they require, directly or not."""
    members = {member.stem: member for member in distributions(root)}
    found, waiting = set[str](), list(stems)
    while waiting:
        stem = waiting.pop()
        if stem not in found:
            found.add(stem)
            waiting += members[stem].siblings()
    return frozenset(found)


class Environments:
    """Clean environments, made by uv where it is there, else by venv and pip."""

    def __init__(self, folder: Path, python: str) -> None:
        self.folder, self.python = folder, python
        self._uv = shutil.which("uv", path=str(Path(sys.executable).parent)) or shutil.which("uv")

    def make(self, name: str, wanted: Sequence[str]) -> Path:
        """Make an environment that holds the requirements; return its Python."""
        home = self.folder / name
        python = home / "bin" / "python"
        if self._uv:
            run([self._uv, "venv", "-q", "--python", self.python, str(home)])
            # From outside the tree, where uv does not see the workspace.
            run([self._uv, "pip", "install", "-q", "--python", python, *wanted], cwd=self.folder)
        else:
            run([self.python, "-m", "venv", home])
            run([python, "-m", "pip", "install", "-q", *wanted], cwd=self.folder)
        return python


SMOKE = """
import importlib, importlib.util, sys
wanted, absent, modules, extras = (argument.split(",") for argument in sys.argv[1:])
for name in filter(None, absent):
    assert importlib.util.find_spec(f"fastjango.{name}") is None, f"{name} is importable"
for name in filter(None, wanted):
    module = importlib.import_module(f"fastjango.{name}")
    assert "site-packages" in (module.__file__ or ""), module.__file__
if any(modules):
    from fastjango.core import settings, setup
    assert not settings.configured, "an import read the settings"
    # Models belong to apps: besides the distributions there are apps inside them.
    inner = [name[:-5] for name in modules if name.endswith(".apps") and name.count(".") > 2]
    settings.configure(
        SECRET_KEY="x" * 50,
        INSTALLED_APPS=[*(f"fastjango.{name}" for name in wanted if name != "core"), *inner],
        DATABASES={"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}},
    )
    setup()
for name in filter(None, modules):
    try:
        importlib.import_module(name)
    except Exception as error:  # a module that asks for a driver which an extra brings
        if isinstance(error, ImportError) and "Install fastjango-" in str(error):
            continue
        cause = error
        while cause and not isinstance(cause, ModuleNotFoundError):
            cause = cause.__cause__ or cause.__context__
        parts = (cause.name or "").lower().split(".") if cause else []
        if not {".".join(parts[:1]), ".".join(parts[:2])} & set(extras):
            raise
"""


def smoke(python: Path, stems: frozenset[str], modules: Sequence[str]) -> None:
    """Import the distributions and modules; the other distributions must not be importable."""
    everything = {member.stem for member in plugins()}
    absent = ",".join(sorted(everything - stems))
    present = ",".join(sorted(stems & everything))
    optional = ",".join(sorted(optional_imports()))
    arguments = [present, absent, ",".join(modules), optional]
    run([python, "-I", "-W", "error", "-c", SMOKE, *arguments], cwd=Path(tempfile.gettempdir()))


def optional_imports() -> set[str]:
    """Return, in lower case, the names by which what the extras bring is imported."""
    wanted = {
        normalised(requirement_name(entry))
        for member in plugins()
        for extra in member.extras.values()
        for entry in extra
    }
    names = {
        top.lower()
        for top, owners in packages_distributions().items()
        if any(normalised(owner) in wanted for owner in owners)
    }
    siblings = {
        f"{NAMESPACE}.{stem}" for member in plugins() for stem in member.siblings(with_extras=True)
    }
    return names | wanted | siblings


def public_modules(member: Distribution, present: frozenset[str]) -> list[str]:
    """Return the public modules, without those named after a sibling that is not installed.

    Args:
        member: The distribution.
        present: The stems that are installed.
    """
    absent = {other.stem for other in plugins()} - present
    return [
        module.name
        for module in member.modules
        if module.is_public
        and not absent & set(module.name.split(".")[2:])
        and "management" not in module.name
    ]


def install_all_ways(dist: Path, folder: Path, python: str) -> int:
    """Install alone, in pairs and all together; return the number of environments."""
    environments = Environments(folder, python)
    members = plugins()
    groups = dict[frozenset[str], str]()
    for member in members:
        groups.setdefault(closure([member.stem]), member.stem)
    for one, two in itertools.combinations(members, 2):
        groups.setdefault(closure([one.stem, two.stem]), f"{one.stem}+{two.stem}")
    for stems, name in groups.items():
        chosen = [member for member in members if member.stem in stems]
        made = environments.make(name, [str(wheel_of(member, dist)) for member in chosen])
        modules = [text for member in chosen for text in public_modules(member, stems)]
        smoke(made, stems, modules)
        shutil.rmtree(folder / name)
    wheels = [str(wheel_of(member, dist)) for member in members]
    meta = wheel_of(next(member for member in distributions() if member.is_meta), dist)
    made = environments.make("all", [f"{NAMESPACE}[all] @ {meta.as_uri()}", *wheels])
    everything = frozenset(member.stem for member in members)
    smoke(made, everything, [n for member in members for n in public_modules(member, everything)])
    return len(groups) + 1


def unit_tests(dist: Path, folder: Path, python: str, only: Sequence[str]) -> list[str]:
    """Run each distribution's tests with nothing but what it declares; return who failed.

    Its extras are declared too, and its tests prove what they bring; so is what only its tests
    need, in its dependency group ``test``.
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
        made = environments.make(f"tests-{member.stem}", [*wheels, *others, *TEST_TOOLS])
        tree = _test_tree(folder / f"tree-{member.stem}", [tests])
        say(f"tests of {member.stem} with only its dependencies")
        done = subprocess.run(_pytest(made, "packages"), cwd=tree, env=_test_env(), check=False)
        if done.returncode:
            failed.append(f"the tests of {member.stem} with only its dependencies")
    return failed


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
    made = Environments(folder, python).make("suite", [*wheels, *groups["test"], *extras])
    folders = [member.path / "tests" for member in plugins()]
    integration = ROOT / "tests-integration"
    folders += [path for path in sorted(integration.iterdir()) if path.is_dir()]
    # Those look at the tree itself, which is not there.
    skipped = ("repository", "tools", "docs", "demo", "benchmarks", "conformance", "__pycache__")
    chosen = [path for path in folders if path.name not in skipped and any(path.rglob("test_*.py"))]
    tree = _test_tree(folder / "tree-suite", chosen)
    say("the whole suite against the wheels")
    apart = [f"--apart={path.relative_to(ROOT)}" for path in chosen]
    workers = f"--inner=-n{min(os.cpu_count() or 1, 8)}"
    limit = f"--inner=--timeout={TEST_SECONDS}"
    command = [str(made), "-m", "pytest", "-q", "-p", "pytest_apart", *apart, workers, limit]
    env = {**_test_env(), "PYTHONPATH": str(tree / "tools")}
    done = subprocess.run(command, cwd=tree, env=env, check=False)
    return ["the suite against the wheels"] if done.returncode else []


def _pytest(python: Path, where: str) -> list[str]:
    workers = str(min(os.cpu_count() or 1, 8))
    return [str(python), "-m", "pytest", "-q", "-n", workers, f"--timeout={TEST_SECONDS}", where]


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


def check_rebuilt(member: Distribution, dist: Path, folder: Path) -> list[str]:
    """Build a wheel from the sdist and return how it differs from the one built from the tree."""
    archive = next(dist.glob(f"{member.name.replace('-', '_')}-{member.version}.tar.gz"))
    shutil.unpack_archive(archive, folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    again = Distribution(source)
    run([sys.executable, "-m", "hatchling", "build", "-d", folder, "-t", "wheel"], cwd=again.path)
    first, second = wheel_of(member, dist), folder / wheel_of(member, dist).name
    with zipfile.ZipFile(first) as one, zipfile.ZipFile(second) as two:
        left = {info.filename: info.CRC for info in one.infolist()}
        right = {info.filename: info.CRC for info in two.infolist()}
    names = sorted(
        {name for name in left.keys() | right.keys() if left.get(name) != right.get(name)}
    )
    return [f"{first.name}: {name} differs when built from the sdist" for name in names]


def say(text: str) -> None:
    """Print one line of progress."""
    print(f"wheels: {text}", flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py wheels",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", type=Path, default=ROOT / "dist", metavar="FOLDER")
    parser.add_argument("--python", default=sys.executable, help="the Python of the environments")
    parser.add_argument("--no-install", action="store_true", help="only build and check the files")
    parser.add_argument("--no-tests", action="store_true", help="do not run the tests")
    parser.add_argument("--only", nargs="*", default=[], metavar="STEM", help="whose tests to run")
    return parser


def main() -> int:
    """Do all steps; return the exit status."""
    options = _parser().parse_args()
    started, failed = time.monotonic(), list[str]()
    try:
        with tempfile.TemporaryDirectory(prefix="fastjango-wheels-") as name:
            folder = Path(name)
            failed += build_and_check(options.output.resolve(), folder)
            if not options.no_install:
                count = install_all_ways(options.output.resolve(), folder, options.python)
                say(f"installed and imported in {count} environments")
            if not options.no_install and not options.no_tests:
                dist = options.output.resolve()
                failed += unit_tests(dist, folder, options.python, options.only)
                if not options.only:
                    failed += whole_suite(dist, folder, options.python)
    except StepError as error:
        failed.append(str(error))
    for problem in failed:
        say(f"FAILED {problem}")
    say(f"{'failed' if failed else 'all well'} after {time.monotonic() - started:.0f} s")
    return int(bool(failed))


def build_and_check(output: Path, folder: Path) -> list[str]:
    """Build everything into an emptied folder and check the files; return the problems."""
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    problems = list[str]()
    for member in distributions():
        build(member, output)
        problems += content_problems(member, wheel_of(member, output))
        rebuilt = folder / "rebuilt" / member.name
        rebuilt.mkdir(parents=True)
        problems += check_rebuilt(member, output, rebuilt)
    files = sorted(str(path) for path in output.iterdir())
    run([sys.executable, "-m", "twine", "check", "--strict", *files])
    say(f"built and checked {len(files)} files in {output}")
    return problems


if __name__ == "__main__":
    sys.exit(main())
