"""The JSON API: view sets on a router, documented by themselves, with pages for people."""

from typing import Any

from fastjango.core import timezone
from fastjango.rest import mixins, viewsets
from fastjango.rest.filters import DjangoFilterBackend, SearchFilter
from fastjango.rest.filtersets import CharFilter, FilterSet
from fastjango.rest.openapi import extend_schema
from fastjango.rest.pagination import PageNumberPagination
from fastjango.rest.request import Request
from fastjango.rest.response import Response
from fastjango.rest.routers import SimpleRouter
from fastjango.values.text import slugify

from .models import Article
from .serializers import ArticleSerializer, NewArticleSerializer, SummarySerializer


class Pages(PageNumberPagination):
    """Twenty to a page."""

    page_size = 20


class ArticleFilters(FilterSet):
    """Articles of one author or on one subject, by slug."""

    tag = CharFilter(field_name="tags__slug", help_text="The slug of a subject")
    author = CharFilter(field_name="author__slug", help_text="The slug of an author")


class ArticleViewSet(
    mixins.ListModelMixin,
    mixins.CreateModelMixin,
    mixins.RetrieveModelMixin,
    viewsets.GenericViewSet,
):
    """Articles, the newest first: everybody may read them and publish one."""

    queryset = Article.objects.all()
    lookup_field = "slug"
    authentication_classes = []
    pagination_class = Pages
    filter_backends = [DjangoFilterBackend, SearchFilter]
    filterset_class = ArticleFilters
    search_fields = ["title"]
    etags = True

    def get_serializer_class(self) -> Any:
        """Return what the action reads or answers."""
        kinds = {"list": SummarySerializer, "create": NewArticleSerializer}
        return kinds.get(self.action or "", ArticleSerializer)

    @extend_schema(request=NewArticleSerializer, responses={201: ArticleSerializer})
    async def create(self, request: Request) -> Response:
        """Publish an article at once, under a free address made of its title."""
        return await self.acreate(request)

    async def perform_create(self, serializer: Any) -> None:
        """Save the article with its address and time."""
        slug = await free_slug(serializer.validated_data["title"])
        await serializer.asave(slug=slug, published=timezone.now())


async def free_slug(title: str) -> str:
    """Return an address made of a title that no article has yet."""
    stem = slugify(title)[:160] or "article"
    taken = {slug async for slug in _slugs(stem)}
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _slugs(stem: str) -> Any:
    return Article.objects.filter(slug__startswith=stem).values_list("slug", flat=True)


router = SimpleRouter(trailing_slash=False)
router.register("articles", ArticleViewSet)
