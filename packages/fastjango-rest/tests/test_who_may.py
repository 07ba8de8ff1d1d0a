"""Authenticators and permissions by themselves: on both edges, on real rows, and unfinished."""

from __future__ import annotations

import asyncio
import base64
from types import SimpleNamespace
from typing import Any

import pytest
from fastjango.auth.authtoken.models import Token
from fastjango.auth.guards import rules_of_view
from fastjango.auth.jwt import issue
from fastjango.auth.models import Group, Permission, User
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import SynchronousOnlyOperation
from fastjango.core.management import call_command
from fastjango.http import FastJango, Http404, include, path
from fastjango.http.urls.overview import list_routes
from fastjango.rest import authentication, generics, permissions, serializers, viewsets
from fastjango.rest.authentication import (
    BasicAuthentication,
    JWTAuthentication,
    RemoteUserAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from fastjango.rest.browsable import BrowsableAPIRenderer
from fastjango.rest.decorators import action
from fastjango.rest.exceptions import AuthenticationFailed, MethodNotAllowed, PermissionDenied
from fastjango.rest.renderers import JSONRenderer
from fastjango.rest.request import Request
from fastjango.rest.response import Response
from fastjango.rest.routers import SimpleRouter
from fastjango.rest.testing import APIClient, APIRequestFactory, force_authenticate

HASHERS = ["fastjango.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="module", autouse=True)
def tables() -> None:
    call_command("migrate", verbosity=0)


@pytest.fixture(autouse=True)
def people() -> Any:
    with override_settings(PASSWORD_HASHERS=HASHERS):
        User.objects.create_user("ada", password="ängström:1")
        User.objects.create_user("gone", password="right", is_active=False)
        yield
    User.objects.all().delete()
    Group.objects.all().delete()


def asked(header: str | None = None, method: str = "get", **extra: Any) -> Request:
    if header is not None:
        extra["HTTP_AUTHORIZATION"] = header
    return Request(getattr(APIRequestFactory(), method)("/", **extra))


def on_both_edges(scheme: Any, request: Request) -> Any:
    """Return the user that both edges find, or what both say."""
    said: list[Any] = []
    for ask in (
        lambda: scheme.authenticate(request), lambda: asyncio.run(scheme.aauthenticate(request)),
    ):  # fmt: skip
        try:
            found = ask()
        except AuthenticationFailed as error:
            said.append((str(error.detail), error.get_codes()))
        else:
            said.append(None if found is None else found[0].get_username())
    assert said[0] == said[1]
    return said[0]


def basic(text: str, encoding: str = "utf-8") -> str:
    return "Basic " + base64.b64encode(text.encode(encoding)).decode()


# --- authentication ------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_name_and_a_password(encoding: str) -> None:
    # Only the first colon divides; old clients write Latin-1.
    assert on_both_edges(BasicAuthentication(), asked(basic("ada:ängström:1", encoding))) == "ada"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (basic("ada:wrong"), "Invalid username/password."),
        (basic("nobody:right"), "Invalid username/password."),
        (basic("gone:right"), "Invalid username/password."),
        (basic("no colon"), "Invalid basic header. Credentials not correctly base64 encoded."),
        ("Basic a", "Invalid basic header. Credentials not correctly base64 encoded."),
    ],
)
def test_names_and_passwords_that_do_not_fit(header: str, said: str) -> None:
    assert on_both_edges(BasicAuthentication(), asked(header)) == (said, "authentication_failed")


def test_a_backend_that_lets_disabled_accounts_in_is_not_enough() -> None:
    backends = ["fastjango.auth.backends.AllowAllUsersModelBackend"]
    with override_settings(AUTHENTICATION_BACKENDS=backends):
        said = on_both_edges(BasicAuthentication(), asked(basic("gone:right")))
    assert said == ("User inactive or deleted.", "authentication_failed")


def test_challenges() -> None:
    class Named(BasicAuthentication):
        www_authenticate_realm = "shop"

    assert Named().authenticate_header(asked()) == 'Basic realm="shop"'
    assert TokenAuthentication().authenticate_header(asked()) == "Token"
    assert JWTAuthentication().authenticate_header(asked()) == 'Bearer realm="api"'
    assert SessionAuthentication().authenticate_header(asked()) is None


