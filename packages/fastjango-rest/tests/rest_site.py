"""A site with view sets on models, and what is asked of it; run by `test_site.py`."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import Iterable
from itertools import chain
from typing import Any

from fastjango.auth.authtoken.models import Token
from fastjango.auth.jwt import issue
from fastjango.auth.models import Group, Permission, User
from fastjango.http import include, path
from fastjango.rest import generics, permissions, serializers, viewsets
from fastjango.rest.authentication import (
    BasicAuthentication,
    JWTAuthentication,
    SessionAuthentication,
    TokenAuthentication,
)
from fastjango.rest.cursors import CursorPagination
from fastjango.rest.decorators import action
from fastjango.rest.filters import (
    DjangoFilterBackend,
    FilterSet,
    OrderingFilter,
    SearchFilter,
)
from fastjango.rest.filtersets import (
    AllValuesFilter,
    BaseInFilter,
    CharFilter,
    DateFromToRangeFilter,
    DateRangeFilter,
    LookupChoiceFilter,
    MultipleChoiceFilter,
    NumberFilter,
    RangeFilter,
    TypedChoiceFilter,
)
from fastjango.rest.filtersets import OrderingFilter as ByOrder
from fastjango.rest.pagination import LimitOffsetPagination, PageNumberPagination
from fastjango.rest.response import Response
from fastjango.rest.routers import DefaultRouter
from fastjango.rest.testing import APIAsyncClient, APIClient
from fastjango.rest.tokens import obtain_auth_token
from fastjango.rest.validators import UniqueValidator


class GroupSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Group
        fields = ["url", "name"]


class UserSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = User
        fields = ["url", "id", "username", "email", "is_staff", "groups"]


class Pages(PageNumberPagination):
    page_size = 2
    page_size_query_param = "size"
    max_page_size = 50


class Offsets(LimitOffsetPagination):
    default_limit = 2
    max_limit = 50


class Cursors(CursorPagination):
    page_size = 3
    ordering = ("last_name", "-first_name")


class UserViewSet(viewsets.ModelViewSet):
    """People who may <b>log in</b>."""

    queryset = User.objects.all().order_by("id")
    serializer_class = UserSerializer
    pagination_class = Pages
    filter_backends = [SearchFilter, OrderingFilter, DjangoFilterBackend]
    search_fields = ["username", "^groups__name", "=email"]
    ordering_fields = ["id", "username"]
    filterset_fields = {"is_staff": ["exact"], "groups": ["exact"], "id": ["in", "gt"]}

    @action(detail=True, methods=["post"])
    async def ban(self, request: Any, pk: str) -> Response:
        user = await self.aget_object()
        return Response({"banned": user.username})


class GroupViewSet(viewsets.ModelViewSet):
    queryset = Group.objects.all().order_by("id")
    serializer_class = GroupSerializer


class SyncGroups(viewsets.ModelViewSet):
    serializer_class = GroupSerializer

    def get_queryset(self) -> Any:
        count = Group.objects.count()
        return Group.objects.all().order_by("id")[: count + 1]

    def perform_create(self, serializer: Any) -> None:
        serializer.save(name=serializer.validated_data["name"].upper())


class OldSerializer(serializers.Serializer):
    name = serializers.CharField()

    def validate_name(self, value: str) -> str:
        if Group.objects.filter(name=value).exists():
            raise serializers.ValidationError("taken")
        return value

    def create(self, validated_data: Any) -> Any:
        return Group.objects.create(**validated_data)

    def update(self, instance: Any, validated_data: Any) -> Any:
        instance.name = validated_data["name"]
        instance.save()
        return instance


class OldGroups(generics.ListCreateAPIView):
    queryset = Group.objects.all()
    serializer_class = OldSerializer


class OldGroup(generics.RetrieveUpdateDestroyAPIView):
    queryset = Group.objects.all()
    serializer_class = OldSerializer

    async def perform_destroy(self, instance: Any) -> None:
        await instance.adelete()


class Guarded(viewsets.ModelViewSet):
    queryset = Group.objects.all()
    serializer_class = GroupSerializer
    permission_classes = [permissions.DjangoModelPermissionsOrAnonReadOnly]


class ByObject(Guarded):
    permission_classes = [permissions.DjangoObjectPermissions]


class ByPolicy(Guarded):
    permission_classes = [permissions.PolicyPermission]


class Offset(generics.ListAPIView):
    queryset = User.objects.all().order_by("id")
    serializer_class = UserSerializer
    pagination_class = Offsets


class Turning(generics.ListAPIView):
    queryset = User.objects.all()
    serializer_class = type(
        "NameSerializer",
        (serializers.ModelSerializer,),
        {"Meta": type("Meta", (), {"model": User, "fields": ["id"]})},
    )
    pagination_class = Cursors


class Who(generics.GenericAPIView):
    authentication_classes = [
        TokenAuthentication, JWTAuthentication, BasicAuthentication, SessionAuthentication,
    ]  # fmt: skip
    permission_classes = [permissions.IsAuthenticated]

    async def get(self, request: Any) -> Response:
        return Response({"name": request.user.username})

    def post(self, request: Any) -> Response:
        return Response({"name": request.user.username})


class UserFilters(FilterSet):
    name = CharFilter(field_name="username", lookup_expr="icontains")
    not_name = CharFilter(field_name="username", exclude=True)
    number = RangeFilter(field_name="id")
    names = type("Names", (BaseInFilter, CharFilter), {})(field_name="username")
    staff = TypedChoiceFilter(
        field_name="is_staff",
        choices=[("yes", "y"), ("no", "n")],
        coerce=lambda text: text == "yes",
    )
    joined = DateFromToRangeFilter(field_name="date_joined")
    when = DateRangeFilter(field_name="date_joined")
    one_of = MultipleChoiceFilter(
        field_name="username", choices=[(f"u{n}", f"u{n}") for n in range(9)]
    )
    known = AllValuesFilter(field_name="username")
    looked = LookupChoiceFilter(field_name="username", lookup_choices=["exact", "endswith"])
    even = NumberFilter(field_name="id", method="keep_even")
    o = ByOrder(fields=(("username", "name"),))

    class Meta:
        model = User
        fields = ["is_active"]

    def keep_even(self, queryset: Any, name: str, value: Any) -> Any:
        return queryset.filter(id__in=range(0, 100, int(value)))


class Filtered(generics.ListAPIView):
    queryset = User.objects.all().order_by("id")
    serializer_class = UserSerializer
    filter_backends = [DjangoFilterBackend]
    filterset_class = UserFilters


class Tagged(GroupViewSet):
    require_if_match = True

    def etag_for(self, group: Any) -> str:
        return f'"{group.name}"'


router = DefaultRouter()
router.register("users", UserViewSet)
router.register("groups", GroupViewSet)
router.register("sync", SyncGroups, "sync")
router.register("guarded", Guarded, "guarded")
router.register("by-object", ByObject, "by-object")
router.register("by-policy", ByPolicy, "by-policy")
router.register("tagged", Tagged, "tagged")
urlpatterns = [
    path("api/", include(router.urls)),
    path("old/", OldGroups.as_view()),
    path("old/<int:pk>/", OldGroup.as_view()),
    path("offset/", Offset.as_view()),
    path("turning/", Turning.as_view()),
    path("token/", obtain_auth_token),
    path("who/", Who.as_view()),
    path("filtered/", Filtered.as_view()),
    path("api-auth/", include("fastjango.rest.urls")),
]


def fill(count: int = 5) -> APIClient:
    api = APIClient()
    for number in range(2):
        api.post("/api/groups/", {"name": f"g{number}"}, format="json")
    for number in range(count):
        user = {"username": f"u{number}", "groups": ["/api/groups/1/"]}
        assert api.post("/api/users/", user, format="json").status_code == 201
    return api


def names(answer: Any) -> list[str]:
    data = answer.json()
    return [row["username"] for row in (data["results"] if isinstance(data, dict) else data)]


def view_sets() -> None:
    api = fill()
    made = api.post("/api/groups/", {"name": "new"}, format="json")
    assert made["Location"] == made.json()["url"] == "http://testserver/api/groups/3/"
    again = api.post("/api/groups/", {"name": "new"}, format="json")
    assert (again.status_code, list(again.json())) == (400, ["name"])
    assert (
        api.patch("/api/users/1/", {"email": "a@b.cc"}, format="json").json()["email"] == "a@b.cc"
    )
    assert api.put("/api/users/1/", {"username": ""}, format="json").status_code == 400
    assert api.get("/api/users/1/").json()["groups"] == ["http://testserver/api/groups/1/"]
    assert api.delete("/api/users/1/").status_code == 204
    assert api.get("/api/users/1/").status_code == 404
    for wrong in ("abc", "9" * 30, "%F0%9F%92%A9"):
        assert api.get(f"/api/users/{wrong}/").status_code == 404, wrong
    assert api.post("/api/users/2/ban/").json() == {"banned": "u1"}
    assert set(api.options("/api/users/").json()["actions"]) == {"POST"}
    assert set(api.options("/api/users/2/").json()["actions"]) == {"PUT"}
    assert api.get("/api/").json()["users"] == "http://testserver/api/users/"


def sync_parts() -> None:
    api = APIClient()
    for _ in range(2):
        api.post("/api/sync/", {"name": "abc"}, format="json")
    assert [row["name"] for row in api.get("/api/sync/").json()] == ["ABC"]
    for _ in range(2):
        answer = api.post("/old/", {"name": "old"}, format="json")
    assert answer.json() == {"name": ["taken"]}
    assert Group.objects.filter(name="old").count() == 1
    key = Group.objects.get(name="old").pk
    assert api.put(f"/old/{key}/", {"name": "older"}, format="json").json() == {"name": "older"}
    assert {"name": "older"} in api.get("/old/").json()
    assert api.delete(f"/old/{key}/").status_code == 204

    async def again() -> None:
        client = APIAsyncClient()
        made = await client.post("/old/", {"name": "async"}, format="json")
        assert made.status_code == 201
        assert (await client.get("/old/")).status_code == 200

    asyncio.run(again())


def model_permissions() -> None:
    fill(1)
    user = User.objects.get(username="u0")
    api = APIClient()
    new = {"name": "x"}
    assert api.get("/api/guarded/").status_code == 200
    assert api.post("/api/guarded/", new, format="json").status_code in (401, 403)
    for prefix in ("guarded", "by-object", "by-policy"):
        User.objects.get(pk=user.pk).user_permissions.clear()
        api.force_authenticate(user=User.objects.get(pk=user.pk))
        assert api.post(f"/api/{prefix}/", new, format="json").status_code == 403, prefix
        user.user_permissions.add(*Permission.objects.filter(content_type__model="group"))
        api.force_authenticate(user=User.objects.get(pk=user.pk))
        made = api.post(f"/api/{prefix}/", {"name": prefix}, format="json")
        assert made.status_code == 201, (prefix, made.content)
    assert api.get("/api/by-object/1/").status_code == 200
    # Nobody knows permissions for single objects here.
    assert api.patch("/api/by-object/1/", new, format="json").status_code == 403
    assert api.get("/api/by-policy/").status_code == 200


def pagination() -> None:
    api = fill()
    first = api.get("/api/users/")
    assert (first.json()["count"], names(first)) == (5, ["u0", "u1"])
    second = api.get(first.json()["next"])
    assert names(second) == ["u2", "u3"]
    assert names(api.get(second.json()["previous"])) == ["u0", "u1"]
    assert names(api.get("/api/users/?page=last")) == ["u4"]
    assert names(api.get("/api/users/?size=4&page=2")) == ["u4"]
    assert len(names(api.get("/api/users/?size=99999999999999999999999"))) == 5
    for page in ("0", "9", "x", "9" * 5000):
        assert api.get(f"/api/users/?page={page}").status_code == 404, page[:9]
    middle = api.get("/offset/?limit=2&offset=2").json()
    assert names(api.get(middle["next"])) == ["u4"]
    assert names(api.get(middle["previous"])) == ["u0", "u1"]
    assert names(api.get("/offset/?offset=99")) == []
    assert names(api.get("/offset/?offset=9" + "9" * 30)) == []
    assert names(api.get("/offset/?limit=x")) == ["u0", "u1"]
    shown = APIClient().get("/offset/?offset=2", HTTP_ACCEPT="text/html").content.decode()
    assert 'aria-current="page">2<' in shown


def walk(api: APIClient, url: str | None, link: str) -> list[list[int]]:
    pages: list[list[int]] = []
    while url is not None:
        data = api.get(url).json()
        pages.append([row["id"] for row in data["results"]])
        url = data[link]
    return pages


def flat(pages: Iterable[list[int]]) -> list[int]:
    return list(chain.from_iterable(pages))


def cursors() -> None:
    from hypothesis import given
    from hypothesis import settings as limits
    from hypothesis import strategies as st

    api = APIClient()
    name = st.sampled_from(["", "a", "b"])
    people = st.lists(st.tuples(name, name), max_size=9)

    @limits(max_examples=25, deadline=None)
    @given(people, people, st.integers(0, 3))
    def stays_right(before: Any, later: Any, step: int) -> None:
        User.objects.all().delete()
        rows = [User.objects.create(username=f"b{n}", last_name=a, first_name=b)
                for n, (a, b) in enumerate(before)]  # fmt: skip
        order = lambda row: (row.last_name, [-ord(c) for c in row.first_name] or [0], -row.pk)  # noqa: E731
        assert flat(walk(api, "/turning/", "next")) == [
            row.pk for row in sorted(rows, key=order)
        ] or _same_order(rows, api)
        seen: list[int] = []
        url: str | None = "/turning/"
        for turn in range(20):
            data = api.get(url).json()
            seen += [row["id"] for row in data["results"]]
            url = data["next"]
            if turn == step:
                for n, (a, b) in enumerate(later):
                    User.objects.create(username=f"l{n}", last_name=a, first_name=b)
            if url is None:
                break
        assert len(seen) == len(set(seen)), "a row came twice"
        assert {row.pk for row in rows} <= set(seen), "a row was left out"
        forth = walk(api, "/turning/", "next")
        if len(forth) > 1:
            data = api.get("/turning/").json()
            while data["next"]:
                data = api.get(data["next"]).json()
            back = walk(api, data["previous"], "previous")
            assert flat(reversed(back)) == flat(forth[:-1])

    stays_right()
    for wrong in ("x", "bm8=", "WzAsMV0=", "WzAsW10sMSwxXQ==", "é", "W" * 5000):
        assert api.get("/turning/", {"cursor": wrong}).status_code == 404, wrong[:9]


def _same_order(rows: Any, api: APIClient) -> bool:
    wanted = User.objects.order_by("last_name", "-first_name", "-pk").values_list("pk", flat=True)
    return flat(walk(api, "/turning/", "next")) == list(wanted)


def browsable() -> None:
    fill()
    api = APIClient(HTTP_ACCEPT="text/html")
    page = api.get("/api/users/")
    text = page.content.decode()
    assert "script" not in text
    assert "application/json" in text.partition("HTTP 200")[2].partition("Vary")[0]
    assert "&lt;b&gt;log in" in text
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert 'name="username"' in text
    assert "Search" in text
    assert "page=2" in text
    one = api.get("/api/users/1/").content.decode()
    assert 'value="DELETE"' in one
    assert 'value="PUT"' in one
    assert "User List" in one
    assert api.get("/api/users/99/").status_code == 404
    wrong = api.post("/api/users/", {"username": ""})
    assert wrong.status_code == 400
    assert "may not be blank" in wrong.content.decode()
    raw = {
        "_method": "PATCH",
        "_content": '{"email": "z@z.zz"}',
        "_content_type": "application/json",
    }
    assert api.post("/api/users/1/", raw).data["email"] == "z@z.zz"
    api.post("/api/users/1/", {"_method": "PUT", "username": "put"})
    assert User.objects.get(pk=1).username == "put"
    assert api.post("/api/users/1/", {"_method": "OPTIONS"}).status_code == 200
    assert api.post("/api/users/1/", {"_method": "TRACE"}).status_code == 400
    assert api.post("/api/users/1/", {"_method": "DELETE"}).status_code == 200
    assert not User.objects.filter(pk=1).exists()
    strict = APIClient(enforce_csrf_checks=True)
    assert strict.post("/api/users/2/", {"_method": "DELETE"}).status_code == 403
    assert User.objects.filter(pk=2).exists()
    shown = strict.get("/api/users/2/", HTTP_ACCEPT="text/html").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', shown)
    assert token is not None
    sent = {"_method": "DELETE", "csrfmiddlewaretoken": token[1]}
    assert strict.post("/api/users/2/", sent).status_code == 204
    assert api.get("/api-auth/login/").status_code == 200


async def _posted(credentials: dict[str, str]) -> Any:
    return await APIAsyncClient().post("/token/", credentials)


def logins() -> None:
    user = User.objects.create_user("ada", password="secret")
    token = Token.objects.create(user=user).key
    basic = base64.b64encode(b"ada:secret").decode()
    wrong = base64.b64encode(b"ada:wrong").decode()
    api = APIClient()
    for header, code in (
        (f"Token {token}", 200), ("Token nonsense", 401), (f"Basic {basic}", 200),
        (f"Basic {wrong}", 401), (f"Bearer {issue(user).access}", 200), ("Bearer x.y.z", 401),
        ("Other x", 401),
    ):  # fmt: skip
        for method in (api.get, api.post):
            answer = method("/who/", HTTP_AUTHORIZATION=header)
            assert answer.status_code == code, (header, answer.content)
    for credentials, code in (
        ({"username": "ada", "password": "secret"}, 200),
        ({"username": "ada", "password": "wrong"}, 400),
        ({"username": "ada"}, 400),
    ):
        for given in (api.post("/token/", credentials), asyncio.run(_posted(credentials))):
            assert given.status_code == code, given.content
            assert given.json().get("token") == (token if code == 200 else None)
    Token.objects.all().delete()
    made = api.post("/token/", {"username": "ada", "password": "secret"}, format="json")
    assert made.json() == {"token": Token.objects.get(user=user).key}
    Token.objects.update(key=token)
    user.is_active = False
    user.save()
    refused = api.post("/token/", {"username": "ada", "password": "secret"})
    text = "Unable to log in with provided credentials."
    assert refused.json() == {"non_field_errors": [text]}
    assert api.get("/who/", HTTP_AUTHORIZATION=f"Token {token}").status_code == 401
    user.is_active = True
    user.save()
    strict = APIClient(enforce_csrf_checks=True)
    strict.force_login(user)
    assert strict.get("/who/").json() == {"name": "ada"}
    refused = strict.post("/who/")
    assert refused.status_code == 403
    assert "CSRF Failed" in refused.json()["detail"]
    login = APIClient()
    done = login.post("/api-auth/login/?next=/who/", {"username": "ada", "password": "secret"})
    assert done.status_code == 302
    assert login.get("/who/").json() == {"name": "ada"}


def filters() -> None:
    api = fill()
    User.objects.filter(username="u3").update(is_staff=True, email="x@y.zz")
    url = "/api/users/?size=50&"
    assert names(api.get(f"{url}search=U1")) == ["u1"]
    assert len(names(api.get(f"{url}search=g0"))) == 5
    assert names(api.get(f"{url}search=%22u2%22+u")) == ["u2"]
    assert names(api.get(f"{url}search=x@y.zz")) == ["u3"]
    assert names(api.get(f"{url}ordering=-username,nope"))[0] == "u4"
    assert names(api.get(f"{url}is_staff=true")) == ["u3"]
    assert names(api.get(f"{url}id__in=1,3&id__gt=1")) == ["u2"]
    for wrong in ("is_staff=x", "groups=99", "groups=x", "id__gt=x", "id__in=1,x"):
        assert api.get(f"{url}{wrong}").status_code == 400, wrong

    def found(query: str) -> list[str]:
        return names(api.get(f"/filtered/?{query}"))

    everyone = ["u0", "u1", "u2", "u3", "u4"]
    for query in ("", "is_active=true", "when=today"):
        assert found(query) == everyone, (query, found(query))
    assert found("name=U2") == found("names=u2,zz") == found("known=u2") == ["u2"]
    assert found("not_name=u2") == ["u0", "u1", "u3", "u4"]
    assert found("number_min=2&number_max=3") == ["u1", "u2"]
    assert (found("number_min=5"), found("number_max=1")) == (["u4"], ["u0"])
    assert found("staff=yes") == ["u3"]
    assert found("joined_after=2020-01-01") == everyone
    assert found("joined_before=2020-01-01") == found("when=yesterday") == []
    assert found("one_of=u1&one_of=u2") == ["u1", "u2"]
    assert found("looked=4&looked_lookup=endswith") == ["u4"]
    assert found("even=2") == ["u1", "u3"]
    assert found("o=-name")[0] == "u4"
    for wrong in ("staff=x", "one_of=x", "known=x", "looked=x", "number_min=x", "when=x",
                  "o=secret", "joined_after=x"):  # fmt: skip
        assert api.get(f"/filtered/?{wrong}").status_code == 400, wrong


def conditions() -> None:
    api = fill(0)
    url = "/api/tagged/1/"
    new = {"name": "changed"}
    assert api.patch(url, new, format="json").status_code == 428
    assert api.patch(url, new, format="json", HTTP_IF_MATCH='"old"').status_code == 412
    assert api.patch(url, new, format="json", HTTP_IF_MATCH='"g0"').status_code == 200
    assert api.delete(url, HTTP_IF_MATCH='"g0"').status_code == 412
    assert api.delete(url, HTTP_IF_MATCH="*").status_code == 204
    # Two requests validated at the same time: the database has the last word.
    UniqueValidator.__call__, kept = (lambda self, value, field: None), UniqueValidator.__call__
    original = getattr(UniqueValidator, "acall", None)
    try:
        if original is not None:
            UniqueValidator.acall = _accept
        again = api.post("/api/groups/", {"name": "g1"}, format="json")
        assert again.status_code in (400, 409), again.content
    finally:
        UniqueValidator.__call__ = kept
        if original is not None:
            UniqueValidator.acall = original


async def _accept(self: Any, value: Any, field: Any) -> None:
    """Find nothing wrong."""


def docs_pages() -> None:
    api = APIClient()
    page = api.get("/docs").content.decode()
    assert "swagger-ui" in page
    assert "https://" not in page
    assert "script-src 'self'" in api.get("/redoc")["Content-Security-Policy"]
    for name in re.findall(r'"(/docs/assets/[^"]+)"', page):
        assert api.get(name).status_code == 200, name
    assert api.get("/docs/assets/secret").status_code == 404
    document = api.get("/openapi.json").json()
    assert "/api/users/{pk}/" in document["paths"]
    listed = document["paths"]["/api/users/"]["get"]["parameters"]
    assert {"page", "search", "ordering", "is_staff"} <= {entry["name"] for entry in listed}
