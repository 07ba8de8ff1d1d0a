"""FastJango: a view set on a router."""

from __future__ import annotations

import os

from fastjango.core import settings, setup

settings.configure(
    DEBUG=False, SECRET_KEY="x" * 50, ALLOWED_HOSTS=["*"], ROOT_URLCONF=(), USE_TZ=True,
    INSTALLED_APPS=["fastjango.http", "fastjango.orm", "fastjango.contenttypes",
                    "fastjango.auth", "fastjango.rest"],
    DATABASES={"default": {"ENGINE": "sqlite3", "NAME": os.environ["BENCH_DATABASE"]}},
)  # fmt: skip
setup()

from fastjango.http import FastJango  # noqa: E402
from fastjango.orm import models  # noqa: E402
from fastjango.rest import mixins, serializers, viewsets  # noqa: E402
from fastjango.rest.renderers import JSONRenderer  # noqa: E402
from fastjango.rest.routers import SimpleRouter  # noqa: E402


class Author(models.Model):
    name = models.CharField(max_length=100)
    email = models.EmailField()

    class Meta:
        app_label, db_table = "orm", "shop_author"


class Tag(models.Model):
    name = models.CharField(max_length=50)

    class Meta:
        app_label, db_table = "orm", "shop_tag"
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
        app_label, db_table = "orm", "shop_article"


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
    renderer_classes = [JSONRenderer]

    def get_queryset(self):
        return Article.objects.filter(id__lte=100).order_by("id")

    def get_serializer_class(self):
        return ArticleSerializer if self.action == "list" else NewSerializer


router = SimpleRouter()
router.register("articles", ArticleViewSet, basename="article")
app = FastJango(urlpatterns=router.urls)
