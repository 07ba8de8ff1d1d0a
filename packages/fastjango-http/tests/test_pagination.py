"""Pages of long lists, sync and async, held against Django's."""

import warnings
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastjango.http.pagination import (
    AsyncPage,
    AsyncPaginator,
    EmptyPage,
    InvalidPage,
    Page,
    PageNotAnInteger,
    Paginator,
    UnorderedObjectListWarning,
)
from hypothesis import given
from hypothesis import strategies as st


class FakeQuerySet:
    """A slice of numbers that counts the questions it is asked."""

    model = "numbers"

    def __init__(self, items: list[int], ordered: bool = True) -> None:
        self.items, self.ordered = items, ordered
        self.questions = 0

    def count(self) -> int:
        self.questions += 1
        return len(self.items)

    async def acount(self) -> int:
        return self.count()

    def __getitem__(self, index: Any) -> "FakeQuerySet":
        return FakeQuerySet(self.items[index])

    def __iter__(self) -> Any:
        return iter(self.items)

    def __len__(self) -> int:
        return len(self.items)

    async def __aiter__(self) -> AsyncIterator[int]:
        for item in self.items:
            yield item


@pytest.fixture(scope="module")
def django_paginator() -> Any:
    pytest.importorskip("django")
    from django.conf import settings as django_settings

    if not django_settings.configured:
        django_settings.configure(USE_I18N=False)
    import django
    from django.core.paginator import Paginator as DjangoPaginator

    django.setup()  # its texts need its registry
    return DjangoPaginator


def describe(page: Any) -> Any:
    def number(call: Any) -> Any:
        try:
            return call()
        except Exception as error:
            return type(error).__name__

    return (
        list(page),
        page.number,
        page.has_next(),
        page.has_previous(),
        page.has_other_pages(),
        number(page.next_page_number),
        number(page.previous_page_number),
        page.start_index(),
        page.end_index(),
        repr(page),
    )


@given(
    count=st.integers(0, 40),
    per_page=st.integers(2, 9),
    orphans=st.integers(0, 1),
    empty=st.booleans(),
    number=st.one_of(st.integers(-2, 12), st.sampled_from([None, "2", "x", 1.0, 1.5, 1e400])),
    sides=st.integers(0, 4),
)
async def test_pages_equal_djangos(
    django_paginator: Any,
    count: int,
    per_page: int,
    orphans: int,
    empty: bool,
    number: Any,
    sides: int,
) -> None:
    items = list(range(count))
    theirs = django_paginator(items, per_page, orphans, empty)
    ours = Paginator(items, per_page, orphans, empty)
    later = AsyncPaginator(items, per_page, orphans, empty)
    assert (ours.count, ours.num_pages, ours.page_range) == (
        theirs.count,
        theirs.num_pages,
        theirs.page_range,
    )
    if number != 1e400:
        try:
            expected: Any = describe(theirs.page(number))
        except Exception as error:
            expected = (type(error).__name__, str(error))
        try:
            got: Any = describe(ours.page(number))
        except InvalidPage as error:
            got = (type(error).__name__, str(error))
        assert got == expected
        try:
            described: Any = [item async for item in await later.apage(number)]
        except InvalidPage as error:
            described = type(error).__name__
        assert described == got[0]
    if theirs.num_pages:
        assert [describe(page) for page in ours] == [describe(page) for page in theirs]
        for n in theirs.page_range:
            elided = list(theirs.get_elided_page_range(n, on_each_side=sides, on_ends=1))
            assert [str(x) for x in elided] == [
                str(x) for x in ours.get_elided_page_range(n, on_each_side=sides, on_ends=1)
            ]
            aelided = later.aget_elided_page_range(n, on_each_side=sides, on_ends=1)
            assert [str(x) async for x in aelided] == [str(x) for x in elided]


def test_numbers() -> None:
    paginator = Paginator(range(10), "3")
    for wrong in ("x", None, 1.5, float("inf"), object()):
        with pytest.raises(PageNotAnInteger, match="That page number is not an integer"):
            paginator.validate_number(wrong)
    with pytest.raises(EmptyPage, match="That page number is less than 1"):
        paginator.validate_number(0)
    with pytest.raises(EmptyPage, match="That page contains no results"):
        paginator.validate_number(5)
    assert paginator.get_page("x").number == 1
    assert paginator.get_page(99).number == paginator.get_page(-1).number == 4
    own = Paginator([], 3, error_messages={"min_page": "too small"})
    with pytest.raises(EmptyPage, match="too small"):
        own.page(0)
    with pytest.raises(EmptyPage):
        Paginator([], 3, allow_empty_first_page=False).get_page(1)


def test_pages_are_sequences() -> None:
    queryset = FakeQuerySet(list(range(10)))
    paginator = Paginator(queryset, 4)
    page = paginator.page(2)
    assert isinstance(page, Page)
    assert (len(page), page[0], page[1:3], 5 in page) == (4, 4, [5, 6], True)
    assert queryset.questions == 1
    with pytest.raises(TypeError, match="Page indices must be integers or slices, not str"):
        page["x"]  # type: ignore[call-overload]


def test_unordered_lists_warn() -> None:
    with pytest.warns(UnorderedObjectListWarning, match="object_list: numbers FakeQuerySet"):
        Paginator(FakeQuerySet([], ordered=False), 5)

    class Unordered(list[int]):
        ordered = False

    with pytest.warns(UnorderedObjectListWarning, match=r"object_list: \[\]"):
        Paginator(Unordered(), 5)


def test_too_many_orphans() -> None:
    with pytest.warns(DeprecationWarning, match="orphans argument being larger"):
        Paginator([], 2, orphans=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Paginator([], 2, orphans=1)


async def test_async_pages() -> None:
    paginator = AsyncPaginator(FakeQuerySet(list(range(10))), 4)
    page = await paginator.apage(2)
    assert isinstance(page, AsyncPage)
    assert repr(page) == "<Async Page 2>"
    for use in (len, lambda p: p[0], reversed):
        with pytest.raises(TypeError, match=r"AsyncPage.aget_object_list\(\) must be awaited"):
            use(page)
    with pytest.raises(TypeError, match="AsyncPage indices must be integers"):
        page["x"]  # type: ignore[index]
    assert [item async for item in page] == [4, 5, 6, 7]
    assert await page.aget_object_list() == await page.aget_object_list() == [4, 5, 6, 7]
    assert (len(page), page[0], page[1:], list(reversed(page))) == (4, 4, [5, 6, 7], [7, 6, 5, 4])
    assert await page.ahas_next()
    assert await page.ahas_previous()
    assert await page.ahas_other_pages()
    assert (await page.anext_page_number(), await page.aprevious_page_number()) == (3, 1)
    assert (await page.astart_index(), await page.aend_index()) == (5, 8)
    last = await paginator.aget_page(99)
    assert (last.number, await last.aend_index()) == (3, 10)
    assert (await paginator.aget_page("x")).number == 1
    assert [page.number async for page in paginator] == [1, 2, 3]
    empty = await AsyncPaginator([], 4).apage(1)
    assert await empty.astart_index() == 0
    assert await AsyncPaginator([], 4, allow_empty_first_page=False).anum_pages() == 0

    class Plain(list[int]):
        pass

    plain = await AsyncPaginator(tuple(range(3)), 2).apage(1)
    assert await plain.aget_object_list() == [0, 1]
