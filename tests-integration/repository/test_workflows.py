"""The workflows are valid, pinned, and run what a developer runs."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from _verbs import VERBS, check_steps
from _wheel_steps import closure
from repository import ROOT
from wheels import STEPS

FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def test_there_are_workflows() -> None:
    assert {path.stem for path in FILES} >= {"checks", "release"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_action_is_pinned_and_every_job_ends(path: Path) -> None:
    workflow = yaml.safe_load(path.read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        assert job["timeout-minutes"] <= 60, name
        for step in job["steps"]:
            if "uses" in step:
                assert re.search(r"@(v\d+|release/v\d+)$", step["uses"]), step["uses"]


def test_every_script_that_a_workflow_calls_exists() -> None:
    for path in FILES:
        for script in re.findall(r"python (tools/[\w./]+)", path.read_text()):
            assert (ROOT / script).is_file(), script


def test_every_verb_that_a_workflow_calls_exists() -> None:
    for path in FILES:
        verbs = re.findall(r"python tools/dev\.py (\S+)", path.read_text())
        assert set(verbs) <= set(VERBS), path


def test_the_jobs_of_the_check_run_every_step_once() -> None:
    runs = [
        step["run"].split("dev.py check ")[1].split()
        for job in _jobs("checks.yml").values()
        for step in job["steps"]
        if "dev.py check" in step.get("run", "")
    ]
    for name, _ in check_steps(Path("python")):
        assert [any(word in name for word in words) for words in runs].count(True) == 1, name


def test_the_suite_runs_on_every_supported_python() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text())["jobs"]
    for name in ("tests", "wheels"):
        assert jobs[name]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert jobs["wheels"]["strategy"]["matrix"]["step"] == list(STEPS)
    assert set(jobs["tests"]["services"]) == {"postgres", "mariadb", "redis", "memcached"}


def test_a_release_is_proven_by_every_step_first() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "release.yml").read_text())["jobs"]
    assert set(jobs["publish"]["needs"]) == {"build", "prove"}
    assert jobs["build"]["steps"][3]["run"].endswith("--steps install")
    assert ["install", *jobs["prove"]["strategy"]["matrix"]["step"]] == list(STEPS)


def test_the_ci_script_asks_for_the_services_and_runs_the_test_command() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert "export FASTJANGO_REQUIRE_SERVICES=1" in text
    assert text.strip().splitlines()[-1].startswith("exec python3 tools/dev.py test")
    assert "python3 tools/dev.py test" in (ROOT / "README.md").read_text()
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o111


def test_fastapis_tests_run_on_every_change_of_the_distribution() -> None:
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "conformance.yml").read_text())
    events = workflow[True]  # YAML reads the key `on` as a truth value
    wanted = {f"packages/fastjango-{stem}/**" for stem in closure(["http"])}
    for name in ("push", "pull_request"):
        assert wanted <= set(events[name]["paths"]), name
        assert all((ROOT / path.removesuffix("**")).exists() for path in events[name]["paths"])
    (step,) = [step["run"] for step in workflow["jobs"]["fastapi"]["steps"] if "run" in step]
    assert step == "python tools/dev.py conformance fastapi"
    assert "conformance fastapi" not in (ROOT / ".github" / "workflows" / "checks.yml").read_text()


def _jobs(file: str) -> dict[str, Any]:
    jobs: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / file).read_text())
    return jobs["jobs"]


@pytest.mark.parametrize(("file", "name"), [("checks", "conformance"), ("conformance", "fastapi")])
def test_conformance_runs_where_its_harness_is_and_says_so_where_not(file: str, name: str) -> None:
    """The harness is no part of this repository; the job fetches it, or is left out aloud."""
    jobs = _jobs(f"{file}.yml")
    job, absent = jobs[name], jobs[f"{name}-left-out"]
    assert job["if"] == "vars.CONFORMANCE_REPOSITORY != ''"
    assert absent["if"] == "vars.CONFORMANCE_REPOSITORY == ''"
    (fetched,) = [step["with"] for step in job["steps"] if "repository" in step.get("with", {})]
    assert fetched["repository"] == "${{ vars.CONFORMANCE_REPOSITORY }}"
    (step,) = [step for step in job["steps"] if "run" in step]
    assert step["env"] == {
        "FASTJANGO_CONFORMANCE_DIR": "${{ github.workspace }}/" + fetched["path"]
    }
    (said,) = [step["run"] for step in absent["steps"]]
    assert said.startswith('echo "::notice title=Conformance did not run::')
    assert "CONFORMANCE_REPOSITORY" in said


def test_every_job_that_runs_conformance_fetches_the_harness() -> None:
    for path in FILES:
        for name, job in _jobs(path.name).items():
            commands = [step for step in job["steps"] if "conformance" in step.get("run", "")]
            named = [step for step in commands if "tools/dev.py" in step["run"]]
            assert all("FASTJANGO_CONFORMANCE_DIR" in step.get("env", {}) for step in named), name


def test_without_the_harness_the_verb_says_where_it_is_to_be_put(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "tools" / "dev.py"), "--no-env", "conformance", "django"]
    done = subprocess.run(
        command,
        env={**os.environ, "FASTJANGO_CONFORMANCE_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"The conformance harness is not in {tmp_path}. It fetches the tests of Django and FastAPI "
        "and is kept outside of this repository. Put it there, or name its folder (the one that "
        "holds django_suite and fastapi_suite) with --harness or in FASTJANGO_CONFORMANCE_DIR.\n"
    )
