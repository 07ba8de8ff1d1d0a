"""Filters over HTTP and by themselves: every kind, what it finds, what it refuses."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured
from fastjango.http import FastJango, path
from fastjango.orm.exceptions import DataError
from fastjango.orm.models import QuerySet
from fastjango.rest import filters, filtersets, generics, serializers
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.request import Request
from fastjango.rest.testing import APIAsyncClient, APIRequestFactory
from rest_site_models import ArticleSerializer, clear, fill, shop

Article = shop.Article
NOON = datetime.datetime(2026, 1, 2, 12, tzinfo=datetime.UTC)


@pytest.fixture(autouse=True)
def rows() -> Any:
    clear()
    ann = fill()
    bob = shop.Author.objects.create(id=2, name="Bob")
    for number, author in ((1, ann), (2, ann), (3, bob)):
        article = Article.objects.create(
            id=number, title=f"Title {number}", slug=f"s{number}", words=number * 10,
            status="live" if number == 3 else "draft", author=author, price=number,
            published=NOON + datetime.timedelta(days=number), rating=number / 2,
            opened=datetime.time(number), took=datetime.timedelta(hours=number),
            editor=bob if number == 1 else None, featured=number == 2,
            key=f"00000000-0000-0000-0000-00000000000{number}",
        )  # fmt: skip
        article.tags.set([number])
    yield
    clear()


class ByDays(filtersets.FilterSet):
    class Meta:
        model = Article
        fields = {
            "words": ["exact", "lt", "gt", "range", "in", "isnull"],
            "price": ["exact"],
            "featured": ["exact"],
            "published": ["exact", "date", "year", "year__gt", "hour", "isnull"],
            "opened": ["exact"],
            "took": ["exact"],
            "key": ["exact"],
            "status": ["exact", "in"],
            "author": ["exact", "in"],
            "author__name": ["exact", "icontains"],
            "editor": ["exact", "isnull"],
            "tags": ["exact"],
            "slug": ["regex"],
        }


class ByWholeDays(filtersets.FilterSet):
    day = filtersets.DateFromToRangeFilter(field_name="published")
    any = filtersets.AllValuesFilter(field_name="title")

    class Meta:
        model = Article
        fields = ["author"]


class Declared(filtersets.FilterSet):
    when = filtersets.DateTimeFromToRangeFilter(field_name="published")
    iso = filtersets.IsoDateTimeFilter(field_name="published", lookup_expr="gte")
    hours = filtersets.TimeRangeFilter(field_name="opened")
    span = filtersets.NumericRangeFilter(field_name="words", lookup_expr="range")
    few = type("Few", (filtersets.BaseRangeFilter, filtersets.NumberFilter), {})(field_name="words")
    kinds = filtersets.AllValuesMultipleFilter(field_name="status")
    levels = filtersets.TypedMultipleChoiceFilter(
        field_name="words", choices=[(str(n), n) for n in (10, 20, 30)], coerce=int
    )
    writer = filtersets.ModelChoiceFilter(
        field_name="author", queryset=shop.Author.objects.all(), to_field_name="name"
    )
    tagged = filtersets.ModelMultipleChoiceFilter(
        field_name="tags__name", to_field_name="name", queryset=shop.Tag.objects.all(),
        conjoined=True,
    )  # fmt: skip
    editor = filtersets.ModelChoiceFilter(
        queryset=shop.Author.objects.all(), null_label="nobody", null_value="none"
    )


def found(kind: Any, **data: Any) -> list[int]:
    filterset = kind(data=data, queryset=Article.objects.order_by("id"))
    assert filterset.is_valid(), filterset.errors
    return [article.pk for article in filterset.qs]


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ({}, [1, 2, 3]), ({"words": "10"}, [1]), ({"words__lt": "20"}, [1]),
        ({"words__gt": "10"}, [2, 3]), ({"words__range": "10,20"}, [1, 2]),
        ({"words__in": "10,30"}, [1, 3]), ({"words__isnull": "true"}, []),
        ({"price": "2.00"}, [2]), ({"featured": "true"}, [2]), ({"featured": "0"}, [1, 3]),
        ({"published": "2026-01-03T12:00:00Z"}, [1]), ({"published__date": "2026-01-04"}, [2]),
        ({"published__year": "2026"}, [1, 2, 3]), ({"published__year__gt": "2026"}, []),
        ({"published__hour": "6"}, [1, 2, 3]), ({"opened": "02:00"}, [2]),
        ({"took": "3:00:00"}, [3]), ({"key": "0" * 31 + "2"}, [2]), ({"status": "live"}, [3]),
        ({"status__in": "live,draft"}, [1, 2, 3]), ({"author": "2"}, [3]),
        ({"author__in": "1,2"}, [1, 2, 3]), ({"author__name": "Ann"}, [1, 2]),
        ({"author__name__icontains": "OB"}, [3]), ({"editor": "2"}, [1]),
        ({"editor": "null"}, [2, 3]), ({"editor__isnull": "true"}, [2, 3]),
        ({"tags": "3"}, [3]), ({"slug__regex": "^s[12]$"}, [1, 2]),
    ],
    ids=str,
)  # fmt: skip
def test_filters_of_model_fields(data: Any, ids: list[int]) -> None:
    assert found(ByDays, **data) == ids


@pytest.mark.parametrize(
    ("data", "ids"),
    [
        ({"when_after": "2026-01-04T00:00:00Z"}, [2, 3]),
        ({"when_before": "2026-01-04T00:00:00Z"}, [1]),
        ({"when_after": "2026-01-04T00:00Z", "when_before": "2026-01-04T23:00Z"}, [2]),
        ({"iso": "2026-01-05T12:00:00Z"}, [3]), ({"hours_after": "02:00"}, [2, 3]),
        ({"span_min": "10", "span_max": "20"}, [1, 2]), ({"few": "20,30"}, [2, 3]),
        ({"kinds": ["live"]}, [3]), ({"levels": ["20"]}, [2]), ({"writer": "Bob"}, [3]),
        ({"tagged": ["t1"]}, [1]), ({"editor": "none"}, [2, 3]), ({"editor": "2"}, [1]),
    ],
    ids=str,
)  # fmt: skip
def test_declared_filters(data: Any, ids: list[int]) -> None:
    assert found(Declared, **data) == ids


@pytest.mark.parametrize(
    ("zone", "end"),
    [
        ("America/New_York", {"day_before": "9999-12-31"}),
        ("Asia/Tokyo", {"day_after": "0001-01-01"}),
    ],
)
def test_the_ends_of_time_in_zones(zone: str, end: Any) -> None:
    with override_settings(TIME_ZONE=zone):
        filterset = ByWholeDays(data=end, queryset=Article.objects.all())
        assert [error.code for error in filterset.errors["day"]] == ["overflow"]


@pytest.mark.parametrize("data", [{"any": "a"}, {"author": "1"}], ids=str)
def test_values_that_a_database_refuses(monkeypatch: pytest.MonkeyPatch, data: Any) -> None:
    def refuse(self: Any) -> Any:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")

    monkeypatch.setattr(QuerySet, "first", refuse)
    filterset = ByWholeDays(data=data, queryset=Article.objects.all())
    assert list(filterset.errors) == list(data)


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (ByDays, {"words": "x"}), (ByDays, {"words__range": "1"}), (ByDays, {"words__in": "1,x"}),
        (ByDays, {"words__in": ",".join("1" * 1001)}), (ByDays, {"price": "NaN"}),
        (ByDays, {"featured": "x"}), (ByDays, {"published__date": "x"}), (ByDays, {"key": "x"}),
        (ByDays, {"opened": "25:00"}), (ByDays, {"status": "gone"}), (ByDays, {"author": "99"}),
        (ByDays, {"tags": "99"}), (Declared, {"when_after": "x"}), (Declared, {"span_min": "x"}),
        (Declared, {"kinds": ["gone"]}), (Declared, {"levels": ["11"]}),
        (Declared, {"writer": "Zoe"}),
    ],
    ids=str,
)  # fmt: skip
def test_values_that_make_no_sense(kind: Any, data: Any) -> None:
    filterset = kind(data=data, queryset=Article.objects.all())
    assert not filterset.is_valid()
    assert list(filterset.errors) == [next(iter(data)).partition("_after")[0].partition("_min")[0]]


def test_mistakes_of_filter_sets() -> None:
    with pytest.raises(TypeError, match="non-model field names: nothing"):
        type("Wrong", (filtersets.FilterSet,), {"Meta": type("Meta", (), {
            "model": Article, "fields": ["nothing"]})})  # fmt: skip
    every = filtersets.filterset_factory(shop.Tag)
    assert set(every.base_filters) == {"name"}
    assert filtersets.filterset_factory(shop.Tag) is every


class Listed(generics.ListAPIView):
    queryset = Article.objects.order_by("id")
    serializer_class = ArticleSerializer
    filter_backends = [filters.SearchFilter, filters.OrderingFilter, filters.DjangoFilterBackend]
    search_fields = ["title", "^author__name", "=slug", "$slug", "tags__name"]
    filterset_class = Declared


class Lenient(filters.DjangoFilterBackend):
    raise_exception = False


def asked(query: str = "", view: Any = Listed, **attributes: Any) -> tuple[Any, Any]:
    request = Request(APIRequestFactory().get(f"/?{query}"))
    made = view(**attributes)
    made.request, made.args, made.kwargs, made.format_kwarg = request, (), {}, None
    return request, made


def test_searching() -> None:
    for query, ids in (
        ("search=title+2", [2]), ("search=an", [1, 2]), ("search=S3", [3]), ("search=t1", [1]),
        ("search=%22title 3%22", [3]), ("search=nothing", []),
        ("search=title,bob", [3]),
    ):  # fmt: skip
        request, view = asked(query.replace(" ", "+"))
        queryset = filters.SearchFilter().filter_queryset(request, Article.objects.all(), view)
        assert [article.pk for article in queryset.order_by("pk")] == ids, query
    for query in ("search=a%00b", "search=%ED%A0%80"):
        request, view = asked(query)
        if (
            "\0" not in request.query_params["search"]
            and "\ud800" not in request.query_params["search"]
        ):
            continue
        with pytest.raises(ValidationError):
            filters.SearchFilter().filter_queryset(request, Article.objects.all(), view)
    for query, known in (("search=s[12]", True), ("search=(", False), ("search=*", False)):
        request, view = asked(query, type("ByPattern", (Listed,), {"search_fields": ["$slug"]}))
        if known:
            found = filters.SearchFilter().filter_queryset(request, Article.objects.all(), view)
            assert [article.pk for article in found.order_by("pk")] == [1, 2]
            continue
        with pytest.raises(ValidationError) as refused:
            filters.SearchFilter().filter_queryset(request, Article.objects.all(), view)
        assert refused.value.get_codes() == ["invalid_regex"]
    unaccented = filters.UnaccentedSearchFilter()
    assert unaccented.construct_search("title", Article.objects.all()) == (
        "title__unaccent__icontains"
    )


def test_ordering() -> None:
    backend = filters.OrderingFilter()

    def order(query: str, **attributes: Any) -> list[int]:
        request, view = asked(query)
        for name, value in attributes.items():
            setattr(view, name, value)
        return [a.pk for a in backend.filter_queryset(request, Article.objects.all(), view)]

    assert order("ordering=-words") == [3, 2, 1]
    assert order("ordering=-words,nothing", ordering_fields="__all__") == [3, 2, 1]
    assert order("ordering=-body") == order("ordering=secret") == [1, 2, 3]
    assert order("", ordering="-id") == order("ordering=zz", ordering=("-id",)) == [3, 2, 1]
    assert order("ordering=-id", ordering_fields=["words"]) == [1, 2, 3]
    assert order("ordering=-id", ordering_fields=[("id", "Number")]) == [3, 2, 1]
    request, view = asked("ordering=words", type("NoSerializer", (Listed,), {
        "serializer_class": None}))  # fmt: skip
    with pytest.raises(ImproperlyConfigured, match="serializer_class"):
        backend.filter_queryset(request, Article.objects.all(), view)


def test_the_backend_on_both_edges() -> None:
    request, view = asked("kinds=live")
    assert [a.pk for a in view.filter_queryset(view.get_queryset())] == [3]
    request, view = asked("kinds=gone")
    with pytest.raises(ValidationError):
        filters.DjangoFilterBackend().filter_queryset(request, Article.objects.all(), view)
    lenient = Lenient().filter_queryset(request, Article.objects.all(), view)
    assert lenient.count() == 3
    bare = type("Bare", (Listed,), {"filterset_class": None})
    request, view = asked("kinds=live", bare)
    assert filters.DjangoFilterBackend().filter_queryset(request, Article.objects.all(), view)
    assert filters.DjangoFilterBackend().get_schema_operation_parameters(view) == []


async def test_over_http() -> None:
    client = APIAsyncClient(app=FastJango(urlpatterns=[path("a/", Listed.as_view())]))
    answer = await client.get("/a/?search=title&ordering=-id&writer=Ann")
    assert [row["id"] for row in answer.json()] == [2, 1]
    refused = await client.get("/a/?writer=Zoe&levels=11")
    assert refused.status_code == 400
    assert set(refused.json()) == {"writer", "levels"}


def test_the_serializers_of_filters_are_named_in_the_document() -> None:
    app = FastJango(urlpatterns=[path("a/", Listed.as_view())])
    parameters = app.openapi()["paths"]["/a/"]["get"]["parameters"]
    assert {"search", "ordering", "when_after", "when_before", "span_min", "kinds", "few"} <= {
        parameter["name"] for parameter in parameters
    }
    assert issubclass(ArticleSerializer, serializers.ModelSerializer)
