"""What is read and shown of articles and comments."""

from __future__ import annotations

import secrets
from typing import Any

from fastjango.orm import IntegrityError
from fastjango.orm.transaction import atomic
from fastjango.rest import serializers
from fastjango.values.text import slugify

from conduit.fields import Text
from users.serializers import shown_profile

from .models import Article, Comment, Tag, Tagging

MAX_TAGS = 50
RESERVED = frozenset({"feed"})  # `GET /articles/feed` is no article
TAKEN = serializers.ErrorDetail("has already been taken", "unique")


class ArticleInSerializer(serializers.Serializer):
    """An article as its author writes it."""

    title = Text(max_length=255)
    description = Text(max_length=10_000)
    body = Text(max_length=500_000, trim_whitespace=False)
    tagList = serializers.ListField(  # the document's name
        child=Text(max_length=100), required=False, max_length=MAX_TAGS
    )

    async def avalidate_title(self, title: str) -> str:
        """Refuse a title whose address is taken."""
        others = Article.objects.filter(slug=slug_of(title))
        if self.instance is not None:
            others = others.exclude(pk=self.instance.pk)
        if await others.aexists():
            raise serializers.ValidationError([TAKEN])
        return title

    async def acreate(self, validated_data: dict[str, Any]) -> Article:
        """Publish the article."""
        tags = validated_data.pop("tagList", [])
        title = validated_data["title"]
        try:
            async with atomic():
                article = await Article.objects.acreate(slug=new_slug(title), **validated_data)
                await set_tags(article, tags)
        except IntegrityError:
            raise serializers.ValidationError({"title": [TAKEN]}) from None
        return article

    async def aupdate(self, instance: Article, validated_data: dict[str, Any]) -> Article:
        """Change the article; a new title gives it a new address."""
        tags = validated_data.pop("tagList", None)
        title = validated_data.get("title", instance.title)
        if title != instance.title:
            instance.slug = new_slug(title)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        try:
            async with atomic():
                await instance.asave()
                if tags is not None:
                    await set_tags(instance, tags)
        except IntegrityError:
            raise serializers.ValidationError({"title": [TAKEN]}) from None
        return instance


def slug_of(title: str) -> str:
    """Return the address of a title, without anything that makes it unique."""
    return slugify(title, allow_unicode=True)[:255]


def new_slug(title: str) -> str:
    """Return the address of a title; one that makes none of its own gets it by lot."""
    slug = slug_of(title)
    if not slug or slug in RESERVED:
        slug = f"article-{secrets.token_hex(6)}"
    return slug


async def set_tags(article: Article, names: list[str]) -> None:
    """Give an article these tags, in this order."""
    wanted = list(dict.fromkeys(names))
    await Tagging.objects.filter(article=article).adelete()
    await Tag.objects.abulk_create([Tag(name=name) for name in wanted], ignore_conflicts=True)
    known = {tag.name: tag async for tag in Tag.objects.filter(name__in=wanted)}
    await Tagging.objects.abulk_create(
        [Tagging(article=article, tag=known[name]) for name in wanted]
    )


class AuthorField(serializers.Field):
    """The author of an article or comment, as the viewer sees them."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(source="*", read_only=True, **kwargs)

    def to_representation(self, value: Any) -> dict[str, Any]:
        """Return the profile."""
        return shown_profile(value.author, bool(value.author_followed))


class ArticleSerializer(serializers.ModelSerializer):
    """An article as everybody sees it; comes from `articles_for()`."""

    tagList = serializers.SerializerMethodField()  # the document's name
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)
    favorited = serializers.BooleanField(read_only=True)
    favoritesCount = serializers.IntegerField(source="favorites_count", read_only=True)
    author = AuthorField()

    class Meta:
        model = Article
        fields = [
            "slug", "title", "description", "body", "tagList", "createdAt", "updatedAt",
            "favorited", "favoritesCount", "author",
        ]  # fmt: skip

    def get_tagList(self, article: Article) -> list[str]:  # the field's name
        """Return the tags in the author's order."""
        return [tagging.tag.name for tagging in article.taggings.all()]


class ArticleSummarySerializer(ArticleSerializer):
    """An article in a list: without its text."""

    class Meta(ArticleSerializer.Meta):
        fields = [name for name in ArticleSerializer.Meta.fields if name != "body"]


class CommentInSerializer(serializers.Serializer):
    """A comment as its author writes it."""

    body = Text(max_length=100_000)


class CommentSerializer(serializers.ModelSerializer):
    """A comment as everybody sees it; comes from `comments_for()`."""

    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)
    author = AuthorField()

    class Meta:
        model = Comment
        fields = ["id", "createdAt", "updatedAt", "body", "author"]
