"""The quickstart of REST framework with FastJango; run as `quickstart_site.py DATABASE`."""

from __future__ import annotations

import sys

from fastjango.core import settings, setup

settings.configure(
    SECRET_KEY="only-for-tests-" + "x" * 50,
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=[
        "fastjango.http", "fastjango.orm", "fastjango.templates", "fastjango.contenttypes",
        "fastjango.sessions", "fastjango.auth", "fastjango.rest",
    ],
    DATABASES={"default": {"ENGINE": "sqlite3", "NAME": sys.argv[1]}},
    MIDDLEWARE=[
        "fastjango.sessions.middleware.SessionMiddleware",
        "fastjango.http.middleware.csrf.CsrfViewMiddleware",
        "fastjango.auth.middleware.AuthenticationMiddleware",
    ],
    PASSWORD_HASHERS=["fastjango.auth.hashers.MD5PasswordHasher"],
    ROOT_URLCONF="__main__",
    REST_FRAMEWORK={
        "DEFAULT_PAGINATION_CLASS": "fastjango.rest.pagination.PageNumberPagination",
        "PAGE_SIZE": 10,
    },
)  # fmt: skip
setup()

from fastjango.auth.models import Group, User  # noqa: E402
from fastjango.core.management import call_command  # noqa: E402
from fastjango.http import include, path  # noqa: E402
from fastjango.rest import permissions, routers, serializers, viewsets  # noqa: E402
from fastjango.rest.testing import APIClient  # noqa: E402


class UserSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = User
        fields = ["url", "username", "email", "groups"]


class GroupSerializer(serializers.HyperlinkedModelSerializer):
    class Meta:
        model = Group
        fields = ["url", "name"]


class UserViewSet(viewsets.ModelViewSet):
    queryset = User.objects.all().order_by("-date_joined")
    serializer_class = UserSerializer
    permission_classes = [permissions.IsAuthenticated]


class GroupViewSet(viewsets.ModelViewSet):
    queryset = Group.objects.all().order_by("name")
    serializer_class = GroupSerializer
    permission_classes = [permissions.IsAuthenticated]


router = routers.DefaultRouter()
router.register(r"users", UserViewSet)
router.register(r"groups", GroupViewSet)

urlpatterns = [
    path("", include(router.urls)),
    path("api-auth/", include("fastjango.rest.urls", namespace="rest_framework")),
]


def main() -> None:
    """Do what the quickstart does from the command line."""
    call_command("migrate", verbosity=0)
    User.objects.create_superuser("admin", "admin@example.com", "password123")
    client = APIClient()
    refused = client.get("/users/")
    assert refused.status_code in (401, 403), refused.status_code
    assert client.login(username="admin", password="password123")
    assert client.get("/").json() == {
        "users": "http://testserver/users/", "groups": "http://testserver/groups/",
    }  # fmt: skip
    admin = {
        "url": "http://testserver/users/1/", "username": "admin",
        "email": "admin@example.com", "groups": [],
    }  # fmt: skip
    page = {"count": 1, "next": None, "previous": None, "results": [admin]}
    listed = client.get("/users/")
    assert listed.json() == page, listed.content
    made = client.post("/groups/", {"name": "editors"}, format="json")
    assert made.status_code == 201, made.content
    assert made.json() == {"url": "http://testserver/groups/1/", "name": "editors"}
    change = {"groups": ["http://testserver/groups/1/"]}
    changed = client.patch("/users/1/", change, format="json")
    assert changed.json() == {**admin, **change}, changed.content
    suffixed = client.get("/users.json").json()["results"][0]
    assert suffixed["url"] == "http://testserver/users/1.json", suffixed
    wrong = client.patch("/users/1/", {"groups": ["http://testserver/groups/9/"]}, format="json")
    assert wrong.status_code == 400, wrong.content
    assert wrong.json() == {"groups": ["Invalid hyperlink - Object does not exist."]}
    gone = client.delete("/groups/1/")
    assert (gone.status_code, gone.content) == (204, b"")
    print("quickstart is well")


if __name__ == "__main__":
    main()
