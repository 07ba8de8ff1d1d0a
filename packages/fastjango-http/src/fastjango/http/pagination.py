"""Pagination: a long list in pages, for synchronous and asynchronous code."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from math import ceil
from typing import Any, cast, overload

from fastjango.core.functional import cached_property
from fastjango.core.translation import gettext_lazy as _
from fastjango.http.aio import run_in_thread
from fastjango.values.inspect import method_has_no_args

__all__ = [
    "AsyncPage",
    "AsyncPaginator",
    "BasePaginator",
    "EmptyPage",
    "InvalidPage",
    "Page",
    "PageNotAnInteger",
    "Paginator",
    "UnorderedObjectListWarning",
]


class UnorderedObjectListWarning(RuntimeWarning):
    """The list has no order, so that its pages may overlap."""


class InvalidPage(Exception):
    """There is no page for what was given as its number."""


class PageNotAnInteger(InvalidPage):
    """The page number is no whole number."""


class EmptyPage(InvalidPage):
    """The page number is below 1, or beyond the last page."""


class BasePaginator:
    """What both paginators share.

    Args:
        object_list: A list, a tuple, a queryset, or anything that can be sliced and counted.
        per_page: Objects on a page.
        orphans: As many objects or fewer are not worth a last page of their own.
        allow_empty_first_page: Whether an empty list has one empty page.
        error_messages: Texts for `invalid_page`, `min_page` and `no_results`.

    Warns with `DeprecationWarning` if `orphans` is not smaller than `per_page`.
    """

    ELLIPSIS: Any = _("…")
    default_error_messages: Mapping[str, Any] = {
        "invalid_page": _("That page number is not an integer"),
        "min_page": _("That page number is less than 1"),
        "no_results": _("That page contains no results"),
    }

    def __init__(
        self,
        object_list: Any,
        per_page: int | str,
        orphans: int | str = 0,
        allow_empty_first_page: bool = True,
        error_messages: Mapping[str, Any] | None = None,
    ) -> None:
        self.object_list = object_list
        self._check_object_list_is_ordered()
        self.per_page: int = int(per_page)
        self.orphans: int = int(orphans)
        self.allow_empty_first_page = allow_empty_first_page
        self.error_messages: dict[str, Any] = {
            **self.default_error_messages,
            **(error_messages or {}),
        }
        if self.per_page <= self.orphans:
            warnings.warn(
                "Support for the orphans argument being larger than or equal to the per_page "
                "argument is deprecated. It will raise a ValueError.",
                DeprecationWarning,
                stacklevel=2,
            )

    def _check_object_list_is_ordered(self) -> None:
        ordered = getattr(self.object_list, "ordered", None)
        if ordered is None or ordered:
            return
        if hasattr(self.object_list, "model"):
            described = f"{self.object_list.model} {self.object_list.__class__.__name__}"
        else:
            described = repr(self.object_list)
        warnings.warn(
            "Pagination may yield inconsistent results with an unordered object_list: "
            f"{described}.",
            UnorderedObjectListWarning,
            stacklevel=3,
        )

    def _get_elided_page_range(
        self,
        number: int,
        num_pages: int,
        page_range: range,
        on_each_side: int = 3,
        on_ends: int = 2,
    ) -> Iterator[Any]:
        """Yield page numbers, with an ellipsis for each gap."""
        if num_pages <= (on_each_side + on_ends) * 2:
            yield from page_range
            return
        if number > on_each_side + on_ends + 2:
            yield from range(1, on_ends + 1)
            yield self.ELLIPSIS
            yield from range(number - on_each_side, number + 1)
        else:
            yield from range(1, number + 1)
        if number < num_pages - on_each_side - on_ends - 1:
            yield from range(number + 1, number + on_each_side + 1)
            yield self.ELLIPSIS
            yield from range(num_pages - on_ends + 1, num_pages + 1)
        else:
            yield from range(number + 1, num_pages + 1)

    def _get_page(self, *args: Any, **kwargs: Any) -> Any:
        """Make a page; override it to have pages of another class."""
        return Page(*args, **kwargs)

    def _validate_number(self, number: Any, num_pages: int) -> int:
        try:
            if isinstance(number, float) and not number.is_integer():
                raise ValueError
            page = int(number)
        except (TypeError, ValueError, OverflowError):
            raise PageNotAnInteger(self.error_messages["invalid_page"]) from None
        if page < 1:
            raise EmptyPage(self.error_messages["min_page"])
        if page > num_pages:
            raise EmptyPage(self.error_messages["no_results"])
        return page

    def _slice(self, number: int, count: int) -> Any:
        """Return the objects of a page, orphans included on the last one."""
        bottom = (number - 1) * self.per_page
        top = bottom + self.per_page
        return self.object_list[bottom : count if top + self.orphans >= count else top]

    def _count_pages(self, count: int) -> int:
        if count == 0 and not self.allow_empty_first_page:
            return 0
        return ceil(max(1, count - self.orphans) / self.per_page)


class Paginator(BasePaginator):
    """Pages of a list, for synchronous code; iterating yields them."""

    def __iter__(self) -> Iterator[Page]:
        for number in self.page_range:
            yield self.page(number)

    def validate_number(self, number: Any) -> int:
        """Return a page number, 1-based, as an integer.

        Raises:
            PageNotAnInteger: It is no whole number.
            EmptyPage: There is no such page.
        """
        return self._validate_number(number, self.num_pages)

    def get_page(self, number: Any) -> Page:
        """Return a page, whatever is given: the first for nonsense, the last for too much."""
        try:
            number = self.validate_number(number)
        except PageNotAnInteger:
            number = 1
        except EmptyPage:
            number = self.num_pages
        return self.page(number)

    def page(self, number: Any) -> Page:
        """Return a page by its 1-based number.

        Raises:
            PageNotAnInteger: It is no whole number.
            EmptyPage: There is no such page.
        """
        number = self.validate_number(number)
        page: Page = self._get_page(self._slice(number, self.count), number, self)
        return page

    @cached_property
    def count(self) -> int:
        """The number of objects on all pages."""
        count = getattr(self.object_list, "count", None)
        if callable(count) and not inspect.isbuiltin(count) and method_has_no_args(count):
            return int(cast("Any", count()))
        return len(self.object_list)

    @cached_property
    def num_pages(self) -> int:
        """The number of pages."""
        return self._count_pages(self.count)

    @property
    def page_range(self) -> range:
        """The page numbers, from 1."""
        return range(1, self.num_pages + 1)

    def get_elided_page_range(
        self, number: Any = 1, *, on_each_side: int = 3, on_ends: int = 2
    ) -> Iterator[Any]:
        """Yield page numbers around one page, with `ELLIPSIS` for those left out.

        Args:
            number: The current page.
            on_each_side: Numbers shown before and after it.
            on_ends: Numbers shown at the beginning and the end.

        Raises:
            InvalidPage: There is no such page.
        """
        number = self.validate_number(number)
        yield from self._get_elided_page_range(
            number, self.num_pages, self.page_range, on_each_side, on_ends
        )


class AsyncPaginator(BasePaginator):
    """Pages of a list, for asynchronous code; iterating asynchronously yields them."""

    def __init__(
        self,
        object_list: Any,
        per_page: int | str,
        orphans: int | str = 0,
        allow_empty_first_page: bool = True,
        error_messages: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(object_list, per_page, orphans, allow_empty_first_page, error_messages)
        self._cache_acount: int | None = None
        self._cache_anum_pages: int | None = None

    async def __aiter__(self) -> AsyncIterator[AsyncPage]:
        for number in await self.apage_range():
            yield await self.apage(number)

    async def avalidate_number(self, number: Any) -> int:
        """Do what `Paginator.validate_number()` does."""
        return self._validate_number(number, await self.anum_pages())

    async def aget_page(self, number: Any) -> AsyncPage:
        """Do what `Paginator.get_page()` does."""
        try:
            number = await self.avalidate_number(number)
        except PageNotAnInteger:
            number = 1
        except EmptyPage:
            number = await self.anum_pages()
        return await self.apage(number)

    async def apage(self, number: Any) -> AsyncPage:
        """Do what `Paginator.page()` does."""
        number = await self.avalidate_number(number)
        page: AsyncPage = self._get_page(self._slice(number, await self.acount()), number, self)
        return page

    def _get_page(self, *args: Any, **kwargs: Any) -> Any:
        return AsyncPage(*args, **kwargs)

    async def acount(self) -> int:
        """Do what `Paginator.count` does, by `acount()` of the list if it has one."""
        if self._cache_acount is None:
            self._cache_acount = await self._count()
        return self._cache_acount

    async def _count(self) -> int:
        count = getattr(self.object_list, "acount", None)
        if inspect.iscoroutinefunction(count) and method_has_no_args(count):
            return int(await count())
        return len(self.object_list)

    async def anum_pages(self) -> int:
        """Do what `Paginator.num_pages` does."""
        if self._cache_anum_pages is None:
            self._cache_anum_pages = self._count_pages(await self.acount())
        return self._cache_anum_pages

    async def apage_range(self) -> range:
        """Do what `Paginator.page_range` does."""
        return range(1, await self.anum_pages() + 1)

    async def aget_elided_page_range(
        self, number: Any = 1, *, on_each_side: int = 3, on_ends: int = 2
    ) -> AsyncIterator[Any]:
        """Do what `Paginator.get_elided_page_range()` does."""
        number = await self.avalidate_number(number)
        num_pages = await self.anum_pages()
        page_range = await self.apage_range()
        for page in self._get_elided_page_range(
            number, num_pages, page_range, on_each_side, on_ends
        ):
            yield page


class Page(Sequence[Any]):
    """One page: a sequence of its objects that knows its neighbours."""

    def __init__(self, object_list: Any, number: int, paginator: Paginator) -> None:
        self.object_list: Any = object_list
        self.number = number
        self.paginator = paginator

    def __repr__(self) -> str:
        return f"<Page {self.number} of {self.paginator.num_pages}>"

    def __len__(self) -> int:
        return len(self.object_list)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Any]: ...
    def __getitem__(self, index: int | slice) -> Any:
        _check_index("Page", index)
        # As a list, so that a queryset is not asked again for each index.
        objects: Any = self.object_list
        if not isinstance(objects, list):
            objects = self.object_list = list(objects)
        return cast("list[Any]", objects)[index]

    def has_next(self) -> bool:
        """Whether there is a page after this one."""
        return self.number < self.paginator.num_pages

    def has_previous(self) -> bool:
        """Whether there is a page before this one."""
        return self.number > 1

    def has_other_pages(self) -> bool:
        """Whether this is not the only page."""
        return self.has_previous() or self.has_next()

    def next_page_number(self) -> int:
        """Return the number of the next page.

        Raises:
            EmptyPage: This is the last one.
        """
        return self.paginator.validate_number(self.number + 1)

    def previous_page_number(self) -> int:
        """Return the number of the page before.

        Raises:
            EmptyPage: This is the first one.
        """
        return self.paginator.validate_number(self.number - 1)

    def start_index(self) -> int:
        """Return the 1-based position of the first object among all, 0 if there are none."""
        if self.paginator.count == 0:
            return 0
        return self.paginator.per_page * (self.number - 1) + 1

    def end_index(self) -> int:
        """Return the 1-based position of the last object among all."""
        if self.number == self.paginator.num_pages:
            return self.paginator.count
        return self.number * self.paginator.per_page


class AsyncPage:
    """One page, for asynchronous code; iterating asynchronously yields its objects."""

    def __init__(self, object_list: Any, number: int, paginator: AsyncPaginator) -> None:
        self.object_list: Any = object_list
        self.number = number
        self.paginator = paginator

    def __repr__(self) -> str:
        return f"<Async Page {self.number}>"

    async def __aiter__(self) -> AsyncIterator[Any]:
        if hasattr(self.object_list, "__aiter__"):
            async for item in self.object_list:
                yield item
        else:
            for item in self.object_list:
                yield item

    def _fetched(self, purpose: str) -> list[Any]:
        objects: Any = self.object_list
        if not isinstance(objects, list):
            raise TypeError(f"AsyncPage.aget_object_list() must be awaited before {purpose}.")
        return cast("list[Any]", objects)  # type: ignore[redundant-cast]  # pyright cannot tell

    def __len__(self) -> int:
        return len(self._fetched("calling len()"))

    def __reversed__(self) -> Iterator[Any]:
        return iter(self._fetched("calling reversed()")[::-1])

    def __getitem__(self, index: int | slice) -> Any:
        _check_index("AsyncPage", index)
        return self._fetched("using indexing")[index]

    async def aget_object_list(self) -> list[Any]:
        """Fetch the objects and return them; the page is a sequence from then on."""
        source: Any = self.object_list
        if not isinstance(source, list):
            if hasattr(source, "__aiter__"):
                self.object_list = [item async for item in source]
            else:
                self.object_list = await run_in_thread(list, source)
        fetched: list[Any] = self.object_list
        return fetched

    async def ahas_next(self) -> bool:
        """Do what `Page.has_next()` does."""
        return self.number < await self.paginator.anum_pages()

    async def ahas_previous(self) -> bool:
        """Do what `Page.has_previous()` does."""
        return self.number > 1

    async def ahas_other_pages(self) -> bool:
        """Do what `Page.has_other_pages()` does."""
        return await self.ahas_previous() or await self.ahas_next()

    async def anext_page_number(self) -> int:
        """Do what `Page.next_page_number()` does."""
        return await self.paginator.avalidate_number(self.number + 1)

    async def aprevious_page_number(self) -> int:
        """Do what `Page.previous_page_number()` does."""
        return await self.paginator.avalidate_number(self.number - 1)

    async def astart_index(self) -> int:
        """Do what `Page.start_index()` does."""
        if await self.paginator.acount() == 0:
            return 0
        return self.paginator.per_page * (self.number - 1) + 1

    async def aend_index(self) -> int:
        """Do what `Page.end_index()` does."""
        if self.number == await self.paginator.anum_pages():
            return await self.paginator.acount()
        return self.number * self.paginator.per_page


def _check_index(name: str, index: Any) -> None:
    if not isinstance(index, (int, slice)):
        raise TypeError(f"{name} indices must be integers or slices, not {type(index).__name__}.")
