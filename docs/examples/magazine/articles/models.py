"""The tables of the magazine."""

from fastjango.core import settings
from fastjango.http import reverse
from fastjango.orm import models


class Author(models.Model):
    """Somebody who writes."""

    name = models.CharField(max_length=100)
    slug = models.SlugField(max_length=100, unique=True)
    about = models.TextField(blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the author's page."""
        return reverse("articles:author", kwargs={"slug": self.slug})


class Tag(models.Model):
    """A subject."""

    name = models.CharField(max_length=40, unique=True)
    slug = models.SlugField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the subject's page."""
        return reverse("articles:tag", kwargs={"slug": self.slug})


class Article(models.Model):
    """Something to read."""

    title = models.CharField(max_length=160)
    slug = models.SlugField(max_length=180, unique=True)
    summary = models.CharField(max_length=300, blank=True)
    body = models.TextField()
    published = models.DateTimeField(db_index=True)
    author = models.ForeignKey(Author, on_delete=models.PROTECT, related_name="articles")
    tags = models.ManyToManyField(Tag, related_name="articles", blank=True)
    # Who posted it and may change it, beside the staff.
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )

    class Meta:
        ordering = ["-published", "-pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Return the address of the article's page."""
        return reverse("articles:article", kwargs={"slug": self.slug})


class Comment(models.Model):
    """What a reader said about an article."""

    article = models.ForeignKey(Article, on_delete=models.CASCADE, related_name="comments")
    name = models.CharField(max_length=60)
    text = models.TextField(max_length=2000)
    written = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["written", "pk"]

    def __str__(self) -> str:
        return f"{self.name} on {self.written:%Y-%m-%d}"
