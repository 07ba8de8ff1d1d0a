"""The table of addresses."""

from fastjango.core import settings
from fastjango.orm import migrations, models


class Migration(migrations.Migration):
    """Make the table."""

    initial = True
    dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL)]

    operations = [
        migrations.CreateModel(
            name="AccountEmail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "email",
                    models.CharField(max_length=254, unique=True, verbose_name="email address"),
                ),
                ("verified", models.DateTimeField(blank=True, null=True, verbose_name="verified")),
                (
                    "pending",
                    models.BooleanField(default=False, verbose_name="waits for confirmation"),
                ),
                ("created", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=models.CASCADE,
                        related_name="account_email",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="user",
                    ),
                ),
            ],
            options={
                "verbose_name": "account email",
                "verbose_name_plural": "account emails",
            },
        ),
    ]
