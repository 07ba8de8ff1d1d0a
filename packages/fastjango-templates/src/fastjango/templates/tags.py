"""Django's tags for Jinja2: those that give a value, and those around a part of the template.

`{% name argument key=value as variable %}` calls the function of that name; arguments are
separated by spaces or commas. The tags around content are `{% cache %}`, `{% spaceless %}`,
`{% ifchanged %}`, `{% timezone %}`, `{% localtime %}`, `{% language %}` and `{% partialdef %}`;
`{% verbatim %}` and `{% comment %}` are read before anything else.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import count
from secrets import token_hex
from typing import Any, ClassVar, cast

from fastjango.templates.functions import FUNCTIONS
from fastjango.templates.undefined import suggest
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.lexer import describe_token
from jinja2.parser import Parser

__all__ = [
    "BlockTags",
    "FunctionTags",
    "LibraryTags",
    "LoadTag",
    "MemoryTags",
    "PartialTags",
    "SourceTags",
    "tag_call",
]

_numbers = count()

_BARE_WORDS = {
    "lorem": frozenset({"w", "p", "b", "random"}),
    "templatetag": None,  # all of them
}


def tag_call(
    name: str, args: list[nodes.Expr], kwargs: list[nodes.Keyword] | None = None, lineno: int = 0
) -> nodes.Call:
    """Return the call of a tag's function, which no variable of that name can hide."""
    functions = nodes.EnvironmentAttribute("tag_functions")
    function = nodes.Getitem(functions, nodes.Const(name), "load")
    return nodes.Call(function, args, kwargs or [], None, None, lineno=lineno)


def parse_argument(parser: Parser) -> nodes.Expr:
    """Parse one argument: a value with its attributes and filters, without operators."""
    stream = parser.stream
    if stream.current.type == "string":
        # Jinja2 joins neighbouring strings; here they are two arguments.
        token = next(stream)
        text: nodes.Expr = nodes.Const(token.value, lineno=token.lineno)
        return parser.parse_filter_expr(parser.parse_postfix(text))
    return parser.parse_unary()


def parse_arguments(
    parser: Parser, stops: tuple[str, ...] = ("as",)
) -> tuple[list[nodes.Expr], list[nodes.Keyword]]:
    """Parse arguments up to the end of the tag, or to one of some words."""
    stream = parser.stream
    args: list[nodes.Expr] = []
    kwargs: list[nodes.Keyword] = []
    while stream.current.type != "block_end" and not stream.current.test_any(
        *(f"name:{word}" for word in stops)
    ):
        if stream.current.type == "name" and stream.look().type == "assign":
            name = next(stream)
            next(stream)
            kwargs.append(nodes.Keyword(name.value, parse_argument(parser), lineno=name.lineno))
        elif kwargs:
            parser.fail(
                "An argument without a name follows one with a name, near "
                f"{describe_token(stream.current)!r}."
            )
        else:
            args.append(parse_argument(parser))
        stream.skip_if("comma")
    return args, kwargs


def parse_target(parser: Parser) -> nodes.Name | None:
    """Parse `as name` if it is there."""
    if not parser.stream.skip_if("name:as"):
        return None
    token = parser.stream.expect("name")
    return nodes.Name(token.value, "store", lineno=token.lineno)


def output(call: nodes.Expr, target: nodes.Name | None, lineno: int) -> nodes.Node:
    """Return the statement that prints a value or keeps it in a variable."""
    if target is None:
        return nodes.Output([call], lineno=lineno)
    return nodes.Assign(target, call, lineno=lineno)


def _memory_key(tag: str) -> str:
    """Return the name of what a tag remembers: unique also among processes, for bytecode caches."""
    return f"{tag} {token_hex(8)}"