def test_keys_of_the_database() -> None:
    key = Token.objects.create(user=User.objects.get(username="ada")).key
    assert on_both_edges(TokenAuthentication(), asked(f"Token {key}")) == "ada"
    assert on_both_edges(TokenAuthentication(), asked(f"tOKEN {key}")) == "ada"
    assert on_both_edges(TokenAuthentication(), asked(f"Bearer {key}")) is None
    assert on_both_edges(TokenAuthentication(), asked("Token unknown")) == (
        "Invalid token.", "authentication_failed",
    )  # fmt: skip
    for header in ("Token a\x00b", "Token \xff"):
        said = on_both_edges(TokenAuthentication(), asked(header))
        assert said == (
            "Invalid token header. Token string should not contain invalid characters.",
            "authentication_failed",
        )
    user, token = TokenAuthentication().authenticate_credentials(key)
    assert (token.key, token.user) == (key, user)
    assert asyncio.run(TokenAuthentication().aauthenticate_credentials(key)) == (user, token)
    gone = Token.objects.create(user=User.objects.get(username="gone")).key
    assert on_both_edges(TokenAuthentication(), asked(f"Token {gone}")) == (
        "User inactive or deleted.", "authentication_failed",
    )  # fmt: skip


def test_a_model_and_a_keyword_of_your_own() -> None:
    class Own(TokenAuthentication):
        keyword = "Key"
        model = Token

    assert Own().get_model() is TokenAuthentication().get_model() is Token
    key = Token.objects.create(user=User.objects.get(username="ada")).key
    assert on_both_edges(Own(), asked(f"Key {key}")) == "ada"
    assert on_both_edges(Own(), asked(f"Token {key}")) is None


def test_json_web_tokens() -> None:
    access = issue(User.objects.get(username="ada")).access
    assert on_both_edges(JWTAuthentication(), asked(f"Bearer {access}")) == "ada"
    said = on_both_edges(JWTAuthentication(), asked(f"Bearer {access}x"))
    assert said[1] == "token_not_valid"
    User.objects.filter(username="ada").update(is_active=False)
    assert on_both_edges(JWTAuthentication(), asked(f"Bearer {access}"))[1] == "token_not_valid"


def test_the_user_of_the_server() -> None:
    backends = ["fastjango.auth.backends.RemoteUserBackend"]
    with override_settings(AUTHENTICATION_BACKENDS=backends):
        scheme = RemoteUserAuthentication()
        assert on_both_edges(scheme, asked(REMOTE_USER="ada")) == "ada"
        # Disabled accounts count as nobody.
        assert on_both_edges(scheme, asked(REMOTE_USER="gone")) is None
        assert on_both_edges(scheme, asked(REMOTE_USER="")) is None
        assert on_both_edges(scheme, asked(REMOTE_USER="new")) == "new"


def test_sessions_without_a_middleware() -> None:
    request = asked()
    scheme = SessionAuthentication()
    assert on_both_edges(scheme, request) is None
    request._request.user = User.objects.get(username="gone")
    assert on_both_edges(scheme, request) is None
    request._request.user = User.objects.get(username="ada")
    assert on_both_edges(scheme, request) == "ada"


def test_sessions_are_guarded_against_forgery() -> None:
    for enforced, allowed in ((False, True), (True, False)):
        made = APIRequestFactory(enforce_csrf_checks=enforced).post("/", {"a": 1})
        made.user = User.objects.get(username="ada")
        if allowed:
            assert SessionAuthentication().authenticate(Request(made)) == (made.user, None)
            continue
        with pytest.raises(PermissionDenied, match=r"^CSRF Failed: "):
            SessionAuthentication().authenticate(Request(made))


def test_the_check_against_forgery_tells_its_reason() -> None:
    made = APIRequestFactory(enforce_csrf_checks=True).post("/", {"a": 1})
    check = authentication.CSRFCheck()
    check.process_request(made)
    assert check.get_response(made) is None
    assert isinstance(check.process_view(made, None, (), {}), str)


def test_an_authenticator_without_its_thinking() -> None:
    with pytest.raises(NotImplementedError):
        authentication._StepAuthentication().authenticate(asked())


