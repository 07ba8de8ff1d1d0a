"""Models of the serializers' tests, for FastJango and (made by `declare`) for Django alike."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def declare(models: Any, label: str, module: str) -> SimpleNamespace:
    """Declare the models with one framework's `models` module."""

    def meta(**options: Any) -> type:
        return type("Meta", (), {"app_label": label, **options})

    class Author(models.Model):
        name = models.CharField(max_length=50, unique=True)
        email = models.EmailField(blank=True)
        born = models.DateField(null=True, blank=True)
        Meta = meta(ordering=["id"])
        __module__ = module

        def __str__(self) -> str:
            return self.name

        def greeting(self) -> str:
            return f"Hello, {self.name}"

        @property
        def initials(self) -> str:
            return self.name[:1]

    class Tag(models.Model):
        name = models.SlugField(max_length=20, unique=True)
        Meta = meta(ordering=["id"])
        __module__ = module

        def __str__(self) -> str:
            return self.name

    class Article(models.Model):
        title = models.CharField("headline", max_length=100, help_text="Shown on top.")
        slug = models.SlugField(max_length=40, unique=True)
        body = models.TextField(blank=True)
        status = models.CharField(
            max_length=10, choices=[("draft", "Draft"), ("live", "Live")], default="draft"
        )
        level = models.IntegerField(choices=[(1, "Low"), (2, "High")], default=1)
        rating = models.FloatField(null=True, blank=True)
        price = models.DecimalField(max_digits=6, decimal_places=2, default=0)
        words = models.PositiveIntegerField(default=0)
        big = models.BigIntegerField(null=True, blank=True)
        featured = models.BooleanField(default=False)
        published = models.DateTimeField(null=True, blank=True)
        opened = models.TimeField(null=True, blank=True)
        took = models.DurationField(null=True, blank=True)
        key = models.UUIDField(null=True, blank=True)
        extra = models.JSONField(null=True, blank=True)
        address = models.GenericIPAddressField(null=True, blank=True)
        link = models.URLField(blank=True)
        created = models.DateTimeField(auto_now_add=True)
        author = models.ForeignKey(Author, models.CASCADE, related_name="articles")
        editor = models.ForeignKey(
            Author, models.SET_NULL, null=True, blank=True, related_name="edited"
        )
        tags = models.ManyToManyField(Tag, blank=True, related_name="articles")
        Meta = meta(ordering=["id"])
        __module__ = module

        def __str__(self) -> str:
            return self.title

    class Profile(models.Model):
        author = models.OneToOneField(Author, models.CASCADE, related_name="profile")
        bio = models.CharField(max_length=100, blank=True)
        site = models.URLField(unique=True, null=True, blank=True)
        Meta = meta()
        __module__ = module

    class Comment(models.Model):
        article = models.ForeignKey(Article, models.CASCADE, related_name="comments")
        text = models.CharField(max_length=100)
        slug = models.SlugField(unique=True, null=True, blank=True)
        Meta = meta(ordering=["id"])
        __module__ = module

    class Booking(models.Model):
        room = models.IntegerField()
        day = models.DateField()
        guest = models.CharField(max_length=20, unique_for_date="day", unique_for_year="day")
        nick = models.CharField(max_length=20, blank=True, unique_for_month="day")
        active = models.BooleanField(default=True)
        note = models.CharField(max_length=20, null=True, blank=True)
        Meta = meta(
            unique_together=[("room", "day")],
            constraints=[
                models.UniqueConstraint(
                    fields=["guest", "room"],
                    condition=models.Q(active=True),
                    name="active_guest",
                    violation_error_message="This guest has the room.",
                    violation_error_code="taken",
                ),
                models.UniqueConstraint(fields=["note", "nick"], name="one_note"),
            ],
        )
        __module__ = module

    return SimpleNamespace(
        Author=Author,
        Tag=Tag,
        Article=Article,
        Profile=Profile,
        Comment=Comment,
        Booking=Booking,
        all=[Author, Tag, Article, Profile, Comment, Booking],
    )
