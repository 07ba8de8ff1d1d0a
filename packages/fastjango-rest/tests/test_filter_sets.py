"""Filter sets as classes: what `Meta` says, single filters, and view sets that are misused."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from fastjango.core.conf import override_settings
from fastjango.http import FastJango, include, path
from fastjango.orm import models
from fastjango.orm.schema import create_model, delete_model
from fastjango.rest import generics
from fastjango.rest.decorators import action
from fastjango.rest.fields import IntegerField
from fastjango.rest.filters import (
    BaseFilterBackend,
    DjangoFilterBackend,
    OrderingFilter,
    SearchFilter,
)
from fastjango.rest.filtersets import (
    AllValuesFilter,
    CharFilter,
    DateFromToRangeFilter,
    Filter,
    FilterSet,
    LookupChoiceFilter,
    NumberFilter,
    NumericRangeFilter,
    RangeFilter,
    UnknownFieldBehavior,
    filterset_factory,
)
from fastjango.rest.pagination import LimitOffsetPagination
from fastjango.rest.request import Request
from fastjango.rest.response import Response
from fastjango.rest.routers import SimpleRouter
from fastjango.rest.testing import APIClient, APIRequestFactory
from fastjango.rest.viewsets import ModelViewSet, ViewSet
from rest_site_models import TagSerializer, clear, fill, shop

Article, Tag = shop.Article, shop.Tag


@pytest.fixture(autouse=True)
def rows() -> Any:
    clear()
    author = fill()
    for number in (1, 2, 3):
        article = Article.objects.create(
            id=number, title=f"T{number}", slug=f"s{number}", words=number * 10, author=author,
            published=f"2026-01-0{number}T12:00:00Z",
        )  # fmt: skip
        article.tags.set([1, 2])
    yield
    clear()


def keys(filterset: Any) -> list[int]:
    assert filterset.is_valid(), filterset.errors
    return sorted(row.pk for row in filterset.qs)


def alone(item: Filter, **data: Any) -> list[int]:
    """Return the articles that one filter finds."""
    kind = type("Alone", (FilterSet,), {"it": item, "Meta": type("Meta", (), {
        "model": Article, "fields": []})})  # fmt: skip
    return keys(kind(data))


# --- Meta ----------------------------------------------------------------------------------


def made(bases: Any = (FilterSet,), model: Any = Article, **meta: Any) -> Any:
    attrs = {key: meta.pop(key) for key in list(meta) if isinstance(meta[key], Filter)}
    options = {key: value for key, value in meta.items() if value is not None or key != "fields"}
    return type("Made", bases, {**attrs, "Meta": type("Meta", (), {"model": model, **options})})


def test_fields_are_listed_or_left_out() -> None:
    everything = set(made(fields="__all__", exclude=["extra"]).base_filters)
    assert "id" not in everything
    assert {"title", "tags", "author", "published"} <= everything
    assert "extra" not in everything
    # Nobody writes it.
    assert "created" not in everything
    assert set(made(exclude=["extra", "title"]).base_filters) == everything - {"title"}
    assert set(made(fields=["title", "words"], exclude=["words"]).base_filters) == {"title"}
    with pytest.raises(TypeError, match=r"'Meta\.exclude' to the Made class"):
        made()
    with pytest.raises(TypeError, match="non-model field names: nothing, title__name"):
        made(fields=["title", "nothing", "title__name", "own"], own=CharFilter("title"))


def test_declared_filters_go_before_those_of_the_model() -> None:
    kind = made(fields=["title", "words"], title=CharFilter(lookup_expr="icontains"))
    assert kind.base_filters["title"].field_name == "title"
    assert keys(kind({"title": "t"})) == [1, 2, 3]
    heir = type("Heir", (kind,), {"title": None})
    assert heir.base_filters["title"].lookup_expr == "exact"


def test_relations_are_followed() -> None:
    kind = made(fields={"author__pk": ["exact"], "tags__name": ["exact", "in"]})
    assert keys(kind({"author__pk": "1", "tags__name__in": "t1,t9"})) == [1, 2, 3]
    assert keys(kind({"author__pk": "9"})) == []


def test_fields_of_unknown_kinds() -> None:
    with pytest.raises(TypeError, match=r"'extra' with 'exact' lookup to an unrecognized"):
        made(fields=["extra"])
    with pytest.warns(UserWarning, match="unrecognized field type JSONField"):
        assert not made(fields=["extra"], unknown_field_behavior="warn").base_filters
    ignored = made(fields=["extra"], unknown_field_behavior=UnknownFieldBehavior.IGNORE)
    assert not ignored.base_filters
    known = {
        models.JSONField: {
            "filter_class": CharFilter, "extra": lambda field: {"label": field.name.title()},
        },
        models.CharField: {"filter_class": NumberFilter},
    }  # fmt: skip
    kind = made(fields=["extra", "title"], filter_overrides=known)
    assert kind.base_filters["extra"].label == "Extra"
    assert type(kind.base_filters["title"]) is NumberFilter


def test_filter_sets_start_from_all_rows() -> None:
    kind = made(fields=["words"])
    unbound = kind()
    assert not unbound.is_valid()
    assert unbound.errors == {}
    assert sorted(row.pk for row in unbound.qs) == [1, 2, 3]
    assert keys(kind({"a-words": "20"}, prefix="a")) == [2]
    bound = kind({"words": "many"})
    assert list(bound.errors) == ["words"]
    # What makes no sense counts for nothing.
    assert sorted(row.pk for row in kind({"words": "many"}).qs) == [1, 2, 3]
    assert copy.deepcopy(bound) is bound


def test_factories_keep_what_they_made() -> None:
    assert filterset_factory(Tag) is filterset_factory(Tag, FilterSet)
    assert set(filterset_factory(Tag).base_filters) == {"name"}
    assert set(filterset_factory(Article, fields=["title"]).base_filters) == {"title"}
    by_lookup = filterset_factory(Article, fields={"words": ["lt", "exact"]})
    assert set(by_lookup.base_filters) == {"words__lt", "words"}
    assert by_lookup.__name__ == "ArticleFilterSet"


def test_factories_keep_what_the_base_says() -> None:
    class Contained(CharFilter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "lookup_expr": "icontains"})

    class Base(FilterSet):
        class Meta:
            fields = ["slug"]
            filter_overrides = {models.CharField: {"filter_class": Contained}}

    assert list(filterset_factory(Article, Base).base_filters) == ["slug"]
    by_title = filterset_factory(Article, Base, ["title"])
    assert list(by_title.base_filters) == ["title"]
    assert isinstance(by_title.base_filters["title"], Contained)
    assert set(filterset_factory(Tag, Base, "__all__").base_filters) == {"name"}
    assert keys(by_title({"title": "t"})) == [1, 2, 3]


# --- filters of relations and choices ------------------------------------------------------


class Shelf(models.Model):
    id = models.UUIDField(primary_key=True)
    code = models.CharField(max_length=9, unique=True)
    room = models.CharField(max_length=9, choices=[("hall", "Hall"), ("attic", "Attic")])

    class Meta:
        app_label = "shop_ours"


class Box(models.Model):
    shelf = models.ForeignKey(
        Shelf, models.CASCADE, related_name="boxes", limit_choices_to={"room": "hall"}
    )
    by_code = models.ForeignKey(
        Shelf, models.CASCADE, to_field="code", null=True, related_name="coded"
    )

    class Meta:
        app_label = "shop_ours"


HALL, ATTIC = (uuid.UUID(int=number) for number in (1, 2))


@pytest.fixture
def boxes() -> Iterator[list[int]]:
    create_model(Shelf)
    create_model(Box)
    hall = Shelf.objects.create(id=HALL, code="h", room="hall")
    attic = Shelf.objects.create(id=ATTIC, code="a", room="attic")
    made = [Box.objects.create(shelf=hall, by_code=attic), Box.objects.create(shelf=attic)]
    yield [box.pk for box in made]
    delete_model(Box)
    delete_model(Shelf)


def test_keys_of_any_kind_name_rows(boxes: list[int]) -> None:
    kind = made(model=Box, fields={"shelf": ["exact", "in"], "by_code": ["exact", "in"]})
    assert keys(kind({"shelf": str(HALL)})) == boxes[:1]
    assert keys(kind({"shelf__in": f"{HALL},{ATTIC}"})) == boxes
    # The column of this one holds codes.
    assert keys(kind({"by_code": "a"})) == keys(kind({"by_code__in": "a,b"})) == boxes[:1]
    assert keys(kind({"by_code": "null"})) == boxes[1:]
    reverse = made(model=Shelf, fields={"boxes": ["exact", "in"]})
    (found,) = reverse({"boxes__in": f"{boxes[0]}"}).qs
    assert found.pk == HALL


@pytest.mark.parametrize("name", ["shelf", "shelf__in", "by_code"])
def test_keys_that_are_none_are_refused(boxes: list[int], name: str) -> None:
    kind = made(model=Box, fields={"shelf": ["exact", "in"], "by_code": ["exact"]})
    for value in ("7", "no key", str(ATTIC)[:-1]):
        asking = kind({name: value})
        assert not asking.is_valid()
        assert list(asking.errors) == [name]
    known = made(model=Box, it=AllValuesFilter("shelf"), fields=[])({"it": "no key"})
    assert not known.is_valid()


def test_rows_that_may_not_be_chosen_are_no_choice(boxes: list[int]) -> None:
    kind = made(model=Box, fields=["shelf"])
    assert keys(kind({"shelf": str(HALL)})) == boxes[:1]
    assert kind({"shelf": str(ATTIC)}).errors["shelf"][0].code == "invalid_choice"


def test_choices_bind_exact_lookups_alone(boxes: list[int]) -> None:
    kind = made(model=Shelf, fields={"room": ["exact", "icontains", "in"]})
    assert [row.pk for row in kind({"room__icontains": "TT"}).qs] == [ATTIC]
    assert [row.pk for row in kind({"room": "attic"}).qs] == [ATTIC]
    assert [row.pk for row in kind({"room__in": "cellar,attic"}).qs] == [ATTIC]
    assert not kind({"room": "cellar"}).is_valid()


# --- single filters ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("item", "data", "found"),
    [
        (RangeFilter("words"), {"it_min": "20"}, [2, 3]),
        (RangeFilter("words"), {"it_max": "20"}, [1, 2]),
        (RangeFilter("words"), {"it_min": "15", "it_max": "20"}, [2]),
        (RangeFilter("words"), {}, [1, 2, 3]),
        (RangeFilter("words", exclude=True), {"it_min": "20"}, [1]),
        (RangeFilter("tags__id", distinct=True), {"it_min": "1"}, [1, 2, 3]),
        (NumericRangeFilter("title"), {}, [1, 2, 3]),
        (DateFromToRangeFilter("published"), {"it_after": "2026-01-02"}, [2, 3]),
        (DateFromToRangeFilter("published"), {"it_before": "2026-01-02"}, [1, 2]),
        (CharFilter("tags__name", lookup_expr="startswith", distinct=True), {"it": "t"}, [1, 2, 3]),
        (NumberFilter("words", exclude=True), {"it": "20"}, [1, 3]),
        (NumberFilter(method=lambda rows, name, value: rows.filter(pk=value)), {"it": "3"}, [3]),
        (NumberFilter(method="never"), {"it": ""}, [1, 2, 3]),
        (LookupChoiceFilter("words", [("gt", ">"), "lt"]), {"it": "15", "it_lookup": "gt"}, [2, 3]),
        (LookupChoiceFilter("words", ["lt"], IntegerField), {"it": "15", "it_lookup": "lt"}, [1]),
    ],
)  # fmt: skip
def test_single_filters(item: Any, data: Any, found: list[int]) -> None:
    assert alone(item, **data) == found


@pytest.mark.parametrize("lookups", [None, (), []])
def test_clients_may_not_choose_any_lookup(lookups: Any) -> None:
    with pytest.raises(TypeError, match="lookup_choices="):
        LookupChoiceFilter("title", lookups)


def test_ranges_of_range_fields_are_compared_whole_or_at_an_end() -> None:
    class Rows:
        """Notes what it is asked for."""

        def distinct(self) -> Any:
            return ("distinct", self)

        def filter(self, **asked: Any) -> Any:
            return asked

    item = NumericRangeFilter("span", lookup_expr="overlap")
    assert item.filter(Rows(), slice(1, 2)) == {"span__overlap": (1, 2)}
    assert item.filter(Rows(), slice(1, None)) == {"span__startswith": 1}
    assert item.filter(Rows(), slice(None, 2)) == {"span__endswith": 2}
    rows = Rows()
    assert item.filter(rows, None) is rows


def test_days_without_zones() -> None:
    item = DateFromToRangeFilter("published")
    with override_settings(USE_TZ=False):
        ends = item.clean(["2026-01-02", None])
    assert (ends.start.tzinfo, ends.start.isoformat(), ends.stop) == (
        None, "2026-01-02T00:00:00", None,
    )  # fmt: skip


def test_required_filters() -> None:
    kind = made(fields=[], it=CharFilter("title", required=True))
    assert [error.code for error in kind({}).errors["it"]] == ["required"]
    assert keys(kind({"it": "T1"})) == [1]


# --- backends ------------------------------------------------------------------------------


class Tags(generics.ListAPIView):
    queryset = Tag.objects.order_by("id")
    serializer_class = TagSerializer
    authentication_classes: list[Any] = []


def asked(query: str) -> Request:
    return Request(APIRequestFactory().get(f"/{query}"))


def test_a_bare_backend_has_to_be_filled_in() -> None:
    with pytest.raises(NotImplementedError, match="filter_queryset"):
        BaseFilterBackend().filter_queryset(None, None, None)
    assert BaseFilterBackend().get_schema_operation_parameters(None) == []


def test_where_searches_look() -> None:
    backend, rows = SearchFilter(), Article.objects.all()
    wanted = {
        "title": "title__icontains", "^title": "title__istartswith", "=title": "title__iexact",
        "$title": "title__iregex", "title__exact": "title__exact",
        "author__name": "author__name__icontains", "author__pk": "author__pk__icontains",
        "published__year": "published__year__icontains", "nothing": "nothing__icontains",
    }  # fmt: skip
    assert {name: backend.construct_search(name, rows) for name in wanted} == wanted
    assert backend.must_call_distinct(rows, ["title", "^tags__name"])
    assert not backend.must_call_distinct(rows, ["title", "author__name", "nothing"])
    noted = rows.annotate(tags_count=models.Count("tags"))
    assert not backend.must_call_distinct(noted, ["tags_count"])


def test_searches_find_each_row_once() -> None:
    view = type("View", (), {"search_fields": ["tags__name", "title"]})()
    found = SearchFilter().filter_queryset(asked("?search=t"), Article.objects.all(), view)
    assert sorted(row.pk for row in found) == [1, 2, 3]
    # Both words have to be found beside one and the same tag.
    found = SearchFilter().filter_queryset(asked("?search=t1,T2"), Article.objects.all(), view)
    assert sorted(row.pk for row in found) == [1, 2]
    bare = type("View", (), {})()
    rows = Article.objects.all()
    assert SearchFilter().filter_queryset(asked("?search=t"), rows, bare) is rows
    assert SearchFilter().to_html(asked(""), rows, bare) == ""
    assert SearchFilter().get_schema_operation_parameters(bare) == []
    (parameter,) = SearchFilter().get_schema_operation_parameters(view)
    assert (parameter["name"], parameter["in"]) == ("search", "query")


def test_filters_in_the_document() -> None:
    class ByRequest(Tags):
        filterset_fields = ["name"]

        def get_queryset(self) -> Any:
            return Tag.objects.filter(name=self.request.query_params["name"])

    view = ByRequest()
    (parameter,) = DjangoFilterBackend().get_schema_operation_parameters(view)
    assert (parameter["name"], parameter["required"]) == ("name", False)
    assert DjangoFilterBackend().get_schema_operation_parameters(Tags()) == []


# --- generic views and view sets -----------------------------------------------------------


def test_views_that_lack_something() -> None:
    view = generics.GenericAPIView()
    view.kwargs, view.request, view.format_kwarg = {}, asked(""), None
    with pytest.raises(AssertionError, match="include a `queryset` attribute"):
        view.get_queryset()
    with pytest.raises(AssertionError, match="include a `serializer_class` attribute"):
        view.get_serializer()
    with pytest.raises(AssertionError, match="needs a pagination class"):
        view.get_paginated_response([])
    assert view.paginate_queryset([1]) is None
    assert view.last_modified_for(object()) is None
    assert view.etag_for(object()) is None
    view.queryset = [1, 2]
    assert view.get_queryset() == [1, 2]
    view.queryset = Tag.objects.all()
    with pytest.raises(AssertionError, match='URL keyword argument named "pk"'):
        view.get_object()
    assert generics.GenericAPIView[Any] is generics.GenericAPIView


async def test_paginators_of_the_synchronous_kind_serve_the_loop() -> None:
    class Old:
        def paginate_queryset(self, queryset: Any, request: Any, view: Any = None) -> Any:
            return list(queryset)[:2]

        def get_paginated_response(self, data: Any) -> Response:
            return Response({"rows": data})

    class Paged(Tags):
        pagination_class: Any = Old

    view = Paged()
    view.request = asked("")
    assert await view.apaginate_queryset([1, 2, 3]) == [1, 2]
    view = Tags()
    view.request = asked("")
    view.pagination_class = None
    assert await view.apaginate_queryset([1, 2, 3]) is None


class Things(ModelViewSet):
    queryset = Tag.objects.order_by("id")
    serializer_class = TagSerializer
    authentication_classes: list[Any] = []
    filter_backends = [OrderingFilter]
    pagination_class = LimitOffsetPagination

    @action(detail=True)
    def near(self, request: Any, pk: str) -> Response:
        """What is near."""
        return Response({"map": self.get_extra_action_url_map()})

    @action(detail=True, url_path="far/(?P<how>[0-9]+)")
    def far(self, request: Any, pk: str, how: str) -> Response:
        return Response({"how": how, "here": self.reverse_action("near", args=[pk])})

    @action(detail=False)
    def recent(self, request: Any) -> Response:
        return Response({"map": self.get_extra_action_url_map()})


@override_settings(REST_FRAMEWORK={"VALIDATE_RESPONSES": False})
def test_actions_know_their_neighbours() -> None:
    router = SimpleRouter()
    router.register("things", Things, basename="thing")
    versions = path("v1/", include((router.urls, "shop"), "v1"))
    api = APIClient(app=FastJango(urlpatterns=[path("", include(router.urls)), versions]))
    for prefix in ("/v1", ""):
        near = api.get(f"{prefix}/things/1/near/").json()["map"]
        # Actions that need further arguments have no address here, nor have those of lists.
        assert near == {"Near": f"http://testserver{prefix}/things/1/near/"}
        assert list(api.get(f"{prefix}/things/recent/").json()["map"]) == ["Recent"]
        far = api.get(f"{prefix}/things/1/far/3/").json()
        assert far == {"how": "3", "here": f"http://testserver{prefix}/things/1/near/"}


def test_view_sets_that_are_misused() -> None:
    class Set(ViewSet):
        def list(self, request: Any) -> Response:
            return Response([])

    with pytest.raises(TypeError, match="`actions` argument must be provided"):
        Set.as_view()
    with pytest.raises(TypeError, match="both `name` and `suffix`"):
        Set.as_view({"get": "list"}, name="a", suffix="b")
    with pytest.raises(AttributeError, match="no action 'nothing'"):
        Set.as_view({"get": "nothing"})
    with pytest.raises(TypeError, match="invalid keyword 'unknown'"):
        Set.as_view({"get": "list"}, unknown=1)
    with pytest.raises(TypeError, match="method name get is not accepted"):
        Set.as_view({"get": "list"}, get=1)
    assert Set().get_extra_action_url_map() == {}

    class Renamed(Set):
        pass

    Renamed.other = action(detail=False)(lambda self, request: Response())  # type: ignore[attr-defined]  # pyright: ignore
    with pytest.raises(AssertionError, match=r"match its attribute name\s+\(`other`\)"):
        Renamed.get_extra_actions()
