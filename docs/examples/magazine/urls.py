"""The addresses of the project: the magazine's pages, accounts, and the API below `/api`."""

from articles.api import router as articles
from articles.desk import router as desk
from fastjango.auth.accounts import accounts_router
from fastjango.auth.jwt import jwt_router
from fastjango.http import include, path

urlpatterns = [
    path("", include("articles.urls")),
    path("account/", include("fastjango.auth.accounts.urls")),
    path("api/", include(articles.urls)),
    path("api/", include(desk.urls)),
    path("api/", include(accounts_router())),
    path("api/", include(jwt_router())),
]
