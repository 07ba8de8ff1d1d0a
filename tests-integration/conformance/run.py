"""Runs other projects' own tests on FastJango, keeps the table of the docs and the floors.

    python run.py django [FOLDER...] [--area AREA] [--update]
    python run.py fastapi [-k EXPR]
    python run.py page

`django`: Django's tests through the import shim, one process for each folder. Prints a table and
the red tests that have no reason in `reasons/`, and fails when a folder passes fewer tests than its
floor in `floors.toml`; `--update` raises the floors, keeps the red tests and rewrites
`docs/conformance.md`. Folders that test what is not offered (`absent.toml`) are run only by name.
`fastapi`: FastAPI's tests with our classes in place of FastAPI's. `page`: rewrites the page from
what was kept, after a change of the reasons.

The harness, which runs the suites, is no part of this repository: it is looked for in `--harness`,
in `FASTJANGO_CONFORMANCE_DIR`, and in the folder `shared/conformance` beside the repository. The
tests of Django need Python >= 3.12: `--python` (or `FASTJANGO_CONFORMANCE_PYTHON`) names an
interpreter that has the packages; without it an environment is made with uv.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
DEFAULT_HARNESS = ROOT.parent / "shared" / "conformance"
ENVIRONMENT = ROOT / ".venv-conformance"
SUITE_PYTHON = "3.13"
TEST_PACKAGES = (
    "pip",
    "setuptools",
    "hypothesis",
    "jinja2",
    "docutils",
    "PyYAML",
    "argon2-cffi",
    "bcrypt",
    "Pillow",
    "tblib",
    "aiosmtpd",
    "tzdata",
    "numpy",
    "pymemcache",
    "redis",
    "asgiref",
    "pytest",
)

sys.path.insert(0, str(HERE))
import red  # noqa: E402  # a neighbour
import report  # noqa: E402  # a neighbour


class ConformanceError(Exception):
    """The run cannot start."""


def find_harness(given: str | None) -> Path:
    """Return the folder of the harness.

    Raises:
        ConformanceError: There is none.
    """
    named = given or os.environ.get("FASTJANGO_CONFORMANCE_DIR")
    folder = Path(named) if named else DEFAULT_HARNESS
    if (folder / "django_suite" / "run_suite.py").is_file():
        return folder.resolve()
    raise ConformanceError(
        f"The conformance harness is not in {folder}. It fetches the tests of Django and FastAPI "
        "and is kept outside of this repository. Put it there, or name its folder (the one that "
        "holds django_suite and fastapi_suite) with --harness or in FASTJANGO_CONFORMANCE_DIR."
    )


def _uv() -> list[str]:
    for candidate in (Path(sys.executable).with_name("uv"), shutil.which("uv")):
        if candidate and Path(candidate).exists():
            return [str(candidate)]
    raise ConformanceError(
        "uv is needed to make the environment of the suites: pip install uv, or name an "
        "interpreter that has the packages with --python."
    )


def find_python(given: str | None) -> str:
    """Return an interpreter that has FastJango and the suite's test packages; makes one."""
    named = given or os.environ.get("FASTJANGO_CONFORMANCE_PYTHON")
    if named:
        # Not resolved: the link is what makes it an environment.
        return str(Path(named).absolute())
    python = ENVIRONMENT / "bin" / "python"
    uv = _uv()
    if not python.exists():
        print(f"Making {ENVIRONMENT.name} for Python {SUITE_PYTHON} ...", flush=True)
        subprocess.run([*uv, "venv", "-q", "--python", SUITE_PYTHON, str(ENVIRONMENT)], check=True)
    packages = [str(path.parent) for path in sorted(ROOT.glob("packages/*/pyproject.toml"))]
    editable = [part for package in packages for part in ("-e", package)]
    subprocess.run(
        [*uv, "pip", "install", "-q", "--python", str(python), *TEST_PACKAGES, *editable],
        check=True,
        cwd=ROOT,
    )
    return str(python)


def merged_baseline(harness: Path, database: str, target: Path) -> None:
    """Write the harness's baseline with that of the folders which only we look at."""
    known = json.loads((harness / f"baseline/django-6.1.3-{database}.json").read_text())
    extra = json.loads((HERE / "baseline_extra.json").read_text())
    known["folders"] = {**extra["folders"], **known["folders"]}
    target.write_text(json.dumps(known))


