"""`tools/pytest_coverage_floor.py`: a figure for each distribution that was measured."""

import warnings
from pathlib import Path

import pytest_coverage_floor
from coverage import CoverageData
from repository import Distribution

MODULE = "def used():\n    return 1\n\n\ndef unused():\n    return 2\n"


def data_of(folder: Path, *files: Path) -> Path:
    """Write the data of a run that entered `used()` of each file."""
    data = CoverageData(basename=str(folder / ".coverage"))
    data.add_arcs({str(file): [(-1, 1), (1, 5), (5, -1), (-1, 2), (2, -1)] for file in files})
    data.write()
    return folder / ".coverage"


def test_code_that_was_made_at_run_time_is_left_out(tmp_path: Path) -> None:
    member = Distribution(tmp_path / "fastjango-some")
    member.source.mkdir(parents=True)
    module = member.source / "module.py"
    module.write_text(MODULE)
    wanted = pytest_coverage_floor.measured(data_of(tmp_path, module), member)
    assert wanted == 75.0
    (tmp_path / ".coverage").unlink()
    data = data_of(tmp_path, module, member.source / "made_by_compile.py")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert pytest_coverage_floor.measured(data, member) == wanted


def test_a_distribution_that_was_not_measured_has_no_figure(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere.py"
    elsewhere.write_text(MODULE)
    data = data_of(tmp_path, elsewhere)
    assert pytest_coverage_floor.measured(data, Distribution(tmp_path / "fastjango-some")) is None
