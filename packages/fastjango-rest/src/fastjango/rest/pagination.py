"""Lists in pages: by number, by offset, or by cursor."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastjango.core.translation import gettext_lazy as _
from fastjango.http.pagination import AsyncPaginator, InvalidPage, Paginator
from fastjango.rest._addresses import remove_query_param, replace_query_param
from fastjango.rest._calls import FromSettings
from fastjango.rest._steps import Steps, arun_steps, run_steps
from fastjango.rest.exceptions import NotFound
from fastjango.rest.response import Response
from pydantic import create_model

__all__ = ["BasePagination", "LimitOffsetPagination", "PageNumberPagination"]

MAX_OFFSET = 2**31 - 1  # what every database takes


def positive_int(text: str, strict: bool = False, cutoff: int | None = None) -> int:
    """Return a number from the query string.

    Args:
        text: The digits.
        strict: Whether zero is refused.
        cutoff: The largest result.

    Raises:
        ValueError: It is no such number.
    """
    number = int(text)
    if number < 0 or (strict and number == 0):
        raise ValueError("not positive")
    return min(number, MAX_OFFSET if cutoff is None else cutoff)


async def _acount(queryset: Any) -> Any:
    return await queryset.acount()


@functools.lru_cache(maxsize=1024)
def _page_model(model: Any, counted: bool) -> Any:
    name = f"{getattr(model, '__name__', 'Item')}Page"
    fields: dict[str, Any] = {"count": (int, ...)} if counted else {}
    links = str | None
    fields |= {"next": (links, None), "previous": (links, None), "results": (list[model], ...)}
    return create_model(name, **fields)


class BasePagination:
    """Base of pagination classes; one instance serves one request.

    Attributes:
        display_page_controls: Whether the browsable API shows links to other pages.
        template: The template of these links.
    """

    display_page_controls: bool = False
    template: str | None = None
    request: Any
    is_counted = True

    def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Return the objects of the page asked for; `None` for the whole list."""
        return run_steps(self._page_steps(queryset, request, view))

    async def apaginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
        """Return the objects of the page asked for; `None` for the whole list."""
        return await arun_steps(self._page_steps(queryset, request, view))

    def _page_steps(self, queryset: Any, request: Any, view: Any) -> Steps:
        raise NotImplementedError(f"{type(self).__name__} must define paginate_queryset().")

    def get_paginated_response(self, data: Any) -> Response:
        """Return the answer for one page."""
        raise NotImplementedError(f"{type(self).__name__} must define get_paginated_response().")

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the JSON schema of a page, given that of the list."""
        return schema

    def get_response_model(self, model: Any) -> Any:
        """Return the pydantic model of a page of some model; `None` if it is a plain list."""
        return None

    def get_results(self, data: Any) -> Any:
        """Return the list inside of a page."""
        return data["results"]

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        return []

    def get_html_context(self) -> dict[str, Any]:
        """Return what the template of the links needs."""
        return {}

    def to_html(self) -> str:
        """Return the links to other pages as HTML."""
        from fastjango.templates.loader import render_to_string

        return str(render_to_string(self.template, self.get_html_context()))


def _links_schema(schema: Mapping[str, Any], counted: bool) -> dict[str, Any]:
    link = {"type": ["string", "null"], "format": "uri"}
    properties: dict[str, Any] = {"count": {"type": "integer", "minimum": 0}} if counted else {}
    properties |= {"next": link, "previous": link, "results": schema}
    required = ["count", "results"] if counted else ["results"]
    return {"type": "object", "required": required, "properties": properties}


class _Linked(BasePagination):
    """Pages with links to their neighbours."""

    def get_next_link(self) -> str | None:
        """Return the address of the next page, or `None`."""
        raise NotImplementedError

    def get_previous_link(self) -> str | None:
        """Return the address of the previous page, or `None`."""
        raise NotImplementedError

    def _head(self) -> dict[str, Any]:
        return {"next": self.get_next_link(), "previous": self.get_previous_link()}

    def get_paginated_response(self, data: Any) -> Response:
        """Return the answer for one page."""
        return Response({**self._head(), "results": data})

    def wrap_json(self, written: bytes) -> bytes:
        """Return a page as JSON around a list that is written already."""
        head = json.dumps(self._head(), separators=(",", ":"), ensure_ascii=False)
        return b'%s,"results":%s}' % (head[:-1].encode(), written)

    def get_paginated_response_schema(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the JSON schema of a page, given that of the list."""
        return _links_schema(schema, self.is_counted)

    def get_response_model(self, model: Any) -> Any:
        """Return the pydantic model of answers.

        A page if every answer is one; `None` if none is; either where the request or an
        overridden method decides.
        """
        size, asked, method = self._sizes()
        decided = getattr(method, "__module__", "").startswith("fastjango.rest.")
        if decided and not size and not asked:
            return None
        page = _page_model(model, self.is_counted)
        return page if decided and size else page | list[model]

    def _sizes(self) -> tuple[Any, bool, Any]:
        """Return the usual size, whether the request may name one, and the method that decides."""
        raise NotImplementedError


