"""Finds the start tags of forms in markup that may hold parts of a template language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

__all__ = ["StartTag", "find_start_tags"]

Delimiters = tuple[tuple[str, str], ...]

_SPACE = " \t\r\n\f"
# What ends at its own end tag and holds no elements (HTML, section 13.1.2).
_RAW_ELEMENTS = ("script", "style", "textarea", "title")
_INTERESTING = re.compile(
    rf"<!--|<(?:form|{'|'.join(_RAW_ELEMENTS)})(?=[\s/>{{<\[#%])", re.IGNORECASE
)
_CSRF = re.compile("csrf", re.IGNORECASE)
_RAW_BLOCK = re.compile(r"[-+]?\s*raw\b")
_RAW_BLOCK_END = re.compile(r"\bendraw\b")
_FORM_END = re.compile(r"</form\s*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class StartTag:
    """The start tag of a form.

    Attributes:
        start: Where it begins.
        end: Where what follows it begins.
        attributes: Values by lower-case name, as written; a bare name has an empty value.
        is_dynamic: Whether parts of the tag are written in the template language.
        mentions_csrf: Whether the tag's form speaks of CSRF itself.
    """

    start: int
    end: int
    attributes: Mapping[str, str]
    is_dynamic: bool
    mentions_csrf: bool


class _Scanner:
    """Reads one start tag, passing over the parts of the template language."""

    def __init__(self, source: str, position: int, delimiters: Delimiters) -> None:
        self.source, self.position, self.delimiters = source, position, delimiters
        self.is_dynamic = False

    def skip_template(self) -> bool:
        """Pass over a part of the template language, if one begins here."""
        for start, end in self.delimiters:
            if self.source.startswith(start, self.position):
                close = self.source.find(end, self.position + len(start))
                self.position = len(self.source) if close < 0 else close + len(end)
                self.is_dynamic = True
                return True
        return False

    def at_end(self) -> bool:
        return self.position >= len(self.source)

    def take_until(self, stops: str) -> str:
        """Return the text up to one of the characters, with parts of the template language."""
        begin = self.position
        while not self.at_end() and self.source[self.position] not in stops:
            if not self.skip_template():
                self.position += 1
        return self.source[begin : self.position]

    def skip_space(self) -> None:
        while not self.at_end() and self.source[self.position] in _SPACE:
            self.position += 1

    def value(self) -> str:
        """Return the value of an attribute: what follows the equals sign."""
        self.skip_space()
        if self.at_end():
            return ""
        quote = self.source[self.position]
        if quote not in "\"'":
            return self.take_until(_SPACE + ">")
        self.position += 1
        value = self.take_until(quote)
        self.position += 1
        return value

    def attributes(self) -> dict[str, str] | None:
        """Read up to the end of the tag; `None` if it has none."""
        found: dict[str, str] = {}
        while not self.at_end():
            self.skip_space()
            if self.at_end():
                break
            if self.source[self.position] == ">":
                self.position += 1
                return found
            if self.skip_template():
                continue
            if self.source[self.position] in "/=\"'":
                self.position += 1
                continue
            name = self.take_until(_SPACE + "/>=\"'").lower()
            self.skip_space()
            value = ""
            if not self.at_end() and self.source[self.position] == "=":
                self.position += 1
                value = self.value()
            found.setdefault(name, value)  # of equal names browsers take the first
        return None


def _after_raw(source: str, element: str, position: int) -> int:
    """Return where an element that holds only text ends."""
    close = re.compile(rf"</{element}\s*>", re.IGNORECASE).search(source, position)
    return len(source) if close is None else close.end()


def find_start_tags(source: str, delimiters: Delimiters = ()) -> Iterator[StartTag]:
    """Yield the start tags of forms, but for those in comments, scripts and texts.

    Args:
        source: Markup, or the source of a template.
        delimiters: Starts and ends of the parts of the template language.
    """
    opening = "|".join(re.escape(start) for start, _end in delimiters)
    pattern = re.compile(
        f"{opening}|{_INTERESTING.pattern}" if opening else _INTERESTING.pattern, re.IGNORECASE
    )
    position = 0
    while (match := pattern.search(source, position)) is not None:
        found = match.group().lower()
        if not found.startswith("<"):  # the template language
            scanner = _Scanner(source, match.start(), delimiters)
            scanner.skip_template()
            position = scanner.position
            if _RAW_BLOCK.match(source[match.start() + len(found) : position]):
                close = _RAW_BLOCK_END.search(source, position)
                position = len(source) if close is None else close.end()
        elif found == "<!--":
            comment_end = source.find("-->", match.end())
            position = len(source) if comment_end < 0 else comment_end + 3
        elif found != "<form":
            position = _after_raw(source, found[1:], match.end())
        else:
            scanner = _Scanner(source, match.end(), delimiters)
            attributes = scanner.attributes()
            if attributes is None:  # the tag never ends
                return
            position = scanner.position
            end = _FORM_END.search(source, position)
            body = source[match.start() : end.start() if end else len(source)]
            mentions = "data-csrf" not in attributes and _CSRF.search(body) is not None
            yield StartTag(match.start(), position, attributes, scanner.is_dynamic, mentions)
