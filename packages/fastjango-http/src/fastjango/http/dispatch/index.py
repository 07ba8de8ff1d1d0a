"""The index: which routes can match a path, in declared order, without trying all of them.

Static paths sit in a dictionary, the others in a tree of path segments. Both only prune: a route's
own regular expression confirms, and the first one declared wins. What the index cannot judge (a
host, a route class of somebody else's, an include that fails to build) is a barrier: a request that
reaches one is answered by FastAPI's own loop.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

from starlette.convertors import (
    Convertor,
    FloatConvertor,
    IntegerConvertor,
    StringConvertor,
    UUIDConvertor,
)
from starlette.routing import Match
from starlette.types import Scope

from .mirror import get_route_path
from .target import Target

__all__ = ["ASK", "MISS", "Candidate", "Index", "Verdict"]


class Verdict:
    """An answer of the index other than a route."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name: str = name

    def __repr__(self) -> str:
        return f"<{self.name}>"


ASK: Final = Verdict("ask FastAPI")
MISS: Final = Verdict("no route matches")

_PARAMETER = re.compile(r"{([a-zA-Z_][a-zA-Z0-9_]*)}")
# Convertors that cannot match a slash: one segment in, one segment out.
_ONE_SEGMENT: dict[type[Convertor[Any]], str] = {
    cls: cls.regex for cls in (StringConvertor, IntegerConvertor, FloatConvertor, UUIDConvertor)
}


class Candidate:
    """One entry of the flattened route list.

    A candidate without a target is a barrier. One with `confirms` set asks its route itself.
    """

    __slots__ = ("confirms", "convertors", "methods", "order", "regex", "target")

    def __init__(
        self,
        order: int,
        *,
        target: Target | None = None,
        regex: re.Pattern[str] | None = None,
        convertors: dict[str, Convertor[Any]] | None = None,
        methods: Iterable[str] | None = None,
        confirms: bool = False,
    ) -> None:
        self.order: int = order
        self.target: Target | None = target
        self.regex: re.Pattern[str] | None = regex
        self.convertors: dict[str, Convertor[Any]] = convertors or {}
        self.methods: frozenset[str] | None = frozenset(methods) if methods else None
        self.confirms: bool = confirms


class _Node:
    __slots__ = ("leaves", "literals", "rest", "wild")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.wild: _Node | None = None
        self.leaves: list[Candidate] = []
        self.rest: list[Candidate] = []


