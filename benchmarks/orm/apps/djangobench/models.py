"""The benchmark's models, for Django."""

from __future__ import annotations

from django.db import models
from tables import declare

made = declare(models, __name__)
World, Fortune, Article, Note = made.World, made.Fortune, made.Article, made.Note
