"""Writes Python source, line by line, with the objects it refers to beside it."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import count
from typing import Any
from weakref import finalize

__all__ = ["Source"]

_serial = count(1)


class Source:
    """One generated coroutine function under construction."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._depth = 0
        self._names = count(1)
        self._bound: dict[int, str] = {}
        self.globals: dict[str, Any] = {}

    def line(self, text: str) -> None:
        """Add a line at the current depth."""
        self._lines.append("    " * self._depth + text)

    @contextmanager
    def block(self, head: str) -> Generator[None]:
        """Add `head` and indent what follows under it."""
        self.line(head)
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1

    def name(self, prefix: str) -> str:
        """Return a local name that is not in use yet."""
        return f"{prefix}{next(self._names)}"

    def bind(self, value: object, prefix: str = "c") -> str:
        """Return the global name under which the code finds `value`."""
        known = self._bound.get(id(value))
        if known is None:
            known = self._bound[id(value)] = f"{prefix}_{next(self._names)}"
            self.globals[known] = value
        return known

    def constant(self, value: object) -> str:
        """Return an expression for a value: a literal for the simple ones, else a bound name."""
        if value is None or value is True or value is False or type(value) in (int, str, bytes):
            return repr(value)
        return self.bind(value)

    def function(self, name: str, label: str) -> Callable[..., Any]:
        """Compile what was written and return the function `name`.

        Args:
            label: Shown in tracebacks, whose lines are those of the generated code as long as the
                function lives.
        """
        text = "\n".join(self._lines) + "\n"
        filename = f"<fastjango endpoint {next(_serial)}: {label}>"
        exec(compile(text, filename, "exec"), self.globals)
        linecache.cache[filename] = (len(text), None, text.splitlines(keepends=True), filename)
        made: Callable[..., Any] = self.globals[name]
        finalize(made, linecache.cache.pop, filename, None).atexit = False
        return made