class FunctionTags(Extension):
    """Tags that print what a function returns, or keep it with `as`."""

    tags: ClassVar[set[str]] = {*FUNCTIONS, "csrf_token"} - {"regroup", "translate"}  # type: ignore[misc]

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse one tag."""
        token = next(parser.stream)
        name = token.value
        args, kwargs = parse_arguments(parser)
        bare = _BARE_WORDS.get(name, frozenset())
        args = [
            nodes.Const(arg.name, lineno=arg.lineno)
            if isinstance(arg, nodes.Name) and (bare is None or arg.name in bare)
            else arg
            for arg in args
        ]
        target = parse_target(parser)
        if name == "url" and target is not None:
            name = "url_or_nothing"
        return output(tag_call(name, args, kwargs, token.lineno), target, token.lineno)


class LoadTag(Extension):
    """`{% load name %}`: everything is loaded already; only the names are checked."""

    tags: ClassVar[set[str]] = {"load"}  # type: ignore[misc]

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Parse one tag, which leaves nothing behind."""
        lineno = next(parser.stream).lineno
        names: list[str] = []
        while parser.stream.current.type != "block_end":
            if parser.stream.skip_if("name:from"):
                names = []
                continue
            parts = [str(parser.stream.expect("name").value)]
            while parser.stream.skip_if("dot"):
                parts.append(str(parser.stream.expect("name").value))
            names.append(".".join(parts))
        environment: Any = self.environment
        for name in names:
            if name not in environment.library_names:
                known = sorted(environment.library_names)
                parser.fail(
                    f"'{name}' is not a registered tag library. Must be one of: "
                    f"{', '.join(known)}.{suggest(name, known)}",
                    lineno,
                )
        return []


class LibraryTags(Extension):
    """Tags that apps have registered in their libraries."""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        self.tags = {*environment.library_tags, *environment.library_block_tags}

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse one tag; that of a block ends with `end` and its name."""
        token = next(parser.stream)
        name, lineno = token.value, token.lineno
        args, kwargs = parse_arguments(parser)
        target = parse_target(parser)
        environment: Any = self.environment
        if name not in environment.library_block_tags:
            return output(tag_call(name, args, kwargs, lineno), target, lineno)
        body = parser.parse_statements((f"name:end{name}",), drop_needle=True)
        call = tag_call(name, args, kwargs, lineno)
        return nodes.CallBlock(call, [], [], body, lineno=lineno)


class BlockTags(Extension):
    """Tags around a part of the template, which a function gets as `caller`."""

    tags: ClassVar[set[str]] = {  # type: ignore[misc]
        "cache",
        "language",
        "localtime",
        "regroup",
        "spaceless",
        "timezone",
    }

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse one tag."""
        token = next(parser.stream)
        parse: Callable[[Parser, int], nodes.Node] = getattr(self, f"_parse_{token.value}")
        return parse(parser, token.lineno)

    def _around(self, parser: Parser, name: str, args: list[nodes.Expr], lineno: int) -> nodes.Node:
        body = parser.parse_statements((f"name:end{name}",), drop_needle=True)
        return nodes.CallBlock(tag_call(name, args, None, lineno), [], [], body, lineno=lineno)

    def _parse_cache(self, parser: Parser, lineno: int) -> nodes.Node:
        args, kwargs = parse_arguments(parser)
        if len(args) < 2:
            parser.fail("'cache' tag requires at least 2 arguments.", lineno)
        if isinstance(args[1], nodes.Name):
            args[1] = nodes.Const(args[1].name, lineno=lineno)
        using: nodes.Expr = nodes.Const(None)
        for option in kwargs:
            if option.key != "using":
                parser.fail(f"'cache' takes 'using', not {option.key!r}.", lineno)
            using = option.value
        vary = nodes.List(args[2:], lineno=lineno)
        return self._around(parser, "cache", [args[0], args[1], vary, using], lineno)

    def _parse_spaceless(self, parser: Parser, lineno: int) -> nodes.Node:
        return self._around(parser, "spaceless", [], lineno)

    def _one(self, parser: Parser, name: str, lineno: int) -> nodes.Node:
        args, kwargs = parse_arguments(parser)
        if len(args) != 1 or kwargs:
            parser.fail(f"'{name}' takes one argument ({name}).", lineno)
        return self._around(parser, name, args, lineno)

    def _parse_timezone(self, parser: Parser, lineno: int) -> nodes.Node:
        return self._one(parser, "timezone", lineno)

    def _parse_language(self, parser: Parser, lineno: int) -> nodes.Node:
        return self._one(parser, "language", lineno)

    def _parse_localtime(self, parser: Parser, lineno: int) -> nodes.Node:
        switch = True
        if parser.stream.current.type != "block_end":
            token = parser.stream.expect("name")
            if token.value not in ("on", "off"):
                parser.fail("'localtime' argument should be 'on' or 'off'.", lineno)
            switch = token.value == "on"
        return self._around(parser, "localtime", [nodes.Const(switch)], lineno)

    def _parse_regroup(self, parser: Parser, lineno: int) -> nodes.Node:
        target = parse_argument(parser)
        parser.stream.expect("name:by")
        path: list[str] = [parser.stream.expect("name").value]
        while parser.stream.skip_if("dot"):
            path.append(str(next(parser.stream).value))
        name = parse_target(parser)
        if name is None:
            parser.fail("'regroup' ends with 'as' and a name.", lineno)
        call = tag_call("regroup", [target, nodes.Const(".".join(path))], None, lineno)
        return nodes.Assign(name, call, lineno=lineno)


