"""The writers' desk: everybody with an account keeps articles of their own; the staff sees all.

Requests show who they are by the session of a browser or by `Authorization: Bearer`: the handlers
ask for the user by a dependency of FastAPI's.
"""

from typing import Annotated, Any

from fastapi import Depends
from fastjango.auth.dependencies import require_user
from fastjango.core import timezone
from fastjango.http import Http404
from fastjango.rest.exceptions import NotFound
from fastjango.rest.generics import aget_object_or_404
from fastjango.rest.openapi import extend_schema
from fastjango.rest.request import Request
from fastjango.rest.response import Response
from fastjango.rest.routers import SimpleRouter
from fastjango.rest.viewsets import GenericViewSet

from .api import free_slug
from .models import Article, Author
from .serializers import ArticleSerializer, DeskArticleSerializer, SummarySerializer

User = Annotated[Any, Depends(require_user)]


def _visible(user: Any) -> Any:
    """Return the articles that a user may see here: an id of another's is as unknown as none."""
    found = Article.objects.select_related("author", "owner").prefetch_related("tags")
    return found if user.is_staff else found.filter(owner=user)


async def _article(user: Any, pk: str) -> Article:
    try:
        article: Article = await aget_object_or_404(_visible(user), pk=pk)
    except Http404:
        raise NotFound("You have no such article.") from None
    return article


class DeskViewSet(GenericViewSet):
    """Articles of one's own."""

    queryset = Article.objects.all()
    serializer_class = DeskArticleSerializer
    authentication_classes = []

    @extend_schema(responses=list[SummarySerializer])
    async def list(self, request: Request, user: User) -> Response:
        """Return the newest 50 of the articles that the user may change."""
        return Response(await SummarySerializer(_visible(user)[:50], many=True).adata)

    @extend_schema(responses={201: ArticleSerializer})
    async def create(self, request: Request, user: User) -> Response:
        """Publish an article at once; the user is its owner, and an author from now on."""
        serializer = self.get_serializer(data=request.data)
        await serializer.ais_valid(raise_exception=True)
        author, _made = await Author.objects.aget_or_create(
            slug=f"user-{user.pk}", defaults={"name": user.get_username()}
        )
        await serializer.asave(
            slug=await free_slug(serializer.validated_data["title"]),
            published=timezone.now(), author=author, owner=user,
        )  # fmt: skip
        return Response(await serializer.adata, status=201)

    @extend_schema(responses=ArticleSerializer)
    async def update(self, request: Request, pk: str, user: User) -> Response:
        """Change title and text."""
        article = await _article(user, pk)
        serializer = self.get_serializer(article, data=request.data)
        await serializer.ais_valid(raise_exception=True)
        await serializer.asave()
        return Response(await serializer.adata)

    async def destroy(self, request: Request, pk: str, user: User) -> Response:
        """Delete an article."""
        await (await _article(user, pk)).adelete()
        return Response(status=204)


router = SimpleRouter(trailing_slash=False)
router.register("desk", DeskViewSet, basename="desk")
