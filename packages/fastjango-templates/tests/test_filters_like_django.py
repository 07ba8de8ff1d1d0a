"""Every built-in filter gives what Django's gives."""

import datetime
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from fastjango.core import timezone
from fastjango.templates import defaultfilters as ours
from fastjango.templates import humanize, l10n, tz
from fastjango.values.safestring import SafeString
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

theirs = pytest.importorskip("django.template.defaultfilters")

TEXTS: list[Any] = [
    "",
    "a",
    '<b>Tom & "Jerry\'s"</b>',
    "joe's 1ST it'S 2Nd don'T",
    "one\ntwo\r\n\r\nthree\rfour\n\n\n\nfive",
    "Ünïcödé ﬁ  tab\there",
    "https://example.com/a?b=1&c=2, www.example.org. (mail me@example.com)",
    "<p>one <b>two</b> three<br>four</p> five",
    "800-COLLECT",
    SafeString("<i>safe & sound</i> o'clock"),
    12.5,
    None,
    True,
    ["a", "<b>"],
    0,
    -17,
]
NUMBERS: list[Any] = [
    0, 1, -1, 5, 10, 11, 12, 13, 21, 101, 111, 1000, 999999, 1000000, 1290000, -1290000, 10**9,
    2 * 10**15, 10**33, 10**100, 10**104, 0.0, -0.0, 0.05, 1.5, 34.23234, 34.0, -34.26, 7.7,
    1e16, 1.5e-7, float("inf"), float("nan"), Decimal("1.0005"), Decimal("-0.004"),
    Decimal("1E+3"), Decimal("9" * 30), "12", "-5.56", "1,000", "abc", "", None, True, [1, 2],
    "¿Cómo?", 1024, 1536, 1024**2 - 1, 1024**3, 1024**4 * 3, 1024**6, -1024,
]  # fmt: skip
ZONE = ZoneInfo("America/New_York")
MOMENTS: list[Any] = [
    datetime.datetime(2008, 1, 1, 0, 0),
    datetime.datetime(2024, 2, 29, 12, 30, 15, 123),
    datetime.datetime(2024, 7, 1, 23, 59, tzinfo=datetime.UTC),
    datetime.datetime(1999, 12, 31, 12, 0, tzinfo=ZONE),
    datetime.date(2024, 5, 6),
    datetime.time(12, 0),
    datetime.time(0, 5, 7),
    "",
    None,
    "2024-01-01",
    5,
]
TEXT_FILTERS: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("addslashes", [()]),
    ("capfirst", [()]),
    ("center", [(0,), (-3,)]),
    ("cut", [("a",), (";",), (" ",)]),
    ("escape_filter", [()]),
    ("escapejs_filter", [()]),
    ("force_escape", [()]),
    ("iriencode", [()]),
    ("linebreaks_filter", [(), (False,)]),
    ("linebreaksbr", [(), (False,)]),
    ("linenumbers", [(), (False,)]),
    ("ljust", [(20,), ("3",)]),
    ("lower", [()]),
    ("make_list", [()]),
    ("rjust", [(20,)]),
    ("safe", [()]),
    ("slugify", [()]),
    ("stringformat", [("s",), ("5d",), ("03d",), (".2f",), ("x",), ("",), ("q",), ("%s",)]),
    ("striptags", [()]),
    ("title", [()]),
    ("truncatechars", [(5,), ("3",), (0,), (-1,), ("x",), (1000,)]),
    ("truncatechars_html", [(5,), ("3",), (0,), ("x",)]),
    ("truncatewords", [(2,), ("3",), (0,), ("x",)]),
    ("truncatewords_html", [(2,), ("3",), (0,), ("x",)]),
    ("upper", [()]),
    ("urlencode", [(), ("",), ("/",)]),
    ("wordcount", [()]),
    ("wordwrap", [(5,), ("10",)]),
    ("pprint", [()]),
    ("json_script", [(), ("the-id",)]),
    ("default", [("x",), ("",)]),
    ("default_if_none", [("x",)]),
    ("length", [()]),
    ("yesno", [(), ("a,b",), ("a,b,c",), ("a",), ("a,b,c,d",)]),
    ("pluralize", [(), ("es",), ("y,ies",), ("a,b,c",)]),
]
NUMBER_FILTERS: list[tuple[str, list[tuple[Any, ...]]]] = [
    ("add", [(1,), ("2",), ("x",), (None,)]),
    ("filesizeformat", [()]),
    (
        "floatformat",
        [(), (3,), (-3,), ("0",), ("2g",), ("g",), ("2u",), ("-2gu",), ("x",), (0,), (40,)],
    ),
    ("get_digit", [(1,), (2,), ("0",), ("x",), (50,)]),
    ("divisibleby", [(3,), ("7",)]),
    ("pluralize", [(), ("es",)]),
    ("stringformat", [("s",), ("e",), ("05.1f",), ("r",)]),
]


