"""Cutting text and HTML after a number of characters or words."""

import re
import unicodedata
from collections import deque
from html import escape
from html.parser import HTMLParser
from typing import Any, Final

from fastjango.core.functional import SimpleLazyObject
from fastjango.core.translation import pgettext

# https://html.spec.whatwg.org/#void-elements and the obsolete ones
VOID_ELEMENTS: Final = frozenset(
    [
        "area",
        "base",
        "br",
        "col",
        "embed",
        "hr",
        "img",
        "input",
        "link",
        "meta",
        "param",
        "source",
        "track",
        "wbr",
        "frame",
        "spacer",
    ]
)


def add_truncation_text(text: str, truncate: Any = None) -> str:
    """Return a cut text with the sign for it (an ellipsis, or `truncate`).

    A `%(truncated_text)s` in the sign is replaced by the text; a sign without one is added to the
    end, once.
    """
    if truncate is None:
        truncate = pgettext("String to return when truncating text", "%(truncated_text)s…")
    sign = str(truncate)
    if "%(truncated_text)s" in sign:
        return sign % {"truncated_text": text}
    return text if text.endswith(sign) else f"{text}{sign}"


def _room(length: int, replacement: Any) -> int:
    """Return how many characters of the text fit beside the sign."""
    left = length
    for char in add_truncation_text("", replacement):
        if not unicodedata.combining(char):
            left -= 1
            if left == 0:
                break
    return left


class _Completed(Exception):
    """Enough has been read."""


class _HTMLTruncator(HTMLParser):
    """Copies HTML until the room is used up, then closes what is open."""

    def __init__(self, *, length: int, replacement: Any) -> None:
        super().__init__(convert_charrefs=True)
        self.open_tags: deque[str] = deque()
        self.output: list[str] = []
        self.remaining = length
        self.replacement = replacement

    def process(self, data: str) -> tuple[int, str]:
        """Return how much of the room the data takes, and as much of it as fits, escaped."""
        raise NotImplementedError

    def handle_startendtag(self, tag: str, attrs: Any) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_ELEMENTS:
            self.handle_endtag(tag)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.output.append(self.get_starttag_text() or "")
        if tag not in VOID_ELEMENTS:
            self.open_tags.appendleft(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID_ELEMENTS:
            return
        self.output.append(f"</{tag}>")
        # Looking further than the last open tag would make stray end tags cost quadratic time.
        if self.open_tags and self.open_tags[0] == tag:
            self.open_tags.popleft()

    def handle_data(self, data: str) -> None:
        size, output = self.process(data)
        if self.remaining < size:
            self.remaining = 0
            self.output.append(add_truncation_text(output, self.replacement))
            raise _Completed
        self.remaining -= size
        self.output.append(output)

    def feed(self, data: str) -> None:
        try:
            super().feed(data)
        except _Completed:
            self.output.extend(f"</{tag}>" for tag in self.open_tags)
            self.open_tags.clear()
        self.reset()

    def result(self, text: str) -> str:
        """Return the cut form of the HTML text."""
        self.feed(text)
        self.close()
        return "".join(self.output)


class _CharsTruncator(_HTMLTruncator):
    def __init__(self, *, length: int, replacement: Any) -> None:
        super().__init__(length=_room(length, replacement), replacement=replacement)
        self.length = length
        self.processed = 0
        self.copied = 0

    def process(self, data: str) -> tuple[int, str]:
        self.processed += len(data)
        if self.processed == self.length:
            copied = sum(len(part) for part in self.output)
            if copied + len(data) == len(self.rawdata):
                self.output.append(data)
                raise _Completed
        return len(data), escape(data[: self.remaining])


class _WordsTruncator(_HTMLTruncator):
    def process(self, data: str) -> tuple[int, str]:
        words = re.split(r"(?<=\S)\s+(?=\S)", data)
        return len(words), escape(" ".join(words[: self.remaining]))


def _text_of(truncator: "Truncator") -> str:
    """Return a truncator's text without the detours of a lazy object."""
    text: Any = object.__getattribute__(truncator, "__dict__")["_wrapped"]
    return text if type(text) is str else str(truncator)


class Truncator(SimpleLazyObject):
    """Cuts a text (lazy or not) after a number of characters or words."""

    _wrapped: str

    def __init__(self, text: Any) -> None:
        if type(text) is str:
            # A plain text needs none of the laziness, whose set-up costs more than the cut.
            own: dict[str, Any] = object.__getattribute__(self, "__dict__")
            own["_setupfunc"], own["_wrapped"] = text.__str__, text
        else:
            super().__init__(lambda: str(text))

    def chars(self, num: Any, truncate: Any = None, html: bool = False) -> str:
        """Return at most `num` characters, the sign for the cut included.

        Combining characters are not counted. Zero or less gives `""`.

        Args:
            truncate: The sign to show instead of an ellipsis (see `add_truncation_text`).
            html: The text is HTML: tags are not counted, and open ones are closed.
        """
        length = int(num)
        if length <= 0:
            return ""
        text = unicodedata.normalize("NFC", _text_of(self))
        if html:
            return _CharsTruncator(length=length, replacement=truncate).result(text)
        return _cut_chars(text, length, truncate)

    def words(self, num: Any, truncate: Any = None, html: bool = False) -> str:
        """Return at most `num` words and the sign for the cut; white space is squeezed.

        Zero or less gives `""`. The arguments are those of `chars`.
        """
        length = int(num)
        if length <= 0:
            return ""
        if html:
            return _WordsTruncator(length=length, replacement=truncate).result(_text_of(self))
        words = _text_of(self).split()
        if len(words) > length:
            return add_truncation_text(" ".join(words[:length]), truncate)
        return " ".join(words)


def _cut_chars(text: str, length: int, truncate: Any) -> str:
    room = _room(length, truncate)
    seen = 0
    end: int | None = None
    for position, char in enumerate(text):
        if unicodedata.combining(char):
            continue
        seen += 1
        if end is None and seen > room:
            end = position
        if seen > length:
            return add_truncation_text(text[: end or 0], truncate)
    return text