class MemoryTags(Extension):
    """Tags that remember: `cycle`, `resetcycle` and `ifchanged`."""

    tags: ClassVar[set[str]] = {"cycle", "ifchanged", "resetcycle"}  # type: ignore[misc]

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """Parse one tag."""
        token = next(parser.stream)
        if token.value == "ifchanged":
            return self._ifchanged(parser, token.lineno)
        if token.value == "resetcycle":
            return self._resetcycle(parser, token.lineno)
        return self._cycle(parser, token.lineno)

    @staticmethod
    def _named(parser: Parser) -> dict[str, Any]:
        """Return the named cycles of the template that is being parsed."""
        holder: Any = parser
        named: dict[str, Any] = holder.__dict__.setdefault("_cycles", {})
        return named

    def _cycle(self, parser: Parser, lineno: int) -> nodes.Node:
        args, kwargs = parse_arguments(parser)
        target = parse_target(parser)
        silent = bool(parser.stream.skip_if("name:silent"))
        named = self._named(parser)
        if not args or kwargs:
            parser.fail("'cycle' tag requires at least two arguments", lineno)
        if len(args) == 1:
            name = args[0].name if isinstance(args[0], nodes.Name) else ""
            if name not in named:
                hint = suggest(name, named)
                parser.fail(f"Named cycle '{name}' does not exist.{hint}", lineno)
            key, values, silent = named[name]
            target = nodes.Name(name, "store", lineno=lineno)
        else:
            key, values = _memory_key("cycle"), args
        if target is not None:
            named[target.name] = key, values, silent
        named[""] = key, values, silent
        call = tag_call("cycle", [nodes.Const(key), nodes.List(values)], None, lineno)
        if target is None:
            return nodes.Output([call], lineno=lineno)
        kept = nodes.Assign(target, call, lineno=lineno)
        if silent:
            return kept
        shown = nodes.Output([nodes.Name(target.name, "load", lineno=lineno)], lineno=lineno)
        return cast("nodes.Node", [kept, shown])

    def _resetcycle(self, parser: Parser, lineno: int) -> nodes.Node:
        named = self._named(parser)
        name = ""
        if parser.stream.current.type == "name":
            name = next(parser.stream).value
        if name not in named:
            text = f"Named cycle '{name}' does not exist." if name else "No cycles in template."
            parser.fail(text + suggest(name, named), lineno)
        call = tag_call("resetcycle", [nodes.Const(named[name][0])], None, lineno)
        return nodes.ExprStmt(call, lineno=lineno)

    def _ifchanged(self, parser: Parser, lineno: int) -> nodes.Node | list[nodes.Node]:
        args, _kwargs = parse_arguments(parser, stops=())
        body = parser.parse_statements(("name:else", "name:endifchanged"))
        otherwise: list[nodes.Node] = []
        if next(parser.stream).value == "else":
            otherwise = parser.parse_statements(("name:endifchanged",), drop_needle=True)
        key = _memory_key("ifchanged")
        loop = nodes.Name("loop", "load", lineno=lineno)
        in_loop = nodes.CondExpr(
            nodes.Test(loop, "defined", [], [], None, None), loop, nodes.Const(None)
        )
        if args:
            test = tag_call(
                "ifchanged", [nodes.Const(key), in_loop, nodes.List(args)], None, lineno
            )
            return nodes.If(test, body, [], otherwise, lineno=lineno)
        kept = f"_changed_{next(_numbers)}"
        captured = nodes.AssignBlock(
            nodes.Name(kept, "store", lineno=lineno), cast("Any", None), body, lineno=lineno
        )
        text = nodes.Name(kept, "load", lineno=lineno)
        test = tag_call("ifchanged", [nodes.Const(key), in_loop, nodes.List([text])], None, lineno)
        shown: list[nodes.Node] = [nodes.Output([nodes.MarkSafeIfAutoescape(text)], lineno=lineno)]
        return [captured, nodes.If(test, shown, [], otherwise, lineno=lineno)]


