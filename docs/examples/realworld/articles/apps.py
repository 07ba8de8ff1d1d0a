"""The app of articles."""

from fastjango.core import AppConfig


class ArticlesConfig(AppConfig):
    """Articles, comments, favorites and tags."""

    name = "articles"
    label = "articles"
    default_auto_field = "django.db.models.BigAutoField"
