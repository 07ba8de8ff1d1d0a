"""Runs an example inside a project: ``run.py NAME FILE``.

`NAME.prelude` makes the project; its `names()` are there when the example begins, and `finish()`
tries what the example defined. An example may `await` at its top, as at the prompt of the shell.
"""

import ast
import asyncio
import inspect
import sys
from importlib import import_module
from pathlib import Path


def main(name: str, file: str) -> None:
    prelude = import_module(f"{name}.prelude")
    scope = {"__name__": f"{name}.example", "__package__": name, **prelude.names()}
    text = Path(file).read_text(encoding="utf-8")
    code = compile(text, file, "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    waiting = eval(code, scope)
    if inspect.iscoroutine(waiting):
        asyncio.run(waiting)
    prelude.finish(scope)


if __name__ == "__main__":
    main(*sys.argv[1:])
