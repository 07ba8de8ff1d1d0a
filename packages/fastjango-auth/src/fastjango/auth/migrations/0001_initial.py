"""The tables of users, groups and permissions, as Django's first migration leaves them."""

from __future__ import annotations

import fastjango.auth.models
from fastjango.auth.validators import UnicodeUsernameValidator
from fastjango.core import timezone
from fastjango.orm import migrations, models


def _id() -> tuple[str, models.AutoField]:
    field = models.AutoField(
        verbose_name="ID", serialize=False, auto_created=True, primary_key=True
    )
    return "id", field


PERMISSION = migrations.CreateModel(
    name="Permission",
    fields=[
        _id(),
        ("name", models.CharField(max_length=50, verbose_name="name")),
        (
            "content_type",
            models.ForeignKey(
                to="contenttypes.ContentType",
                on_delete=models.CASCADE,
                verbose_name="content type",
            ),
        ),
        ("codename", models.CharField(max_length=100, verbose_name="codename")),
    ],
    options={
        "ordering": ["content_type__app_label", "content_type__model", "codename"],
        "unique_together": {("content_type", "codename")},
        "verbose_name": "permission",
        "verbose_name_plural": "permissions",
    },
    managers=[("objects", fastjango.auth.models.PermissionManager())],
)

GROUP = migrations.CreateModel(
    name="Group",
    fields=[
        _id(),
        ("name", models.CharField(unique=True, max_length=80, verbose_name="name")),
        (
            "permissions",
            models.ManyToManyField(to="auth.Permission", verbose_name="permissions", blank=True),
        ),
    ],
    options={"verbose_name": "group", "verbose_name_plural": "groups"},
    managers=[("objects", fastjango.auth.models.GroupManager())],
)

PERSON = [
    (
        "username",
        models.CharField(
            help_text="Required. 30 characters or fewer. Letters, digits and @/./+/-/_ only.",
            unique=True,
            max_length=30,
            verbose_name="username",
            validators=[UnicodeUsernameValidator()],
        ),
    ),
    ("first_name", models.CharField(max_length=30, verbose_name="first name", blank=True)),
    ("last_name", models.CharField(max_length=30, verbose_name="last name", blank=True)),
    ("email", models.EmailField(max_length=75, verbose_name="email address", blank=True)),
]

STATUS = [
    (
        "is_staff",
        models.BooleanField(
            default=False,
            help_text="Designates whether the user can log into this admin site.",
            verbose_name="staff status",
        ),
    ),
    (
        "is_active",
        models.BooleanField(
            default=True,
            verbose_name="active",
            help_text=(
                "Designates whether this user should be treated as active. Unselect this instead "
                "of deleting accounts."
            ),
        ),
    ),
    ("date_joined", models.DateTimeField(default=timezone.now, verbose_name="date joined")),
]

RIGHTS = [
    (
        "groups",
        models.ManyToManyField(
            to="auth.Group",
            verbose_name="groups",
            blank=True,
            related_name="user_set",
            related_query_name="user",
            help_text=(
                "The groups this user belongs to. A user will get all permissions granted to "
                "each of their groups."
            ),
        ),
    ),
    (
        "user_permissions",
        models.ManyToManyField(
            to="auth.Permission",
            verbose_name="user permissions",
            blank=True,
            help_text="Specific permissions for this user.",
            related_name="user_set",
            related_query_name="user",
        ),
    ),
]

USER = migrations.CreateModel(
    name="User",
    fields=[
        _id(),
        ("password", models.CharField(max_length=128, verbose_name="password")),
        (
            "last_login",
            models.DateTimeField(default=timezone.now, verbose_name="last login"),
        ),
        (
            "is_superuser",
            models.BooleanField(
                default=False,
                help_text=(
                    "Designates that this user has all permissions without explicitly assigning "
                    "them."
                ),
                verbose_name="superuser status",
            ),
        ),
        *PERSON,
        *STATUS,
        *RIGHTS,
    ],
    options={
        "swappable": "AUTH_USER_MODEL",
        "verbose_name": "user",
        "verbose_name_plural": "users",
    },
    managers=[("objects", fastjango.auth.models.UserManager())],  # pyright: ignore[reportUnknownArgumentType]  # of any user
)


class Migration(migrations.Migration):
    """Make the tables."""

    dependencies = [("contenttypes", "__first__")]

    operations = [PERMISSION, GROUP, USER]