def test_forced_users_pass_every_authenticator() -> None:
    made = APIRequestFactory().get("/")
    user = User.objects.get(username="ada")
    force_authenticate(made, user, "token")
    request = Request(made, authenticators=[BasicAuthentication()])
    (forced,) = request.authenticators
    assert asyncio.run(forced.aauthenticate(request)) == (user, "token")
    assert forced.authenticate_header(request) is None
    assert asyncio.run(request.auser()) == request.user == user
    assert request.auth == "token"
    assert request.successful_authenticator is forced


# --- permissions ---------------------------------------------------------------------------


class Groups:
    """As much of a view as permissions look at."""

    def __init__(self, **attributes: Any) -> None:
        self.queryset = Group.objects.all()
        self.kwargs: dict[str, Any] = {}
        self.__dict__.update(attributes)


class Listing(Groups):
    def get_queryset(self) -> Any:
        return self.queryset


def granted(rule: Any, user: Any, view: Any, method: str = "GET", obj: Any = None) -> bool:
    """Return what both edges say."""
    request = SimpleNamespace(user=user, method=method)
    names = ("has_permission", (request, view))
    if obj is not None:
        names = ("has_object_permission", (request, view, obj))
    name, args = names
    found = getattr(rule, name)(*args)
    assert asyncio.run(getattr(rule, f"a{name}")(*args)) == found
    return bool(found)


def with_permissions(*names: str) -> Any:
    user = User.objects.get(username="ada")
    rows = Permission.objects.filter(content_type__model="group", codename__in=names)
    user.user_permissions.set(rows)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("kind", [Groups, Listing])
def test_permissions_of_models(kind: Any) -> None:
    rule, view = permissions.DjangoModelPermissions(), kind()
    nobody = SimpleNamespace(is_authenticated=False)
    assert not granted(rule, nobody, view)
    assert not granted(rule, None, view)
    assert granted(permissions.DjangoModelPermissionsOrAnonReadOnly(), nobody, view)
    user = with_permissions("change_group")
    wanted = {"GET": True, "POST": False, "PUT": True, "PATCH": True, "DELETE": False}
    assert {name: granted(rule, user, view, name) for name in wanted} == wanted
    # Objects are not asked about.
    assert granted(rule, user, view, "DELETE", Group(name="a"))
    with pytest.raises(MethodNotAllowed):
        granted(rule, user, view, "TRACE")
    # The router's root shows no rows of a model.
    assert granted(rule, user, kind(_ignore_model_permissions=True), "DELETE")


def test_permissions_of_models_need_one() -> None:
    rule, user = permissions.DjangoModelPermissions(), with_permissions()
    with pytest.raises(AssertionError, match=r"does not set `\.queryset`"):
        granted(rule, user, Groups(queryset=None), "POST")
    with pytest.raises(AssertionError, match=r"Listing\.get_queryset\(\) returned None"):
        granted(rule, user, Listing(queryset=None), "POST")


class ForObjects:
    """A user whose permissions differ by object."""

    is_authenticated = True

    def __init__(self, *names: str) -> None:
        self.names = {f"auth.{name}_group" for name in names}

    def has_perms(self, wanted: Any, obj: Any = None) -> bool:
        return obj is not None and set(wanted) <= self.names

    async def ahas_perms(self, wanted: Any, obj: Any = None) -> bool:
        return self.has_perms(wanted, obj)

    def has_perm(self, wanted: str, obj: Any = None) -> bool:
        return self.has_perms([wanted], obj)

    async def ahas_perm(self, wanted: str, obj: Any = None) -> bool:
        return self.has_perms([wanted], obj)


class Seeing(permissions.DjangoObjectPermissions):
    """Reading needs a permission as well."""

    perms_map = {
        **permissions.DjangoObjectPermissions.perms_map,
        "GET": ["%(app_label)s.view_%(model_name)s"],
    }


def test_what_may_not_be_seen_is_not_found() -> None:
    view, group = Listing(), Group(name="a")
    assert granted(Seeing(), ForObjects("view", "change"), view, "PUT", group)
    # Whoever sees it is told that changing it is forbidden.
    assert not granted(Seeing(), ForObjects("view"), view, "PUT", group)
    assert granted(Seeing(), ForObjects("view"), view, "GET", group)
    for method in ("GET", "PUT", "DELETE"):
        with pytest.raises(Http404):
            granted(Seeing(), ForObjects(), view, method, group)


