"""The addresses of the magazine."""

from fastjango.http import path

from . import views

app_name = "articles"

urlpatterns = [
    path("", views.front, name="front"),
    path("authors/", views.authors, name="authors"),
    path("authors/<slug:slug>/", views.author, name="author"),
    path("subjects/<slug:slug>/", views.tag, name="tag"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("articles/<slug:slug>/edit/", views.EditArticle.as_view(), name="edit"),
    path("write/", views.WriteArticle.as_view(), name="write"),
]