def outcome(function: Callable[..., Any], *args: Any) -> Any:
    """Return what a filter does: its result with its type, or the kind of its failure."""
    try:
        result = function(*args)
    except Exception as error:
        return type(error).__name__
    if isinstance(result, list):
        return [plain(item) for item in result]
    return plain(result)


def plain(result: Any) -> tuple[Any, ...]:
    """Return a result in a form that can be compared across the frameworks."""
    if isinstance(result, str):
        return "text", str.__str__(result), hasattr(result, "__html__")
    return type(result).__name__, repr(result)


def other(value: Any) -> Any:
    """Return an input for Django: our safe texts are not its own."""
    if isinstance(value, SafeString):
        from django.utils.safestring import mark_safe

        return mark_safe(str.__str__(value))
    return value


def same(name: str, value: Any, *args: Any, module: Any = ours, oracle: Any = theirs) -> None:
    """Compare one call."""
    got = outcome(getattr(module, name), value, *args)
    wanted = outcome(getattr(oracle, name), other(value), *args)
    assert got == wanted, f"{name}({value!r}, {args!r})"


@pytest.mark.parametrize(("name", "arguments"), TEXT_FILTERS, ids=[n for n, _ in TEXT_FILTERS])
def test_text_filters(name: str, arguments: list[tuple[Any, ...]]) -> None:
    for value in TEXTS:
        for args in arguments:
            same(name, value, *args)


@pytest.mark.parametrize(("name", "arguments"), NUMBER_FILTERS, ids=[n for n, _ in NUMBER_FILTERS])
def test_number_filters(name: str, arguments: list[tuple[Any, ...]]) -> None:
    for value in NUMBERS:
        for args in arguments:
            if name == "pluralize" and value is None:
                continue
            same(name, value, *args)


@pytest.mark.parametrize("value", [t for t in TEXTS if isinstance(t, str)])
def test_links(value: str) -> None:
    from django.conf import settings
    from django.test import override_settings

    if not hasattr(settings, "URLIZE_ASSUME_HTTPS"):  # Django 5 always takes HTTP
        value = value.replace("www.example.org", "https://www.example.org")
    with override_settings(URLIZE_ASSUME_HTTPS=True):
        same("urlize", value)
        same("urlizetrunc", value, 12)
        same("urlizetrunc", value, "8", True)


@pytest.mark.parametrize("name", ["date", "time"])
@pytest.mark.parametrize(
    "form", [None, "Y-m-d H:i", "N j, Y, P", "DATE_FORMAT", "TIME_FORMAT", "e"]
)
def test_dates(name: str, form: str | None) -> None:
    for value in MOMENTS:
        if name == "date" and isinstance(value, datetime.time) and form in ("DATE_FORMAT", None):
            continue
        same(name, value, form)


def test_distances() -> None:
    base = datetime.datetime(2024, 3, 1, 12, 0, tzinfo=datetime.UTC)
    for days in (0, 0.01, 1, 8, 40, 400, -3, -90):
        moment = base + datetime.timedelta(days=days)
        for name in ("timesince_filter", "timeuntil_filter"):
            same(name, moment, base)
    for name in ("timesince_filter", "timeuntil_filter"):
        same(name, None)
        same(name, "x")
        same(name, base, datetime.datetime(2024, 1, 1))
        same(name, datetime.datetime(2000, 1, 1))


class Thing:
    """Something with an attribute."""

    def __init__(self, age: int) -> None:
        self.age = age
        self.inner = {"rank": -age}

    def __repr__(self) -> str:
        return f"Thing({self.age})"


ROWS = [{"name": "b", "age": 2}, {"name": "a", "age": 3}, {"name": "c", "age": 1}]


@pytest.mark.parametrize("name", ["dictsort", "dictsortreversed"])
def test_sorting(name: str) -> None:
    same(name, ROWS, "name")
    same(name, ROWS, "age")
    same(name, ROWS, "_private")
    same(name, ROWS, "age.__class__")
    same(name, [Thing(2), Thing(1)], "age")
    same(name, [Thing(2), Thing(1)], "inner.rank")
    same(name, [("x", 2), ("y", 1)], 1)
    same(name, [("x", 2), ("y", 1)], "0")
    same(name, 5, "age")
    same(name, "abc", "age")


