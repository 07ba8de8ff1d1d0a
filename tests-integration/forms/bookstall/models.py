"""The tables of the tests: books with authors, tags and pages."""

import datetime

from fastjango.core.exceptions import ValidationError
from fastjango.orm import models


class Author(models.Model):
    name = models.CharField(max_length=40, unique=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Book(models.Model):
    KINDS = [("n", "novel"), ("p", "poems")]

    title = models.CharField(max_length=40)
    slug = models.SlugField(unique_for_year="published")
    author = models.ForeignKey(Author, models.CASCADE, limit_choices_to=~models.Q(name="Nobody"))
    tags = models.ManyToManyField(Tag, blank=True)
    published = models.DateField(default=datetime.date(2020, 1, 1))
    price = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    kind = models.CharField(max_length=1, choices=KINDS, default="n")
    secret = models.CharField(max_length=10, editable=False, default="s")

    class Meta:
        ordering = ["title"]
        constraints = [
            models.UniqueConstraint(fields=["title", "author"], name="one_title"),
            models.CheckConstraint(condition=models.Q(price__gte=0), name="not_below_zero"),
            models.UniqueConstraint(
                "kind",
                "title",
                name="one_kind",
                violation_error_message="Kind and title are taken.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        if self.title == "Forbidden":
            raise ValidationError({"title": "This title is on the index."})

    def get_absolute_url(self) -> str:
        return f"/books/{self.pk}/"


class Page(models.Model):
    book = models.ForeignKey(Book, models.CASCADE, related_name="pages")
    number = models.IntegerField()
    text = models.TextField(blank=True)

    class Meta:
        ordering = ["number"]
        unique_together = [("book", "number")]

    def __str__(self) -> str:
        return f"page {self.number}"