def test_policies_are_asked_about_objects_where_the_address_names_one() -> None:
    rule, group = permissions.PolicyPermission(), Group(name="a")
    user = ForObjects("view", "archive")
    assert not granted(rule, user, Listing())
    for view in (Listing(kwargs={"pk": 1}), Listing(lookup_url_kwarg="name", kwargs={"name": "a"}),
                 Listing(_ignore_model_permissions=True)):  # fmt: skip
        assert granted(rule, user, view)
    assert granted(rule, user, Listing(), "HEAD", group)
    assert not granted(rule, user, Listing(), "PATCH", group)
    # A view's own question goes before that of the method.
    assert granted(rule, user, Listing(policy_action="archive"), "POST", group)
    with pytest.raises(MethodNotAllowed):
        granted(rule, user, Listing(policy_action="archive"), "TRACE", group)


class ByGroup(permissions.PolicyPermission):
    """Everything is allowed for the group `open`, nothing for others and for all at once."""

    def _ask(self, request: Any, view: Any, model: Any, obj: Any) -> Any:
        ASKED.append((self._question(request, view), getattr(obj, "name", None)))

        def may() -> bool:
            return getattr(obj, "name", "") == "open"

        async def amay() -> bool:
            return may()

        return may, amay, ()


ASKED: list[tuple[str, str | None]] = []


class GroupNames(serializers.ModelSerializer):
    class Meta:
        model = Group
        fields = ["name"]


class Acting(viewsets.ModelViewSet):
    """Actions that never call `get_object()`, beside those of the mixins."""

    queryset = Group.objects.all()
    serializer_class = GroupNames
    permission_classes = [ByGroup]
    authentication_classes = []

    @action(detail=True)
    def seal(self, request: Any, pk: Any) -> Response:
        return Response({"name": "sealed"})

    @action(detail=True, methods=["post"])
    async def asynchronous(self, request: Any, pk: Any) -> Response:
        return Response("done")

    @action(detail=False)
    def every(self, request: Any) -> Response:
        return Response("all")


