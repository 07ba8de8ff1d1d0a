"""HTML: escaping, building, stripping and linking, as in `django.utils.html`."""
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false, reportUnknownMemberType=false
# pyright: reportUnknownParameterType=false, reportUnknownVariableType=false
# Values of any type are narrowed here, which leaves their parts unknown.

import html
import json
import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import Any, Final, TypeVar

from fastjango.core.exceptions import SuspiciousOperation
from fastjango.core.functional import Promise, keep_lazy, keep_lazy_text
from fastjango.values._truncation import VOID_ELEMENTS
from fastjango.values._urlize import Urlizer, smart_urlquote, urlizer
from fastjango.values.json import DjangoJSONEncoder
from fastjango.values.regex_helper import lazy_re_compile
from fastjango.values.safestring import SafeData, SafeString, mark_safe
from fastjango.values.text import normalize_newlines

__all__ = [
    "MAX_STRIP_TAGS_DEPTH",
    "VOID_ELEMENTS",
    "SafeData",
    "SafeString",
    "Urlizer",
    "avoid_wrapping",
    "conditional_escape",
    "escape",
    "escapejs",
    "format_html",
    "format_html_join",
    "html_safe",
    "json_script",
    "linebreaks",
    "mark_safe",
    "smart_urlquote",
    "strip_spaces_between_tags",
    "strip_tags",
    "urlize",
]

C = TypeVar("C", bound=type[Any])

MAX_STRIP_TAGS_DEPTH: Final = 50  # rounds of stripping, and unclosed tags in one run of text

_LONG_OPEN_TAG: Final = lazy_re_compile(r"<[a-zA-Z][^>]{1000,}")
_COMMENT_END: Final = lazy_re_compile(r"--!?\s{0,100}>")
_JSON_ESCAPES: Final = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&"}
_JS_ESCAPES: Final = {
    code: f"\\u{code:04X}"
    for code in (*range(32), *map(ord, "\\'\"><&=-;`\u2028\u2029"), *range(0x7F, 0xA0))
}


@keep_lazy(SafeString)
def escape(text: Any) -> SafeString:
    """Return the text with `&`, `<`, `>`, `"` and `'` written as entities.

    Safe text is escaped as well; use `conditional_escape` to spare it.
    """
    return SafeString(html.escape(str(text)))


@keep_lazy(SafeString)
def escapejs(value: Any) -> SafeString:
    """Return the text for a quoted JavaScript string: risky signs become `\\uXXXX`."""
    return SafeString(str(value).translate(_JS_ESCAPES))


def json_script(
    value: Any, element_id: Any = None, encoder: type[json.JSONEncoder] | None = None
) -> SafeString:
    """Return a `<script type="application/json">` element that holds the value.

    Args:
        element_id: The element's `id`; None leaves it out.
        encoder: The JSON encoder class, `DjangoJSONEncoder` by default.
    """
    data = mark_safe(json.dumps(value, cls=encoder or DjangoJSONEncoder).translate(_JSON_ESCAPES))
    if element_id:
        return format_html('<script id="{}" type="application/json">{}</script>', element_id, data)
    return format_html('<script type="application/json">{}</script>', data)


def conditional_escape(text: Any) -> Any:
    """Return the text escaped, unless it says by `__html__` that it is safe."""
    if isinstance(text, Promise):
        text = str(text)
    if hasattr(text, "__html__"):
        return text.__html__()
    return escape(text)


def format_html(format_string: str, *args: Any, **kwargs: Any) -> SafeString:
    """Fill a format with escaped arguments and mark the result as safe.

    Raises:
        TypeError: There are no arguments: the format itself is not escaped.
    """
    if not (args or kwargs):
        raise TypeError("args or kwargs must be provided.")
    positional = [conditional_escape(value) for value in args]
    named = {name: conditional_escape(value) for name, value in kwargs.items()}
    return SafeString(format_string.format(*positional, **named))


def format_html_join(
    sep: Any, format_string: str, args_generator: Iterable[Mapping[str, Any] | Iterable[Any]]
) -> SafeString:
    """Fill one format for each group of arguments and join the results; all escaped.

    Args:
        args_generator: Mappings (keyword arguments) or iterables (positional ones).
    """
    parts = (
        format_html(format_string, **args)
        if isinstance(args, Mapping)
        else format_html(format_string, *args)
        for args in args_generator
    )
    return SafeString(conditional_escape(sep).join(parts))


