"""HTML compared by meaning: attribute order, white space and quotes do not count."""

import html
from collections.abc import Iterable, Sequence
from html.parser import HTMLParser
from typing import Any, Final, NoReturn

from fastjango.values.html import VOID_ELEMENTS
from fastjango.values.regex_helper import lazy_re_compile

__all__ = ["Element", "HTMLParseError", "RootElement", "normalize_whitespace", "parse_html"]

# https://infra.spec.whatwg.org/#ascii-whitespace
_WHITESPACE: Final = lazy_re_compile(r"[\t\n\f\r ]+")
# https://html.spec.whatwg.org/#attributes-3 and obsolete ones
BOOLEAN_ATTRIBUTES: Final = frozenset(
    [
        "allowfullscreen",
        "async",
        "autofocus",
        "autoplay",
        "checked",
        "controls",
        "default",
        "defer",
        "disabled",
        "formnovalidate",
        "hidden",
        "ismap",
        "itemscope",
        "loop",
        "multiple",
        "muted",
        "nomodule",
        "novalidate",
        "open",
        "playsinline",
        "readonly",
        "required",
        "reversed",
        "selected",
        "truespeed",
    ]
)

Attributes = Sequence[tuple[str, str | None]]


class HTMLParseError(Exception):
    """The text is no well-formed HTML."""


def normalize_whitespace(string: str) -> str:
    """Return the text with each run of ASCII white space made one space."""
    return _WHITESPACE.sub(" ", string)


def normalize_attributes(attributes: Attributes) -> list[tuple[str, str | None]]:
    """Return attributes in the form in which they are compared.

    Classes are sorted; a boolean attribute has no value; a missing value of another one is empty.
    """
    normalized: list[tuple[str, str | None]] = []
    for name, value in attributes:
        if name == "class" and value:
            value = " ".join(sorted(filter(None, _WHITESPACE.split(value))))
        if name in BOOLEAN_ATTRIBUTES:
            value = None if not value or value == name else value
        elif value is None:
            value = ""
        normalized.append((name, value))
    return normalized


class Element:
    """An HTML element with its attributes and children (elements and text)."""

    def __init__(self, name: str | None, attributes: Attributes) -> None:
        self.name = name
        self.attributes: list[tuple[str, str | None]] = sorted(
            attributes, key=lambda pair: (pair[0], pair[1] or "")
        )
        self.children: list[Any] = []

    def append(self, element: "str | Element") -> None:
        """Add a child; neighbouring text is joined, and white space before an element goes."""
        last = self.children[-1] if self.children else None
        if isinstance(element, str):
            element = normalize_whitespace(element)
            if isinstance(last, str):
                self.children[-1] = normalize_whitespace(last + element)
                return
        elif isinstance(last, str) and last.isspace():
            self.children.pop()
        if element:
            self.children.append(element)

    def finalize(self) -> None:
        """Strip the text when all children are there."""
        while self.children and isinstance(self.children[-1], str):
            self.children[-1] = self.children[-1].rstrip()
            if self.children[-1]:
                break
            self.children.pop()
        for position, child in enumerate(self.children):
            if isinstance(child, str):
                self.children[position] = child.strip()
            else:
                child.finalize()

    def __eq__(self, element: object) -> bool:
        return (
            isinstance(element, Element)
            and self.name == element.name
            and self.attributes == element.attributes
            and self.children == element.children
        )

    def __hash__(self) -> int:
        return hash((self.name, *self.attributes))

    def count(self, element: "str | Element") -> int:
        """Return how often an element, a run of elements or a text occurs in this element."""
        if isinstance(element, Element):
            if self == element:
                return 1
            if isinstance(element, RootElement) and self.children == element.children:
                return 1
        wanted = element.children if isinstance(element, RootElement) else []
        found = matched = 0
        for child in self.children:
            if isinstance(child, str):
                if isinstance(element, str):
                    found += child.count(element)
                continue
            found += child.count(element)
            if not wanted:
                continue
            matched = matched + 1 if wanted[matched] == child else 0
            if matched == len(wanted):
                found, matched = found + 1, 0
        return found

    def __contains__(self, element: "str | Element") -> bool:
        return self.count(element) > 0

    def __getitem__(self, key: int) -> Any:
        return self.children[key]

    def __str__(self) -> str:
        attributes = "".join(
            f" {name}" if value is None else f' {name}="{value}"' for name, value in self.attributes
        )
        if not self.children:
            return f"<{self.name}{attributes}>"
        return f"<{self.name}{attributes}>\n{_text(self.children)}\n</{self.name}>"

    def __repr__(self) -> str:
        return str(self)


class RootElement(Element):
    """What holds the elements of a text that has several."""

    def __init__(self) -> None:
        super().__init__(None, ())

    def __str__(self) -> str:
        return _text(self.children)


def _text(children: Iterable[Any]) -> str:
    return "".join(
        html.escape(child) if isinstance(child, str) else str(child) for child in children
    )


class Parser(HTMLParser):
    """Builds the tree and refuses end tags that end nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.root: RootElement = RootElement()
        self.open_tags: list[Element] = []

    def refuse(self, tag: str) -> NoReturn:
        """Raise the error for an end tag."""
        line, column = self.getpos()
        message = f"Unexpected end tag `{tag}` (Line {line}, Column {column})"
        raise HTMLParseError(message, (line, column))

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        """Take an element like `<br/>`."""
        self.handle_starttag(tag, attrs)
        if tag not in VOID_ELEMENTS:
            self.handle_endtag(tag)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Begin an element."""
        element = Element(tag, normalize_attributes(attrs))
        self.current.append(element)
        if tag not in VOID_ELEMENTS:
            self.open_tags.append(element)

    @property
    def current(self) -> Element:
        """The innermost open element."""
        return self.open_tags[-1] if self.open_tags else self.root

    def handle_endtag(self, tag: str) -> None:
        """End an element and those left open inside it."""
        while self.open_tags:
            if self.open_tags.pop().name == tag:
                return
        self.refuse(tag)

    def handle_data(self, data: str) -> None:
        """Take text."""
        self.current.append(data)


def parse_html(html: str) -> Element:
    """Return the tree of an HTML text; a lone element without the root around it.

    Raises:
        HTMLParseError: An end tag ends no open element.
    """
    parser = Parser()
    parser.feed(html)
    parser.close()
    document = parser.root
    document.finalize()
    if len(document.children) == 1 and isinstance(document.children[0], Element):
        return document.children[0]
    return document