class Overriding(Acting):
    def destroy(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response({"name": "not even looked at"})

    async def aupdate(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response({"name": "not even looked at"})


class Single(generics.RetrieveAPIView):
    queryset = Group.objects.all()
    serializer_class = GroupNames
    permission_classes = [ByGroup]
    authentication_classes = []


class SingleByHand(Single):
    async def aget(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response({"name": "by hand"})


class Nested(generics.ListAPIView):
    """A list whose address holds the key of something else."""

    queryset = Group.objects.all()
    serializer_class = GroupNames
    permission_classes = [ByGroup]
    authentication_classes = []


class Mine(Acting):
    def get_object(self) -> Any:
        return Group.objects.get(name="open")


def policy_site() -> APIClient:
    router = SimpleRouter()
    for name, kind in (("acting", Acting), ("overriding", Overriding), ("mine", Mine)):
        router.register(name, kind, name)
    single = [
        path("single/<int:pk>/", Single.as_view()),
        path("by-hand/<int:pk>/", SingleByHand.as_view()),
        path("nested/<int:pk>/", Nested.as_view()),
    ]
    return APIClient(app=FastJango(urlpatterns=[path("", include(router.urls)), *single]))


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("get", "/acting/{}/seal/"),
        ("head", "/acting/{}/seal/"),
        ("post", "/acting/{}/asynchronous/"),
        ("get", "/acting/{}/"),
        ("head", "/acting/{}/"),
        ("options", "/acting/{}/"),
        ("patch", "/acting/{}/"),
        ("delete", "/overriding/{}/"),
        ("put", "/overriding/{}/"),
        ("patch", "/overriding/{}/"),
        ("get", "/single/{}/"),
        ("head", "/single/{}/"),
        ("get", "/by-hand/{}/"),
    ],
)
def test_policies_are_asked_whatever_a_handler_does(method: str, address: str) -> None:
    allowed, closed = (Group.objects.create(name=name) for name in ("open", "closed"))
    call = getattr(policy_site(), method)
    options = {} if method in ("get", "head") else {"data": {"name": "open"}, "format": "json"}
    ASKED.clear()
    assert call(address.format(closed.pk), **options).status_code == 403
    assert {name for _question, name in ASKED} == {"closed"}
    assert call(address.format(allowed.pk), **options).status_code == 200
    assert call(address.format(allowed.pk + closed.pk + 1), **options).status_code == 404
    assert call(address.format("no-key"), **options).status_code == 404


def test_the_handlers_of_the_mixins_cost_no_second_question() -> None:
    site, group = policy_site(), Group.objects.create(name="open")
    for address in (f"/acting/{group.pk}/", f"/single/{group.pk}/"):
        ASKED.clear()
        assert site.get(address).status_code == 200
        assert ASKED == [("view", "open")]
    ASKED.clear()
    assert site.trace(f"/acting/{group.pk}/").status_code == 405
    assert ASKED == []


@pytest.mark.parametrize("address", ["/acting/", "/acting/every/", "/nested/{}/"])
def test_policies_are_asked_about_all_objects_of_a_list(address: str) -> None:
    group = Group.objects.create(name="open")
    ASKED.clear()
    assert policy_site().get(address.format(group.pk)).status_code == 403
    assert ASKED == [("view", None)]


def test_objects_that_only_the_view_can_find() -> None:
    Group.objects.create(name="open")
    site = policy_site()
    ASKED.clear()
    assert site.get("/mine/me/").status_code == 200
    assert site.get("/mine/me/seal/").status_code == 403
    assert ASKED == [("view", None)]


class Red(permissions.BasePermission):
    def has_permission(self, request: Any, view: Any) -> bool:
        return "red" in request.user

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return obj == "red"


class Big(permissions.BasePermission):
    async def ahas_permission(self, request: Any, view: Any) -> bool:
        return "big" in request.user

    async def ahas_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return obj in ("big", "red")


@pytest.mark.parametrize(
    ("rule", "user", "obj", "expected"),
    [
        (Red & Big, "red", None, False), (Red & Big, "red big", None, True),
        (Red & Big, "", "red", True), (Red & Big, "", "big", False),
        (Red | Big, "big", None, True), (Red | Big, "", None, False),
        # Who has only the second permission has only its objects.
        (Red | Big, "big", "big", True), (Red | Big, "red", "big", False),
        (Red | Big, "", "red", False), (~Red, "red", None, False), (~Red, "", None, True),
        (~Red, "", "red", False), (~Red, "", "big", True), (~(Red & Big), "red", None, True),
        ((Red & Big) | ~Red, "", None, True), ((Red | Big) & Big, "red", None, False),
    ],
)  # fmt: skip
def test_composed_permissions_on_both_edges(
    rule: Any, user: str, obj: str | None, expected: bool
) -> None:
    assert granted(rule(), user, None, obj=obj) is expected


class Guarded(generics.GenericAPIView):
    """A view whose permission is written for the event loop alone, asked by synchronous code."""

    authentication_classes: list[Any] = []
    permission_classes = [Big]
    renderer_classes = [JSONRenderer, BrowsableAPIRenderer]
    serializer_class = serializers.Serializer

    def perform_authentication(self, request: Any) -> None:
        request.user = request.query_params.get("user", "")

    def get(self, request: Any) -> Response:
        self.check_object_permissions(request, request.query_params.get("obj"))
        return Response({"seen": True})

    def post(self, request: Any) -> Response:
        return Response({})


class BigByOneName(permissions.BasePermission):
    """The same under the usual names."""

    async def has_permission(self, request: Any, view: Any) -> bool:
        return "big" in request.user

    async def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return obj in ("big", "red")


@pytest.mark.parametrize("rule", [Big, BigByOneName])
@pytest.mark.parametrize("html", [False, True])
def test_synchronous_code_waits_for_permissions_of_the_loop(html: bool, rule: Any) -> None:
    view = Guarded.as_view(permission_classes=[rule])
    api = APIClient(app=FastJango(urlpatterns=[path("x/", view)]))
    accept = {"HTTP_ACCEPT": "text/html" if html else "application/json"}
    for query, code in (
        ("?user=big&obj=big", 200), ("?user=big&obj=blue", 403), ("?user=red&obj=big", 403),
    ):  # fmt: skip
        assert api.get(f"/x/{query}", **accept).status_code == code
    page = api.get("/x/?user=big&obj=big", **accept).content
    assert (b"<form" in page) is html


def test_what_is_forbidden_is_neither_offered_nor_described() -> None:
    class Open(Guarded):
        def get_permissions(self) -> list[Any]:
            return [] if self.request.method in ("GET", "OPTIONS") else [Big()]

    api = APIClient(app=FastJango(urlpatterns=[path("x/", Open.as_view())]))
    for user, offered in (("big", True), ("red", False)):
        address = f"/x/?user={user}&obj=blue"
        assert ("actions" in api.options(address).json()) is offered
        page = api.get(address, HTTP_ACCEPT="text/html").content.decode()
        assert ('value="POST"' in page or "POST</button>" in page) is offered


async def test_the_loop_is_never_held_up_by_waiting() -> None:
    with pytest.raises(SynchronousOnlyOperation, match=r"Big\.ahas_permission is asynchronous"):
        (Red & Big)().has_permission(SimpleNamespace(user="red"), None)


def test_compositions_compare_by_their_parts() -> None:
    assert (Red & Big) == (Red & Big)
    assert (Red & Big) != (Red | Big)
    assert (Red & Big) != (Big & Red)
    assert (Red & Big) != Red
    assert len({Red & Big, Red & Big, Red | Big}) == 2


def test_what_is_no_permission_class_composes_from_the_right() -> None:
    class Holder:
        """A factory of permissions that knows no operators."""

        def __call__(self) -> Any:
            return Big()

    holder = Holder()
    assert granted((holder & Red)(), "red big", None)
    assert not granted((holder & Red)(), "red", None)
    assert granted((holder | Red)(), "big", None)
    assert (holder | Red).op1_class is holder


def test_a_permission_without_its_thinking() -> None:
    for name, args in (("has_permission", (None, None)), ("has_object_permission", (None,) * 3)):
        with pytest.raises(NotImplementedError):
            getattr(permissions._Twins(), name)(*args)


def test_admins_and_those_who_only_read() -> None:
    staff = SimpleNamespace(is_staff=True, is_authenticated=True)
    nobody = SimpleNamespace(is_staff=False, is_authenticated=False)
    for rule, user, method, expected in (
        (permissions.IsAdminUser, staff, "POST", True),
        (permissions.IsAdminUser, nobody, "GET", False),
        (permissions.IsAdminUser, None, "GET", False),
        (permissions.IsAuthenticatedOrReadOnly, nobody, "HEAD", True),
        (permissions.IsAuthenticatedOrReadOnly, nobody, "POST", False),
        (permissions.IsAuthenticatedOrReadOnly, None, "POST", False),
        (permissions.IsAuthenticatedOrReadOnly, staff, "POST", True),
        (permissions.IsAuthenticated, None, "GET", False),
    ):
        request: Any = SimpleNamespace(user=user, method=method)
        assert rule().has_permission(request, None) is expected


class Ruled(viewsets.ViewSet):
    permission_classes = (permissions.IsAuthenticatedOrReadOnly, ~permissions.IsAdminUser)

    def list(self, request: Any) -> Response:
        return Response([])

    @action(detail=False, permission_classes=[permissions.AllowAny])
    def open(self, request: Any) -> Response:
        return Response([])


class Asking(viewsets.ViewSet):
    def get_permissions(self) -> list[Any]:
        return [permissions.IsAuthenticated()]

    def list(self, request: Any) -> Response:
        return Response([])


class Plain(viewsets.ViewSet):
    def list(self, request: Any) -> Response:
        return Response([])


def test_the_list_of_routes_tells_permissions() -> None:
    either = permissions.IsAdminUser | permissions.IsAuthenticated & permissions.AllowAny
    view = Ruled.as_view({"get": "list"}, permission_classes=[either])
    assert rules_of_view(view) == ["test (IsAdminUser | (IsAuthenticated & AllowAny))"]
    router = SimpleRouter()
    router.register("ruled", Ruled, basename="ruled")
    router.register("asking", Asking, basename="asking")
    app = FastJango(urlpatterns=router.urls)
    told = {
        info.name: [guard for guard in info.guards if guard != "csrf exempt"]
        for info in list_routes(app.router.routes)
        if info.name.startswith(("ruled", "asking"))
    }
    assert told == {
        "ruled-list": ["test IsAuthenticatedOrReadOnly", "test ~IsAdminUser"],
        "ruled-open": ["public"],
        "asking-list": ["test Asking.get_permissions"],
    }
    with override_settings(
        REST_FRAMEWORK={
            "DEFAULT_PERMISSION_CLASSES": ["fastjango.rest.permissions.IsAuthenticated"]
        }
    ):
        assert rules_of_view(Plain.as_view({"get": "list"})) == ["test IsAuthenticated"]
