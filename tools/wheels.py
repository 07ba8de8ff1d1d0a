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
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterable, Sequence
from importlib.metadata import packages_distributions
from pathlib import Path

from _wheel_steps import Environments, StepError, closure, run, say, wheel_of
from _wheel_tests import own_tests, whole_suite
from repository import (
    NAMESPACE,
    ROOT,
    Distribution,
    beside,
    distributions,
    is_replaceable,
    normalised,
    plugins,
    requirement_name,
)

STEPS = ("install", "own", "suite")  # after the files are built and checked


def build(member: Distribution, output: Path, *, sdist: bool = True) -> list[Path]:
    """Build a distribution with the hatchling of this environment; return the files."""
    targets = ["-t", "wheel", *(["-t", "sdist"] if sdist else [])]
    before = set(output.glob("*"))
    run([sys.executable, "-m", "hatchling", "build", "-d", output, *targets], cwd=member.path)
    return sorted(set(output.glob("*")) - before)


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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py wheels",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--output", type=Path, default=ROOT / "dist", metavar="FOLDER",
        help="where the files go; those of an earlier run are deleted (dist)",
    )  # fmt: skip
    parser.add_argument("--python", default=sys.executable, help="the Python of the environments")
    parser.add_argument(
        "--steps",
        nargs="+",
        choices=STEPS,
        default=STEPS,
        metavar="STEP",
        help="beside building and checking the files: " + ", ".join(STEPS) + " (all of them)",
    )
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="STEM", help="whose own tests (everybody's)"
    )
    parser.add_argument("--cov", action="store_true", help="show what the own tests leave out")
    return parser


def main() -> int:
    """Do all steps; return the exit status."""
    parser = _parser()
    options = parser.parse_args()
    known = [member.stem for member in plugins()]
    if strange := [stem for stem in options.only if stem not in known]:
        parser.error(f"no distribution {', '.join(strange)}; there are {', '.join(known)}")
    if not is_replaceable(options.output, "*.whl"):
        parser.error(f"{options.output} holds something else than wheels. Name another folder.")
    if not shutil.which(options.python):
        parser.error(f"--python names {options.python!r}, which is no program")
    started, failed = time.monotonic(), list[str]()
    try:
        with tempfile.TemporaryDirectory(prefix="fastjango-wheels-") as name:
            folder = Path(name)
            failed += build_and_check(options.output.resolve(), folder)
            dist, python = options.output.resolve(), options.python
            if "install" in options.steps:
                say(f"installed and imported in {install_all_ways(dist, folder, python)} places")
            if "own" in options.steps:
                failed += own_tests(dist, folder, python, options.only, coverage=options.cov)
            if "suite" in options.steps:
                failed += whole_suite(dist, folder, python)
    except StepError as error:
        failed.append(str(error))
    except KeyboardInterrupt:
        return 130
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
