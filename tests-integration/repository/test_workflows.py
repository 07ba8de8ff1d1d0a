"""The workflows are valid, pinned, and run what a developer runs."""

import re
from pathlib import Path

import pytest
import yaml
from repository import ROOT
from wheels import closure

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


def test_the_suite_runs_on_every_supported_python() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "checks.yml").read_text())["jobs"]
    for name in ("tests", "wheels"):
        assert jobs[name]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13", "3.14"]
    assert set(jobs["tests"]["services"]) == {"postgres", "mariadb", "redis", "memcached"}


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
