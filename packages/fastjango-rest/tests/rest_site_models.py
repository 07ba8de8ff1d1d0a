"""Views on the shop's models, for tests that ask an application from the outside."""

from __future__ import annotations

from typing import Any

from fastjango.rest import serializers
from rest_sides import ours

shop = ours().models


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Tag
        fields = ["id", "name"]


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Author
        fields = ["id", "name", "email"]


class ArticleSerializer(serializers.ModelSerializer):
    class Meta:
        model = shop.Article
        fields = ["id", "title", "slug", "status", "words", "big", "rating", "extra", "author",
                  "tags"]  # fmt: skip


def clear() -> None:
    """Delete every row."""
    for model in reversed(shop.all):
        model.objects.all().delete()


def fill(count: int = 3) -> Any:
    """Make one author and some tags, and return the author."""
    author = shop.Author.objects.create(id=1, name="Ann")
    for number in range(1, count + 1):
        shop.Tag.objects.create(id=number, name=f"t{number}")
    return author
