"""Django with REST framework (`/articles/`) and with django-ninja (`/ninja/articles/`)."""

from __future__ import annotations

import os
import sys

import django
from django.conf import settings

settings.configure(
    DEBUG=False, SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF="django_app",
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_framework"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True, MIDDLEWARE=[],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3",
                           "NAME": os.environ["BENCH_DATABASE"], "CONN_MAX_AGE": None,
                           "OPTIONS": {"init_command": "PRAGMA synchronous = NORMAL"}}},
)  # fmt: skip
django.setup()
sys.modules["django_app"] = sys.modules[__name__]

from django.core.wsgi import get_wsgi_application  # noqa: E402
from django.db import models  # noqa: E402
from django.urls import include, path  # noqa: E402
from ninja import ModelSchema, NinjaAPI, Schema  # noqa: E402
from rest_framework import mixins, renderers, routers, serializers, viewsets  # noqa: E402


class Author(models.Model):
    name = models.CharField(max_length=100)
    email = models.EmailField()

    class Meta:
        app_label, db_table = "contenttypes", "shop_author"


class Tag(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label, db_table = "contenttypes", "shop_tag"
        ordering = ["id"]


class Article(models.Model):
    title = models.CharField(max_length=200)
    slug = models.SlugField(max_length=60)
    body = models.TextField()
    words = models.IntegerField(default=0)
    published = models.BooleanField(default=False)
    author = models.ForeignKey(Author, models.CASCADE, related_name="articles")
    tags = models.ManyToManyField(Tag, related_name="articles", blank=True,
                                  db_table="shop_article_tags")  # fmt: skip

    class Meta:
        app_label, db_table = "contenttypes", "shop_article"


def first_hundred():
    return (
        Article.objects.filter(id__lte=100)
        .order_by("id")
        .select_related("author")
        .prefetch_related("tags")
    )


class AuthorSerializer(serializers.ModelSerializer):
    class Meta:
        model = Author
        fields = ["id", "name", "email"]


class TagSerializer(serializers.ModelSerializer):
    class Meta:
        model = Tag
        fields = ["id", "name"]


class ArticleSerializer(serializers.ModelSerializer):
    author = AuthorSerializer(read_only=True)
    tags = TagSerializer(many=True, read_only=True)

    class Meta:
        model = Article
        fields = ["id", "title", "slug", "body", "words", "published", "author", "tags"]


class NewSerializer(serializers.ModelSerializer):
    class Meta:
        model = Article
        fields = ["id", "title", "slug", "body", "words", "published", "author"]


class ArticleViewSet(mixins.ListModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
    authentication_classes = []
    renderer_classes = [renderers.JSONRenderer]

    def get_queryset(self):
        return first_hundred()

    def get_serializer_class(self):
        return ArticleSerializer if self.action == "list" else NewSerializer


class AuthorOut(ModelSchema):
    class Meta:
        model = Author
        fields = ["id", "name", "email"]


class TagOut(ModelSchema):
    class Meta:
        model = Tag
        fields = ["id", "name"]


class ArticleOut(ModelSchema):
    author: AuthorOut
    tags: list[TagOut]

    class Meta:
        model = Article
        fields = ["id", "title", "slug", "body", "words", "published"]


class ArticleIn(Schema):
    title: str
    slug: str
    body: str
    words: int = 0
    published: bool = False
    author: int


class Created(ArticleIn):
    id: int

    @staticmethod
    def resolve_author(article):
        return article.author_id


api = NinjaAPI()


@api.get("/articles/", response=list[ArticleOut])
def list_articles(request):
    return first_hundred()


@api.post("/articles/", response={201: Created})
def create_article(request, new: ArticleIn):
    author = Author.objects.get(pk=new.author)
    return 201, Article.objects.create(**{**new.dict(), "author": author})


router = routers.SimpleRouter()
router.register("articles", ArticleViewSet, basename="article")
urlpatterns = [path("", include(router.urls)), path("ninja/", api.urls)]
application = get_wsgi_application()
