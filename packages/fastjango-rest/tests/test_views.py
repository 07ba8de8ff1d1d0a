"""Views from the outside: handlers of both kinds, policies, errors, bodies, formats, routes."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

import pytest
from fastapi import Body, Depends, HTTPException, Query
from fastjango.auth.hooks import SecondFactor, second_factors
from fastjango.auth.models import User
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured, PermissionDenied
from fastjango.http import FastJango, Http404, HttpResponse, include, path, reverse
from fastjango.rest import authentication, exceptions, permissions, status, tokens
from fastjango.rest.authentication import (
    BaseAuthentication,
    BasicAuthentication,
    JWTAuthentication,
    RemoteUserAuthentication,
    TokenAuthentication,
)
from fastjango.rest.decorators import (
    action,
    api_view,
    authentication_classes,
    content_negotiation_class,
    metadata_class,
    parser_classes,
    permission_classes,
    renderer_classes,
    schema,
    throttle_classes,
    throttle_scope,
    versioning_class,
)
from fastjango.rest.metadata import BaseMetadata
from fastjango.rest.negotiation import BaseContentNegotiation, DefaultContentNegotiation
from fastjango.rest.openapi import extend_schema
from fastjango.rest.parsers import BaseParser, FileUploadParser, JSONParser, MultiPartParser
from fastjango.rest.renderers import BaseRenderer, JSONRenderer, StaticHTMLRenderer
from fastjango.rest.request import Request, clone_request
from fastjango.rest.response import Response
from fastjango.rest.reverse import reverse as rest_reverse
from fastjango.rest.routers import DefaultRouter, NestedSimpleRouter, SimpleRouter
from fastjango.rest.settings import APISettings, api_settings
from fastjango.rest.testing import APIAsyncClient, APIClient, APIRequestFactory, force_authenticate
from fastjango.rest.throttling import (
    AnonRateThrottle,
    BaseThrottle,
    MemoryStore,
    ScopedRateThrottle,
    SimpleRateThrottle,
    UserRateThrottle,
)
from fastjango.rest.urlpatterns import format_suffix_patterns
from fastjango.rest.versioning import (
    AcceptHeaderVersioning,
    BaseVersioning,
    HostNameVersioning,
    NamespaceVersioning,
    QueryParameterVersioning,
    URLPathVersioning,
)
from fastjango.rest.views import APIView, get_view_description, get_view_name
from fastjango.rest.viewsets import ViewSet

factory = APIRequestFactory()


class Person:
    is_active = True
    is_authenticated = True

    def __init__(self, pk: int = 1, staff: bool = False, perms: Any = ()) -> None:
        self.pk, self.is_staff, self.perms = pk, staff, set(perms)

    def has_perms(self, wanted: Any, obj: Any = None) -> bool:
        return set(wanted) <= self.perms

    async def ahas_perms(self, wanted: Any, obj: Any = None) -> bool:
        return self.has_perms(wanted, obj)

    def has_perm(self, wanted: str, obj: Any = None) -> bool:
        return wanted in self.perms

    async def ahas_perm(self, wanted: str, obj: Any = None) -> bool:
        return wanted in self.perms


def client(*patterns: Any, **options: Any) -> APIClient:
    return APIClient(app=FastJango(urlpatterns=patterns), **options)


# --- handlers ------------------------------------------------------------------------------


class BothKinds(APIView):
    authentication_classes: list[Any] = []

    def get(self, request: Any) -> Response:
        return Response({"loop": _on_loop()})

    async def post(self, request: Any) -> Response:
        return Response({"loop": _on_loop(), "data": request.data}, status=201)


def _on_loop() -> bool:
    import asyncio

    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def test_handlers_of_both_kinds_stand_in_one_class() -> None:
    api = client(path("x/", BothKinds.as_view()))
    assert api.get("/x/").json() == {"loop": False}
    answer = api.post("/x/", {"a": [1]}, format="json")
    assert (answer.status_code, answer.json()) == (201, {"loop": True, "data": {"a": [1]}})
    assert answer["Allow"] == "GET, POST, HEAD, OPTIONS"
    assert api.head("/x/").status_code == 200
    answer = api.put("/x/")
    assert (answer.status_code, answer.json()) == (405, {"detail": 'Method "PUT" not allowed.'})


def test_a_view_called_without_a_loop_answers_at_once() -> None:
    view = BothKinds.as_view()
    assert view(factory.get("/")).data == {"loop": False}
    assert view(factory.post("/", {"a": 1}, format="json")).data["data"] == {"a": 1}


async def test_a_view_on_a_loop_is_awaited() -> None:
    answer = await BothKinds.as_view()(factory.get("/"))
    assert answer.data == {"loop": False}


def test_views_take_no_unknown_attributes() -> None:
    with pytest.raises(TypeError, match="not accepted as a keyword"):
        BothKinds.as_view(get=1)
    with pytest.raises(TypeError, match="invalid keyword 'nope'"):
        BothKinds.as_view(nope=1)


def test_a_handler_has_to_return_a_response() -> None:
    class Wrong(APIView):
        async def get(self, request: Any) -> Any:
            return {"a": 1}

    with pytest.raises(AssertionError, match="Expected a `Response`"):
        client(path("x/", Wrong.as_view())).get("/x/")


def test_other_responses_pass_unchanged() -> None:
    @api_view(["GET"])
    async def plain(request: Any) -> HttpResponse:
        return HttpResponse("hello", content_type="text/plain")

    assert client(path("x/", plain)).get("/x/").content == b"hello"


def test_responses_refuse_serializers_and_render_once() -> None:
    from fastjango.rest import serializers

    with pytest.raises(TypeError, match="Serializer instance"):
        Response(serializers.Serializer())
    answer = Response({"a": 1})
    assert answer.status_text == "OK"
    with pytest.raises(AssertionError, match="accepted_renderer"):
        answer.render()
    from fastjango.templates.response import ContentNotRenderedError

    with pytest.raises(ContentNotRenderedError):
        _ = answer.content
    seen: list[Any] = []
    answer.accepted_renderer, answer.accepted_media_type = JSONRenderer(), "application/json"
    answer.renderer_context = {}
    answer.add_post_render_callback(seen.append)
    assert answer.render().content == b'{"a":1}'
    answer.add_post_render_callback(seen.append)
    assert len(seen) == 2
    assert answer.render() is answer
    assert answer.__getstate__()["_data"] == {"a": 1}


# --- dependencies --------------------------------------------------------------------------

closed: list[str] = []


async def resource(size: Annotated[int, Query(ge=1)] = 3) -> Any:
    try:
        yield size
        closed.append("end")
    except ValueError:
        closed.append("error")
        raise


class Dependent(APIView):
    authentication_classes: list[Any] = []

    def get(self, request: Any, size: int = Depends(resource)) -> Response:
        return Response({"size": size})

    async def post(self, request: Any, new: Annotated[dict[str, int], Body()]) -> Response:
        return Response(new)

    async def delete(self, request: Any, size: int = Depends(resource)) -> Response:
        raise ValueError("broken")


def test_dependencies_are_solved_for_every_handler() -> None:
    closed.clear()
    api = client(path("x/", Dependent.as_view()))
    assert api.get("/x/").json() == {"size": 3}
    assert api.get("/x/?size=9").json() == {"size": 9}
    refused = api.get("/x/?size=0")
    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["query", "size"]
    assert api.post("/x/", {"a": 1}, format="json").json() == {"a": 1}
    assert api.post("/x/", {"a": "b"}, format="json").status_code == 422
    assert closed == ["end", "end"]
    with pytest.raises(ValueError, match="broken"):
        api.delete("/x/")
    assert closed[-1] == "error"
    with pytest.raises(TypeError, match="Send the request through a client"):
        Dependent.as_view()(factory.get("/"))


def test_dependencies_of_the_application_hold() -> None:
    def refuse() -> None:
        raise HTTPException(418, "no")

    app = FastJango(urlpatterns=[path("x/", BothKinds.as_view())], dependencies=[Depends(refuse)])
    assert APIClient(app=app).get("/x/").status_code == 418


def test_operations_are_in_the_document() -> None:
    @api_view(["GET", "POST"])
    @extend_schema(
        responses={200: dict[str, int], 404: None}, summary="Count", tags=["t"],
        parameters=[{"name": "q", "in": "query", "schema": {"type": "string"}}],
    )  # fmt: skip
    async def counted(request: Any, pk: int) -> Response:
        """Count things."""
        return Response({"n": pk if pk < 9 else "many"}, status=201 if pk == 5 else 200)

    @api_view(["GET"])
    @schema(None)
    async def hidden(request: Any) -> Response:
        return Response()

    app = FastJango(
        urlpatterns=[
            path("n/<int:pk>/", counted, name="counted"),
            path("h/", hidden),
            path("d/", Dependent.as_view()),
        ]
    )
    paths = app.openapi()["paths"]
    assert set(paths) == {"/n/{pk}/", "/d/"}
    assert set(paths["/n/{pk}/"]) == {"get", "post"}
    get = paths["/n/{pk}/"]["get"]
    assert (get["summary"], get["tags"], get["description"]) == ("Count", ["t"], "Count things.")
    assert {(p["name"], p["in"]) for p in get["parameters"]} == {("pk", "path"), ("q", "query")}
    assert {p["name"] for p in paths["/d/"]["get"]["parameters"]} == {"size"}
    api = APIClient(app=app)
    assert api.get("/n/3/").json() == {"n": 3}
    with pytest.raises(exceptions.ResponseContradictsSchema, match="valid integer"):
        api.get("/n/9/")
    with pytest.raises(exceptions.ResponseContradictsSchema, match="only \\[200, 404\\]"):
        api.get("/n/5/")
    with override_settings(REST_FRAMEWORK={"VALIDATE_RESPONSES": False}):
        assert api.get("/n/9/").json() == {"n": "many"}


# --- errors --------------------------------------------------------------------------------


class Raising(APIView):
    authentication_classes: list[Any] = []
    errors: dict[str, Any] = {
        "404": Http404("gone"),
        "403": PermissionDenied(),
        "400": exceptions.ValidationError({"a/b": ["x"], "list": [{}, {"c": ["y"]}]}, "bad"),
        "409": exceptions.Conflict(),
        "429": exceptions.Throttled(1.2),
        "418": HTTPException(418, "tea", headers={"X-Tea": "1"}),
    }

    async def get(self, request: Any, name: str) -> Response:
        raise self.errors[name]


def test_errors_become_answers() -> None:
    api = client(path("<str:name>/", Raising.as_view()))
    assert api.get("/404/").json() == {"detail": "gone"}
    assert api.get("/403/").json()["detail"].startswith("You do not have permission")
    assert api.get("/400/").json() == {"a/b": ["x"], "list": [{}, {"c": ["y"]}]}
    assert api.get("/409/").status_code == 409
    late = api.get("/429/")
    assert late["Retry-After"] == "2"
    assert late.json()["detail"].endswith("Expected available in 2 seconds.")
    tea = api.get("/418/")
    assert (tea.status_code, tea.json(), tea["X-Tea"]) == (418, {"detail": "tea"}, "1")
    with pytest.raises(KeyError):
        api.get("/other/")


class Closed(APIView):
    permission_classes = [permissions.IsAdminUser]

    async def get(self, request: Any) -> Response:
        return Response({})


class SynchronousClosed(APIView):
    permission_classes = [permissions.IsAdminUser]

    def get(self, request: Any) -> Response:
        return Response({})


@pytest.mark.parametrize("view", [Closed, SynchronousClosed])
def test_denials_are_in_the_security_log(
    view: type[APIView], caplog: pytest.LogCaptureFixture
) -> None:
    api = client(path("closed/", view.as_view()))
    assert api.get("/closed/").status_code == 403
    # Who has not logged in is asked to.
    assert "permission_denied" not in caplog.text
    api.force_authenticate(User(pk=7, username="bo"))
    caplog.clear()
    assert api.get("/closed/").status_code == 403
    (event,) = [r.security_event for r in caplog.records if hasattr(r, "security_event")]
    assert (event["event"], event["rule"], event["path"], event["user_id"]) == (
        "permission_denied", view.__name__, "/closed/", "7",
    )  # fmt: skip


class ByPassword(APIView):
    authentication_classes = [BasicAuthentication]
    permission_classes = [permissions.IsAuthenticated]

    async def get(self, request: Any) -> Response:
        return Response({})


class SynchronousByPassword(ByPassword):
    get: Any = SynchronousClosed.get


def test_a_password_is_not_enough_where_a_second_step_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    user = User(pk=7, username="bo")

    async def aauthenticate(**credentials: Any) -> User:
        return user

    for module in (authentication, tokens):
        monkeypatch.setattr(module, "authenticate", lambda **credentials: user)
        monkeypatch.setattr(module, "aauthenticate", aauthenticate)

    def factors(request: Any, user: Any) -> list[SecondFactor]:
        return [SecondFactor("code", "/second/", "Code")]

    basic = {"Authorization": "Basic " + base64.b64encode(b"bo:right").decode()}
    api = client(
        path("a/", ByPassword.as_view()),
        path("s/", SynchronousByPassword.as_view()),
        path("token/", tokens.obtain_auth_token),
    )
    with second_factors.implemented(factors):
        for url in ("/a/", "/s/"):
            refused = api.get(url, headers=basic)
            assert (refused.status_code, b"second step" in refused.content) == (401, True)
        refused = api.post("/token/", {"username": "bo", "password": "right"})
        assert (refused.status_code, b"second step" in refused.content) == (400, True)
        serializer = tokens.AuthTokenSerializer(data={"username": "bo", "password": "right"})
        assert not serializer.is_valid()
    assert [api.get(url, headers=basic).status_code for url in ("/a/", "/s/")] == [200, 200]


@override_settings(
    REST_FRAMEWORK={"EXCEPTION_HANDLER": "fastjango.rest.views.problem_exception_handler"}
)
def test_errors_as_problem_json() -> None:
    api = client(path("<str:name>/", Raising.as_view()))
    answer = api.get("/400/")
    assert answer["Content-Type"] == "application/problem+json"
    assert json.loads(answer.content) == {
        "type": "about:blank",
        "title": "Bad Request",
        "status": 400,
        "errors": [
            {"pointer": "/a~1b", "detail": "x", "code": "bad"},
            {"pointer": "/list/1/c", "detail": "y", "code": "bad"},
        ],
    }
    found = json.loads(api.get("/404/").content)
    assert (found["detail"], found["code"]) == ("gone", "not_found")
    assert json.loads(api.get("/418/").content)["status"] == 418


def test_details_of_errors() -> None:
    error = exceptions.ValidationError(("a", exceptions.ErrorDetail("b", "two")))
    assert error.get_codes() == ["invalid", "two"]
    assert error.get_full_details()[1] == {"message": "b", "code": "two"}
    assert exceptions.ErrorDetail("b", "two") == "b"
    assert exceptions.ErrorDetail("b", "two") != exceptions.ErrorDetail("b", "x")
    assert exceptions.ErrorDetail("b") != 3
    assert str(exceptions.ParseError()) == "Malformed request."
    assert exceptions.UnsupportedMediaType("x/y").detail == (
        'Unsupported media type "x/y" in request.'
    )
    assert json.loads(exceptions.server_error(None).content) == {"error": "Server Error (500)"}
    assert exceptions.bad_request(None, ValueError()).status_code == 400
    assert status.is_success(204)
    assert status.is_client_error(404)
    assert not status.is_redirect(200)
    assert status.is_informational(100)
    assert status.is_server_error(500)


# --- bodies and formats --------------------------------------------------------------------


class Echo(APIView):
    authentication_classes: list[Any] = []

    async def post(self, request: Any) -> Response:
        data = request.data
        if hasattr(data, "dict"):
            data = {k: v if isinstance(v, str) else v.read().decode() for k, v in data.items()}
        return Response({"data": data, "files": sorted(request.FILES)})


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{", "application/json", 400),
        (b"NaN", "application/json", 400),
        (b'{"a": 1e400}', "application/json", 400),
        (b'{"a": -1E+999}', "application/json", 400),
        (b"1" * 400 + b".5", "application/json", 400),
        (b'{"a": "1e400", "b": 1e-400}', "application/json", 200),
        (b'{"a": "\xe9"}', "application/json; charset=latin-1", 200),
        ("{}".encode("utf-16"), "application/json; charset=utf-16", 200),
        (b"{}", "application/json; charset=utf-16", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"1" * 5000, "application/json", 400),
        (b"x", "text/csv", 415),
        (b"x", "text/" + "c" * 300, 415),
        (b"a=1&b=2", "application/x-www-form-urlencoded", 200),
        (b"no parts", "multipart/form-data; boundary=x", 400),
        (b"no parts", "multipart/form-data", 400),
    ],
)
def test_bodies(body: bytes, kind: str, code: int) -> None:
    api = client(path("x/", Echo.as_view()))
    assert api.post("/x/", body, content_type=kind).status_code == code


def test_renderers_return_texts() -> None:
    class Page(APIView):
        """About <this>."""

        renderer_classes = [StaticHTMLRenderer]

        def get(self, request: Any) -> Response:
            return Response("<p>Here.</p>")

        def post(self, request: Any) -> Response:
            return Response({"a": 1})

        def put(self, request: Any) -> Response:
            return Response(5)

    api = client(path("x/", Page.as_view()))
    assert api.get("/x/").content == b"<p>Here.</p>"
    told = api.options("/x/")
    assert (told.status_code, told["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert b"About &lt;this&gt;." in told.content
    with pytest.raises(TypeError, match="StaticHTMLRenderer returned dict"):
        api.post("/x/")
    with pytest.raises(TypeError, match="StaticHTMLRenderer returned int"):
        api.put("/x/")


def test_forms_and_files() -> None:
    from fastjango.http.uploads import SimpleUploadedFile

    api = client(path("x/", Echo.as_view()))
    sent = {"name": "Ada", "file": SimpleUploadedFile("a.txt", b"content")}
    assert api.post("/x/", sent).json() == {
        "data": {"name": "Ada", "file": "content"}, "files": ["file"],
    }  # fmt: skip
    assert api.post("/x/").json() == {"data": {}, "files": []}
    with pytest.raises(TypeError, match="nested data"):
        api.post("/x/", {"a": {}}, format="multipart")
    with pytest.raises(ValueError, match="Invalid format 'xml'"):
        api.post("/x/", {}, format="xml")
    with pytest.raises(ValueError, match="both `format` and"):
        api.post("/x/", b"", format="json", content_type="a/b")


def test_a_body_can_be_one_file() -> None:
    class Upload(Echo):
        parser_classes = [FileUploadParser]

    api = client(path("x/", Upload.as_view()), path("x/<str:filename>/", Upload.as_view()))
    header = {"HTTP_CONTENT_DISPOSITION": 'attachment; filename="a.bin"'}
    answer = api.post("/x/", b"abc", content_type="image/png", **header)
    assert answer.json() == {"data": {"file": "abc"}, "files": ["file"]} or (
        answer.json()["files"] == ["file"]
    )
    assert api.post("/x/", b"abc", content_type="image/png").status_code == 400


def test_limits_of_the_web_layer_are_400() -> None:
    api = client(path("x/", Echo.as_view()))
    with override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10):
        answer = api.post("/x/", {"a": "x" * 50}, format="json")
    assert (answer.status_code, "exceeded" in answer.json()["detail"]) == (400, True)


def test_formats() -> None:
    class Static(APIView):
        renderer_classes = [JSONRenderer, StaticHTMLRenderer]

        async def get(self, request: Any, format: str | None = None) -> Response:
            if "none" in request.query_params:
                return Response(None)
            if "fail" in request.query_params:
                raise exceptions.PermissionDenied()
            return Response("<p>hi</p>")

    api = client(
        *format_suffix_patterns([path("x/", Static.as_view()), path("y", Static.as_view())])
    )
    assert api.get("/x/").content == b'"<p>hi</p>"'
    assert api.get("/x/")["Vary"] == "Accept"
    assert api.get("/x.html").content == b"<p>hi</p>"
    assert api.get("/y.json").content == b'"<p>hi</p>"'
    assert api.get("/x/?format=html").content == b"<p>hi</p>"
    assert api.get("/x/?format=xml").status_code == 404
    assert api.get("/x/", HTTP_ACCEPT="text/*").content == b"<p>hi</p>"
    assert api.get("/x/", HTTP_ACCEPT="image/png").status_code == 406
    assert api.get("/x/", HTTP_ACCEPT="nonsense,, */*;q=0.1").status_code == 200
    assert api.get("/x/", HTTP_ACCEPT="a/b," * 3000 + "*/*").status_code == 406
    assert api.get("/x/", HTTP_ACCEPT="application/json; indent=4").content == b'"<p>hi</p>"'
    assert "Content-Type" not in api.get("/x/?none")
    assert api.get("/x/?fail&format=html").content == b"403 Forbidden"


def test_json_is_written_as_asked() -> None:
    render = JSONRenderer().render
    assert render({"a": ["é", "\u2028"]}) == '{"a":["é","\\u2028"]}'.encode()
    assert render({"a": 1}, "application/json; indent=2") == b'{\n  "a": 1\n}'
    assert render({"a": 1}, "application/json; indent=x") == b'{"a":1}'
    with override_settings(REST_FRAMEWORK={"COMPACT_JSON": False, "UNICODE_JSON": False}):
        assert JSONRenderer().render({"a": "é"}) == b'{"a": "\\u00e9"}'
    with pytest.raises(ValueError, match="Out of range"):
        render(float("nan"))
    with pytest.raises(NotImplementedError):
        BaseRenderer().render({})
    with pytest.raises(NotImplementedError):
        BaseParser().parse(None)


def test_the_encoder_writes_what_json_lacks() -> None:
    import datetime
    import decimal
    import uuid

    from fastjango.core.translation import gettext_lazy
    from fastjango.rest.encoders import JSONEncoder

    utc = datetime.UTC
    values = [
        (datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=utc), "2026-01-02T03:04:05Z"),
        (datetime.date(2026, 1, 2), "2026-01-02"),
        (datetime.time(1, 2), "01:02:00"),
        (datetime.timedelta(seconds=90), "90.0"),
        (decimal.Decimal("1.5"), 1.5),
        (uuid.UUID(int=1), str(uuid.UUID(int=1))),
        (b"x", "x"),
        (gettext_lazy("lazy"), "lazy"),
        ({1}, [1]),
        (type("A", (), {"tolist": lambda self: [2]})(), [2]),
    ]
    for value, expected in values:
        assert json.loads(json.dumps(value, cls=JSONEncoder)) == expected
    with pytest.raises(ValueError, match="timezone-aware"):
        json.dumps(datetime.time(1, tzinfo=utc), cls=JSONEncoder)
    with pytest.raises(TypeError):
        json.dumps(object(), cls=JSONEncoder)


# --- who asks, and how often ---------------------------------------------------------------


class Known(BaseAuthentication):
    def authenticate(self, request: Any) -> Any:
        name = request.headers.get("X-Name")
        if name == "bad":
            raise exceptions.AuthenticationFailed()
        return (Person(pk=int(name)), "token") if name else None

    def authenticate_header(self, request: Any) -> str:
        return "Name"


class Asked(APIView):
    authentication_classes = [Known]
    permission_classes = [permissions.IsAuthenticated]

    async def get(self, request: Any) -> Response:
        return Response({"pk": request.user.pk, "auth": request.auth})


def test_authentication() -> None:
    api = client(path("x/", Asked.as_view()))
    missing = api.get("/x/")
    assert (missing.status_code, missing["WWW-Authenticate"]) == (401, "Name")
    assert api.get("/x/", HTTP_X_NAME="bad").json() == {
        "detail": "Incorrect authentication credentials."
    }
    assert api.get("/x/", HTTP_X_NAME="3").json() == {"pk": 3, "auth": "token"}
    api.force_authenticate(user=Person(pk=8), token="t")
    assert api.get("/x/").json() == {"pk": 8, "auth": "t"}
    api.force_authenticate()
    assert api.get("/x/").status_code in (401, 403)
    api.credentials(HTTP_X_NAME="4")
    assert api.get("/x/").json()["pk"] == 4
    api.logout()
    assert api.get("/x/").status_code == 401
    request = factory.get("/")
    force_authenticate(request, Person(pk=2))
    assert Asked.as_view()(request).data["pk"] == 2


async def test_the_asynchronous_client() -> None:
    api = APIAsyncClient(
        app=FastJango(urlpatterns=[path("x/", Asked.as_view()), path("e/", Echo.as_view())])
    )
    api.force_authenticate(user=Person(pk=8))
    assert (await api.get("/x/")).json()["pk"] == 8
    api.force_authenticate()
    api.credentials(HTTP_X_NAME="4")
    assert (await api.get("/x/")).json()["pk"] == 4
    assert (await api.post("/e/", {"a": 1}, format="json")).json()["data"] == {"a": 1}
    for send in (api.put, api.patch, api.delete):
        assert (await send("/e/", {}, format="json")).status_code == 405
    assert (await api.options("/e/")).status_code == 200


@pytest.mark.parametrize(
    ("scheme", "header", "text"),
    [
        (BasicAuthentication, "Basic", "No credentials provided."),
        (BasicAuthentication, "Basic a b", "should not contain spaces."),
        (BasicAuthentication, "Basic !!!!", "not correctly base64 encoded."),
        (TokenAuthentication, "Token", "No credentials provided."),
        (TokenAuthentication, "Token a b", "should not contain spaces."),
        (TokenAuthentication, "Token \xff", "invalid characters."),
        (JWTAuthentication, "Bearer a b", "should not contain spaces."),
    ],
)
def test_malformed_credentials(scheme: Any, header: str, text: str) -> None:
    class View(Asked):
        authentication_classes = [scheme]

    answer = View.as_view()(factory.get("/", HTTP_AUTHORIZATION=header))
    assert answer.status_code == 401
    assert answer.data["detail"].endswith(text)


def test_no_credentials_is_no_answer() -> None:
    request = Request(factory.get("/"))
    for scheme in (BasicAuthentication(), TokenAuthentication(), RemoteUserAuthentication()):
        assert scheme.authenticate(request) is None
    with pytest.raises(NotImplementedError):
        BaseAuthentication().authenticate(request)
    assert BaseAuthentication().authenticate_header(request) is None


class Own(permissions.BasePermission):
    message, code = "Not yours.", "not_yours"

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return obj == request.user.pk


class Even(permissions.BasePermission):
    async def ahas_permission(self, request: Any, view: Any) -> bool:
        return request.user.pk % 2 == 0


@pytest.mark.parametrize(
    ("rule", "granted"),
    [
        (permissions.AllowAny, {1, 2, 9}),
        (permissions.IsAdminUser, {9}),
        (~permissions.IsAdminUser, {1, 2}),
        (permissions.IsAuthenticated & Even, {2}),
        (permissions.IsAdminUser | Even, {2, 9}),
        (~(permissions.IsAdminUser | Even), {1}),
        (permissions.IsAuthenticatedOrReadOnly, {1, 2, 9}),
    ],
)
def test_permissions_compose(rule: Any, granted: set[int]) -> None:
    class View(APIView):
        permission_classes = [rule]

        async def get(self, request: Any) -> Response:
            return Response()

    api = client(path("x/", View.as_view()))
    allowed: set[int] = set()
    for pk in (1, 2, 9):
        api.force_authenticate(user=Person(pk, staff=pk == 9))
        if api.get("/x/").status_code == 200:
            allowed.add(pk)
    assert allowed == granted
    assert hash(permissions.IsAdminUser & Even) == hash(permissions.IsAdminUser & Even)
    assert (permissions.IsAdminUser & Even) == (permissions.IsAdminUser & Even)


def test_permissions_for_objects() -> None:
    class View(APIView):
        permission_classes = [Own | permissions.IsAdminUser]

        def get(self, request: Any, pk: int) -> Response:
            self.check_object_permissions(request, pk)
            return Response()

        async def post(self, request: Any, pk: int) -> Response:
            await self.acheck_object_permissions(request, pk)
            return Response()

    class Told(View):
        permission_classes = [Own]

    api = client(path("x/<int:pk>/", View.as_view()), path("t/<int:pk>/", Told.as_view()))
    api.force_authenticate(user=Person(1))
    assert [api.get(f"/x/{pk}/").status_code for pk in (1, 2)] == [200, 403]
    assert [api.post(f"/x/{pk}/").status_code for pk in (1, 2)] == [200, 403]
    refused = api.get("/t/2/")
    assert refused.data["detail"] == exceptions.ErrorDetail("Not yours.", "not_yours")
    api.force_authenticate(user=Person(2, staff=True))
    assert api.get("/x/1/").status_code == 200


class Slow(BaseThrottle):
    def allow_request(self, request: Any, view: Any) -> bool:
        return "go" in request.query_params

    def wait(self) -> float:
        return 30


class Twice(AnonRateThrottle):
    rate = "2/min"
    cache = MemoryStore()


def test_throttles() -> None:
    class View(APIView):
        throttle_classes = [Slow, Twice]
        authentication_classes: list[Any] = []

        async def get(self, request: Any) -> Response:
            return Response()

    Twice.cache.clear()
    api = client(path("x/", View.as_view()))
    assert api.get("/x/")["Retry-After"] == "30"
    assert api.get("/x/?go").status_code == 200
    late = api.get("/x/?go")
    assert late.status_code == 429
    assert 55 <= int(late["Retry-After"]) <= 60
    api.force_authenticate(user=Person())
    assert api.get("/x/?go").status_code == 200
    now = [0.0]

    class Timed(UserRateThrottle):
        rate = "1/s"
        cache = MemoryStore()
        timer = staticmethod(lambda: now[0])

    request = Request(factory.get("/"))
    request.user = Person()
    assert [Timed().allow_request(request, None) for _ in range(2)] == [True, False]
    now[0] = 1.5
    assert Timed().allow_request(request, None)


def test_rates() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"either `\.scope` or `\.rate`"):
        SimpleRateThrottle()
    with pytest.raises(ImproperlyConfigured, match="No default throttle rate set for 'x'"):
        type("X", (SimpleRateThrottle,), {"scope": "x"})()
    with pytest.raises(ImproperlyConfigured, match="is no rate"):
        type("X", (SimpleRateThrottle,), {"rate": "often"})()
    unlimited = UserRateThrottle()
    assert unlimited.allow_request(None, None)
    assert unlimited.wait() is None
    for base in (BaseThrottle(), type("X", (SimpleRateThrottle,), {"rate": "1/s"})()):
        with pytest.raises(NotImplementedError):
            base.allow_request(None, None)
    assert BaseThrottle().wait() is None
    with override_settings(REST_FRAMEWORK={"DEFAULT_THROTTLE_RATES": {"up": "1/day"}}):
        scoped = type("S", (ScopedRateThrottle,), {"cache": MemoryStore()})
        view = type("V", (), {"throttle_scope": "up"})()
        request = Request(factory.get("/"))
        assert [scoped().allow_request(request, view) for _ in range(2)] == [True, False]
        assert scoped().allow_request(request, object())


@pytest.mark.parametrize(
    ("proxies", "forwarded", "ident"),
    [(None, "", "127.0.0.1"), (None, "1.1.1.1, 2.2.2.2", "1.1.1.1,2.2.2.2"),
     (0, "1.1.1.1", "127.0.0.1"), (1, "1.1.1.1, 2.2.2.2", "2.2.2.2"),
     (5, "1.1.1.1, 2.2.2.2", "1.1.1.1")],
)  # fmt: skip
def test_the_address_behind_proxies(proxies: int | None, forwarded: str, ident: str) -> None:
    extra = {"HTTP_X_FORWARDED_FOR": forwarded} if forwarded else {}
    with override_settings(REST_FRAMEWORK={"NUM_PROXIES": proxies}):
        assert BaseThrottle().get_ident(Request(factory.get("/", **extra))) == ident


def test_memory_forgets() -> None:
    store = MemoryStore()
    store.set("a", 1, 100)
    store.set("b", 2, -1)
    assert (store.get("a"), store.get("b", 3)) == (1, 3)


# --- versions ------------------------------------------------------------------------------


def versioned(scheme: Any) -> Any:
    class View(APIView):
        versioning_class = scheme

        async def get(self, request: Any, **kwargs: Any) -> Response:
            url = rest_reverse("versioned", request=request)
            return Response({"version": request.version, "url": url})

    return View.as_view()


class Limited:
    allowed_versions = ("v1", "v2")
    default_version = "v1"


def test_versions() -> None:
    accept = type("A", (Limited, AcceptHeaderVersioning), {})
    by_path = type("P", (Limited, URLPathVersioning), {})
    by_host = type("H", (Limited, HostNameVersioning), {})
    by_query = type("Q", (Limited, QueryParameterVersioning), {})
    by_space = type("N", (Limited, NamespaceVersioning), {})
    spaced = ([path("n/", versioned(by_space), name="versioned")], "v2")
    other = ([path("n/", versioned(by_space), name="versioned")], "other")
    patterns = [
        path("a/", versioned(accept)),
        path("<str:version>/p/", versioned(by_path), name="by-path"),
        path("h/", versioned(by_host)),
        path("q/", versioned(by_query), name="versioned"),
        path("v2/", include(spaced)),
        path("o/", include(other)),
    ]
    with override_settings(ROOT_URLCONF=patterns):
        api = client(*patterns)
        json_v2 = "application/json; version=v2"
        assert api.get("/a/", HTTP_ACCEPT=json_v2).json()["version"] == "v2"
        assert api.get("/a/", HTTP_ACCEPT="application/json; version=9").status_code == 406
        assert api.get("/v2/p/").json()["version"] == "v2"
        assert api.get("/v9/p/").status_code == 404
        assert api.get("/h/", HTTP_HOST="v2.example.com").json()["version"] == "v2"
        assert api.get("/h/", HTTP_HOST="v9.example.com").status_code == 404
        assert api.get("/h/").json()["version"] == "v1"
        found = api.get("/q/?version=v2&format=json").json()
        assert found == {"version": "v2", "url": "http://testserver/q/?format=json&version=v2"}
        assert api.get("/q/?version=v9").status_code == 404
        found = api.get("/v2/n/").json()
        assert found == {"version": "v2", "url": "http://testserver/v2/n/"}
        assert api.get("/o/n/").status_code == 404
        request = Request(factory.get("/"))
        request.version, request.versioning_scheme = "v2", by_path()
        assert rest_reverse("by-path", request=request).endswith("/v2/p/")
    with pytest.raises(NotImplementedError):
        BaseVersioning().determine_version(None)
    assert BaseVersioning().is_allowed_version("any")


# --- functions, names, metadata ------------------------------------------------------------


def test_functions_take_policies() -> None:
    class Only(BaseMetadata):
        def determine_metadata(self, request: Any, view: Any) -> Any:
            return {"meta": view.get_view_name()}

    @api_view(["POST"])
    @renderer_classes([JSONRenderer])
    @parser_classes([JSONParser])
    @authentication_classes([Known])
    @permission_classes([permissions.IsAuthenticated])
    @throttle_classes([])
    @throttle_scope("x")
    @content_negotiation_class(DefaultContentNegotiation)
    @metadata_class(Only)
    @versioning_class(QueryParameterVersioning)
    def make_it(request: Any) -> Response:
        """Makes it."""
        return Response({"version": request.version, "loop": _on_loop()})

    api = client(path("x/", make_it))
    assert api.post("/x/").status_code == 401
    api.credentials(HTTP_X_NAME="1")
    assert api.post("/x/?version=2").json() == {"version": "2", "loop": False}
    assert api.options("/x/").json() == {"meta": "make_it"}
    assert make_it.__doc__ == "Makes it."
    with pytest.raises(TypeError, match="must come after"):
        permission_classes([])(make_it)
    with pytest.raises(TypeError, match="missing list"):
        api_view(lambda request: None)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="expected a list"):
        api_view("GET")(lambda request: None)


def test_names_and_descriptions() -> None:
    class HTMLThingListView(APIView):
        """First <line>.

        See https://example.com."""

    view = HTMLThingListView()
    assert get_view_name(view) == "HTML Thing List"
    view.suffix = "Page"
    assert get_view_name(view) == "HTML Thing List Page"
    view.name = "Mine"
    assert get_view_name(view) == "Mine"
    assert get_view_description(view) == "First <line>.\n\nSee https://example.com."
    html = get_view_description(view, html=True)
    assert "&lt;line&gt;" in html
    assert 'href="https://example.com"' in html


