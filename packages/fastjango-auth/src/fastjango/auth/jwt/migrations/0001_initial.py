"""The table of logins by token."""

from fastjango.core import settings
from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Make the table."""

    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="TokenLogin",
            fields=[
                (
                    "id",
                    models.CharField(
                        max_length=32, primary_key=True, serialize=False, verbose_name="id"
                    ),
                ),
                (
                    "current",
                    models.CharField(max_length=32, verbose_name="current refresh token"),
                ),
                (
                    "auth_hash",
                    models.CharField(max_length=64, verbose_name="hash of the password"),
                ),
                ("scopes", models.TextField(blank=True, null=True, verbose_name="scopes")),
                ("created", models.DateTimeField(verbose_name="created")),
                ("refreshed", models.DateTimeField(verbose_name="refreshed")),
                ("expires", models.DateTimeField(db_index=True, verbose_name="expires")),
                ("revoked", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=models.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "login by token",
                "verbose_name_plural": "logins by token",
            },
        ),
    ]