class Index:
    """All routes of one router, ready to be asked for a path."""

    def __init__(self, *, redirect_slashes: bool, misses: bool) -> None:
        """Start empty.

        Args:
            redirect_slashes: Whether a miss may still be a redirect to the other spelling.
            misses: Whether a path that nothing matches is certainly a 404.
        """
        self.redirect_slashes = redirect_slashes
        self.misses = misses
        self.includes = False
        self._root = _Node()
        self._static: dict[str, list[Candidate]] = {}
        self._resolved: dict[str, dict[str, Target]] = {}

    def add(self, candidate: Candidate, path_format: str | None) -> None:
        """Insert a candidate.

        Args:
            path_format: Its path with `{name}` for each parameter; `None` can match anything.
        """
        if path_format is None:
            self._root.rest.append(candidate)
            return
        if not candidate.convertors and candidate.target is not None and not candidate.confirms:
            self._static.setdefault(path_format, []).append(candidate)
            return
        self._insert(candidate, path_format)

    def add_exact(self, candidate: Candidate, path: str) -> None:
        """Insert a candidate that matches one path only and confirms it itself."""
        node = self._root
        for segment in path.split("/"):
            node = node.literals.setdefault(segment, _Node())
        node.leaves.append(candidate)

    def add_prefixed(self, candidate: Candidate, prefix: str) -> None:
        """Insert a candidate that can match any path which starts with `prefix`.

        The last segment of the prefix may be cut short by the route, so it does not prune.
        """
        node = self._root
        for segment in prefix.split("/")[:-1]:
            node = node.literals.setdefault(segment, _Node())
        node.rest.append(candidate)

    def _insert(self, candidate: Candidate, path_format: str) -> None:
        node = self._root
        for segment in path_format.split("/"):
            names = _PARAMETER.findall(segment)
            if not names:
                node = node.literals.setdefault(segment, _Node())
                continue
            if not all(_is_one_segment(candidate.convertors.get(name)) for name in names):
                node.rest.append(candidate)
                return
            if node.wild is None:
                node.wild = _Node()
            node = node.wild
        node.leaves.append(candidate)

    def find(self, scope: Scope) -> Target | Verdict:
        """Return the route for an HTTP request, and enter it in the scope.

        A `Verdict` leaves the scope untouched.
        """
        path: str = scope["path"]
        if scope.get("root_path"):
            path = get_route_path(scope)
        methods = self._resolved.get(path)
        if methods is None:
            if path not in self._static:
                return self._search(path, scope)
            methods = self._resolved[path] = self._resolve(path)
        target = methods.get(scope["method"])
        if target is None:
            return self._search(path, scope)
        outer: dict[str, Any] | None = scope.get("path_params")
        target.enter(scope, dict(outer) if outer else {})
        return target

    def _search(self, path: str, scope: Scope) -> Target | Verdict:
        if "\n" in path:
            return ASK  # a pattern's `$` also matches before a final newline
        method: str = scope["method"]
        partial: tuple[Target, Scope | None, dict[str, Any]] | None = None
        for candidate in self._candidates(path):
            target = candidate.target
            if target is None:
                return ASK
            if candidate.confirms:
                match, child = _confirm(target, scope)
                if match is Match.NONE:
                    continue
                if child is None:
                    return ASK
                if match is Match.PARTIAL:
                    partial = partial or (target, child, {})
                    continue
                target.enter_child(scope, child)
                return target
            if candidate.regex is not None:
                found = candidate.regex.match(path)
                if found is None:
                    continue
                params = found.groupdict()
            else:
                params = {}
            try:
                for name, value in params.items():
                    params[name] = candidate.convertors[name].convert(value)
            except Exception:
                return ASK
            if candidate.methods is not None and method not in candidate.methods:
                partial = partial or (target, None, params)
                continue
            outer: dict[str, Any] | None = scope.get("path_params")
            target.enter(scope, {**outer, **params} if outer else params)
            return target
        if partial is not None:
            return _refusing(scope, *partial)
        if not self.misses or self._redirects(path, scope):
            return ASK
        return MISS

    def _candidates(self, path: str) -> list[Candidate]:
        """Return what may match `path`, in declared order."""
        found: list[Candidate] = []
        static = self._static.get(path)
        if static is not None:
            found.extend(static)
        segments = path.split("/")
        last = len(segments)
        pending: list[tuple[_Node, int]] = [(self._root, 0)]
        while pending:
            node, depth = pending.pop()
            if node.rest:
                found.extend(node.rest)
            if depth == last:
                found.extend(node.leaves)
                continue
            child = node.literals.get(segments[depth])
            if child is not None:
                pending.append((child, depth + 1))
            if node.wild is not None:
                pending.append((node.wild, depth + 1))
        if len(found) > 1:
            found.sort(key=_order)
        return found

    def _resolve(self, path: str) -> dict[str, Target]:
        """Return the static routes of `path` that win, by method.

        A method whose first match is not static is left out and searched for on each request.
        """
        winners: dict[str, Target] = {}
        undecided: set[str] = set()
        for candidate in self._candidates(path):
            if candidate.target is None or candidate.confirms or candidate.methods is None:
                break
            if candidate.convertors:
                if candidate.regex is None or candidate.regex.match(path):
                    undecided.update(candidate.methods)
                continue
            for method in candidate.methods - undecided:
                winners.setdefault(method, candidate.target)
        return winners

    def _redirects(self, path: str, scope: Scope) -> bool:
        """Return whether the path with or without its final slash may match something."""
        if not self.redirect_slashes or path == "/":
            return False
        full: str = scope["path"]
        other = full.rstrip("/") if path.endswith("/") else f"{full}/"
        other = get_route_path({"path": other, "root_path": scope.get("root_path", "")})
        return any(
            candidate.target is None
            or candidate.confirms
            or candidate.regex is None
            or candidate.regex.match(other)
            for candidate in self._candidates(other)
        )


def _refusing(scope: Scope, target: Target, child: Scope | None, params: dict[str, Any]) -> Target:
    """Enter a route that has the path but not the method: it answers 405 itself."""
    target = target.refusing()
    if child is not None:
        target.enter_child(scope, child)
    else:
        outer: dict[str, Any] | None = scope.get("path_params")
        target.enter(scope, {**outer, **params} if outer else params)
    return target


def _confirm(target: Target, scope: Scope) -> tuple[Match, Scope | None]:
    """Ask the route itself; one that raises is left to FastAPI, which will raise in its place."""
    try:
        return target.matches(scope)
    except Exception:
        return Match.FULL, None


def _order(candidate: Candidate) -> int:
    return candidate.order


def _is_one_segment(convertor: Convertor[Any] | None) -> bool:
    if convertor is None:
        return False
    return _ONE_SEGMENT.get(type(convertor)) == convertor.regex
