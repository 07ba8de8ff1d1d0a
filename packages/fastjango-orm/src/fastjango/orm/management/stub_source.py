"""The source of a module as a stub: what it offers, without what it does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

__all__ = ["ClassChanges", "class_bodies", "stub_lines"]

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
ANY = "_typing.Any"
#: What checkers would infer for special methods, whose results everybody knows.
RESULTS = {
    "__init__": "None",
    "__str__": "_builtins.str",
    "__repr__": "_builtins.str",
    "__hash__": "_builtins.int",
    "__len__": "_builtins.int",
    "__bool__": "_builtins.bool",
    "__contains__": "_builtins.bool",
}


@dataclass
class ClassChanges:
    """What the stub of a class says other than its source.

    Attributes:
        replaced: Lines in place of the assignment to a name.
        added: Lines at the end of the body.
        known: Attributes with a type already, which assignments to `self` do not declare.
    """

    replaced: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    added: list[str] = field(default_factory=list[str])
    known: set[str] = field(default_factory=set[str])


def class_bodies(tree: ast.Module) -> dict[str, dict[str, ast.expr | None]]:
    """Classes of a module by their dotted name, with what their bodies assign to each name."""
    found: dict[str, dict[str, ast.expr | None]] = {}

    def visit(
        statements: Iterable[ast.stmt], prefix: str, into: dict[str, ast.expr | None]
    ) -> None:
        for statement in statements:
            if isinstance(statement, ast.ClassDef):
                into[statement.name] = None
                own = found[prefix + statement.name] = dict[str, ast.expr | None]()
                visit(statement.body, f"{prefix}{statement.name}.", own)
            elif isinstance(statement, Function):
                into[statement.name] = None
            elif isinstance(statement, ast.Assign):
                for target in statement.targets:
                    for name in _names(target):
                        into[name] = statement.value
            elif isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
                into[statement.target.id] = statement.value
            else:
                for block in _blocks(statement):
                    visit(block, prefix, into)

    visit(tree.body, "", {})
    return found


def stub_lines(tree: ast.Module, changes: Mapping[str, ClassChanges]) -> list[str]:
    """Lines of the stub: every name of the module, functions without bodies.

    Args:
        changes: What is different in a class, by its dotted name.
    """
    return list(_statements(tree.body, "", changes, None))


def _names(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name):
            yield node.id


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """Blocks of a compound statement that run in the scope around it."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(statement, name, None)
        if block:
            yield block
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}" for line in lines] or ["    ..."]


def _statements(
    body: Iterable[ast.stmt],
    prefix: str,
    changes: Mapping[str, ClassChanges],
    owner: ClassChanges | None,
) -> Iterator[str]:
    for statement in body:
        yield from _statement(statement, prefix, changes, owner)


def _statement(
    statement: ast.stmt,
    prefix: str,
    changes: Mapping[str, ClassChanges],
    owner: ClassChanges | None,
) -> Iterator[str]:
    def inner(block: Iterable[ast.stmt]) -> list[str]:
        return list(_statements(block, prefix, changes, owner))

    match statement:
        case ast.Import() | ast.ImportFrom():
            yield from _import(statement)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from _function(statement, bool(prefix))
        case ast.ClassDef():
            yield from _class(statement, prefix, changes)
        case ast.Assign() | ast.AnnAssign():
            yield from _assignment(statement, owner)
        case ast.AugAssign():
            # Only the list of public names is of interest to a type checker.
            if isinstance(statement.target, ast.Name) and statement.target.id == "__all__":
                yield ast.unparse(statement)
        case ast.Delete():
            yield ast.unparse(statement)
        case ast.If() | ast.Try():
            yield from _choice(statement, inner)
        case ast.With() | ast.AsyncWith() | ast.For() | ast.AsyncFor() | ast.While() | ast.Match():
            # Names that a loop or a context binds have whatever type; the block's own are kept.
            for target in _targets(statement):
                for name in _names(target):
                    yield f"{name}: {ANY}"
            for block in _blocks(statement):
                yield from inner(block)
        case _ if type(statement).__name__ == "TypeAlias":
            yield ast.unparse(statement)
        case _:
            pass  # calls, assertions and docstrings declare nothing


def _choice(
    statement: ast.If | ast.Try, inner: Callable[[Iterable[ast.stmt]], list[str]]
) -> Iterator[str]:
    """A statement of which a type checker follows every way."""
    if isinstance(statement, ast.If):
        yield f"if {ast.unparse(statement.test)}:"
        yield from _indented(inner(statement.body))
    else:
        yield "try:"
        yield from _indented(inner(statement.body))
        for handler in statement.handlers:
            caught = f" {ast.unparse(handler.type)}" if handler.type else ""
            yield f"except{caught}:"
            yield from _indented(inner(handler.body))
    for word, block in (
        ("else", statement.orelse),
        ("finally", statement.finalbody if isinstance(statement, ast.Try) else []),
    ):
        if block:
            yield f"{word}:"
            yield from _indented(inner(block))


