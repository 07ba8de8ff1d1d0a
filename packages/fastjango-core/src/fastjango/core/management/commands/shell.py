"""An interactive Python with the project loaded."""

from __future__ import annotations

import ast
import asyncio
import builtins
import code
import os
import sys
import traceback
from collections import Counter
from contextlib import suppress
from importlib import import_module
from inspect import CO_COROUTINE
from pathlib import Path
from types import CodeType
from typing import Any

from fastjango.core import apps
from fastjango.core.imports import import_string
from fastjango.core.management import BaseCommand, CommandError, CommandParser
from fastjango.core.management.base import Checks, shell_imports

__all__ = ["AsyncConsole", "Command"]


class AsyncConsole(code.InteractiveConsole):
    """A console, and a runner of scripts, in which `await` works outside of functions."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        super().__init__(namespace)
        self.compile.compiler.flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self.runner: asyncio.Runner = asyncio.Runner()

    def execute(self, found: CodeType) -> None:
        """Run compiled code; code that awaits runs on a loop that lives as long as the console."""
        if found.co_flags & CO_COROUTINE:
            self.runner.run(eval(found, self.locals))
        else:
            exec(found, self.locals)

    def runcode(self, code: CodeType) -> None:
        """Run one entry and show the traceback of an error."""
        try:
            self.execute(code)
        except SystemExit:
            raise
        except BaseException:
            self.showtraceback()

    def run_text(self, source: str) -> None:
        """Run a whole script; errors are raised."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        with self.runner:
            self.execute(compile(source, "<string>", "exec", flags=flags, dont_inherit=True))


class Command(BaseCommand):
    """Starts IPython if it is installed, else plain Python; subclasses may add imports."""

    help = "Runs Python with the models imported and `await` at the prompt; reads piped code."
    requires_system_checks: Checks = ()
    shells: tuple[str, ...] = ("ipython", "python")

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the options."""
        text = "Plain Python: don't run the PYTHONSTARTUP file and ~/.pythonrc.py."
        parser.add_argument("--no-startup", action="store_true", help=text)
        parser.add_argument("--no-imports", action="store_true", help="Don't import anything.")
        text = "The interpreter: ipython or python; the first one that is installed if not given."
        parser.add_argument("-i", "--interface", choices=self.shells, help=text)
        parser.add_argument("-c", "--command", help="Run this code and exit.")

    def get_auto_imports(self) -> list[str]:
        """Return dotted paths to import; of equal names the first wins."""
        paths = ["fastjango.core.conf.settings", "fastjango.core.registry.apps"]
        paths += ["fastjango.core.timezone"]
        paths += [path for given in shell_imports.call() for path in given]
        models = apps.get_models() if apps.models_ready else []
        return [f"{model.__module__}.{model.__qualname__}" for model in models] + paths

    def get_namespace(self, **options: Any) -> dict[str, Any]:
        """Import what the shell offers and say so, in detail with `-v 2`.

        A path that cannot be imported is reported and left out.
        """
        namespace: dict[str, Any] = {}
        if options.get("no_imports"):
            return namespace
        by_module: Counter[str] = Counter()
        for path in self.get_auto_imports():
            module, _, name = path.rpartition(".")
            try:
                found = _load(path)
            except ImportError as error:
                self.stderr.write(f"{path} could not be imported: {error}")
                continue
            if namespace.setdefault(name, found) is found:
                by_module[f"from {module} import {name}"] += 1
        verbosity = options.get("verbosity", 1)
        if verbosity > 0:
            self.stdout.write(
                f"{len(by_module)} objects imported automatically (use -v 2 for details)."
            )
        if verbosity > 1:
            self.stdout.write("\n".join(f"  {line}" for line in by_module))
        return namespace

    def ipython(self, options: dict[str, Any]) -> None:
        """Start IPython, whose prompt awaits by itself."""
        ipython: Any = import_module("IPython")
        ipython.start_ipython(argv=[], user_ns=self.get_namespace(**options))

    def python(self, options: dict[str, Any]) -> None:
        """Start plain Python with completion."""
        namespace = self.get_namespace(**options)
        console = AsyncConsole(namespace)
        try:
            import readline
            import rlcompleter

            readline.set_completer(rlcompleter.Completer(namespace).complete)
            readline.parse_and_bind("tab: complete")
        except ImportError:
            pass
        if not options["no_startup"]:
            self._run_startup_files(namespace)
        with console.runner:
            console.interact(exitmsg="")

    def _run_startup_files(self, namespace: dict[str, Any]) -> None:
        for name in (os.environ.get("PYTHONSTARTUP"), "~/.pythonrc.py"):
            if name and (file := Path(name).expanduser()).is_file():
                try:
                    exec(compile(file.read_text(), file, "exec"), namespace)
                except Exception:
                    traceback.print_exc()

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the given or piped code, or the interpreter."""
        if options["command"] is not None:
            AsyncConsole(self._script_namespace(options)).run_text(options["command"])
        elif not sys.stdin.isatty() and not options["interface"]:
            AsyncConsole(self._script_namespace(options)).run_text(sys.stdin.read())
        else:
            for shell in [options["interface"]] if options["interface"] else self.shells:
                with suppress(ImportError):
                    getattr(self, shell)(options)
                    return
            raise CommandError(f"Couldn't import {options['interface']} interface.")

    def _script_namespace(self, options: dict[str, Any]) -> dict[str, Any]:
        quiet = {**options, "verbosity": 0}
        return {"__name__": "__console__", "__builtins__": builtins, **self.get_namespace(**quiet)}


def _load(path: str) -> Any:
    try:
        return import_string(path)
    except ImportError:
        return import_module(path)
