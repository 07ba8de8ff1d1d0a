"""`tools/pytest_apart.py`: groups in processes of their own, one summary."""

import os
import subprocess
import sys
from pathlib import Path

import _verbs
import pytest
import pytest_apart
from repository import ROOT, is_template

STATE = """
import sys

def test_nobody_was_here():
    assert not hasattr(sys, "was_here")
    sys.was_here = True
"""
MIXED = """
import pytest

def test_right():
    pass

def test_wrong():
    assert 1 == 2, "numbers differ"

def test_left_out():
    pytest.skip("not today")

@pytest.mark.xfail(strict=True)
def test_expected():
    assert False
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # What the surrounding run tells its own processes is none of this one's business.
    ours = ("PYTEST_", pytest_apart.REPORT_FD)
    env = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "pytest_apart", "-p", "no:randomly", *arguments],
        cwd=folder,
        env={
            **env,
            "PYTHONPATH": str(ROOT / "tools"),
            "COLUMNS": "80",
            "PYTEST_ADDOPTS": "-p no:schemathesis",  # which takes longer to start than all the rest
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    for name, text in {"one": STATE, "two": STATE, "three": MIXED}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / f"test_{name}.py").write_text(text)
    return tmp_path


def test_groups_do_not_share_a_process(folder: Path) -> None:
    together = run(folder, "one", "two")
    assert together.returncode == 1, "the two tests have to disturb each other"
    apart = run(folder, "--apart=one", "--apart=two")
    assert apart.returncode == 0, apart.stdout
    assert "2 passed" in apart.stdout.splitlines()[-1]


@pytest.mark.parametrize("inner", [(), ("--inner=-n", "--inner=2")])
def test_the_summary_is_pytests_own(folder: Path, inner: tuple[str, ...]) -> None:
    done = run(folder, "-ra", "--apart=one", "--apart=three", *inner)
    assert done.returncode == 1
    last = done.stdout.splitlines()[-1]
    assert "1 failed, 2 passed, 1 skipped, 1 xfailed" in last
    assert "numbers differ" in done.stdout
    assert "FAILED three/test_three.py::test_wrong" in done.stdout
    assert "SKIPPED [1] three/test_three.py:11: not today" in done.stdout


def test_a_file_that_cannot_be_collected_is_an_error(folder: Path) -> None:
    (folder / "two" / "test_two.py").write_text("import no_such_module\n")
    done = run(folder, "--apart=one", "--apart=two")
    assert done.returncode == 1
    assert "no_such_module" in done.stdout
    assert "1 error" in done.stdout.splitlines()[-1]


def test_a_group_whose_process_dies_is_an_error(folder: Path) -> None:
    (folder / "two" / "test_two.py").write_text("import os\ndef test_it():\n    os._exit(7)\n")
    done = run(folder, "--apart=one", "--apart=two")
    assert done.returncode == 1
    assert "two: pytest ended with status 7" in done.stdout
    assert "1 passed" in done.stdout.splitlines()[-1]


def test_everything_is_cut_into_distributions() -> None:
    groups = _verbs.test_groups([])
    assert {"packages/fastjango-core/tests", "tests-integration/repository"} <= set(groups)
    assert len(groups) == len(set(groups))
    assert set(_verbs.test_groups(["packages"])) == {
        group for group in groups if group.startswith("packages")
    }


def test_no_test_file_is_outside_of_every_group() -> None:
    """A file beside the folders of `tests-integration` would never run, and nobody would notice."""
    places = [ROOT / group for group in _verbs.test_groups([])]
    files = [*ROOT.glob("packages/**/test_*.py"), *ROOT.glob("tests-integration/**/test_*.py")]
    inside = [path for path in files if any(place in path.parents for place in places)]
    # The templates of `startproject` and `startapp` hold tests of the projects that they make.
    outside = [path for path in files if path not in inside and not is_template(path)]
    assert len(inside) > 200
    assert outside == []


def test_paths_of_one_group_stay_together() -> None:
    paths = ["tests-integration/tools/test_dev.py", "tests-integration/tools/test_release.py"]
    assert len(_verbs.test_groups(paths)) == 1
    arguments = _verbs.test_arguments([*paths, "-x"])
    assert arguments[-2:] == paths
    assert "-x" in arguments
    assert not any(part.startswith("--apart") for part in arguments)


def test_the_first_failure_ends_the_run_of_all_groups(folder: Path) -> None:
    groups = ("--apart=three", "--apart=one", "--inner=-p", "--inner=no:randomly")
    done = run(folder, "-x", *groups, "--inner=-x")
    assert done.returncode == 1
    assert "1 failed, 1 passed" in done.stdout.splitlines()[-1]
    assert "stopping after 1 failures" in done.stdout
    assert "1 failed, 2 passed, 1 skipped" in run(folder, *groups).stdout.splitlines()[-1]


def test_what_would_run_is_listed(folder: Path) -> None:
    done = run(folder, "--collect-only", "-q", "--apart=one", "--apart=two", "--inner=--co")
    assert done.returncode == 0, done.stdout
    assert "test_one.py" in done.stdout
    assert "test_two.py" in done.stdout
    assert done.stdout.count("<Function test_nobody_was_here>") == 2


def test_options_about_the_run_reach_the_summary_of_all_groups(folder: Path) -> None:
    given = ["-x", "-vv", "-rA", "--maxfail", "2", "--durations=3", "-k", "vision", "-m", "not -r"]
    arguments = _verbs.test_arguments([*given, "--junitxml", "all.xml"])
    outer = [part for part in arguments if not part.startswith(("--apart", "--inner"))]
    assert outer == [
        *("-p", "pytest_apart", "-x", "-vv", "-rA", "--maxfail", "2", "--durations=3"),
        *("--junitxml", "all.xml"),
    ]
    inner = [part.removeprefix("--inner=") for part in arguments if part.startswith("--inner=")]
    assert inner[: len(given)] == given
    assert not any("xml" in part for part in inner)
    done = run(folder, "--junitxml", "all.xml", "--apart=one", "--apart=two")
    assert done.returncode == 0, done.stdout
    assert (folder / "all.xml").read_text().count("<testcase ") == 2


@pytest.mark.parametrize("expression", [("-k", "docs"), ("-m", "tools"), ("-k", "packages")])
def test_an_expression_that_is_also_a_folder_is_no_path(expression: tuple[str, str]) -> None:
    arguments = _verbs.test_arguments(list(expression))
    at = arguments.index(f"--inner={expression[0]}")
    assert arguments[at + 1] == f"--inner={expression[1]}"
    assert len([part for part in arguments if part.startswith("--apart")]) > 20


def test_a_debugger_asks_for_one_group(capsys: pytest.CaptureFixture[str]) -> None:
    assert _verbs.main(["--no-env", "test", "--pdb", "packages"]) == 2
    assert "dev: --pdb needs a path of one distribution" in capsys.readouterr().out
