"""The tables that the pages' examples speak of."""

from fastjango.auth.models import User
from fastjango.core import timezone
from fastjango.orm import models


class Tag(models.Model):
    name = models.CharField(max_length=40)


class Article(models.Model):
    title = models.CharField(max_length=100)
    slug = models.SlugField(unique=True)
    body = models.TextField()
    published = models.BooleanField(default=False)
    version = models.IntegerField(default=1)
    changed = models.DateTimeField(default=timezone.now)
    author = models.ForeignKey(User, on_delete=models.CASCADE, related_name="articles")
    tags = models.ManyToManyField(Tag, blank=True)

    def get_absolute_url(self):
        return f"/{self.slug}/"
