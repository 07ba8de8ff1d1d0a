"""A pytest plugin that runs groups of tests apart, each in a process of its own, as one run.

Settings, the app registry and the connections belong to a process. So the tests of one
distribution cannot share a process with those of another, and still one summary is wanted. The
outer pytest collects nothing itself: it starts an inner one (with xdist) for each group, and takes
over its reports, so that failures, counts and the exit status are pytest's own.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
import tempfile
from typing import IO, Any, cast

import pytest

REPORT_FD = "FASTJANGO_REPORT_FD"  # where an inner pytest writes its reports
XDIST = ("node", "config")
LINE = 100  # marks per line


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that names the groups; arguments for the inner pytests follow it."""
    group = parser.getgroup("apart")
    group.addoption("--apart", action="append", default=[], help="a folder that runs by itself")
    group.addoption("--inner", action="append", default=[], help="an argument of the inner pytests")


def pytest_configure(config: pytest.Config) -> None:
    """Become the outer or the inner side."""
    if config.getoption("--apart"):
        config.pluginmanager.register(Outer(config), "fastjango-outer")
    elif REPORT_FD in os.environ and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Inside(config), "fastjango-inside")


class Inside:
    """Sends the reports of an inner pytest to the outer one."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.pipe = os.fdopen(int(os.environ[REPORT_FD]), "wb")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Send a report of a test."""
        self.send(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Send the report of a file that cannot be collected."""
        if report.failed:
            self.send(report)

    def send(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        """Write one report: its length, then its fields."""
        hook = self.config.hook
        fields = hook.pytest_report_to_serializable(config=self.config, report=report)
        # xdist leaves its own objects on the reports.
        data = pickle.dumps({name: fields[name] for name in fields if name not in XDIST})
        self.pipe.write(struct.pack("!I", len(data)) + data)
        self.pipe.flush()

    def pytest_unconfigure(self) -> None:
        """Close the pipe: the group is done."""
        self.pipe.close()


class Outer:
    """Runs the groups one after the other and reports what they report."""

    def __init__(self, config: pytest.Config) -> None:
        self.config, self.marks, self.uncollected = config, 0, False
        self.groups = cast("list[str]", config.getoption("--apart"))
        self.inner = cast("list[str]", config.getoption("--inner"))
        seed: object = config.getoption("randomly_seed", None)
        if isinstance(seed, int):  # the one that the header shows
            self.inner = [*self.inner, f"--randomly-seed={seed}"]

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool:
        """Leave the collecting to the inner pytests."""
        session.items = []
        return True

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run every group."""
        reporter = cast("Any", self.config.pluginmanager.get_plugin("terminalreporter"))
        for group in self.groups:
            reporter.write_line(f"\n{group}" if self.marks % LINE else group)
            self.marks = 0
            self.run(session, group, reporter)
            if session.shouldfail or session.shouldstop:
                break
        return True

    def run(self, session: pytest.Session, group: str, reporter: Any) -> None:
        """Run one group and take over its reports."""
        self.uncollected = False
        read, write = os.pipe()
        command = [sys.executable, "-m", "pytest", "-p", "pytest_apart", *self.inner, group]
        with tempfile.TemporaryFile() as log, os.fdopen(read, "rb") as reports:
            inner = subprocess.Popen(
                command,
                env={**os.environ, REPORT_FD: str(write)},
                pass_fds=[write],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
            os.close(write)
            try:
                while (data := read_one(reports)) is not None:
                    self.take(session, data, reporter)
                status = inner.wait()
            except BaseException:
                inner.terminate()
                inner.wait()
                raise
            log.seek(0)
            said = log.read().decode(errors="replace")
            if self.config.getoption("collectonly"):
                reporter.write_line(said)
                session.testscollected += status == 0
            # 2 after a file that cannot be collected, which was reported already.
            if status not in (0, 1, 5) and not (status == 2 and self.uncollected):
                told = f"{group}: pytest ended with status {status}\n{said[-8000:]}"
                self.broken(told, group)

    def take(self, session: pytest.Session, data: dict[str, Any], reporter: Any) -> None:
        """Report one report of an inner pytest as if it were ours."""
        hook = self.config.hook
        report = hook.pytest_report_from_serializable(config=self.config, data=data)
        if isinstance(report, pytest.CollectReport):
            hook.pytest_collectreport(report=report)
            session.testsfailed += 1
            self.uncollected = True
            return
        if report.when == "call" or (report.when == "setup" and not report.passed):
            session.testscollected += 1
            self.marks += 1
            if self.marks % LINE == 0:
                reporter.write("\n")
        hook.pytest_runtest_logreport(report=report)

    def broken(self, text: str, group: str) -> None:
        """Report a group whose pytest itself failed."""
        report = pytest.CollectReport(group, "failed", text, None)
        self.config.hook.pytest_collectreport(report=report)
        session = cast("Any", self.config.pluginmanager.get_plugin("session"))
        session.testsfailed += 1
        session.testscollected += 1


def read_one(reports: IO[bytes]) -> dict[str, Any] | None:
    """Return the next report, None when the inner pytest has closed its end."""
    head = reports.read(4)
    if len(head) < 4:
        return None
    size: int = struct.unpack("!I", head)[0]
    found: dict[str, Any] = pickle.loads(reports.read(size))
    return found