def _targets(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.For | ast.AsyncFor):
        return [statement.target]
    if isinstance(statement, ast.With | ast.AsyncWith):
        return [item.optional_vars for item in statement.items if item.optional_vars]
    return []


def _import(statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """An import that offers what it imports, which a stub keeps to itself otherwise."""
    start = ""
    if isinstance(statement, ast.ImportFrom):
        module = "." * statement.level + (statement.module or "")
        if module == "__future__":
            return  # a stub refers forwards anyway
        start = f"from {module} "
    for alias in statement.names:
        name = alias.asname or alias.name
        if name == "*" or "." in name:
            yield f"{start}import {name}"
        elif name == alias.name:
            yield f"{start}import {name} as {name}"
        else:
            # Only an alias that is the name itself counts as offered.
            yield f"{start}import {alias.name} as _imported_{name}"
            yield f"{name} = _imported_{name}"


def _own_nodes(function: Function) -> Iterator[ast.AST]:
    """Nodes of a function without those of functions and classes inside it."""
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, Function | ast.ClassDef | ast.Lambda):
            waiting.extend(ast.iter_child_nodes(node))


def _result(function: Function) -> str:
    """Result of a function that says none."""
    known = RESULTS.get(function.name)
    if known:
        return known
    if isinstance(function.body[-1], ast.Raise):
        return ANY
    for node in _own_nodes(function):
        if isinstance(node, ast.Yield | ast.YieldFrom) or (
            isinstance(node, ast.Return) and node.value is not None
        ):
            return ANY
    return "None"


def _function(function: Function, in_class: bool) -> Iterator[str]:
    """The signature; what has no annotation is anything."""
    arguments = function.args
    decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
    yield from (f"@{decorator}" for decorator in decorators)
    positional = [*arguments.posonlyargs, *arguments.args]
    if in_class and "staticmethod" not in decorators:
        positional = positional[1:]
    others = [*arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
    for argument in [*positional, *(other for other in others if other)]:
        if argument.annotation is None:
            argument.annotation = ast.Name(ANY)
    word = "async def" if isinstance(function, ast.AsyncFunctionDef) else "def"
    variables = getattr(function, "type_params", None)
    generic = f"[{', '.join(map(ast.unparse, variables))}]" if variables else ""
    result = ast.unparse(function.returns) if function.returns else _result(function)
    yield f"{word} {function.name}{generic}({ast.unparse(arguments)}) -> {result}: ..."


def _class(
    statement: ast.ClassDef, prefix: str, changes: Mapping[str, ClassChanges]
) -> Iterator[str]:
    name = prefix + statement.name
    own = changes.get(name, ClassChanges())
    for decorator in statement.decorator_list:
        yield f"@{ast.unparse(decorator)}"
    variables = getattr(statement, "type_params", None)
    generic = f"[{', '.join(map(ast.unparse, variables))}]" if variables else ""
    bases = ", ".join(map(ast.unparse, [*statement.bases]))
    keywords = ", ".join(map(ast.unparse, statement.keywords))
    between = ", " if bases and keywords else ""
    heading = f"({bases}{between}{keywords})" if bases or keywords else ""
    yield f"class {statement.name}{generic}{heading}:"
    lines = list(_statements(statement.body, f"{name}.", changes, own))
    lines += _instance_attributes(statement, own.known)
    yield from _indented([*lines, *own.added])


def _assignment(statement: ast.Assign | ast.AnnAssign, owner: ClassChanges | None) -> Iterator[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    target = targets[0]
    if len(targets) == 1 and isinstance(target, ast.Name) and owner is not None:
        replaced = owner.replaced.get(target.id)
        if replaced is not None:
            yield from replaced
            return
    if all(isinstance(each, ast.Name | ast.Tuple | ast.List) for each in targets):
        yield ast.unparse(statement)


def _instance_attributes(statement: ast.ClassDef, known: set[str]) -> Iterator[str]:
    """Declarations of what methods set on `self`, which checkers find in bodies only."""
    declared = {*known, *class_bodies(ast.Module([statement], []))[statement.name]}
    for method in statement.body:
        if not isinstance(method, Function) or not method.args.args:
            continue
        this = method.args.args[0].arg
        types = {argument.arg: argument.annotation for argument in method.args.args}
        nodes = (node for node in ast.walk(method) if isinstance(node, ast.Assign | ast.AnnAssign))
        for node in nodes:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                match target:
                    case ast.Attribute(value=ast.Name(id=name), attr=attribute) if (
                        name == this and attribute not in declared
                    ):
                        declared.add(attribute)
                        yield f"{attribute}: {_type_of(node, types)}"
                    case _:
                        pass


def _type_of(node: ast.Assign | ast.AnnAssign, parameters: Mapping[str, ast.expr | None]) -> str:
    if isinstance(node, ast.AnnAssign):
        return ast.unparse(node.annotation)
    if isinstance(node.value, ast.Name):
        annotation = parameters.get(node.value.id)
        return ast.unparse(annotation) if annotation else ANY
    if isinstance(node.value, ast.Constant) and node.value.value not in (None, ...):
        return f"_builtins.{type(node.value.value).__name__}"
    return ANY