def test_metadata_can_be_switched_off() -> None:
    class Silent(BothKinds):
        metadata_class = None

    assert client(path("x/", Silent.as_view())).options("/x/").status_code == 405
    with pytest.raises(NotImplementedError):
        BaseMetadata().determine_metadata(None, None)


def test_the_request_stands_for_the_one_below() -> None:
    with pytest.raises(TypeError, match="must be an instance"):
        Request(object())  # type: ignore[arg-type]
    request = Request(factory.get("/?a=1"), parsers=[JSONParser()])
    assert request.query_params["a"] == "1"
    assert request.path == "/"
    assert repr(request) == "<fastjango.rest.request.Request: GET '/?a=1'>"
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        _ = request.nope
    assert clone_request(request, "PUT").method == "PUT"
    assert Request[int] is Request
    assert Response[int] is Response

    class Broken(BaseAuthentication):
        def authenticate(self, request: Any) -> Any:
            return self.nowhere  # type: ignore[attr-defined]

    request = Request(factory.get("/"), authenticators=[Broken()])
    with pytest.raises(Exception, match="nowhere"):
        _ = request.user
    assert Request(factory.post("/", {"a": 1}), parsers=[MultiPartParser()]).POST["a"] == "1"
    assert not Request(factory.get("/")).POST