def launcher(python: str, folder: Path) -> str:
    """Return a command that runs the interpreter with the adapter on its path.

    The harness sets `PYTHONPATH` for its processes; this adds to it.
    """
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH="$PYTHONPATH:{HERE}" exec "{python}" "$@"\n')
    script.chmod(0o755)
    return str(script)


def run_django(options: argparse.Namespace) -> int:
    """Run Django's tests; return the exit code."""
    suite = find_harness(options.harness) / "django_suite"
    python = find_python(options.python)
    database = options.database.split(":")[0]
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        work = Path(name)
        mapping, baseline, results = work / "map.toml", work / "base.json", work / "out.json"
        subprocess.run([python, str(HERE / "mapping.py"), str(mapping)], check=True)
        merged_baseline(suite, database, baseline)
        command = [
            python,
            str(suite / "run_suite.py"),
            *("--mapping", str(mapping), "--baseline", str(baseline), "--json", str(results)),
            *("--python", launcher(python, work), "--database", options.database),
            *("--jobs", str(options.jobs), "--blockers", str(options.blockers)),
            *("--timeout", str(options.timeout)),
        ]
        if options.area:
            command += ["--area", options.area]
        if options.expression:
            command += ["--only", options.expression]
        folders: Iterable[str] = options.folders
        if not folders and not options.area:
            known = set(json.loads(baseline.read_text())["folders"])
            folders = sorted(known - set(red.read_absent(HERE)))
        environment = {**os.environ, "PYTHONPATH": str(HERE)}
        finished = subprocess.run([*command, *folders], check=False, env=environment)
        if not results.exists():
            return finished.returncode or 1
        found: dict[str, Any] = json.loads(results.read_text())
        if options.json:
            shutil.copy(results, options.json)
    if options.expression:
        # A part of a folder says nothing about its floor.
        return 0
    areas = json.loads((HERE / "baseline_extra.json").read_text())["folders"]
    for row in found["folders"]:
        row["area"] = areas.get(row["folder"], row)["area"]
    status = report.judge(found, HERE, options.update)
    return write_pages(options) or status if options.update else status


def write_pages(options: argparse.Namespace) -> int:
    """Write the page of the docs and the README's figure; return the exit code."""
    report.write_pages(HERE, ROOT / "docs/conformance.md", ROOT / "README.md")
    return 0


def run_fastapi(options: argparse.Namespace) -> int:
    """Run FastAPI's tests; return the exit code."""
    script = find_harness(options.harness) / "fastapi_suite" / "run.py"
    command = [sys.executable, str(script), "--project", str(ROOT)]
    if options.python:
        command += ["--python", options.python]
    if options.expression:
        command += ["-k", options.expression]
    uv = Path(_uv()[0]).parent
    environment = {**os.environ, "PATH": f"{uv}{os.pathsep}{os.environ.get('PATH', '')}"}
    return subprocess.run(command, check=False, env=environment).returncode


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    made = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    made.add_argument("suite", choices=("django", "fastapi", "page"))
    made.add_argument("folders", nargs="*", help="django: folders of the suite")
    made.add_argument("--harness", help="the folder that holds django_suite and fastapi_suite")
    made.add_argument("--python", help="an interpreter that has the packages")
    made.add_argument("--area", default="", help="django: areas of the survey, by commas")
    made.add_argument("--database", default="sqlite", help="django: sqlite or a database URL")
    made.add_argument("-j", "--jobs", type=int, default=1, help="django: folders at a time")
    made.add_argument("--blockers", type=int, default=15, help="django: reasons to print")
    made.add_argument("--timeout", type=float, default=600, help="django: seconds for a folder")
    made.add_argument("--json", help="django: where to keep the full results")
    made.add_argument("--update", action="store_true", help="django: raise floors, write the page")
    made.add_argument("-k", dest="expression", help="only tests that fit")
    return made


def main(argv: list[str] | None = None) -> int:
    """Run a suite; return the exit code."""
    options = parser().parse_intermixed_args(argv)
    try:
        runs = {"django": run_django, "fastapi": run_fastapi, "page": write_pages}
        return runs[options.suite](options)
    except (ConformanceError, red.ReasonError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
