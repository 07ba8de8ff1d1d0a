"""Users with a profile, and who follows whom."""

from __future__ import annotations

from typing import Any

from fastjango.auth.models import AbstractUser
from fastjango.orm import models
from fastjango.orm.models.functions import Lower
from fastjango.values.validators import RegexValidator

# Names stand in addresses, where a slash or a dot alone would mean another one.
name_validator = RegexValidator(
    r"\A(?!\.{1,2}\Z)[^/\\?#%\x00-\x1f\x7f]+\Z", "is invalid", "invalid"
)


class User(AbstractUser):
    """An account; it logs in with its address of e-mail."""

    username = models.CharField(max_length=150, unique=True, validators=[name_validator])
    email = models.EmailField(unique=True)
    bio = models.TextField(null=True, blank=True)
    image = models.TextField(null=True, blank=True)
    following: Any = models.ManyToManyField(
        "self", through="Follow", symmetrical=False, related_name="followers"
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="users_user_email_any_case"),
        ]

    def __str__(self) -> str:
        return self.username


class Follow(models.Model):
    """One user follows another."""

    follower: Any = models.ForeignKey(User, models.CASCADE, related_name="follows")
    followed: Any = models.ForeignKey(User, models.CASCADE, related_name="followed_by")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["follower", "followed"], name="users_follow_once"),
        ]

    def __str__(self) -> str:
        return f"{self.follower_id} follows {self.followed_id}"
