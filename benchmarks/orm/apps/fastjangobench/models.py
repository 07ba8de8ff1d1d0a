"""The benchmark's models, for FastJango."""

from __future__ import annotations

from fastjango.orm import models
from tables import declare

made = declare(models, __name__)
World, Fortune, Article, Note = made.World, made.Fortune, made.Article, made.Note
