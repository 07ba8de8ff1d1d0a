"""Runs management commands in forks of one process that has imported the ORM already.

Started by the tests of commands: a fork is as good as a program of its own and starts in
milliseconds. Requests and answers are lines of JSON on stdin and stdout.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import sys
from typing import Any

import fastjango.orm.management.commands.makemigrations
import fastjango.orm.management.commands.migrate
import fastjango.orm.models  # noqa: F401  # imported for the forks
from fastjango.core.management import execute_from_command_line


def _die_before_statement(number: int) -> None:
    """Let the process be killed before its statement of this number, counted from one."""
    from fastjango.orm.engine.wrapper import BaseDatabaseWrapper

    left = itertools.count(number - 1, -1)
    connect = BaseDatabaseWrapper.connect
    installed: list[Any] = []  # a wrapper leaves when its context manager is forgotten

    def count(execute: Any, *arguments: Any) -> Any:
        if next(left) == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*arguments)

    def connect_and_count(self: Any) -> None:
        connect(self)
        if count not in self.execute_wrappers:
            installed.append(self.execute_wrapper(count))
            installed[-1].__enter__()

    BaseDatabaseWrapper.connect = connect_and_count  # type: ignore[method-assign]


def child(request: dict[str, object]) -> None:
    """Be the program."""
    folder = str(request["folder"])
    os.chdir(folder)
    os.setsid()
    sink = os.open(str(request["output"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    source = os.open(str(request["answers"] or os.devnull), os.O_RDONLY)
    os.dup2(source, 0)
    os.dup2(sink, 1)
    os.dup2(sink, 2)
    sys.stdin = os.fdopen(0, "r", closefd=False)
    sys.stdout = os.fdopen(1, "w", closefd=False, buffering=1)
    sys.stderr = os.fdopen(2, "w", closefd=False, buffering=1)
    sys.path.insert(0, folder)
    sys.dont_write_bytecode = True
    os.environ["FASTJANGO_SETTINGS_MODULE"] = "site_settings"
    if request["die_at"]:
        _die_before_statement(int(str(request["die_at"])))
    code = 0
    try:
        execute_from_command_line(["manage.py", *request["arguments"]])  # type: ignore[misc]
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except BaseException:
        import traceback

        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Answer requests until stdin ends."""
    for line in sys.stdin:
        request = json.loads(line)
        if "wait" in request:
            _, status = os.waitpid(request["wait"], 0)
            answer = {"code": os.waitstatus_to_exitcode(status)}
        else:
            pid = os.fork()
            if pid == 0:
                child(request)
            answer = {"pid": pid}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
