"""`{% translate %}` and `{% blocktranslate %}`, and their old names `trans` and `blocktrans`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count
from typing import Any, ClassVar, NamedTuple

from fastjango.core.translation import trim_whitespace
from fastjango.templates.tags import output, parse_argument, parse_target, tag_call
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser

__all__ = ["TranslationTags"]

_numbers = count()
_OPTIONS = ("with", "count", "context", "trimmed", "asvar")
_CONSTANTS = ("true", "false", "none")


class _Part(NamedTuple):
    """A text of a block, and the variables that it uses."""

    text: str
    variables: dict[str, nodes.Expr]
    is_empty: bool


class TranslationTags(Extension):
    """Django's tags of translated texts.

    `trans` is a tag of Jinja2's as well, around a text. What follows tells them apart: Jinja2's
    allows no other tag between itself and its `pluralize` or `endtrans`, Django's has no end.
    """

    tags: ClassVar[set[str]] = {"blocktrans", "blocktranslate", "translate"}  # type: ignore[misc]

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Rename Django's `{% trans "text" %}` to `translate`."""
        tokens = list(stream)
        tags = [at + 1 for at, token in enumerate(tokens[:-1]) if token.type == "block_begin"]
        following = [*(tokens[at].value for at in tags[1:]), None]
        for at, after in zip(tags, following, strict=False):
            if (
                tokens[at].value == "trans"
                and after not in ("pluralize", "endtrans")
                and tokens[at + 1].type != "block_end"
                and tokens[at + 2].type not in ("assign", "comma")
            ):
                tokens[at] = Token(tokens[at].lineno, "name", "translate")
        return iter(tokens)

    def parse(self, parser: Parser) -> nodes.Node | list[nodes.Node]:
        """Parse one tag."""
        token = next(parser.stream)
        if token.value == "translate":
            return _translate(parser, token.lineno)
        return _BlockParser(parser, token).parse()


def _translate(parser: Parser, lineno: int) -> nodes.Node:
    stream = parser.stream
    if stream.current.type == "block_end":
        parser.fail("'translate' takes at least one argument", lineno)
    shown = parse_argument(parser)
    options: dict[str, nodes.Expr] = {}
    stream.skip_if("comma")
    while stream.current.type != "block_end" and not stream.current.test("name:as"):
        name = next(stream).value
        if name in options:
            parser.fail(f"The {name!r} option was specified more than once.", lineno)
        assigned = name in ("context", "noop") and stream.skip_if("assign")
        if name == "context":
            if stream.current.type == "block_end" or stream.current.test_any(
                "name:as", "name:noop"
            ):
                parser.fail("No argument provided to 'translate' for the context option.", lineno)
            options[name] = parse_argument(parser)
        elif name == "noop":
            options[name] = parse_argument(parser) if assigned else nodes.Const(True)
        else:
            parser.fail(
                "translate takes a text, then 'noop' or 'context' and a text, then 'as' and a "
                f"name, not {name!r}.",
                lineno,
            )
        stream.skip_if("comma")
    target = parse_target(parser)
    arguments = [options.get("context", nodes.Const(None)), options.get("noop", nodes.Const(False))]
    # As in Django, filters get the translation, not the text.
    innermost: nodes.Filter | None = None
    text: nodes.Expr = shown
    while isinstance(text, nodes.Filter) and text.node is not None:
        innermost, text = text, text.node
    if isinstance(text, nodes.Const) and isinstance(text.value, str):
        text = nodes.MarkSafe(text, lineno=lineno)
    translated = tag_call("translate_text", [text, *arguments], None, lineno)
    if innermost is None:
        shown = translated
    else:
        innermost.node = translated
    return output(tag_call("translate_shown", [shown], None, lineno), target, lineno)