def test_settings() -> None:
    own = APISettings({"PAGE_SIZE": 3, "DEFAULT_RENDERER_CLASSES": ["no.such"]})
    assert own.PAGE_SIZE == 3
    assert own.ORDERING_PARAM == "ordering"
    with pytest.raises(exceptions.RestConfigurationError, match=r"'no\.such', which cannot"):
        _ = own.DEFAULT_RENDERER_CLASSES
    with pytest.raises(AttributeError, match="Invalid API setting"):
        _ = api_settings.NOPE
    with override_settings(REST_FRAMEWORK={"PAGE_SIZE": 7}):
        assert api_settings.PAGE_SIZE == 7
    assert api_settings.PAGE_SIZE is None
    from fastjango.rest.conf import RestSettings

    with pytest.raises(ValueError, match="Did you mean 'PAGE_SIZE'"):
        RestSettings._known_keys({"PAGESIZE": 1})
    with pytest.raises(NotImplementedError):
        BaseContentNegotiation().select_parser(None, [])
    with pytest.raises(NotImplementedError):
        BaseContentNegotiation().select_renderer(None, [])


# --- view sets and routers -----------------------------------------------------------------


class Things(ViewSet):
    """Things."""

    async def list(self, request: Any, **kwargs: Any) -> Response:
        return Response({"action": self.action, **kwargs})

    def retrieve(self, request: Any, pk: str | None = None, **kwargs: Any) -> Response:
        return Response({"pk": pk, **kwargs})

    def create(self, request: Any) -> Response:
        return Response({"url": self.reverse_action("list")})

    @action(detail=True, methods=["post"], url_path="do-it", url_name="did")
    async def do_it(self, request: Any, pk: str) -> Response:
        return Response({"did": pk})

    @do_it.mapping.delete
    def undo(self, request: Any, pk: str) -> Response:
        return Response({"undid": pk})

    @action(detail=False)
    def recent(self, request: Any) -> Response:
        """What is new."""
        return Response(self.get_extra_action_url_map())


