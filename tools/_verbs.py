"""The verbs of ``dev.py``: what each one runs, in the environment of the repository."""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from _environment import ROOT, SetupError, ensure, members, say

TEST_SECONDS = 600  # after which a single test counts as hanging
INFORMING = ("-V", "--version", "-h", "--help", "--markers", "--cache-show")  # run no tests
JUNIT = ("--junitxml", "--junit-xml", "--junit-prefix", "--junitprefix")
# Options of pytest about the run as a whole, beside those about one group.
WHOLE = (
    *("-x", "--exitfirst", "--maxfail", "-v", "--verbose", "-q", "--quiet", "-r", "--durations"),
    *("--color", "--no-header", "--no-summary", "--collect-only", "--co", *JUNIT),
)
# Options of pytest that take the argument after them, which is no path even where one has its name.
VALUED = (
    *("-k", "-m", "-n", "-p", "-r", "-o", "-c", "-W", "--color", "--deselect", "--dist", *JUNIT),
    *("--durations", "--ignore", "--maxfail", "--numprocesses", "--rootdir", "--tb", "--timeout"),
)
Runner = Callable[[Path, list[str]], int]


@dataclass(frozen=True, slots=True)
class Verb:
    """One verb: its help, and the function that runs it with the environment's Python."""

    run: Runner
    help: str
    more: str = ""


def _become(python: Path, *arguments: str, **variables: str) -> int:
    """Run a program in the foreground, as if it had been called itself; return its status."""
    command, env = [str(python), *arguments], {**os.environ, **variables}
    sys.stdout.flush()
    if os.name == "posix":
        os.chdir(ROOT)
        os.execve(str(python), command, env)  # signals and the exit status are then its own
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def _tool(name: str) -> Runner:
    return lambda python, arguments: _become(python, str(ROOT / name), *arguments)


def _test(python: Path, arguments: list[str]) -> int:
    if absent := absent_paths(arguments):
        say(f"there is no {' and no '.join(absent)}. Paths are relative to {ROOT}")
        return 2
    if "--pdb" in arguments and len(test_groups(_parted(arguments)[0])) > 1:
        say("--pdb needs a path of one distribution: several run in processes of their own")
        return 2
    path = os.pathsep.join(filter(None, [str(ROOT / "tools"), os.environ.get("PYTHONPATH")]))
    # One seed for all workers of a run: they have to collect the same names in the same order.
    seed = os.environ.get("PYTHONHASHSEED") or str(random.randrange(1, 2**32))
    say(f"running pytest with PYTHONHASHSEED={seed}")
    return _become(
        python, "-m", "pytest", *test_arguments(arguments), PYTHONPATH=path, PYTHONHASHSEED=seed
    )


def test_arguments(arguments: list[str]) -> list[str]:
    """Return pytest's arguments: groups run apart, in parallel, with coverage floors if asked for.

    Args:
        arguments: What the caller passed; ``-n`` and ``-p no:xdist`` are theirs to decide. With
            an option that only informs they are returned as they are: no group is started.
    """
    if any(part.partition("=")[0] in INFORMING for part in arguments):
        return arguments
    paths, inner = _parted(arguments)
    serial = "no:xdist" in " ".join(inner)
    if not serial and not any(part.startswith(("-n", "--numprocesses", "--pdb")) for part in inner):
        inner += ["-n", str(min(os.cpu_count() or 1, 8)), "--dist", "worksteal"]
    if not any(part.startswith(("--timeout", "--pdb")) for part in inner):
        inner.append(f"--timeout={TEST_SECONDS}")
    outer = list[str]()
    if "--cov" in inner:
        inner = [part for part in inner if part != "--cov"]
        inner += ["--cov", "--cov-branch", "--cov-report=", "--cov-append"]
        outer += ["-p", "pytest_coverage_floor"]
        (ROOT / ".coverage").unlink(missing_ok=True)
    groups = test_groups(paths)
    if len(groups) == 1:
        return outer + inner + (paths or groups)
    apart = [f"--apart={group}" for group in groups]
    alone = _junit(inner)
    each = [f"--inner={part}" for part in inner if part not in alone]
    return ["-p", "pytest_apart", *outer, *_of_the_whole(inner), *apart, *each]