@pytest.mark.parametrize(
    "value", [[], [1, "<b>", SafeString("<i>")], ("x", "y"), "text", "", [None, 3.5]], ids=repr
)
def test_sequences(value: Any) -> None:
    for name in ("first", "last", "length", "unordered_list", "safeseq", "escapeseq"):
        same(name, value)
    for arg in (":2", "1:", "0:4:2", "-1:", "x", "5", ""):
        same("slice_filter", value, arg)
    for separator in (", ", "<br>"):
        got = outcome(ours.join, value, separator)
        assert got == outcome(theirs.join, [other(v) for v in value], separator)
    assert ours.random(value) in (value or [""])
    assert outcome(ours.join, 5, ",") == outcome(theirs.join, 5, ",")


def test_nested_lists() -> None:
    nested: list[Any] = [
        ["States", ["Kansas", ["Lawrence", "<Topeka>"], "Illinois"]],
        ["a", [], "b", ("c", "d"), (letter for letter in "xy")],
        [["only", ["lists"]], ["x"]],
        ["item 1", [["item 1.1"], "2"]],
        "flat",
    ]
    for value in nested:
        if value and isinstance(value[-1], type(i for i in "")):
            assert ours.unordered_list(value[:-1]) == theirs.unordered_list(value[:-1])
        else:
            assert ours.unordered_list(value) == theirs.unordered_list(value)
    assert ours.unordered_list(["<", ["&"]], autoescape=False) == theirs.unordered_list(
        ["<", ["&"]], autoescape=False
    )


def test_phone_numbers() -> None:
    same("phone2numeric_filter", "800-COLLECT")
    same("phone2numeric_filter", SafeString("abc"))


def test_humanized_numbers() -> None:
    oracle = pytest.importorskip("django.contrib.humanize.templatetags.humanize")
    for value in [*NUMBERS, "-1234567.25", "12x", Decimal("1234567.1234567")]:
        for name in ("ordinal", "intcomma", "intword", "apnumber"):
            same(name, value, module=humanize, oracle=oracle)
        if not isinstance(value, list):
            same("intcomma", value, False, module=humanize, oracle=oracle)


def test_humanized_days() -> None:
    oracle = pytest.importorskip("django.contrib.humanize.templatetags.humanize")
    today = datetime.date.today()
    for days in (-2, -1, 0, 1, 2):
        same("naturalday", today + datetime.timedelta(days), module=humanize, oracle=oracle)
    same("naturalday", "x", module=humanize, oracle=oracle)
    same("naturalday", datetime.date(2020, 1, 2), "Y", module=humanize, oracle=oracle)


@pytest.mark.parametrize("aware", [True, False])
def test_humanized_times(aware: bool) -> None:
    oracle = pytest.importorskip("django.contrib.humanize.templatetags.humanize")
    now = datetime.datetime.now(datetime.UTC if aware else None)
    half = datetime.timedelta(milliseconds=500)
    for seconds in (0, 1, 2, 59, 61, 150, 3601, 7300, 86401, 86400 * 3, 86400 * 500):
        for sign in (1, -1):
            moment = now + sign * (datetime.timedelta(seconds=seconds) + half)
            same("naturaltime", moment, module=humanize, oracle=oracle)
    same("naturaltime", "soon", module=humanize, oracle=oracle)


def test_a_plain_date_counts_from_its_midnight() -> None:
    yesterday = datetime.date.today() - datetime.timedelta(days=10)
    assert humanize.naturaltime(yesterday) == "1\xa0week, 3\xa0days ago"


def test_time_zones() -> None:
    oracle = pytest.importorskip("django.templatetags.tz")
    moments = [m for m in MOMENTS if isinstance(m, (datetime.datetime, str))]
    for value in moments:
        for name, args in (
            ("localtime", ()),
            ("utc", ()),
            ("do_timezone", ("Asia/Tokyo",)),
            ("do_timezone", (ZONE,)),
            ("do_timezone", ("Nowhere/Land",)),
            ("do_timezone", (5,)),
        ):
            got, wanted = getattr(tz, name)(value, *args), getattr(oracle, name)(value, *args)
            assert str(got) == str(wanted), (name, value, args)
            if got != "":
                assert got.convert_to_local_time is False
    assert tz.utc(datetime.datetime(2024, 1, 1)).tzinfo == datetime.UTC
    assert timezone.template_localtime(tz.utc(MOMENTS[2])).hour == 23


