"""Articles and comments with everything that is shown of them, in a fixed number of queries."""

from __future__ import annotations

from typing import Any

from fastjango.orm import models
from fastjango.orm.models import Count, Exists, OuterRef, Prefetch, Value

from users.models import Follow

from .models import Article, Comment, Favorite, Tagging


def _follows(viewer: Any) -> Any:
    """Return whether the viewer follows the author of a row."""
    if not viewer.is_authenticated:
        return Value(False, output_field=models.BooleanField())
    return Exists(Follow.objects.filter(follower=viewer, followed=OuterRef("author_id")))


def _likes(viewer: Any) -> Any:
    if not viewer.is_authenticated:
        return Value(False, output_field=models.BooleanField())
    return Exists(Favorite.objects.filter(user=viewer, article=OuterRef("pk")))


def articles_for(viewer: Any) -> Any:
    """Return articles with author, tags and what the viewer thinks of them."""
    taggings = Tagging.objects.select_related("tag").order_by("id")
    return (
        Article.objects.select_related("author")
        .prefetch_related(Prefetch("taggings", queryset=taggings))
        .annotate(
            favorites_count=Count("likes", distinct=True),
            favorited=_likes(viewer),
            author_followed=_follows(viewer),
        )
        .order_by("-created_at", "-id")
    )


def comments_for(viewer: Any) -> Any:
    """Return comments with their authors."""
    return (
        Comment.objects.select_related("author")
        .annotate(author_followed=_follows(viewer))
        .order_by("id")
    )
