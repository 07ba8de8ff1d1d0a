"""The models of FastJango and of Django: the same source, the `models` module passed in."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def declare(models: Any, module: str) -> SimpleNamespace:
    """Declare the models of the benchmark's tables.

    Args:
        models: The module of one framework.
        module: The module in whose application they are.
    """

    class World(models.Model):
        """A row to read and change."""

        id = models.IntegerField(primary_key=True)
        number = models.IntegerField()
        __module__ = module

        class Meta:
            db_table = "world"

    class Fortune(models.Model):
        """A row of the page."""

        id = models.IntegerField(primary_key=True)
        message = models.CharField(max_length=200)
        __module__ = module

        class Meta:
            db_table = "fortune"

    class Author(models.Model):
        """Writes articles."""

        id = models.IntegerField(primary_key=True)
        name = models.CharField(max_length=50)
        __module__ = module

        class Meta:
            db_table = "author"

    class Tag(models.Model):
        """Marks articles."""

        id = models.IntegerField(primary_key=True)
        name = models.CharField(max_length=50)
        __module__ = module

        class Meta:
            db_table = "tag"

    class Article(models.Model):
        """Has an author and tags."""

        id = models.IntegerField(primary_key=True)
        title = models.CharField(max_length=100)
        body = models.TextField()
        author = models.ForeignKey(Author, on_delete=models.CASCADE)
        tags = models.ManyToManyField(Tag, db_table="article_tags")
        __module__ = module

        class Meta:
            db_table = "article"

    class Note(models.Model):
        """A row to insert."""

        id = models.AutoField(primary_key=True)
        text = models.CharField(max_length=100)
        __module__ = module

        class Meta:
            db_table = "note"

    return SimpleNamespace(World=World, Fortune=Fortune, Article=Article, Note=Note)
