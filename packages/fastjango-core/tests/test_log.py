"""Logging set-up."""

import logging

import pytest
from fastjango.core import log
from fastjango.core.log import (
    CallbackFilter,
    RequireDebugFalse,
    RequireDebugTrue,
    ServerFormatter,
    configure_logging,
)
from fastjango.core.management.color import make_style


@pytest.fixture(autouse=True)
def restored():
    loggers = [logging.getLogger(name) for name in ("fastjango", "fastjango.server", "shelf")]
    before = [(x, x.handlers[:], x.level, x.propagate) for x in loggers]
    yield
    for logger, handlers, level, propagate in before:
        logger.handlers[:], logger.propagate = handlers, propagate
        logger.setLevel(level)


def record(**extra):
    made = logging.LogRecord("x", logging.INFO, "f", 1, '"GET %s"', ("/",), None)
    vars(made).update(extra)
    return made


def test_the_defaults_show_info_on_the_console_in_debug(configured, capsys):
    configure_logging("logging.config.dictConfig", {})
    logger = logging.getLogger("fastjango.core.thing")
    configured(DEBUG=False)
    logger.warning("quiet")
    configured(DEBUG=True)
    logger.info("shown")
    logger.debug("too fine")
    assert capsys.readouterr().err == "shown\n"
    logging.getLogger("fastjango.server").info("served", extra={"status_code": 200})
    assert capsys.readouterr().err.endswith("] served\n")


def test_the_projects_logging_comes_on_top(monkeypatch):
    configure_logging(
        "logging.config.dictConfig",
        {"version": 1, "disable_existing_loggers": False, "loggers": {"shelf": {"level": "ERROR"}}},
    )
    assert logging.getLogger("shelf").level == logging.ERROR
    assert logging.getLogger("fastjango").level == logging.INFO
    given = []
    monkeypatch.setattr(log, "own", given.append, raising=False)
    configure_logging("fastjango.core.log.own", {"any": "thing"})
    assert given == [{"any": "thing"}]


def test_no_function_means_no_set_up():
    logging.getLogger("fastjango").setLevel(logging.CRITICAL)
    configure_logging(None, {"version": 1})
    assert logging.getLogger("fastjango").level == logging.CRITICAL


def test_filters(configured):
    configured(DEBUG=True)
    assert RequireDebugTrue().filter(record())
    assert not RequireDebugFalse().filter(record())
    assert CallbackFilter(lambda r: r.name == "x").filter(record())
    assert not CallbackFilter(lambda r: False).filter(record())


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (100, "1"),
        (200, ""),
        (302, "32"),
        (304, "36"),
        (404, "33;1"),
        (400, "31;1"),
        (500, "35;1"),
        (599, "35;1"),
        (None, ""),
    ],
)
def test_server_lines_are_coloured_by_status(status, code):
    formatter = ServerFormatter("[{server_time}] {message}", style="{")
    formatter.style = make_style("dark")
    line = record(status_code=status, server_time="now")
    expected = f'\x1b[{code}m"GET /"\x1b[0m' if code else '"GET /"'
    assert formatter.format(line) == f"[now] {expected}"
    assert line.msg == '"GET %s"'


def test_server_time_is_added_when_asked_for():
    line = record()
    ServerFormatter("%(message)s").format(line)
    assert not hasattr(line, "server_time")
    assert ServerFormatter("{server_time}|{message}", style="{").format(line).endswith('|"GET /"')
