"""Rows of the benchmark's tables."""

from __future__ import annotations

from django.db import models


class World(models.Model):
    """A row to read and change."""

    id = models.IntegerField(primary_key=True)
    number = models.IntegerField()

    class Meta:
        db_table = "world"


class Fortune(models.Model):
    """A row of the page."""

    id = models.IntegerField(primary_key=True)
    message = models.CharField(max_length=200)

    class Meta:
        db_table = "fortune"


class Author(models.Model):
    """Writes articles."""

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=50)

    class Meta:
        db_table = "author"


class Tag(models.Model):
    """Marks articles."""

    id = models.IntegerField(primary_key=True)
    name = models.CharField(max_length=50)

    class Meta:
        db_table = "tag"


class Article(models.Model):
    """Has an author and tags."""

    id = models.IntegerField(primary_key=True)
    title = models.CharField(max_length=100)
    body = models.TextField()
    author = models.ForeignKey(Author, on_delete=models.CASCADE)
    tags = models.ManyToManyField(Tag, db_table="article_tags")

    class Meta:
        db_table = "article"


class Note(models.Model):
    """A row to insert."""

    text = models.CharField(max_length=100)

    class Meta:
        db_table = "note"