def _of_the_whole(arguments: list[str]) -> list[str]:
    """Return the options that the summary of all groups needs, with their values."""
    found = list[str]()
    for before, part in zip(["", *arguments], arguments, strict=False):
        is_short = part[:2] in ("-v", "-q", "-r") and before not in VALUED
        if is_short or part.partition("=")[0] in WHOLE or (before in WHOLE and before in VALUED):
            found.append(part)
    return found


def _junit(arguments: list[str]) -> list[str]:
    """Return the options, with their values, of a file that the groups would write one by one."""
    pairs = zip(["", *arguments], arguments, strict=False)
    return [part for before, part in pairs if before in JUNIT or part.partition("=")[0] in JUNIT]


def _parted(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the paths among the arguments, and the other ones in their order."""
    paths, others = list[str](), list[str]()
    for before, part in zip(["", *arguments], arguments, strict=False):
        (paths if before not in VALUED and _is_path(part) else others).append(part)
    return paths, others


def _is_path(argument: str) -> bool:
    return not argument.startswith("-") and (ROOT / argument.partition("::")[0]).exists()


def absent_paths(arguments: list[str]) -> list[str]:
    """Return the arguments that look like paths and name nothing, for which all tests would run.

    What follows an option may be its value, and is left to pytest.
    """
    return [
        part
        for before, part in zip(["", *arguments], arguments, strict=False)
        if not part.startswith("-")
        and ("/" in part or part.endswith(".py"))
        and (not before.startswith("-") or "=" in before)
        and not _is_path(part)
    ]


def test_groups(paths: list[str]) -> list[str]:
    """Return the folders whose tests run in processes of their own: one for each distribution.

    Args:
        paths: What the caller named; everything, if nothing. A path inside a group stands for
            itself, and a folder that holds groups for all of them.
    """
    homes = [file.parent / "tests" for file in members()]
    homes += sorted(ROOT.glob("tests-integration/*/"))
    homes = [home for home in homes if any(home.glob("**/test_*.py"))]
    if not paths:
        return [str(home.relative_to(ROOT)) for home in homes]
    found = list[str]()
    for path in paths:
        place = (ROOT / path.partition("::")[0]).resolve()
        inside = [home for home in homes if place == home or place in home.parents]
        found += [str(home.relative_to(ROOT)) for home in inside] or [path]
    groups = list(dict.fromkeys(found))
    same = {next((home for home in homes if _within(path, home)), None) for path in groups}
    return groups if len(same) > 1 else groups[:1]


def _within(path: str, home: Path) -> bool:
    place = (ROOT / path.partition("::")[0]).resolve()
    return place == home or home in place.parents


def check_steps(python: Path) -> list[tuple[str, list[str]]]:
    """Return the steps of ``check`` in order: a name and a command each."""
    run = [str(python), "-m"]
    packages = [f"fastjango.{file.parent.name.removeprefix('fastjango-')}" for file in members()]
    portions = [name for name in packages if name != "fastjango.fastjango"]
    typed = [part for name in portions for part in ("-p", name)]
    return [
        ("ruff", [*run, "ruff", "check"]),
        ("ruff format", [*run, "ruff", "format", "--check"]),
        ("pyright", [*run, "pyright", "--pythonpath", str(python)]),
        ("mypy", [*run, "mypy", *typed]),
        ("mypy of the tools", [*run, "mypy", *_scripts()]),
        ("types of public names", [str(python), str(ROOT / "tools" / "verify_types.py"), "--kept"]),
        ("import contracts", [str(python), str(ROOT / "tools" / "check_imports.py")]),
        (
            "repository tests",
            [*run, "pytest", "-q", "-p", "no:randomly", "tests-integration/repository"],
        ),
    ]


def _scripts() -> list[str]:
    folders = ("tools", "benchmarks")
    return [str(file) for folder in folders for file in sorted((ROOT / folder).glob("*.py"))]


def _check(python: Path, arguments: list[str]) -> int:
    steps = check_steps(python)
    names = [name for name, _ in steps]
    parser = argparse.ArgumentParser(
        prog="dev.py check",
        description="Runs the steps and prints which failed.",
        epilog=f"Steps: {', '.join(names)}.",
    )
    parser.add_argument(
        "only", nargs="*", metavar="WORD", help="run only the steps whose names hold one of these"
    )
    only: list[str] = parser.parse_args(arguments).only
    if strange := [word for word in only if not any(word in name for name in names)]:
        say(f"no step holds {' and none '.join(strange)}. Steps: {', '.join(names)}")
        return 2
    chosen = [step for step in steps if not only or any(word in step[0] for word in only)]
    env = {**os.environ, "PYTHONPATH": str(ROOT / "tools")}
    results = list[tuple[str, int, float]]()
    for name, command in chosen:
        say(name)
        started = time.monotonic()
        status = subprocess.run(command, cwd=ROOT, env=env, check=False).returncode
        results.append((name, status, time.monotonic() - started))
    for name, status, seconds in results:
        say(f"{'ok    ' if status == 0 else 'FAILED'} {name} ({seconds:.0f} s)")
    return int(any(status for _, status, _ in results))


VERBS: dict[str, Verb] = {
    "demo": Verb(_tool("tools/demo.py"), "make, fill and serve the demo site"),
    "test": Verb(
        _test,
        "run all tests, or those of the paths given",
        "Everything is passed on to pytest. Beside its options: --cov measures coverage, with a\n"
        "floor of 95 % lines and branches for each distribution. Examples:\n"
        "  dev.py test packages/fastjango-core -k settings\n"
        "  dev.py test --cov\n"
        "  dev.py test -m 'not slow'",
    ),
    "check": Verb(
        _check, "ruff, format, pyright, mypy, public types, import contracts, repository tests"
    ),
    "bench": Verb(_tool("benchmarks/run.py"), "run the benchmarks, or the one named"),
    "conformance": Verb(
        _tool("tests-integration/conformance/run.py"),
        "run the tests of Django and FastAPI against FastJango",
    ),
    "docs": Verb(_tool("tools/build_docs.py"), "build the documentation, strictly and offline"),
    "wheels": Verb(
        _tool("tools/wheels.py"),
        "build all wheels, install them alone, in pairs and together, and test them",
    ),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py",
        description="Makes the environment of this repository on first use and runs a verb in it.",
        epilog="Each verb takes --help; the paths that it takes are relative to the root of the "
        "repository. FASTJANGO_VENV names another folder for the environment.",
    )
    parser.add_argument(
        "--no-env",
        action="store_true",
        help="run in the Python that runs this, which has everything installed (used by hatch)",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, verb in VERBS.items():
        verbs.add_parser(name, help=verb.help, add_help=False)
    return parser


def _explain_test() -> None:
    verb = VERBS["test"]
    print(f"usage: dev.py test [arguments of pytest]\n\n{verb.help.capitalize()}.\n")
    print(f"{verb.more}\n\npytest --help lists the rest.")


def main(arguments: Sequence[str]) -> int:
    """Run one verb; return the exit status."""
    # Before the verb there are options of dev.py alone, behind it those of the verb alone.
    words = [index for index, part in enumerate(arguments) if not part.startswith("-")]
    end = words[0] + 1 if words else len(arguments)
    parser, rest = _parser(), list(arguments[end:])
    if words and (named := arguments[words[0]]) not in VERBS:
        near = get_close_matches(named, VERBS, n=1)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        parser.error(f"there is no verb {named!r}. Verbs: {', '.join(VERBS)}.{hint}")
    options = parser.parse_args(arguments[:end])
    verb = VERBS[options.verb]
    asks_for_help = "--help" in rest or "-h" in rest
    if options.verb == "test" and asks_for_help:
        _explain_test()
        return 0
    try:
        if options.no_env or asks_for_help:  # help needs no environment
            python = Path(sys.executable)
        else:
            folder = Path(os.environ.get("FASTJANGO_VENV") or ROOT / ".venv").absolute()
            python = ensure(folder)
    except SetupError as error:
        print(f"dev: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("dev: stopped; nothing half-made was left.", file=sys.stderr)
        return 130
    try:
        return verb.run(python, rest)
    except KeyboardInterrupt:
        return 130
