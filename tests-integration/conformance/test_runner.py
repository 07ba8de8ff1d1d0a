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


run, red, report, mapping = load("run"), load("red"), load("report"), load("mapping")


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
        floors = tmp_path / "floors.toml"
        assert report.judge(results(8), tmp_path, update=True) == 0
        assert report.load_floors(floors)["folder"]["passed"] == 8
        assert report.judge(results(7), tmp_path, update=True) == 1
        assert "BELOW THE FLOOR folder: 7 pass, the floor is 8" in capsys.readouterr().out
        assert report.load_floors(floors)["folder"]["passed"] == 8
        assert red.read_red(tmp_path, "folder") == ["tests.Case.test_0", "tests.Case.test_1"]
        assert report.judge(results(9), tmp_path, update=False) == 0
        assert report.load_floors(floors)["folder"]["passed"] == 8
        assert report.judge(results(10), tmp_path, update=True) == 0
        assert not red.read_red(tmp_path, "folder")

    def test_the_page_and_the_readme(self, tmp_path: Path) -> None:
        report.judge(results(8), tmp_path, update=True)
        page, readme = tmp_path / "page.md", tmp_path / "README.md"
        row = "| tests that pass on it, in {} folders; [the table](x) | {} | `do` |\n"
        readme.write_text(row.format(2, "1,000 of 2,000"))
        report.write_pages(tmp_path, page, readme)
        assert "| folder | 8 | 10 | 80.0 | [2](#folder), 2 with no reason" in page.read_text()
        assert readme.read_text() == row.format(1, "8 of 10")

    def test_a_share_is_100_only_when_all_pass(self) -> None:
        assert report.share(9999, 10000) == "99.9"
        assert report.share(10, 10) == "100.0"
        assert report.share(0, 0) == "0.0"


class TestReasons:
    @pytest.fixture
    def base(self, tmp_path: Path) -> Path:
        (tmp_path / "reasons").mkdir()
        (tmp_path / "reasons" / "_shared.toml").write_text('later = "Comes later."\n')
        (tmp_path / "reasons" / "folder.toml").write_text(
            '[[reason]]\nwhy = """Says\n  more."""\ntests = ["tests.Case.test_0", "tests.No.*"]\n'
            '[[reason]]\nshared = "later"\ntests = ["tests.*_1"]\n'
        )
        return tmp_path

    def test_each_red_test_gets_the_first_reason_that_fits(
        self, base: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        report.judge(results(7), base, update=True)
        shown = capsys.readouterr().out
        assert shown == "NO REASON folder: tests.Case.test_2: AssertionError: 1 != 2\n"
        report.write_pages(base, base / "page.md", base / "none.md")
        page = (base / "page.md").read_text()
        assert "1 have no reason recorded yet." in page
        assert "- 1: Says more. (`tests.Case.test_0`, `tests.No.*`)" in page
        assert "- 1: Comes later. (`tests.*_1`)" in page
        assert "- 1: no reason recorded yet: `tests.Case.test_2`" in page

    def test_a_pattern_without_a_red_test_is_found(self, base: Path) -> None:
        found = red.explain(base, "folder", ["tests.Case.test_0", "tests.Case.test_1"])
        assert found.without == []
        assert found.idle() == ["tests.No.*"]

    def test_an_entry_says_why_and_which(self, base: Path) -> None:
        (base / "reasons" / "folder.toml").write_text('[[reason]]\nshared = "x"\ntests = ["*"]\n')
        with pytest.raises(red.ReasonError, match="`why` or `shared` with one of"):
            red.read_reasons(base, "folder")

    def test_folders_of_what_is_not_offered(self, base: Path) -> None:
        assert red.read_absent(base) == {}
        (base / "absent.toml").write_text('[folders]\nattic = { of = 1200, shared = "later" }\n')
        assert red.read_absent(base) == {"attic": (1200, "Comes later.")}
        page = report.render_page(base, {})
        assert "1 folders with 1,200 tests." in page
        assert "| attic | 1200 | Comes later. |" in page
        (base / "absent.toml").write_text("[folders]\nattic = { of = 1200 }\n")
        with pytest.raises(red.ReasonError, match="attic needs `shared`"):
            red.read_absent(base)

    def test_messages_of_modules_and_folders(self) -> None:
        found = results(8)
        row = found["folders"][0]
        del found["messages"]["folder.tests.Case.test_1"]
        assert report.messages(row, found) == {
            "folder.tests.Case.test_0": "AssertionError: 1 != 2",
            "folder.tests.Case.test_1": "not run, or skipped",
        }
        found["details"]["folder"]["load_errors"] = {"folder.tests": "x\nImportError: no name"}
        assert set(report.messages(row, found).values()) == {"ImportError: no name"}
        found["details"]["folder"]["fatal"] = {"msg": "TypeError: broken"}
        assert set(report.messages(row, found).values()) == {"TypeError: broken"}


class TestRecord:
    """What is kept in the repository."""

    def test_the_page_and_the_readme_are_those_of_the_record(self) -> None:
        floors = report.load_floors(HERE / "floors.toml")
        root = HERE.parents[1]
        again = "run `python tests-integration/conformance/run.py page`"
        assert floors
        assert (root / "docs/conformance.md").read_text() == report.render_page(HERE, floors), again
        readme = (root / "README.md").read_text()
        assert report.README_ROW.search(readme)
        assert report.with_figure(readme, floors) == readme, again

    def test_no_pattern_is_idle(self) -> None:
        floors = report.load_floors(HERE / "floors.toml")
        idle = {
            folder: found.idle()
            for folder, found in report.explained(HERE, floors).items()
            if red.read_red(HERE, folder) and found.idle()
        }
        assert not idle

    def test_files_belong_to_folders(self) -> None:
        floors = set(report.load_floors(HERE / "floors.toml"))
        assert {path.stem for path in HERE.glob("red/*.txt")} <= floors
        assert {path.stem for path in HERE.glob("reasons/[!_]*.toml")} <= floors
        assert not floors & set(red.read_absent(HERE))
