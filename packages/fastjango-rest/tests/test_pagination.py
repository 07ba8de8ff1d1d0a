"""Pages by themselves: links, sizes, what templates and schemas are told, what is refused."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fastjango.orm import models
from fastjango.rest import pagination
from fastjango.rest.cursors import Cursor, CursorPagination
from fastjango.rest.exceptions import NotFound, RestConfigurationError
from fastjango.rest.filters import OrderingFilter
from fastjango.rest.pagination import BasePagination, LimitOffsetPagination, PageNumberPagination
from fastjango.rest.request import Request
from fastjango.rest.testing import APIRequestFactory
from rest_site_models import clear, fill, shop

LINK = {"type": ["string", "null"], "format": "uri"}
ROWS = {"type": "array"}


@pytest.fixture(autouse=True)
def rows() -> Any:
    clear()
    fill(5)
    yield
    clear()


def asked(query: str = "") -> Request:
    return Request(APIRequestFactory().get(f"/tags/{query}"))


class Numbers(PageNumberPagination):
    page_size = 2
    page_size_query_param = "size"
    max_page_size = 3


class Offsets(LimitOffsetPagination):
    default_limit = 2
    max_limit = 3


class Cursors(CursorPagination):
    page_size = 2
    page_size_query_param = "size"
    ordering = "name"


def query_of(link: str | None) -> dict[str, list[str]]:
    return parse_qs(urlsplit(str(link)).query)


# --- what a base class leaves open ---------------------------------------------------------


def test_a_bare_pagination_has_to_be_filled_in() -> None:
    paginator = BasePagination()
    with pytest.raises(NotImplementedError, match=r"paginate_queryset\(\)"):
        paginator.paginate_queryset([], asked())
    with pytest.raises(NotImplementedError, match=r"paginate_queryset\(\)"):
        asyncio.run(paginator.apaginate_queryset([], asked()))
    with pytest.raises(NotImplementedError, match=r"get_paginated_response\(\)"):
        paginator.get_paginated_response([])


def test_a_bare_pagination_describes_a_plain_list() -> None:
    paginator = BasePagination()
    assert paginator.get_paginated_response_schema(ROWS) is ROWS
    assert paginator.get_response_model(int) is None
    assert paginator.get_results({"results": [1]}) == [1]
    assert paginator.get_schema_operation_parameters(None) == []
    assert paginator.get_html_context() == {}


def test_cursor_pagination_is_found_where_rest_framework_has_it() -> None:
    assert pagination.CursorPagination is CursorPagination
    with pytest.raises(AttributeError, match="PageTurner"):
        pagination.PageTurner  # noqa: B018


# --- page numbers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "keys", "later", "earlier"),
    [
        ("", [0, 1], ["2"], None), ("?page=2", [2, 3], ["3"], {}), ("?page=3", [4], None, ["2"]),
        ("?page=last", [4], None, ["2"]), ("?page=", [0, 1], ["2"], None),
        ("?size=3&page=2", [3, 4], None, {}), ("?size=99", [0, 1, 2], ["2"], None),
        ("?size=0", [0, 1], ["2"], None), ("?size=-1", [0, 1], ["2"], None),
        ("?size=many", [0, 1], ["2"], None),
    ],
)  # fmt: skip
def test_pages_by_number(query: str, keys: list[int], later: Any, earlier: Any) -> None:
    paginator = Numbers()
    assert paginator.paginate_queryset([0, 1, 2, 3, 4], asked(query)) == keys
    page = paginator.get_paginated_response(keys).data
    assert list(page) == ["count", "next", "previous", "results"]
    assert (page["count"], page["results"]) == (5, keys)
    if later is None:
        assert page["next"] is None
    else:
        assert query_of(page["next"])["page"] == later
    if earlier is None:
        assert page["previous"] is None
    else:
        # The first page has an address without a number.
        assert query_of(page["previous"]).get("page", {}) == earlier


@pytest.mark.parametrize("page", ["0", "4", "-1", "x", "1.5"])
def test_pages_that_there_are_not(page: str) -> None:
    with pytest.raises(NotFound, match=r"Invalid page\."):
        Numbers().paginate_queryset([0, 1, 2, 3, 4], asked(f"?page={page}"))


def test_without_a_size_there_are_no_pages() -> None:
    class Whole(PageNumberPagination):
        page_size = None

    class Unlimited(LimitOffsetPagination):
        default_limit = None

    class Endless(CursorPagination):
        page_size = None

    for kind in (Whole, Unlimited, Endless):
        assert kind().paginate_queryset(shop.Tag.objects.all(), asked()) is None


def test_links_to_pages_are_shown_when_there_are_several() -> None:
    paginator = Numbers()
    paginator.paginate_queryset(list(range(40)), asked("?page=10"))
    assert paginator.display_page_controls
    context = paginator.get_html_context()
    assert [link["number"] for link in context["page_links"]] == [
        1, "…", 8, 9, 10, 11, 12, "…", 20,
    ]  # fmt: skip
    assert [link["number"] for link in context["page_links"] if link["is_active"]] == [10]
    assert [link["number"] for link in context["page_links"] if link["url"] is None] == ["…", "…"]
    assert query_of(context["next_url"]) == {"page": ["11"]}
    html = paginator.to_html()
    assert 'aria-current="page">10<' in html
    assert "page=11" in html
    alone = Numbers()
    alone.paginate_queryset([1, 2], asked())
    assert not alone.display_page_controls


# --- limits and offsets --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "keys", "later", "earlier"),
    [
        ("", [0, 1], ("2", "2"), None), ("?offset=1", [1, 2], ("2", "3"), ("2", None)),
        ("?offset=3", [3, 4], None, ("2", "1")), ("?limit=9", [0, 1, 2], ("3", "3"), None),
        ("?limit=0", [0, 1], ("2", "2"), None), ("?limit=x&offset=x", [0, 1], ("2", "2"), None),
        ("?offset=-2", [0, 1], ("2", "2"), None), ("?offset=5", [], None, ("2", "3")),
        ("?offset=6", [], None, ("2", "4")), ("?limit=1&offset=4", [4], None, ("1", "3")),
    ],
)  # fmt: skip
def test_pages_by_offset(query: str, keys: list[int], later: Any, earlier: Any) -> None:
    paginator = Offsets()
    # A list has no count() without an argument, and is counted all the same.
    assert paginator.paginate_queryset([0, 1, 2, 3, 4], asked(query)) == keys
    page = paginator.get_paginated_response(keys).data
    assert (page["count"], page["results"]) == (5, keys)
    for link, wanted in ((page["next"], later), (page["previous"], earlier)):
        if wanted is None:
            assert link is None
        else:
            given = query_of(link)
            assert (given["limit"], given.get("offset")) == (
                [wanted[0]], None if wanted[1] is None else [wanted[1]],
            )  # fmt: skip


def test_an_empty_list_has_one_empty_page() -> None:
    paginator = Offsets()
    assert paginator.paginate_queryset([], asked("?offset=3")) == []
    assert not paginator.display_page_controls
    assert [link["number"] for link in paginator.get_html_context()["page_links"]] == [1]


def test_links_to_offsets_stand_at_multiples_of_the_limit() -> None:
    paginator = Offsets()
    paginator.paginate_queryset(list(range(5)), asked("?offset=2"))
    links = paginator.get_html_context()["page_links"]
    assert [query_of(link["url"])["offset"] for link in links] == [["0"], ["2"], ["4"]]
    assert [link["is_active"] for link in links] == [False, True, False]


def test_a_queryset_is_counted_and_cut_on_both_edges() -> None:
    tags = shop.Tag.objects.order_by("id")
    for kind, query in ((Numbers, "?page=2"), (Offsets, "?offset=2")):
        assert [tag.pk for tag in kind().paginate_queryset(tags, asked(query))] == [3, 4]
        found = asyncio.run(kind().apaginate_queryset(tags, asked(query)))
        assert [tag.pk for tag in found] == [3, 4]


# --- cursors -------------------------------------------------------------------------------


def turn(kind: Any, link: str | None = None) -> tuple[list[str], Any]:
    paginator = kind()
    query = "" if link is None else f"?{urlsplit(link).query}"
    found = paginator.paginate_queryset(shop.Tag.objects.all(), asked(query))
    return [tag.name for tag in found], paginator


def test_cursors_walk_forth_and_back() -> None:
    first, paginator = turn(Cursors)
    assert (first, paginator.get_previous_link()) == (["t1", "t2"], None)
    assert paginator.display_page_controls
    second, paginator = turn(Cursors, paginator.get_next_link())
    assert second == ["t3", "t4"]
    third, last = turn(Cursors, paginator.get_next_link())
    assert (third, last.get_next_link()) == (["t5"], None)
    back, paginator = turn(Cursors, last.get_previous_link())
    assert back == ["t3", "t4"]
    back, paginator = turn(Cursors, paginator.get_previous_link())
    assert (back, paginator.get_previous_link()) == (["t1", "t2"], None)
    assert turn(Cursors, paginator.get_next_link())[0] == ["t3", "t4"]


def test_cursors_stay_right_while_rows_come_and_go() -> None:
    _, paginator = turn(Cursors)
    link = paginator.get_next_link()
    shop.Tag.objects.create(id=9, name="t0")
    shop.Tag.objects.filter(name="t2").delete()
    assert turn(Cursors, link)[0] == ["t3", "t4"]


def test_an_empty_page_still_leads_back() -> None:
    _, paginator = turn(Cursors)
    _, paginator = turn(Cursors, paginator.get_next_link())
    link = paginator.get_next_link()
    shop.Tag.objects.filter(name="t5").delete()
    rest, paginator = turn(Cursors, link)
    assert (rest, paginator.get_next_link()) == ([], None)
    context = paginator.get_html_context()
    assert context["next_url"] is None
    assert turn(Cursors, context["previous_url"])[0] == ["t2", "t3"]


def test_an_empty_list_leads_nowhere() -> None:
    shop.Tag.objects.all().delete()
    found, paginator = turn(Cursors)
    assert found == []
    assert (paginator.get_next_link(), paginator.get_previous_link()) == (None, None)
    assert not paginator.display_page_controls


def test_cursors_pass_rows_without_a_value() -> None:
    class Born(Cursors):
        ordering = "-born"
        page_size = 1

    for number, day in ((2, "2000-01-01"), (3, "1990-01-01"), (4, None)):
        shop.Author.objects.create(id=number, name=str(number), born=day)
    seen: list[int] = []
    paginator = Born()
    link: str | None = "/?"
    while link is not None:
        paginator = Born()
        query = f"?{urlsplit(link).query}"
        seen += [row.pk for row in paginator.paginate_queryset(
            shop.Author.objects.all(), asked(query))]  # fmt: skip
        link = paginator.get_next_link()
    assert seen[:2] == [2, 3]
    assert sorted(seen[2:]) == [1, 4]
    back: list[int] = []
    link = paginator.get_previous_link()
    while link is not None:
        paginator = Born()
        query = f"?{urlsplit(link).query}"
        back += [row.pk for row in paginator.paginate_queryset(
            shop.Author.objects.all(), asked(query))]  # fmt: skip
        link = paginator.get_previous_link()
    assert back == seen[-2::-1]


@pytest.mark.parametrize("key", ["pk", "id"])
def test_cursors_of_rows_as_dicts(key: str) -> None:
    paginator = Cursors()
    rows = shop.Tag.objects.values(key, "name")
    assert [row["name"] for row in paginator.paginate_queryset(rows, asked())] == ["t1", "t2"]
    link = paginator.get_next_link()
    found = paginator.paginate_queryset(rows, asked(f"?{urlsplit(str(link)).query}"))
    assert [row["name"] for row in found] == ["t3", "t4"]


def test_rows_as_dicts_have_to_hold_what_they_are_ordered_by() -> None:
    paginator = Cursors()
    paginator.paginate_queryset(shop.Tag.objects.values("name"), asked())
    with pytest.raises(RestConfigurationError, match="needs 'pk' in every row"):
        paginator.get_next_link()


def test_an_ordering_filter_of_the_view_wins() -> None:
    class View:
        filter_backends = [OrderingFilter]
        ordering_fields = ["name"]

    paginator = Cursors()
    found = paginator.paginate_queryset(
        shop.Tag.objects.all(), asked("?ordering=-name&size=1"), View()
    )
    assert [tag.name for tag in found] == ["t5"]
    found = paginator.paginate_queryset(shop.Tag.objects.all(), asked(), View())
    assert [tag.name for tag in found] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("ordering", "message"),
    [
        (("author__name",), "cannot order by 'author__name'"),
        ((models.F("name"),), "cannot order by"), ((), "no ordering attribute"),
        (None, "no ordering attribute"),
    ],
)  # fmt: skip
def test_orderings_that_make_no_cursor(ordering: Any, message: str) -> None:
    paginator = Cursors()
    paginator.ordering = ordering
    with pytest.raises(RestConfigurationError, match=message):
        paginator.paginate_queryset(shop.Tag.objects.all(), asked())


def encoded(position: list[Any]) -> str:
    paginator = Cursors()
    paginator.base_url = "http://testserver/tags/"
    return "?" + urlsplit(paginator.encode_cursor(Cursor(False, position))).query


@pytest.mark.parametrize(
    "query",
    [
        "?cursor=!", "?cursor=" + "A" * 5000, "?cursor=bnVsbA==", "?cursor=W10=",
        "?cursor=" + "é", encoded(["t1"]), encoded(["t1", 1, 2]), encoded(["t1", "no number"]),
        encoded([["t1"], 1]), encoded([{"a": 1}, 1]),
    ],
)  # fmt: skip
def test_cursors_that_somebody_made_up(query: str) -> None:
    with pytest.raises(NotFound, match="Invalid cursor"):
        Cursors().paginate_queryset(shop.Tag.objects.all(), asked(query))


# --- schemas -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("model", "ordering", "value"),
    [
        (shop.Tag, "name", "\ud800"),  # that no encoding writes
        (shop.Article, "published", "0001-01-01T00:00:00+14:00"),  # before the calendar of UTC
    ],
)
def test_cursors_at_values_that_no_database_takes(model: Any, ordering: str, value: str) -> None:
    class Made(Cursors):
        pass

    Made.ordering = ordering
    request = asked(encoded([value, 1]))
    with pytest.raises(NotFound, match="Invalid cursor"):
        Made().paginate_queryset(model.objects.all(), request)
    with pytest.raises(NotFound, match="Invalid cursor"):
        asyncio.run(Made().apaginate_queryset(model.objects.all(), request))


def test_cursors_beyond_every_number_are_at_the_end() -> None:
    class Counted(Cursors):
        ordering = "id"

    assert Counted().paginate_queryset(shop.Tag.objects.all(), asked(encoded([10**40]))) == []
    first = Counted().paginate_queryset(shop.Tag.objects.all(), asked(encoded([-(10**40)])))
    assert [row.pk for row in first] == [1, 2]


@pytest.mark.parametrize(
    ("kind", "counted", "names"),
    [
        (Numbers, True, ["page", "size"]), (Offsets, True, ["limit", "offset"]),
        (Cursors, False, ["cursor", "size"]), (PageNumberPagination, True, ["page"]),
        (CursorPagination, False, ["cursor"]),
    ],
)  # fmt: skip
def test_schemas_of_pages(kind: Any, counted: bool, names: list[str]) -> None:
    paginator = kind()
    schema = paginator.get_paginated_response_schema(ROWS)
    assert schema["properties"]["next"] == schema["properties"]["previous"] == LINK
    assert schema["properties"]["results"] == ROWS
    assert ("count" in schema["properties"]) is counted
    assert schema["required"] == (["count", "results"] if counted else ["results"])
    found = paginator.get_schema_operation_parameters(None)
    assert [parameter["name"] for parameter in found] == names
    assert {(parameter["in"], parameter["required"]) for parameter in found} == {("query", False)}
    assert all(parameter["description"] for parameter in found)


def test_models_of_answers_tell_whether_there_are_pages() -> None:
    class Whole(PageNumberPagination):
        page_size = None

    class ByRequest(Whole):
        page_size_query_param = "size"

    class ByMethod(Whole):
        def get_page_size(self, request: Any) -> int:
            return 7

    assert Whole().get_response_model(int) is None
    page = Numbers().get_response_model(int)
    assert list(page.model_fields) == ["count", "next", "previous", "results"]
    assert list(Cursors().get_response_model(int).model_fields) == ["next", "previous", "results"]
    for kind in (ByRequest, ByMethod):
        assert kind().get_response_model(int) == page | list[int]
