"""What the project needs to know about the magazine."""

from fastjango.core import AppConfig


class ArticlesConfig(AppConfig):
    """The app `articles`."""

    name = "articles"
    verbose_name = "Magazine"
