"""FastJango's side of the serializer benchmark."""

from __future__ import annotations

from collections.abc import Callable


def workloads() -> dict[str, Callable[[], bytes]]:
    """Return the calls by workload."""
    from fastjango.core import settings, setup

    settings.configure(
        SECRET_KEY="benchmark-" + "x" * 50,
        INSTALLED_APPS=["fastjango.orm", "fastjango.rest", "rest_fj"],
        DATABASES={"default": {"ENGINE": "sqlite3", "NAME": ":memory:"}},
        TIME_ZONE="UTC",
    )
    setup()
    from fastjango.orm import connection
    from fastjango.rest import serializers
    from rest_fj.models import shop
    from rest_shop import fill, new_article, serializers_of

    fill(connection, shop)
    article, flat, entry = serializers_of(serializers, shop)
    rows = list(shop.Article.objects.order_by("id")[:20])
    made = new_article()

    def create() -> bytes:
        serializer = entry(data=made())
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return serializer.to_json()

    return {
        "list of 100": lambda: article(
            shop.Article.objects.order_by("id")[:100], many=True
        ).to_json(),
        "20 flat rows": lambda: flat(rows, many=True).to_json(),
        "create": create,
    }
