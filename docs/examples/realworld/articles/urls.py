"""Addresses of articles and what belongs to them."""

from fastjango.http import path

from . import views

collection = views.ArticleViewSet.as_view({"get": "list", "post": "create"})
single = views.ArticleViewSet.as_view({"get": "retrieve", "put": "update", "delete": "destroy"})
comments = views.CommentViewSet.as_view({"get": "list", "post": "create"})
comment = views.CommentViewSet.as_view({"delete": "destroy"})

urlpatterns = [
    path("articles", collection, name="articles"),
    path("articles/feed", views.FeedView.as_view(), name="feed"),
    path("articles/<str:slug>", single, name="article"),
    path("articles/<str:slug>/favorite", views.FavoriteView.as_view(), name="favorite"),
    path("articles/<str:slug>/comments", comments, name="comments"),
    path("articles/<str:slug>/comments/<str:id>", comment, name="comment"),
    path("tags", views.TagsView.as_view(), name="tags"),
]