def test_routers() -> None:
    router = DefaultRouter()
    router.register("things", Things, basename="thing")
    nested = NestedSimpleRouter(router, "things", lookup="thing")
    nested.register("parts", Things, basename="part")
    plain = SimpleRouter(trailing_slash=False, use_regex_path=False)
    plain.register("", Things, basename="bare")
    patterns = [
        path("api/", include(router.urls)),
        path("api/", include(nested.urls)),
        path("bare/", include((plain.urls, "bare"))),
    ]
    with override_settings(ROOT_URLCONF=patterns):
        api = client(*patterns)
        assert api.get("/api/things/").json() == {"action": "list"}
        assert api.get("/api/things.json").json() == {"action": "list", "format": "json"}
        assert api.get("/api/things/3/").json() == {"pk": "3"}
        assert api.post("/api/things/3/do-it/").json() == {"did": "3"}
        assert api.delete("/api/things/3/do-it/").json() == {"undid": "3"}
        assert api.get("/api/things/recent/").json() == {
            "Recent": "http://testserver/api/things/recent/"
        }
        assert api.get("/api/").json() == {"things": "http://testserver/api/things/"}
        assert api.post("/api/things/").json() == {"url": "http://testserver/api/things/"}
        found = api.get("/api/things/3/parts/4/").json()
        assert found == {"pk": "4", "thing_pk": "3"}
        assert reverse("part-detail", kwargs={"thing_pk": 3, "pk": 4}) == "/api/things/3/parts/4/"
        assert api.get("/bare/").json() == {"action": "list"}
        assert api.get("/bare/7").json() == {"pk": "7"}
        assert api.put("/api/things/3/").status_code == 405
        document = FastJango(urlpatterns=patterns).openapi()["paths"]
    assert set(document) >= {"/api/things/", "/api/things/{pk}/", "/api/things/{pk}/do-it/"}
    assert not any("format" in entry for entry in document)


