"""Who may use what: middleware, decorators, mixins, policies, dependencies, checks."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from fastapi import Depends, Security, WebSocket
from fastjango.auth import checks, policies
from fastjango.auth.context_processors import PermWrapper
from fastjango.auth.context_processors import auth as auth_context
from fastjango.auth.context_processors import policies as policy_context
from fastjango.auth.decorators import (
    login_not_required,
    login_required,
    permission_required,
    policy_required,
    user_passes_test,
)
from fastjango.auth.dependencies import (
    CurrentUser,
    allowed_object,
    allowed_rows,
    current_auth,
    require_perm,
    require_staff,
    require_superuser,
    require_user,
)
from fastjango.auth.exceptions import PolicyError, UnknownSchemeError
from fastjango.auth.guards import is_rule, rules_of_view
from fastjango.auth.mixins import (
    LoginRequiredMixin,
    PermissionRequiredMixin,
    PolicyRequiredMixin,
    UserPassesTestMixin,
)
from fastjango.auth.models import AnonymousUser, Group, Permission, User
from fastjango.auth.schemes import registered_schemes
from fastjango.core.conf import override_settings
from fastjango.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from fastjango.http import FastJango, HttpResponse, path
from fastjango.http.views import View
from fastjango.http.views.generic import ListView
from fastjango.orm.models import F, Q
from fastjango.sessions.backends.db import SessionStore
from fastjango.testing import Client

CHAIN = [
    "fastjango.sessions.middleware.SessionMiddleware",
    "fastjango.auth.middleware.AuthenticationMiddleware",
]


@pytest.fixture
def group_policy() -> Iterator[type[policies.Policy]]:
    @policies.register(Group)
    class GroupPolicy(policies.Policy):
        @policies.rule("view")
        def members(self, user: Any) -> policies.Answer:
            return Q(user=user) if user.is_authenticated else False

        @policies.rule("rename")
        def named_alike(self, user: Any) -> policies.Answer:
            return Q(name=user.get_username())

        @policies.rule("list")
        async def anybody(self, user: Any) -> policies.Answer:
            return True

        @policies.rule("nothing")
        def nobody(self, user: Any) -> policies.Answer:
            return False

        @policies.rule("broken")
        def nonsense(self, user: Any) -> Any:
            return "yes"

    yield GroupPolicy
    policies.unregister(Group)


def site(*patterns: Any, extra: tuple[str, ...] = ()) -> Client:
    return Client(app=FastJango(urlpatterns=patterns, django_middleware=[*CHAIN, *extra]))


def hello(request: Any) -> HttpResponse:
    return HttpResponse("hello")


async def ahello(request: Any) -> HttpResponse:
    return HttpResponse("hello")


def named_jo(user: Any) -> bool:
    return user.get_username() == "jo"


async def anamed_jo(user: Any) -> bool:
    return named_jo(user)


def allow(user: User, codename: str) -> None:
    user.user_permissions.add(Permission.objects.get(codename=codename))


DECORATED = {
    "login": login_required,
    "test": user_passes_test(named_jo),
    "atest": user_passes_test(anamed_jo),
    "perm": permission_required("auth.add_user"),
    "raise": permission_required(["auth.add_user"], raise_exception=True),
}


@pytest.mark.parametrize("view", [hello, ahello])
@pytest.mark.parametrize("name", DECORATED)
def test_decorators(view: Any, name: str) -> None:
    client = site(path("page/", DECORATED[name](view)))
    response = client.get("/page/?a=1")
    if name == "raise":
        assert response.status_code == 403
    else:
        assert response.headers["Location"] == "/accounts/login/?next=/page/%3Fa%3D1"
    user = User.objects.create_user("jo")
    allow(user, "add_user")
    client.force_login(user)
    assert client.get("/page/").content == b"hello"
    assert rules_of_view(DECORATED[name](view))


def test_login_pages_elsewhere_get_the_whole_url() -> None:
    client = site(path("page/", login_required(login_url="https://id.example/in/")(hello)))
    location = client.get("/page/").headers["Location"]
    assert location == "https://id.example/in/?next=http%3A//testserver/page/"


class Page(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("hello")


class AsyncPage(View):
    async def get(self, request: Any) -> HttpResponse:
        return HttpResponse("hello")


@pytest.mark.parametrize("base", [Page, AsyncPage])
def test_mixins(base: type[Any]) -> None:
    class Tested(UserPassesTestMixin, base):  # type: ignore[misc]
        def test_func(self) -> bool:
            return named_jo(self.request.user)

    login = type("Login", (LoginRequiredMixin, base), {})
    both = type(
        "Both",
        (LoginRequiredMixin, PermissionRequiredMixin, base),
        {"permission_required": "auth.add_user"},
    )
    client = site(
        path("login/", login.as_view()),
        path("both/", both.as_view()),
        path("test/", Tested.as_view()),
        path("raise/", login.as_view(raise_exception=True)),
    )
    for name in ("login", "both", "test"):
        assert client.get(f"/{name}/").status_code == 302
    assert client.get("/raise/").status_code == 403
    user = User.objects.create_user("bo")
    client.force_login(user)
    assert client.get("/login/").content == b"hello"
    assert client.get("/both/").status_code == 403
    assert client.get("/test/").status_code == 403
    allow(user, "add_user")
    assert client.get("/both/").content == b"hello"
    assert rules_of_view(both.as_view()) == ["login", "permission auth.add_user"]


@pytest.mark.parametrize("is_async", [False, True])
def test_policies_narrow_views(group_policy: Any, is_async: bool) -> None:
    class Groups(PolicyRequiredMixin, ListView):
        model = Group
        view_is_async = is_async

        def render_to_response(self, context: Any, **kwargs: Any) -> HttpResponse:
            return HttpResponse(",".join(sorted(g.name for g in context["object_list"])))

        async def arender_to_response(self, context: Any, **kwargs: Any) -> HttpResponse:
            rows = context["object_list"]
            return HttpResponse(",".join(sorted([g.name async for g in rows])))

    client = site(path("groups/", Groups.as_view()))
    assert client.get("/groups/").status_code == 302
    user = User.objects.create_user("jo")
    user.groups.add(Group.objects.create(name="mine"))
    Group.objects.create(name="theirs")
    client.force_login(user)
    assert client.get("/groups/").content == b"mine"


def test_one_rule_answers_everything(group_policy: Any) -> None:
    user, root = User.objects.create_user("jo"), User.objects.create_superuser("root")
    mine, theirs = Group.objects.create(name="jo"), Group.objects.create(name="theirs")
    user.groups.add(mine)
    policy = policies.policy_of(Group)
    assert policy is policies.policy_of(mine)
    assert policy is policies.find_policy("auth.Group")
    assert policy.may(user)
    assert not policy.may(AnonymousUser())
    assert list(policy.filter(user, Group.objects.all())) == [mine]
    assert not policy.filter(AnonymousUser(), Group.objects.all())
    assert set(policy.filter(root, Group.objects.all())) == {mine, theirs}
    assert policy.allows(user, "view", mine)
    assert not policy.allows(user, "view", theirs)
    assert policy.allows(user, "rename", Group(name="jo"))
    assert not policy.allows(user, "rename", Group(name="bo"))
    assert not policy.allows(user, "delete", mine)
    allow(user, "delete_group")
    user = User.objects.get(username="jo")
    assert policy.allows(user, "delete", theirs)
    with pytest.raises(PolicyError, match=r"returned 'yes'\. A rule returns True, False or a Q"):
        policy.may(user, "broken")
    with pytest.raises(SynchronousOnlyOperation, match=r"arows\(\), afilter\(\) or aallows\(\)"):
        policy.may(user, "list")
    with pytest.raises(PolicyError, match=r"auth\.User has no policy"):
        policies.policy_of(User)
    with pytest.raises(PolicyError, match="has the policy GroupPolicy already"):
        policies.register(Group)(type("Other", (policies.Policy,), {}))
    with pytest.raises(TypeError, match="needs the names of actions"):
        policies.rule()
    can = policy_context(type("R", (), {"user": user})())["can"]
    assert can("view", mine)
    assert can("view", Group)
    assert can("view", "auth.Group")


def test_a_condition_through_many_partners_gives_each_row_once(group_policy: Any) -> None:
    class Wide(group_policy):
        @policies.rule("view")
        def active(self, user: Any) -> policies.Answer:
            return Q(name="none of them") | Q(user__is_active=True)

        @policies.rule("compare")
        def same(self, user: Any) -> policies.Answer:
            return Q(pk__gt=0) & ~Q(name=F("user__username"))

    group, empty = Group.objects.create(name="many"), Group.objects.create(name="empty")
    for name in ("jo", "ja", "ju"):
        User.objects.create_user(name).groups.add(group)
    policies.unregister(Group)
    policies.register(Group)(Wide)
    user, policy = User.objects.get(username="jo"), policies.policy_of(Group)
    allowed = policy.filter(user, Group.objects.filter(name__startswith="m"))
    assert list(allowed) == [group]
    assert allowed.get() == group
    assert policy.allows(user, "view", group)
    assert not policy.allows(user, "view", empty)
    assert list(policy.filter(user, Group.objects.all(), "compare")) == [group]
    rows = policies.narrowed(group.user_set.all(), Q(groups__name="many", username="ja"))
    assert [one.get_username() for one in rows] == ["ja"]


async def test_policies_asynchronously(group_policy: Any) -> None:
    user = await User.objects.acreate_user("jo")
    mine = await Group.objects.acreate(name="mine")
    await user.groups.aadd(mine)
    policy = policies.policy_of(Group)
    assert await policy.amay(user, "list")
    assert [g async for g in await policy.afilter(user, Group.objects.all())] == [mine]
    assert await policy.aallows(user, "view", mine)
    assert not await policy.aallows(user, "rename", Group(name="bo"))


@override_settings(
    AUTHENTICATION_BACKENDS=[
        "fastjango.auth.backends.ModelBackend",
        "fastjango.auth.policies.PolicyBackend",
    ]
)
async def test_the_backend_answers_has_perm(group_policy: Any) -> None:
    user = await User.objects.acreate_user("jo")
    mine, theirs = await Group.objects.acreate(name="mine"), await Group.objects.acreate(name="x")
    await user.groups.aadd(mine)
    assert await user.ahas_perm("auth.view_group", mine)
    assert not await user.ahas_perm("auth.view_group", theirs)
    # Without an object only rules that cover all objects say yes.
    assert not await user.ahas_perm("auth.view_group")
    assert await user.ahas_perm("auth.list_group")
    assert not await user.ahas_perm("auth.view_user", user)
    backend = policies.PolicyBackend()
    del group_policy.rules["broken"]
    assert await backend.aget_all_permissions(user, mine) == {"auth.view_group", "auth.list_group"}
    assert await backend.ahas_module_perms(user, "auth")
    assert not await backend.ahas_module_perms(user, "blog")


def test_policy_decorator_and_check(group_policy: Any) -> None:
    client = site(path("p/", policy_required("view", Group)(hello)))
    assert client.get("/p/").status_code == 302
    client.force_login(User.objects.create_user("jo"))
    assert client.get("/p/").content == b"hello"
    (warning,) = checks.check_policies()
    assert warning.id == "auth.W021"
    assert "auth.Group" in warning.msg
    with override_settings(AUTHENTICATION_BACKENDS=["fastjango.auth.policies.PolicyBackend"]):
        assert checks.check_policies() == []


def test_dependencies(group_policy: Any) -> None:
    app = FastJango(django_middleware=CHAIN)

    @app.get("/me")
    async def me(user: CurrentUser) -> str:
        return str(user)

    @app.get("/must")
    def must(user: Annotated[User, Depends(require_user)]) -> str:
        return user.username

    @app.get("/scoped")
    async def scoped(user: Annotated[User, Security(require_user, scopes=["a:b"])]) -> str:
        return user.username

    @app.get("/groups")
    async def groups(rows: Annotated[Any, Depends(allowed_rows("view", Group))]) -> list[str]:
        return [g.name async for g in rows]

    @app.get("/groups/{pk}")
    async def group(found: Annotated[Any, Depends(allowed_object("view", Group))]) -> str:
        return str(found.name)

    for name, rule in (
        ("perm", require_perm("auth.add_user")),
        ("staff", require_staff),
        ("root", require_superuser),
    ):
        app.get(f"/{name}", dependencies=[Depends(rule)])(ahello_api)
    client = Client(app=app)
    closed = ("must", "scoped", "groups", "groups/1", "perm", "staff", "root")
    assert client.get("/me").json() == "AnonymousUser"
    assert {client.get(f"/{name}").status_code for name in closed} == {401}
    user = User.objects.create_user("jo")
    mine, theirs = Group.objects.create(name="mine"), Group.objects.create(name="theirs")
    user.groups.add(mine)
    client.force_login(user)
    assert client.get("/me").json() == client.get("/must").json() == client.get("/scoped").json()
    assert client.get("/groups").json() == ["mine"]
    assert client.get(f"/groups/{mine.pk}").json() == "mine"
    assert client.get(f"/groups/{theirs.pk}").status_code == 404
    assert client.get(f"/groups/{2**70}").status_code == 422
    assert {client.get(f"/{name}").status_code for name in ("perm", "staff", "root")} == {403}
    allow(user, "add_user")
    assert client.get("/perm").status_code == 200
    document = app.openapi()
    assert document["components"]["securitySchemes"]["session"] == {
        "type": "apiKey",
        "in": "cookie",
        "name": "sessionid",
        "description": "The session of a user who has logged in.",
    }
    assert {"session": []} in document["paths"]["/must"]["get"]["security"]
    assert {"session": ["a:b"]} in document["paths"]["/scoped"]["get"]["security"]
    with pytest.raises(TypeError, match="needs the names of permissions"):
        require_perm()
    with pytest.raises(ValueError, match="not 'nonsense'"):
        require_perm("nonsense")


def test_unknown_schemes_are_refused_when_a_route_is_made() -> None:
    app = FastJango()
    rule = require_perm("auth.add_user", schemes=["session", "sesion", "session"])
    with pytest.raises(UnknownSchemeError) as caught:
        app.get("/", dependencies=[Depends(rule)])(ahello_api)
    known = sorted(scheme.name for scheme in registered_schemes())
    assert (caught.value.names, caught.value.choices) == (["sesion"], known)
    assert str(caught.value) == (
        "The dependency 'permission auth.add_user' accepts 'sesion', which no scheme is called. "
        f"Schemes: {', '.join(map(repr, known))}. Did you mean 'session'? Others are added by "
        "fastjango.auth.schemes.register(), in ready() of an app config."
    )
    with pytest.raises(UnknownSchemeError, match=r"accepts 'j', 't', 'w', which no scheme"):
        app.get("/", dependencies=[Depends(require_perm("auth.x", schemes="jwt"))])(ahello_api)
    twice = require_perm("auth.add_user", schemes=iter(["session", "session"]))
    app.get("/known", dependencies=[Depends(twice)])(ahello_api)
    assert Client(app=app).get("/known").status_code == 401


class Denied(PermissionRequiredMixin, View):
    permission_required = "auth.delete_user"

    def get(self, request: Any) -> HttpResponse:
        return hello(request)


@pytest.mark.parametrize("view", [hello, ahello])
def test_denials_are_logged(view: Any, group_policy: Any, caplog: pytest.LogCaptureFixture) -> None:
    app = FastJango(
        urlpatterns=[
            path("perm/", permission_required("auth.add_user")(view)),
            path("raise/", permission_required("auth.add_user", raise_exception=True)(view)),
            path("test/", user_passes_test(named_jo)(view)),
            path("mixin/", Denied.as_view()),
        ],
        django_middleware=CHAIN,
    )
    app.get("/staff", dependencies=[Depends(require_staff)])(ahello_api)
    rows = Depends(allowed_rows("nothing", Group))
    app.get("/rows", dependencies=[rows])(ahello_api)
    client = Client(app=app)

    def denials(url: str) -> list[dict[str, Any]]:
        caplog.clear()
        assert client.get(url).status_code in (302, 401, 403)
        return [
            record.security_event
            for record in caplog.records
            if getattr(record, "security_event", {}).get("event") == "permission_denied"
        ]

    for url in ("/perm/", "/test/", "/mixin/", "/staff", "/rows"):
        # who has not logged in is asked to
        assert denials(url) == []
    (unknown,) = denials("/raise/")
    assert "user_id" not in unknown
    user = User.objects.create_user("bo")
    client.force_login(user)
    for url, rule in (
        ("/perm/", "permission auth.add_user"),
        ("/raise/", "permission auth.add_user"),
        ("/test/", "test named_jo"),
        ("/mixin/", "permission auth.delete_user"),
        ("/staff", "staff"),
        ("/rows", "policy nothing auth.group"),
    ):
        (event,) = denials(url)
        assert (event["rule"], event["path"], event["method"]) == (rule, url, "GET")
        assert event["user_id"] == str(user.pk)


async def test_the_user_can_be_asked_for_when_the_request_is_over() -> None:
    kept: list[Any] = []

    async def show(request: Any) -> HttpResponse:
        kept.append(request.scope["auser"])
        return HttpResponse("x")

    client = Client(app=FastJango(urlpatterns=[path("x/", show)], django_middleware=CHAIN))
    await client.aforce_login(await User.objects.acreate_user("jo"))
    client.get("/x/")
    gc.collect()
    assert (await kept[0]()).get_username() == "jo"


async def handshake(app: Any, where: str, *headers: tuple[bytes, bytes]) -> list[Any]:
    """Open a WebSocket and return what the application sends."""
    scope: dict[str, Any] = {
        "type": "websocket", "http_version": "1.1", "scheme": "ws", "path": where,
        "raw_path": where.encode(), "query_string": b"", "root_path": "", "subprotocols": [],
        "headers": [(b"host", b"testserver"), *headers], "extensions": {},
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    return sent


async def cookie_of(app: Any, user: User) -> tuple[bytes, bytes]:
    client = Client(app=app)
    await client.aforce_login(user)
    return b"cookie", f"sessionid={client.cookies['sessionid'].value}".encode()


def sockets(*extra: str) -> FastJango:
    app = FastJango(django_middleware=[*CHAIN, *extra])

    async def tell(socket: WebSocket, *words: Any) -> None:
        await socket.accept()
        await socket.send_text(" ".join(str(word) for word in words))
        await socket.close()

    @app.websocket("/scope")
    async def by_scope(socket: WebSocket) -> None:
        user = await socket.scope["auser"]()
        await tell(socket, user, str(socket.scope["user"]))

    @app.websocket("/must")
    async def must(socket: WebSocket, user: Annotated[Any, Depends(require_user)]) -> None:
        await tell(socket, user)

    @app.websocket("/staff")
    async def staff(socket: WebSocket, user: Annotated[Any, Depends(require_staff)]) -> None:
        await tell(socket, user)

    @app.websocket("/auth")
    async def auth(socket: WebSocket, auth: Annotated[Any, Depends(current_auth)]) -> None:
        await tell(socket, auth)

    return app


def told(sent: list[Any]) -> Any:
    """Return the text of an accepted WebSocket, or the status of its refusal."""
    if sent[0]["type"] != "websocket.accept":
        return sent[0].get("status", 403)
    return sent[1]["text"]


async def test_websockets_have_the_user_of_their_session() -> None:
    app = sockets()
    cookie = await cookie_of(app, await User.objects.acreate_user("jo"))
    forged = (b"cookie", b"sessionid=" + b"a" * 32)
    assert told(await handshake(app, "/scope", cookie)) == "jo jo"
    assert told(await handshake(app, "/scope", forged)) == "AnonymousUser AnonymousUser"
    assert told(await handshake(app, "/must", cookie)) == "jo"
    assert told(await handshake(app, "/auth", cookie)) == "None"
    refused = [
        await handshake(app, "/must"),
        await handshake(app, "/must", forged),
        await handshake(app, "/auth", (b"authorization", b"Token abc")),
        await handshake(app, "/staff", cookie),
    ]
    assert [told(sent) for sent in refused] == [401, 401, 401, 403]
    await User.objects.filter(username="jo").aupdate(is_staff=True)
    assert told(await handshake(app, "/staff", cookie)) == "jo"


async def test_logins_can_be_demanded_of_websockets() -> None:
    app = sockets("fastjango.auth.middleware.LoginRequiredMiddleware")
    cookie = await cookie_of(app, await User.objects.acreate_user("jo"))
    assert told(await handshake(app, "/scope", cookie)) == "jo jo"
    assert told(await handshake(app, "/scope")) == 403


async def test_a_user_needs_a_session() -> None:
    app = FastJango(django_middleware=CHAIN[1:])
    with pytest.raises(ImproperlyConfigured, match="requires session middleware"):
        await handshake(app, "/scope")


async def ahello_api() -> str:
    return "hello"


def test_logins_can_be_demanded_everywhere() -> None:
    app = FastJango(
        urlpatterns=[path("page/", hello), path("open/", login_not_required(hello2))],
        django_middleware=[*CHAIN, "fastjango.auth.middleware.LoginRequiredMiddleware"],
    )
    app.get("/api")(ahello_api)
    client = Client(app=app)
    assert client.get("/page/").headers["Location"] == "/accounts/login/?next=/page/"
    assert client.get("/open/").content == b"open"
    refused = client.get("/api")
    assert (refused.status_code, refused.json()) == (401, {"detail": "Not authenticated"})
    client.force_login(User.objects.create_user("jo"))
    assert client.get("/page/").status_code == client.get("/api").status_code == 200


def hello2(request: Any) -> HttpResponse:
    return HttpResponse("open")


def test_the_user_costs_nothing_until_asked_for() -> None:
    async def untouched(request: Any) -> HttpResponse:
        return HttpResponse("x")

    async def touched(request: Any) -> HttpResponse:
        try:
            str(request.user)
        except SynchronousOnlyOperation as error:
            first = str(error)
        user = await request.auser()
        return HttpResponse(f"{first}|{request.user.username}|{user.username}")

    from fastjango.orm import connection
    from fastjango.testing.orm import CaptureQueriesContext

    client = site(path("no/", untouched), path("yes/", touched))
    client.force_login(User.objects.create_user("jo"))
    with CaptureQueriesContext(connection) as queries:
        client.get("/no/")
    assert len(queries) == 0
    response = client.get("/yes/")
    assert b"Use `await request.auser()` first" in response.content
    assert response.content.endswith(b"|jo|jo")


async def test_requests_with_a_user_leave_no_cycles() -> None:
    """A cycle for each would make the garbage collector one of the dearest parts of a request."""

    async def show(request: Any) -> HttpResponse:
        return HttpResponse((await request.auser()).get_username())

    app = FastJango(urlpatterns=[path("me/", show)], django_middleware=CHAIN)

    @app.get("/api/me")
    async def api_show(user: Annotated[Any, Depends(require_user)]) -> str:
        return str(user.get_username())

    client = Client(app=app)
    await client.aforce_login(await User.objects.acreate_user("jo"))
    cookie = f"sessionid={client.cookies['sessionid'].value}".encode()

    async def ask(where: str) -> bytes:
        scope: dict[str, Any] = {
            "type": "http", "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": where, "raw_path": where.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"host", b"testserver"), (b"cookie", cookie)],
            "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 80),
        }  # fmt: skip
        parts: list[bytes] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            parts.append(message.get("body", b""))

        await app(scope, receive, send)
        return b"".join(parts)

    def kept() -> int:
        # `isinstance()` would ask lazy objects, of others too, for the class behind them.
        return sum(issubclass(type(one), SessionStore) for one in gc.get_objects())

    for where, answer in (("/me/", b"jo"), ("/api/me", b'"jo"')):
        assert await ask(where) == answer
        gc.collect()
        gc.disable()
        try:
            before = kept()
            for _ in range(5):
                assert await ask(where) == answer
            assert kept() <= before  # the last request of the first ones may end meanwhile
        finally:
            gc.enable()


def test_templates_see_permissions() -> None:
    user = User.objects.create_user("jo")
    allow(user, "add_user")
    found = auth_context(type("R", (), {"user": user})())
    perms = found["perms"]
    assert found["user"] is user
    assert "auth" in perms
    assert "auth.add_user" in perms
    assert perms["auth"]["add_user"]
    assert not perms["auth"]["change_user"]
    assert not perms["blog"]
    assert "PermWrapper" in repr(perms)
    assert "auth.add_user" in repr(perms["auth"])
    for wrong in (perms, perms["auth"]):
        with pytest.raises(TypeError, match="is not iterable"):
            iter(wrong)
    assert isinstance(auth_context(object())["user"], AnonymousUser)
    assert isinstance(perms, PermWrapper)


def test_rules_are_known_by_their_words() -> None:
    assert is_rule("login")
    assert is_rule("permission blog.add_post")
    assert is_rule("public")
    assert not is_rule("get_database")
    assert rules_of_view(login_not_required(hello3)) == ["public"]


def hello3(request: Any) -> None: ...


def test_checks_of_settings() -> None:
    assert checks.check_user_model() == checks.check_models_permissions() == []
    with override_settings(AUTH_PASSWORD_MAX_LENGTH=20):
        (error,) = checks.check_password_settings()
        assert error.id == "auth.E020"
    with override_settings(AUTH_PASSWORD_MAX_LENGTH=5000):
        (error,) = checks.check_password_settings()
        assert (error.id, "at most 4096 characters" in error.msg) == ("auth.E023", True)
    with override_settings(AUTH_PASSWORD_MAX_LENGTH=64):
        assert checks.check_password_settings() == []
    required = "fastjango.auth.middleware.LoginRequiredMiddleware"
    with override_settings(MIDDLEWARE=[required, *CHAIN]):
        assert [e.id for e in checks.check_middleware()] == ["auth.E013"]
    with override_settings(MIDDLEWARE=[*CHAIN, required]):
        assert checks.check_middleware() == checks.check_routes() == []


def test_open_routes_are_listed() -> None:
    from types import ModuleType

    urls = ModuleType("urls_of_this_test")
    urls.urlpatterns = [  # type: ignore[attr-defined]
        path("open/", hello),
        path("closed/", login_required(ahello)),
        path("public/", login_not_required(hello2)),
    ]
    with override_settings(ROOT_URLCONF=urls, MIDDLEWARE=CHAIN):
        (warning,) = checks.check_routes()
    assert warning.id == "auth.W022"
    assert "1 route(s) have no rule" in warning.msg
    assert "/open/" in warning.msg


async def _page(request: Any) -> HttpResponse:
    await request.auser()
    return HttpResponse(_TEMPLATE.render({}, request))


_TEMPLATE: Any = None


def test_templates_know_the_user_without_further_ado(
    group_policy: type[policies.Policy],
) -> None:
    global _TEMPLATE
    from fastjango.templates import engines

    user = User.objects.create_user("ada", is_superuser=True)
    text = "{{ user.get_username() or 'nobody' }} {{ perms.auth.add_user }}"
    text += "{% if can('view', 'auth.group') %} may{% endif %}"
    engine = engines.all()[0]
    _TEMPLATE = engine.from_string(text)
    with override_settings(ROOT_URLCONF=[path("", _page)], MIDDLEWARE=CHAIN):
        client = Client()
        assert client.get("/").text == "nobody False"
        client.force_login(user)
        assert client.get("/").text == "ada True may"


@pytest.mark.parametrize("app", ["user", "app_label"])
def test_no_app_is_hidden_by_what_perms_is_made_of(app: str) -> None:
    from fastjango.templates import engines

    page = f"{{% if perms.{app} %}}any{{% endif %}}{{{{ perms.{app}.change_user }}}}"
    page += f"{{{{ perms.auth.{app} }}}}"
    perms = auth_context(type("R", (), {"user": User.objects.create_user("jo")})())["perms"]
    assert engines.all()[0].from_string(page).render({"perms": perms}) == "FalseFalse"
