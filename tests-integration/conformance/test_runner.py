"""The runner of other projects' tests: finding the harness, the mapping, floors and the page."""

import importlib.util
import sys
import tomllib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fastjango.django import NameTable, names

HERE = Path(__file__).resolve().parent


def load(name: str) -> ModuleType:
    """Import a script of this folder, which is no package."""
    spec = importlib.util.spec_from_file_location(f"conformance_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.path[:]
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = before
    return module


run, report, mapping = load("run"), load("report"), load("mapping")


class TestHarness:
    def test_a_missing_harness_is_explained(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert run.main(["django", "--harness", str(tmp_path)]) == 2
        shown = capsys.readouterr().err
        assert str(tmp_path) in shown
        assert "FASTJANGO_CONFORMANCE_DIR" in shown

    def test_places(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "django_suite").mkdir()
        (tmp_path / "django_suite" / "run_suite.py").touch()
        assert run.find_harness(str(tmp_path)) == tmp_path.resolve()
        monkeypatch.setenv("FASTJANGO_CONFORMANCE_DIR", str(tmp_path))
        assert run.find_harness(None) == tmp_path.resolve()

    def test_interpreters(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("FASTJANGO_CONFORMANCE_PYTHON", "/somewhere/python")
        assert run.find_python(None) == "/somewhere/python"
        assert run.find_python("/other/python") == "/other/python"


class TestMapping:
    def test_the_mapping_is_the_table(self) -> None:
        found = tomllib.loads(mapping.render(names(), "plumbing"))
        assert found["meta"]["adapter"] == "adapter_fastjango"
        assert found["modules"]["django.utils.text"] == "fastjango.values.text"
        assert found["modules"]["django.contrib.gis"] == ""
        assert found["facades"]["django.db"]["*"] == "fastjango.orm"
        plumbing = found["facades"]["django.utils.deprecation"]
        assert plumbing["RemovedInDjango2028Warning"] == "plumbing:RemovedInDjango2028Warning"
        assert "fastjango" in plumbing["MiddlewareMixin"]

    def test_modules_below_plain_modules_are_gathered(self) -> None:
        table = NameTable(
            modules={"django.a": "fastjango.core.hooks", "django.a.b": "fastjango.core"},
            trees={},
            names={},
        )
        aliased, gathered = mapping.split_modules(table)
        assert aliased == {"django.a.b": "fastjango.core"}
        assert gathered == {"django.a": {"*": "fastjango.core.hooks"}}
        assert not mapping.is_package("fastjango.no_such.thing")


def results(passed: int, *, message: str = "AssertionError: 1 != 2") -> dict[str, Any]:
    failing = [f"folder.tests.Case.test_{number}" for number in range(10 - passed)]
    return {
        "folders": [
            {
                "folder": "folder",
                "area": "orm",
                "reachable": 10,
                "passed": passed,
                "failing": failing,
            },
            {"folder": "empty", "area": "orm", "reachable": 0, "passed": 0, "failing": []},
        ],
        "details": {"folder": {"load_errors": {}, "fatal": None}},
        "messages": {test: {"st": "fail", "msg": message} for test in failing},
    }


class TestFloors:
    def test_a_drop_fails(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        floors, page = tmp_path / "floors.toml", tmp_path / "page.md"
        assert report.judge(results(8), floors, page, update=True) == 0
        assert report.load_floors(floors)["folder"]["passed"] == 8
        assert report.judge(results(7), floors, page, update=True) == 1
        assert "BELOW THE FLOOR folder: 7 pass, the floor is 8" in capsys.readouterr().out
        assert report.load_floors(floors)["folder"]["passed"] == 8
        assert report.judge(results(9), floors, page, update=False) == 0
        assert report.load_floors(floors)["folder"]["passed"] == 8
        assert "| folder | 8 | 10 | 80.0 |" in page.read_text()

    @pytest.mark.parametrize(
        ("message", "reason"),
        [
            ("ModuleNotFoundError: No module named 'django.template'", "templates"),
            ("ImportError: cannot import name 'forms' from 'django.forms'", "forms"),
            ("ModuleNotFoundError: No module named 'django.odd'", "a module or name is not"),
            ("AssertionError: RemovedInDjango2028Warning not triggered", "deprecations"),
            ("ValueError: x\n  at line", "differs or is missing"),
        ],
    )
    def test_reasons(self, message: str, reason: str) -> None:
        assert reason in report.reason_of(message)

    def test_reasons_of_modules_and_folders(self) -> None:
        found = results(9)
        row = found["folders"][0]
        found["details"]["folder"]["load_errors"] = {
            "folder.tests": "ModuleNotFoundError: No module named 'django.contrib.auth'"
        }
        assert report.reasons(row, found) == {f"{report.MISSING}auth": 1}
        found["details"]["folder"]["fatal"] = {"msg": "TypeError: broken"}
        assert report.reasons(row, found) == {"differs or is missing; see the list of the run": 1}

    def test_the_floors_of_the_repository_and_the_page_agree(self) -> None:
        floors = report.load_floors(HERE / "floors.toml")
        page = (HERE.parents[1] / "docs" / "conformance.md").read_text()
        assert floors
        for folder, floor in floors.items():
            assert f"| {folder} | {floor['passed']} | {floor['of']} |" in page, folder
