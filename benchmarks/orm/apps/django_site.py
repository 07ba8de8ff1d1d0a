"""Django with synchronous views, under gunicorn's threads."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings
from pages import FILE, PAGE, PARTS, VENDOR, page, some_id, some_start

DATABASE: dict[str, Any] = {"ENGINE": "django.db.backends.sqlite3", "NAME": FILE}
if VENDOR == "postgresql":
    DATABASE = {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": PARTS.path[1:],
        "USER": PARTS.username,
        "HOST": PARTS.hostname,
        "PORT": str(PARTS.port),
    }
else:
    DATABASE["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 10,
        "init_command": "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL",
    }
settings.configure(
    SECRET_KEY="only for the benchmark",
    DATABASES={"default": {**DATABASE, "CONN_MAX_AGE": None}},
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["djangobench"],
    ROOT_URLCONF=__name__,
    MIDDLEWARE=[],
    LOGGING_CONFIG=None,
)
django.setup()

from django.core.wsgi import get_wsgi_application  # noqa: E402 - settings come first
from django.http import HttpResponse, JsonResponse  # noqa: E402 - settings come first
from django.urls import path  # noqa: E402 - settings come first
from djangobench.models import Article, Fortune, Note, World  # noqa: E402 - settings come first


def one(request: Any) -> Any:
    """Read one row."""
    world = World.objects.get(pk=some_id())
    return JsonResponse({"id": world.id, "number": world.number})


def queries(request: Any) -> Any:
    """Read twenty rows, one by one."""
    found = [World.objects.get(pk=some_id()) for _ in range(20)]
    return JsonResponse([{"id": w.id, "number": w.number} for w in found], safe=False)


def updates(request: Any) -> Any:
    """Read and change twenty rows, one by one."""
    found = [World.objects.get(pk=some_id()) for _ in range(20)]
    for world in found:
        world.number = some_id()
        world.save(update_fields=["number"])
    return JsonResponse([{"id": w.id, "number": w.number} for w in found], safe=False)


def fortunes(request: Any) -> Any:
    """Render the page."""
    return HttpResponse(page([(f.id, f.message) for f in Fortune.objects.all()]))


def articles(request: Any) -> Any:
    """List a hundred articles with author and tags."""
    query = Article.objects.filter(pk__gt=some_start()).order_by("pk")
    query = query.select_related("author").prefetch_related("tags")[:PAGE]
    answer = [
        {
            "id": article.id,
            "title": article.title,
            "body": article.body,
            "author": {"id": article.author.id, "name": article.author.name},
            "tags": [{"id": tag.id, "name": tag.name} for tag in article.tags.all()],
        }
        for article in query
    ]
    return JsonResponse(answer, safe=False)


def insert(request: Any) -> Any:
    """Insert a row."""
    Note.objects.create(text="a note")
    return JsonResponse({"done": True})


urlpatterns = [
    path("row", one),
    path("queries", queries),
    path("updates", updates),
    path("fortunes", fortunes),
    path("articles", articles),
    path("insert", insert),
]
wsgi = get_wsgi_application()
