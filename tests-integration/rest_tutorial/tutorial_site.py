"""The six parts of REST framework's tutorial; run as `tutorial_site.py PART DATABASE`.

Each part builds on the one before, as there; a synchronous project, as it would be ported.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

from fastjango.core import settings, setup

sys.path.insert(0, str(Path(sys.argv[2]).parent))
WRITTEN = Path(sys.argv[2]).parent / "snippets_migrations"
WRITTEN.mkdir()
(WRITTEN / "__init__.py").touch()

settings.configure(
    SECRET_KEY="only-for-tests-" + "x" * 50,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[
        "fastjango.http", "fastjango.orm", "fastjango.templates", "fastjango.contenttypes",
        "fastjango.sessions", "fastjango.auth", "fastjango.rest", "snippets",
    ],
    DATABASES={"default": {"ENGINE": "sqlite3", "NAME": sys.argv[2]}},
    MIDDLEWARE=[
        "fastjango.sessions.middleware.SessionMiddleware",
        "fastjango.http.middleware.csrf.CsrfViewMiddleware",
        "fastjango.auth.middleware.AuthenticationMiddleware",
    ],
    PASSWORD_HASHERS=["fastjango.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF="__main__",
    # Written beside the database, as `makemigrations snippets` does for the tutorial.
    MIGRATION_MODULES={"snippets": "snippets_migrations"},
)  # fmt: skip
setup()

from fastjango.auth.models import User  # noqa: E402
from fastjango.core.conf import override_settings  # noqa: E402
from fastjango.core.management import call_command  # noqa: E402
from fastjango.http import Http404, HttpResponse, JsonResponse, include, path  # noqa: E402
from fastjango.http.views.decorators.csrf import csrf_exempt  # noqa: E402
from fastjango.rest import (  # noqa: E402
    generics,
    mixins,
    permissions,
    renderers,
    serializers,
    status,
    viewsets,
)  # fmt: skip
from fastjango.rest.decorators import action, api_view  # noqa: E402
from fastjango.rest.parsers import JSONParser  # noqa: E402
from fastjango.rest.renderers import JSONRenderer  # noqa: E402
from fastjango.rest.response import Response  # noqa: E402
from fastjango.rest.reverse import reverse  # noqa: E402
from fastjango.rest.routers import DefaultRouter  # noqa: E402
from fastjango.rest.testing import APIClient  # noqa: E402
from fastjango.rest.urlpatterns import format_suffix_patterns  # noqa: E402
from fastjango.rest.views import APIView  # noqa: E402
from snippets.models import LANGUAGE_CHOICES, STYLE_CHOICES, Snippet  # noqa: E402

urlpatterns: list[Any] = []
HELLO = {"id": 2, "title": "", "code": 'print("hello, world")\n', "linenos": False,
         "language": "python", "style": "friendly"}  # fmt: skip


def keep_two() -> None:
    """Keep the two snippets of the first part."""
    Snippet(id=1, code='foo = "bar"\n').save()
    Snippet(id=2, code='print("hello, world")\n').save()


def serve(*patterns: Any) -> APIClient:
    """Serve some patterns and return a client."""
    urlpatterns[:] = patterns
    return APIClient()


# -- 1: serialization ----------------------------------------------------------------------------


class ByHand(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    title = serializers.CharField(required=False, allow_blank=True, max_length=100)
    code = serializers.CharField(style={"base_template": "textarea.html"})
    linenos = serializers.BooleanField(required=False)
    language = serializers.ChoiceField(choices=LANGUAGE_CHOICES, default="python")
    style = serializers.ChoiceField(choices=STYLE_CHOICES, default="friendly")

    def create(self, validated_data: Any) -> Snippet:
        return Snippet.objects.create(**validated_data)

    def update(self, instance: Snippet, validated_data: Any) -> Snippet:
        for name in ("title", "code", "linenos", "language", "style"):
            setattr(instance, name, validated_data.get(name, getattr(instance, name)))
        instance.save()
        return instance


class SnippetSerializer(serializers.ModelSerializer):
    class Meta:
        model = Snippet
        fields = ["id", "title", "code", "linenos", "language", "style"]


@csrf_exempt
def plain_list(request: Any) -> Any:
    if request.method == "GET":
        serializer = SnippetSerializer(Snippet.objects.all(), many=True)
        return JsonResponse(serializer.data, safe=False)
    serializer = SnippetSerializer(data=JSONParser().parse(request))
    if serializer.is_valid():
        serializer.save()
        return JsonResponse(serializer.data, status=201)
    return JsonResponse(serializer.errors, status=400)


@csrf_exempt
def plain_detail(request: Any, pk: int) -> Any:
    try:
        snippet = Snippet.objects.get(pk=pk)
    except Snippet.DoesNotExist:
        return HttpResponse(status=404)
    if request.method == "GET":
        return JsonResponse(SnippetSerializer(snippet).data)
    if request.method == "PUT":
        serializer = SnippetSerializer(snippet, data=JSONParser().parse(request))
        if serializer.is_valid():
            serializer.save()
            return JsonResponse(serializer.data)
        return JsonResponse(serializer.errors, status=400)
    snippet.delete()
    return HttpResponse(status=204)


def part1() -> None:
    keep_two()
    snippet = Snippet.objects.get(pk=2)
    for kind in (ByHand, SnippetSerializer):
        serializer = kind(snippet)
        assert serializer.data == HELLO, serializer.data
        content = JSONRenderer().render(serializer.data)
        data = JSONParser().parse(io.BytesIO(content))
        serializer = kind(data=data)
        assert serializer.is_valid(), serializer.errors
        assert "id" not in serializer.validated_data
        serializer.save()
    # Texts lose the white space around them on their way in.
    assert [row["code"] for row in ByHand(Snippet.objects.all(), many=True).data] == [
        'foo = "bar"\n', HELLO["code"], 'print("hello, world")', 'print("hello, world")',
    ]  # fmt: skip
    assert "language = ChoiceField(choices=[('c', 'C')" in repr(SnippetSerializer())
    api = serve(path("snippets/", plain_list), path("snippets/<int:pk>/", plain_detail))
    assert len(api.get("/snippets/").json()) == 4
    assert api.get("/snippets/2/").json() == HELLO
    assert api.post("/snippets/", {"code": ""}, format="json").json() == {
        "code": ["This field may not be blank."]
    }
    assert api.put("/snippets/2/", {"code": "x", "title": "t"}, format="json").json() == {
        **HELLO, "code": "x", "title": "t",
    }  # fmt: skip
    assert api.delete("/snippets/2/").status_code == 204
    assert api.get("/snippets/2/").status_code == 404


# -- 2: requests and responses -------------------------------------------------------------------


@api_view(["GET", "POST"])
def function_list(request: Any, format: Any = None) -> Response:
    if request.method == "GET":
        return Response(SnippetSerializer(Snippet.objects.all(), many=True).data)
    serializer = SnippetSerializer(data=request.data)
    if serializer.is_valid():
        serializer.save()
        return Response(serializer.data, status=status.HTTP_201_CREATED)
    return Response(serializer.errors, status=status.HTTP_400_BAD_REQUEST)


@api_view(["GET", "PUT", "DELETE"])
def function_detail(request: Any, pk: int, format: Any = None) -> Response:
    try:
        snippet = Snippet.objects.get(pk=pk)
    except Snippet.DoesNotExist:
        return Response(status=status.HTTP_404_NOT_FOUND)
    if request.method == "GET":
        return Response(SnippetSerializer(snippet).data)
    if request.method == "PUT":
        serializer = SnippetSerializer(snippet, data=request.data)
        if serializer.is_valid():
            serializer.save()
            return Response(serializer.data)
        return Response(serializer.errors, status=status.HTTP_400_BAD_REQUEST)
    snippet.delete()
    return Response(status=status.HTTP_204_NO_CONTENT)


def check_the_usual(api: APIClient) -> None:
    """Ask what parts 2 and 3 answer alike."""
    assert [row["id"] for row in api.get("/snippets/").json()] == [1, 2]
    made = api.post("/snippets/", {"code": "print(123)"})
    assert (made.status_code, made.json()["code"]) == (201, "print(123)")
    made = api.post("/snippets/", {"code": "print(456)"}, format="json")
    assert (made.status_code, made.json()["code"]) == (201, "print(456)")
    assert api.post("/snippets/", {"language": "cobol"}, format="json").json() == {
        "code": ["This field is required."], "language": ['"cobol" is not a valid choice.'],
    }  # fmt: skip
    assert api.get("/snippets/2.json").json() == HELLO
    assert api.get("/snippets.api")["Content-Type"].startswith("text/html")
    assert api.get("/snippets/", HTTP_ACCEPT="text/html")["Content-Type"].startswith("text/html")
    assert api.get("/snippets/2/").json() == HELLO
    assert api.put("/snippets/2/", {"code": "new"}, format="json").json()["code"] == "new"
    assert api.delete("/snippets/2/").status_code == 204
    assert api.get("/snippets/2/").status_code == 404
    assert api.patch("/snippets/").status_code == 405


def part2() -> None:
    keep_two()
    check_the_usual(
        serve(
            *format_suffix_patterns(
                [path("snippets/", function_list), path("snippets/<int:pk>/", function_detail)]
            )
        )
    )


# -- 3: class-based views ------------------------------------------------------------------------


class ClassList(APIView):
    def get(self, request: Any, format: Any = None) -> Response:
        return Response(SnippetSerializer(Snippet.objects.all(), many=True).data)

    def post(self, request: Any, format: Any = None) -> Response:
        serializer = SnippetSerializer(data=request.data)
        if serializer.is_valid():
            serializer.save()
            return Response(serializer.data, status=status.HTTP_201_CREATED)
        return Response(serializer.errors, status=status.HTTP_400_BAD_REQUEST)


class ClassDetail(APIView):
    def get_object(self, pk: int) -> Snippet:
        try:
            return Snippet.objects.get(pk=pk)
        except Snippet.DoesNotExist:
            raise Http404 from None

    def get(self, request: Any, pk: int, format: Any = None) -> Response:
        return Response(SnippetSerializer(self.get_object(pk)).data)

    def put(self, request: Any, pk: int, format: Any = None) -> Response:
        serializer = SnippetSerializer(self.get_object(pk), data=request.data)
        if serializer.is_valid():
            serializer.save()
            return Response(serializer.data)
        return Response(serializer.errors, status=status.HTTP_400_BAD_REQUEST)

    def delete(self, request: Any, pk: int, format: Any = None) -> Response:
        self.get_object(pk).delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


class MixedList(mixins.ListModelMixin, mixins.CreateModelMixin, generics.GenericAPIView):
    queryset = Snippet.objects.all()
    serializer_class = SnippetSerializer

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.list(request, *args, **kwargs)

    def post(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.create(request, *args, **kwargs)


class MixedDetail(
    mixins.RetrieveModelMixin,
    mixins.UpdateModelMixin,
    mixins.DestroyModelMixin,
    generics.GenericAPIView,
):
    queryset = Snippet.objects.all()
    serializer_class = SnippetSerializer

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.retrieve(request, *args, **kwargs)

    def put(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.update(request, *args, **kwargs)

    def delete(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return self.destroy(request, *args, **kwargs)


class GenericList(generics.ListCreateAPIView):
    queryset = Snippet.objects.all()
    serializer_class = SnippetSerializer


class GenericDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Snippet.objects.all()
    serializer_class = SnippetSerializer


def part3() -> None:
    for many, one in (
        (ClassList, ClassDetail), (MixedList, MixedDetail), (GenericList, GenericDetail),
    ):  # fmt: skip
        Snippet.objects.all().delete()
        keep_two()
        patterns = [path("snippets/", many.as_view()), path("snippets/<int:pk>/", one.as_view())]
        check_the_usual(serve(*format_suffix_patterns(patterns)))


# -- 4: authentication and permissions -----------------------------------------------------------


class OwnedSerializer(serializers.ModelSerializer):
    owner = serializers.ReadOnlyField(source="owner.username")

    class Meta:
        model = Snippet
        fields = ["id", "title", "code", "linenos", "language", "style", "owner"]


class UserSerializer(serializers.ModelSerializer):
    snippets = serializers.PrimaryKeyRelatedField(many=True, queryset=Snippet.objects.all())

    class Meta:
        model = User
        fields = ["id", "username", "snippets"]


class IsOwnerOrReadOnly(permissions.BasePermission):
    """Whose it is may change it; everybody may look."""

    def has_object_permission(self, request: Any, view: Any, obj: Any) -> bool:
        return request.method in permissions.SAFE_METHODS or obj.owner == request.user


class OwnedList(generics.ListCreateAPIView):
    queryset = Snippet.objects.all()
    serializer_class = OwnedSerializer
    permission_classes = [permissions.IsAuthenticatedOrReadOnly]

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner=self.request.user)


class OwnedDetail(generics.RetrieveUpdateDestroyAPIView):
    queryset = Snippet.objects.all()
    serializer_class = OwnedSerializer
    permission_classes = [permissions.IsAuthenticatedOrReadOnly, IsOwnerOrReadOnly]


class UserList(generics.ListAPIView):
    queryset = User.objects.order_by("id")
    serializer_class = UserSerializer


class UserDetail(generics.RetrieveAPIView):
    queryset = User.objects.all()
    serializer_class = UserSerializer


def people() -> None:
    """Sign up the two of the tutorial."""
    User.objects.create_user("admin", password="password123")
    User.objects.create_user("tom", password="password123")


def check_who_may(api: APIClient) -> None:
    """Ask what parts 4 to 6 answer alike: anonymous, the owner, and somebody else."""
    new = {"code": "print(789)"}
    refused = api.post("/snippets/", new)
    assert refused.status_code in (401, 403)
    assert refused.json() == {"detail": "Authentication credentials were not provided."}
    assert api.login(username="admin", password="password123")
    made = api.post("/snippets/", new)
    assert (made.status_code, made.json()["owner"]) == (201, "admin")
    one = f"/snippets/{made.json()['id']}/"
    api.logout()
    assert api.get(one).json()["code"] == "print(789)"
    assert api.login(username="tom", password="password123")
    denied = api.put(one, {"code": "mine now"})
    assert denied.status_code == 403
    assert denied.json() == {"detail": "You do not have permission to perform this action."}
    assert api.delete(one).status_code == 403
    api.logout()
    assert api.login(username="admin", password="password123")
    assert api.put(one, {"code": "still mine"}).json()["code"] == "still mine"
    assert api.get("/users/1/").json()["username"] == "admin"


def part4() -> None:
    people()
    api = serve(
        path("snippets/", OwnedList.as_view()),
        path("snippets/<int:pk>/", OwnedDetail.as_view()),
        path("users/", UserList.as_view()),
        path("users/<int:pk>/", UserDetail.as_view()),
        path("api-auth/", include("fastjango.rest.urls")),
    )
    check_who_may(api)
    assert api.get("/users/").json() == [
        {"id": 1, "username": "admin", "snippets": [1]},
        {"id": 2, "username": "tom", "snippets": []},
    ]
    api.logout()
    page = api.get("/snippets/", HTTP_ACCEPT="text/html").content.decode()
    assert "/api-auth/login/?next=/snippets/" in page


# -- 5: relationships and hyperlinked APIs -------------------------------------------------------


class LinkedSerializer(serializers.HyperlinkedModelSerializer):
    owner = serializers.ReadOnlyField(source="owner.username")
    highlight = serializers.HyperlinkedIdentityField(view_name="snippet-highlight", format="html")

    class Meta:
        model = Snippet
        fields = ["url", "id", "highlight", "owner", "title", "code", "linenos", "language",
                  "style"]  # fmt: skip


class LinkedUserSerializer(serializers.HyperlinkedModelSerializer):
    snippets = serializers.HyperlinkedRelatedField(
        many=True, view_name="snippet-detail", read_only=True
    )

    class Meta:
        model = User
        fields = ["url", "id", "username", "snippets"]


@api_view(["GET"])
def api_root(request: Any, format: Any = None) -> Response:
    return Response(
        {
            "users": reverse("user-list", request=request, format=format),
            "snippets": reverse("snippet-list", request=request, format=format),
        }
    )


class SnippetHighlight(generics.GenericAPIView):
    queryset = Snippet.objects.all()
    renderer_classes = [renderers.StaticHTMLRenderer]

    def get(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_object().highlighted)


def linked(view: Any, serializer: Any) -> Any:
    """Return a view of part 4 with another serializer."""
    return type(view.__name__, (view,), {"serializer_class": serializer}).as_view()


def check_links(api: APIClient) -> None:
    """Ask what parts 5 and 6 answer alike."""
    root = api.get("/").json()
    assert root == {
        "users": "http://testserver/users/", "snippets": "http://testserver/snippets/",
    }  # fmt: skip
    page = api.get(root["snippets"]).json()
    (snippet,) = page["results"]
    assert (page["count"], snippet["url"]) == (1, "http://testserver/snippets/1/")
    assert snippet["highlight"] == "http://testserver/snippets/1/highlight/", snippet
    suffixed = api.get("/snippets.json").json()["results"][0]
    assert suffixed["url"] == "http://testserver/snippets/1.json"
    # From JSON by suffix to HTML by suffix.
    assert suffixed["highlight"] == "http://testserver/snippets/1/highlight.html"
    assert api.get(suffixed["highlight"]).content == api.get(snippet["highlight"]).content
    shown = api.get(snippet["highlight"])
    assert shown["Content-Type"].startswith("text/html")
    assert shown.content == Snippet.objects.get(pk=1).highlighted.encode()
    user = api.get(root["users"]).json()["results"][0]
    assert user == {
        "url": "http://testserver/users/1/", "id": 1, "username": "admin",
        "snippets": [snippet["url"]],
    }  # fmt: skip


PAGES = override_settings(
    REST_FRAMEWORK={
        "DEFAULT_PAGINATION_CLASS": "fastjango.rest.pagination.PageNumberPagination",
        "PAGE_SIZE": 10,
    }
)


def part5() -> None:
    people()
    with PAGES:
        patterns = [
            path("", api_root),
            path("snippets/", linked(OwnedList, LinkedSerializer), name="snippet-list"),
            path("snippets/<int:pk>/", linked(OwnedDetail, LinkedSerializer),
                 name="snippet-detail"),
            path("snippets/<int:pk>/highlight/", SnippetHighlight.as_view(),
                 name="snippet-highlight"),
            path("users/", linked(UserList, LinkedUserSerializer), name="user-list"),
            path("users/<int:pk>/", linked(UserDetail, LinkedUserSerializer), name="user-detail"),
        ]  # fmt: skip
        api = serve(*format_suffix_patterns(patterns))
        check_who_may(api)
        check_links(api)


# -- 6: view sets and routers --------------------------------------------------------------------


class UserViewSet(viewsets.ReadOnlyModelViewSet):
    """Lists and shows people."""

    queryset = User.objects.all().order_by("id")
    serializer_class = LinkedUserSerializer


class SnippetViewSet(viewsets.ModelViewSet):
    """Does everything with snippets, and shows one as a page."""

    queryset = Snippet.objects.all()
    serializer_class = LinkedSerializer
    permission_classes = [permissions.IsAuthenticatedOrReadOnly, IsOwnerOrReadOnly]

    @action(detail=True, renderer_classes=[renderers.StaticHTMLRenderer])
    def highlight(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_object().highlighted)

    def perform_create(self, serializer: Any) -> None:
        serializer.save(owner=self.request.user)


def part6() -> None:
    people()
    bound = SnippetViewSet.as_view({"get": "list", "post": "create"})
    assert bound.actions == {"get": "list", "post": "create"}
    router = DefaultRouter()
    router.register(r"snippets", SnippetViewSet, basename="snippet")
    router.register(r"users", UserViewSet, basename="user")
    with PAGES:
        api = serve(path("", include(router.urls)))
        check_who_may(api)
        assert api.get("/").json() == {
            "snippets": "http://testserver/snippets/", "users": "http://testserver/users/",
        }  # fmt: skip
        check_links(api)
        assert api.post("/users/", {"username": "x"}).status_code == 405


if __name__ == "__main__":
    call_command("makemigrations", "snippets", verbosity=0)
    call_command("migrate", verbosity=0)
    globals()[sys.argv[1]]()
    print(f"{sys.argv[1]} is well")
