"""Articles, their comments, who likes them, and the tags there are."""

from __future__ import annotations

from typing import Any

from fastjango.orm import IntegrityError
from fastjango.rest.exceptions import ValidationError
from fastjango.rest.permissions import AllowAny, IsAuthenticated, IsAuthenticatedOrReadOnly
from fastjango.rest.response import Response
from fastjango.rest.views import APIView
from fastjango.rest.viewsets import ViewSet

from conduit.bodies import unwrap
from conduit.errors import Forbidden, Missing
from users.tokens import LenientTokenAuthentication, TokenAuthentication

from .models import Article, Comment, Favorite, Tag
from .queries import articles_for, comments_for
from .serializers import (
    ArticleInSerializer,
    ArticleSerializer,
    ArticleSummarySerializer,
    CommentInSerializer,
    CommentSerializer,
)

DEFAULT_LIMIT = 20
MAX_LIMIT = 1000
MAX_OFFSET = 2**31


async def article_or_404(viewer: Any, slug: str) -> Any:
    """Return an article as somebody sees it.

    Raises:
        Missing: There is none.
    """
    article = await articles_for(viewer).filter(slug=slug).afirst()
    if article is None:
        raise Missing("article")
    return article


async def shown_article(viewer: Any, slug: str) -> Response:
    """Return the answer with one article."""
    article = await article_or_404(viewer, slug)
    return Response({"article": await ArticleSerializer(article).adata})


def number(request: Any, name: str, default: int, least: int, most: int) -> int:
    """Return a number from the query string; too large ones count as the largest.

    Raises:
        ValidationError: It is no number, or too small.
    """
    text = request.query_params.get(name)
    if text is None:
        return default
    digits = text.removeprefix("-")
    if not digits.isascii() or not digits.isdecimal():
        raise ValidationError({name: ["is not a number"]})
    value = int(text) if len(digits) < 19 else (most if digits == text else -1)
    if value < least:
        raise ValidationError({name: [f"must be at least {least}"]})
    return min(value, most)


async def page(request: Any, articles: Any) -> Response:
    """Return the answer with a part of some articles, and how many there are."""
    offset = number(request, "offset", 0, 0, MAX_OFFSET)
    limit = number(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
    count = await articles.acount()
    found = [article async for article in articles[offset : offset + limit]]
    shown = await ArticleSummarySerializer(found, many=True).adata
    return Response({"articles": shown, "articlesCount": count})


class ArticleViewSet(ViewSet):
    """`/articles` and `/articles/<slug>`."""

    permission_classes = [IsAuthenticatedOrReadOnly]

    def get_authenticators(self) -> list[Any]:
        """Return the authenticators: a wrong token keeps nobody from reading an article."""
        reads_one = "slug" in self.kwargs and self.request.method in ("GET", "HEAD")
        return [LenientTokenAuthentication() if reads_one else TokenAuthentication()]

    async def list(self, request: Any) -> Response:
        """Return articles, the newest first."""
        articles = articles_for(request.user)
        lookups = {
            "tag": "taggings__tag__name",
            "author": "author__username",
            "favorited": "likes__user__username",
        }
        for name, lookup in lookups.items():
            if name in request.query_params:
                # Apart from the rows shown, whose likes are counted.
                matching = Article.objects.filter(**{lookup: request.query_params[name]})
                articles = articles.filter(pk__in=matching.values("pk"))
        return await page(request, articles)

    async def create(self, request: Any) -> Response:
        """Publish an article."""
        serializer = ArticleInSerializer(data=unwrap(request, "article"))
        await serializer.ais_valid(raise_exception=True)
        article = await serializer.asave(author=request.user)
        answer = await shown_article(request.user, article.slug)
        answer.status_code = 201
        return answer

    async def retrieve(self, request: Any, slug: str) -> Response:
        """Return one article."""
        return await shown_article(request.user, slug)

    async def update(self, request: Any, slug: str) -> Response:
        """Change what the body names of an own article."""
        article = await self.own(request, slug)
        serializer = ArticleInSerializer(article, data=unwrap(request, "article"), partial=True)
        await serializer.ais_valid(raise_exception=True)
        article = await serializer.asave()
        return await shown_article(request.user, article.slug)

    async def destroy(self, request: Any, slug: str) -> Response:
        """Delete an own article."""
        article = await self.own(request, slug)
        await article.adelete()
        return Response(status=204)

    async def own(self, request: Any, slug: str) -> Any:
        """Return an article that belongs to who asks.

        Raises:
            Missing: There is none.
            Forbidden: It is somebody else's.
        """
        article = await article_or_404(request.user, slug)
        if article.author_id != request.user.pk:
            raise Forbidden("article")
        return article


class FeedView(APIView):
    """`GET /articles/feed`."""

    permission_classes = [IsAuthenticated]

    async def get(self, request: Any) -> Response:
        """Return articles by those whom one follows, the newest first."""
        followed = request.user.follows.values("followed_id")
        return await page(request, articles_for(request.user).filter(author_id__in=followed))


class FavoriteView(APIView):
    """`POST` and `DELETE /articles/<slug>/favorite`."""

    permission_classes = [IsAuthenticated]

    async def post(self, request: Any, slug: str) -> Response:
        """Like an article; doing so twice changes nothing."""
        article = await article_or_404(request.user, slug)
        try:
            await Favorite.objects.aget_or_create(article_id=article.pk, user=request.user)
        except IntegrityError:
            # The article was deleted meanwhile.
            raise Missing("article") from None
        return await shown_article(request.user, slug)

    async def delete(self, request: Any, slug: str) -> Response:
        """Like an article no more."""
        article = await article_or_404(request.user, slug)
        await Favorite.objects.filter(article_id=article.pk, user=request.user).adelete()
        return await shown_article(request.user, slug)


class CommentViewSet(ViewSet):
    """`/articles/<slug>/comments` and `/articles/<slug>/comments/<id>`."""

    permission_classes = [IsAuthenticatedOrReadOnly]

    async def list(self, request: Any, slug: str) -> Response:
        """Return the comments of an article, the oldest first."""
        article = await article_or_404(request.user, slug)
        found = [one async for one in comments_for(request.user).filter(article_id=article.pk)]
        return Response({"comments": await CommentSerializer(found, many=True).adata})

    async def create(self, request: Any, slug: str) -> Response:
        """Say something about an article."""
        article = await article_or_404(request.user, slug)
        serializer = CommentInSerializer(data=unwrap(request, "comment"))
        await serializer.ais_valid(raise_exception=True)
        try:
            made = await Comment.objects.acreate(
                article_id=article.pk, author=request.user, **serializer.validated_data
            )
        except IntegrityError:
            raise Missing("article") from None
        comment = await comments_for(request.user).aget(pk=made.pk)
        return Response({"comment": await CommentSerializer(comment).adata}, status=201)

    async def destroy(self, request: Any, slug: str, id: str) -> Response:
        """Delete an own comment."""
        article = await article_or_404(request.user, slug)
        if not id.isascii() or not id.isdecimal() or len(id) > 18:
            raise Missing("comment")
        comment = await Comment.objects.filter(article_id=article.pk, pk=int(id)).afirst()
        if comment is None:
            raise Missing("comment")
        if comment.author_id != request.user.pk:
            raise Forbidden("comment")
        await comment.adelete()
        return Response(status=204)


class TagsView(APIView):
    """`GET /tags`."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    async def get(self, request: Any) -> Response:
        """Return the tags that articles have."""
        used = Tag.objects.filter(taggings__isnull=False).distinct().order_by("name")
        return Response({"tags": [name async for name in used.values_list("name", flat=True)]})
