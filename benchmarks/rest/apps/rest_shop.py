"""The models and serializers of the serializer benchmark, for both ORMs."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any


def declare(models: Any, module: str) -> SimpleNamespace:
    """Declare the models with one framework's `models` module."""

    class Author(models.Model):
        name = models.CharField(max_length=100)
        email = models.EmailField()
        __module__ = module

    class Tag(models.Model):
        name = models.CharField(max_length=50)
        __module__ = module

    class Article(models.Model):
        title = models.CharField(max_length=200)
        slug = models.SlugField(max_length=60)
        body = models.TextField()
        words = models.IntegerField(default=0)
        published = models.BooleanField(default=False)
        created = models.DateTimeField(auto_now_add=True)
        author = models.ForeignKey(Author, models.CASCADE, related_name="articles")
        tags = models.ManyToManyField(Tag, related_name="articles", blank=True)
        __module__ = module

    return SimpleNamespace(Author=Author, Tag=Tag, Article=Article)


def fill(connection: Any, shop: SimpleNamespace) -> None:
    """Make the tables, and 100 articles of 10 authors with 3 tags each."""
    with connection.schema_editor() as editor:
        for model in (shop.Author, shop.Tag, shop.Article):
            editor.create_model(model)
    authors = [
        shop.Author.objects.create(name=f"Author {i}", email=f"a{i}@example.com") for i in range(10)
    ]
    tags = [shop.Tag.objects.create(name=f"tag-{i}") for i in range(20)]
    for i in range(100):
        article = shop.Article.objects.create(
            title=f"Title {i}", slug=f"title-{i}", body="A body of words. " * 10, words=i,
            author=authors[i % 10],
        )  # fmt: skip
        article.tags.set([tags[i % 20], tags[(i + 1) % 20], tags[(i + 2) % 20]])


def serializers_of(serializers: Any, shop: SimpleNamespace) -> tuple[Any, Any, Any]:
    """Return the serializers of the list, of flat rows and of input."""

    class AuthorSerializer(serializers.ModelSerializer):
        class Meta:
            model = shop.Author
            fields = ["id", "name", "email"]

    class TagSerializer(serializers.ModelSerializer):
        class Meta:
            model = shop.Tag
            fields = ["id", "name"]

    class ArticleSerializer(serializers.ModelSerializer):
        author = AuthorSerializer(read_only=True)
        tags = TagSerializer(many=True, read_only=True)

        class Meta:
            model = shop.Article
            fields = ["id", "title", "slug", "body", "words", "published", "created", "author",
                      "tags"]  # fmt: skip

    class FlatSerializer(serializers.ModelSerializer):
        class Meta:
            model = shop.Article
            fields = ["id", "title", "slug", "body", "words", "published", "created"]

    class InputSerializer(serializers.ModelSerializer):
        class Meta:
            model = shop.Article
            fields = ["id", "title", "slug", "body", "words", "published", "author"]

    return ArticleSerializer, FlatSerializer, InputSerializer


def new_article() -> Callable[[], dict[str, Any]]:
    """Return a function that gives the input of another article."""
    numbers = itertools.count(1000)
    return lambda: {
        "title": "New",
        "slug": f"new-{next(numbers)}",
        "body": "A body of words. " * 10,
        "words": 40,
        "published": True,
        "author": 1,
    }