def _parameter(name: str, description: Any, kind: str = "integer", **more: Any) -> dict[str, Any]:
    schema = {"type": kind, **more}
    return {"name": name, "required": False, "in": "query", "description": str(description),
            "schema": schema}  # fmt: skip


class PageNumberPagination(_Linked):
    """`?page=4`.

    Attributes:
        page_size: Objects in a page; the whole list if `None`.
        django_paginator_class: What counts and cuts.
        page_query_param: The parameter with the number.
        page_size_query_param: The parameter by which clients choose the size; `None` for none.
        max_page_size: The largest size they can choose.
        last_page_strings: What stands for the last page.
    """

    page_size: Any = FromSettings[Any]("PAGE_SIZE")
    django_paginator_class: Any = Paginator
    page_query_param = "page"
    page_query_description: Any = _("A page number within the paginated result set.")
    page_size_query_param: str | None = None
    page_size_query_description: Any = _("Number of results to return per page.")
    max_page_size: int | None = None
    last_page_strings: Sequence[str] = ("last",)
    template: str | None = "rest/pagination/numbers.html"
    invalid_page_message: Any = _("Invalid page.")
    page: Any
    display_page_controls: bool = False

    def _page_steps(self, queryset: Any, request: Any, view: Any) -> Steps:
        self.request = request
        size = self.get_page_size(request)
        if not size:
            return None
        paginator = self.django_paginator_class(queryset, size)
        counting = AsyncPaginator(queryset, size)

        def sync() -> int:
            return int(paginator.count)

        count = yield sync, counting.acount, ()
        paginator.__dict__["count"] = count
        number = self.get_page_number(request, paginator)
        try:
            self.page = paginator.page(number)
        except InvalidPage as error:
            message = str(self.invalid_page_message).format(page_number=number, message=error)
            raise NotFound(message) from error
        self.display_page_controls = paginator.num_pages > 1 and self.template is not None
        found = yield from _fetched(self.page.object_list)
        self.page.object_list = found
        return found

    def get_page_number(self, request: Any, paginator: Any) -> Any:
        """Return the number asked for."""
        number = request.query_params.get(self.page_query_param) or 1
        return paginator.num_pages if number in self.last_page_strings else number

    def get_page_size(self, request: Any) -> int | None:
        """Return the size of the page: the client's if that is allowed and sensible."""
        return _page_size(self, request)

    def _sizes(self) -> tuple[Any, bool, Any]:
        return self.page_size, bool(self.page_size_query_param), self.get_page_size

    def _head(self) -> dict[str, Any]:
        return {"count": self.page.paginator.count, **super()._head()}

    def get_next_link(self) -> str | None:
        """Return the address of the next page, or `None`."""
        if not self.page.has_next():
            return None
        url = self.request.build_absolute_uri()
        return replace_query_param(url, self.page_query_param, self.page.next_page_number())

    def get_previous_link(self) -> str | None:
        """Return the address of the previous page, or `None`."""
        if not self.page.has_previous():
            return None
        url = self.request.build_absolute_uri()
        number = self.page.previous_page_number()
        if number == 1:
            return remove_query_param(url, self.page_query_param)
        return replace_query_param(url, self.page_query_param, number)

    def get_html_context(self) -> dict[str, Any]:
        """Return the links to the neighbours and to pages by number."""
        url = self.request.build_absolute_uri()
        paginator, current = self.page.paginator, self.page.number
        pages = [
            {
                "url": replace_query_param(url, self.page_query_param, number)
                if isinstance(number, int)
                else None,
                "number": number,
                "is_active": number == current,
            }
            for number in paginator.get_elided_page_range(current, on_each_side=2, on_ends=1)
        ]
        return {"previous_url": self.get_previous_link(), "next_url": self.get_next_link(),
                "page_links": pages}  # fmt: skip

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        found = [_parameter(self.page_query_param, self.page_query_description, minimum=1)]
        if self.page_size_query_param is not None:
            found.append(
                _parameter(self.page_size_query_param, self.page_size_query_description, minimum=1)
            )
        return found


