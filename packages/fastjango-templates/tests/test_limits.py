"""Text filters take texts up to a length, and need time in proportion to it."""

import time
from typing import Any

import pytest
from fastjango.templates import TextTooLongError, humanize
from fastjango.templates import defaultfilters as filters

LIMITED: list[tuple[str, tuple[Any, ...]]] = [
    ("escapejs_filter", ()),
    ("linebreaks_filter", ()),
    ("linebreaksbr", ()),
    ("linenumbers", ()),
    ("make_list", ()),
    ("phone2numeric_filter", ()),
    ("slugify", ()),
    ("striptags", ()),
    ("title", ()),
    ("truncatechars", (5,)),
    ("truncatechars_html", (5,)),
    ("truncatewords", (5,)),
    ("truncatewords_html", (5,)),
    ("urlize", ()),
    ("urlizetrunc", (5,)),
    ("wordwrap", (20,)),
]
NASTY = [
    "&",
    "<",
    "a.",
    "https://a.b?",
    "((",
    "x@y.",
    "&amp;;",
    "<a ",
    "\n",
    "1'A",
    " ",
    "]]>",
    "é",
]


@pytest.mark.parametrize(("name", "args"), LIMITED, ids=[name for name, _ in LIMITED])
def test_long_texts_are_refused(name: str, args: tuple[Any, ...]) -> None:
    with pytest.raises(TextTooLongError) as caught:
        getattr(filters, name)("x" * (filters.MAX_TEXT + 1), *args)
    assert caught.value.size == filters.MAX_TEXT + 1
    assert "its limit is 1,000,000" in str(caught.value)


@pytest.mark.parametrize("name", ["ljust", "rjust", "center"])
def test_wide_fields_are_refused(name: str) -> None:
    assert len(getattr(filters, name)("x", filters.MAX_WIDTH)) == filters.MAX_WIDTH
    with pytest.raises(TextTooLongError, match="got 10,001 characters"):
        getattr(filters, name)("x", "10001")


def test_wide_formats_are_refused() -> None:
    with pytest.raises(TextTooLongError):
        filters.stringformat(1, "99999999999d")
    assert filters.stringformat(1, "05d") == "00001"


def test_numbers_have_limits() -> None:
    assert filters.floatformat("1", 10**9) == "1"
    assert filters.floatformat("1e1000", 2) == "1e1000"
    assert filters.floatformat("Infinity", 2) == "Infinity"


@pytest.mark.parametrize(("name", "args"), LIMITED, ids=[name for name, _ in LIMITED])
def test_time_is_linear(name: str, args: tuple[Any, ...]) -> None:
    function = getattr(filters, name)
    for piece in NASTY:
        if name == "striptags" and "<" in piece:
            continue  # refused by its own limit on open tags
        started = time.process_time()
        function(piece * (100_000 // len(piece)), *args)
        assert time.process_time() - started < 4, (name, piece)


def test_intcomma_is_linear() -> None:
    started = time.process_time()
    humanize.intcomma("1" * 1_000_000 + "x", use_l10n=False)
    humanize.intcomma("-" + "1" * 1_000_000, use_l10n=False)
    assert time.process_time() - started < 4
