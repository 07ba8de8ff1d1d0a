"""The addresses of the project: the magazine's pages, and its API below `/api`."""

from articles.api import router
from fastjango.http import include, path

urlpatterns = [
    path("", include("articles.urls")),
    path("api/", include(router)),
]
