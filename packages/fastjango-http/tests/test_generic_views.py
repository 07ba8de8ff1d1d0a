"""Lists, single objects and archives by date, over a queryset that lives in memory."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.core import timezone
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.core.twins import Step, afollow, calls_twin, check_twins, follow
from fastjango.http import Http404, HttpRequest
from fastjango.http.pagination import AsyncPaginator, Page, Paginator
from fastjango.http.views.generic import (
    ArchiveIndexView,
    DateDetailView,
    DayArchiveView,
    DetailView,
    ListView,
    MonthArchiveView,
    RedirectView,
    TemplateView,
    TodayArchiveView,
    WeekArchiveView,
    YearArchiveView,
)
from fastjango.http.views.generic.dates import BaseDateListView, BaseDayArchiveView
from fastjango.http.views.generic.querying import fetched, has_rows
from fastjango.values.decorators import iscoroutinefunction

DATE = datetime.date


class Missing(Exception):
    """No such row."""


class Field:
    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_internal_type(self) -> str:
        return self.kind


class Options:
    app_label, model_name = "shop", "thing"
    verbose_name, verbose_name_plural = "thing", "things"
    fields = {"day": Field("DateField"), "moment": Field("DateTimeField")}

    def get_field(self, name: str) -> Field:
        return self.fields[name]


class Thing:
    DoesNotExist = Missing
    _meta = Options()
    _default_manager: Any

    def __init__(self, pk: int, day: DATE, slug: str = "", template: str = "") -> None:
        self.pk, self.day, self.slug, self.template = pk, day, slug, template
        self.moment = datetime.datetime.combine(day, datetime.time(12), datetime.UTC)

    def __repr__(self) -> str:
        return f"<{self.pk}>"


LOOKUPS = {
    "exact": lambda a, b: a == b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "gte": lambda a, b: a >= b,
}


class Rows:
    """A queryset: it counts how often it was asked, and refuses to be read on a loop."""

    model = Thing
    ordered = True
    asked: list[str] = []

    def __init__(self, rows: list[Any]) -> None:
        self.rows = rows
        self._result_cache: list[Any] | None = None

    def all(self) -> Rows:
        return Rows(self.rows)

    def none(self) -> Rows:
        return Rows([])

    def filter(self, **lookups: Any) -> Rows:
        rows = self.rows
        for name, wanted in lookups.items():
            field, _, how = name.partition("__")
            if field == "pk":
                wanted = int(wanted)
            test = LOOKUPS[how or "exact"]
            rows = [row for row in rows if test(getattr(row, field), wanted)]
        return Rows(rows)

    def order_by(self, *names: str) -> Rows:
        rows = self.rows
        for name in reversed(names):
            key = name.removeprefix("-")
            rows = sorted(rows, key=lambda row: getattr(row, key), reverse=name[0] == "-")
        return Rows(rows)

    def _dates(self, field: str, kind: str, order: str) -> Rows:
        days = {getattr(row, field) for row in self.rows}
        cut = {"year": {"month": 1, "day": 1}, "month": {"day": 1}, "day": {}}[kind]
        return Rows(sorted({day.replace(**cut) for day in days}, reverse=order == "DESC"))

    dates = datetimes = _dates

    def _read(self) -> list[Any]:
        from fastjango.core.aio import guard_sync

        if self._result_cache is None:
            guard_sync("blocking")
            self.asked.append("rows")
            self._result_cache = list(self.rows)
        return self._result_cache

    def __iter__(self) -> Iterator[Any]:
        return iter(self._read())

    def __bool__(self) -> bool:
        return bool(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __getitem__(self, index: Any) -> Any:
        return Rows(self.rows[index]) if isinstance(index, slice) else self._read()[index]

    async def __aiter__(self) -> Any:
        self.asked.append("arows")
        self._result_cache = list(self.rows)
        for row in self._result_cache:
            yield row

    def count(self) -> int:
        self.asked.append("count")
        return len(self.rows)

    async def acount(self) -> int:
        self.asked.append("acount")
        return len(self.rows)

    def exists(self) -> bool:
        self.asked.append("exists")
        return bool(self.rows)

    async def aexists(self) -> bool:
        self.asked.append("aexists")
        return bool(self.rows)

    def get(self) -> Any:
        self.asked.append("get")
        if len(self.rows) != 1:
            raise Missing
        return self.rows[0]

    async def aget(self) -> Any:
        self.asked.append("aget")
        if len(self.rows) != 1:
            raise Missing
        return self.rows[0]


THINGS = [
    Thing(1, DATE(2020, 1, 1), "a"),
    Thing(2, DATE(2020, 3, 5), "b"),
    Thing(3, DATE(2021, 3, 5), "c", "own.html"),
    Thing(4, DATE(2021, 3, 6), "d"),
    Thing(5, DATE(2999, 1, 1), "e"),
]


class Answer:
    """What a view answers with: the context, and the templates to choose from."""

    def __init__(self, request: Any, template: Any, context: Any, using: Any, **kw: Any) -> None:
        self.template, self.context = template, context


@pytest.fixture(autouse=True)
def manager(configured: Any) -> None:
    configured(USE_TZ=True, TIME_ZONE="UTC")
    Thing._default_manager = Rows(THINGS)
    Rows.asked = []


def ask(cls: type, query: str = "", options: dict[str, Any] | None = None, **kwargs: Any) -> Any:
    """Answer a request by a class of views."""
    request = HttpRequest()
    request.method = "GET"
    from fastjango.http import QueryDict

    request.GET = QueryDict(query)
    view = type(cls.__name__, (cls,), {"response_class": Answer, **(options or {})})
    return view.as_view()(request, **kwargs)  # type: ignore[attr-defined]


async def both(cls: type, query: str = "", **options: Any) -> tuple[Any, Any]:
    """The answers of a class, synchronously (in a thread) and asynchronously."""
    import asyncio

    kwargs = options.pop("url", {})
    kind = {**options, "view_is_async": True}

    async def waiting() -> Any:
        try:
            return await ask(cls, query, kind, **kwargs)
        except Exception as error:
            return error

    def at_once() -> Any:
        try:
            answer = ask(cls, query, options, **kwargs)
            for value in answer.context.values():
                if isinstance(value, Rows | Page):
                    list(value)  # as a template does, which is rendered in this thread
            return answer
        except Exception as error:
            return error

    return await asyncio.to_thread(at_once), await waiting()


async def same(cls: type, query: str = "", **options: Any) -> Any:
    """The answer of a class, which is the same in both ways."""
    one, other = await both(cls, query, **options)
    assert type(one) is type(other), (one, other)
    if isinstance(one, Exception):
        assert str(one) == str(other)
        return one
    assert one.template == other.template
    for context in (one.context, other.context):
        context.pop("view")
    flat = [
        {
            key: list(value) if isinstance(value, Rows | Page) else value
            for key, value in answer.context.items()
            if key != "paginator"
        }
        for answer in (one, other)
    ]
    assert flat[0] == flat[1]
    return other


# --- single objects -----------------------------------------------------------------------


async def test_a_single_object() -> None:
    answer = await same(DetailView, model=Thing, url={"pk": "3"})
    assert answer.context == {"object": THINGS[2], "thing": THINGS[2]}
    assert answer.template == ["shop/thing_detail.html"]
    assert (Rows.asked.count("get"), Rows.asked.count("aget")) == (1, 1)
    answer = await same(
        DetailView,
        queryset=Rows(THINGS),
        url={"name": "c"},
        slug_url_kwarg="name",
        context_object_name="it",
        template_name_field="template",
        template_name_suffix="_x",
    )
    assert answer.context == {"object": THINGS[2], "it": THINGS[2]}
    assert answer.template == ["own.html", "shop/thing_x.html"]
    answer = await same(DetailView, model=Thing, url={"pk": 1}, template_name="t.html")
    assert answer.template == ["t.html"]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"url": {"pk": 9}}, Http404, "No thing found matching the query"),
        ({"url": {"pk": "x"}}, Http404, "No thing found matching the query"),
        ({"url": {"slug": "z"}}, Http404, "No thing found matching the query"),
        (
            {"url": {"pk": 1, "slug": "b"}, "query_pk_and_slug": True},
            Http404,
            "No thing found matching the query",
        ),
        ({}, AttributeError, "must be called with either an object pk or a slug"),
        ({"model": None, "url": {"pk": 1}}, ImproperlyConfigured, "DetailView is missing a Query"),
    ],
)
async def test_no_single_object(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    found = await same(DetailView, **{"model": Thing, **options})
    assert type(found) is error
    assert message in str(found)


async def test_both_key_and_slug() -> None:
    assert (await same(DetailView, model=Thing, url={"pk": 1, "slug": "b"})).context[
        "object"
    ].pk == 1
    answer = await same(DetailView, model=Thing, url={"pk": 1, "slug": "a"}, query_pk_and_slug=True)
    assert answer.context["object"].pk == 1


async def test_any_object_will_do() -> None:
    class Own(DetailView):
        def get_object(self, queryset: Any = None) -> Any:
            return {"a": 1}

        async def aget_object(self, queryset: Any = None) -> Any:
            return self.get_object()

    answer = await same(Own, template_name="t.html")
    assert answer.context == {"object": {"a": 1}}
    assert "SingleObjectTemplateResponseMixin requires" in str(await same(Own))
    answer = await same(Own, model=Thing)
    assert answer.template == ["shop/thing_detail.html"]

    class Nothing(DetailView):
        def get_object(self, queryset: Any = None) -> Any:
            return None

        async def aget_object(self, queryset: Any = None) -> Any:
            return None

    assert (await same(Nothing, template_name="t.html")).context == {"object": None}


# --- lists --------------------------------------------------------------------------------


async def test_lists() -> None:
    answer = await same(ListView, model=Thing, ordering="-pk")
    assert [thing.pk for thing in answer.context["thing_list"]] == [5, 4, 3, 2, 1]
    assert answer.context["object_list"] is answer.context["thing_list"]
    assert answer.context["is_paginated"] is False
    assert answer.template == ["shop/thing_list.html"]
    assert Rows.asked.count("arows") == 1
    answer = await same(ListView, queryset=Rows(THINGS[:1]), context_object_name="all")
    assert list(answer.context["all"]) == THINGS[:1]
    answer = await same(ListView, queryset=[1, 2], template_name="t.html")
    assert answer.context["object_list"] == [1, 2]
    assert answer.template == ["t.html"]
    answer = await same(ListView, model=Thing, template_name="t.html", ordering=["day", "pk"])
    assert answer.template == ["t.html", "shop/thing_list.html"]


async def test_lists_of_nothing() -> None:
    answer = await same(ListView, queryset=Rows([]))
    assert list(answer.context["object_list"]) == []
    for options in ({}, {"paginate_by": 5}):
        error = await same(ListView, queryset=Rows([]), allow_empty=False, **options)
        assert str(error) == "Empty list and “ListView.allow_empty” is False."
    assert Rows.asked.count("exists") == Rows.asked.count("aexists") == 1
    assert list((await same(ListView, model=Thing, allow_empty=False)).context["object_list"])
    assert "ListView is missing a QuerySet" in str(await same(ListView))
    assert "requires either a 'template_name' attribute" in str(await same(ListView, queryset=[1]))


@pytest.mark.parametrize(
    ("query", "number", "shown"),
    [
        ("", 1, [1, 2]),
        ("page=2", 2, [3, 4]),
        ("page=last", 3, [5]),
        ("page=4", None, "Invalid page (4): That page contains no results"),
        ("page=0", None, "Invalid page (0): That page number is less than 1"),
        ("page=x", None, "Page is not “last”, nor can it be converted to an int."),
    ],
)
async def test_pages(query: str, number: int | None, shown: Any) -> None:
    answer = await same(ListView, query, model=Thing, paginate_by=2)
    if number is None:
        assert type(answer) is Http404
        assert str(answer) == shown
        return
    context = answer.context
    assert isinstance(context["page_obj"], Page)
    assert (context["page_obj"].number, context["is_paginated"]) == (number, True)
    assert context["page_obj"].has_next() is (number < 3)
    assert [thing.pk for thing in context["object_list"]] == shown
    assert [thing.pk for thing in context["thing_list"]] == shown
    # Nothing blocked the loop: the page has all it needs.
    assert context["paginator"].count == 5
    assert [thing.pk for thing in context["page_obj"]] == shown


async def test_pages_of_other_kinds() -> None:
    answer = await same(ListView, "p=2", queryset=[1, 2, 3], paginate_by=2, page_kwarg="p",
                        template_name="t", allow_empty=False)  # fmt: skip
    assert answer.context["object_list"] == [3]

    class Capped(Paginator):
        @property
        def count(self) -> int:  # type: ignore[override]
            return 3

    answer = await same(ListView, "page=2", model=Thing, paginate_by=2, paginator_class=Capped)
    assert [thing.pk for thing in answer.context["object_list"]] == [3]

    one, other = await both(
        ListView, "page=last", model=Thing, paginate_by=2, paginator_class=AsyncPaginator
    )
    assert type(one) is AttributeError  # a synchronous view cannot await
    assert [thing.pk for thing in other.context["object_list"]] == [5]
    assert other.context["is_paginated"] is True
    for query in ("page=9", "page=x"):
        _, other = await both(
            ListView, query, model=Thing, paginate_by=2, paginator_class=AsyncPaginator
        )
        assert type(other) is Http404


async def test_what_has_no_asynchronous_side_is_read_in_a_thread() -> None:
    class Old:
        model = Thing
        ordered = True

        def __init__(self, rows: list[Any]) -> None:
            self.rows = rows

        def all(self) -> Old:
            return self

        def count(self) -> int:
            return len(self.rows)

        def exists(self) -> bool:
            return bool(self.rows)

        def __getitem__(self, index: slice) -> Old:
            return Old(self.rows[index])

        def __bool__(self) -> bool:
            return bool(self.rows)

    answer = await ask(
        ListView,
        "page=2",
        {"queryset": Old(THINGS), "paginate_by": 3, "view_is_async": True, "allow_empty": False},
    )
    assert answer.context["object_list"].rows == THINGS[3:]
    assert await has_rows(Old([])).acall() is False

    class Stream:
        async def __aiter__(self) -> Any:
            yield 1

    assert await fetched(Stream()).acall() == [1]


# --- archives -----------------------------------------------------------------------------


@pytest.mark.parametrize("field", ["day", "moment"])
async def test_the_index_of_an_archive(field: str) -> None:
    answer = await same(ArchiveIndexView, model=Thing, date_field=field)
    assert [thing.pk for thing in answer.context["latest"]] == [4, 3, 2, 1]
    assert [date.year for date in answer.context["date_list"]] == [2021, 2020]
    assert answer.template == ["shop/thing_archive.html"]
    answer = await same(
        ArchiveIndexView,
        model=Thing,
        date_field=field,
        allow_future=True,
        paginate_by=2,
        date_list_period="month",
        ordering="pk",
    )
    assert [thing.pk for thing in answer.context["latest"]] == [1, 2]
    assert len(list(answer.context["date_list"])) == 4


async def test_an_empty_archive() -> None:
    error = await same(ArchiveIndexView, queryset=Rows([]), date_field="day")
    assert str(error) == "No things available"
    error = await same(ArchiveIndexView, queryset=Rows([]), date_field="day", paginate_by=2)
    assert str(error) == "No things available"
    answer = await same(ArchiveIndexView, queryset=Rows([]), date_field="day", allow_empty=True)
    assert list(answer.context["latest"]) == []
    assert "ArchiveIndexView.date_field is required." in str(
        await same(ArchiveIndexView, model=Thing)
    )
    with pytest.raises(NotImplementedError, match="A DateView must provide"):
        BaseDateListView().get_dated_items()

    class NoDates(ArchiveIndexView):
        def get_dated_queryset(self, **lookup: Any) -> Any:
            return Rows([])

        async def aget_dated_queryset(self, **lookup: Any) -> Any:
            return Rows([])

    assert str(await same(NoDates, model=Thing, date_field="day")) == "No things available"


@pytest.mark.parametrize("field", ["day", "moment"])
async def test_a_year(field: str) -> None:
    answer = await same(YearArchiveView, model=Thing, date_field=field, url={"year": 2020})
    context = answer.context
    assert [date.month for date in context["date_list"]] == [1, 3]
    assert list(context["object_list"]) == []
    assert (context["year"], context["previous_year"]) == (DATE(2020, 1, 1), None)
    assert context["next_year"] == DATE(2021, 1, 1)
    answer = await same(
        YearArchiveView,
        "year=2021",
        model=Thing,
        date_field=field,
        make_object_list=True,
        allow_future=True,
    )
    assert [thing.pk for thing in answer.context["thing_list"]] == [4, 3]
    assert answer.context["next_year"] == DATE(2999, 1, 1)
    assert answer.context["previous_year"] == DATE(2020, 1, 1)
    assert answer.template == ["shop/thing_archive_year.html"]


@pytest.mark.parametrize("year", ["x", "0", "9999", "10000", "2019"])
async def test_no_year(year: str) -> None:
    found = await same(YearArchiveView, model=Thing, date_field="day", url={"year": year})
    assert type(found) is Http404
    assert str(await same(YearArchiveView, model=Thing, date_field="day")) == "No year specified"


async def test_months() -> None:
    month = {"year": "2020", "month": "mar"}
    answer = await same(MonthArchiveView, model=Thing, date_field="moment", url=month)
    assert [date.day for date in answer.context["date_list"]] == [5]
    assert answer.context["month"] == DATE(2020, 3, 1)
    assert answer.context["previous_month"] == DATE(2020, 1, 1)
    assert answer.context["next_month"] == DATE(2021, 3, 1)
    assert answer.template == ["shop/thing_archive_month.html"]
    options = {"model": Thing, "date_field": "day", "allow_empty": True, "month_format": "%m"}
    answer = await same(MonthArchiveView, **options, url={"year": "2020", "month": "12"})
    assert answer.context["next_month"] == DATE(2021, 1, 1)
    assert answer.context["previous_month"] == DATE(2020, 11, 1)
    today = timezone.localdate()
    now = {"year": today.year, "month": today.month}
    assert (await same(MonthArchiveView, **options, url=now)).context["next_month"] is None
    error = await same(MonthArchiveView, **options, url={"year": "9999", "month": "12"})
    assert str(error) == "Date out of range"
    assert str(await same(MonthArchiveView, **options, url={"year": 2020})) == "No month specified"


@pytest.mark.parametrize(
    ("week_format", "year_format", "week", "start", "following"),
    [
        ("%U", "%Y", "9", DATE(2020, 3, 1), DATE(2020, 3, 8)),
        ("%W", "%Y", "9", DATE(2020, 3, 2), DATE(2020, 3, 9)),
        ("%V", "%G", "10", DATE(2020, 3, 2), DATE(2020, 3, 9)),
    ],
)
async def test_weeks(
    week_format: str, year_format: str, week: str, start: DATE, following: DATE
) -> None:
    options = {"model": Thing, "date_field": "day", "week_format": week_format}
    url = {"year": 2020, "week": week}
    answer = await same(
        WeekArchiveView, **options, year_format=year_format, url=url, allow_empty=True
    )
    assert [thing.pk for thing in answer.context["object_list"]] == [2]
    assert answer.context["week"] == start
    assert answer.context["next_week"] == following
    assert answer.context["previous_week"] == start - datetime.timedelta(days=7)
    assert answer.context["date_list"] is None
    answer = await same(WeekArchiveView, **options, year_format=year_format, url=url)
    assert answer.context["previous_week"].year in {2019, 2020}


async def test_no_weeks() -> None:
    options = {"model": Thing, "date_field": "day", "url": {"year": 2020, "week": 9}}
    assert "Unknown week format '%x'. Choices are: %U, %V, %W" in str(
        await same(WeekArchiveView, **options, week_format="%x")
    )
    assert "ISO week directive '%V' is incompatible with the year directive '%Y'" in str(
        await same(WeekArchiveView, **options, week_format="%V")
    )
    options["url"] = {"year": 2020}
    assert str(await same(WeekArchiveView, **options)) == "No week specified"
    options["url"] = {"year": 9999, "week": 52}
    assert str(await same(WeekArchiveView, **options)) == "Date out of range"
    with pytest.raises(ValueError, match="unknown week format: %x"):
        WeekArchiveView(week_format="%x")._get_weekday(DATE(2020, 1, 1))


@pytest.mark.parametrize("field", ["day", "moment"])
@pytest.mark.parametrize("use_tz", [True, False])
async def test_days(field: str, use_tz: bool, configured: Any) -> None:
    configured(USE_TZ=use_tz, TIME_ZONE="UTC")
    things = [Thing(thing.pk, thing.day) for thing in THINGS]
    if not use_tz:
        for thing in things:
            thing.moment = thing.moment.replace(tzinfo=None)
    options = {"queryset": Rows(things), "date_field": field}
    url = {"year": 2021, "month": "mar", "day": "5"}
    answer = await same(DayArchiveView, **options, url=url)
    context = answer.context
    assert [thing.pk for thing in context["object_list"]] == [3]
    assert (context["day"], context["next_day"]) == (DATE(2021, 3, 5), DATE(2021, 3, 6))
    assert context["previous_day"] == DATE(2020, 3, 5)
    assert (context["previous_month"], context["next_month"]) == (DATE(2020, 3, 1), None)
    assert answer.template == ["shop/thing_archive_day.html"]
    answer = await same(DayArchiveView, **options, url=url, allow_empty=True)
    assert answer.context["previous_day"] == DATE(2021, 3, 4)
    del url["day"]
    assert str(await same(DayArchiveView, **options, url=url)) == "No day specified"


@pytest.mark.parametrize(
    ("field", "date"),
    [("day", DATE.max), ("moment", DATE.max), ("moment", DATE.min), ("day", DATE.min)],
)
async def test_the_ends_of_time(field: str, date: DATE, configured: Any) -> None:
    configured(USE_TZ=True, TIME_ZONE="Pacific/Kiritimati" if date is DATE.min else "UTC")
    url = {"year": f"{date.year:04}", "month": date.strftime("%b"), "day": date.day}
    found = await same(
        DayArchiveView, model=Thing, date_field=field, url=url, allow_empty=True, allow_future=True
    )
    assert type(found) is Http404


async def test_today() -> None:
    today = Thing(6, DATE.today())
    answer = await same(TodayArchiveView, queryset=Rows([*THINGS, today]), date_field="day")
    assert list(answer.context["object_list"]) == [today]
    assert answer.template == ["shop/thing_archive_day.html"]
    assert issubclass(TodayArchiveView, BaseDayArchiveView)


@pytest.mark.parametrize("field", ["day", "moment"])
async def test_an_object_of_a_day(field: str) -> None:
    options = {"model": Thing, "date_field": field}
    url = {"year": 2021, "month": "mar", "day": "6", "pk": 4}
    answer = await same(DateDetailView, **options, url=url)
    assert answer.context["object"] is THINGS[3]
    assert answer.template == ["shop/thing_detail.html"]
    error = await same(DateDetailView, **options, url={**url, "pk": 3})
    assert str(error) == "No thing found matching the query"
    future = {"year": 2999, "month": "jan", "day": 1, "pk": 5}
    error = await same(DateDetailView, **options, url=future)
    assert "Future things not available because DateDetailView.allow_future is" in str(error)
    answer = await same(DateDetailView, **options, url=future, allow_future=True)
    assert answer.context["object"] is THINGS[4]
    error = await same(DateDetailView, **options, url={**url, "day": 32})
    assert str(error) == "Invalid date string “2021__mar__32” given format “%Y__%b__%d”"
    assert DateDetailView(**options).get_object.__func__ is DetailView.get_object
    given = DateDetailView(**options)
    given.kwargs = url
    assert (await given.aget_object(Rows(THINGS))) is THINGS[3]


# --- asynchronous views -------------------------------------------------------------------


async def test_awaiting_hooks() -> None:
    class Own(ListView):
        view_is_async = True
        response_class = Answer

        async def aget_queryset(self) -> Any:
            return Rows(THINGS[:2])

        def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
            return super().get_context_data(**kwargs, more=1)

        async def aget_context_data(self, **kwargs: Any) -> dict[str, Any]:
            return {**await super().aget_context_data(**kwargs), "even": 2}

    view = Own.as_view()
    assert iscoroutinefunction(view)
    answer = await ask(Own)
    assert (answer.context["more"], answer.context["even"]) == (1, 2)
    assert list(answer.context["object_list"]) == THINGS[:2]


async def test_an_own_handler_may_be_asynchronous() -> None:
    class Own(DetailView):
        async def get(self, request: Any, *args: Any, **kwargs: Any) -> Any:
            return await super().get(request, *args, **kwargs)

    answer = await ask(Own, "", {"model": Thing}, pk=2)
    assert answer.context["object"] is THINGS[1]


async def test_overriding_what_is_never_called_is_told() -> None:
    class Own(DetailView):
        view_is_async = True

        def get_object(self, queryset: Any = None) -> Any:
            return 1

    with pytest.raises(
        ImproperlyConfigured,
        match=r"Own works asynchronously, where aget_object\(\) is called; but .*Own overrides "
        r"get_object\(\), which would never be. Override aget_object\(\) instead",
    ):
        Own.as_view()

    class Fine:
        def x(self) -> None: ...
        @calls_twin
        async def ax(self) -> None: ...
        async def ay(self) -> None: ...
        def az(self) -> None: ...
        def z(self) -> None: ...

    class Child(Fine):
        def x(self) -> None: ...
        def z(self) -> None: ...

    check_twins(Child)


async def test_other_views_await_too() -> None:
    class Page(TemplateView):
        view_is_async = True
        response_class = Answer
        template_name = "t.html"

        async def aget_context_data(self, **kwargs: Any) -> dict[str, Any]:
            return await super().aget_context_data(more=1, **kwargs)

    assert (await ask(Page, "", {}, slug="s")).context.items() >= {"more": 1, "slug": "s"}.items()

    class Away(RedirectView):
        view_is_async = True

        async def aget_redirect_url(self, *args: Any, **kwargs: Any) -> str | None:
            await super().aget_redirect_url()
            return kwargs.get("to")

    assert (await ask(Away, "", {}, to="/x/")).url == "/x/"
    assert (await ask(Away)).status_code == 410


async def test_plans() -> None:
    def plan(value: int) -> Any:
        try:
            got = yield Step(lambda: 10 // value, lambda: divide(value))
        except ZeroDivisionError:
            got = yield Step(lambda: 0, lambda: divide(100))
        return got + 1

    async def divide(value: int) -> int:
        return 10 // value

    assert (follow(plan(5)), await afollow(plan(5))) == (3, 3)
    assert (follow(plan(0)), await afollow(plan(0))) == (1, 1)

    def failing() -> Any:
        yield Step(lambda: 1 // 0, lambda: divide(0))

    with pytest.raises(ZeroDivisionError):
        follow(failing())
    with pytest.raises(ZeroDivisionError):
        await afollow(failing())