def _page_size(paginator: Any, request: Any) -> int | None:
    name = paginator.page_size_query_param
    if name:
        try:
            return positive_int(
                request.query_params[name], strict=True, cutoff=paginator.max_page_size
            )
        except (KeyError, ValueError):
            pass
    size: int | None = paginator.page_size
    return size


def _fetched(found: Any) -> Steps:
    """Fetch a slice of a queryset, or copy one of a list."""
    if not hasattr(found, "__aiter__"):
        return list(found)

    async def twin() -> list[Any]:
        return [item async for item in found]

    return (yield (lambda: list(found)), twin, ())


class LimitOffsetPagination(_Linked):
    """`?limit=100&offset=400`.

    Attributes:
        default_limit: Objects in a page if the client does not say; the whole list if `None`.
        limit_query_param: The parameter with the limit.
        offset_query_param: The parameter with the offset.
        max_limit: The largest limit clients can choose.
    """

    default_limit: Any = FromSettings[Any]("PAGE_SIZE")
    limit_query_param = "limit"
    limit_query_description: Any = _("Number of results to return per page.")
    offset_query_param = "offset"
    offset_query_description: Any = _("The initial index from which to return the results.")
    max_limit: int | None = None
    template: str | None = "rest/pagination/numbers.html"
    count: int
    display_page_controls: bool = False
    limit: Any
    offset: int

    def _page_steps(self, queryset: Any, request: Any, view: Any) -> Steps:
        self.request = request
        self.limit = self.get_limit(request)
        if self.limit is None:
            return None
        if hasattr(queryset, "acount"):
            self.count = yield self.get_count, _acount, (queryset,)
        else:
            self.count = self.get_count(queryset)
        self.offset = self.get_offset(request)
        self.display_page_controls = self.count > self.limit and self.template is not None
        if self.count == 0 or self.offset > self.count:
            return []
        return (yield from _fetched(queryset[self.offset : self.offset + self.limit]))

    def get_limit(self, request: Any) -> int | None:
        """Return the limit: the client's if it is sensible."""
        try:
            return positive_int(
                request.query_params[self.limit_query_param], strict=True, cutoff=self.max_limit
            )
        except (KeyError, ValueError):
            default: int | None = self.default_limit
            return default

    def _sizes(self) -> tuple[Any, bool, Any]:
        return self.default_limit, True, self.get_limit

    def get_offset(self, request: Any) -> int:
        """Return the offset, zero if it is not sensible."""
        try:
            return positive_int(request.query_params[self.offset_query_param])
        except (KeyError, ValueError):
            return 0

    def get_count(self, queryset: Any) -> int:
        """Return how many objects there are."""
        try:
            return int(queryset.count())
        except (AttributeError, TypeError):
            return len(queryset)

    def _head(self) -> dict[str, Any]:
        return {"count": self.count, **super()._head()}

    def get_next_link(self) -> str | None:
        """Return the address of the next page, or `None`."""
        if self.offset + self.limit >= self.count:
            return None
        url = replace_query_param(
            self.request.build_absolute_uri(), self.limit_query_param, self.limit
        )
        return replace_query_param(url, self.offset_query_param, self.offset + self.limit)

    def get_previous_link(self) -> str | None:
        """Return the address of the previous page, or `None`."""
        if self.offset <= 0:
            return None
        url = replace_query_param(
            self.request.build_absolute_uri(), self.limit_query_param, self.limit
        )
        if self.offset - self.limit <= 0:
            return remove_query_param(url, self.offset_query_param)
        return replace_query_param(url, self.offset_query_param, self.offset - self.limit)

    def get_html_context(self) -> dict[str, Any]:
        """Return the links to the neighbours and to pages by number."""
        url = self.request.build_absolute_uri()
        number = self.offset // self.limit + 1 if self.limit else 1
        paginator = Paginator(range(self.count), self.limit or 1)
        pages = [
            {
                "url": replace_query_param(url, self.offset_query_param, (page - 1) * self.limit)
                if isinstance(page, int)
                else None,
                "number": page,
                "is_active": page == number,
            }
            for page in paginator.get_elided_page_range(
                min(number, paginator.num_pages), on_each_side=2, on_ends=1
            )
        ]
        return {"previous_url": self.get_previous_link(), "next_url": self.get_next_link(),
                "page_links": pages}  # fmt: skip

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        return [
            _parameter(self.limit_query_param, self.limit_query_description, minimum=1),
            _parameter(self.offset_query_param, self.offset_query_description, minimum=0),
        ]


def __getattr__(name: str) -> Any:
    """Find `CursorPagination` here as well, where REST framework has it."""
    if name == "CursorPagination":
        from fastjango.rest.cursors import CursorPagination

        return CursorPagination
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
