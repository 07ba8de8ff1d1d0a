"""A pytest plugin beside pytest-cov: a coverage floor for each distribution, not for the sum.

Loaded by ``dev.py test --cov``. A distribution counts when the run measured any of its modules and
its own tests were among those that ran.
"""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import cast

import pytest
from coverage import Coverage
from coverage.exceptions import NoDataError
from repository import ROOT, Distribution, plugins

FLOOR = float(os.environ.get("FASTJANGO_COVERAGE_FLOOR", "95"))  # per cent, lines and branches


class Floors:
    """Computes the figures when the run is over and prints them before pytest's last line."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.figures: dict[str, float] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Measure, and fail the run where a distribution is below the floor."""
        if hasattr(self.config, "workerinput"):
            return
        data = Path(os.environ.get("COVERAGE_FILE") or self.config.rootpath / ".coverage")
        if not data.exists():
            return
        for member in plugins():
            if self._ran(session, member):
                figure = measured(data, member)
                if figure is not None:
                    self.figures[member.name] = figure
        if session.exitstatus == 0 and any(figure < FLOOR for figure in self.figures.values()):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _ran(self, session: pytest.Session, member: Distribution) -> bool:
        """Tell whether the arguments of the run take in the distribution's own tests."""
        tests = (member.path / "tests").resolve()
        apart = cast("list[str]", session.config.getoption("--apart", None) or [])
        places = [
            Path(part.partition("::")[0]).resolve() for part in [*apart, *session.config.args]
        ]
        return any(tests == place or place in tests.parents for place in places)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print one line for each distribution."""
        if not self.figures:
            return
        terminalreporter.section(f"coverage, lines and branches, floor {FLOOR:g} %")
        for name, figure in self.figures.items():
            below = figure < FLOOR
            mark = "  BELOW THE FLOOR" if below else ""
            terminalreporter.write_line(f"{figure:6.2f} %  {name}{mark}", red=below)


def measured(data: Path, member: Distribution) -> float | None:
    """Return the per cent of lines and branches of a distribution, None if none was measured."""
    coverage = Coverage(data_file=str(data), config_file=str(ROOT / "pyproject.toml"))
    coverage.load()
    source = member.path / "src"
    # Code that tests compile under a name of ours has no file, and is none of the distribution's.
    files = [Path(file) for file in coverage.get_data().measured_files()]
    absent = [str(file) for file in files if file.is_relative_to(source) and not file.exists()]
    try:
        return coverage.report(
            include=[str(source / "*")], omit=absent, file=io.StringIO(), show_missing=False
        )
    except NoDataError:
        return None


def pytest_configure(config: pytest.Config) -> None:
    """Register the plugin object of this run."""
    config.pluginmanager.register(Floors(config), "fastjango-coverage-floors")
