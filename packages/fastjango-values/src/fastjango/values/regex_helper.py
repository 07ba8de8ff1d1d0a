"""Regular expressions turned round for URL reversing, as in `django.utils.regex_helper`."""

import re
from collections.abc import Iterator
from typing import Any, Final

from fastjango.core.functional import SimpleLazyObject

__all__ = ["Choice", "Group", "NonCapture", "lazy_re_compile", "normalize"]

# What stands for a class of characters in a reversed pattern; None marks what matches nothing.
_REPRESENTATIVES: Final[dict[str, str | None]] = {
    "A": None,
    "b": None,
    "B": None,
    "d": "0",
    "D": "x",
    "s": " ",
    "S": "x",
    "w": "x",
    "W": "!",
    "Z": None,
}
ESCAPE_MAPPINGS: Final = _REPRESENTATIVES

Token = tuple[str, bool]
Forms = list[tuple[str, list[str]]]


class Choice(list[Any]):
    """Alternatives at one place of a pattern."""


class Group(list[Any]):
    """A capturing group: its format text and the parameter's name (None for a back reference)."""


class NonCapture(list[Any]):
    """A group that captures nothing."""


def lazy_re_compile(regex: Any, flags: int = 0) -> "re.Pattern[str]":
    """Return a pattern that is compiled at its first use.

    Args:
        regex: Text, or a pattern that is compiled already (then `flags` must be 0).
    """

    def compile_now() -> "re.Pattern[str]":
        if isinstance(regex, (str, bytes)):
            pattern: Any = regex
            return re.compile(pattern, flags)
        if flags:
            raise AssertionError("flags must be empty if regex is passed pre-compiled")
        return regex  # type: ignore[no-any-return]

    return SimpleLazyObject(compile_now)  # type: ignore[return-value]  # behaves as the pattern


_lazy_re_compile = lazy_re_compile  # the name Django's own code uses


def normalize(pattern: str) -> Forms:
    r"""Return the texts that a regular expression can be reversed to.

    Repetitions keep their least number; an optional group with parameters gives one form with and
    one without it; a character class gives its first character and `.` itself; assertions are
    ignored. A pattern with alternatives (`|`) cannot be reversed and gives one empty form.

    Returns:
        Pairs of a `%(name)s` format and the names in it; positional groups are `_0`, `_1`...

    Raises:
        ValueError: The pattern uses a group that cannot be reversed.
    """
    return _Reverser(pattern).forms()


class _Reverser:
    """One linear walk over a pattern."""

    def __init__(self, pattern: str) -> None:
        self.tokens = _tokens(iter(pattern))
        self.result: list[Any] = []
        self.open_groups: list[int] = []
        self.positional = 0
        self.pushed_back: Token | None = None

    def next(self) -> Token:
        if self.pushed_back is not None:
            token, self.pushed_back = self.pushed_back, None
            return token
        return next(self.tokens)

    def forms(self) -> Forms:
        try:
            while True:
                char, escaped = self.next()
                if escaped or char not in "|^$)[(*?+{":
                    self.result.append(char)
                elif char == "|":
                    return [("", [])]
                elif char == "$":
                    break
                elif char != "^":
                    self.special(char)
        except StopIteration:
            pass
        texts, names = _flatten(self.result)
        return list(zip(texts, names, strict=True))

    def special(self, char: str) -> None:
        if char == ")":
            start = self.open_groups.pop()
            self.result[start:] = [NonCapture(self.result[start:])]
        elif char == "[":
            self.character_class()
        elif char == "(":
            self.group()
        else:
            self.quantify(char)

    def character_class(self) -> None:
        char, escaped = self.next()
        self.result.append(char)
        char, escaped = self.next()
        while escaped or char != "]":
            char, escaped = self.next()

    def group(self) -> None:
        char, escaped = self.next()
        if char != "?" or escaped:
            name = f"_{self.positional}"
            self.positional += 1
            self.result.append(Group((f"%({name})s", name)))
            _skip_group(char, self.tokens)
            return
        char, escaped = self.next()
        if char in "!=<":
            _skip_group(char, self.tokens)
        elif char == ":":
            self.open_groups.append(len(self.result))
        elif char == "P":
            self.named_group()
        else:
            raise ValueError(f"Non-reversible reg-exp portion: '(?{char}'")

    def named_group(self) -> None:
        char, _ = self.next()
        if char not in ("<", "="):
            raise ValueError(f"Non-reversible reg-exp portion: '(?P{char}'")
        end = ">" if char == "<" else ")"
        letters: list[str] = []
        char, _ = self.next()
        while char != end:
            letters.append(char)
            char, _ = self.next()
        name = "".join(letters)
        if end == ")":  # a back reference; its parenthesis has been read
            self.result.append(Group((f"%({name})s", None)))
        else:
            self.result.append(Group((f"%({name})s", name)))
            _skip_group(char, self.tokens)

    def quantify(self, char: str) -> None:
        count, ahead = _quantifier(char, self.tokens)
        if ahead is not None:
            self.pushed_back = ahead
        if count == 0:
            if _contains_group(self.result[-1]):
                self.result[-1] = Choice([None, self.result[-1]])
            else:
                self.result.pop()
        elif count > 1:
            self.result.extend([self.result[-1]] * (count - 1))


def _tokens(characters: Iterator[str]) -> Iterator[Token]:
    """Yield characters and whether each was escaped; escapes give what stands for them."""
    for char in characters:
        if char != "\\":
            yield char, False
            continue
        try:
            char = next(characters)
        except StopIteration:
            return
        representative = _REPRESENTATIVES.get(char, char)
        if representative is not None:
            yield representative, True


def _skip_group(char: str, tokens: Iterator[Token]) -> None:
    """Read to the end of the group the walk is in, over nested ones."""
    depth = 1 if char == "(" else 0
    for char, escaped in tokens:
        if escaped:
            continue
        if char == "(":
            depth += 1
        elif char == ")":
            if not depth:
                return
            depth -= 1


def _quantifier(char: str, tokens: Iterator[Token]) -> tuple[int, Token | None]:
    """Return the least number of repetitions, and the token read beyond the quantifier."""
    least = 1 if char == "+" else 0
    if char == "{":
        digits: list[str] = []
        while char != "}":
            char, _ = next(tokens)
            digits.append(char)
        least = int("".join(digits[:-1]).split(",")[0])
    ahead = next(tokens, None)
    if ahead is not None and ahead[0] == "?" and not ahead[1]:
        return least, None
    return least, ahead


def _contains_group(element: Any) -> bool:
    if isinstance(element, Group):
        return True
    return isinstance(element, NonCapture) and any(_contains_group(part) for part in element)


def _flatten(source: Any) -> tuple[list[str], list[list[str]]]:
    """Return the texts a parsed pattern can have, and the parameters of each."""
    if source is None:
        return [""], [[]]
    if isinstance(source, Group):
        return [source[0]], [[source[1]] if source[1] is not None else []]
    texts: list[str] = [""]
    names: list[list[str]] = [[]]
    for element in source:
        if isinstance(element, str):
            texts = [text + element for text in texts]
            continue
        alternatives = element if isinstance(element, Choice) else [element]
        inner_texts: list[str] = []
        inner_names: list[list[str]] = []
        for alternative in alternatives:
            found_texts, found_names = _flatten(alternative)
            inner_texts += found_texts
            inner_names += found_names
        names = [outer + inner for outer in names for inner in inner_names]
        texts = [outer + inner for outer in texts for inner in inner_texts]
    return texts, names
