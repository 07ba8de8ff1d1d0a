"""Django REST framework's side of the serializer benchmark, with the queries tuned by hand."""

from __future__ import annotations

from collections.abc import Callable


def workloads() -> dict[str, Callable[[], bytes]]:
    """Return the calls by workload."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="benchmark-" + "x" * 50,
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "rest_dj"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        TIME_ZONE="UTC",
        USE_TZ=True,
    )
    django.setup()
    from django.db import connection
    from rest_dj.models import shop
    from rest_framework import serializers
    from rest_framework.renderers import JSONRenderer
    from rest_shop import fill, new_article, serializers_of

    fill(connection, shop)
    article, flat, entry = serializers_of(serializers, shop)
    rows = list(shop.Article.objects.order_by("id")[:20])
    made = new_article()
    render = JSONRenderer().render

    def create() -> bytes:
        serializer = entry(data=made())
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return bytes(render(serializer.data))

    def articles() -> bytes:
        queryset = shop.Article.objects.select_related("author").prefetch_related("tags")
        return bytes(render(article(queryset.order_by("id")[:100], many=True).data))

    return {
        "list of 100": articles,
        "20 flat rows": lambda: bytes(render(flat(rows, many=True).data)),
        "create": create,
    }
