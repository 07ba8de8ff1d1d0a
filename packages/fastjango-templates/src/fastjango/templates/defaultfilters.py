"""Django's built-in filters: callable from Python, and in every template under their own names.

Each takes what Django's takes and returns the same; a few take more, as the filter of that name in
Jinja2 does. Filters that do more with a text than copy it refuse texts of more than `MAX_TEXT`
characters, and those that fill up refuse a width of more than `MAX_WIDTH`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastjango.templates._list_filters import (
    dictsort,
    dictsortreversed,
    escapeseq,
    first,
    join,
    last,
    length,
    make_list,
    random,
    safeseq,
    slice_filter,
    unordered_list,
)
from fastjango.templates._text_filters import (
    addslashes,
    capfirst,
    center,
    cut,
    escape_filter,
    escapejs_filter,
    force_escape,
    iriencode,
    linebreaks_filter,
    linebreaksbr,
    linenumbers,
    ljust,
    lower,
    phone2numeric_filter,
    rjust,
    safe,
    slugify,
    stringformat,
    striptags,
    title,
    truncatechars,
    truncatechars_html,
    truncatewords,
    truncatewords_html,
    upper,
    urlencode,
    urlize,
    urlizetrunc,
    wordcount,
    wordwrap,
)
from fastjango.templates._value_filters import (
    add,
    date,
    default,
    default_if_none,
    divisibleby,
    filesizeformat,
    floatformat,
    get_digit,
    json_script,
    pluralize,
    pprint,
    time,
    timesince_filter,
    timeuntil_filter,
    yesno,
)
from fastjango.templates.filtering import MAX_TEXT, MAX_WIDTH, stringfilter

__all__ = [
    "FILTERS",
    "MAX_TEXT",
    "MAX_WIDTH",
    "add",
    "addslashes",
    "capfirst",
    "center",
    "cut",
    "date",
    "default",
    "default_if_none",
    "dictsort",
    "dictsortreversed",
    "divisibleby",
    "escape_filter",
    "escapejs_filter",
    "escapeseq",
    "filesizeformat",
    "first",
    "floatformat",
    "force_escape",
    "get_digit",
    "iriencode",
    "join",
    "json_script",
    "last",
    "length",
    "linebreaks_filter",
    "linebreaksbr",
    "linenumbers",
    "ljust",
    "lower",
    "make_list",
    "phone2numeric_filter",
    "pluralize",
    "pprint",
    "random",
    "rjust",
    "safe",
    "safeseq",
    "slice_filter",
    "slugify",
    "stringfilter",
    "stringformat",
    "striptags",
    "time",
    "timesince_filter",
    "timeuntil_filter",
    "title",
    "truncatechars",
    "truncatechars_html",
    "truncatewords",
    "truncatewords_html",
    "unordered_list",
    "upper",
    "urlencode",
    "urlize",
    "urlizetrunc",
    "wordcount",
    "wordwrap",
    "yesno",
]

_HERE: dict[str, Any] = globals()
_NAMED = [name for name in __all__ if name not in {"FILTERS", "MAX_TEXT", "MAX_WIDTH"}]

FILTERS: Final[dict[str, Callable[..., Any]]] = {
    name.removesuffix("_filter"): _HERE[name] for name in _NAMED if name != "stringfilter"
}
"""The filters by the names that templates use."""
