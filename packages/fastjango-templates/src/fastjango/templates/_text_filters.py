"""Filters of texts: case, cutting, wrapping, links and slugs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import quote

import jinja2.filters
from fastjango.templates.filtering import MAX_WIDTH, filter_options, limited, stringfilter
from fastjango.values import html, text
from fastjango.values.encoding import iri_to_uri
from fastjango.values.safestring import SafeData, mark_safe

_SHOUTED = re.compile(r"([a-z])'([A-Z])")
_AFTER_DIGIT = re.compile(r"\d([A-Z])")


@filter_options(is_safe=True)
@stringfilter
def addslashes(value: str) -> str:
    """Return the text with a backslash before quotes and backslashes."""
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("'", "\\'")


@filter_options(is_safe=True)
@stringfilter
def capfirst(value: str) -> str:
    """Return the text with its first letter in upper case."""
    return value and value[0].upper() + value[1:]


@stringfilter
def escapejs_filter(value: str) -> str:
    """Return the text for a quoted JavaScript string."""
    limited("escapejs", value)
    return html.escapejs(value)


@filter_options(is_safe=True)
@stringfilter
def iriencode(value: str) -> str:
    """Return an IRI as a URI."""
    return str(iri_to_uri(value))


@filter_options(is_safe=True, needs_autoescape=True)
@stringfilter
def linenumbers(value: str, autoescape: bool = True) -> str:
    """Return the lines with their numbers before them."""
    limited("linenumbers", value)
    lines = value.split("\n")
    width = len(str(len(lines)))
    escapes = autoescape and not isinstance(value, SafeData)
    numbered = (
        f"{number:0{width}d}. {html.escape(line) if escapes else line}"
        for number, line in enumerate(lines, start=1)
    )
    return mark_safe("\n".join(numbered))  # type: ignore[no-any-return]


@filter_options(is_safe=True)
@stringfilter
def lower(value: str) -> str:
    """Return the text in lower case."""
    return value.lower()


@stringfilter
def upper(value: str) -> str:
    """Return the text in upper case."""
    return value.upper()


@filter_options(is_safe=True)
@stringfilter
def title(value: str) -> str:
    """Return the text with the first letter of each word in upper case."""
    limited("title", value)
    titled = _SHOUTED.sub(lambda match: match[0].lower(), value.title())
    return _AFTER_DIGIT.sub(lambda match: match[0].lower(), titled)


@filter_options(is_safe=True)
@stringfilter
def slugify(value: str, allow_unicode: bool = False) -> str:
    """Return the text for a part of a URL: letters, digits, `-` and `_`."""
    limited("slugify", value)
    return text.slugify(value, allow_unicode)


@filter_options(is_safe=True)
def stringformat(value: Any, arg: Any) -> str:
    """Return a value in a format of the `%` operator, its `%` left out; `""` if it does not fit.

    Raises:
        TextTooLongError: The format fills up to more than 10,000 characters.
    """
    if isinstance(value, tuple):
        value = str(value)  # pyright: ignore[reportUnknownArgumentType]
    for width in re.findall(r"\d{5,}", str(arg)):
        if int(width[:9]) > MAX_WIDTH:
            raise_too_wide("stringformat", int(width[:9]))
    try:
        shown: str = f"%{arg}" % value
    except (ValueError, TypeError):
        return ""
    return shown


def raise_too_wide(name: str, width: int) -> None:
    """Refuse to fill a text up to more than `MAX_WIDTH` characters."""
    from fastjango.templates.exceptions import TextTooLongError

    raise TextTooLongError(name, width, MAX_WIDTH)


def _width(name: str, arg: Any) -> int:
    width = int(arg)
    if width > MAX_WIDTH:
        raise_too_wide(name, width)
    return width


@filter_options(is_safe=True)
@stringfilter
def ljust(value: str, arg: Any) -> str:
    """Return the text filled up with spaces at its end."""
    return value.ljust(_width("ljust", arg))


@filter_options(is_safe=True)
@stringfilter
def rjust(value: str, arg: Any) -> str:
    """Return the text filled up with spaces at its beginning."""
    return value.rjust(_width("rjust", arg))


@filter_options(is_safe=True)
@stringfilter
def center(value: str, arg: Any = 80) -> str:
    """Return the text in the middle of a field of some characters."""
    width = _width("center", arg)
    return f"{value:^{width}}" if width > 0 else value


@stringfilter
def cut(value: str, arg: str) -> str:
    """Return the text without every occurrence of another."""
    shorter = value.replace(arg, "")
    return mark_safe(shorter) if isinstance(value, SafeData) and arg != ";" else shorter


def _truncated(
    name: str, value: str, arg: Any, cut_off: Callable[[text.Truncator, int], str]
) -> str:
    limited(name, value)
    try:
        length = int(arg)
    except ValueError:
        return value
    shortened: str = cut_off(text.Truncator(value), length)
    return shortened


@filter_options(is_safe=True, varies=True)
@stringfilter
def truncatechars(value: str, arg: Any) -> str:
    """Return at most some characters of the text, an ellipsis included."""
    return _truncated("truncatechars", value, arg, lambda words, length: words.chars(length))


@filter_options(is_safe=True, varies=True)
@stringfilter
def truncatechars_html(value: str, arg: Any) -> str:
    """Return at most some characters of the HTML; tags are not counted, and closed."""
    return _truncated(
        "truncatechars_html", value, arg, lambda words, length: words.chars(length, html=True)
    )


@filter_options(is_safe=True, varies=True)
@stringfilter
def truncatewords(value: str, arg: Any) -> str:
    """Return at most some words of the text; line breaks become spaces."""
    return _truncated(
        "truncatewords", value, arg, lambda words, length: words.words(length, truncate=" …")
    )


@filter_options(is_safe=True, varies=True)
@stringfilter
def truncatewords_html(value: str, arg: Any) -> str:
    """Return at most some words of the HTML; tags are not counted, and closed."""
    return _truncated(
        "truncatewords_html",
        value,
        arg,
        lambda words, length: words.words(length, html=True, truncate=" …"),
    )


def _are_pairs(value: Any) -> bool:
    """Whether a value is a list of pairs."""
    if not isinstance(value, (list, tuple)) or not value:
        return False
    items = cast("Sequence[Any]", value)
    return all(isinstance(item, tuple) and len(cast("Any", item)) == 2 for item in items)


def urlencode(value: Any, safe: str | None = None) -> str:
    """Return the text for a URL, or a mapping or sequence of pairs as a query string.

    Args:
        value: The text, or what becomes a query string (as in Jinja2).
        safe: Characters of a text that stay as they are; `/` by default.
    """
    if safe is None and (isinstance(value, Mapping) or _are_pairs(value)):
        return jinja2.filters.do_urlencode(value)  # pyright: ignore[reportUnknownArgumentType]
    return quote(str(value)) if safe is None else quote(str(value), safe=safe)


@filter_options(is_safe=True, needs_autoescape=True)
@stringfilter
def urlize(
    value: str,
    trim_url_limit: int | None = None,
    nofollow: bool = True,
    *,
    autoescape: bool = True,
) -> str:
    """Return the text with its URLs and email addresses as links."""
    limited("urlize", value)
    linked = html.urlize(
        value, trim_url_limit=trim_url_limit, nofollow=nofollow, autoescape=autoescape
    )
    return mark_safe(linked)  # type: ignore[no-any-return]


@filter_options(is_safe=True, needs_autoescape=True)
@stringfilter
def urlizetrunc(value: str, limit: Any, autoescape: bool = True) -> str:
    """Return the text with its URLs as links that show at most some characters of the URL."""
    limited("urlizetrunc", value)
    linked = html.urlize(value, trim_url_limit=int(limit), nofollow=True, autoescape=autoescape)
    return mark_safe(linked)  # type: ignore[no-any-return]


@stringfilter
def wordcount(value: str) -> int:
    """Return the number of words."""
    return len(value.split())


@filter_options(is_safe=True)
@stringfilter
def wordwrap(value: str, arg: Any = 79) -> str:
    """Return the text with lines of at most some characters, broken at spaces."""
    limited("wordwrap", value)
    return text.wrap(value, int(arg))


@filter_options(is_safe=True)
@stringfilter
def force_escape(value: str) -> str:
    """Return the text escaped, safe or not."""
    return html.escape(value)


@filter_options(is_safe=True)
@stringfilter
def escape_filter(value: str) -> Any:
    """Return the text escaped, unless it is safe."""
    return html.conditional_escape(value)


@filter_options(is_safe=True)
@stringfilter
def safe(value: str) -> Any:
    """Return the text marked as safe."""
    return mark_safe(value)


@filter_options(is_safe=True, needs_autoescape=True)
@stringfilter
def linebreaks_filter(value: str, autoescape: bool = True) -> str:
    """Return paragraphs for blocks between blank lines, and `<br>` for other line breaks."""
    limited("linebreaks", value)
    escapes = autoescape and not isinstance(value, SafeData)
    return mark_safe(html.linebreaks(value, escapes))  # type: ignore[no-any-return]


@filter_options(is_safe=True, needs_autoescape=True)
@stringfilter
def linebreaksbr(value: str, autoescape: bool = True) -> str:
    """Return the text with `<br>` for line breaks."""
    limited("linebreaksbr", value)
    lines = text.normalize_newlines(value)
    if autoescape and not isinstance(value, SafeData):
        lines = html.escape(lines)
    return mark_safe(lines.replace("\n", "<br>"))  # type: ignore[no-any-return]


@filter_options(is_safe=True)
@stringfilter
def striptags(value: str) -> str:
    """Return the text without what looks like a tag; it is not safe for that."""
    limited("striptags", value)
    return html.strip_tags(value)


@filter_options(is_safe=True)
def phone2numeric_filter(value: Any) -> str:
    """Return a phone number with digits for its letters."""
    limited("phone2numeric", value)
    return text.phone2numeric(value)
