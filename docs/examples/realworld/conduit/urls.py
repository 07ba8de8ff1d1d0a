"""The addresses of the project: the document's, below `/api`."""

from fastjango.http import include, path

urlpatterns = [
    path("api/", include("users.urls")),
    path("api/", include("articles.urls")),
]
