"""Views beside REST framework's: one site made with both, asked the same, answering the same."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http import FastJango
from fastjango.rest.testing import APIClient
from rest_sides import ours, theirs

MODULES = (
    "decorators", "exceptions", "filters", "generics", "negotiation", "pagination", "parsers",
    "permissions", "renderers", "response", "reverse", "routers", "serializers", "throttling",
    "versioning", "views", "viewsets",
)  # fmt: skip
HEADERS = ("Content-Type", "Allow", "WWW-Authenticate", "Retry-After", "Vary")

Site = Callable[[Any], list[Any]]


def side(package: str, urls: Any, shop: Any) -> SimpleNamespace:
    modules = {name: importlib.import_module(f"{package}.{name}") for name in MODULES}
    return SimpleNamespace(**modules, path=urls.path, include=urls.include, shop=shop)


@pytest.fixture(scope="module")
def sides(oracle: Any) -> Iterator[tuple[Any, Any]]:
    import django.urls
    import fastjango.http

    both = (
        side("fastjango.rest", fastjango.http, ours().models),
        side("rest_framework", django.urls, theirs().models),
    )
    for one in both:
        clear(one)
        fill(one)
    yield both
    for one in both:
        clear(one)


def clear(one: Any) -> None:
    for model in reversed(one.shop.all):
        model.objects.all().delete()


def fill(one: Any) -> None:
    author = one.shop.Author.objects.create(id=1, name="Ann")
    for number in range(1, 8):
        one.shop.Article.objects.create(
            id=number, title=f"Title {number}", slug=f"s{number}", author=author, words=number % 3,
            body=f"it's number {number}",
        )  # fmt: skip


def listing(one: Any, **attributes: Any) -> Any:
    """Return a view with the articles of a side."""
    meta = type("Meta", (), {"model": one.shop.Article, "fields": ["id", "title", "words"]})
    serializer = type("Row", (one.serializers.ModelSerializer,), {"Meta": meta})
    usual = {"queryset": one.shop.Article.objects.order_by("id"), "serializer_class": serializer}
    return type("Rows", (one.generics.ListAPIView,), {**usual, **attributes}).as_view()


def answer(client: Any, method: str, url: str, **options: Any) -> Any:
    found = getattr(client, method)(url, **options)
    try:
        body = json.loads(found.content)
    except ValueError:
        body = found.content
    return found.status_code, body, {name: found.headers.get(name) for name in HEADERS}


def compare(sides: tuple[Any, Any], site: Site, asked: Iterable[Any]) -> None:
    """Ask both sides the same; a request is an address or `(method, address, options)`."""
    from django.test import override_settings as django_settings
    from rest_framework.test import APIClient as TheirClient

    mine, reference = site(sides[0]), tuple(site(sides[1]))
    with (
        override_settings(ROOT_URLCONF=mine),
        django_settings(ROOT_URLCONF=reference, ALLOWED_HOSTS=["*"]),
    ):
        clients = APIClient(app=FastJango(urlpatterns=mine)), TheirClient()
        for request in asked:
            method, url, options = ("get", request, {}) if isinstance(request, str) else request
            got, expected = (answer(client, method, url, **options) for client in clients)
            assert got == expected, request


# --- pages ---------------------------------------------------------------------------------

NUMBERS = [
    "", "0", "1", "2", "4", "99", "-1", "last", "end", "abc", "1.5", "%201%20", "+1", "%D9%A1",
    "1_0", "9" * 30, "9" * 5000, "%00", "1&page=2",
]  # fmt: skip


def pages(one: Any) -> list[Any]:
    numbers, offsets = one.pagination.PageNumberPagination, one.pagination.LimitOffsetPagination
    told = 'Page "{page_number}": {message}'
    kinds = {
        "usual": (numbers, {"page_size": 2, "page_size_query_param": "size", "max_page_size": 5}),
        "asked": (numbers, {"page_size": None, "page_size_query_param": "size"}),
        "whole": (numbers, {"page_size": None}),
        "told": (numbers, {"page_size": 3, "invalid_page_message": told,
                           "last_page_strings": ("last", "end")}),
        "some": (offsets, {"default_limit": 2, "max_limit": 4}),
        "all": (offsets, {"default_limit": None, "max_limit": 100}),
        "wide": (offsets, {"default_limit": 10, "max_limit": 4}),
        "own": (numbers, {"page_size": 2, "get_page_size": lambda self, request: None}),
    }  # fmt: skip
    return [
        one.path(f"{name}/", listing(one, pagination_class=type("Pages", (kind,), options)))
        for name, (kind, options) in kinds.items()
    ]


def test_pages(sides: tuple[Any, Any]) -> None:
    names = ("usual", "asked", "whole", "told", "some", "all", "wide", "own")
    asked = [f"/{name}/" for name in names]
    asked += [f"/{name}/?page={text}" for name in ("usual", "told", "whole") for text in NUMBERS]
    asked += [f"/{name}/?size={text}" for name in ("usual", "asked") for text in NUMBERS]
    asked += [f"/{name}/?limit={text}" for name in ("some", "all", "wide") for text in NUMBERS]
    asked += [f"/some/?offset={text}&a=b+c&a=%C3%A9&d" for text in NUMBERS if len(text) < 20]
    compare(sides, pages, asked)


# --- searches ------------------------------------------------------------------------------

WORDS = ["", "title", "Title+1", "it's", "%22it's+number%22", "%22title", "a,b", "1,,2", ",",
         "%22%22", "%", "_", "%5C", "s[12]", "S1", "%00"]  # fmt: skip
ORDERS = ["", "id", "-id", "--id", "words,-id", "title", "slug", "pk", "nothing,-id", "%20id",
          "body", "?", "id,id", "author__name", "id%00"]  # fmt: skip


def searches(one: Any) -> list[Any]:
    backends = [one.filters.SearchFilter, one.filters.OrderingFilter]
    kinds: dict[str, dict[str, Any]] = {
        "two": {"search_fields": ["title", "body"]},
        "marks": {"search_fields": ["^title", "=slug"], "ordering_fields": "__all__"},
        "named": {"search_fields": ["author__name"], "ordering_fields": ["words"],
                  "ordering": ["-words", "id"]},
    }  # fmt: skip
    return [
        one.path(f"{name}/", listing(one, filter_backends=backends, **options))
        for name, options in kinds.items()
    ]


def test_searches(sides: tuple[Any, Any]) -> None:
    names = ("two", "marks", "named")
    asked = [f"/{name}/?search={text}" for name in names for text in WORDS]
    asked += [f"/{name}/?ordering={text}" for name in names for text in ORDERS]
    compare(sides, searches, asked)