class _BlockParser:
    """Parses one `{% blocktranslate %}`."""

    def __init__(self, parser: Parser, token: Token) -> None:
        self.parser = parser
        self.stream = parser.stream
        self.tag: str = token.value
        self.lineno = token.lineno
        self.values: dict[str, nodes.Expr] = {}
        self.counter: str | None = None
        self.number: nodes.Expr | None = None
        self.context: nodes.Expr = nodes.Const(None)
        self.trimmed = False
        self.target: nodes.Name | None = None

    def fail(self, message: str) -> Any:
        """Raise the error, at the line of the opening tag."""
        self.parser.fail(message, self.lineno)

    def parse(self) -> nodes.Node | list[nodes.Node]:
        """Parse the tag, its texts and its end."""
        self._options()
        singular, end = self._part()
        plural: _Part | None = None
        if end == "plural":
            if self.counter is None:
                self.fail(
                    f"'plural' in {self.tag!r} needs a number: {{% {self.tag} count n=... %}}."
                )
            plural, end = self._part()
        elif self.counter is not None and end == f"end{self.tag}":
            self.fail(f"{self.tag!r} with 'count' needs {{% plural %}} and the text for several.")
        if end != f"end{self.tag}":
            self.fail(f"{self.tag!r} doesn't allow other block tags (seen {end!r}) inside it")
        return self._nodes(singular, plural)

    # The opening tag.

    def _options(self) -> None:
        seen: set[str] = set()
        while self.stream.current.type != "block_end":
            token = next(self.stream)
            option = str(token.value)
            if option in seen:
                self.fail(f"The {option!r} option was specified more than once.")
            if token.type != "name" or option not in _OPTIONS:
                self.fail(
                    f"Unknown argument for {self.tag!r} tag: {option!r}. It takes "
                    f"{', '.join(_OPTIONS)}."
                )
            seen.add(option)
            self._option(option)
        next(self.stream)

    def _option(self, option: str) -> None:
        at_end = self.stream.current.type == "block_end"
        if option == "with":
            self.values = self._assignments()
            if not self.values:
                self.fail(f'"with" in {self.tag!r} tag needs at least one keyword argument.')
        elif option == "count":
            counted = self._assignments()
            if len(counted) != 1:
                self.fail(f'"count" in {self.tag!r} tag expected exactly one keyword argument.')
            [(self.counter, self.number)] = counted.items()
        elif option == "context":
            if at_end:
                self.fail(f'"context" in {self.tag!r} tag expected exactly one argument.')
            self.context = parse_argument(self.parser)
        elif option == "trimmed":
            self.trimmed = True
        else:
            if at_end:
                self.fail(f"No argument provided to the {self.tag!r} tag for the asvar option.")
            name = self.stream.expect("name")
            self.target = nodes.Name(name.value, "store", lineno=name.lineno)

    def _assignments(self) -> dict[str, nodes.Expr]:
        """Parse `a=b c=d`, or `b as a and d as c`, which Django calls legacy."""
        found: dict[str, nodes.Expr] = {}
        stream = self.stream
        while stream.current.type == "name" and stream.look().type == "assign":
            name = next(stream).value
            next(stream)
            found[name] = parse_argument(self.parser)
            stream.skip_if("comma")
        if found or stream.current.type == "block_end":
            return found
        while True:
            value = parse_argument(self.parser)
            if (name_node := parse_target(self.parser)) is None:
                return found
            found[name_node.name] = value
            if not stream.skip_if("name:and"):
                return found

    # The texts.

    def _part(self) -> tuple[_Part, str]:
        """Return a text, and the name of the tag at which it ends."""
        pieces: list[str] = []
        variables: dict[str, nodes.Expr] = {}
        while True:
            token = next(self.stream)
            if token.type == "data":
                pieces.append(token.value.replace("%", "%%"))
            elif token.type == "variable_begin":
                variable = self._variable()
                variables[variable.name] = variable
                pieces.append(f"%({variable.name})s")
            elif token.type == "block_begin":
                break
            else:
                self.fail(f"Unclosed tag {self.tag!r}: the template has no 'end{self.tag}'.")
        text = "".join(pieces)
        end = str(next(self.stream).value)
        if end == "plural":
            # That of the last tag is left where it is: Jinja2 expects it there.
            self.stream.expect("block_end")
        return _Part(trim_whitespace(text) if self.trimmed else text, variables, not pieces), end

    def _variable(self) -> nodes.Name:
        tokens: list[Token] = []
        while self.stream.current.type not in ("variable_end", "eof"):
            tokens.append(next(self.stream))
        if len(tokens) != 1 or tokens[0].type != "name" or tokens[0].value.lower() in _CONSTANTS:
            written = "".join(str(token.value) for token in tokens)
            self.fail(
                f"{self.tag!r} allows only names inside it, not {{{{ {written} }}}}. Name the "
                f"value: {{% {self.tag} with name={written or '...'} %}}."
            )
        next(self.stream)
        return nodes.Name(tokens[0].value, "load", lineno=tokens[0].lineno)

    # The result.

    def _nodes(self, singular: _Part, plural: _Part | None) -> nodes.Node | list[nodes.Node]:
        # A plural without any text counts as none, as in Django.
        if plural is not None and plural.is_empty:
            plural = None
        counter = self.counter if plural is not None else None
        variables = {**singular.variables, **(plural.variables if plural else {})}
        before: list[nodes.Node] = []
        arguments: list[nodes.Expr] = []
        if plural is not None and self.number is not None:
            before = self._kept_for(self.number)
            arguments.append(self.number)
        values = {**variables, **self.values}
        if counter is not None:
            values.pop(counter, None)
        pairs = [nodes.Pair(nodes.Const(name), value) for name, value in values.items()]
        parts = (
            self.tag,
            singular.text,
            plural.text if plural else None,
            counter,
            tuple(variables),
        )
        call = tag_call(
            "blocktranslate",
            [nodes.Const(parts), self.context, nodes.Dict(pairs), *arguments],
            None,
            self.lineno,
        )
        return [*before, output(call, self.target, self.lineno)]

    def _kept_for(self, number: nodes.Expr) -> list[nodes.Node]:
        """Keep what the number needs of `with` in variables: `with n=xs|length count c=n`."""
        kept: dict[str, str] = {}
        before: list[nodes.Node] = []
        for name in nodes.List([number]).find_all(nodes.Name):
            if name.name in self.values and name.name not in kept:
                hidden = f"_translated_{next(_numbers)}"
                kept[name.name] = hidden
                target = nodes.Name(hidden, "store", lineno=self.lineno)
                before.append(nodes.Assign(target, self.values[name.name], lineno=self.lineno))
                self.values[name.name] = nodes.Name(hidden, "load", lineno=self.lineno)
            name.name = kept.get(name.name, name.name)
        return before