@keep_lazy_text
def linebreaks(value: Any, autoescape: bool = False) -> str:
    """Return paragraphs (`<p>`) for blocks between blank lines, and `<br>` for other line ends."""
    paragraphs = re.split("\n{2,}", str(normalize_newlines(value)))
    if autoescape:
        paragraphs = [str(escape(paragraph)) for paragraph in paragraphs]
    return "\n\n".join(
        "<p>{}</p>".format(paragraph.replace("\n", "<br>")) for paragraph in paragraphs
    )


class _Stripper(HTMLParser):
    """Keeps the text between tags, with its entities as they are."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []

    def handle_data(self, data: str) -> None:
        self.kept.append(data)

    def handle_entityref(self, name: str) -> None:
        self.kept.append(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.kept.append(f"&#{name};")


def _strip_once(value: str) -> str:
    stripper = _Stripper()
    stripper.feed(value)
    stripper.close()
    return "".join(stripper.kept)


def _refuse_costly_markup(value: str) -> None:
    """Refuse markup on which the parser would look for an end again and again."""
    for tag in _LONG_OPEN_TAG.finditer(value):
        if tag.group().count("<") >= MAX_STRIP_TAGS_DEPTH:
            raise SuspiciousOperation("Too many tags are opened without being closed.")
    start = 0
    for end in _COMMENT_END.finditer(value):
        start = end.end()
    if value.count("<!--", start) >= MAX_STRIP_TAGS_DEPTH:
        raise SuspiciousOperation("Too many comments are opened without being closed.")
    if value.count("<", value.rfind(">") + 1) >= max(MAX_STRIP_TAGS_DEPTH, 1000):
        raise SuspiciousOperation("Too many tags are opened without being closed.")


@keep_lazy_text
def strip_tags(value: Any) -> str:
    """Return the text with everything that looks like a tag taken out.

    The result is not safe for HTML: escape it as any other text.

    Raises:
        SuspiciousOperation: Tags are nested, or left open, more than 50 times.
    """
    text = str(value)
    _refuse_costly_markup(text)
    for _ in range(MAX_STRIP_TAGS_DEPTH):
        if "<" not in text or ">" not in text:
            return text
        stripped = _strip_once(text)
        if stripped.count("<") == text.count("<"):
            return text
        text = stripped
    if "<" in text and ">" in text:
        raise SuspiciousOperation("Tags are nested too deeply to be stripped.")
    return text


@keep_lazy_text
def strip_spaces_between_tags(value: Any) -> str:
    """Return the HTML without the white space between tags."""
    return re.sub(r">\s+<", "><", str(value))


@keep_lazy_text
def urlize(
    text: Any,
    trim_url_limit: int | None = None,
    nofollow: bool = False,
    autoescape: bool = False,
) -> str:
    """Turn the URLs and email addresses of a text into links.

    Args:
        trim_url_limit: Show at most this many characters of a URL.
        nofollow: Add `rel="nofollow"` to the links.
        autoescape: Escape the text as well (safe text is spared).
    """
    return urlizer(text, trim_url_limit=trim_url_limit, nofollow=nofollow, autoescape=autoescape)


def avoid_wrapping(value: str) -> str:
    """Return the text with its spaces made non-breaking."""
    return value.replace(" ", "\xa0")


def html_safe(klass: C) -> C:
    """Declare that `str()` of a class's instances is safe HTML.

    Raises:
        ValueError: The class defines `__html__` already, or has no `__str__` of its own.
    """
    if "__html__" in klass.__dict__:
        raise ValueError(
            f"can't apply @html_safe to {klass.__name__} because it defines __html__()."
        )
    if "__str__" not in klass.__dict__:
        raise ValueError(
            f"can't apply @html_safe to {klass.__name__} because it doesn't define __str__()."
        )
    target: Any = klass
    plain = target.__str__
    target.__str__ = lambda self: mark_safe(plain(self))
    target.__html__ = lambda self: str(self)  # noqa: PLW0108  # a method, as str is none
    return klass
