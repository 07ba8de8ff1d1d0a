"""Articles with ordered tags, comments, and who likes what."""

from __future__ import annotations

from typing import Any

from fastjango.core import settings
from fastjango.orm import models


class Tag(models.Model):
    """A word that articles are found by."""

    name = models.CharField(max_length=100, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Article(models.Model):
    """Something to read."""

    slug = models.CharField(max_length=255, unique=True)
    title = models.CharField(max_length=255)
    description = models.TextField()
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    author: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="articles"
    )
    favorited_by: Any = models.ManyToManyField(
        settings.AUTH_USER_MODEL, through="Favorite", related_name="favorites"
    )

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["-created_at", "-id"], name="articles_newest")]

    def __str__(self) -> str:
        return self.title


class Tagging(models.Model):
    """A tag of an article, in the order the author gave."""

    article: Any = models.ForeignKey(Article, models.CASCADE, related_name="taggings")
    tag: Any = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["article", "tag"], name="articles_tagging_once"),
        ]

    def __str__(self) -> str:
        return f"{self.tag_id} on {self.article_id}"


class Favorite(models.Model):
    """A user likes an article."""

    article: Any = models.ForeignKey(Article, models.CASCADE, related_name="likes")
    user: Any = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="likes")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["article", "user"], name="articles_favorite_once"),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} likes {self.article_id}"


class Comment(models.Model):
    """What a reader says about an article."""

    article: Any = models.ForeignKey(Article, models.CASCADE, related_name="comments")
    author: Any = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="comments"
    )
    body = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.body[:50]
