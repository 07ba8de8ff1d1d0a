"""`CursorPagination`: pages that stay right while rows are inserted."""

from __future__ import annotations

import base64
import binascii
import decimal
import json
from collections.abc import Sequence
from typing import Any, NamedTuple, cast

from fastjango.core.translation import gettext_lazy as _
from fastjango.orm.exceptions import DataError
from fastjango.orm.models import F, Q
from fastjango.rest._addresses import replace_query_param
from fastjango.rest._calls import FromSettings
from fastjango.rest._steps import Steps
from fastjango.rest.encoders import JSONEncoder
from fastjango.rest.exceptions import NotFound, RestConfigurationError
from fastjango.rest.pagination import _fetched, _Linked, _page_size, _parameter  # pyright: ignore[reportPrivateUsage]

__all__ = ["Cursor", "CursorPagination"]

MAX_LENGTH = 4000  # characters of a cursor that are looked at


class Cursor(NamedTuple):
    """A place in a list: the values of the row it lies at, and the direction to go."""

    reverse: bool
    position: list[Any]


class CursorPagination(_Linked):
    """`?cursor=...`: each page begins where the row before it stands.

    Rows are ordered by the given fields and, in the end, by the primary key, so that every row has
    a place of its own. Rows inserted or deleted meanwhile never make others appear twice or not
    at all. There is no count and no jump to a page by its number.

    Attributes:
        ordering: Fields, with a hyphen for descending; an ordering filter of the view wins.
        page_size: Rows in a page; the whole list if `None`.
        cursor_query_param: The parameter with the cursor.
        page_size_query_param: The parameter by which clients choose the size; `None` for none.
        max_page_size: The largest size they can choose.
    """

    cursor_query_param = "cursor"
    cursor_query_description: Any = _("The pagination cursor value.")
    page_size: Any = FromSettings[Any]("PAGE_SIZE")
    invalid_cursor_message: Any = _("Invalid cursor")
    ordering: Any = "-created"
    template: str | None = "rest/pagination/previous_and_next.html"
    page_size_query_param: str | None = None
    page_size_query_description: Any = _("Number of results to return per page.")
    max_page_size: int | None = None
    is_counted = False
    page: list[Any]
    base_url: str
    display_page_controls: bool = False
    cursor: Cursor | None

    def _page_steps(self, queryset: Any, request: Any, view: Any) -> Steps:
        self.request = request
        size = self.get_page_size(request)
        if not size:
            return None
        self.base_url = request.build_absolute_uri()
        self._fields = _unique_order(queryset.model, self.get_ordering(request, queryset, view))
        self._key = queryset.model._meta.pk.name
        self.cursor = self.decode_cursor(request)
        reverse = self.cursor is not None and self.cursor.reverse
        if queryset._fields is None:
            # The places of the rows are read from them, whatever else was left out.
            queryset = queryset.defer(None)
        queryset = queryset.order_by(*(_term(name, down, reverse) for name, down in self._fields))
        try:
            if self.cursor is not None:
                queryset = queryset.filter(self._beyond(queryset.model, self.cursor))
            # One more row tells whether there is another page.
            found = yield from _fetched(queryset[: size + 1])
        except (UnicodeEncodeError, OverflowError, DataError) as error:
            if self.cursor is None:
                raise
            # Fields know the kind of a value; what is too much for the database only that says.
            raise NotFound(self.invalid_cursor_message) from error
        more, found = len(found) > size, found[:size]
        self.page = found[::-1] if reverse else found
        self._has_next = reverse or more
        self._has_previous = more if reverse else self.cursor is not None
        self.display_page_controls = self.template is not None and (
            self._has_next or self._has_previous
        )
        return self.page

    def get_page_size(self, request: Any) -> int | None:
        """Return the size of the page: the client's if that is allowed and sensible."""
        return _page_size(self, request)

    def _sizes(self) -> tuple[Any, bool, Any]:
        return self.page_size, bool(self.page_size_query_param), self.get_page_size

    def get_ordering(self, request: Any, queryset: Any, view: Any) -> tuple[str, ...]:
        """Return the fields to order by, the primary key aside.

        Raises:
            RestConfigurationError: There are none, or one is of a related object.
        """
        ordering: Any = self.ordering
        for backend in getattr(view, "filter_backends", None) or ():
            if hasattr(backend, "get_ordering"):
                ordering = backend().get_ordering(request, queryset, view) or ordering
                break
        names: Sequence[Any] = (ordering,) if isinstance(ordering, str) else ordering or ()
        for name in names:
            if not isinstance(name, str) or "__" in name:
                raise RestConfigurationError(
                    f"Cursor pagination cannot order by {name!r}. Name fields of the model "
                    "itself, with a hyphen for descending order."
                )
        if not names:
            raise RestConfigurationError(
                "Using cursor pagination, but no ordering attribute was declared on the "
                "pagination class."
            )
        return tuple(names)

    # --- conditions ---------------------------------------------------------------------

    def _beyond(self, model: Any, cursor: Cursor) -> Any:
        """Return the condition for rows after a cursor, in its direction."""
        condition = Q()
        equal = Q()
        values = self._values(model, cursor.position)
        for (name, descending), value in zip(self._fields, values, strict=True):
            upwards = descending == cursor.reverse
            after = _after(name, value, upwards, nulls_first=cursor.reverse)
            if after is not None:
                condition |= equal & after
            equal &= Q((f"{name}__isnull", True)) if value is None else Q((name, value))
        return condition

    def _values(self, model: Any, position: list[Any]) -> list[Any]:
        if len(position) != len(self._fields):
            raise NotFound(self.invalid_cursor_message)
        found: list[Any] = []
        for (name, _descending), raw in zip(self._fields, position, strict=True):
            field = model._meta.pk if name == "pk" else model._meta.get_field(name)
            try:
                found.append(None if raw is None else field.get_prep_value(field.to_python(raw)))
            except Exception as error:
                # Whatever a field says about a value that somebody made up.
                raise NotFound(self.invalid_cursor_message) from error
        return found

    # --- links --------------------------------------------------------------------------

    def get_next_link(self) -> str | None:
        """Return the address of the next page, or `None`."""
        return self._link(reverse=False) if self._has_next else None

    def get_previous_link(self) -> str | None:
        """Return the address of the previous page, or `None`."""
        return self._link(reverse=True) if self._has_previous else None

    def _link(self, reverse: bool) -> str | None:
        if self.page:
            row = self.page[0 if reverse else -1]
            return self.encode_cursor(Cursor(reverse, self._position_of(row)))
        if self.cursor is None:
            return None
        # An empty page lies where its own cursor does; the row there counts for the way back.
        return self.encode_cursor(Cursor(reverse, self.cursor.position))

    def _position_of(self, row: Any) -> list[Any]:
        if isinstance(row, dict):
            return _position_in(cast("dict[str, Any]", row), self._fields, self._key)
        return [
            getattr(row, name if name == "pk" else row._meta.get_field(name).attname)
            for name, _descending in self._fields
        ]

    def decode_cursor(self, request: Any) -> Cursor | None:
        """Return the cursor of a request, or `None`.

        Raises:
            NotFound: It is none that this class has made.
        """
        text: str | None = request.query_params.get(self.cursor_query_param)
        if text is None:
            return None
        try:
            if len(text) > MAX_LENGTH:
                raise ValueError("too long")
            decoded = json.loads(base64.urlsafe_b64decode(text.encode("ascii")))
            reverse, *position = decoded
            if reverse not in (0, 1) or any(isinstance(p, (list, dict)) for p in position):
                raise ValueError("not a cursor")
        except (ValueError, TypeError, binascii.Error, RecursionError) as error:
            raise NotFound(self.invalid_cursor_message) from error
        return Cursor(bool(reverse), position)

    def encode_cursor(self, cursor: Cursor) -> str:
        """Return the address of the page at a cursor."""
        content = json.dumps(
            [int(cursor.reverse), *cursor.position], cls=_Precise, separators=(",", ":")
        )
        text = base64.urlsafe_b64encode(content.encode()).decode()
        return replace_query_param(self.base_url, self.cursor_query_param, text)

    def get_html_context(self) -> dict[str, Any]:
        """Return the links to the neighbours."""
        return {"previous_url": self.get_previous_link(), "next_url": self.get_next_link()}

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """Return OpenAPI's parameter objects."""
        found = [_parameter(self.cursor_query_param, self.cursor_query_description, "string")]
        if self.page_size_query_param is not None:
            found.append(
                _parameter(self.page_size_query_param, self.page_size_query_description, minimum=1)
            )
        return found


