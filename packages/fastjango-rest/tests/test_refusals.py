"""Errors in the document, and errors that are not what the document says."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import Query
from fastjango.core.conf import override_settings
from fastjango.http import FastJango, path
from fastjango.rest import exceptions, generics, permissions, viewsets
from fastjango.rest.authentication import BasicAuthentication, SessionAuthentication
from fastjango.rest.decorators import api_view
from fastjango.rest.exceptions import ResponseContradictsSchema
from fastjango.rest.filters import SearchFilter
from fastjango.rest.openapi import extend_schema
from fastjango.rest.pagination import PageNumberPagination
from fastjango.rest.response import Response
from fastjango.rest.routers import SimpleRouter
from fastjango.rest.testing import APIClient
from fastjango.rest.throttling import AnonRateThrottle
from fastjango.rest.views import APIView, exception_handler, problem_exception_handler
from pydantic import BaseModel
from rest_site_models import TagSerializer, clear, shop

PROBLEMS = "fastjango.rest.views.problem_exception_handler"


class Pages(PageNumberPagination):
    page_size = 2


class TagViewSet(viewsets.ModelViewSet):
    queryset = shop.Tag.objects.all()
    serializer_class = TagSerializer
    authentication_classes: Any = []


class GuardedTags(TagViewSet):
    authentication_classes = [BasicAuthentication]
    permission_classes = [permissions.IsAuthenticatedOrReadOnly]
    throttle_classes = [AnonRateThrottle]
    pagination_class = Pages
    filter_backends = [SearchFilter]
    search_fields = ["name"]
    etags = True
    require_if_match = True


@pytest.fixture(autouse=True)
def rows() -> Any:
    clear()
    yield
    clear()


def operations(view: Any) -> dict[str, dict[str, Any]]:
    """Return what the document says about a view set, by method and path."""
    router = SimpleRouter()
    router.register("tags", view, basename="tag")
    found = FastJango(urlpatterns=router.urls).openapi()["paths"]
    return {f"{method} {path}": operation["responses"]
            for path, item in found.items() for method, operation in item.items()}  # fmt: skip


def test_refusals_follow_from_the_policies() -> None:
    plain = operations(TagViewSet)
    assert set(plain["get /tags/"]) == {"200", "406", "default"}
    assert set(plain["post /tags/"]) == {"201", "400", "406", "409", "415", "default"}
    assert set(plain["get /tags/{pk}/"]) == {"200", "404", "406", "default"}
    assert set(plain["delete /tags/{pk}/"]) == {"204", "404", "406", "409", "default"}
    guarded = operations(GuardedTags)
    assert set(guarded["get /tags/"]) == {
        "200", "304", "400", "401", "403", "404", "406", "429", "default",
    }  # fmt: skip
    assert set(guarded["get /tags/{pk}/"]) >= {"304", "401", "404", "412"}
    assert set(guarded["put /tags/{pk}/"]) == {
        "200", "400", "401", "403", "404", "406", "409", "412", "415", "428", "429", "default",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("authenticators", "rule", "method", "statuses"),
    [
        ([SessionAuthentication], permissions.AllowAny, "post", {"403"}),
        ([SessionAuthentication], permissions.AllowAny, "get", set()),
        ([SessionAuthentication], permissions.IsAuthenticated, "get", {"403"}),
        ([SessionAuthentication, BasicAuthentication], permissions.AllowAny, "get", {"403"}),
        ([BasicAuthentication], permissions.AllowAny, "get", {"401"}),
        ([], permissions.IsAdminUser, "get", {"403"}),
    ],
)
def test_who_is_refused_how(
    authenticators: Any, rule: Any, method: str, statuses: set[str]
) -> None:
    policies = {"authentication_classes": authenticators, "permission_classes": [rule]}
    documented = operations(type("View", (TagViewSet,), policies))[f"{method} /tags/"]
    assert set(documented) & {"401", "403"} == statuses


def test_errors_have_schemas() -> None:
    responses = operations(TagViewSet)["post /tags/"]

    def schema(status: str) -> Any:
        return responses[status]["content"]["application/json"]["schema"]["$ref"].split("/")[-1]

    assert schema("400") == "ValidationErrorOut"
    assert schema("409") == schema("default") == "RefusalOut"


def test_parameters_of_handlers_are_422() -> None:
    class Sized(APIView):
        async def get(self, request: Any, size: int = Query(ge=1)) -> Response:
            return Response({"size": size})

    app = FastJango(urlpatterns=[path("sized/", Sized.as_view())])
    assert "422" in app.openapi()["paths"]["/sized/"]["get"]["responses"]
    answer = APIClient(app=app).get("/sized/?size=0")
    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "size"]


def test_problems_are_documented_as_problems() -> None:
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": PROBLEMS}):
        responses = operations(TagViewSet)["post /tags/"]
        content = responses["400"]["content"]
        assert set(content) == {"application/problem+json"}
        assert content["application/problem+json"]["schema"]["required"] == [
            "type", "title", "status",
        ]  # fmt: skip


def test_what_is_declared_stays() -> None:
    class Teapot(BaseModel):
        tea: str

    @api_view(["POST"])
    @extend_schema(request=None, responses={200: dict[str, str], 400: Teapot})
    async def brew(request: Any) -> Response:
        return Response(request.data, status=400)

    app = FastJango(urlpatterns=[path("brew/", brew)])
    responses = app.openapi()["paths"]["/brew/"]["post"]["responses"]
    assert responses["400"]["content"]["application/json"]["schema"]["$ref"].endswith("/Teapot")
    client = APIClient(app=app)
    assert client.post("/brew/", {"tea": "black"}, format="json").status_code == 400
    with pytest.raises(ResponseContradictsSchema, match="tea"):
        client.post("/brew/", {"coffee": "black"}, format="json")


def odd(error: Exception, context: Any) -> Any:
    """Answer errors in a shape of its own."""
    answer = exception_handler(error, context)
    if answer is not None:
        answer.data = {"problem": 1}
    return answer


odd.error_models = {"default": dict[str, str]}  # type: ignore[attr-defined]


def silent(error: Exception, context: Any) -> Any:
    """The same, and does not say which shape that is."""
    return odd(error, context)


@api_view(["GET"])
async def broken(request: Any) -> Response:
    raise exceptions.NotFound()


@api_view(["GET"])
async def handmade(request: Any) -> Response:
    return Response({"count": 3}, status=404)


class Named(generics.RetrieveAPIView):
    queryset = shop.Tag.objects.all()
    serializer_class = TagSerializer

    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response({"count": 3}, status=404)


class Mute(Named):
    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(status=404)


client = APIClient(
    app=FastJango(
        urlpatterns=[
            path("broken/", broken),
            path("handmade/", handmade),
            path("named/<int:pk>/", Named.as_view()),
            path("mute/<int:pk>/", Mute.as_view()),
        ]
    )
)


@pytest.mark.parametrize("compared", [None, True, False])
def test_errors_are_compared_with_what_the_handler_says(compared: bool | None) -> None:
    options = {"EXCEPTION_HANDLER": odd, "VALIDATE_RESPONSES": compared}
    with override_settings(REST_FRAMEWORK=options):
        client = APIClient(app=FastJango(urlpatterns=[path("broken/", broken)]))
        if compared is False:
            assert client.get("/broken/").json() == {"problem": 1}
            return
        with pytest.raises(ResponseContradictsSchema, match=r"answered 404.*problem"):
            client.get("/broken/")


def test_a_handler_that_says_nothing_is_not_compared() -> None:
    with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": silent}):
        app = FastJango(urlpatterns=[path("broken/", broken)])
        assert APIClient(app=app).get("/broken/").json() == {"problem": 1}
        responses = app.openapi()["paths"]["/broken/"]["get"]["responses"]
        assert "content" not in responses["default"]


def test_errors_that_views_write_themselves() -> None:
    assert client.get("/mute/1/").content == b""
    # Nothing documents a 404 here, and the framework did not make it.
    assert client.get("/handmade/").json() == {"count": 3}
    with pytest.raises(ResponseContradictsSchema, match="answered 404"):
        client.get("/named/1/")


def test_usual_errors_are_what_they_are_documented_to_be() -> None:
    router = SimpleRouter()
    router.register("tags", TagViewSet)
    for handler in (exception_handler, problem_exception_handler):
        with override_settings(REST_FRAMEWORK={"EXCEPTION_HANDLER": handler}):
            api = APIClient(app=FastJango(urlpatterns=router.urls))
            assert api.get("/tags/9/").status_code == 404
            assert api.post("/tags/", {"name": ""}, format="json").status_code == 400
            assert api.post("/tags/", b"{", content_type="application/json").status_code == 400
            assert api.post("/tags/", b"x", content_type="text/x").status_code == 415
            assert api.get("/tags/", HTTP_ACCEPT="image/png").status_code == 406
            assert api.patch("/tags/").status_code == 405