def test_localized_values() -> None:
    oracle = pytest.importorskip("django.templatetags.l10n")
    for value in (1.5, 1000, "x", None, True, datetime.date(2024, 5, 6), Decimal("2.50")):
        same("localize", value, module=l10n, oracle=oracle)
        same("unlocalize", value, module=l10n, oracle=oracle)


@given(st.text(max_size=60), st.integers(-3, 30))
def test_any_text(value: str, number: int) -> None:
    # Since 6.1 Django escapes these control characters for JavaScript.
    value = "".join(char for char in value if not "\x7f" <= char < "\xa0")
    for name in ("truncatechars", "truncatewords", "ljust", "rjust"):
        same(name, value, number)
    for name in (
        "addslashes", "capfirst", "escapejs_filter", "force_escape", "iriencode", "lower",
        "linebreaks_filter", "linebreaksbr", "linenumbers", "slugify", "title", "upper",
        "urlencode", "wordcount", "make_list", "striptags",
    ):  # fmt: skip
        same(name, value)


@given(
    st.one_of(
        st.integers(-(10**20), 10**20),
        st.floats(),
        st.decimals(allow_nan=True),
        st.text("0123456789.-+eE", max_size=12),
    ),
    st.integers(-12, 12),
)
def test_any_number(value: Any, places: int) -> None:
    same("floatformat", value, places)
    same("filesizeformat", value)
    same("get_digit", value, places)
    same("pluralize", value)
    same("yesno", value)
    same("add", value, places)


@given(st.datetimes(datetime.datetime(1900, 1, 1), datetime.datetime(2100, 1, 1)))
def test_any_moment(value: datetime.datetime) -> None:
    for form in ("Y-m-d H:i:s", "D, j N y", "c", "r", "U", "P"):
        same("date", value, form)
        if form != "D, j N y":
            same("time", value, "H:i P")


@given(
    st.one_of(st.integers(-(10**40), 10**40), st.floats(), st.text("0123456789-.,x", max_size=9))
)
def test_any_humanized_number(value: Any) -> None:
    oracle = pytest.importorskip("django.contrib.humanize.templatetags.humanize")
    for name in ("ordinal", "intword", "apnumber", "intcomma"):
        if name == "intcomma" and isinstance(value, str):
            continue  # since 6.1 Django reads texts as decimals
        same(name, value, module=humanize, oracle=oracle)


def test_what_django_changed_in_6_1() -> None:
    assert ours.center("ab", 5) == " ab  "
    assert ours.center("abc", "6") == " abc  "
    assert ours.escapejs_filter("\x7f") == "\\u007F"
    assert humanize.intcomma("1234.5e3") == "1,234,500"
    assert humanize.intcomma("-12345678x") == "-12,345,678x"


def test_markup_of_other_engines_counts_as_safe() -> None:
    assert hasattr(ours.lower(Markup("<B>")), "__html__")
    assert not hasattr(ours.upper(Markup("<b>")), "__html__")
    assert ours.cut(Markup("a<b>"), "<") == "ab>"


def test_what_jinja_filters_of_these_names_take_as_well() -> None:
    assert ours.first(iter([1, 2])) == 1
    assert ours.first(set()) == ""
    assert ours.last({"a": 1, "b": 2}.keys()) == "b"
    assert ours.dictsort({"b": 1, "a": 2}) == [("a", 2), ("b", 1)]
    assert ours.dictsort({"b": 1, "a": 2}, by="value") == [("b", 1), ("a", 2)]
    assert ours.join([{"a": 1}, {"a": "<"}], ",", attribute="a") == "1,&lt;"
    assert ours.join(["<"], "", autoescape=False) == "<"
    assert ours.slice_filter(range(5), 3) == [[0, 1], [2, 3], [4]]
    assert ours.slice_filter([1, 2, 3, 4], 3, 0) == [[1, 2], [3, 0], [4, 0]]
    assert ours.urlencode({"a": "b c"}) == "a=b+c" or ours.urlencode({"a": "b c"}) == "a=b%20c"
    assert ours.urlencode([("a", 1)]) == "a=1"
    assert ours.default(0, "x", boolean=False) == 0
    assert ours.wordwrap("a b") == "a b"
    assert ours.filesizeformat(2048, True) == "2.0\xa0KB"


def test_values_that_cannot_be_shown() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise LookupError("no")

    assert ours.pprint(Broken()) == theirs.pprint(Broken())