class _Precise(JSONEncoder):
    """Values as fields read them back."""

    def default(self, o: Any) -> Any:
        """Return a decimal with all its digits, anything else as always."""
        return str(o) if isinstance(o, decimal.Decimal) else super().default(o)


def _position_in(row: dict[str, Any], fields: Sequence[tuple[str, bool]], key: str) -> list[Any]:
    """Return the place of a row of `values()`.

    Raises:
        RestConfigurationError: What the rows are ordered by was left out.
    """
    named = {"pk": row[key], **row} if key in row else row
    missing = [name for name, _descending in fields if name not in named]
    if missing:
        raise RestConfigurationError(
            f"Cursor pagination needs {', '.join(map(repr, missing))} in every row. Name them in "
            "`values()`."
        )
    return [named[name] for name, _descending in fields]


def _unique_order(model: Any, names: Sequence[str]) -> list[tuple[str, bool]]:
    """Return fields and directions that give every row a place of its own."""
    fields = [(name.lstrip("-"), name.startswith("-")) for name in names]
    key = model._meta.pk.name
    for index, (name, _descending) in enumerate(fields):
        if name in ("pk", key):
            return fields[: index + 1]
    return [*fields, ("pk", fields[-1][1])]


def _term(name: str, descending: bool, reverse: bool) -> Any:
    """Return what to order by; rows without a value come last, and first on the way back."""
    column = F(name)
    nulls: dict[str, Any] = {"nulls_first": True} if reverse else {"nulls_last": True}
    if name == "pk":
        nulls = {}
    return column.desc(**nulls) if descending != reverse else column.asc(**nulls)


def _after(name: str, value: Any, upwards: bool, nulls_first: bool) -> Any:
    """Return the condition for values after one; `None` if nothing can come."""
    if value is None:
        return Q((f"{name}__isnull", False)) if nulls_first else None
    beyond = Q(**{f"{name}__{'lt' if not upwards else 'gt'}": value})
    return beyond if nulls_first else beyond | Q((f"{name}__isnull", True))
