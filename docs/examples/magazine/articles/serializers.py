"""What the API reads and answers."""

from typing import Any

from fastjango.rest import serializers

from .models import Article, Author, Tag

MAX_TAGS = 8


class AuthorSerializer(serializers.ModelSerializer):
    """An author."""

    class Meta:
        model = Author
        fields = ["name", "slug"]


class SummarySerializer(serializers.ModelSerializer):
    """An article in a list."""

    author = AuthorSerializer(read_only=True)
    tags = serializers.SlugRelatedField("slug", many=True, read_only=True)

    class Meta:
        model = Article
        fields = ["id", "title", "slug", "summary", "published", "author", "tags"]


class ArticleSerializer(SummarySerializer):
    """An article with its text."""

    comments = serializers.SerializerMethodField(help_text="How many there are")

    class Meta(SummarySerializer.Meta):
        fields = [*SummarySerializer.Meta.fields, "body", "comments"]

    async def get_comments(self, article: Article) -> int:
        """Count what readers said."""
        return await article.comments.acount()


class Written(serializers.ModelSerializer):
    """An article as it is written; the answer is the article as it is read."""

    title = serializers.CharField(min_length=3, max_length=160)

    async def ato_representation(self, instance: Article) -> Any:
        """Return what reading the article gives."""
        return await ArticleSerializer(instance, context=self.context).adata


class NewArticleSerializer(Written):
    """A new article."""

    author = serializers.SlugRelatedField(
        "slug", queryset=Author.objects.all(), help_text="The slug of an author"
    )
    tags = serializers.SlugRelatedField(
        "slug", many=True, required=False, queryset=Tag.objects.all(), help_text="Slugs of subjects"
    )

    class Meta:
        model = Article
        fields = ["title", "summary", "body", "author", "tags"]
        extra = "forbid"
        examples = [{"title": "On Trains", "body": "They are slow.", "author": "ada-quill"}]

    def validate_tags(self, value: list[Tag]) -> list[Tag]:
        """Refuse too many subjects."""
        if len(value) > MAX_TAGS:
            raise serializers.ValidationError(f"Name {MAX_TAGS} at most.", code="max_length")
        return value


class DeskArticleSerializer(Written):
    """An article of somebody who is logged in."""

    body = serializers.CharField(max_length=100_000)

    class Meta:
        model = Article
        fields = ["title", "body"]
