"""What the system checks of a module say, by id: read out of its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from repository import Module

CHECK_ID = re.compile(r"^[a-z_0-9]+\.[EWICD]\d{3}$")
MAX_NAMES = 4  # names that stand for names
FIELD = re.compile(r"\{[^}]*\}|%\(\w+\)s|%[sdr]")


def words(node: ast.expr | None) -> str:
    """Return the text of a string expression; what is put in at run time is left as ``…``."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        parts = [words(part) if isinstance(part, ast.Constant) else "…" for part in node.values]
        return "".join(parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        return FIELD.sub("…", words(node.left))
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (words(node.left) or "…") + (words(node.right) or "…")
    return ""


class _Scope:
    """The functions around a node, innermost first, and what names mean in them."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.parents = {
            child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)
        }

        self.bound = {owner: _bindings(owner) for owner in ast.walk(tree) if _is_scope(owner)}

    def around(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, the module last."""
        while (above := self.parents.get(node)) is not None:
            yield above
            node = above

    def values(self, name: str, node: ast.AST) -> Iterator[ast.expr]:
        """Yield what is bound to a name where a node stands, the nearest line above first."""
        line = getattr(node, "lineno", 0)
        for owner in filter(_is_scope, self.around(node)):
            found = self.bound[owner].get(name, [])
            above = [pair for pair in found if pair[0] < line] or found
            yield from (value for _, value in sorted(above, key=lambda pair: -pair[0]))

    def text(self, node: ast.expr | None, depth: int = 0) -> str:
        """Return the text of an expression, through names and ``.format()``."""
        if isinstance(node, ast.Name) and depth < MAX_NAMES:
            texts = (self.text(value, depth + 1) for value in self.values(node.id, node))
            return next((text for text in texts if " " in text), "")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "format":
                return FIELD.sub("…", self.text(node.func.value, depth))
            return ""
        return words(node)

    def ids(self, node: ast.expr | None) -> set[str]:
        """Return the ids that an expression may be, through names and the loops that bind them."""
        if isinstance(node, ast.Name):
            values = list(self.values(node.id, node))
            return {id for value in values[:1] for id in _ids_in(value)}
        text = words(node)
        return {text} if CHECK_ID.match(text) else set()

    def purpose(self, node: ast.AST) -> str:
        """Return the first paragraph of the docstring of the function around a node."""
        for owner in self.around(node):
            if isinstance(owner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                return (ast.get_docstring(owner) or "").partition("\n\n")[0]
        return ""


def _is_scope(node: ast.AST) -> bool:
    return isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Module))


def _bindings(owner: ast.AST) -> dict[str, list[tuple[int, ast.expr]]]:
    """Return what a function or module binds to which name, with the lines."""
    found = dict[str, list[tuple[int, ast.expr]]]()
    for entry in ast.walk(owner):
        if isinstance(entry, ast.Assign):
            targets, value = entry.targets, entry.value
        elif isinstance(entry, ast.AnnAssign) and entry.value is not None:
            targets, value = [entry.target], entry.value
        elif isinstance(entry, ast.For):
            targets, value = [entry.target], entry.iter
        else:
            continue
        for part in (part for one in targets for part in ast.walk(one)):
            if isinstance(part, ast.Name):
                found.setdefault(part.id, []).append((entry.lineno, value))
    return found


def _ids_in(node: ast.AST) -> set[str]:
    found = (words(part) for part in ast.walk(node) if isinstance(part, ast.Constant))
    return {text for text in found if CHECK_ID.match(text)}


def _parts(node: ast.AST) -> tuple[list[ast.expr], list[ast.expr]]:
    """Return the expressions of a node that may be the text, and those that may be the id."""
    if isinstance(node, ast.Call):
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        texts = [*([named["msg"]] if "msg" in named else []), *node.args]
        return texts, [*([named["id"]] if "id" in named else []), *node.args]
    if isinstance(node, ast.Dict):
        entries = {words(key): value for key, value in zip(node.keys, node.values, strict=True)}
        return [entries[key] for key in ("msg",) if key in entries], [
            entries[key] for key in ("id",) if key in entries
        ]
    if isinstance(node, (ast.Tuple, ast.List)):
        return node.elts, node.elts
    return [], []


def texts_of(module: Module) -> Iterator[tuple[str, str]]:
    """Yield the id and the text of every message that checks of a module give.

    The text is empty where only the program knows it; what a check is for stands there then.
    """
    scope = _Scope(module.tree)
    later = list[tuple[str, str]]()
    for node in ast.walk(module.tree):
        texts, ids = _parts(node)
        found = {id for part in ids for id in scope.ids(part)}
        if not found or (isinstance(node, (ast.Tuple, ast.List)) and len(found) > 1):
            continue
        said = [text for part in texts if " " in (text := scope.text(part))]
        for id in sorted(found):
            if said:
                yield id, said[0]
            else:
                later.append((id, scope.purpose(node)))
    yield from later