def test_mistakes_with_routers() -> None:
    router = SimpleRouter()
    with pytest.raises(AssertionError, match=r"does not have a `\.queryset`"):
        router.register("x", Things)
    router.register("x", Things, "x")
    with pytest.raises(ImproperlyConfigured, match='basename "x" is already registered'):
        router.register("y", Things, "x")
    with pytest.raises(ImproperlyConfigured, match="nothing registered under 'z'"):
        NestedSimpleRouter(router, "z")

    class Wrong(ViewSet):
        @action(detail=True)
        def list(self, request: Any) -> None: ...

    router.register("w", Wrong, "w")
    with pytest.raises(ImproperlyConfigured, match="existing routes: list"):
        _ = router.urls
    with pytest.raises(TypeError, match="`actions` argument must be provided"):
        Things.as_view()
    with pytest.raises(TypeError, match="mutually exclusive"):
        Things.as_view({"get": "list"}, name="a", suffix="b")
    with pytest.raises(AttributeError, match="no action 'nope'"):
        Things.as_view({"get": "nope"})
    with pytest.raises(TypeError, match="'detail'"):
        action()
    with pytest.raises(TypeError, match="mutually exclusive"):
        action(detail=True, name="a", suffix="b")
    with pytest.raises(ValueError, match="already been mapped"):
        Things.do_it.mapping.post(lambda self, request: None)
    with pytest.raises(ValueError, match="same method name"):
        Things.do_it.mapping.put(Things.do_it)


def test_decorators_around_a_view_hold() -> None:
    from functools import wraps

    def refusing(view: Any) -> Any:
        @wraps(view)
        async def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
            return HttpResponse("stopped", status=403)

        return wrapped

    answer = client(path("x/", refusing(BothKinds.as_view()))).get("/x/")
    assert (answer.status_code, answer.content) == (403, b"stopped")