class PartialTags(Extension):
    """`{% partialdef name [inline] %}` and `{% partial name %}`: parts that are rendered alone."""

    tags: ClassVar[set[str]] = {"partial", "partialdef"}  # type: ignore[misc]

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse one tag."""
        token = next(parser.stream)
        name, lineno = self._name(parser, token.value), token.lineno
        call = tag_call(
            "partial", [nodes.DerivedContextReference(), nodes.Const(name)], None, lineno
        )
        if token.value == "partial":
            return nodes.Output([call], lineno=lineno)
        inline = bool(parser.stream.skip_if("name:inline"))
        body = parser.parse_statements(("name:endpartialdef",))
        next(parser.stream)
        if parser.stream.current.type == "name" and next(parser.stream).value != name:
            parser.fail(f"'endpartialdef' names another partial than {name!r}.", lineno)
        block = nodes.Block(name, body, False, False, lineno=lineno)
        # Defined, and not rendered here: a block inside of a condition that is never true.
        hidden = nodes.If(nodes.Const(False), [block], [], [], lineno=lineno)
        if not inline:
            return hidden
        return cast("nodes.Node", [hidden, nodes.Output([call], lineno=lineno)])

    @staticmethod
    def _name(parser: Parser, tag: str) -> str:
        token = parser.stream.current
        if token.type not in ("name", "string"):
            parser.fail(f"'{tag}' tag requires 2 arguments: the name of the partial follows it.")
        name = str(next(parser.stream).value)
        if not name.isidentifier() or parser.stream.current.type == "sub":
            parser.fail(
                f"The partial {name!r} needs a name of letters, digits and underscores: Jinja2 "
                "makes a function of it."
            )
        return name


class SourceTags(Extension):
    """`{% verbatim %}` and `{% comment %}`, whose content is no template."""

    tags: ClassVar[set[str]] = set()  # type: ignore[misc]
    priority = 10

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """Turn the tags into Jinja2's raw blocks and comments; lines keep their numbers."""
        if "verbatim" in source:
            # One with a name ends at the end of that name.
            source = self._pattern("verbatim", r"(?(2)[ \t]+(?P=note))").sub(self._raw, source)
        if "comment" in source:
            source = self._pattern("comment", r"[^%\n]*?").sub(self._comment, source)
        return source

    def _pattern(self, tag: str, after: str) -> re.Pattern[str]:
        start = re.escape(self.environment.block_start_string)
        end = re.escape(self.environment.block_end_string)
        return re.compile(
            rf"{start}(-?)[ \t]*{tag}(?:[ \t]+(?P<note>(?!-?{end})[^%\s][^%\n]*?))?[ \t]*(-?){end}"
            rf"(.*?){start}(-?)[ \t]*end{tag}{after}[ \t]*(-?){end}",
            re.DOTALL,
        )

    def _raw(self, match: re.Match[str]) -> str:
        start, end = self.environment.block_start_string, self.environment.block_end_string
        left, _, inner_left, body, inner_right, right = match.groups()
        return f"{start}{left} raw {inner_left}{end}{body}{start}{inner_right} endraw {right}{end}"

    def _comment(self, match: re.Match[str]) -> str:
        start, end = self.environment.comment_start_string, self.environment.comment_end_string
        return f"{start}{match[1]}" + "\n" * match[0].count("\n") + f"{match[6]}{end}"
